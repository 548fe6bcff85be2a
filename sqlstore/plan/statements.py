"""Statements as plans: what a named query does, from parameters to results.

Spec: docs/spec/sql.md, Q-60 and on (what each does), Q-80 and on (in which order).
Not here: how a plan is found (`sqlstore.bind`, `sqlstore.planner`) or carried out
(`sqlstore.execute`, `sqlstore.compile`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sqlstore.errors import Place
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.schema import Key, Table
    from sqlstore.types import SqlType


class Command(Enum):
    """What the caller gets, in sqlc's words: one row or none, rows, nothing, a number of rows."""

    ONE = ":one"
    MANY = ":many"
    EXEC = ":exec"
    EXECROWS = ":execrows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter, in the order of its number, as bindings declare it."""

    name: str
    type: SqlType
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A column of the result."""

    name: str
    type: SqlType
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """The rows of ``relation``: for each, the values of ``outputs``."""

    relation: Relation
    outputs: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A column (its place in the table) and its new value, cast to the column's type."""

    column: int
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class OnConflict:
    """What happens to a row whose key is taken: nothing, or an update of the row that is there.

    ``arbiter`` is the unique key that this is about; None is any of them (DO NOTHING only).
    ``assignments`` None is DO NOTHING; they and ``where`` may use the source ``existing`` (the row
    that is there) and ``proposed`` (EXCLUDED).
    """

    arbiter: Key | None
    existing: int
    proposed: int
    assignments: tuple[Assignment, ...] | None
    where: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Insert the rows of ``relation``: for each, ``values``, one expression for each column.

    A value None is the identity column's next number. ``single`` says that there is at most one
    row. ``returning`` may use the source ``row``, the row as written. Spec: Q-64, Q-90.
    """

    table: Table
    relation: Relation
    values: tuple[Expr | None, ...]
    single: bool
    conflict: OnConflict | None
    row: int
    returning: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Update the rows that ``relation`` finds: it binds all columns of ``table`` as ``old``.

    ``single`` says that there is at most one row, which is written as it is found.
    ``assignments`` use the old row; ``returning`` uses ``row``, the row as written.
    Spec: Q-65, Q-91.
    """

    table: Table
    relation: Relation
    old: int
    single: bool
    assignments: tuple[Assignment, ...]
    row: int
    returning: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete the rows that ``relation`` finds: it binds all columns of ``table`` as ``old``.

    ``single`` says that there is at most one row. ``returning`` uses the old row.
    Spec: Q-66, Q-92.
    """

    table: Table
    relation: Relation
    old: int
    single: bool
    returning: tuple[Expr, ...]


Body: TypeAlias = Select | Insert | Update | Delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A named statement of queries.sql.

    ``columns`` describe the result (of SELECT or RETURNING; empty without). ``scan_max`` is the
    directive ``-- scan: N`` or None. ``operations_max`` is the most row operations that one
    execution can make, undoing excluded; 0 until planned. ``sources`` is how many there are.
    ``place`` is where its file names it, or where it begins if it has no name.
    """

    name: str
    command: Command
    parameters: tuple[Parameter, ...]
    columns: tuple[Output, ...]
    body: Body
    text: str
    sources: int
    scan_max: int | None
    operations_max: int = 0
    place: Place | None = None
