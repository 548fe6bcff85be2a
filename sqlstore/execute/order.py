"""The order of rows: ORDER BY, DISTINCT and GROUP BY.

Spec: docs/spec/sql.md, Q-2; `sqlstore.plan.relations`, Sort, Distinct, Aggregate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlstore.types import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlstore.plan.relations import SortKey
    from sqlstore.rows import SqlRow

Rank: TypeAlias = "tuple[bool, Value]"


def in_order(rows: Iterable[tuple[SqlRow, SqlRow]], keys: Sequence[SortKey]) -> list[SqlRow]:
    """Return the first of each two, in the order of the second, which are values of ``keys``.

    Rows with equal keys stay as they came.
    """
    ordered = list(rows)
    # A stable sort by the last key first leaves the first key to decide.
    for at, key in reversed(list(enumerate(keys))):
        ordered.sort(
            key=lambda row: rank(row[1][at], nulls_last=key.descending == key.nulls_first),
            reverse=key.descending,
        )
    return [row for row, _ in ordered]


def ascending(rows: Iterable[SqlRow]) -> list[SqlRow]:
    """Return rows in the ascending order of all their columns, NULL last."""
    return sorted(rows, key=lambda row: [rank(value, nulls_last=True) for value in row])


def rank(value: Value, *, nulls_last: bool) -> Rank:
    """Return what ``value`` is sorted by: NULL is above or below all else, and equals itself."""
    is_null = value is None
    return is_null is nulls_last, 0 if is_null else value
