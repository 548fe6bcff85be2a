"""Symbols: read if the section is right, and always fit for a terminal."""

from __future__ import annotations

import pytest

from tests.wasm_interp.module_bytes import section, with_body
from wasm_interp.binary import decode
from wasm_interp.errors import NAME_CHARACTERS_MAX, printable
from wasm_interp.name_section import read_names

NAMES = b"\x01\x09\x02\x00\x01a\x02\x03b\x1bc"


def test_function_names_are_read_and_made_printable() -> None:
    assert read_names(NAMES) == {0: "a", 2: "b\ufffdc"}
    assert read_names(b"\x00\x02\x01m" + NAMES + b"\x02\x01\x00") == {0: "a", 2: "b\ufffdc"}
    assert read_names(b"") == {}


BROKEN_NAMES = {
    "cut": NAMES[:-1],
    "not UTF-8": b"\x01\x05\x01\x00\x02\xc3\x28",
    "size": b"\x01\x0a" + NAMES[2:] + b"\x00",
    "twice": NAMES + NAMES,
    "out of order": b"\x01\x07\x02\x02\x01a\x00\x01b",
    "repeated index": b"\x01\x07\x02\x00\x01a\x00\x01b",
    "later subsection cut": NAMES + b"\x02\x05\x00",
    "huge count": b"\x01\x05\xff\xff\xff\xff\x0f",
}


@pytest.mark.parametrize("case", BROKEN_NAMES)
def test_a_broken_name_section_is_ignored_entirely(case: str) -> None:
    assert read_names(BROKEN_NAMES[case]) == {}
    wasm = with_body(b"\x0b") + section(0, b"\x04name" + BROKEN_NAMES[case])
    assert decode(wasm).names == {}


def test_long_names_are_cut_and_control_characters_replaced() -> None:
    cut = printable("x" * 1000)
    assert len(cut) == NAME_CHARACTERS_MAX
    assert cut.endswith("x…")
    assert printable("x" * NAME_CHARACTERS_MAX) == "x" * NAME_CHARACTERS_MAX
    assert printable("a\x1b[31m\u202eb\nc é") == "a\ufffd[31m\ufffdb\ufffdc é"
