"""The state of the machine as a value: the packed record, its hash, status and trap codes.

Not here: the machine that runs (`wasm_interp.machine`) and how its roots are computed
(`wasm_interp.commitments`).

Spec: docs/spec/state.md. Mirror: ``MachineRecord.sol``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from merkle import Hash32, keccak256
from merkle.display import full, html_table
from merkle.hashing import short_hex
from wasm_interp.errors import (
    RecordLengthMismatch,
    RecordVersionMismatch,
    StatusOutOfRange,
    TrapCodeOutOfRange,
)

RECORD_BYTES: Final = 320
RECORD_VERSION: Final = 1
PC_AT: Final = 10
FUEL_AT: Final = 14
VERSION_AT: Final = 31
DB_ROOT_AT: Final = 256
"""Where the record has ``db_root``; ``message`` follows, and ends it. Spec: S-1."""

_HEADER: Final = struct.Struct(">BBQIIHHHHBBBBBB")
assert _HEADER.size == 32


class Status(IntEnum):
    """Whether the machine goes on. Spec: S-8."""

    RUNNING = 0
    HALTED = 1
    TRAPPED = 2


class TrapCode(IntEnum):
    """Why a machine trapped: a closed set. Spec: S-10."""

    NONE = 0
    OUT_OF_FUEL = 1
    INVALID_INSTRUCTION = 2
    UNREACHABLE = 3
    DIVIDE_BY_ZERO = 4
    INTEGER_OVERFLOW = 5
    MEMORY_OUT_OF_BOUNDS = 6
    TABLE_OUT_OF_BOUNDS = 7
    NULL_TABLE_ENTRY = 8
    INDIRECT_CALL_TYPE_MISMATCH = 9
    CALL_STACK_EXHAUSTED = 10
    KEY_LENGTH = 11
    VALUE_LENGTH = 12
    MESSAGE_OUT_OF_BOUNDS = 13
    READ_TOO_LONG = 14

    @property
    def text(self) -> str:
        """The code as people read it: ``divide by zero``."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class State:
    """The machine record. Every field is committed; ``hash`` determines all that follows.

    Ranges and offsets: docs/spec/state.md, S-1.
    """

    status: Status
    trap: TrapCode
    result: int
    pc: int
    fuel: int
    call_depth: int
    memory_pages: int
    memory_max: int
    table_length: int
    code_depth: int
    memory_depth: int
    table_depth: int
    globals_depth: int
    locals_depth: int
    stack: Hash32
    frames: Hash32
    locals_root: Hash32
    globals_root: Hash32
    memory_root: Hash32
    table_root: Hash32
    code_root: Hash32
    db_root: Hash32
    message: Hash32

    def encode(self) -> bytes:
        """Return the record of 320 bytes. Spec: S-1."""
        header = _HEADER.pack(
            *(self.status, self.trap, self.result, self.pc, self.fuel, self.call_depth),
            *(self.memory_pages, self.memory_max, self.table_length),
            *(self.code_depth, self.memory_depth, self.table_depth, self.globals_depth),
            *(self.locals_depth, RECORD_VERSION),
        )
        return b"".join(
            (
                *(header, self.stack, self.frames, self.locals_root, self.globals_root),
                *(self.memory_root, self.table_root, self.code_root, self.db_root, self.message),
            )
        )

    def hash(self) -> Hash32:
        """Return the state hash. Spec: S-1."""
        return keccak256(self.encode())

    @classmethod
    def decode(cls, record: bytes) -> State:
        """Return the state that ``record`` encodes.

        Raises `RecordLengthMismatch`, `RecordVersionMismatch`, `StatusOutOfRange`,
        `TrapCodeOutOfRange`; ranges that only a reachable state respects (S-13 and on) are not
        checked.
        """
        if len(record) != RECORD_BYTES:
            raise RecordLengthMismatch(actual=len(record))
        *scalars, version = _HEADER.unpack_from(record)
        if version != RECORD_VERSION:
            raise RecordVersionMismatch(actual=version)
        status, trap, *rest = scalars
        if status > max(Status):
            raise StatusOutOfRange(status=status)
        if trap > max(TrapCode):
            raise TrapCodeOutOfRange(code=trap)
        roots = [Hash32(record[at : at + 32]) for at in range(32, RECORD_BYTES, 32)]
        fields = (Status(status), TrapCode(trap), *rest, *roots)
        return cls(**dict(zip(cls.__slots__, fields, strict=True)))

    def diff(self, later: State) -> dict[str, tuple[object, object]]:
        """Return the fields in which ``later`` differs, each with its value here and there."""
        pairs = ((name, getattr(self, name), getattr(later, name)) for name in self.__slots__)
        return {name: (old, new) for name, old, new in pairs if old != new}

    def _repr_html_(self) -> str:
        rows = [[name, full(getattr(self, name))] for name in self.__slots__]
        return html_table(["field", "value"], rows, caption=repr(self))

    def __repr__(self) -> str:
        if self.status is Status.RUNNING:
            what = f"pc={self.pc}"
        elif self.status is Status.HALTED:
            what = f"halted, result={self.result}"
        else:
            what = f"trapped at pc={self.pc}: {self.trap.text}"
        return f"State({what}, fuel={self.fuel}, hash={short_hex(self.hash())})"
