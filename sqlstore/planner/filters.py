"""Filters: the predicates of one place, one after the other.

Not here: which predicates have which place (`sqlstore.planner.joins`).

Spec: docs/spec/sql.md, Q-80.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.plan.expressions import And, IsTruth
from sqlstore.plan.predicates import has_subquery
from sqlstore.plan.relations import Filter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation

FILTERS_MAX: Final = 16
"""Filters one above the other: plans do not become deep where texts are long."""


def filtered(relation: Relation, predicates: Iterable[Expr]) -> Relation:
    """Return the rows of ``relation`` for which all ``predicates`` are true.

    After one that is NULL the next is not evaluated, where AND would go on. So each has a `Filter`
    of its own, or is said to be TRUE if they are very many. Those with subqueries come last.
    Spec: Q-80.
    """
    ordered = sorted(predicates, key=has_subquery)
    if len(ordered) > FILTERS_MAX:
        rest = (IsTruth(operand=one, truth=True, negated=False) for one in ordered[FILTERS_MAX:])
        ordered = [*ordered[:FILTERS_MAX], And(tuple(rest))]
    for predicate in ordered:
        relation = Filter(input=relation, predicate=predicate)
    return relation
