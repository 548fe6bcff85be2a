"""SQL values as JSON: one spelling of each value, and nothing else is taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlstore.json_values import from_json, to_json
from sqlstore.types import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    INTEGER,
    SMALLINT,
    TEXT,
    SqlType,
    Value,
    numeric,
    numeric_text,
    varchar,
)
from wasm_interp.errors import InputError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)


def values(kind: SqlType) -> st.SearchStrategy[Value]:
    if kind.is_integer or kind.precision:
        return st.integers(kind.least, kind.greatest)
    if kind == BOOLEAN:
        return st.booleans()
    return st.binary(max_size=9) if kind == BYTEA else TEXTS


KINDS = [SMALLINT, INTEGER, BIGINT, BOOLEAN, TEXT, varchar(9), BYTEA]
TYPED = st.one_of(
    st.sampled_from(KINDS),
    st.integers(1, 18).flatmap(lambda p: st.integers(0, p).map(lambda s: numeric(p, s))),
).flatmap(lambda kind: st.tuples(st.just(kind), st.one_of(st.none(), values(kind))))


@given(TYPED)
def test_a_value_comes_back_from_json(typed: tuple[SqlType, Value]) -> None:
    kind, value = typed
    text = json.dumps(to_json(kind, value))
    found = from_json(kind, json.loads(text), what="x")
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (numeric(10, 2), -5, "-0.05"),
        (numeric(10, 2), 0, "0.00"),
        (numeric(2, 2), 99, "0.99"),
        (numeric(18, 0), -(10**18 - 1), "-999999999999999999"),
        (BYTEA, b"\0\xff", "0x00ff"),
        (BOOLEAN, False, False),
        (BIGINT, 2**63 - 1, 2**63 - 1),
        (TEXT, None, None),
    ],
)
def test_how_values_are_spelled(kind: SqlType, value: Value, expected: object) -> None:
    assert to_json(kind, value) == expected


def test_a_numeric_has_the_digits_of_its_scale() -> None:
    assert [numeric_text(1, scale) for scale in (0, 1, 3)] == ["1", "0.1", "0.001"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SMALLINT, 2**15),
        (SMALLINT, -(2**15) - 1),
        (INTEGER, 1.0),
        (INTEGER, "1"),
        (INTEGER, True),
        (BIGINT, 2**63),
        (BOOLEAN, 1),
        (BOOLEAN, "true"),
        (TEXT, "a\0"),
        (TEXT, "\ud800"),
        (TEXT, 1),
        (TEXT, ["a"]),
        (varchar(2), "abc"),
        (BYTEA, "00"),
        (BYTEA, "0x0"),
        (BYTEA, "0xFF"),
        (BYTEA, "0xff\n"),
        (numeric(4, 2), 1),
        (numeric(4, 2), "1"),
        (numeric(4, 2), "1.0"),
        (numeric(4, 2), "01.00"),
        (numeric(4, 2), "+1.00"),
        (numeric(4, 2), "-0.00"),
        (numeric(4, 2), "100.00"),
        (numeric(4, 2), "1.00 "),
        (numeric(4, 2), "\u0661.00"),
        (numeric(4, 2), "9" * 5_000),
        (numeric(4, 2), {}),
    ],
)
def test_another_spelling_is_refused(kind: SqlType, value: object) -> None:
    with pytest.raises(InputError, match=r"line 3: .* is no ") as caught:
        from_json(kind, value, what="line 3")
    assert str(caught.value).isprintable()


def test_a_varchar_counts_code_points() -> None:
    assert from_json(varchar(2), "éé", what="x") == "éé"
