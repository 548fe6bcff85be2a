"""Schemas: names of constraints as PostgreSQL chooses them, what is refused and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sqlstore.bind import read_schema
from sqlstore.errors import SqlError
from sqlstore.plan.expressions import ColumnRef, Compare, Comparison, Const
from sqlstore.schema import Identity, Key, Schema
from sqlstore.types import BOOLEAN, INTEGER, TEXT, numeric, varchar
from tests.sqlstore.bind.tables import Entry, entries, game

ACCEPTED = entries("schemas_accepted.sql")
REFUSED = entries("schemas_refused.sql")
KEYS = ("hint", "postgres")


def names(schema: Schema) -> list[str]:
    """Return the names of all keys, indexes and constraints."""
    found = []
    for table in schema.tables:
        parts = (*table.indexes, *table.checks, *table.foreign_keys)
        found += [table.primary_name, *(one.name for one in parts)]
    return sorted(found)


@pytest.mark.parametrize("entry", ACCEPTED, ids=str)
def test_names_are_chosen(entry: Entry) -> None:
    schema = read_schema(entry.sql)
    assert ", ".join(names(schema)) == entry.facts["names"]
    assert schema.text == entry.sql


@pytest.mark.parametrize("entry", REFUSED, ids=str)
def test_schema_is_refused(entry: Entry) -> None:
    with pytest.raises(SqlError) as caught:
        read_schema(entry.sql, file="a.sql")
    error = caught.value
    (sqlstate,) = (fact for fact in entry.facts if fact not in KEYS)
    assert error.sqlstate == sqlstate
    assert str(error.place) == f"a.sql:{entry.facts[sqlstate]}"
    assert error.hint == entry.facts.get("hint")


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(postgres, autocommit=True, prepare_threshold=None) as connection:
        yield connection


@pytest.mark.parametrize("entry", [*ACCEPTED, *REFUSED], ids=str)
def test_postgres_does_the_same(entry: Entry, connection: Any) -> None:
    ours = next((fact for fact in entry.facts if fact not in (*KEYS, "names")), None)
    found = _postgres(entry.sql, connection)
    if ours is None:
        assert found == entry.facts.get("postgres", entry.facts["names"])
    elif ours == "0A000" and "postgres" not in entry.facts:
        # PostgreSQL takes it, and has made something: that is no SQLSTATE.
        assert found == ours or not re.fullmatch(r"[0-9A-Z]{5}|\?", found)
    else:
        expected = entry.facts.get("postgres", ours)
        assert found == expected or (expected == "ok" and "_" in found)


def _postgres(sql: str, connection: Any) -> str:
    """Return the names of what is made, or the SQLSTATE."""
    import psycopg

    connection.execute(
        "SET client_min_messages = error; DROP SCHEMA IF EXISTS made CASCADE;"
        "CREATE SCHEMA made; SET search_path = made"
    )
    try:
        connection.execute(sql)
    except psycopg.Error as error:
        return error.sqlstate or "?"
    rows = connection.execute(
        "SELECT conname FROM pg_constraint WHERE connamespace = 'made'::regnamespace"
        " UNION SELECT relname FROM pg_class"
        " WHERE relkind = 'i' AND relnamespace = 'made'::regnamespace"
    )
    return ", ".join(sorted(row[0] for row in rows))


def test_relations_are_numbered_in_the_order_of_the_text() -> None:
    schema = read_schema(
        "create table a (id int primary key, x int unique, unique (x, id));"
        "create index on a (x); create table b (id int primary key); create index on a (x, id)"
    )
    first, second = schema.tables
    assert (first.number, [one.number for one in first.indexes]) == (1, [2, 3, 4, 6])
    assert [one.constraint for one in first.indexes] == [True, True, False, False]
    assert second.number == 5


def test_columns_have_types_defaults_and_identity() -> None:
    players, units, notes = game().tables
    assert [one.type for one in players.columns[1:]] == [varchar(20), numeric(12, 2), TEXT]
    assert [one.nullable for one in units.columns] == [
        False,
        False,
        False,
        True,
        False,
        False,
        True,
    ]
    assert players.columns[2].default == Const(0, numeric(12, 2))
    assert units.columns[5].default == Const(True, BOOLEAN)
    assert units.columns[0].identity is Identity.BY_DEFAULT
    assert notes.columns[0].identity is Identity.ALWAYS
    assert notes.columns[1].default == Const("none", TEXT)
    assert (units.primary, units.primary_name) == ((0,), "units_pkey")


def test_check_is_bound_over_source_0() -> None:
    (check,) = game().by_name["units"].checks
    hp = ColumnRef(source=0, column=4, type=INTEGER, nullable=False)
    assert check.predicate == Compare(operator=Comparison.GE, left=hp, right=Const(0, INTEGER))
    assert (check.name, check.text) == ("units_hp_check", "hp >= 0")


def test_checks_stand_in_the_order_of_their_names() -> None:
    schema = read_schema(
        "create table t (a int primary key, constraint b check (a > 1),"
        ' constraint "A" check (a > 2), constraint a check (((a > 3)) and (a < 9)))'
    )
    checks = schema.tables[0].checks
    assert [one.name for one in checks] == ["A", "a", "b"]
    assert checks[1].text == "((a > 3)) and (a < 9)"


def test_foreign_key_follows_its_parents_key() -> None:
    schema = read_schema(
        "create table p (a int, b int, primary key (a, b));"
        "create table c (x int primary key, y int, foreign key (x, y) references p (b, a));"
        "create index on c (y); create index c_xy on c (x, y)"
    )
    (key,) = schema.by_name["c"].foreign_keys
    assert (key.columns, key.parent, key.parent_key) == ((1, 0), "p", Key(None))
    assert key.child_key == Key(schema.by_name["c"].indexes[1])


def test_child_key_is_missing_where_no_key_begins_with_the_columns() -> None:
    schema = read_schema(
        "create table p (a int primary key, u int unique);"
        "create table c (x int primary key, y int references p (u), z int references c)"
    )
    first, second = schema.by_name["c"].foreign_keys
    assert first.child_key is None
    assert first.parent_key == Key(schema.by_name["p"].indexes[0])
    assert (second.parent, second.parent_key, second.child_key) == ("c", Key(None), None)


def test_more_relations_than_numbers_are_refused() -> None:
    text = ";\n".join(f"create table t{at} (id int primary key)" for at in range(251))
    assert len(read_schema(text.rpartition(";")[0]).tables) == 250
    with pytest.raises(SqlError) as caught:
        read_schema(text)
    assert (caught.value.sqlstate, str(caught.value.place)) == ("54000", "schema.sql:251:14")


def test_more_columns_than_allowed_are_refused() -> None:
    columns = "".join(f", c{at} int" for at in range(64))
    with pytest.raises(SqlError, match="54000"):
        read_schema(f"create table t (id int primary key{columns})")
