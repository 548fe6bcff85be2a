"""Which modules a module imports from, whether or not the profile has it.

The decoder stops at the first thing that is outside the profile; this walks over types that it
refuses. Not here: what the profile thinks of imports (`wasm_interp.validate.check_imports`).

Spec: WebAssembly core 3.0, ``binary/modules``, import section.
"""

from __future__ import annotations

from typing import Final

from wasm_interp.binary_reader import Reader
from wasm_interp.errors import Malformed

_PREAMBLE_BYTES: Final = 8
_IMPORT_SECTION: Final = 2
_TYPES_WITH_HEAP_TYPE: Final = (0x63, 0x64)
_HAS_MAXIMUM, _HAS_PAGE_SIZE = 1, 8


def imported_modules(wasm: bytes) -> frozenset[str]:
    """Return the names of the modules that ``wasm`` imports from, as far as they can be read."""
    names: set[str] = set()
    reader = Reader(wasm, _PREAMBLE_BYTES)
    try:
        while reader.at < reader.size:
            section, size = reader.byte(), reader.count()
            if section != _IMPORT_SECTION:
                reader.take(size)
                continue
            for _ in range(reader.count()):
                names.add(reader.name())
                reader.name()
                _skip_extern_type(reader)
            break
    except Malformed:
        pass  # What was read before is still right.
    return frozenset(names)


def _skip_extern_type(reader: Reader) -> None:
    kind = reader.byte()
    match kind:
        case 0:
            reader.u32()
        case 1:
            _skip_value_type(reader)
            _skip_limits(reader)
        case 2:
            _skip_limits(reader)
        case 3:
            _skip_value_type(reader)
            reader.byte()
        case 4:
            reader.byte()
            reader.u32()
        case _:
            raise Malformed("malformed import kind", reader.at - 1)


def _skip_value_type(reader: Reader) -> None:
    if reader.byte() in _TYPES_WITH_HEAP_TYPE:
        reader.signed(33)


def _skip_limits(reader: Reader) -> None:
    flags = reader.byte()
    reader.u32_or_larger()
    if flags & _HAS_MAXIMUM:
        reader.u32_or_larger()
    if flags & _HAS_PAGE_SIZE:
        reader.u32()
