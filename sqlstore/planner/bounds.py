"""Bounds: how many rows every scan may read; a scan without a bound is refused.

A unique path needs none. Where reading stops in time (LIMIT with a constant, EXISTS, a scalar
subquery) nothing has to be checked. Elsewhere `Path.rows_max` is: the statement's ``-- scan: N``,
or what a LIMIT by a parameter may ask for.

Not here: what may come of them (`sqlstore.planner.costs`).

Spec: docs/spec/sql.md, Q-84.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlstore.errors import ProgramLimitExceeded
from sqlstore.keys import key_columns
from sqlstore.plan.expressions import ColumnRef, Comparison
from sqlstore.plan.predicates import column_test
from sqlstore.plan.relations import Filter, Limit, Project, Scan, Sort
from sqlstore.plan.walk import inputs, map_expressions, rebuild, with_inputs
from sqlstore.planner.rows import input_limits, subquery_limit
from sqlstore.planner.substitute import substitute
from sqlstore.schema import Key

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.planner.rows import RowLimit


@dataclass(frozen=True, slots=True)
class Above:
    """What stands directly above a relation, for the hint.

    Predicates, values sorted by, and whether a LIMIT does without a sort: the path has its order.
    """

    predicates: tuple[Expr, ...] = ()
    sorted_by: tuple[Expr, ...] = ()
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Bounder:
    """Bounds the scans of a statement whose directive ``-- scan: N`` is ``scan_max``, if any."""

    scan_max: int | None

    def relation(
        self, relation: Relation, limit: RowLimit | None = None, above: Above | None = None
    ) -> Relation:
        """Return ``relation``, planned, with its scans bounded. ``limit`` is what it is under.

        Raises `ProgramLimitExceeded`.

        Spec: Q-84.
        """
        above = above or Above()
        limits = input_limits(relation, limit)
        parts = tuple(
            self.relation(one, below, _above_inputs(relation, above))
            for one, below in zip(inputs(relation), limits, strict=True)
        )
        relation = map_expressions(with_inputs(relation, parts), self.expression)
        return self._scan(relation, limit, above) if isinstance(relation, Scan) else relation

    def expression(self, expr: Expr) -> Expr:
        """Return ``expr`` with the scans of its subqueries bounded.

        Raises `ProgramLimitExceeded`.

        Spec: Q-62, Q-84.
        """
        return rebuild(
            expr,
            lambda node: node,
            lambda subquery: self.relation(subquery.relation, subquery_limit(subquery)),
        )

    def _scan(self, scan: Scan, limit: RowLimit | None, above: Above) -> Scan:
        path = scan.path
        assert path is not None, "tables have paths before they have bounds"
        if path.unique or (limit is not None and not limit.checked):
            return scan
        rows_max = limit.rows if self.scan_max is None and limit is not None else self.scan_max
        if rows_max is None:
            raise ProgramLimitExceeded(
                reason=f"nothing bounds how many rows of {scan.table.name} are read",
                hint=_hint(scan, above),
            )
        return replace(scan, path=replace(path, rows_max=rows_max))


def _above_inputs(relation: Relation, above: Above) -> Above:
    """Return what stands above the inputs of ``relation``."""
    match relation:
        case Filter():
            return replace(above, predicates=(relation.predicate, *above.predicates))
        case Sort():
            return Above(sorted_by=tuple(key.value for key in relation.keys))
        case Project():
            mapping = {relation.source: relation.expressions}
            return replace(
                above, sorted_by=tuple(substitute(one, mapping) for one in above.sorted_by)
            )
        case Limit():
            return Above(limited=True)
        case _:
            return Above()


def _hint(scan: Scan, above: Above) -> str:
    """Say what to write, with the index that would find just the rows that are wanted."""
    name = scan.table.name
    hint = (
        f"write `-- scan: N` before the statement, if it reads at most N rows of {name}, "
        "or LIMIT with an ORDER BY that an index serves"
    )
    columns = _index_columns(scan, above)
    keys = [key_columns(scan.table, index) for index in (None, *scan.table.indexes)]
    if not columns or any(key[: len(columns)] == columns for key in keys):
        return hint
    names = ", ".join(scan.table.columns[column].name for column in columns)
    return f"{hint}: CREATE INDEX ON {name} ({names})"


def _index_columns(scan: Scan, above: Above) -> tuple[int, ...]:
    """Return the columns of a key through which LIMIT, or N, would count wanted rows alone.

    First what is equal to something, then a range or what is sorted by. None if something else is
    compared or sorted by, or if a range is not what is sorted by.
    """
    path = scan.path
    assert path is not None, "tables have paths before they have bounds"
    tests = [column_test(predicate, scan.source) for predicate in above.predicates]
    if None in tests:
        return ()
    own = scan.table.key_columns(Key(path.index))
    pinned = key_columns(scan.table, path.index)[: len(path.equal)]
    behind = own[len(pinned) :] if above.limited else _sorted_columns(scan, above.sorted_by)
    if behind is None:
        return ()
    equal = [test.column for test in tests if test and test.operator is Comparison.EQ]
    ranged = [test.column for test in tests if test and test.operator is not Comparison.EQ]
    if behind and ranged and ranged[0] != behind[0]:
        return ()
    return tuple(dict.fromkeys((*pinned, *equal, *(behind or ranged[:1]))))


def _sorted_columns(scan: Scan, values: tuple[Expr, ...]) -> tuple[int, ...] | None:
    """Return the columns that rows are sorted by; None if by other expressions, too."""
    columns: list[int] = []
    for value in values:
        if not isinstance(value, ColumnRef) or value.source != scan.source:
            return None
        columns.append(value.column)
    return tuple(columns)
