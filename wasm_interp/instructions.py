"""The machine's instructions: one row for each, and their encoding as 16-byte words.

An instruction that WebAssembly has keeps its byte; the others have bytes that WebAssembly's
profile leaves free. The rows bind codes to rules; the stepper, the disassembler, the documents
and later the contracts' constants are made from them.

Spec: docs/spec/instructions.md. Mirror: ``Opcodes.sol``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

from wasm_interp import opcodes as wasm
from wasm_interp.opcodes import ValueType
from wasm_interp.profile import PROFILE_V1
from wasm_interp.rules import control, host, integer, memory, variable
from wasm_interp.state import TrapCode

WORD_BYTES: Final = 16

Rule = Callable[..., Any]
"""A numeric rule gives an int; a machine rule takes the machine and its immediates."""


class Shape(Enum):
    """How the machine applies a rule."""

    UNARY = "pop one operand, push the rule's result"
    BINARY = "pop two operands, push the rule's result"
    ADVANCE = "the rule changes the machine; then pc + 1"
    JUMP = "the rule changes the machine, pc included"


class Family(Enum):
    """Which rules file, and which contract, an instruction belongs to."""

    CONTROL = "control"
    VARIABLE = "variable"
    NUMERIC = "numeric"
    MEMORY = "memory"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One row.

    ``a_max`` and ``b_max`` are the greatest immediates of a valid word; 0 where there is none.
    ``params`` are constants given to the rule by name. ``fuel`` is the least that a step costs:
    host functions add a surcharge by size in their rules. ``shown`` says how the disassembler
    writes ``a``.
    """

    code: int
    name: str
    rule: Rule
    shape: Shape
    family: Family
    a_max: int = 0
    b_max: int = 0
    params: dict[str, int] = field(default_factory=dict)
    fuel: int = 1
    shown: str = ""


class Word(NamedTuple):
    """A decoded instruction word."""

    code: int
    a: int = 0
    b: int = 0

    def encode(self) -> bytes:
        """Return the 16 bytes: u8 code, three zero bytes, u32 a, u64 b. Spec: I-1."""
        return bytes((self.code, 0, 0, 0)) + self.a.to_bytes(4, "big") + self.b.to_bytes(8, "big")


U32: Final = 2**32 - 1
U64: Final = 2**64 - 1

RETURN: Final = wasm.RETURN
CALL: Final = wasm.CALL
CALL_INDIRECT: Final = wasm.CALL_INDIRECT
INVALID: Final = 0x00
JUMP: Final = 0xE0
JUMP_IF: Final = 0xE1
JUMP_UNLESS: Final = 0xE2
JUMP_TABLE: Final = 0xE3
DROP_UNDER: Final = 0xE4
ENTER: Final = 0xE5
HALT: Final = 0xE6
TRAP: Final = 0xE7
DB_GET: Final = 0xF0
DB_PUT: Final = 0xF1
DB_DELETE: Final = 0xF2
DB_SEEK: Final = 0xF3
DB_SEEK_BACK: Final = 0xF4
CHANNEL_MESSAGE_SIZE: Final = 0xF5
CHANNEL_MESSAGE_READ: Final = 0xF6
CHANNEL_SENDER: Final = 0xF7
CHANNEL_TURN: Final = 0xF8

LOCALS_DEPTH_MAX: Final = 8
assert PROFILE_V1.locals_max == 4 << LOCALS_DEPTH_MAX


_Row = tuple[int, str, Rule, dict[str, Any]]
"""Code, name, rule, and what else an `Instruction` has that is not its default."""

_INDEX: Final = {"a_max": U32, "shown": "index"}
_TARGET: Final = {"a_max": U32, "shown": "pc"}


def _rows(family: Family, shape: Shape, *rows: _Row) -> list[Instruction]:
    return [
        Instruction(code=code, name=name, rule=rule, shape=shape, family=family, **facts)
        for code, name, rule, facts in rows
    ]


def _control() -> list[Instruction]:
    return [
        *_rows(
            Family.CONTROL,
            Shape.JUMP,
            (JUMP, "jump", control.jump, _TARGET),
            (JUMP_IF, "jump_if", control.jump_if, _TARGET),
            (JUMP_UNLESS, "jump_unless", control.jump_unless, _TARGET),
            (JUMP_TABLE, "jump_table", control.jump_table, {"a_max": U32, "shown": "count"}),
            (CALL, "call", control.call, {"a_max": U32, "shown": "function"}),
            (
                CALL_INDIRECT,
                "call_indirect",
                control.call_indirect,
                {"a_max": U32, "shown": "type"},
            ),
            (RETURN, "return", control.return_, {}),
            (HALT, "halt", control.halt, {"a_max": 1, "shown": "count"}),
            (TRAP, "trap", control.trap, {"a_max": max(TrapCode), "shown": "trap"}),
        ),
        *_rows(
            Family.CONTROL,
            Shape.ADVANCE,
            (ENTER, "enter", control.enter, {"a_max": LOCALS_DEPTH_MAX, "shown": "depth"}),
        ),
    ]


