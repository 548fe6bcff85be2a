"""Groups of rows, and what COUNT, SUM, MIN, MAX and AVG make of them.

Spec: docs/spec/sql.md, Q-47, Q-52; `sqlstore.plan.relations`, Aggregate and AggregateCall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from sqlstore.execute.evaluate import evaluate, extreme
from sqlstore.execute.numbers import converted, divided
from sqlstore.execute.order import ascending
from sqlstore.plan.expressions import Extreme
from sqlstore.plan.relations import AggregateFunction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlstore.execute.environment import Environment
    from sqlstore.plan.relations import Aggregate, AggregateCall
    from sqlstore.rows import SqlRow
    from sqlstore.types import Value


def aggregate(relation: Aggregate, rows: Iterable[Environment]) -> Iterator[SqlRow]:
    """Yield one row for each group: its keys, then the aggregates.

    All rows are read first, and of each the keys computed, then the arguments. An aggregate is
    computed when its group's turn comes.
    Raises `SqlError`.

    Spec: Q-52, Q-88.
    """
    groups: dict[SqlRow, list[SqlRow]] = {}
    if not relation.keys:
        groups[()] = []
    for row in rows:
        keys = tuple(evaluate(key, row) for key in relation.keys)
        arguments = tuple(_argument(call, row) for call in relation.aggregates)
        groups.setdefault(keys, []).append(arguments)
    for keys in ascending(groups):
        results = (
            _result(call, [arguments[at] for arguments in groups[keys]])
            for at, call in enumerate(relation.aggregates)
        )
        yield (*keys, *results)


def _argument(call: AggregateCall, row: Environment) -> Value:
    return None if call.argument is None else evaluate(call.argument, row)


def _result(call: AggregateCall, arguments: Sequence[Value]) -> Value:
    """Return the aggregate of ``arguments``, one for each row. NULL is passed over."""
    values: list[Any] = [value for value in arguments if value is not None]
    match call.function:
        case AggregateFunction.COUNT_ROWS:
            return len(arguments)
        case AggregateFunction.COUNT:
            return len(values)
        case AggregateFunction.MIN:
            return extreme(Extreme.LEAST, values)
        case AggregateFunction.MAX:
            return extreme(Extreme.GREATEST, values)
        case AggregateFunction.SUM | AggregateFunction.AVG:
            return _sum(call, values) if values else None
        case _:
            assert_never(call.function)


def _sum(call: AggregateCall, values: Sequence[int]) -> int:
    """Return the sum or the average of one value or more, brought to the call's type."""
    assert call.argument is not None, "only COUNT has no argument"
    scale = call.argument.type.scale
    total = sum(values)
    if call.function is AggregateFunction.SUM:
        return converted(total, scale=scale, kind=call.type)
    return divided(total, len(values), scales=(scale, 0), kind=call.type)
