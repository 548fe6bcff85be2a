"""What an expression is evaluated in: parameters, and the current row of each source.

Not here: how it is evaluated (`sqlstore.execute.evaluate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from sqlstore.types import Value

if TYPE_CHECKING:
    from sqlstore.execute.operations import RowLog
    from sqlstore.plan.walk import Subquery
    from sqlstore.rows import SqlRow

Answer: TypeAlias = tuple[Value, ...]
"""What a subquery gave: all values of IN, the one of a scalar subquery, the truth of EXISTS."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What all parts of one execution of a statement share.

    ``answers`` are those of subqueries that use nothing of the outside: each is run once (Q-62).
    """

    log: RowLog
    answers: dict[Subquery, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Values for `Param` and `ColumnRef`. Without ``execution``, as for constants: no subqueries.

    What encloses a relation has bound its sources already; a row of the relation binds more. The
    row None, which a left join did not find, has NULL in all columns.
    """

    parameters: tuple[Value, ...] = ()
    rows: Mapping[int, SqlRow | None] = field(default_factory=dict)
    execution: Execution | None = None

    def bind(self, source: int, row: SqlRow | None) -> Environment:
        """Return this environment with ``row`` as the current row of ``source``."""
        return replace(self, rows={**self.rows, source: row})

    def current(self, source: int) -> SqlRow:
        """Return the current row of ``source``, which no left join has failed to find."""
        row = self.rows[source]
        assert row is not None, "only a left join binds a row that is not there"
        return row

    @property
    def running(self) -> Execution:
        """The execution, where there must be one."""
        assert self.execution is not None, "no subquery stands in a constant or a CHECK"
        return self.execution
