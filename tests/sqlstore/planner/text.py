"""Plans of SQL text over the golden schema."""

from __future__ import annotations

from sqlstore.bind import read_queries, read_schema
from sqlstore.plan.statements import Statement
from sqlstore.planner import explain, plan
from sqlstore.schema import Schema
from tests.sqlstore.planner.golden_plans import schema

SCHEMA = schema()


def planned(
    text: str, *, command: str = ":many", scan: int | None = 10, schema: Schema | str = SCHEMA
) -> Statement:
    """Return the statement ``text``, planned."""
    tables = read_schema(schema) if isinstance(schema, str) else schema
    bound = "" if scan is None else f"-- scan: {scan}\n"
    (statement,) = read_queries(f"-- name: Test {command}\n{bound}{text};\n", tables)
    return plan(statement, tables)


def steps(
    text: str, *, command: str = ":many", scan: int | None = 10, schema: Schema | str = SCHEMA
) -> str:
    """Return how the statement ``text`` is explained, its first line left out."""
    tables = read_schema(schema) if isinstance(schema, str) else schema
    statement = planned(text, command=command, scan=scan, schema=tables)
    return "\n".join(line[2:] for line in explain(statement, tables).splitlines()[1:])
