"""Statements that are refused: with PostgreSQL's SQLSTATE, the place, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sqlstore.errors import SqlError
from tests.sqlstore.bind.tables import GAME, Entry, bound, entries

ENTRIES = entries("refused.sql")
KEYS = ("hint", "postgres")


def sqlstate(entry: Entry) -> str:
    (found,) = (fact for fact in entry.facts if fact not in KEYS)
    return found


def test_there_are_many() -> None:
    assert len(ENTRIES) >= 350


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_statement_is_refused(entry: Entry) -> None:
    with pytest.raises(SqlError) as caught:
        bound(entry.sql)
    error = caught.value
    assert error.place is not None
    assert error.sqlstate == sqlstate(entry)
    # The statement begins on line 2 of its file.
    assert f"{error.place.line - 1}:{error.place.column}" == entry.facts[sqlstate(entry)]
    assert error.hint == entry.facts.get("hint")


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(postgres, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(f"CREATE SCHEMA refused; SET search_path = refused; {GAME}")
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_postgres_says_the_same(entry: Entry, connection: Any) -> None:
    ours = sqlstate(entry)
    expected = entry.facts.get("postgres", "ok" if ours == "0A000" else ours)
    found = _postgres(entry.sql, connection)
    assert found == expected or (found == ours == "0A000")


def _postgres(sql: str, connection: Any) -> str:
    """Return the SQLSTATE of preparing and planning a statement, ``ok`` if there is none."""
    import psycopg

    try:
        connection.execute(f"PREPARE q AS {sql}")
    except psycopg.Error as error:
        return error.sqlstate or "?"
    try:
        counted = "SELECT cardinality(parameter_types) FROM pg_prepared_statements"
        count = connection.execute(counted).fetchone()[0]
        arguments = f"({', '.join(['NULL'] * count)})" if count else ""
        connection.execute(f"EXPLAIN EXECUTE q {arguments}")
    except psycopg.Error as error:
        return error.sqlstate or "?"
    finally:
        connection.execute("DEALLOCATE q")
    return "ok"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "select owner, hp from units group by owner",
            'the column "hp" is neither in GROUP BY nor in an aggregate',
        ),
        ("select ''::varchar(20000000)", "the length of a VARCHAR is from 1 to 10485760"),
        ("select 1::numeric(2000, 0)", "there is no type NUMERIC(2000, 0)"),
    ],
)
def test_the_reason_says_what_is_wrong(sql: str, reason: str) -> None:
    with pytest.raises(SqlError) as caught:
        bound(sql)
    assert caught.value.reason == reason
