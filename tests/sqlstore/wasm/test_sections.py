"""A reducer carries its schema and queries, and gives them back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlstore.wasm.sections import read_sql, sql_section
from tests.wasm_interp.module_bytes import PREAMBLE, TYPES, section
from wasm_interp.binary import decode
from wasm_interp.errors import Malformed

NAME = b"\x0cchannels.sql"
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


def module_with(content: bytes) -> bytes:
    return PREAMBLE + TYPES + section(0, NAME + content)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_the_texts_come_back(schema: str, queries: str) -> None:
    module = PREAMBLE + TYPES + sql_section(schema, queries)
    assert read_sql(module) == (schema, queries)
    assert decode(module).types == decode(PREAMBLE + TYPES).types


def test_its_bytes_are_those_of_the_specification() -> None:
    expected = b"\1\0\0\0\2\0\0\0\xc3\xa9\3\0\0\0abc"
    assert PREAMBLE + TYPES + sql_section("é", "abc") == module_with(expected)


def test_a_module_may_have_none() -> None:
    assert read_sql(PREAMBLE + TYPES) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "ends too early"),
        (b"\1\0\0", "ends too early"),
        (b"\2\0\0\0", "has version 2, not 1"),
        (b"\1\0\0\0\1\0\0\0", "ends too early"),
        (b"\1\0\0\0\1\0\0\0\xff\0\0\0\0", "is not UTF-8"),
        (b"\1\0\0\0\0\0\0\0\xff\xff\xff\xff", "ends too early"),
        (b"\1\0\0\0\0\0\0\0\0\0\0\0x", "has 1 bytes too many"),
    ],
)
def test_a_broken_section_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_sql(module_with(content))
