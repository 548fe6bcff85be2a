"""Statements that are accepted: their parameters and columns are those that PostgreSQL finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sqlstore.types import Kind, SqlType
from tests.sqlstore.bind.tables import GAME, Entry, bound, entries, shown

ENTRIES = entries("accepted.sql")

TYPE_NAMES = {
    Kind.SMALLINT: "int2",
    Kind.INTEGER: "int4",
    Kind.BIGINT: "int8",
    Kind.BOOLEAN: "bool",
    Kind.TEXT: "text",
    Kind.VARCHAR: "varchar",
    Kind.BYTEA: "bytea",
    Kind.NUMERIC: "numeric",
}


def test_there_are_many() -> None:
    assert len(ENTRIES) >= 150


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_statement_has_the_parameters_and_columns(entry: Entry) -> None:
    statement = bound(entry.sql)
    assert shown(statement.parameters) == entry.facts.get("parameters", "")
    assert shown(statement.columns) == entry.facts.get("columns", "")
    assert statement.text == entry.sql.removesuffix(" -- end")


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(postgres, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(f"CREATE SCHEMA accepted; SET search_path = accepted; {GAME}")
        yield connection


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_postgres_gives_the_same_names_and_types(entry: Entry, connection: Any) -> None:
    if "sqlc." in entry.sql or entry.facts.get("postgres"):
        pytest.skip("PostgreSQL does not read this")
    statement = bound(entry.sql)
    connection.pgconn.prepare(b"q", entry.sql.encode())
    described = connection.pgconn.describe_prepared(b"q")
    types = {row[0]: row[1] for row in connection.execute("SELECT oid, typname FROM pg_type")}
    parameters = [types[described.param_type(at)] for at in range(described.nparams)]
    columns = [
        (described.fname(at).decode(), types[described.ftype(at)])
        for at in range(described.nfields)
    ]
    connection.execute("DEALLOCATE q")
    assert [_type_name(one.type) for one in statement.parameters] == [
        "text" if name == "varchar" else name for name in parameters
    ]
    assert [(one.name, _type_name(one.type)) for one in statement.columns] == [
        (name, "text" if at in _widened(statement.columns, columns) else type_)
        for at, (name, type_) in enumerate(columns)
    ]


def _type_name(type_: SqlType) -> str:
    return TYPE_NAMES[type_.kind]


def _widened(ours: Any, theirs: list[tuple[str, str]]) -> set[int]:
    """Return the columns that are VARCHAR without a length to PostgreSQL, which is TEXT here."""
    return {
        at
        for at, (one, (_, type_)) in enumerate(zip(ours, theirs, strict=True))
        if type_ == "varchar" and one.type.kind is Kind.TEXT
    }
