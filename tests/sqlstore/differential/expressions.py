"""Random expressions of a family of types over the columns in scope.

Texts are PostgreSQL's; families are integer, numeric, boolean, text, bytea. Not here: subqueries
and aggregates (`statements.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.sqlstore.differential.draws import Draws
from tests.sqlstore.differential.schemas import (
    Column,
    Table,
    integer_literal,
    literal,
    quoted,
)


@dataclass(frozen=True)
class Scope:
    """What an expression may use: tables by alias, and parameters that have been given values."""

    tables: tuple[tuple[str, Table], ...]
    parameters: list[str]

    def columns(self, kind: str) -> list[tuple[str, Column]]:
        """Return the qualified names of the columns of a family."""
        return [
            (f"{alias}.{column.name}" if alias else column.name, column)
            for alias, table in self.tables
            for column in table.columns
            if column.kind == kind
        ]


def expression(draws: Draws, kind: str, scope: Scope, depth: int = 2) -> str:
    """Return an expression of a family."""
    if depth <= 0 or draws.chance(0.25):
        return leaf(draws, kind, scope)
    if draws.chance(0.15):
        return _conditional(draws, kind, scope, depth - 1)
    return {
        "integer": _integer,
        "numeric": _numeric,
        "boolean": condition,
        "text": _text,
        "bytea": leaf_of_depth,
    }[kind](draws, *(("bytea",) if kind == "bytea" else ()), scope, depth - 1)


def leaf_of_depth(draws: Draws, kind: str, scope: Scope, _depth: int) -> str:
    """Return a leaf where there is nothing deeper."""
    return leaf(draws, kind, scope)


def leaf(draws: Draws, kind: str, scope: Scope) -> str:
    """Return a column, a parameter or a literal."""
    columns = scope.columns(kind)
    if columns and draws.chance(0.7):
        draws.feature("column")
        return draws.one(columns)[0]
    of = {
        "integer": draws.one(("smallint", "integer", "bigint")),
        "numeric": "numeric(5,2)",
        "boolean": "boolean",
        "text": "text",
        "bytea": "bytea",
    }[kind]
    value = literal(draws, Column("", of, kind))
    if value not in ("NULL", "12345") and draws.chance(0.25):
        draws.feature("parameter")
        scope.parameters.append(value)
        return f"${len(scope.parameters)}::{of}"
    if value == "NULL" or kind in ("bytea", "numeric"):
        draws.feature("cast of a literal")
        return f"CAST({value} AS {of})"
    return value


def _integer(draws: Draws, scope: Scope, depth: int) -> str:
    def one() -> str:
        return expression(draws, "integer", scope, depth)

    match draws.count(0, 8):
        case 0 | 1 | 2:
            operator = draws.one(("+", "-", "*", "/", "%"))
            draws.feature(f"integer {operator}")
            return f"({one()} {operator} {one()})"
        case 3:
            draws.feature("negation")
            return f"(- {one()})"
        case 4:
            name = draws.one(("abs", "length", "octet_length", "strpos", "mod"))
            draws.feature(name)

            def text() -> str:
                return expression(draws, "text", scope, depth)

            match name:
                case "abs":
                    return f"abs({one()})"
                case "mod":
                    return f"mod({one()}, {one()})"
                case "strpos":
                    return f"strpos({text()}, {text()})"
                case _:
                    return f"{name}({text()})"
        case 5:
            draws.feature("cast to integer")
            return f"CAST({one()} AS {draws.one(('smallint', 'integer', 'bigint'))})"
        case 6:
            draws.feature("numeric to integer")
            return f"CAST({expression(draws, 'numeric', scope, depth)} AS integer)"
        case 7:
            draws.feature("text to integer")
            return f"CAST({expression(draws, 'text', scope, 0)} AS integer)"
        case _:
            return integer_literal(draws)


def _numeric(draws: Draws, scope: Scope, depth: int) -> str:
    of = draws.one(("numeric(5,2)", "numeric(8,1)", "numeric(7,3)"))

    def one() -> str:
        inner = expression(draws, "numeric", scope, depth)
        return f"CAST({inner} AS {of})"

    match draws.count(0, 3):
        case 0:
            operator = draws.one(("+", "-", "*", "%"))
            draws.feature(f"numeric {operator}")
            return f"CAST({one()} {operator} {one()} AS {of})"
        case 1:
            draws.feature("numeric /")
            return f"CAST({one()} / {one()} AS {of})"
        case 2:
            draws.feature("integer to numeric")
            return f"CAST({expression(draws, 'integer', scope, depth)} AS {of})"
        case _:
            return one()


def _text(draws: Draws, scope: Scope, depth: int) -> str:
    def inner() -> str:
        return expression(draws, "text", scope, depth)

    match draws.count(0, 6):
        case 0:
            draws.feature("concatenation")
            return f"({inner()} || {inner()})"
        case 1:
            name = draws.one(("lower", "upper"))
            draws.feature(name)
            return f"{name}({inner()})"
        case 2:
            draws.feature("substr")
            numbers = f"{draws.count(-2, 4)}, {draws.count(-1, 4)}"
            return f"substr({inner()}, {numbers})"
        case 3:
            kind = draws.one(("integer", "numeric", "boolean"))
            draws.feature(f"{kind} to text")
            return f"CAST({expression(draws, kind, scope, depth)} AS text)"
        case 4:
            draws.feature("cast to varchar")
            return f"CAST({inner()} AS varchar({draws.count(1, 4)}))"
        case _:
            return inner()


def condition(draws: Draws, scope: Scope, depth: int) -> str:
    """Return a boolean expression, none a bare column."""
    kind = draws.one(("integer", "integer", "text", "numeric", "boolean"))

    def one(of: str = kind) -> str:
        return expression(draws, of, scope, depth)

    def deeper() -> str:
        return condition(draws, scope, depth - 1) if depth > 0 else "true"

    match draws.count(0, 11):
        case 0 | 1 | 2 | 3:
            operator = draws.one(("=", "<>", "<", "<=", ">", ">="))
            draws.feature(f"comparison {operator}")
            return f"({one()} {operator} {one()})"
        case 4:
            operator = draws.one(("AND", "OR"))
            draws.feature(operator)
            return f"({deeper()} {operator} {deeper()})"
        case 5:
            draws.feature("NOT")
            return f"(NOT {deeper()})"
        case 6:
            draws.feature("IS NULL")
            return f"({one()} IS {draws.one(('', 'NOT '))}NULL)"
        case 7:
            draws.feature("BETWEEN")
            return f"({one()} {draws.one(('', 'NOT '))}BETWEEN {one()} AND {one()})"
        case 8:
            draws.feature("IN list")
            items = ", ".join(one() for _ in range(draws.count(1, 3)))
            return f"({one()} {draws.one(('', 'NOT '))}IN ({items}))"
        case 9:
            draws.feature("LIKE")
            pattern = quoted(
                draws.one(("%", "a%", "_", "%b", "\\%", "a_%", "\\\\", "", "%\\", draws.text()))
            )
            escape = draws.one(("", "", " ESCAPE '\\'", " ESCAPE 'a'", " ESCAPE ''"))
            return f"({one('text')} {draws.one(('', 'NOT '))}LIKE {pattern}{escape})"
        case 10:
            draws.feature("IS DISTINCT FROM")
            return f"({one()} IS {draws.one(('', 'NOT '))}DISTINCT FROM {one()})"
        case _:
            draws.feature("IS TRUE")
            truth = draws.one(("TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"))
            return f"({one('boolean')} IS {truth})"


def _conditional(draws: Draws, kind: str, scope: Scope, depth: int) -> str:
    def one() -> str:
        return expression(draws, kind, scope, depth)

    def numbers() -> str:
        return one() if kind != "numeric" else f"CAST({one()} AS numeric(7,3))"

    match draws.count(0, 4):
        case 0:
            draws.feature("CASE")
            tested = condition(draws, scope, depth)
            return f"CASE WHEN {tested} THEN {numbers()} ELSE {numbers()} END"
        case 1:
            draws.feature("simple CASE")
            of = draws.one(("integer", "text"))
            tested = expression(draws, of, scope, 0)
            against = expression(draws, of, scope, 0)
            return f"CASE {tested} WHEN {against} THEN {numbers()} END"
        case 2:
            draws.feature("COALESCE")
            return f"COALESCE({numbers()}, {numbers()})"
        case 3:
            draws.feature("NULLIF")
            return f"NULLIF({numbers()}, {numbers()})"
        case _:
            name = draws.one(("GREATEST", "LEAST"))
            draws.feature(name)
            return f"{name}({numbers()}, {numbers()})"
