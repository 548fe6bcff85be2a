"""The types of the binary format: value types, function types, limits, tables, memories, globals.

Types outside the profile are refused here by name. Not here: what types must fulfil among one
another (`wasm_interp.validate`).

Spec: WebAssembly core 1.0, ``binary/types``; docs/spec/profile.md, P-4 to P-6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wasm_interp.binary_reader import TOO_LONG
from wasm_interp.errors import Malformed, ProfileViolation
from wasm_interp.module import FunctionType, GlobalType, Limits
from wasm_interp.opcodes import Exclusion, ValueType

if TYPE_CHECKING:
    from wasm_interp.binary_reader import Reader

VALUE_TYPES: Final[dict[int, ValueType]] = {int(kind): kind for kind in ValueType}

_FUNCREF = 0x70
_FUNCTION_TYPE = 0x60
_EMPTY_BLOCK = 0x40
_TABLE_WITH_INITIALIZER = 0x40

_ABSTRACT_REFERENCES = {
    0x69: "exnref",
    0x6A: "arrayref",
    0x6B: "structref",
    0x6C: "i31ref",
    0x6D: "eqref",
    0x6E: "anyref",
    0x6F: "externref",
    _FUNCREF: "funcref",
    0x71: "nullref",
    0x72: "nullexternref",
    0x73: "nullfuncref",
    0x74: "nullexnref",
    0x63: "ref null",
    0x64: "ref",
}
"""Every first byte of a reference type, of this and later specifications, with its name."""

_EXCLUDED_VALUES = {
    0x7D: ("f32", Exclusion.FLOAT),
    0x7C: ("f64", Exclusion.FLOAT),
    0x7B: ("v128", Exclusion.SIMD),
    **{byte: (name, Exclusion.REFERENCE) for byte, name in _ABSTRACT_REFERENCES.items()},
}

_EXCLUDED_DEFINITIONS = {0x4E: "rec", 0x4F: "sub final", 0x50: "sub", 0x5E: "array", 0x5F: "struct"}

_HAS_MAXIMUM, _SHARED, _WIDE = 1, 2, 4


def value_type_of(byte: int, offset: int) -> ValueType:
    """Return the value type that ``byte``, met at ``offset``, stands for.

    Raises `Malformed`, or `ProfileViolation` for types of later specifications and floats.
    """
    if (kind := VALUE_TYPES.get(byte)) is not None:
        return kind
    if byte in _EXCLUDED_VALUES:
        name, reason = _EXCLUDED_VALUES[byte]
        raise ProfileViolation(f"P-4: {name}: {reason.value}", offset)
    raise Malformed(TOO_LONG if byte >= 0x80 else "malformed value type", offset)


def read_value_type(reader: Reader) -> ValueType:
    """Read a value type."""
    return value_type_of(reader.byte(), reader.at - 1)


def read_block_type(reader: Reader) -> ValueType | None:
    """Read the type of a block: its result, if any. Type indices are outside the profile (P-5)."""
    start = reader.at
    byte = reader.byte()
    if byte == _EMPTY_BLOCK:
        return None
    if byte in VALUE_TYPES or byte in _EXCLUDED_VALUES:
        return value_type_of(byte, start)
    reader.at = start
    if reader.signed(33) < 0:
        raise Malformed("malformed block type", start)
    raise ProfileViolation("P-5: a block with a type index", start)


def read_function_type(reader: Reader) -> FunctionType:
    """Read an entry of the type section."""
    start = reader.at
    form = reader.byte()
    if form in _EXCLUDED_DEFINITIONS:
        name = _EXCLUDED_DEFINITIONS[form]
        raise ProfileViolation(f"P-4: {name}: {Exclusion.GARBAGE_COLLECTION.value}", start)
    if form != _FUNCTION_TYPE:
        raise Malformed(TOO_LONG if form >= 0x80 else "malformed function type", start)
    return FunctionType(params=_result_type(reader), results=_result_type(reader))


def _result_type(reader: Reader) -> tuple[ValueType, ...]:
    return tuple([read_value_type(reader) for _ in range(reader.count())])


def _limits(reader: Reader) -> Limits:
    start = reader.at
    flags = reader.byte()
    if flags > (_HAS_MAXIMUM | _SHARED | _WIDE):
        raise Malformed("malformed limits flags", start)
    if flags & _SHARED:
        raise ProfileViolation(f"P-6: shared limits: {Exclusion.THREADS.value}", start)
    if flags & _WIDE:
        raise ProfileViolation("P-6: 64-bit memories and tables are not in the profile", start)
    minimum = reader.u32_or_larger()
    maximum = reader.u32_or_larger() if flags & _HAS_MAXIMUM else None
    return Limits(minimum, maximum)


def read_table_type(reader: Reader) -> Limits:
    """Read the type of a table, which holds functions."""
    start = reader.at
    byte = reader.byte()
    if byte == _TABLE_WITH_INITIALIZER:
        raise ProfileViolation("P-6: a table with an initializer", start)
    if byte in _ABSTRACT_REFERENCES and byte != _FUNCREF:
        raise ProfileViolation(f"P-6: a table of {_ABSTRACT_REFERENCES[byte]}", start)
    if byte != _FUNCREF:
        raise Malformed("malformed reference type", start)
    return _limits(reader)


def read_memory_type(reader: Reader) -> Limits:
    """Read the type of a memory, in pages."""
    return _limits(reader)


def read_global_type(reader: Reader) -> GlobalType:
    """Read the type of a global."""
    value_type = read_value_type(reader)
    mutability = reader.byte()
    if mutability > 1:
        raise Malformed("malformed mutability", reader.at - 1)
    return GlobalType(value_type=value_type, mutable=mutability == 1)
