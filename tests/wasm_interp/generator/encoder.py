"""An encoder of the binary format, for tests only: LEB128, instructions, sections.

Written from the WebAssembly specification, not from the decoder under test; of the package it uses
only the rows of `wasm_interp.opcodes`, for codes and kinds of immediates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wasm_interp.opcodes import BY_NAME, Immediate, ValueType

MAGIC = b"\0asm\1\0\0\0"
EMPTY_BLOCK = 0x40


def unsigned(value: int) -> bytes:
    """Encode as unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Encode as signed LEB128."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def as_signed(value: int, bits: int) -> int:
    """Read an unsigned integer as two's complement."""
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


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


def limits(minimum: int, maximum: int | None) -> bytes:
    """Encode the limits of a memory or table."""
    if maximum is None:
        return b"\0" + unsigned(minimum)
    return b"\1" + unsigned(minimum) + unsigned(maximum)


def function_type(params: Sequence[ValueType], results: Sequence[ValueType]) -> bytes:
    """Encode a function type."""
    return b"\x60" + vector(bytes([t]) for t in params) + vector(bytes([t]) for t in results)


def const(kind: ValueType, value: int) -> bytes:
    """Encode a const instruction, without an end."""
    return instruction(f"{kind.text}.const", value)


def instruction(mnemonic: str, *immediates: int | ValueType | None) -> bytes:
    """Encode one instruction.

    A block type is a `ValueType` or None; br_table has its labels, the default last; a memory
    access has the alignment exponent and the offset; a constant may be signed or unsigned.
    """
    row = BY_NAME[mnemonic]
    code = bytes([row.code >> 8]) + unsigned(row.code & 0xFF) if row.code > 0xFF else b""
    code = code or bytes([row.code])
    match row.immediate:
        case Immediate.BLOCK_TYPE:
            (kind,) = immediates
            return code + bytes([EMPTY_BLOCK if kind is None else kind])
        case Immediate.LABEL_TABLE:
            *labels, default = (int(label or 0) for label in immediates)
            return code + vector(unsigned(label) for label in labels) + unsigned(default)
        case Immediate.I32 | Immediate.I64:
            bits = 32 if row.immediate is Immediate.I32 else 64
            return code + signed(as_signed(int(immediates[0] or 0) & ((1 << bits) - 1), bits))
        case Immediate.MEMORY:
            return code + b"\0"
        case Immediate.TWO_MEMORIES:
            return code + b"\0\0"
        case _:
            return code + b"".join(unsigned(int(each or 0)) for each in immediates)
