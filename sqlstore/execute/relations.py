"""Relations, carried out literally: generators of environments, one for each row.

Every generator takes the next row of its input only when it is asked for one itself; what has to
see all rows first says so. So the order of row operations is that of these few lines.

Spec: docs/spec/sql.md, Q-60 to Q-63, Q-88. Not here: scans (`sqlstore.execute.scans`), aggregates
(`sqlstore.execute.aggregates`), writes (`sqlstore.execute.writes`).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, assert_never

from sqlstore.errors import InvalidRowCountInLimit, InvalidRowCountInOffset
from sqlstore.execute.aggregates import aggregate
from sqlstore.execute.evaluate import evaluate, is_true
from sqlstore.execute.order import ascending, in_order
from sqlstore.execute.scans import scan
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
from sqlstore.plan.walk import bound_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlstore.execute.environment import Environment
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.rows import SqlRow


def rows_of(relation: Relation, outside: Environment) -> Iterator[Environment]:  # noqa: PLR0911
    """Return the rows of ``relation``: each is ``outside`` with the relation's sources bound.

    Raises `SqlError` as they are read.

    Spec: Q-88.
    """
    match relation:
        case Scan():
            return scan(relation, outside)
        case Values():
            return _values(relation, outside)
        case OneRow():
            return iter((outside,))
        case Filter():
            rows = rows_of(relation.input, outside)
            return (row for row in rows if is_true(relation.predicate, row))
        case Join():
            return _join(relation, outside)
        case Project():
            rows = rows_of(relation.input, outside)
            return (
                outside.bind(relation.source, computed(relation.expressions, row)) for row in rows
            )
        case Aggregate():
            rows = rows_of(relation.input, outside)
            return (outside.bind(relation.source, group) for group in aggregate(relation, rows))
        case Sort():
            return _sort(relation, outside)
        case Distinct():
            return _distinct(relation, outside)
        case Limit():
            return _limit(relation, outside)
        case Union():
            return _union(relation, outside)
        case _:
            assert_never(relation)


def computed(expressions: Iterable[Expr], environment: Environment) -> SqlRow:
    """Return the values of ``expressions``, computed from left to right."""
    return tuple(evaluate(expr, environment) for expr in expressions)


def _values(relation: Values, outside: Environment) -> Iterator[Environment]:
    for row in relation.rows:
        yield outside.bind(relation.source, computed(row, outside))


def _join(relation: Join, outside: Environment) -> Iterator[Environment]:
    for left in rows_of(relation.left, outside):
        partners = 0
        for row in rows_of(relation.right, left):
            if relation.on is None or is_true(relation.on, row):
                partners += 1
                yield row
        if relation.kind is JoinKind.LEFT and partners == 0:
            row = left
            for source in bound_sources(relation.right):
                row = row.bind(source, None)
            yield row


def _sort(relation: Sort, outside: Environment) -> Iterator[Environment]:
    rows = [
        (row.current(relation.source), computed((key.value for key in relation.keys), row))
        for row in rows_of(relation.input, outside)
    ]
    for row in in_order(rows, relation.keys):
        yield outside.bind(relation.source, row)


def _distinct(relation: Distinct, outside: Environment) -> Iterator[Environment]:
    inputs = rows_of(relation.input, outside)
    for row in ascending({row.current(relation.source) for row in inputs}):
        yield outside.bind(relation.source, row)


def _limit(relation: Limit, outside: Environment) -> Iterator[Environment]:
    offset = _row_count(relation.offset, outside, InvalidRowCountInOffset)
    count = _row_count(relation.count, outside, InvalidRowCountInLimit)
    if count != 0:
        rows = islice(rows_of(relation.input, outside), offset, None)
        yield from islice(rows, count)


def _row_count(
    expr: Expr | None,
    outside: Environment,
    negative: type[InvalidRowCountInLimit | InvalidRowCountInOffset],
) -> int | None:
    count = None if expr is None else evaluate(expr, outside)
    assert count is None or isinstance(count, int), "LIMIT and OFFSET are BIGINT"
    if count is not None and count < 0:
        word = "LIMIT" if negative is InvalidRowCountInLimit else "OFFSET"
        raise negative(f"{word} is {count}, and must not be negative")
    return count


def _union(relation: Union, outside: Environment) -> Iterator[Environment]:
    for part, source in zip(relation.inputs, relation.sources, strict=True):
        for row in rows_of(part, outside):
            yield outside.bind(relation.source, row.current(source))
