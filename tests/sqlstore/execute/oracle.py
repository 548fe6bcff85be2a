"""Expressions as PostgreSQL evaluates them: text, NULL, or a SQLSTATE.

Not here: whole statements (`tests.sqlstore.differential`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg

from sqlstore.errors import SqlError
from sqlstore.execute.casts import printed
from sqlstore.types import SqlType, Value

NULL = "NULL"

ANSWER = """
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  EXECUTE query INTO result;
  RETURN coalesce('=' || result, 'NULL');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$
"""


class Oracle:
    """A connection. An answer is ``=`` and the value as text, NULL, or the SQLSTATE."""

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, autocommit=True)
        self._connection.execute(ANSWER)

    def close(self) -> None:
        self._connection.close()

    def answers(self, expressions: Sequence[str], source: str = "") -> list[str]:
        """Return the answer to each expression, over the one row of ``source``."""
        behind = f" FROM {source}" if source else ""
        queries = [f"SELECT ({expression})::text{behind}" for expression in expressions]
        rows = self._connection.execute(
            "SELECT pg_temp.answer(query) FROM unnest(%s::text[]) WITH ORDINALITY AS q(query, n)"
            " ORDER BY n",
            [queries],
        )
        return [answer for (answer,) in rows]


def our_answer(value: Callable[[], Value], kind: SqlType) -> str:
    """Return the answer that a computation here gives."""
    try:
        result = value()
    except SqlError as error:
        return error.sqlstate
    return NULL if result is None else "=" + printed(result, kind)


def literal(value: Value, kind: SqlType) -> str:
    """Return a value as PostgreSQL reads it, of its type."""
    if value is None:
        return f"NULL::{kind}"
    return "'" + printed(value, kind).replace("'", "''") + f"'::{kind}"
