"""Modules from the text format, for tests: wasmtime's translator, cached."""

from __future__ import annotations

from functools import cache

import pytest

from wasm_interp import Program, load


@cache
def wasm_of(text: str) -> bytes:
    """Return the binary of a module in text form; skip the test where wasmtime is absent."""
    wasmtime = pytest.importorskip("wasmtime", reason="wasmtime (extra `text`) is not installed")
    return bytes(wasmtime.wat2wasm(text))


def program_of(text: str, **options: int) -> Program:
    """Return the program of a module in text form."""
    return load(wasm_of(text), **options)
