"""What is asked of the texts of operands, and how they are put together."""

from __future__ import annotations

import pytest

from sqlstore.compile.operands import (
    ALWAYS,
    Operand,
    either,
    infix,
    is_cheap,
    is_flag,
    is_literal,
    is_load,
    is_name,
    is_null_bit,
    is_place,
    operand_text,
    reads_memory,
    truth,
    wide,
)
from sqlstore.types import BIGINT, INTEGER

TEXTS: dict[str, set[str]] = {
    "7": {"literal"},
    "-7": {"literal"},
    "1": {"literal", "flag"},
    "value": {"name"},
    "_7": {"name"},
    "EVEN": {"name"},
    "value + 5": {"place"},
    "value - 5": set(),
    "value + other": set(),
    "7 + 5": set(),
    "load8(row)": {"load", "memory"},
    "load16_s(row, 2)": {"load", "memory"},
    "load32(record)": {"load", "memory", "flag"},
    "load32(record, 16)": {"load", "memory", "flag"},
    "load8(row) & 4": {"null bit", "memory"},
    "load8(row, 1) & 128": {"null bit", "memory"},
    "load32(record, 16) | (load8(row) & 4)": {"memory"},
    "load32(record, 16) | load32(record, 24)": {"memory"},
    "load8(row) & 4 | value": {"memory"},
    "load32(load32(items))": {"memory"},
    "i64(load32(row))": {"memory"},
    "payload8": {"name"},
    "equal_bytes(a, 1, b, 1)": set(),
    "0 if null else value": set(),
}


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_what_it_is_and_nothing_else(text: str) -> None:
    predicates = {
        "literal": is_literal,
        "name": is_name,
        "place": is_place,
        "load": is_load,
        "null bit": is_null_bit,
        "flag": is_flag,
        "memory": reads_memory,
    }
    assert {what for what, holds in predicates.items() if holds(text)} == TEXTS[text]
    assert is_cheap(text) == bool(TEXTS[text] & {"literal", "name", "load", "null bit"})


def test_a_null_bit_is_that_of_its_mask() -> None:
    assert is_null_bit("load8(row) & 4", 4)
    assert not is_null_bit("load8(row) & 4", 2)


@pytest.mark.parametrize("text", TEXTS)
def test_an_operand_binds_as_one(text: str) -> None:
    """With numbers for names and loads: what is put together is what it should be."""
    names = {"value": 3, "other": 2, "_7": 7, "EVEN": 8, "null": 1, "payload8": 5}
    names |= {"row": 1, "record": 2, "items": 3, "a": 1, "b": 1}
    calls = {
        name: (lambda *given: 10 * sum(given))
        for name in ("load8", "load16_s", "load32", "i64", "equal_bytes")
    }
    known = eval(text, {**names, **calls})
    for sign in ("*", "-", "<", "&", "=="):
        written = eval(infix(text, sign, operand_text(text)), {**names, **calls})
        assert written == eval(f"known {sign} known", {"known": known}), sign


def test_what_is_null_if_one_of_several_is() -> None:
    assert either(None, None) is None
    assert either(None, "a") == "a"
    assert either("a", "a") == "a"
    assert either("a", ALWAYS) == ALWAYS
    assert either("load32(record, 16)", "load8(row) & 4") == "load32(record, 16) | (load8(row) & 4)"


@pytest.mark.parametrize(
    ("null", "value"),
    [
        (None, "0"),
        (ALWAYS, "1"),
        ("load32(record, 16)", "load32(record, 16)"),
        ("load32(record, 16) | (load8(row) & 4)", "(load32(record, 16) | (load8(row) & 4)) != 0"),
        ("load8(row) & 4", "(load8(row) & 4) != 0"),
        ("p_is_null", "p_is_null != 0"),
    ],
)
def test_a_truth_is_0_or_1(null: str | None, value: str) -> None:
    assert truth(null) == value


def test_a_literal_needs_no_widening() -> None:
    assert wide(Operand(type=INTEGER, value="-7")) == "-7"
    assert wide(Operand(type=INTEGER, value="x")) == "i64(x)"
    assert wide(Operand(type=BIGINT, value="x")) == "x"
