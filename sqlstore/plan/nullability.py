"""Whether an expression can be NULL, as far as its parts tell.

Not here: what WHERE excludes.

Spec: docs/spec/sql.md, Q-45.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.plan.expressions import (
    And,
    Arithmetic,
    Call,
    Case,
    Cast,
    Coalesce,
    ColumnRef,
    Compare,
    Concat,
    Const,
    Exists,
    Extremum,
    InList,
    InSubquery,
    IsDistinct,
    IsNull,
    IsTruth,
    Like,
    Negate,
    Not,
    NumericDivide,
    Or,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.walk import children

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr


def is_nullable(expr: Expr) -> bool:  # noqa: PLR0911
    """Return whether ``expr`` may be NULL; false only if it never is.

    Spec: Q-45.
    """
    match expr:
        case Const():
            return expr.value is None
        case Param() | ColumnRef():
            return expr.nullable
        case IsDistinct() | IsNull() | IsTruth() | Exists():
            return False
        case ScalarSubquery():
            return True
        case InSubquery():
            return is_nullable(expr.operand) or is_nullable(expr.value)
        case Coalesce() | Extremum():
            return all(is_nullable(one) for one in expr.operands)
        case Case():
            values = (*(value for _, value in expr.branches), expr.default)
            return any(is_nullable(one) for one in values)
        case (
            Arithmetic()
            | NumericDivide()
            | Negate()
            | Compare()
            | And()
            | Or()
            | Not()
            | Cast()
            | Concat()
            | Like()
            | InList()
            | Call()
        ):
            return any(is_nullable(one) for one in children(expr))
        case _:
            assert_never(expr)
