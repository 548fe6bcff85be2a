"""The grammar against PostgreSQL's: what is accepted is accepted there, and means the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from sqlstore.errors import SqlError
from sqlstore.execute.casts import printed
from sqlstore.plan.expressions import Const
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
    return "." in ours + theirs and float(ours) == float(theirs)


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


def test_what_is_accepted_is_sql(connection: Any) -> None:
    assert check_mutations(connection, seed=1, count=1_500) > 30


@pytest.mark.nightly
def test_many_constants_have_postgresqls_values(connection: Any) -> None:
    assert check_expressions(connection, seed=2, count=40_000) > 6_000


@pytest.mark.nightly
def test_much_that_is_accepted_is_sql(connection: Any) -> None:
    assert check_mutations(connection, seed=2, count=30_000) > 600
