"""Costs: the most row operations that a relation and its expressions make.

They follow from the bounds of scans by multiplication. A subquery that uses nothing of the outside
counts once in the statement, every other one as often as it may be evaluated.

Not here: what writing adds (`sqlstore.planner.writes`).

Spec: docs/spec/sql.md, Q-62, Q-84, Q-86.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from sqlstore.plan.expressions import Const, ScalarSubquery
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
from sqlstore.plan.subqueries import subqueries_in
from sqlstore.plan.walk import expressions_of, inputs, subquery_values
from sqlstore.planner.rows import input_limits, subquery_limit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Path, Relation
    from sqlstore.planner.rows import RowLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The most rows that a relation gives, and row operations that one run of it makes."""

    rows: int
    operations: int


class Costs:
    """Costs of one statement; ``once`` is that of its uncorrelated subqueries so far."""

    def __init__(self) -> None:
        self.once = 0

    def relation(self, relation: Relation, limit: RowLimit | None = None) -> Cost:
        """Return the cost of ``relation``, planned and bounded, under ``limit``.

        Spec: Q-84.
        """
        limits = input_limits(relation, limit)
        parts = [
            self.relation(one, below) for one, below in zip(inputs(relation), limits, strict=True)
        ]
        own = self.expressions(expressions_of(relation))
        cost = _cost(relation, parts, own, limit)
        if limit is None or limit.checked:
            return cost
        return Cost(rows=min(cost.rows, limit.rows), operations=cost.operations)

    def expressions(self, expressions: Iterable[Expr]) -> int:
        """Return how many row operations evaluating each of ``expressions`` once makes at most.

        Spec: Q-62, Q-88.
        """
        total = 0
        for subquery in (one for expr in expressions for one in subqueries_in(expr)):
            cost = self.relation(subquery.relation, subquery_limit(subquery))
            # Of a scalar subquery, the second row's value is not computed.
            rows = min(cost.rows, 1) if isinstance(subquery, ScalarSubquery) else cost.rows
            operations = cost.operations + rows * self.expressions(subquery_values(subquery))
            if subquery.correlated:
                total += operations
            else:
                self.once += operations
        return total


def _cost(relation: Relation, parts: list[Cost], own: int, limit: RowLimit | None) -> Cost:  # noqa: PLR0911
    """Return the cost of ``relation``: ``parts`` are its inputs', ``own`` its expressions'."""
    match relation:
        case Scan():
            assert relation.path is not None, "scans have paths before they have costs"
            cost = scan_cost(relation.path, limit)
            return Cost(rows=cost.rows, operations=own + cost.operations)
        case Values():
            return Cost(rows=len(relation.rows), operations=own)
        case OneRow():
            return Cost(rows=1, operations=0)
        case Filter() | Project() | Sort() | Distinct():
            return Cost(rows=parts[0].rows, operations=_per_row(parts[0], own))
        case Aggregate():
            rows = parts[0].rows if relation.keys else 1
            return Cost(rows=rows, operations=_per_row(parts[0], own))
        case Join():
            left, right = parts
            least = 1 if relation.kind is JoinKind.LEFT else 0
            rows = left.rows * max(right.rows, least)
            operations = _per_row(left, right.operations) + left.rows * right.rows * own
            return Cost(rows=rows, operations=operations)
        case Limit():
            return _limit_cost(relation, parts[0], own)
        case Union():
            rows = sum(part.rows for part in parts)
            return Cost(rows=rows, operations=sum(part.operations for part in parts))
        case _:
            assert_never(relation)


def scan_cost(path: Path, limit: RowLimit | None) -> Cost:
    """Return the cost of reading a table by ``path``, its expressions left out.

    A scan that is checked looks for one row more than it may read; it has to find none.
    Spec: Q-86, Q-87.
    """
    if path.unique:
        return Cost(rows=1, operations=2 if path.index is not None and path.fetch else 1)
    if path.rows_max is not None:
        rows, more = path.rows_max, 1
    else:
        assert limit is not None, "scans are bounded before they have costs"
        rows, more = limit.rows, 0
    return Cost(rows=rows, operations=rows * (2 if path.fetch else 1) + more)


def _per_row(cost: Cost, operations: int) -> int:
    """Return the operations of a relation with some for each of its rows."""
    return cost.operations + cost.rows * operations


def _limit_cost(relation: Limit, below: Cost, own: int) -> Cost:
    """Return the cost of LIMIT: with a count of 0 nothing is read."""
    match relation.count:
        case Const(value=int(count)):
            rows = min(below.rows, max(count, 0))
            # What gives no row may have read many before it turned out so.
            return Cost(rows=rows, operations=own + (below.operations if count > 0 else 0))
        case _:
            return Cost(rows=below.rows, operations=own + below.operations)
