"""Order: whether the rows of a table come in the order that is asked for, and read which way.

Spec: docs/spec/sql.md, Q-83. Not here: which path is taken for it (`sqlstore.planner.paths`).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.predicates import is_known
from sqlstore.plan.walk import sources_of

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Scan, SortKey


class Direction(Enum):
    """Which way keys are read."""

    FORWARD = "forward"
    BACKWARD = "backward"


def direction_of(
    order: Sequence[SortKey],
    scan: Scan,
    *,
    pinned: Set[int],
    behind: Sequence[int],
    not_null: Set[int],
    pending: Set[int],
) -> Direction | None:
    """Return which way to read a key of ``scan`` so that its rows come in ``order``, or None.

    The key's first columns are ``pinned``, those ``behind`` follow; ``not_null`` are columns that
    are not NULL in any row. ``pending`` are the sources that the order may depend on.

    Spec: Q-83.
    """
    seen = set(pinned)
    directions: set[Direction] = set()
    for key in order:
        if _changes_nothing(key.value, scan, seen, pending):
            continue
        following = next((column for column in behind if column not in seen), None)
        if following is None or not _is_column(key.value, scan, following):
            return None
        # NULL is behind all values in a key: last forward, first backward.
        if following not in not_null and key.nulls_first != key.descending:
            return None
        directions.add(Direction.BACKWARD if key.descending else Direction.FORWARD)
        seen.add(following)
    if len(directions) > 1:
        return None
    return directions.pop() if directions else Direction.FORWARD


def _changes_nothing(value: Expr, scan: Scan, seen: Set[int], pending: Set[int]) -> bool:
    """Whether ``value`` is the same in all rows that are equal in the columns ``seen``."""
    if is_known(value, pending):
        return True
    if isinstance(value, ColumnRef) and value.source == scan.source and value.column in seen:
        return True
    return pending & sources_of(value) == {scan.source} and seen >= set(scan.table.primary)


def _is_column(value: Expr, scan: Scan, column: int) -> bool:
    return isinstance(value, ColumnRef) and value.source == scan.source and value.column == column
