"""Columns: which of a table are used, and so whether the row behind an index entry is read.

Goes from the top down, as use does: a column of a projection that nobody asks for is not computed
(NULL takes its place), so neither is what it would have used.

Spec: docs/spec/sql.md, Q-82.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from sqlstore.keys import key_columns
from sqlstore.plan.expressions import ColumnRef, Const, Exists, InSubquery, ScalarSubquery
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    Limit,
    OneRow,
    Project,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.subqueries import is_correlated
from sqlstore.plan.walk import (
    children,
    expressions_of,
    inputs,
    map_expressions,
    map_relations,
    rebuild,
    subquery_values,
    walk_relation,
)

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Path, Relation
    from sqlstore.plan.walk import ColumnKey
    from sqlstore.schema import Table


class Used:
    """The columns that a statement uses, found by `note` and `note_relation` from its top down.

    ``changed`` are the sources of rows that are updated or deleted.
    """

    def __init__(self) -> None:
        self.columns: set[ColumnKey] = set()
        self.changed: set[int] = set()

    def note(self, expr: Expr) -> None:
        """Take up what ``expr`` uses, in its subqueries, too."""
        pending = [expr]
        while pending:
            one = pending.pop()
            match one:
                case ColumnRef():
                    self.columns.add((one.source, one.column))
                case Exists():
                    self.note_relation(one.relation)
                case ScalarSubquery() | InSubquery():
                    self.note(one.value)
                    self.note_relation(one.relation)
                case _:
                    pass
            pending.extend(children(one))

    def note_all(self, source: int, table: Table) -> None:
        """Take up all columns of a row that is written anew, or taken away."""
        self.columns.update((source, column) for column in range(len(table.columns)))
        self.changed.add(source)

    def note_relation(self, relation: Relation) -> None:
        """Take up what ``relation`` uses, after all that uses its columns has been.

        The right side of a join may use what the left binds, so it comes first.
        """
        match relation:
            case Project():
                for column, expr in enumerate(relation.expressions):
                    if (relation.source, column) in self.columns:
                        self.note(expr)
            case Distinct():
                self._note_every_column(relation.input, relation.source)
            case Union():
                self._pass_down(relation)
            case Scan() | Values() | OneRow() | Filter() | Join() | Aggregate() | Sort() | Limit():
                for expr in expressions_of(relation):
                    self.note(expr)
            case _:
                assert_never(relation)
        for one in reversed(inputs(relation)):
            self.note_relation(one)

    def _note_every_column(self, relation: Relation, source: int) -> None:
        """Take up all columns of ``source``, which is bound in ``relation``."""
        for part in walk_relation(relation):
            match part:
                case Project() if part.source == source:
                    width = len(part.expressions)
                case Union() | Values() if part.source == source:
                    width = len(part.types)
                case Aggregate() if part.source == source:
                    width = len(part.keys) + len(part.aggregates)
                case Scan() if part.source == source:
                    width = len(part.table.columns)
                case _:
                    continue
            self.columns.update((source, column) for column in range(width))

    def _pass_down(self, union: Union) -> None:
        """Take up, of each part of ``union``, the columns that are used of it."""
        used = [column for source, column in self.columns if source == union.source]
        self.columns.update((source, column) for source in union.sources for column in used)

    def finish(self, relation: Relation) -> Relation:
        """Return ``relation`` with the columns of its tables, and without needless expressions."""
        return map_relations(relation, self._finish_part)

    def finish_expression(self, expr: Expr) -> Expr:
        """Return ``expr`` with its subqueries finished, which know what they take from outside."""
        return rebuild(expr, _with_correlation, lambda subquery: self.finish(subquery.relation))

    def _finish_part(self, part: Relation) -> Relation:
        if isinstance(part, Project):
            kept = tuple(
                expr if (part.source, column) in self.columns else Const(None, expr.type)
                for column, expr in enumerate(part.expressions)
            )
            part = replace(part, expressions=kept)
        part = map_expressions(part, self.finish_expression)
        return self._finish_scan(part) if isinstance(part, Scan) else part

    def _finish_scan(self, scan: Scan) -> Scan:
        assert scan.path is not None, "tables have paths before their columns are counted"
        columns = tuple(sorted(column for source, column in self.columns if source == scan.source))
        # What is changed is read as it is stored: so it can be undone.
        fetch = scan.source in self.changed or _is_fetched(scan.table, scan.path, columns)
        path = replace(scan.path, fetch=fetch)
        return replace(scan, columns=columns, path=path)


def _is_fetched(table: Table, path: Path, columns: tuple[int, ...]) -> bool:
    """Whether the row is read: a column outside the key is used, or it is what is looked up."""
    if path.index is None and path.unique:
        return True
    return not set(columns) <= set(key_columns(table, path.index))


def _with_correlation(expr: Expr) -> Expr:
    """Say of a subquery, now that it is planned, whether it uses something of the outside."""
    match expr:
        case Exists() | ScalarSubquery() | InSubquery():
            correlated = is_correlated(expr.relation, subquery_values(expr))
            return replace(expr, correlated=correlated)
        case _:
            return expr
