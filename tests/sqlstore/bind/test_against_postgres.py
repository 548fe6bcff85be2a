"""The grammar against PostgreSQL's: what is accepted is accepted there, and means the same."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from merkle import OrderedMap
from sqlstore.errors import SqlError
from sqlstore.execute import execute
from sqlstore.execute.casts import printed
from sqlstore.plan.expressions import Const
from sqlstore.planner import plan
from tests.sqlstore.bind.draws import expression, mutated, words_of
from tests.sqlstore.bind.tables import GAME, bound, entries, game

SCHEMA = game()


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(postgres, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(f"CREATE SCHEMA grammar; SET search_path = grammar; {GAME}")
        yield connection


def check_expressions(connection: Any, seed: int, count: int) -> int:
    """Compare values of constants; return how many there were."""
    import psycopg

    random, compared = Random(seed), 0
    for _ in range(count):
        sql = f"select {expression(random, random.choice((1, 2, 2, 3)))}"
        try:
            (output,) = bound(sql, SCHEMA).body.outputs  # type: ignore[union-attr]
        except SqlError:
            continue
        assert isinstance(output, Const), sql
        ours = None if output.value is None else printed(output.value, output.type)
        try:
            (theirs,) = connection.execute(f"SELECT ({sql})::text").fetchone()
        except psycopg.Error as error:
            pytest.fail(f"PostgreSQL refuses what is accepted: {sql}: {error}")
        assert _same(ours, theirs), sql
        compared += 1
    return compared


def _same(ours: str | None, theirs: str | None) -> bool:
    """Compare texts of values; NUMERIC of several scales has one scale here, and one value."""
    if ours == theirs or ours is None or theirs is None:
        return ours == theirs
    return "." in ours + theirs and Decimal(ours) == Decimal(theirs)


def check_mutations(connection: Any, seed: int, count: int) -> int:
    """Prepare what is accepted of mutated statements; return how many that were."""
    import psycopg

    statements = [
        words_of(entry.sql) for entry in entries("accepted.sql") if "sqlc." not in entry.sql
    ]
    random, accepted = Random(seed), 0
    for _ in range(count):
        sql = mutated(random, statements)
        try:
            bound(sql, SCHEMA)
        except SqlError:
            continue
        try:
            connection.execute(f"PREPARE q AS {sql}")
        except psycopg.Error as error:
            # PostgreSQL compares a key with the list before it folds constants.
            if error.sqlstate not in ("42P10", "42803"):
                pytest.fail(f"PostgreSQL refuses what is accepted: {sql}: {error}")
            continue
        connection.execute("DEALLOCATE q")
        accepted += 1
    return accepted


def test_constants_have_postgresqls_values(connection: Any) -> None:
    assert check_expressions(connection, seed=1, count=1_000) > 150


@pytest.mark.parametrize(
    "clause", ["", "LIMIT 0", "LIMIT 0.0", "LIMIT 0e5", "LIMIT 0.4", "LIMIT 0.5", "LIMIT NULL",
               "LIMIT 1 - 1", "OFFSET 0", "OFFSET 1", "LIMIT 2 OFFSET 1", "LIMIT 1 OFFSET NULL"]
)  # fmt: skip
def test_exists_counts_as_postgresql_does(connection: Any, clause: str) -> None:
    sql = f"SELECT EXISTS (SELECT 1 {clause}), EXISTS (SELECT 1 FROM (VALUES (1), (2)) v {clause})"
    statement = plan(bound(sql, SCHEMA), SCHEMA)
    assert execute(statement, SCHEMA, OrderedMap(), ()).outputs == (
        connection.execute(sql).fetchone(),
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id AS {} FROM units",
        "SELECT hp AS {}, id FROM units ORDER BY 2",
        "SELECT u.id FROM units AS {} (id), units u",
        "INSERT INTO notes AS {} (body) VALUES ('a') RETURNING id",
    ],
)
def test_behind_as_the_same_words_are_names(connection: Any, sql: str) -> None:
    import psycopg

    keywords = [word for (word,) in connection.execute("SELECT word FROM pg_get_keywords()")]
    assert len(keywords) > 400
    for word in keywords:
        expected = actual = ""
        try:
            connection.execute(f"PREPARE q AS {sql.format(word)}")
            connection.execute("DEALLOCATE q")
        except psycopg.Error as error:
            expected = error.sqlstate or "?"
        try:
            bound(sql.format(word), SCHEMA)
        except SqlError as error:
            actual = error.sqlstate
        assert actual == expected, word


def test_what_is_accepted_is_sql(connection: Any) -> None:
    assert check_mutations(connection, seed=1, count=1_500) > 30


@pytest.mark.nightly
def test_many_constants_have_postgresqls_values(connection: Any) -> None:
    assert check_expressions(connection, seed=2, count=40_000) > 6_000


@pytest.mark.nightly
def test_much_that_is_accepted_is_sql(connection: Any) -> None:
    assert check_mutations(connection, seed=2, count=30_000) > 600