def _variable() -> list[Instruction]:
    return _rows(
        Family.VARIABLE,
        Shape.ADVANCE,
        (wasm.DROP, "drop", variable.drop, {}),
        (DROP_UNDER, "drop_under", variable.drop_under, {}),
        (wasm.SELECT, "select", variable.select, {}),
        (wasm.I32_CONST, "i32.const", variable.const, {"b_max": U32}),
        (wasm.I64_CONST, "i64.const", variable.const, {"b_max": U64}),
        (wasm.LOCAL_GET, "local.get", variable.local_get, _INDEX),
        (wasm.LOCAL_SET, "local.set", variable.local_set, _INDEX),
        (wasm.LOCAL_TEE, "local.tee", variable.local_tee, _INDEX),
        (wasm.GLOBAL_GET, "global.get", variable.global_get, _INDEX),
        (wasm.GLOBAL_SET, "global.set", variable.global_set, _INDEX),
    )


def _load_or_store(row: wasm.Opcode) -> tuple[Rule, dict[str, int]]:
    if not row.pushes:
        return memory.store, {"width": row.width}
    if row.name.endswith("_s"):
        return memory.load_signed, {"width": row.width, "n": _bits(row.pushes[0])}
    return memory.load, {"width": row.width}


def _memory() -> list[Instruction]:
    accesses: list[_Row] = []
    for row in wasm.BY_NAME.values():
        if row.width:
            rule, params = _load_or_store(row)
            facts = {"a_max": U32, "params": params, "shown": "offset"}
            accesses.append((row.code, row.name, rule, facts))
    return _rows(
        Family.MEMORY,
        Shape.ADVANCE,
        *accesses,
        (wasm.MEMORY_SIZE, "memory.size", memory.memory_size, {}),
        (wasm.MEMORY_GROW, "memory.grow", memory.memory_grow, {}),
    )


_CONVERSIONS: Final[dict[str, tuple[Rule, dict[str, int]]]] = {
    "i32.wrap_i64": (integer.wrap, {"n": 32}),
    "i64.extend_i32_s": (integer.sign_extend, {"n": 64, "source_bits": 32}),
    "i64.extend_i32_u": (integer.extend_u, {"n": 64}),
    "i32.extend8_s": (integer.sign_extend, {"n": 32, "source_bits": 8}),
    "i32.extend16_s": (integer.sign_extend, {"n": 32, "source_bits": 16}),
    "i64.extend8_s": (integer.sign_extend, {"n": 64, "source_bits": 8}),
    "i64.extend16_s": (integer.sign_extend, {"n": 64, "source_bits": 16}),
    "i64.extend32_s": (integer.sign_extend, {"n": 64, "source_bits": 32}),
}


def _bits(kind: ValueType) -> int:
    return 32 if kind is ValueType.I32 else 64


def _numeric() -> list[Instruction]:
    """Bind ``i32.add`` to ``integer.iadd`` with n = 32, and so on, by name."""
    rows = []
    for row in wasm.BY_NAME.values():
        if row.polymorphic or row.width or row.immediate is not wasm.Immediate.NONE:
            continue
        if row.name in _CONVERSIONS:
            rule, params = _CONVERSIONS[row.name]
        else:
            rule = getattr(integer, "i" + row.name.split(".")[1])
            params = {"n": _bits(row.pops[0])}
        rows.append(
            Instruction(
                code=row.code,
                name=row.name,
                rule=rule,
                shape=Shape.UNARY if len(row.pops) == 1 else Shape.BINARY,
                family=Family.NUMERIC,
                params=params,
            )
        )
    return rows


def _host() -> list[Instruction]:
    read, write = {"fuel": 1 + host.ROW_READ_FUEL}, {"fuel": 1 + host.ROW_WRITE_FUEL}
    copy = {"fuel": 1 + host.MESSAGE_READ_FUEL}
    return _rows(
        Family.HOST,
        Shape.ADVANCE,
        (DB_GET, "db.get", host.db_get, read),
        (DB_PUT, "db.put", host.db_put, write),
        (DB_DELETE, "db.delete", host.db_delete, write),
        (DB_SEEK, "db.seek", host.db_seek, read),
        (DB_SEEK_BACK, "db.seek_back", host.db_seek_back, read),
        (CHANNEL_MESSAGE_SIZE, "channel.message_size", host.channel_message_size, {}),
        (CHANNEL_MESSAGE_READ, "channel.message_read", host.channel_message_read, copy),
        (CHANNEL_SENDER, "channel.sender", host.channel_sender, {}),
        (CHANNEL_TURN, "channel.turn", host.channel_turn, {}),
    )


def _table() -> dict[int, Instruction]:
    rows = [*_control(), *_variable(), *_memory(), *_numeric(), *_host()]
    table = {row.code: row for row in sorted(rows, key=lambda row: row.code)}
    assert len(table) == len(rows), "two instructions with one code"
    assert INVALID not in table, "the zero word is no instruction"
    return table


INSTRUCTIONS: Final[dict[int, Instruction]] = _table()
"""All instructions by code."""


def is_valid(word: Word) -> bool:
    """Return whether ``word`` is an instruction with immediates that it may have. Spec: I-2."""
    row = INSTRUCTIONS.get(word.code)
    if row is None or word.a > row.a_max or word.b > row.b_max:
        return False
    return word.code != TRAP or word.a != TrapCode.NONE


def decode_word(word: bytes) -> Word | None:
    """Return the instruction that 16 bytes encode, or None for an invalid word. Spec: I-2."""
    assert len(word) == WORD_BYTES
    decoded = Word(word[0], int.from_bytes(word[4:8], "big"), int.from_bytes(word[8:], "big"))
    return decoded if word[1:4] == b"\0\0\0" and is_valid(decoded) else None
