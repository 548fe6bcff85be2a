"""Disassembly as data."""

from __future__ import annotations

import pytest

from tests.wasm_interp.wat import program_of
from wasm_interp import disassemble
from wasm_interp.errors import InputError

TEXT = """(module (func $one (result i32) (i32.const 1))
  (func $two (export "two") (result i32) (call $one)))"""


def test_every_instruction_behind_the_prologue_is_listed_once() -> None:
    program = program_of(TEXT)
    lines = disassemble(program).lines
    assert [line.pc for line in lines] == list(range(2, len(program.words)))
    assert [line.text for line in lines] == [
        *("enter 0", "i32.const 1", "return", "enter 0", "call 2 <one>", "return")
    ]


def test_a_listing_reads_as_one() -> None:
    listing = disassemble(program_of(TEXT), "two")
    assert repr(listing).splitlines()[0] == "<two> () -> (i32)"
    assert "call 2 <one>" in repr(listing)
    assert "&lt;one&gt;" in listing._repr_html_()


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(InputError, match="no function is called 'x'"):
        disassemble(program_of(TEXT), "x")


def test_a_module_without_functions_has_no_lines() -> None:
    assert disassemble(program_of("(module)")).lines == []
