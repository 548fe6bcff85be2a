"""The subqueries of expressions: which there are, what they read, whether they are correlated.

Not here: going through all of an expression, its subqueries included (`sqlstore.plan.walk`).
Spec: docs/spec/sql.md, Q-62.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.plan.relations import Scan
from sqlstore.plan.walk import (
    Subquery,
    children,
    expressions_of,
    free_sources,
    inputs,
    source_of,
    sources_of,
    subquery_values,
    walk,
    walk_relation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation


def subqueries_in(expr: Expr) -> tuple[Subquery, ...]:
    """Return the subqueries in the operands of ``expr``, itself included, outermost ones only.

    Spec: Q-62.
    """
    found: list[Subquery] = []
    pending: list[Expr] = [expr]
    while pending:
        one = pending.pop()
        if isinstance(one, Subquery):
            found.append(one)
        pending.extend(reversed(children(one)))
    return tuple(found)


def relations_in(expr: Expr) -> tuple[Relation, ...]:
    """Return the relations of the subqueries of ``expr``, and of those in their values.

    Subqueries in the relations' own expressions are not among them (`expressions_of`).
    Spec: Q-62.
    """
    found: list[Relation] = []
    pending: list[Expr] = [expr]
    while pending:
        for subquery in subqueries_in(pending.pop()):
            found.append(subquery.relation)
            pending.extend(subquery_values(subquery))
    return tuple(found)


def tables_read(expr: Expr) -> frozenset[str]:
    """Return the names of the tables that the subqueries of ``expr`` read, all the way down.

    Spec: Q-60.
    """
    return frozenset(
        part.table.name
        for one in walk(expr)
        if isinstance(one, Subquery)
        for part in walk_relation(one.relation)
        if isinstance(part, Scan)
    )


def is_correlated(relation: Relation, values: Sequence[Expr] = ()) -> bool:
    """Return whether a subquery of ``relation`` and its ``values`` uses anything of the outside.

    Spec: Q-62.
    """
    own = {source_of(part) for part in walk_relation(relation)}
    used = frozenset().union(*map(sources_of, values))
    return bool(free_sources(relation) | (used - own))


def depth_of(relation: Relation) -> int:
    """Return how many relations stand one in the other, through subqueries.

    Spec: Q-80.
    """
    deepest = 0
    pending = [(relation, 1)]
    while pending:
        one, depth = pending.pop()
        deepest = max(deepest, depth)
        below = [*inputs(one)]
        for expr in expressions_of(one):
            below.extend(relations_in(expr))
        pending.extend((part, depth + 1) for part in below)
    return deepest
