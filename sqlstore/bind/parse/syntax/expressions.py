"""Syntax trees of expressions.

Not here: queries (`sqlstore.bind.parse.syntax.queries`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sqlstore.bind.parse.syntax.names import Name
    from sqlstore.bind.parse.syntax.queries import Query
    from sqlstore.types import SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLiteral:
    """A number without its sign."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StringLiteral:
    """A string: without a type until its place gives one."""

    at: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordLiteral:
    """TRUE, FALSE or NULL (None)."""

    at: int
    value: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedParameter:
    """``$number``."""

    at: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedParameter:
    """``sqlc.arg(name)``, or ``sqlc.narg(name)`` if ``nullable``."""

    at: int
    name: Name
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``name`` or ``table.name``."""

    at: int
    table: Name | None
    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Paren:
    """``(operand)``."""

    at: int
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """``-operand``, ``+operand`` or ``NOT operand``: ``operator`` is in lower case."""

    at: int
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """``left operator right``: arithmetic, ``||``, or a comparison."""

    at: int
    operator: str
    left: Expression
    right: Expression


class Connective(Enum):
    """What joins conditions."""

    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """Two or more operands joined by AND or OR."""

    at: int
    connective: Connective
    operands: tuple[Expression, ...]


class Test(Enum):
    """What IS may ask."""

    NULL = "null"
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Is:
    """``operand IS [NOT] test``."""

    at: int
    operand: Expression
    test: Test
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinction:
    """``left IS [NOT] DISTINCT FROM right``."""

    at: int
    left: Expression
    right: Expression
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """``operand [NOT] BETWEEN [SYMMETRIC] low AND high``."""

    at: int
    operand: Expression
    low: Expression
    high: Expression
    negated: bool
    symmetric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InItems:
    """``operand [NOT] IN (items)``."""

    at: int
    operand: Expression
    items: tuple[Expression, ...]
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InQuery:
    """``operand [NOT] IN (query)``."""

    at: int
    operand: Expression
    query: Query
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LikePattern:
    """``operand [NOT] LIKE pattern [ESCAPE escape]``."""

    at: int
    operand: Expression
    pattern: Expression
    escape: StringLiteral | None
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWhen:
    """``CASE [operand] WHEN … THEN … [ELSE default] END``."""

    at: int
    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    default: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeName:
    """A type; ``end`` is the offset behind its words."""

    at: int
    end: int
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class CastTo:
    """``CAST(operand AS type)``, or ``operand::type`` if ``postfix``."""

    at: int
    operand: Expression
    type: TypeName
    postfix: bool


class CallForm(Enum):
    """How a function's arguments are written."""

    PLAIN = "f(a, b)"
    DISTINCT = "f(DISTINCT a)"
    STAR = "f(*)"
    FROM = "substring(a FROM b)"
    FROM_FOR = "substring(a FROM b FOR c)"
    FOR_FROM = "substring(a FOR c FROM b)"
    FOR = "substring(a FOR c)"
    IN = "position(a IN b)"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """A function or aggregate; ``arguments`` in the order of the text."""

    at: int
    name: Name
    arguments: tuple[Expression, ...]
    form: CallForm


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistsQuery:
    """``EXISTS (query)``."""

    at: int
    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarQuery:
    """``(query)`` as a value."""

    at: int
    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """DEFAULT in VALUES of an INSERT, or in SET."""

    at: int


Expression: TypeAlias = (
    NumberLiteral
    | StringLiteral
    | KeywordLiteral
    | NumberedParameter
    | NamedParameter
    | Column
    | Paren
    | Unary
    | Binary
    | Junction
    | Is
    | Distinction
    | Between
    | InItems
    | InQuery
    | LikePattern
    | CaseWhen
    | CastTo
    | FunctionCall
    | ExistsQuery
    | ScalarQuery
    | Default
)
