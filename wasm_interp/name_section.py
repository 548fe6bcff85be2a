"""The name section: symbols for people, never for the machine.

Only function names are read. A broken section yields none, as the specification asks: it must not
make a module unacceptable. Not here: which name a function is shown with (`Module.symbol`).

Spec: WebAssembly core 1.0, ``appendix/custom`` (name section); docs/spec/profile.md, P-3.
"""

from __future__ import annotations

from wasm_interp.binary_reader import Reader
from wasm_interp.errors import Malformed, printable

_FUNCTION_NAMES = 1


def read_names(payload: bytes) -> dict[int, str]:
    """Return function names by index, made printable; none if the section is broken anywhere."""
    reader = Reader(payload)
    names: dict[int, str] | None = None
    try:
        while reader.at < reader.size:
            kind = reader.byte()
            size = reader.count()
            end = reader.at + size
            if kind != _FUNCTION_NAMES:
                reader.take(size)
                continue
            if names is not None:
                return {}
            names = _function_names(reader)
            reader.expect_end(end)
    except Malformed:
        return {}
    return names or {}


def _function_names(reader: Reader) -> dict[int, str]:
    names: dict[int, str] = {}
    previous = -1
    for _ in range(reader.count()):
        start = reader.at
        index = reader.u32()
        if index <= previous:
            raise Malformed("function names out of order", start)
        names[index] = printable(reader.name())
        previous = index
    return names
