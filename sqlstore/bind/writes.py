"""INSERT, UPDATE and DELETE as plans.

Spec: docs/spec/sql.md, Q-31, Q-65, Q-66. Not here: the rows of an INSERT (`sqlstore.bind.inserts`),
values and RETURNING (`sqlstore.bind.targets`), which checks a row undergoes (`sqlstore.execute`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlstore.bind.inserts import InsertBinder
from sqlstore.bind.parse import syntax
from sqlstore.bind.scope import table_scope
from sqlstore.bind.selects import where_true
from sqlstore.bind.targets import Target, column_exprs
from sqlstore.bind.terms import first_failure
from sqlstore.errors import SqlError
from sqlstore.plan.keys_pinned import pins_unique_key
from sqlstore.plan.relations import Scan
from sqlstore.plan.statements import Delete, Insert, Update

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlstore.bind.bound import OutputColumn
    from sqlstore.bind.queries import QueryBinder
    from sqlstore.schema import Table

WriteSyntax: TypeAlias = syntax.InsertStatement | syntax.UpdateStatement | syntax.DeleteStatement

PINNED_HINT: Final = "write WHERE with = on every column of the primary key, or of a unique key"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundWrite:
    """A statement that writes, with the columns of its RETURNING."""

    body: Insert | Update | Delete
    columns: tuple[OutputColumn, ...]
    failure: SqlError | None


def bind_write(queries: QueryBinder, tree: WriteSyntax) -> BoundWrite:
    """Return ``tree`` as a plan.

    Raises `SqlError`.

    Spec: Q-64, Q-65, Q-66.
    """
    table = queries.context.tables.get(tree.table.text)
    if table is None:
        raise queries.context.source.undefined_table(tree.table.text, tree.table.at)
    target = Target(queries, table)
    _mark_nullable(target, tree)
    match tree:
        case syntax.InsertStatement():
            body, columns, failure = InsertBinder(target).bind(tree)
            return BoundWrite(body=body, columns=columns, failure=failure)
        case syntax.UpdateStatement():
            return _update(target, tree)
        case syntax.DeleteStatement():
            return _delete(target, tree)


def _update(target: Target, tree: syntax.UpdateStatement) -> BoundWrite:
    table, old = target.table, target.context.new_source(tree.at)
    name = tree.table.text if tree.alias is None else tree.alias.text
    scope = table_scope(name, table, old, None)
    assignments, terms = target.assignments(tree.assignments, scope)
    where = None if tree.where is None else target.binder(scope, "WHERE").condition(tree.where)
    single = pins_unique_key(table, None if where is None else where.expr, old)
    if not single:
        _check_no_key(target, tree)
    row = target.context.new_source(tree.at)
    columns = target.returning(tree.returning, table_scope(name, table, row, None), single=single)
    return BoundWrite(
        body=Update(
            table=table,
            relation=where_true(_scan(table, old), where),
            old=old,
            single=single,
            assignments=assignments,
            row=row,
            returning=column_exprs(columns),
        ),
        columns=columns,
        failure=first_failure((*terms, where, *(one.term for one in columns))),
    )


def _check_no_key(target: Target, tree: syntax.UpdateStatement) -> None:
    """Refuse an assignment to a key's column where several rows may be found."""
    keyed = {*target.table.primary}
    for index in target.table.indexes:
        keyed.update(index.columns if index.unique else ())
    for clause in tree.assignments:
        if target.table.column(clause.column.text) in keyed:
            raise target.context.source.unsupported(
                f'an UPDATE of the key column "{clause.column.text}" of several rows',
                clause.column.at,
                PINNED_HINT,
            )


def _delete(target: Target, tree: syntax.DeleteStatement) -> BoundWrite:
    table, old = target.table, target.context.new_source(tree.at)
    name = tree.table.text if tree.alias is None else tree.alias.text
    scope = table_scope(name, table, old, None)
    where = None if tree.where is None else target.binder(scope, "WHERE").condition(tree.where)
    single = pins_unique_key(table, None if where is None else where.expr, old)
    columns = target.returning(tree.returning, scope, single=single)
    return BoundWrite(
        body=Delete(
            table=table,
            relation=where_true(_scan(table, old), where),
            old=old,
            single=single,
            returning=column_exprs(columns),
        ),
        columns=columns,
        failure=first_failure((where, *(one.term for one in columns))),
    )


def _scan(table: Table, source: int) -> Scan:
    return Scan(source=source, table=table, columns=tuple(range(len(table.columns))))


# --- parameters that may be NULL


def _mark_nullable(target: Target, tree: WriteSyntax) -> None:
    """Find the parameters that are assigned to columns that may be NULL, before all else.

    A parameter is one expression wherever it stands, so this has to be known at its first use.
    """
    parameters = target.context.parameters
    for name, value in assigned_values(tree, target.table):
        inside = value
        while isinstance(inside, syntax.Paren | syntax.CastTo):
            inside = inside.operand
        at = target.table.column(name)
        if isinstance(inside, syntax.NumberedParameter) and at is not None:
            index = parameters.index(inside)
            if target.table.columns[at].nullable:
                parameters.mark_nullable(index)


def assigned_values(tree: WriteSyntax, table: Table) -> Iterator[tuple[str, syntax.Expression]]:
    """Yield the columns that ``tree`` assigns, by name, with what it writes for them.

    Spec: Q-31.
    """
    if isinstance(tree, syntax.UpdateStatement):
        yield from ((one.column.text, one.value) for one in tree.assignments)
    if not isinstance(tree, syntax.InsertStatement):
        return
    if tree.conflict is not None:
        yield from ((one.column.text, one.value) for one in tree.conflict.assignments)
    names = [one.name for one in table.columns]
    if tree.columns is not None:
        names = [one.text for one in tree.columns]
    for row in _written_rows(tree.query):
        yield from zip(names, row, strict=False)


def _written_rows(query: syntax.Query | None) -> Iterator[list[syntax.Expression]]:
    """Yield the rows of VALUES, or the list of a SELECT, as far as it has no star."""
    match query:
        case syntax.Query(body=syntax.ValuesList() as values):
            yield from (list(row) for row in values.rows)
        case syntax.Query(body=syntax.Select() as select):
            plain = itertools.takewhile(lambda one: isinstance(one, syntax.Item), select.items)
            yield [one.expression for one in plain if isinstance(one, syntax.Item)]
