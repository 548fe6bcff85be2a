"""Typed scalar expressions: what the binder makes of SQL text, and what both back ends evaluate.

Every node has a ``type``; nothing is implicit any more: each conversion is a `Cast`, names are
`ColumnRef`, and the operands of an operator have the types that its rule asks for. A value is None
(NULL), an int (integers, and NUMERIC as a scaled integer), a bool, a str (TEXT, VARCHAR) or bytes.

Spec: docs/spec/sql.md, Q-40 and on. Not here: how a node is evaluated (`sqlstore.execute`) or
compiled (`sqlstore.compile`), relations (`sqlstore.plan.relations`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from sqlstore.types import BOOLEAN, SqlType, Value

if TYPE_CHECKING:
    from sqlstore.plan.relations import Relation


@dataclass(frozen=True, slots=True)
class Const:
    """A literal, already of its type. None is NULL."""

    value: Value
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A parameter: ``index`` counts from 0. One that is not ``nullable`` is never NULL (Q-71)."""

    index: int
    type: SqlType
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRef:
    """Column ``column`` of the current row of ``source`` (`sqlstore.plan.relations`)."""

    source: int
    column: int
    type: SqlType
    nullable: bool = True


class Operator(Enum):
    """The arithmetic operators. The operands have the result's type (Q-44)."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    REMAINDER = "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """``left operator right``.

    Of integers: both operands of ``type``, the result in its range or 22003, division by zero
    22012. Of NUMERIC: for +, - and % both operands have the result's scale; for * the result's
    scale is the sum of theirs. The binder has shown that the result fits its precision (Q-46).
    NUMERIC has no DIVIDE: see `NumericDivide`.
    """

    operator: Operator
    left: Expr
    right: Expr
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericDivide:
    """``CAST(left / right AS NUMERIC(p, s))``, in one: the quotient has PostgreSQL's scale (Q-47).

    The operands are NUMERIC; ``type`` is what it is cast to: 22003 if it does not fit.
    """

    left: Expr
    right: Expr
    type: SqlType


@dataclass(frozen=True, slots=True)
class Negate:
    """``-operand``; 22003 for the least integer."""

    operand: Expr

    @property
    def type(self) -> SqlType:
        """The operand's."""
        return self.operand.type


class Comparison(Enum):
    """The comparison operators."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """``left operator right``, NULL if either is NULL.

    The operands are both integers (of any width), both NUMERIC of one scale, both BOOLEAN
    (false < true), both text (by UTF-8 bytes) or both BYTEA.
    """

    operator: Comparison
    left: Expr
    right: Expr
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class IsDistinct:
    """``left IS [NOT] DISTINCT FROM right``: as `Compare`, but NULL equals NULL. Never NULL."""

    left: Expr
    right: Expr
    negated: bool
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction of two or more, from left to right; what follows a false is not evaluated."""

    operands: tuple[Expr, ...]
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction of two or more, from left to right; what follows a true is not evaluated."""

    operands: tuple[Expr, ...]
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; NULL stays NULL."""

    operand: Expr
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull:
    """``operand IS [NOT] NULL``."""

    operand: Expr
    negated: bool
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class IsTruth:
    """``operand IS [NOT] TRUE`` or ``FALSE``, as ``truth`` says. Never NULL.

    ``IS UNKNOWN`` is `IsNull`.
    """

    operand: Expr
    truth: bool
    negated: bool
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The value behind the first true condition, or ``default``; the rest is not evaluated."""

    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalesce:
    """The first operand that is not NULL; what follows it is not evaluated."""

    operands: tuple[Expr, ...]
    type: SqlType


class Extreme(Enum):
    """Which of several."""

    GREATEST = "greatest"
    LEAST = "least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremum:
    """GREATEST or LEAST of the operands that are not NULL; NULL if all are. All are evaluated."""

    which: Extreme
    operands: tuple[Expr, ...]
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """``operand`` as ``type``, by the table of Q-48.

    ``assignment`` is how a value becomes a column's: VARCHAR(n) is then too long (22001) unless
    only spaces are lost, where an explicit cast truncates.
    """

    operand: Expr
    type: SqlType
    assignment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat:
    """``left || right`` of two texts or two byte strings; NULL if either is."""

    left: Expr
    right: Expr
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """``operand [NOT] LIKE pattern ESCAPE escape``; an ``escape`` of "" is none (Q-50)."""

    operand: Expr
    pattern: Expr
    escape: str
    negated: bool
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class InList:
    """``operand [NOT] IN (items)``: the `Compare` EQ of each, from left to right, as by `Or`.

    ``operand`` is evaluated once.
    """

    operand: Expr
    items: tuple[Expr, ...]
    negated: bool
    type: SqlType = BOOLEAN


class Builtin(Enum):
    """The functions that are provided; all are NULL for a NULL argument (Q-49)."""

    ABS = "abs"
    LENGTH = "length"
    OCTET_LENGTH = "octet_length"
    LOWER = "lower"
    UPPER = "upper"
    SUBSTR = "substr"
    STRPOS = "strpos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A built-in function. Positions and lengths are INTEGER and count code points (Q-49)."""

    function: Builtin
    arguments: tuple[Expr, ...]
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class Exists:
    """``EXISTS (relation)``: whether there is a row. Its columns are not evaluated (Q-62)."""

    relation: Relation
    correlated: bool
    type: SqlType = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarSubquery:
    """The one value of the one row of ``relation``: NULL without a row, 21000 with two (Q-62)."""

    relation: Relation
    value: Expr
    correlated: bool
    type: SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class InSubquery:
    """``operand [NOT] IN (relation)``, ``value`` being the relation's one column (Q-62)."""

    operand: Expr
    relation: Relation
    value: Expr
    correlated: bool
    negated: bool
    type: SqlType = BOOLEAN


Expr: TypeAlias = (
    Const
    | Param
    | ColumnRef
    | Arithmetic
    | NumericDivide
    | Negate
    | Compare
    | IsDistinct
    | And
    | Or
    | Not
    | IsNull
    | IsTruth
    | Case
    | Coalesce
    | Extremum
    | Cast
    | Concat
    | Like
    | InList
    | Call
    | Exists
    | ScalarSubquery
    | InSubquery
)
