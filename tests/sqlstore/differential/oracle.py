"""PostgreSQL's side: a schema of its own for each example, statements prepared and executed.

A statement is prepared without types, so that PostgreSQL infers them as the binder must, and
executed with literals. Not here: starting a server (`tests.sqlstore.postgres`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from tests.sqlstore.differential.schemas import Table
from tests.sqlstore.differential.statements import Statement


@dataclass(frozen=True)
class Outcome:
    """What a statement did: the rows it returned, or their number; or its SQLSTATE."""

    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    sqlstate: str = ""


@dataclass(frozen=True)
class Prepared:
    """What preparing gave: the parameters' types, or a SQLSTATE."""

    types: tuple[str, ...] = ()
    sqlstate: str = ""


class Oracle:
    """One connection; every example starts with an empty schema."""

    def __init__(self, conninfo: str) -> None:
        self.connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        # Plans of a server that has statistics of nothing: by key, where there is one, as ours.
        self.connection.execute("SET enable_seqscan = off")
        # A plan for the arguments at hand would fold them, and fail without a row.
        self.connection.execute("SET plan_cache_mode = force_generic_plan")

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def begin(self, tables: list[Table]) -> str:
        """Make the tables; return the SQLSTATE if PostgreSQL does not take them."""
        self.connection.execute(
            "DEALLOCATE ALL; DROP SCHEMA IF EXISTS example CASCADE;"
            "CREATE SCHEMA example; SET search_path = example"
        )
        try:
            self.connection.execute("\n".join(table.sql() for table in tables))
        except psycopg.Error as error:
            return error.sqlstate or "?"
        return ""

    def prepare(self, name: str, statement: Statement) -> Prepared:
        """Prepare a statement under ``name``."""
        try:
            self.connection.execute(f"PREPARE {name} AS {statement.sql}")
        except psycopg.Error as error:
            return Prepared(sqlstate=error.sqlstate or "?")
        found = self.connection.execute(
            f"SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = '{name}'"
        ).fetchone()
        assert found is not None
        return Prepared(types=tuple(found[0]))

    def execute(self, name: str, statement: Statement) -> Outcome:
        """Execute a prepared statement with its arguments."""
        arguments = f"({', '.join(statement.arguments)})" if statement.arguments else ""
        try:
            cursor = self.connection.execute(f"EXECUTE {name}{arguments}")
        except psycopg.Error as error:
            return Outcome(sqlstate=error.sqlstate or "?")
        rows = tuple(cursor.fetchall()) if cursor.description else ()
        return Outcome(rows=rows, count=max(cursor.rowcount, 0))

    def contents(self, table: Table) -> set[tuple[Any, ...]]:
        """Return all rows of a table."""
        return set(self.connection.execute(f"SELECT * FROM {table.name}").fetchall())

    def set_sequence(self, table: Table, last: int | None) -> None:
        """Bring the sequence to where ours is: PostgreSQL's numbers are gone after a failure."""
        value, called = (1, "false") if last is None else (last, "true")
        self.connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {value}, {called})"
        )
