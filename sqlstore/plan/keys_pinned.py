"""Whether a predicate leaves at most one row of a table: a unique key pinned by equality.

Not here: which path reads that row (`sqlstore.planner.paths`).

Spec: docs/spec/sql.md, Q-65, Q-81.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.plan.expressions import Comparison
from sqlstore.plan.predicates import column_test, conjuncts
from sqlstore.plan.walk import sources_of

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.schema import Table


def pinned_columns(predicate: Expr, source: int) -> frozenset[int]:
    """Return the columns of ``source`` that ``predicate`` equates with what it does not bind.

    Spec: Q-81.
    """
    tests = (column_test(one, source) for one in conjuncts(predicate))
    return frozenset(
        test.column
        for test in tests
        if test is not None
        and test.operator is Comparison.EQ
        and source not in sources_of(test.value)
    )


def pins_unique_key(table: Table, predicate: Expr | None, source: int) -> bool:
    """Return whether ``predicate`` pins the primary key or a unique key of ``table``.

    ``table`` is read as ``source``.

    Spec: Q-65.
    """
    if predicate is None:
        return False
    pinned = pinned_columns(predicate, source)
    keys = [table.primary, *(index.columns for index in table.indexes if index.unique)]
    return any(pinned.issuperset(key) for key in keys)
