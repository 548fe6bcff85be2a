"""The binder: SQL text to plans that are typed and checked, and not optimized.

Text becomes syntax trees (`parse`); these become terms (`terms`, `coercion`, `operators`,
`functions`, `expressions`), relations (`relations`, `selects`, `queries`), statements that write
(`targets`, `inserts`, `writes`), and schemas (`ddl`, `references`). `statements` reads whole files,
which `named_texts` cuts.

The functions here import the rest when they are called: sqlglot is an extra (`sql`) and slow to
load, and much that imports this package reads no SQL.

Spec: docs/spec/sql.md, Q-10 to Q-66. Not here: paths and bounds (`sqlstore.planner`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlstore.plan.statements import Statement
    from sqlstore.schema import Schema


def read_schema(text: str, *, file: str = "schema.sql") -> Schema:
    """Return the schema that ``text`` declares.

    Raises `SqlError` with the place of what is wrong.

    Spec: Q-10 to Q-16.
    """
    from sqlstore.bind.statements import read_schema as read

    return read(text, file=file)


def read_queries(text: str, schema: Schema, *, file: str = "queries.sql") -> tuple[Statement, ...]:
    """Return the statements of ``text``: bound, with no paths yet.

    Raises `SqlError` with the place of what is wrong.

    Spec: Q-30 to Q-33.
    """
    from sqlstore.bind.statements import read_queries as read

    return read(text, schema, file=file)


def read_script(text: str, schema: Schema, *, file: str = "genesis.sql") -> tuple[Statement, ...]:
    """Return the INSERT, UPDATE and DELETE statements of ``text``: bound, with no paths yet.

    Raises `SqlError` with the place of what is wrong.

    Spec: Q-34.
    """
    from sqlstore.bind.statements import read_script as read

    return read(text, schema, file=file)
