"""Instructions of the binary format: from bytes to flat sequences of `Instr`.

What is known of an opcode comes from `wasm_interp.opcodes`; here is one reading function for each
kind of immediate. Nesting is followed with a list, so that depth costs no recursion. Not here: the
types of operands (`wasm_interp.validate_code`).

Spec: WebAssembly core 1.0, ``binary/instructions``; docs/spec/profile.md, P-3 and P-4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from wasm_interp.binary_reader import Reader
from wasm_interp.binary_types import read_block_type
from wasm_interp.errors import Malformed, ProfileViolation
from wasm_interp.module import Instr
from wasm_interp.opcodes import (
    BLOCK,
    ELSE,
    END,
    IF,
    LOOP,
    OPCODES,
    PREFIX_FC,
    Exclusion,
    Immediate,
    Opcode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ImmediateReader: TypeAlias = Callable[[Reader, Opcode, int], Instr]
"""Reads what follows an opcode: (reader, row, offset of the opcode)."""

_MEMORY_INDEX_FLAG = 0x40
_MEMARG_FLAGS_MAX = 0x7F


def _zero_index(reader: Reader, row: Opcode, offset: int) -> None:
    """Read the byte that stands for the only memory or table, later an index."""
    start = reader.at
    if reader.byte() == 0:
        return
    reader.at = start
    if reader.u32() != 0:
        raise ProfileViolation(f"P-6: {row.name} with an index other than 0", offset)
    raise Malformed("zero byte expected", start)


def _none(_reader: Reader, row: Opcode, offset: int) -> Instr:
    return Instr(opcode=row, offset=offset)


def _index(reader: Reader, row: Opcode, offset: int) -> Instr:
    return Instr(opcode=row, a=reader.u32(), offset=offset)


def _block_type(reader: Reader, row: Opcode, offset: int) -> Instr:
    return Instr(opcode=row, block_type=read_block_type(reader), offset=offset)


def _label_table(reader: Reader, row: Opcode, offset: int) -> Instr:
    labels = [reader.u32() for _ in range(reader.count())]
    labels.append(reader.u32())
    return Instr(opcode=row, labels=tuple(labels), offset=offset)


def _type_and_table(reader: Reader, row: Opcode, offset: int) -> Instr:
    type_index = reader.u32()
    _zero_index(reader, row, offset)
    return Instr(opcode=row, a=type_index, offset=offset)


def _memarg(reader: Reader, row: Opcode, offset: int) -> Instr:
    start = reader.at
    flags = reader.u32()
    if flags > _MEMARG_FLAGS_MAX:
        raise Malformed("malformed memop flags", start)
    if flags & _MEMORY_INDEX_FLAG:
        raise ProfileViolation(f"P-6: {row.name} with a memory index", offset)
    return Instr(opcode=row, a=flags, b=reader.u32_or_larger(), offset=offset)


def _memory(reader: Reader, row: Opcode, offset: int) -> Instr:
    _zero_index(reader, row, offset)
    return Instr(opcode=row, offset=offset)


def _two_memories(reader: Reader, row: Opcode, offset: int) -> Instr:
    _zero_index(reader, row, offset)
    _zero_index(reader, row, offset)
    return Instr(opcode=row, offset=offset)


def _i32(reader: Reader, row: Opcode, offset: int) -> Instr:
    return Instr(opcode=row, a=reader.signed(32) % 2**32, offset=offset)


def _i64(reader: Reader, row: Opcode, offset: int) -> Instr:
    return Instr(opcode=row, a=reader.signed(64) % 2**64, offset=offset)


_READERS: Final[dict[Immediate, ImmediateReader]] = {
    Immediate.NONE: _none,
    Immediate.BLOCK_TYPE: _block_type,
    Immediate.LABEL: _index,
    Immediate.LABEL_TABLE: _label_table,
    Immediate.FUNCTION: _index,
    Immediate.TYPE_AND_TABLE: _type_and_table,
    Immediate.LOCAL: _index,
    Immediate.GLOBAL: _index,
    Immediate.MEMARG: _memarg,
    Immediate.MEMORY: _memory,
    Immediate.TWO_MEMORIES: _two_memories,
    Immediate.I32: _i32,
    Immediate.I64: _i64,
}


def _excluded(_reader: Reader, row: Opcode, offset: int) -> NoReturn:
    assert row.excluded is not None
    rule = "P-7" if row.excluded is Exclusion.PASSIVE_SEGMENT else "P-4"
    raise ProfileViolation(f"{rule}: {row.name}: {row.excluded.value}", offset)


def _reserved(_reader: Reader, row: Opcode, offset: int) -> NoReturn:
    raise Malformed(f"illegal opcode {row.code:02x}", offset)


def _prefixed(reader: Reader, _row: Opcode, offset: int) -> Instr:
    sub_opcode = reader.u32()
    entry = _BEHIND_PREFIX.get(sub_opcode)
    if entry is None:
        raise Malformed(f"illegal opcode fc {sub_opcode:02x}", offset)
    row, read = entry
    return read(reader, row, offset)


def _reader_of(row: Opcode) -> ImmediateReader:
    if row.reserved:
        return _reserved
    return _READERS[row.immediate] if row.excluded is None else _excluded


def _single_bytes() -> Iterator[tuple[Opcode, ImmediateReader]]:
    for code in range(0x100):
        if code == PREFIX_FC:
            yield Opcode(code=code, name="0xFC prefix"), _prefixed
        else:
            yield OPCODES[code], _reader_of(OPCODES[code])


_SINGLE_BYTES: Final = tuple(_single_bytes())
"""By opcode byte: its row and how to read on. Computed once: every instruction passes here."""

_BEHIND_PREFIX: Final = {
    code & 0xFF: (row, _reader_of(row)) for code, row in OPCODES.items() if code > 0xFF
}


def read_expression(reader: Reader) -> tuple[Instr, ...]:
    """Read instructions up to the ``end`` that closes the sequence, which is the last one returned.

    Raises `Malformed`, or `ProfileViolation` at the first instruction outside the profile. Takes
    time linear in the bytes read.
    """
    body: list[Instr] = []
    openers = bytearray()  # One byte for each open block: block, loop, if, or else.
    while True:
        offset = reader.at
        code = reader.byte()
        row, read = _SINGLE_BYTES[code]
        body.append(read(reader, row, offset))
        if code > END:
            continue
        if code == END:
            if not openers:
                return tuple(body)
            openers.pop()
        elif code in (BLOCK, LOOP, IF):
            openers.append(code)
        elif code == ELSE:
            if not openers or openers[-1] != IF:
                raise Malformed("END opcode expected", offset)
            openers[-1] = ELSE
