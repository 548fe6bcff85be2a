"""How many rows a relation has at most, and when reading it stops.

A *row limit* is what is around a relation: after so many of its rows nobody asks for another.

Not here: bounds of scans (`sqlstore.planner.bounds`).

Spec: docs/spec/sql.md, Q-62, Q-84.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.plan.expressions import Const, Exists, InSubquery, ScalarSubquery
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
from sqlstore.plan.statements import Command, Select

if TYPE_CHECKING:
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Statement
    from sqlstore.plan.walk import Subquery

LIMIT_ROWS_MAX: Final = 1_024
"""Rows that a LIMIT or OFFSET given by a parameter may read. Spec: Q-84."""


@dataclass(frozen=True, slots=True)
class RowLimit:
    """At most ``rows`` are read. ``checked``: not because reading stops, one more is an error."""

    rows: int
    checked: bool = False


def at_most_one(relation: Relation) -> bool:  # noqa: PLR0911
    """Whether ``relation``, planned, has at most one row, whatever the tables hold.

    Spec: Q-84.
    """
    match relation:
        case Scan():
            return relation.path is not None and relation.path.unique
        case Values():
            return len(relation.rows) <= 1
        case OneRow():
            return True
        case Filter() | Project() | Sort() | Distinct():
            return at_most_one(relation.input)
        case Join():
            return at_most_one(relation.left) and at_most_one(relation.right)
        case Aggregate():
            return not relation.keys or at_most_one(relation.input)
        case Limit():
            few = isinstance(relation.count, Const) and relation.count.value in (0, 1)
            return few or at_most_one(relation.input)
        case Union():
            return False
        case _:
            assert_never(relation)


def statement_limit(statement: Statement) -> RowLimit | None:
    """Return after how many rows a statement's relation is not read on.

    Spec: Q-72.
    """
    is_one = isinstance(statement.body, Select) and statement.command is Command.ONE
    return RowLimit(1) if is_one else None


def input_limits(relation: Relation, limit: RowLimit | None) -> tuple[RowLimit | None, ...]:
    """Return under which limits the inputs of ``relation`` are, if it is itself under ``limit``.

    A limit holds for what is below as long as every row of that makes a row above, and none is
    needed beyond. So it ends at a filter, and at what reads all of its input first.

    Spec: Q-84.
    """
    match relation:
        case Scan() | Values() | OneRow():
            return ()
        case Filter() | Aggregate() | Sort() | Distinct():
            return (None,)
        case Project():
            return (limit,)
        case Join():
            # A row of the left may find no partner and so make no row, but for a left join.
            return (limit if relation.kind is JoinKind.LEFT else None, limit)
        case Union():
            return (limit,) * len(relation.inputs)
        case Limit():
            return (_input_limit(relation, limit),)
        case _:
            assert_never(relation)


def subquery_limit(subquery: Subquery) -> RowLimit | None:
    """Return after how many rows a subquery is not read on.

    Spec: Q-62.
    """
    match subquery:
        case Exists():
            return RowLimit(1)
        case ScalarSubquery():
            return RowLimit(2)
        case InSubquery():
            return None
        case _:
            assert_never(subquery)


def _input_limit(relation: Limit, outer: RowLimit | None) -> RowLimit | None:
    """Return the limit below LIMIT and OFFSET: the rows passed over are read, too."""
    outermost = [] if outer is None or outer.checked else [outer.rows]
    match relation.count:
        case Const(value=int(count)):
            counts = [max(count, 0), *outermost]
        case _:
            counts = outermost
    match relation.offset:
        case None | Const(value=None):
            passed: int | None = 0
        case Const(value=int(offset)):
            passed = max(offset, 0)
        case _:
            passed = None
    if counts and passed is not None:
        return RowLimit(min(counts) + passed)
    no_count = relation.count is None or relation.count == Const(None, relation.count.type)
    if no_count and outer is None:
        return None
    return RowLimit(LIMIT_ROWS_MAX, checked=True)
