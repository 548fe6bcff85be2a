"""Names that are visible in a query: its own sources', and those of the queries around it.

A scope keeps tables for qualified names and ``t.*``, and columns for the others and ``*``: there a
column that USING has merged stands once, before the rest.

Spec: docs/spec/sql.md, Q-40. Not here: where scopes come from (`sqlstore.bind.relations`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlstore.bind.terms import Term
from sqlstore.errors import AmbiguousColumn, DuplicateAlias, UndefinedColumn, UndefinedTable
from sqlstore.plan.expressions import ColumnRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.context import Context
    from sqlstore.bind.parse import syntax
    from sqlstore.plan.expressions import Expr
    from sqlstore.schema import Table
    from sqlstore.types import SqlType

SYSTEM_COLUMNS: Final = frozenset(("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeColumn:
    """A name and what it stands for: a `ColumnRef`, or a cast of one if USING has merged it."""

    name: str
    expr: Expr
    rescaled: bool = False
    """As of a `Term`."""

    @property
    def type(self) -> SqlType:
        """The column's type."""
        return self.expr.type


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTable:
    """A source under its name or alias."""

    name: str
    columns: tuple[ScopeColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one query sees of its own: ``sources`` are the numbers it binds.

    ``parent`` is the scope around a subquery of an expression.
    """

    tables: tuple[ScopeTable, ...] = ()
    columns: tuple[ScopeColumn, ...] = ()
    sources: frozenset[int] = frozenset()
    parent: Scope | None = None

    def table(self, name: str) -> ScopeTable | None:
        """Return the table ``name`` of this scope itself, or None.

        Spec: Q-40.
        """
        return next((one for one in self.tables if one.name == name), None)

    def named(self, name: str) -> list[ScopeColumn]:
        """Return the columns ``name`` of this scope itself.

        Spec: Q-40.
        """
        return [one for one in self.columns if one.name == name]


def table_scope(name: str, table: Table, source: int, parent: Scope | None) -> Scope:
    """Return the scope of one table, read as ``source``.

    Spec: Q-40.
    """
    columns = tuple(
        ScopeColumn(
            name=column.name,
            expr=ColumnRef(source=source, column=at, type=column.type, nullable=column.nullable),
        )
        for at, column in enumerate(table.columns)
    )
    return relation_scope(name, columns, source, parent)


def relation_scope(
    name: str, columns: tuple[ScopeColumn, ...], source: int, parent: Scope | None
) -> Scope:
    """Return the scope of one source with the given columns.

    Spec: Q-40.
    """
    return Scope(
        tables=(ScopeTable(name=name, columns=columns),),
        columns=columns,
        sources=frozenset((source,)),
        parent=parent,
    )


def joined_scope(
    context: Context, left: Scope, right: Scope, at: int, merged: Sequence[ScopeColumn] = ()
) -> Scope:
    """Return the scope of a join; ``merged`` are the columns of its USING.

    Raises `DuplicateAlias`.

    Spec: Q-40.
    """
    for table in right.tables:
        if left.table(table.name) is not None:
            raise context.source.error(
                DuplicateAlias,
                f'the name "{table.name}" stands for two tables',
                at,
                "give one of them an alias",
            )
    names = {column.name for column in merged}
    rest = [one for one in (*left.columns, *right.columns) if one.name not in names]
    return Scope(
        tables=(*left.tables, *right.tables),
        columns=(*merged, *rest),
        sources=left.sources | right.sources,
        parent=left.parent,
    )


def nullable_scope(scope: Scope) -> Scope:
    """Return ``scope`` as a left join's right side: every column may be NULL.

    Spec: Q-40.
    """
    return replace(
        scope,
        tables=tuple(replace(one, columns=_nullable(one.columns)) for one in scope.tables),
        columns=_nullable(scope.columns),
    )


def _nullable(columns: tuple[ScopeColumn, ...]) -> tuple[ScopeColumn, ...]:
    from sqlstore.plan.walk import rebuild

    def widen(expr: Expr) -> Expr:
        return replace(expr, nullable=True) if isinstance(expr, ColumnRef) else expr

    return tuple(replace(one, expr=rebuild(one.expr, widen)) for one in columns)


def resolve(context: Context, scope: Scope | None, column: syntax.Column) -> Term:
    """Return what a column's name stands for, in the innermost scope that has it.

    Raises `UndefinedColumn`, `UndefinedTable`, `AmbiguousColumn`, `FeatureNotSupported`.

    Spec: Q-40.
    """
    if scope is None:
        raise context.source.unsupported("a column in DEFAULT", column.at, "write a constant")
    found = (
        _unqualified(context, scope, column)
        if column.table is None
        else _qualified(context, scope, column.table, column)
    )
    _note(context, found.expr, column.at)
    return Term(expr=found.expr, at=column.at, rescaled=found.rescaled)


def _note(context: Context, expr: Expr, at: int) -> None:
    from sqlstore.plan.walk import columns_of

    for source, place in columns_of(expr):
        context.note_reference(source, place, at)


def _unqualified(context: Context, scope: Scope | None, column: syntax.Column) -> ScopeColumn:
    name, level = column.name.text, scope
    while level is not None:
        found = level.named(name)
        if len(found) > 1:
            raise context.source.error(
                AmbiguousColumn,
                f'the column "{name}" is in several tables',
                column.at,
                f"write table.{name}",
            )
        if found:
            return found[0]
        level = level.parent
    level = scope
    while level is not None:
        if level.table(name) is not None:
            raise context.source.unsupported("a whole row as a value", column.at, "name a column")
        level = level.parent
    raise _no_column(context, column, f'there is no column "{name}"')


def _qualified(
    context: Context, scope: Scope | None, table: syntax.Name, column: syntax.Column
) -> ScopeColumn:
    found = find_table(context, scope, table)
    named = [one for one in found.columns if one.name == column.name.text]
    if len(named) > 1:
        raise context.source.error(
            AmbiguousColumn,
            f'"{table.text}" has several columns "{column.name.text}"',
            column.at,
            "give the columns aliases",
        )
    if named:
        return named[0]
    raise _no_column(context, column, f'"{table.text}" has no column "{column.name.text}"')


def _no_column(context: Context, column: syntax.Column, reason: str) -> Exception:
    if column.name.text in SYSTEM_COLUMNS:
        return context.source.unsupported("a system column", column.at, "use the primary key")
    return context.source.error(UndefinedColumn, reason, column.at)


def find_table(context: Context, scope: Scope | None, name: syntax.Name) -> ScopeTable:
    """Return the table that a qualified name begins with, in the innermost scope that has it.

    Raises `UndefinedTable`.

    Spec: Q-40.
    """
    level = scope
    while level is not None:
        found = level.table(name.text)
        if found is not None:
            return found
        level = level.parent
    raise context.source.error(
        UndefinedTable, f'there is no table "{name.text}" in this query', name.at
    )
