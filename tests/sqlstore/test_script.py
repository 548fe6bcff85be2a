"""Scripts: statements in order, and the place of one that fails."""

from __future__ import annotations

import pytest

from merkle import OrderedMap
from sqlstore.bind import read_schema
from sqlstore.contents import read_contents
from sqlstore.errors import SqlError
from sqlstore.rows import SqlRow
from sqlstore.script import run_script

SCHEMA = read_schema("""
CREATE TABLE t (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a INTEGER NOT NULL CHECK (a < 100)
);
""")


def after(text: str) -> tuple[SqlRow, ...]:
    rows = run_script(text, SCHEMA, OrderedMap(), file="genesis.sql")
    return read_contents(SCHEMA, rows).tables["t"]


def test_statements_see_what_those_before_have_done() -> None:
    assert after("""
        INSERT INTO t (a) VALUES (1), (2);
        UPDATE t SET a = a * 10; -- of every row: a script needs no bound
        ;;
        INSERT INTO t (a) SELECT a + 1 FROM t WHERE a > 10;
        DELETE FROM t WHERE a = 10
    """) == ((2, 20), (3, 21))


@pytest.mark.parametrize("text", ["", " ;; ", "-- nothing\n/* at all */"])
def test_a_script_may_be_empty(text: str) -> None:
    assert after(text) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT 1", "1:1: 42601: a script has INSERT, UPDATE and DELETE only"),
        ("VALUES (1)", "1:1: 42601: a script has"),
        ("(SELECT 1)", "1:1: 42601: a script has"),
        ("WITH q AS (SELECT 1) SELECT 1", "1:1: 42601: a script has"),
        ("DELETE FROM t;\nCREATE TABLE u ()", "2:1: 0A000: CREATE"),
        ("DELETE FROM t;\nDROP TABLE t", "2:1: 0A000: DROP"),
        ("DELETE FROM t WHERE id = $1", "1:26: 42P02: a script has no parameters"),
        ("DELETE FROM t WHERE id = sqlc.arg(a)", "1:26: 42P02: a script has no parameters"),
        ("DELETE FROM t RETURNING id", "1:15: 42601: a script has nobody to return rows to"),
        ("INSERT INTO u VALUES (1)", "1:13: 42P01: "),
        ("INSERT INTO t (a) VALUES (1);\n  INSERT INTO t (a) VALUES (100)", "2:3: 23514: "),
        ("/* INSERT INTO t (a) VALUES (100) */\nINSERT INTO t (a) VALUES (100)", "2:1: 23514: "),
        ("INSERT INTO t (a) SELECT NULL::int;", "1:1: 23502: "),
    ],
)
def test_what_fails_has_its_place(text: str, says: str) -> None:
    with pytest.raises(SqlError) as caught:
        after(text)
    assert str(caught.value).startswith(f"genesis.sql:{says}")
