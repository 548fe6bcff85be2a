"""Tables of statements in files: what is accepted and as what, what is refused and where.

Entries stand between blank lines: a statement, then lines that begin with ``--``. In accepted.sql
these are ``-- parameters: name type, …`` and ``-- columns: name type, …`` (``?`` for one that may
be NULL). In refused.sql: ``-- SQLSTATE line:column``, ``-- hint: …`` if there is one, and
``-- postgres: …`` where PostgreSQL says otherwise, which 0A000 needs no line for. Schemas' tables
are alike, with ``-- names: …`` of what is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlstore.bind import read_queries, read_schema
from sqlstore.plan.statements import Output, Parameter, Statement
from sqlstore.schema import Schema

HERE = Path(__file__).parent
GAME = (HERE / "game.sql").read_text()


def game() -> Schema:
    """Return the schema that the tables' statements are about."""
    return read_schema(GAME)


def command(sql: str) -> str:
    """Return the command that fits a statement."""
    gives_rows = sql.lstrip("( \n").lower().startswith(("select", "values", "with"))
    return ":many" if gives_rows or " returning " in sql.lower() else ":exec"


def bound(sql: str, schema: Schema | None = None) -> Statement:
    """Return a statement, bound under the name Q; its text begins on line 2."""
    text = f"-- name: Q {command(sql)}\n{sql}\n"
    (statement,) = read_queries(text, schema or game(), file="q.sql")
    return statement


def shown(items: tuple[Parameter, ...] | tuple[Output, ...]) -> str:
    """Return parameters or columns as the tables write them."""
    return ", ".join(f"{one.name} {one.type}{'?' if one.nullable else ''}" for one in items)


@dataclass(frozen=True)
class Entry:
    """A statement of a table, with its lines by their first word."""

    sql: str
    facts: dict[str, str]

    def __str__(self) -> str:
        return " ".join(self.sql.split())[:70]


def entries(file: str) -> list[Entry]:
    """Return the entries of a table."""
    blocks = (HERE / file).read_text().strip("\n").split("\n\n")
    return [_entry(block.split("\n")) for block in blocks if not block.startswith("-- #")]


def _entry(lines: list[str]) -> Entry:
    facts = [line for line in lines if line.startswith("-- ")]
    sql = "\n".join(line for line in lines if not line.startswith("-- "))
    parts = (fact.removeprefix("-- ").partition(" ") for fact in facts)
    return Entry(sql=sql, facts={name.rstrip(":"): rest for name, _, rest in parts})
