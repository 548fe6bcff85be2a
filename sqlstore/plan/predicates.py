"""Predicates: conjunctions taken apart, and what a comparison says about one column.

Not here: which of them a path uses (`sqlstore.planner.paths`), where the others are evaluated
(`sqlstore.planner.joins`), which pin a key (`sqlstore.plan.keys_pinned`).

Spec: docs/spec/sql.md, Q-80, Q-81.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlstore.plan.expressions import And, ColumnRef, Compare, Comparison, Const, Not
from sqlstore.plan.subqueries import subqueries_in
from sqlstore.plan.walk import sources_of
from sqlstore.types import BOOLEAN, Kind

if TYPE_CHECKING:
    from collections.abc import Set

    from sqlstore.plan.expressions import Expr

MIRRORED: Final = {
    Comparison.EQ: Comparison.EQ,
    Comparison.LT: Comparison.GT,
    Comparison.LE: Comparison.GE,
    Comparison.GT: Comparison.LT,
    Comparison.GE: Comparison.LE,
}
"""Comparisons that a path can use, with their operands exchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTest:
    """What ``predicate`` says: ``column`` of some source stands in ``operator`` to ``value``."""

    column: int
    operator: Comparison
    value: Expr
    predicate: Expr


def conjuncts(expr: Expr) -> tuple[Expr, ...]:
    """Return the predicates that must all be true for ``expr`` to be, in the order of the text.

    Spec: Q-80.
    """
    found: list[Expr] = []
    pending = [expr]
    while pending:
        one = pending.pop()
        if isinstance(one, And):
            pending.extend(reversed(one.operands))
        elif one != Const(True, BOOLEAN):
            found.append(one)
    return tuple(found)


def column_test(predicate: Expr, source: int) -> ColumnTest | None:
    """Return what ``predicate`` says about a column of ``source``, if a path could use it.

    A BOOLEAN column is a predicate by itself, and so is its negation.
    Spec: Q-81.
    """
    match predicate:
        case Compare(operator=operator, left=ColumnRef() as ref, right=value) if (
            ref.source == source and operator in MIRRORED
        ):
            pass
        case Compare(operator=mirrored, left=value, right=ColumnRef() as ref) if (
            ref.source == source and mirrored in MIRRORED
        ):
            operator = MIRRORED[mirrored]
        case ColumnRef() as ref if ref.source == source and ref.type.kind is Kind.BOOLEAN:
            operator, value = Comparison.EQ, Const(True, BOOLEAN)
        case Not(operand=ColumnRef() as ref) if ref.source == source:
            operator, value = Comparison.EQ, Const(False, BOOLEAN)
        case _:
            return None
    return ColumnTest(column=ref.column, operator=operator, value=value, predicate=predicate)


def is_known(expr: Expr, pending: Set[int]) -> bool:
    """Whether ``expr`` can be evaluated before the sources ``pending`` are bound.

    Spec: Q-81.
    """
    return pending.isdisjoint(sources_of(expr))


def has_subquery(expr: Expr) -> bool:
    """Whether there is a subquery in ``expr``."""
    return bool(subqueries_in(expr))
