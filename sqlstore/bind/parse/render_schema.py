"""Syntax trees of definitions as the lexemes that PostgreSQL's grammar gives them.

Not here: the comparison with a text (`sqlstore.bind.parse.faithful`), expressions and queries
(`sqlstore.bind.parse.render`).

Spec: docs/spec/sql.md, Q-10, Q-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.faithful import Optionally, Pattern, Spot, listed, spot, wrapped
from sqlstore.bind.parse.render import expression

if TYPE_CHECKING:
    from collections.abc import Iterator


def schema_statement(tree: syntax.SchemaStatement) -> Iterator[Pattern]:
    """Yield the patterns of a statement of schema.sql.

    Spec: Q-10.
    """
    match tree:
        case syntax.CreateTable():
            yield from ("create", "table", Spot(tree.name.at))
            yield from wrapped(listed(tree.elements, _element))
        case syntax.CreateIndex():
            yield "create"
            if tree.unique:
                yield "unique"
            yield "index"
            if tree.name is not None:
                yield Spot(tree.name.at)
            yield from ("on", Spot(tree.table.at))
            if tree.using:
                yield from ("using", "btree")
            yield from wrapped(listed(tree.columns, _index_column))
        case _:
            assert_never(tree)


def _index_column(name: syntax.Name) -> Iterator[Pattern]:
    yield from (Spot(name.at), Optionally(("asc",)), Optionally(("nulls", "last")))


def _element(tree: syntax.ColumnDefinition | syntax.TableConstraint) -> Iterator[Pattern]:
    if not isinstance(tree, syntax.ColumnDefinition):
        yield from _constraint(tree)
        return
    yield from (Spot(tree.name.at), Spot(tree.type.at, tree.type.end))
    for constraint in tree.constraints:
        yield from _constraint(constraint)


def _constraint(tree: syntax.ColumnConstraint) -> Iterator[Pattern]:
    if tree.name is not None:
        yield from ("constraint", Spot(tree.name.at))
    match tree:
        case syntax.NotNull():
            yield from ("not", "null") if tree.negated else ("null",)
        case syntax.DefaultValue():
            yield "default"
            yield from expression(tree.expression)
        case syntax.IdentityColumn():
            yield "generated"
            yield from ("always",) if tree.always else ("by", "default")
            yield from ("as", "identity")
        case syntax.UniqueKey():
            yield from ("primary", "key") if tree.primary else ("unique",)
            if tree.columns is not None:
                yield from wrapped(listed(tree.columns, spot))
        case syntax.CheckClause():
            yield "check"
            yield from wrapped(expression(tree.predicate))
        case syntax.Reference():
            yield from _reference(tree)
        case _:
            assert_never(tree)


def _reference(tree: syntax.Reference) -> Iterator[Pattern]:
    if tree.columns is not None:
        yield from ("foreign", "key")
        yield from wrapped(listed(tree.columns, spot))
    yield from ("references", Spot(tree.parent.at))
    if tree.parent_columns is not None:
        yield from wrapped(listed(tree.parent_columns, spot))
    for option in tree.options:
        yield from option.lower().split()
