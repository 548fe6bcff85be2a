"""Finding what a refused module imports from."""

from __future__ import annotations

import pytest

from wasm_interp.script.imports import imported_modules


def leb(value: int) -> bytes:
    return bytes([value])


def module(imports: bytes, *, count: int) -> bytes:
    body = leb(count) + imports
    custom = b"\x00\x03\x01nx"
    return b"\0asm\x01\0\0\0" + custom + b"\x02" + leb(len(body)) + body + b"\x03\x01\x00"


def entry(name: str, extern_type: str) -> bytes:
    return leb(len(name)) + name.encode() + b"\x01x" + bytes.fromhex(extern_type)


@pytest.mark.parametrize(
    "extern_type",
    [
        "00 05",
        "01 70 00 01",
        "01 6f 01 01 02",
        "01 63 70 05 01 02",
        "02 00 01",
        "02 01 01 808004",
        "02 08 01 00",
        "03 7f 00",
        "03 7b 01",
        "03 64 00 01",
        "04 00 00",
    ],
)
def test_every_kind_of_import_is_walked_over(extern_type: str) -> None:
    wasm = module(entry("A", extern_type) + entry("B", "00 00"), count=2)
    assert imported_modules(wasm) == {"A", "B"}


def test_a_module_without_imports_imports_from_nowhere() -> None:
    assert imported_modules(b"\0asm\x01\0\0\0") == frozenset()


def test_what_is_read_before_a_fault_counts() -> None:
    assert imported_modules(module(entry("A", "07"), count=2)) == {"A"}
    assert imported_modules(module(entry("A", "00 00"), count=2)) == {"A"}
