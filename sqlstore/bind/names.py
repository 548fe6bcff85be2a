"""Names of output columns that have no alias: PostgreSQL's.

Spec: docs/spec/sql.md, Q-40. Not here: names of parameters (`sqlstore.bind.parameters`).
"""

from __future__ import annotations

from typing import Final

from sqlstore.bind.parse import syntax
from sqlstore.types import Kind

NAMELESS: Final = "?column?"

_TYPE_NAMES: Final = {
    Kind.SMALLINT: "int2",
    Kind.INTEGER: "int4",
    Kind.BIGINT: "int8",
    Kind.BOOLEAN: "bool",
    Kind.TEXT: "text",
    Kind.VARCHAR: "varchar",
    Kind.BYTEA: "bytea",
    Kind.NUMERIC: "numeric",
}


def output_name(tree: syntax.Expression) -> str:
    """Return the name of an output column without alias.

    Spec: Q-40.
    """
    return _strong_name(tree) or _weak_name(tree) or NAMELESS


def _strong_name(tree: syntax.Expression) -> str | None:
    """Return the name that a column, function or subquery gives, through casts and CASE."""
    match tree:
        case syntax.Paren() | syntax.CastTo():
            return _strong_name(tree.operand)
        case syntax.Column() | syntax.FunctionCall():
            return tree.name.text
        case syntax.CaseWhen():
            return None if tree.default is None else _strong_name(tree.default)
        case syntax.ExistsQuery():
            return "exists"
        case syntax.ScalarQuery():
            return _query_name(tree.query)
        case _:
            return None


def _weak_name(tree: syntax.Expression) -> str | None:
    """Return the name of the form itself: a cast's type, CASE."""
    match tree:
        case syntax.Paren():
            return _weak_name(tree.operand)
        case syntax.CastTo():
            return _TYPE_NAMES[tree.type.type.kind]
        case syntax.CaseWhen():
            return "case"
        case _:
            return None


def _query_name(query: syntax.Query) -> str | None:
    """Return the name of a subquery's one column."""
    body = query.body
    while isinstance(body, syntax.ParenQuery | syntax.SetOperation):
        body = body.query.body if isinstance(body, syntax.ParenQuery) else body.left
    match body:
        case syntax.Select(items=(syntax.Item() as item, *_)):
            return item.alias.text if item.alias is not None else output_name(item.expression)
        case syntax.ValuesList():
            return "column1"
        case _:
            return None
