"""What is known of relations and expressions without writing code: how many rows, which columns,
what may be NULL.

Answers are on the safe side: what may be NULL here need not be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from sqlstore.plan.nullability import is_nullable
from sqlstore.plan.relations import (
    Aggregate,
    AggregateFunction,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Project,
    Relation,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.walk import bound_sources

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.types import SqlType


@dataclass(frozen=True, slots=True)
class ValueShape:
    """The type of a value, and whether it may be NULL."""

    type: SqlType
    nullable: bool


def is_single_pass(relation: Relation) -> bool:  # noqa: PLR0911
    """Return whether ``relation`` is written without a loop: so it has one row at most."""
    match relation:
        case Scan(path=path):
            assert path is not None, "the planner gives every scan a path"
            whole_key = path.index is None and len(path.equal) == len(relation.table.primary)
            return path.unique or whole_key
        case OneRow():
            return True
        case Values():
            return len(relation.rows) == 1
        case Filter() | Project() | Sort() | Distinct() | Limit():
            return is_single_pass(relation.input)
        case Aggregate():
            return not relation.keys
        case Join():
            return is_single_pass(relation.left) and is_single_pass(relation.right)
        case Union():
            return False
        case _:
            assert_never(relation)


def cells(expressions: Iterable[Expr]) -> tuple[ValueShape, ...]:
    """Return what is known of each of ``expressions``."""
    return tuple(ValueShape(expr.type, is_nullable(expr)) for expr in expressions)


def columns_of_source(relation: Relation, source: int) -> dict[int, ValueShape]:  # noqa: PLR0911
    """Return the columns that ``source``, which ``relation`` binds, has there, by place."""
    match relation:
        case Scan():
            table = relation.table
            places = ((at, table.columns[at]) for at in relation.columns)
            return {at: ValueShape(column.type, column.nullable) for at, column in places}
        case Values():
            return {
                at: ValueShape(kind, any(is_nullable(row[at]) for row in relation.rows))
                for at, kind in enumerate(relation.types)
            }
        case Project():
            return dict(enumerate(cells(relation.expressions)))
        case Aggregate():
            return dict(enumerate((*cells(relation.keys), *_results(relation))))
        case Union():
            parts = zip(relation.inputs, relation.sources, strict=True)
            rows = (columns_of_source(part, own) for part, own in parts)
            return _merged([row[at] for at in sorted(row)] for row in rows)
        case Filter() | Sort() | Distinct() | Limit():
            return columns_of_source(relation.input, source)
        case Join():
            if source in bound_sources(relation.left):
                return columns_of_source(relation.left, source)
            columns = columns_of_source(relation.right, source)
            if relation.kind is JoinKind.INNER:
                return columns
            return {at: ValueShape(cell.type, True) for at, cell in columns.items()}
        case OneRow():
            raise AssertionError("a row of nothing binds no source")
        case _:
            assert_never(relation)


def _results(relation: Aggregate) -> tuple[ValueShape, ...]:
    counts = (AggregateFunction.COUNT, AggregateFunction.COUNT_ROWS)
    return tuple(ValueShape(call.type, call.function not in counts) for call in relation.aggregates)


def _merged(rows: Iterable[Iterable[ValueShape]]) -> dict[int, ValueShape]:
    """Return the columns of several rows' sources: one that is NULL in any may be NULL."""
    merged: dict[int, ValueShape] = {}
    for row in rows:
        for at, cell in enumerate(row):
            known = merged.setdefault(at, cell)
            merged[at] = ValueShape(known.type, known.nullable or cell.nullable)
    return merged
