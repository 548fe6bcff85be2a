"""queries.sql as a file: name lines, directives, statements behind them."""

from __future__ import annotations

import pytest

from sqlstore.bind import read_queries
from sqlstore.errors import SqlError
from sqlstore.plan.statements import Command
from tests.sqlstore.bind.tables import game

TWO = """
/* -- name: NotThis :one */
-- name: GetUnit :one
-- The unit itself.
select id, ';', '-- name: Quoted :one' from units -- name: Behind :one
where id = $1;

  -- name: MoveUnit :execrows
  -- scan: 20
update units set data = $1
where hp > 3
"""


def refused(text: str) -> str:
    """Return the SQLSTATE and the place of what is wrong with a file."""
    with pytest.raises(SqlError) as caught:
        read_queries(text, game())
    place = caught.value.place
    assert place is not None
    assert place.file == "queries.sql"
    return f"{caught.value.sqlstate} {place.line}:{place.column}"


def test_statements_have_names_commands_and_bounds() -> None:
    first, second = read_queries(TWO, game())
    assert (first.name, first.command, first.scan_max) == ("GetUnit", Command.ONE, None)
    assert (second.name, second.command, second.scan_max) == ("MoveUnit", Command.EXECROWS, 20)
    assert second.text == "update units set data = $1\nwhere hp > 3"
    assert first.text.endswith("where id = $1")
    assert (first.operations_max, second.operations_max) == (0, 0)


def test_an_empty_file_has_no_statements() -> None:
    assert read_queries("-- nothing\n", game()) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", "42601 1:1"),
        ("-- scan: 5\n-- name: A :one\nselect 1", "42601 1:1"),
        ("-- name: A :one\n", "42601 1:1"),
        ("-- name: A :one\nselect 1; select 2", "42601 2:11"),
        ("-- name: A\nselect 1", "42601 1:1"),
        ("-- name: A :two\nselect 1", "42601 1:1"),
        ("-- name: 1A :one\nselect 1", "42601 1:1"),
        ("-- name: A-B :one\nselect 1", "42601 1:1"),
        ("-- name: A :one\nselect 1;\n-- name: A :one\nselect 1", "42710 3:1"),
        ("-- name: GetA :one\nselect 1;\n-- name: get_a :one\nselect 1", "42710 3:1"),
        ("-- name: A :one\n-- scan: 0\nselect 1", "42601 2:1"),
        ("-- name: A :one\n-- scan: x\nselect 1", "42601 2:1"),
        ("-- name: A :one\n-- scan: 65536\nselect 1", "54000 2:1"),
        ("-- name: A :one\n-- scan: 5\n-- scan: 5\nselect 1", "42601 3:1"),
        ("-- name: A :one\nselect\n-- scan: 5\n1", "42601 3:1"),
        ("-- name: A :exec\nselect 1", "42601 1:1"),
        ("-- name: A :execrows\ndelete from units returning id", "42601 1:1"),
        ("-- name: A :one\ndelete from units", "42601 1:1"),
        ("-- name: A :many\nselect from units", "0A000 2:13"),
        ("-- name: A :many\n\n   select nope\nfrom units", "42703 3:11"),
    ],
)
def test_what_is_no_file_of_statements_is_refused(text: str, expected: str) -> None:
    assert refused(text) == expected


def test_the_largest_scan_is_65535() -> None:
    (statement,) = read_queries("-- name: A :one\n-- scan: 65535\nselect 1", game())
    assert statement.scan_max == 65_535


def test_an_error_prints_its_place_and_hint() -> None:
    with pytest.raises(SqlError) as caught:
        read_queries("-- name: A :many\nselect now()", game(), file="game/queries.sql")
    assert str(caught.value) == (
        "game/queries.sql:2:8: 0A000: the function now is not supported\n"
        "hint: a reducer has no clock: pass the time as a parameter"
    )
