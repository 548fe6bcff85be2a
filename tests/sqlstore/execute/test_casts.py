"""Casts, beside PostgreSQL's."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sqlstore.errors import FeatureNotSupported, StringDataRightTruncation
from sqlstore.execute.casts import cast, fitted, printed, read
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
    varchar,
)
from tests.sqlstore.execute.oracle import Oracle, literal, our_answer

NUMBERS = (SMALLINT, INTEGER, BIGINT, numeric(3, 0), numeric(5, 2), numeric(18, 18), numeric(18, 0))
VALUES: dict[SqlType, list[Value]] = {
    BOOLEAN: [False, True],
    TEXT: ["", "a", "aéb  ", "ab   x", "12", " -7\n", "yes"],
    varchar(3): ["", "aé ", "12", "off"],
    BYTEA: [b"", b"\0\xff", b"abc"],
    **{
        kind: [kind.least, -151, -150, -149, -50, -1, 0, 1, 49, 50, 150, kind.greatest]
        for kind in NUMBERS
    },
}
TEXTS = (TEXT, varchar(2), varchar(5))
CASTS = [
    *((source, target) for source in NUMBERS for target in NUMBERS),
    *((source, target) for source in VALUES for target in TEXTS),
    *((source, target) for source in (TEXT, varchar(3)) for target in (SMALLINT, BIGINT, BOOLEAN)),
    *((BOOLEAN, BOOLEAN), (BYTEA, BYTEA), (BOOLEAN, INTEGER), (INTEGER, BOOLEAN)),
]


@pytest.mark.parametrize(("source", "target"), CASTS, ids=str)
def test_explicit_casts_are_those_of_postgresql(
    oracle: Oracle, source: SqlType, target: SqlType
) -> None:
    values = [*VALUES[source], None]
    asked = [f"({literal(value, source)})::{target}" for value in values]
    options: dict[str, Any] = {"source": source, "target": target, "assignment": False}
    ours = [our_answer(partial(cast, value, **options), target) for value in values]
    assert ours == oracle.answers(asked)


READ: dict[SqlType, list[str]] = {
    SMALLINT: [
        *("0", "-0", "+7", " 7 ", "\t\n\v\f\r7\r", "007", "32767", "32768", "-32768", "-32769"),
        *("", " ", "+", "- 1", "1 2", "1x", "99999x", "32768x", "-32769x", "1.0", "1e2", "0x1"),
        *("1_000", "٣", "\u00a07", "9" * 30, "0" * 30 + "1", "9" * 5_000, "0" * 5_000),
    ],
    INTEGER: ["2147483647", "2147483648", "-2147483648", "-2147483649", "2147483648 x"],
    BIGINT: ["9223372036854775807", "9223372036854775808", "-9223372036854775808"],
    BOOLEAN: [
        *("t", "tr", "true", "truee", "TRUE", "T", " true ", "y", "yes", "on", "o", "1", "01"),
        *("f", "false", "n", "no", "of", "off", "offf", "0", "", " ", "2", "\u00a0t", "\vt\f"),
    ],
    numeric(5, 2): [
        *("1", "-1.5", "+.5", "5.", ".", "", "1.005", "-1.005", "999.994", "999.995", "1e2", "1e3"),
        *(
            "1E-2",
            "5e-3",
            "4e-3",
            "1e",
            "e1",
            "1_0",
            " 1 ",
            "1 2",
            "--1",
            "0e400",
            "1e-400",
            "1e400",
        ),
        *("0x1", "1.2.3", "1e+1", "1e 1", "9" * 5_000, "0." + "0" * 5_000 + "1"),
    ],
    BYTEA: [
        *("", "abc", "é", "\\\\", "\\", "\\000", "\\377", "\\400", "\\37", "a\\", "a\\\\b\\101c"),
        *("\\x", "\\x0", "\\x00fF", "\\x00 ff", "\\x0 0", "\\xg0", "\\x0g", "\\X00", "\\x00\n"),
    ],
}


@pytest.mark.parametrize("kind", READ, ids=str)
def test_texts_are_read_as_in_postgresql(oracle: Oracle, kind: SqlType) -> None:
    texts = READ[kind]
    asked = ["'" + text.replace("'", "''") + f"'::{kind}" for text in texts]
    ours = [our_answer(partial(read, text, kind), kind) for text in texts]
    assert ours == oracle.answers(asked)


@pytest.mark.parametrize("text", ["NaN", " nan ", "Infinity", "-inf", "+INFINITY"])
def test_a_numeric_is_finite(text: str) -> None:
    with pytest.raises(FeatureNotSupported):
        read(text, numeric(5, 2))


@pytest.mark.parametrize(
    ("text", "expected"), [("ab", "ab"), ("abc", "abc"), ("abc  ", "abc"), ("   ", "   ")]
)
def test_an_assignment_loses_only_spaces(text: str, expected: str) -> None:
    assert fitted(text, varchar(3), assignment=True) == expected
    for long in ("abcd", "abc d", "abc\t"):
        with pytest.raises(StringDataRightTruncation):
            fitted(long, varchar(3), assignment=True)


def test_an_assignment_of_a_number_does_not_lose_digits() -> None:
    assert cast(12, source=INTEGER, target=varchar(2), assignment=True) == "12"
    with pytest.raises(StringDataRightTruncation):
        cast(123, source=INTEGER, target=varchar(2), assignment=True)


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [(0, 0, "0"), (5, 2, "0.05"), (-5, 2, "-0.05"), (-1234, 2, "-12.34"), (1, 3, "0.001")],
)
def test_a_numeric_is_printed_with_all_digits_of_its_scale(
    value: int, scale: int, expected: str
) -> None:
    assert printed(value, numeric(18, scale)) == expected
