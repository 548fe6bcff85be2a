"""Syntax trees of queries, and of statements that write.

Not here: expressions (`sqlstore.bind.parse.syntax.expressions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sqlstore.bind.parse.syntax.expressions import Expression
    from sqlstore.bind.parse.syntax.names import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """``*`` or ``table.*``."""

    at: int
    table: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An expression of a SELECT list or RETURNING, and its alias."""

    at: int
    expression: Expression
    alias: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """``AS name (columns)``."""

    name: Name
    columns: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableName:
    """A table, or a WITH query, and its alias."""

    at: int
    name: Name
    alias: Alias | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedTable:
    """``(query) AS alias``."""

    at: int
    query: Query
    alias: Alias | None


class JoinForm(Enum):
    """How two sources are joined."""

    COMMA = ","
    CROSS = "cross join"
    INNER = "join"
    LEFT = "left join"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """``left JOIN right``, with ON, with USING, or with neither."""

    at: int
    form: JoinForm
    left: FromItem
    right: FromItem
    on: Expression | None
    using: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParenJoin:
    """``(join)``."""

    at: int
    join: FromItem


FromItem: TypeAlias = TableName | DerivedTable | Joined | ParenJoin


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """``SELECT [DISTINCT] items [FROM …] [WHERE …] [GROUP BY …] [HAVING …]``."""

    at: int
    distinct: bool
    items: tuple[Item | Star, ...]
    source: FromItem | None
    where: Expression | None
    group: tuple[Expression, ...]
    having: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesList:
    """``VALUES (…), (…)``."""

    at: int
    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperation:
    """``left UNION [ALL] right``."""

    at: int
    left: QueryBody
    right: QueryBody
    all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ParenQuery:
    """``(query)`` as an operand of UNION, or around a whole query."""

    at: int
    query: Query


QueryBody: TypeAlias = Select | ValuesList | SetOperation | ParenQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey:
    """``expression [ASC | DESC] [NULLS FIRST | LAST]``, the defaults filled in."""

    at: int
    expression: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class With:
    """``name [(columns)] AS (query)``."""

    at: int
    alias: Alias
    materialized: bool | None
    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """``[WITH …] body [ORDER BY …] [LIMIT …] [OFFSET …]``."""

    at: int
    withs: tuple[With, ...]
    body: QueryBody
    order: tuple[OrderKey, ...]
    limit: Expression | None
    offset: Expression | None


# --- statements


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClause:
    """``column = value`` of an UPDATE."""

    column: Name
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictClause:
    """``ON CONFLICT [(columns) | ON CONSTRAINT name] DO NOTHING | UPDATE SET … [WHERE …]``.

    ``assignments`` is empty for DO NOTHING.
    """

    at: int
    columns: tuple[Name, ...]
    constraint: Name | None
    assignments: tuple[SetClause, ...]
    where: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertStatement:
    """``INSERT INTO table [(columns)] query | VALUES … | DEFAULT VALUES`` (``query`` None)."""

    at: int
    table: Name
    alias: Name | None
    columns: tuple[Name, ...] | None
    query: Query | None
    conflict: ConflictClause | None
    returning: tuple[Item | Star, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStatement:
    """``UPDATE table SET … [WHERE …] [RETURNING …]``."""

    at: int
    table: Name
    alias: Name | None
    assignments: tuple[SetClause, ...]
    where: Expression | None
    returning: tuple[Item | Star, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteStatement:
    """``DELETE FROM table [WHERE …] [RETURNING …]``."""

    at: int
    table: Name
    alias: Name | None
    where: Expression | None
    returning: tuple[Item | Star, ...]


StatementSyntax: TypeAlias = Query | InsertStatement | UpdateStatement | DeleteStatement
