"""What is known of an expression before code is written for it.

*Total*: its evaluation cannot fail and reads no rows, so that nobody can tell whether it has
happened. *Plain*: total, and it becomes an operand without any statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.plan.expressions import (
    And,
    Arithmetic,
    Builtin,
    Call,
    Case,
    Cast,
    Coalesce,
    ColumnRef,
    Compare,
    Const,
    Extremum,
    InList,
    IsDistinct,
    IsNull,
    IsTruth,
    Negate,
    Not,
    Operator,
    Or,
    Param,
)
from sqlstore.plan.walk import children
from sqlstore.types import Kind

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr


def is_total(expr: Expr) -> bool:
    """Return whether nobody can tell if ``expr`` has been evaluated."""
    return _is_total(expr) and all(map(is_total, children(expr)))


def is_plain(expr: Expr) -> bool:
    """Return whether ``expr`` becomes an operand without any statement."""
    match expr:
        case Const() | Param() | ColumnRef():
            return True
        case Compare() | IsDistinct() | InList():
            return all(map(_is_cheap, children(expr)))
        case IsNull():
            return _is_cheap(expr.operand)
        case IsTruth() | Not():
            return is_plain(expr.operand)
        case And() | Or():
            return all(map(is_plain, expr.operands))
        case _:
            return False


def _is_cheap(expr: Expr) -> bool:
    return isinstance(expr, Const | Param | ColumnRef)


def _is_total(expr: Expr) -> bool:  # noqa: PLR0911
    match expr:
        case Const() | Param() | ColumnRef() | Compare() | IsDistinct() | And() | Or() | Not():
            return True
        case IsNull() | IsTruth() | InList() | Case() | Coalesce() | Extremum():
            return True
        case Arithmetic():
            return expr.type.kind is Kind.NUMERIC and expr.operator is not Operator.REMAINDER
        case Negate():
            return expr.type.kind is Kind.NUMERIC
        case Cast():
            return _widens(expr)
        case Call():
            return expr.function in (Builtin.LENGTH, Builtin.OCTET_LENGTH, Builtin.STRPOS)
        case _:
            return False


def _widens(cast: Cast) -> bool:
    """Return whether a cast changes nothing but the width of an integer, or a text's type."""
    source, target = cast.operand.type, cast.type
    if source.is_integer and target.is_integer:
        return source.least >= target.least
    return source.is_text and target.kind is Kind.TEXT
