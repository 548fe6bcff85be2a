"""Derived tables that only select, join and compute become part of what surrounds them.

So a WITH query or a subselect in FROM is planned as if its text stood in place of its name: its
tables are joined with the others, predicates from outside find their keys, columns that nobody asks
for are not computed.

What sorts, groups, limits or unites stays as it is, and so does what computes behind a left join:
there a column must be NULL if no row is found, whatever its expression.

Spec: docs/spec/sql.md, Q-63, Q-80.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.predicates import has_subquery
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Project,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.walk import bound_sources, map_expressions, map_relations, rebuild, walk
from sqlstore.planner.substitute import replacement, substitute

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation

MERGED_NODES_MAX: Final = 16
"""Nodes of an expression that is copied to where its column is used: copies of copies double."""


class Merger:
    """Merges the derived tables of one statement; ``columns`` are the expressions of those gone."""

    def __init__(self) -> None:
        self.columns: dict[int, tuple[Expr, ...]] = {}

    def relation(self, relation: Relation) -> Relation:
        """Return ``relation`` with what can be merged in it, and in its subqueries.

        Its own columns may be replaced, too: what uses them has to go through `expr` afterwards.
        Spec: Q-80.
        """
        tree = self._tree(relation, nullable=False)
        return map_relations(tree, lambda part: map_expressions(part, self.expr))

    def expr(self, expr: Expr) -> Expr:
        """Return ``expr`` with the columns of merged relations replaced.

        Spec: Q-80.
        """
        return rebuild(
            expr,
            lambda node: replacement(node, self.columns),
            lambda subquery: self.relation(subquery.relation),
        )

    def _tree(self, relation: Relation, *, nullable: bool) -> Relation:  # noqa: PLR0911
        """Return ``relation`` merged. ``nullable``: it is, or is in, the right of a left join."""
        match relation:
            case Scan() | OneRow():
                return relation
            case Values():
                return self._values(relation, nullable=nullable)
            case Filter() | Limit():
                return replace(relation, input=self._tree(relation.input, nullable=nullable))
            case Join():
                right_nullable = nullable or relation.kind is JoinKind.LEFT
                left = self._tree(relation.left, nullable=nullable)
                return replace(
                    relation, left=left, right=self._tree(relation.right, nullable=right_nullable)
                )
            case Project():
                return self._project(relation, nullable=nullable)
            case Aggregate():
                return replace(relation, input=self._tree(relation.input, nullable=False))
            case Sort() | Distinct():
                return replace(relation, input=self._kept(relation.input))
            case Union():
                return replace(relation, inputs=tuple(map(self._kept, relation.inputs)))
            case _:
                assert_never(relation)

    def _project(self, project: Project, *, nullable: bool) -> Relation:
        below = self._tree(project.input, nullable=nullable)
        if any(map(has_subquery, project.expressions)):
            return replace(project, input=below)
        expressions = tuple(substitute(one, self.columns) for one in project.expressions)
        sources = bound_sources(below)
        if all(_is_column(one, sources) for one in expressions) or (
            not nullable and all(map(_is_small, expressions))
        ):
            self.columns[project.source] = expressions
            return below
        return replace(project, input=below)

    def _values(self, values: Values, *, nullable: bool) -> Relation:
        """Merge VALUES of one row: it is a projection of a single empty row."""
        if len(values.rows) > 1:
            return values
        row = Project(source=values.source, input=OneRow(), expressions=values.rows[0])
        merged = self._project(row, nullable=nullable)
        return values if isinstance(merged, Project) else merged

    def _kept(self, relation: Relation) -> Relation:
        """Return ``relation`` merged, but for the source that it binds: its parent names that."""
        match relation:
            case Project():
                return replace(relation, input=self._tree(relation.input, nullable=False))
            case Values():
                return relation
            case Filter() | Limit():
                return replace(relation, input=self._kept(relation.input))
            case _:
                return self._tree(relation, nullable=False)


def _is_column(expr: Expr, sources: frozenset[int]) -> bool:
    return isinstance(expr, ColumnRef) and expr.source in sources


def _is_small(expr: Expr) -> bool:
    return sum(1 for _ in islice(walk(expr), MERGED_NODES_MAX + 1)) <= MERGED_NODES_MAX
