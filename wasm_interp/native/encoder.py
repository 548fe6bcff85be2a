"""The binary format as far as the native tier writes it: LEB128, sections, instructions.

Not here: which instructions are written (`wasm_interp.native.instrument`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wasm_interp.module import FunctionType, Instr
from wasm_interp.opcodes import Immediate, ValueType

MAGIC: Final = b"\0asm\1\0\0\0"
EMPTY_BLOCK: Final = b"\x40"
BITS: Final = {ValueType.I32: 32, ValueType.I64: 64}


def unsigned(value: int) -> bytes:
    """Encode an unsigned integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Encode a signed integer."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def as_signed(value: int, kind: ValueType) -> int:
    """Read an unsigned value of ``kind`` as two's complement."""
    bits = BITS[kind]
    return value - (1 << bits) if value >> (bits - 1) else value


def as_unsigned(value: int, kind: ValueType) -> int:
    """Read a signed or unsigned value of ``kind`` as a machine holds it."""
    return value & (1 << BITS[kind]) - 1


def vector(items: Iterable[bytes]) -> bytes:
    """Encode a vector of encoded items."""
    encoded = list(items)
    return unsigned(len(encoded)) + b"".join(encoded)


def name(text: str) -> bytes:
    """Encode a name."""
    data = text.encode()
    return unsigned(len(data)) + data


def section(number: int, content: bytes) -> bytes:
    """Encode a section."""
    return bytes([number]) + unsigned(len(content)) + content


def function_type(kind: FunctionType) -> bytes:
    """Encode a function type."""
    return b"\x60" + b"".join(
        vector(bytes([each]) for each in side) for side in (kind.params, kind.results)
    )


def block_type(kind: ValueType | None) -> bytes:
    """Encode a block's type."""
    return EMPTY_BLOCK if kind is None else bytes([kind])


def const(kind: ValueType, value: int) -> bytes:
    """Encode the instruction that pushes ``value``, unsigned or signed."""
    opcode = b"\x41" if kind is ValueType.I32 else b"\x42"
    return opcode + signed(as_signed(value, kind) if value >= 0 else value)


def local_runs(kinds: Iterable[tuple[int, ValueType]]) -> bytes:
    """Encode declared locals, as (count, type)."""
    return vector(unsigned(count) + bytes([kind]) for count, kind in kinds)


def instruction(instr: Instr) -> bytes:
    """Encode an instruction with the immediates that it has."""
    code = instr.opcode.code
    assert code <= 0xFF, "bulk memory has been replaced"
    head = bytes([code])
    match instr.opcode.immediate:
        case Immediate.BLOCK_TYPE:
            return head + block_type(instr.block_type)
        case Immediate.LABEL_TABLE:
            *labels, default = instr.labels
            return head + vector(unsigned(label) for label in labels) + unsigned(default)
        case Immediate.I32 | Immediate.I64 as kind:
            return const(ValueType.I32 if kind is Immediate.I32 else ValueType.I64, instr.a)
        case Immediate.MEMORY:
            return head + b"\0"
        case Immediate.MEMARG | Immediate.TYPE_AND_TABLE:
            return head + unsigned(instr.a) + unsigned(instr.b)
        case other:
            return head if other is Immediate.NONE else head + unsigned(instr.a)
