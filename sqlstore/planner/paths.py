"""Paths: through which key a table is read, and which predicates and order that accounts for.

Every key of the table is a candidate; the rules of Q-81 rank them. A path finds exactly the rows
for which the predicates that it uses are true (NULL and values beyond the column's range included),
so these are not evaluated again.

Not here: which order a path has (`sqlstore.planner.order`), whether the row is read behind an index
(`sqlstore.planner.columns`), how many rows may be (`sqlstore.planner.bounds`).

Spec: docs/spec/sql.md, Q-81, Q-83, Q-86.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlstore.keys import key_columns
from sqlstore.plan.expressions import Comparison
from sqlstore.plan.predicates import column_test, is_known
from sqlstore.plan.relations import Bound, Path
from sqlstore.planner.order import Direction, direction_of
from sqlstore.schema import Key

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.predicates import ColumnTest
    from sqlstore.plan.relations import Scan, SortKey
    from sqlstore.schema import Index, Table

LOWER = frozenset({Comparison.GT, Comparison.GE})
UPPER = frozenset({Comparison.LT, Comparison.LE})


class Level(IntEnum):
    """How a relation is read, the best first. The rules for tables are Q-81's."""

    NOTHING_READ = 0
    UNIQUE = 1
    KEYED = 2
    DERIVED = 3
    WHOLE = 4


class Rank(NamedTuple):
    """How good a path is: the least is the best.

    ``pinned`` is minus the number of columns that equal something.
    """

    level: Level
    pinned: int = 0
    without_range: bool = True
    without_order: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A path with the predicates that it uses up. ``ordered``: the order asked for is its own."""

    path: Path
    used: tuple[Expr, ...]
    ordered: bool
    rank: Rank


def best_path(
    scan: Scan,
    *,
    predicates: Sequence[Expr],
    pending: Set[int],
    order: Sequence[SortKey],
) -> Choice:
    """Return the best path of ``scan``.

    ``predicates`` are all that must be true of the row; those are used whose other side is known
    before the sources ``pending`` are bound, of which the scan's is one. ``order`` is asked for.

    Spec: Q-81.
    """
    assert scan.path is None, "a statement is planned once: the predicates of a path are gone"
    tests = [
        test
        for predicate in predicates
        if (test := column_test(predicate, scan.source)) is not None
        and is_known(test.value, pending)
    ]
    keys: tuple[Index | None, ...] = (None, *scan.table.indexes)
    candidates = [_candidate(scan, key, tests, pending, order) for key in keys]
    # The primary key comes first, then indexes by number; `min` keeps the first of equals.
    return min(candidates, key=lambda choice: choice.rank)


def _candidate(
    scan: Scan,
    index: Index | None,
    tests: Sequence[ColumnTest],
    pending: Set[int],
    order: Sequence[SortKey],
) -> Choice:
    """Return the path through ``index`` (None: the primary key) with all that it can use."""
    if (pins := _unique_pins(scan.table, index, tests)) is not None:
        path = Path(index=index, equal=tuple(pin.value for pin in pins), unique=True)
        used = tuple(pin.predicate for pin in pins)
        return Choice(path=path, used=used, ordered=True, rank=Rank(Level.UNIQUE))
    columns = key_columns(scan.table, index)
    pins = _pins(columns, tests)
    behind = columns[len(pins) :]
    low = _first(tests, behind[:1], LOWER)
    high = _first(tests, behind[:1], UPPER)
    bounded = {test.column for test in (low, high) if test is not None}
    direction = direction_of(
        order,
        scan,
        pinned={pin.column for pin in pins},
        behind=behind,
        not_null=bounded | _never_null(scan.table),
        pending=pending,
    )
    path = Path(
        index=index,
        equal=tuple(pin.value for pin in pins),
        low=_bound(low),
        high=_bound(high),
        backward=direction is Direction.BACKWARD,
    )
    rank = Rank(
        Level.KEYED if pins or bounded else Level.WHOLE,
        pinned=-len({pin.column for pin in pins}),
        without_range=not bounded,
        without_order=direction is None,
    )
    used = tuple(test.predicate for test in (*pins, low, high) if test is not None)
    return Choice(path=path, used=used, ordered=direction is not None, rank=rank)


def _never_null(table: Table) -> set[int]:
    return {at for at, column in enumerate(table.columns) if not column.nullable}


def _unique_pins(
    table: Table, index: Index | None, tests: Sequence[ColumnTest]
) -> list[ColumnTest] | None:
    """Return a test for equality of every column of a unique key, or None."""
    if index is not None and not index.unique:
        return None
    columns = table.key_columns(Key(index))
    pins = _pins(columns, tests)
    return pins if len(pins) == len(columns) else None


def _pins(columns: Sequence[int], tests: Sequence[ColumnTest]) -> list[ColumnTest]:
    """Return tests for equality of the first of ``columns``, as many as there are in a row."""
    pins: list[ColumnTest] = []
    for column in columns:
        pin = _first(tests, (column,), {Comparison.EQ})
        if pin is None:
            break
        pins.append(pin)
    return pins


def _first(
    tests: Sequence[ColumnTest], columns: Sequence[int], operators: Set[Comparison]
) -> ColumnTest | None:
    """Return the first test, in the order of the text, of one of ``columns`` by ``operators``."""
    fitting = (test for test in tests if test.column in columns and test.operator in operators)
    return next(fitting, None)


def _bound(test: ColumnTest | None) -> Bound | None:
    if test is None:
        return None
    inclusive = test.operator in (Comparison.LE, Comparison.GE)
    return Bound(value=test.value, inclusive=inclusive)
