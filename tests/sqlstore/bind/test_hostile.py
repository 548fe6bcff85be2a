"""Texts that are made to harm: each ends in an error that is short, printable and at its place."""

from __future__ import annotations

import time

import pytest

from sqlstore.bind import read_queries, read_schema
from sqlstore.bind.named_texts import named_texts
from sqlstore.bind.parse.lexer import NUMBER_CHARACTERS_MAX
from sqlstore.bind.parse.source import Source
from sqlstore.errors import CheckViolation, InvalidSyntax, SqlError
from sqlstore.planner import plan
from sqlstore.planner.explain import explain
from tests.sqlstore.bind.tables import bound, game

NINES = "9" * 5_000
MEGABYTE = 1_000_000


def refused(sql: str) -> str:
    """Return SQLSTATE and place of what is wrong with a statement."""
    with pytest.raises(SqlError) as caught:
        bound(sql)
    place = caught.value.place
    assert place is not None
    assert len(str(caught.value)) < 700
    return f"{caught.value.sqlstate} {place.line - 1}:{place.column}"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"select {NINES}", "0A000 1:8"),
        (f"select -{NINES}", "0A000 1:9"),
        (f"select 0.{NINES}", "0A000 1:8"),
        (f"select 1e{NINES}", "0A000 1:8"),
        ("select 1e9999", "22003 1:8"),
        (f"select ${NINES}::integer", "0A000 1:8"),
        (f"select id from units order by id limit {NINES}", "0A000 1:40"),
        (f"select id from units order by {NINES}", "0A000 1:31"),
        (f"select 1::numeric({NINES}, 2)", "0A000 1:19"),
        (f"select ''::varchar({NINES})", "0A000 1:20"),
        (f"select 1::numeric({'9' * 900}, 2)", "22003 1:11"),
        (f"select ''::varchar({'9' * 900})", "42601 1:12"),
        (f"select 1 order by {'9' * 900}", "42601 1:19"),
        (f"select '{'9' * MEGABYTE}'::integer", "22003 1:8"),
        (f"select '{'9' * MEGABYTE}'::numeric(18, 2)", "22003 1:8"),
        (f"select '0.{'0' * MEGABYTE}1'::numeric(18, 2)", "22003 1:8"),
        (f"select '{'9' * MEGABYTE}' + 1.5", "0A000 1:8"),
        (f"select '{'x' * MEGABYTE}'::boolean", "22P02 1:8"),
        (f"select ('{'9' * 10_000}'::text)::integer", "22003 1:9"),
        (f"select 1 1{'x' * 50}", "42601 1:10"),
    ],
    ids=lambda value: value[:60],
)
def test_numbers_of_many_digits_are_refused(sql: str, expected: str) -> None:
    assert refused(sql) == expected


def test_a_number_as_long_as_one_may_be_is_read() -> None:
    zeros = "0" * (NUMBER_CHARACTERS_MAX - 1)
    assert bound(f"select {zeros}7 as a").columns[0].name == "a"
    assert refused(f"select {zeros}07") == "0A000 1:8"


def test_zeros_and_spaces_around_a_number_do_not_count() -> None:
    text = f"{' ' * 2_000}-{'0' * 2_000}7{' ' * 2_000}"
    assert bound(f"select '{text}'::integer, '{text}'::numeric(4, 1)").columns


@pytest.mark.parametrize("digits", [NINES, f"1{'0' * 20}", "65536"])
def test_a_scan_of_too_many_rows_is_refused(digits: str) -> None:
    with pytest.raises(SqlError) as caught:
        read_queries(f"-- name: A :one\n-- scan: {digits}\nselect 1", game())
    assert caught.value.sqlstate == "54000"


@pytest.mark.parametrize("digits", ["²", "٣", "-1", "00", "1 1"])
def test_a_scan_is_a_number_of_ascii_digits(digits: str) -> None:
    with pytest.raises(InvalidSyntax):
        read_queries(f"-- name: A :one\n-- scan: {digits}\nselect 1", game())


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 /* a\0b */ as x", "42601 1:14"),
        ("select 1 -- a\0b\n as x", "42601 1:14"),
        ("select \0 1", "42601 1:8"),
        ("select 'a\0b'", "42601 1:10"),
        ('select 1 as "a\0b"', "42601 1:15"),
        ("select\n 1 as a\0", "42601 2:8"),
    ],
)
def test_the_text_has_no_null_character(sql: str, expected: str) -> None:
    assert refused(sql) == expected


def test_a_schema_has_no_null_character() -> None:
    with pytest.raises(InvalidSyntax) as caught:
        read_schema("create table t (a int primary key) /* \0 */")
    assert str(caught.value).startswith("schema.sql:1:39: 42601: ")


@pytest.mark.parametrize(
    "sql",
    [
        "select \x1b]0;title\x07",
        "select 1 1 \x1b[31mred",
        f"select 1 ; ]{'x' * MEGABYTE}",
        f"select ] {'é' * MEGABYTE}",
        "select ]" + "\u202e" * 200,
    ],
    ids=lambda value: ascii(value[:30]),
)
def test_an_error_is_short_and_printable(sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        bound(sql)
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 200


def test_only_the_break_before_the_hint_is_kept() -> None:
    error = CheckViolation("a\nb\x1b[2Jc", hint="d\ne\x07")
    assert str(error) == "23514: a\ufffdb\ufffd[2Jc\nhint: d\ufffde\ufffd"
    assert str(CheckViolation("a", hint="x" * 5_000)) == f"23514: a\nhint: {'x' * 499}…"


def test_explain_is_printable() -> None:
    statement = bound("select 'a\x07\nb\x1b[2J' as x, name from players where name = 'c\x9b'")
    lines = explain(plan(statement, game()), game()).splitlines()
    assert all(map(str.isprintable, lines))
    assert any("'a\ufffd\ufffdb\ufffd[2J'" in line for line in lines)


LONG = {
    "comments that carriage returns end": "-- name: A :one\n" + "--\r" * 340_000 + "\nselect 1",
    "statements": "".join(f"-- name: A{at} :one\nselect 1;\n" for at in range(20_000)),
    "blanks": "-- name: A :one" + " " * 500_000 + "\nselect 1",
    "pieces of a string": "-- name: A :one\nselect " + "'a'\n" * 200_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_file_is_cut_in_linear_time(text: str) -> None:
    start = time.process_time()
    found = named_texts(Source("queries.sql", text))
    # It takes less than a second; quadratic, it takes more than ten.
    assert time.process_time() - start < 5
    assert found[-1].lexemes


def test_statements_and_their_places_take_linear_time() -> None:
    text = "".join(f"-- name: A{at} :one\nselect 1;\n" for at in range(4_000))
    start = time.process_time()
    statements = read_queries(text, game())
    assert time.process_time() - start < 10
    place = statements[-1].place
    assert place is not None
    assert (place.line, place.column) == (7_999, 1)
