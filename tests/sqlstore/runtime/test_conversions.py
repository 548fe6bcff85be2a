"""Values as texts and back: what Python says, and what PostgreSQL reads."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sqlstore.errors import sqlstate_number
from tests.sqlstore.runtime.library import number_at_out, run, written
from tests.sqlstore.runtime.samples import sample

I64 = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.builds(lambda sign, exponent, more: sign * (10**exponent + more),
              st.sampled_from([1, -1]), st.integers(0, 18), st.integers(-1, 1)),
)  # fmt: skip
RANGES = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
SPACES = " \t\n\v\f\r"
NUMERALS = st.builds(
    "".join,
    st.tuples(
        st.text(SPACES, max_size=2),
        st.sampled_from(["", "", "+", "-", "--", "- "]),
        st.one_of(
            st.integers(0, 2**65).map(str),
            st.sampled_from([2**15, 2**31, 2**63]).flatmap(
                lambda n: st.integers(n - 12, n + 12).map(str)
            ),
            st.text("0123456789 _x.", max_size=5),
        ),
        st.sampled_from(["", "", "x", " ", " 1", "_"]),
        st.text(SPACES, max_size=2),
    ),
)
WORDS = ("true", "false", "yes", "no", "on", "off", "0", "1", "2", "maybe", "\x11")
BOOLEANS = st.builds(
    lambda before, word, length, turned, after: before + turned(word[:length]) + after,
    st.text(SPACES, max_size=2),
    st.sampled_from(WORDS + tuple(f"{word}x" for word in WORDS)),
    st.integers(0, 7),
    st.sampled_from([str.lower, str.upper, str.title]),
    st.text(SPACES, max_size=2),
)


@settings(deadline=None)
@given(I64)
@example(-(2**63))
def test_an_integer_is_printed_as_python_does(value: int) -> None:
    text = str(value).encode()
    length, memory = written("format_int", None, value)
    assert memory[: length + 1] == text + b"\0"


@settings(deadline=None)
@given(I64, st.integers(0, 18))
@example(-(2**63), 18)
@example(-5, 1)
def test_a_numeric_is_printed_with_all_its_digits(value: int, scale: int) -> None:
    text = f"{Decimal(value).scaleb(-scale):.{scale}f}".encode()
    length, memory = written("format_numeric", None, value, scale)
    assert memory[: length + 1] == text + b"\0"


@settings(deadline=None)
@given(st.binary(max_size=20))
def test_bytes_are_printed_in_hexadecimal(data: bytes) -> None:
    length, memory = written("format_bytea", None, data)
    assert memory[: length + 1] == b"\\x" + data.hex().encode() + b"\0"


def read_by_postgres(postgres: str, texts: list[str], kind: str) -> list[str]:
    """Return what each text is, cast to a type, or the SQLSTATE that it fails with."""
    import psycopg

    number = "int4" if kind == "bool" else "int8"
    with psycopg.connect(postgres) as connection:
        connection.execute(
            f"""CREATE FUNCTION pg_temp.read_text(given text) RETURNS text LANGUAGE plpgsql AS $$
            BEGIN RETURN (given::{kind})::{number};
            EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$"""
        )
        rows = connection.execute(
            "SELECT pg_temp.read_text(t) FROM unnest(%s::text[]) WITH ORDINALITY AS x (t, n) "
            "ORDER BY n",
            [texts],
        )
        return [each for (each,) in rows]


def read_integer(text: str, half: int) -> str:
    """Return what a text is as an integer from -``half`` to below ``half``, or an SQLSTATE."""
    found = re.match(f"[{SPACES}]*([+-]?)([0-9]+)", text)
    if not found:
        return "22P02"
    sign, digits = found.groups()
    if int(digits) > half:
        return "22003"
    if text[found.end() :].strip(SPACES):
        return "22P02"
    if sign != "-" and int(digits) == half:
        return "22003"
    return str(int(sign + digits))


def read_boolean(text: str) -> str:
    """Return what a text is as a BOOLEAN, 0 or 1, or an SQLSTATE."""
    word = text.strip(SPACES).lower()
    for number, wholes in (("1", ("true", "yes", "on", "1")), ("0", ("false", "no", "off", "0"))):
        if word not in ("", "o") and any(whole.startswith(word) for whole in wholes):
            return number
    return "22P02"


def parsed_integer(text: str, half: int) -> str:
    found = number_at_out("parse_int", text.encode(), -half, half - 1, None)
    known = {(sqlstate_number(each),): each for each in ("22P02", "22003")}
    return known[found] if isinstance(found, tuple) else str(found)


def parsed_boolean(text: str) -> str:
    found = run("parse_bool", text.encode())
    return "22P02" if found == -1 else str(found)


@settings(deadline=None)
@given(NUMERALS, st.sampled_from(sorted(RANGES.values())))
@example("-32768", 2**15)
@example("32768", 2**15)
@example("32768x", 2**15)
@example("32769x", 2**15)
@example("-9223372036854775808", 2**63)
@example("-9223372036854775809", 2**63)
@example("92233720368547758079", 2**63)
def test_integers_are_read(text: str, half: int) -> None:
    assert parsed_integer(text, half) == read_integer(text, half)


@settings(deadline=None)
@given(BOOLEANS)
@example("\x0eff")
@example("TRUEE")
@example("o")
@example("\x11")
def test_booleans_are_read(text: str) -> None:
    assert parsed_boolean(text) == read_boolean(text)


@pytest.mark.parametrize("kind", RANGES)
def test_integers_are_read_as_postgresql_reads_them(kind: str, postgres: str) -> None:
    texts = sample(NUMERALS, 1_500)
    found = [parsed_integer(text, RANGES[kind]) for text in texts]
    assert found == read_by_postgres(postgres, texts, kind)


def test_booleans_are_read_as_postgresql_reads_them(postgres: str) -> None:
    texts = sample(BOOLEANS, 1_500)
    assert [parsed_boolean(text) for text in texts] == read_by_postgres(postgres, texts, "bool")
