"""Relations: where rows come from. One tree serves binder, planner and both back ends.

A relation yields rows one after the other; a row binds *sources*: numbers, unique in a statement,
each with a tuple of columns that `ColumnRef` names. What encloses a relation (an outer query, the
left side of a join) has bound its own sources already, so a correlated subquery is nothing special.

The binder leaves `Scan.path` empty and joins in the order of the text; the planner pushes
predicates down, orders inner joins, chooses paths and drops a `Sort` that a path makes needless.
What remains is executed literally: the order of row operations is that of these nodes' definitions
(docs/spec/sql.md, Q-80 and on).

Not here: expressions, what is written (`sqlstore.plan.statements`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.schema import Index, Table
    from sqlstore.types import SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One end of a range: ``value``, itself in the range if ``inclusive``. NULL: no row is."""

    value: Expr
    inclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How a table is read: through ``index``, or by the primary key if that is None.

    The first columns of that key equal ``equal`` (one expression each, of the column's kind: NULL
    in one of them means no row); the column after them lies between ``low`` and ``high``, where
    given, and is then not NULL. ``backward`` reads from the greatest key to the least.
    ``unique`` says that at most one row can be found: all columns of a unique key are pinned.
    ``fetch`` says that the row itself is read, too: columns outside the key are asked for.
    ``rows_max`` bounds the rows (Q-84): reading one more fails with 54000. None if ``unique``, or
    if what is around it stops in time.
    """

    index: Index | None
    equal: tuple[Expr, ...] = ()
    low: Bound | None = None
    high: Bound | None = None
    backward: bool = False
    unique: bool = False
    fetch: bool = True
    rows_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The rows of ``table`` as ``source``, whose columns are all of the table's.

    ``columns`` are those that are used, ascending: no others need be decoded.
    """

    source: int
    table: Table
    columns: tuple[int, ...]
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The given rows, as ``source``; each is evaluated when its turn comes."""

    source: int
    rows: tuple[tuple[Expr, ...], ...]
    types: tuple[SqlType, ...]


@dataclass(frozen=True, slots=True)
class OneRow:
    """A single row that binds nothing: SELECT without FROM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The rows of ``input`` for which ``predicate`` is true."""

    input: Relation
    predicate: Expr


class JoinKind(Enum):
    """Inner, or left: a left row without a partner comes once, with NULL on the right."""

    INNER = "inner"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """For each row of ``left`` the rows of ``right`` for which ``on`` is true (None: all).

    ``right`` is run anew for each row of the left, whose sources it may use.
    """

    kind: JoinKind
    left: Relation
    right: Relation
    on: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One row of ``source`` for each row of ``input``: the values of ``expressions``."""

    source: int
    input: Relation
    expressions: tuple[Expr, ...]


class AggregateFunction(Enum):
    """The aggregates. All but COUNT_ROWS pass over NULL."""

    COUNT_ROWS = "count(*)"
    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVG = "avg"


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateCall:
    """One aggregate; ``argument`` is None for COUNT_ROWS only.

    ``type``: COUNT BIGINT, of MIN and MAX the argument's. The exact sum of SUM and the quotient of
    AVG (scale as in Q-47) are brought to ``type``, 22003 if that is too small: SUM of SMALLINT and
    INTEGER is BIGINT; other sums, and AVG, stand under a cast, which gives ``type`` (Q-52).
    """

    function: AggregateFunction
    argument: Expr | None
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One row of ``source`` for each group of rows of ``input``: its keys, then the aggregates.

    Without ``keys``: exactly one row. With keys, all rows are read first; the groups come in the
    keys' order, ascending, NULL last and equal to itself.
    """

    source: int
    input: Relation
    keys: tuple[Expr, ...]
    aggregates: tuple[AggregateCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """By ``value``, descending or not; NULL first or last."""

    value: Expr
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The rows of ``input``, a relation of one source, after all were read, in order; stable.

    The keys are evaluated as the rows are read.
    """

    input: Relation
    source: int
    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """The rows of ``input``, all of them read first, each once, in ascending order of all columns.

    ``source`` is the one that ``input`` binds. NULL equals NULL, and is last.
    """

    input: Relation
    source: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``count`` rows after the first ``offset``; None is all, and 0. Both are BIGINT.

    They are evaluated first, offset then count: NULL is as None, negative ones are 2201X and 2201W.
    With a count of 0 the input is not run; after the last row it is not asked for another.
    """

    input: Relation
    count: Expr | None
    offset: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """The rows of ``inputs`` (each binds the source in ``sources`` of its place) as ``source``.

    UNION ALL; UNION is a `Distinct` of it. One input after the other.
    """

    source: int
    inputs: tuple[Relation, ...]
    sources: tuple[int, ...]
    types: tuple[SqlType, ...]


Relation: TypeAlias = (
    Scan | Values | OneRow | Filter | Join | Project | Aggregate | Sort | Distinct | Limit | Union
)
