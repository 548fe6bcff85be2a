"""The binary format, written: LEB128, names, sections, instructions, whole modules.

The inverse of `wasm_interp.binary`: ``decode(encode(module))`` is ``module`` but for its offsets
and size. Every integer has its shortest form, so that a module has one encoding. Not here: what is
written (`wasm_interp.native` writes a module of its own, section by section).

Spec: WebAssembly core 1.0, ``binary``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from wasm_interp.module import (
    DataSegment,
    ElementSegment,
    Export,
    ExternKind,
    Function,
    FunctionType,
    Global,
    GlobalType,
    Import,
    Instr,
    Limits,
    Module,
)
from wasm_interp.opcodes import PREFIX_FC, Immediate, ValueType

MAGIC: Final = b"\0asm\1\0\0\0"
EMPTY_BLOCK: Final = b"\x40"
BITS: Final = {ValueType.I32: 32, ValueType.I64: 64}

_FUNCREF: Final = b"\x70"
_ACTIVE, _EXPLICIT = 0, 2
_FUNCTION_KIND: Final = b"\0"
_FUNCTION_NAMES: Final = 1

# -- integers and vectors --------------------------------------------------------------------------


def unsigned(value: int) -> bytes:
    """Encode an unsigned integer, which is not negative, of any size, as a shortest LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Encode a signed integer of any size as a shortest LEB128."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def as_signed(value: int, kind: ValueType) -> int:
    """Read a value of ``kind``, unsigned as a machine holds it, as two's complement."""
    bits = BITS[kind]
    return value - (1 << bits) if value >> (bits - 1) else value


def as_unsigned(value: int, kind: ValueType) -> int:
    """Read a signed or unsigned value of ``kind`` as a machine holds it, modulo its bits."""
    return value & (1 << BITS[kind]) - 1


def vector(items: Iterable[bytes]) -> bytes:
    """Encode a vector of encoded items."""
    encoded = list(items)
    return unsigned(len(encoded)) + b"".join(encoded)


def sized(data: bytes) -> bytes:
    """Encode bytes behind their number."""
    return unsigned(len(data)) + data


def name(text: str) -> bytes:
    """Encode a name."""
    return sized(text.encode())


# -- types -----------------------------------------------------------------------------------------


def function_type(kind: FunctionType) -> bytes:
    """Encode a function type."""
    return b"\x60" + b"".join(
        vector(bytes([each]) for each in side) for side in (kind.params, kind.results)
    )


def block_type(kind: ValueType | None) -> bytes:
    """Encode a block's type."""
    return EMPTY_BLOCK if kind is None else bytes([kind])


def limits(entry: Limits) -> bytes:
    """Encode the limits of a memory or table."""
    if entry.maximum is None:
        return b"\0" + unsigned(entry.minimum)
    return b"\1" + unsigned(entry.minimum) + unsigned(entry.maximum)


def global_type(kind: GlobalType) -> bytes:
    """Encode the type of a global."""
    return bytes([kind.value_type, kind.mutable])


# -- instructions ----------------------------------------------------------------------------------


def const(kind: ValueType, value: int) -> bytes:
    """Encode the instruction that pushes ``value``, from ``-2**(bits - 1)`` to ``2**bits - 1``."""
    opcode = b"\x41" if kind is ValueType.I32 else b"\x42"
    return opcode + signed(as_signed(value, kind) if value >= 0 else value)


def local_runs(kinds: Iterable[tuple[int, ValueType]]) -> bytes:
    """Encode declared locals, as (count, type)."""
    return vector(unsigned(count) + bytes([kind]) for count, kind in kinds)


def instruction(instr: Instr) -> bytes:
    """Encode an instruction with the immediates that it has."""
    code = instr.opcode.code
    assert code <= 0xFF or code >> 8 == PREFIX_FC, "an instruction of ours has no encoding"
    head = bytes([code]) if code <= 0xFF else bytes([PREFIX_FC]) + unsigned(code & 0xFF)
    match instr.opcode.immediate:
        case Immediate.BLOCK_TYPE:
            return head + block_type(instr.block_type)
        case Immediate.LABEL_TABLE:
            *labels, default = instr.labels
            return head + vector(unsigned(label) for label in labels) + unsigned(default)
        case Immediate.I32 | Immediate.I64 as kind:
            return const(ValueType.I32 if kind is Immediate.I32 else ValueType.I64, instr.a)
        case Immediate.MEMORY | Immediate.TWO_MEMORIES as memories:
            return head + bytes(1 if memories is Immediate.MEMORY else 2)
        case Immediate.MEMARG | Immediate.TYPE_AND_TABLE:
            return head + unsigned(instr.a) + unsigned(instr.b)
        case other:
            return head if other is Immediate.NONE else head + unsigned(instr.a)


def expression(body: Iterable[Instr]) -> bytes:
    """Encode instructions, the last of which is ``end``."""
    return b"".join(map(instruction, body))


# -- sections --------------------------------------------------------------------------------------


def section(number: int, content: bytes) -> bytes:
    """Encode a section."""
    return bytes([number]) + sized(content)


def custom_section(title: str, content: bytes) -> bytes:
    """Encode a custom section."""
    return section(0, name(title) + content)


def name_section(names: Mapping[int, str]) -> bytes:
    """Encode function names by index as a name section."""
    entries = vector(unsigned(index) + name(names[index]) for index in sorted(names))
    return custom_section("name", bytes([_FUNCTION_NAMES]) + sized(entries))


def encode(module: Module) -> bytes:
    """Return the binary of ``module``, its name section behind all others.

    Sections that would be empty are left out, as are custom sections: a `Module` has none but the
    names of its functions. Custom sections may be appended to the result.
    """
    vectors = {
        1: [function_type(kind) for kind in module.types],
        2: [_import(entry) for entry in module.imports],
        3: [unsigned(function.type_index) for function in module.functions],
        4: [_FUNCREF + limits(entry) for entry in module.tables],
        5: [limits(entry) for entry in module.memories],
        6: [_global(entry) for entry in module.globals],
        7: [_export(entry) for entry in module.exports],
        8: [],
        9: [_element(segment) for segment in module.elements],
        10: [_code(function) for function in module.functions],
        11: [_data(segment) for segment in module.data],
    }
    contents = {number: vector(items) for number, items in vectors.items() if items}
    if module.start is not None:
        contents[8] = unsigned(module.start)
    sections = [section(number, contents[number]) for number in vectors if number in contents]
    names = [name_section(module.names)] if module.names else []
    return b"".join([MAGIC, *sections, *names])


def _import(entry: Import) -> bytes:
    head = name(entry.module) + name(entry.name) + bytes([entry.kind.value])
    match entry.kind:
        case ExternKind.FUNCTION:
            return head + unsigned(entry.type_index)
        case ExternKind.GLOBAL:
            assert entry.global_type is not None
            return head + global_type(entry.global_type)
        case ExternKind.TABLE | ExternKind.MEMORY as kind:
            assert entry.limits is not None
            return head + (_FUNCREF if kind is ExternKind.TABLE else b"") + limits(entry.limits)


def _global(entry: Global) -> bytes:
    return global_type(entry.type) + expression(entry.init)


def _export(entry: Export) -> bytes:
    return name(entry.name) + bytes([entry.kind.value]) + unsigned(entry.index)


def _element(segment: ElementSegment) -> bytes:
    place = expression(segment.place)
    functions = vector(unsigned(index) for index in segment.functions)
    if not segment.table:
        return unsigned(_ACTIVE) + place + functions
    return unsigned(_EXPLICIT) + unsigned(segment.table) + place + _FUNCTION_KIND + functions


def _code(function: Function) -> bytes:
    return sized(local_runs(function.local_runs) + expression(function.body))


def _data(segment: DataSegment) -> bytes:
    memory = unsigned(_EXPLICIT) + unsigned(segment.memory) if segment.memory else b"\0"
    return memory + expression(segment.place) + sized(segment.data)
