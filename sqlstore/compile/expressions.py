"""Expressions: from a typed expression to an operand, writing what has to be computed before.

Statements are written in the order of evaluation of Q-45; an operand that remains to be used is an
expression without effects (`sqlstore.compile.operands`).

Not here: truth of conditions and the logical operators (`sqlstore.compile.logic`), arithmetic,
casts and functions (`sqlstore.compile.arithmetic`, `casts`, `texts`), subqueries.

Spec: docs/spec/sql.md, Q-40 and on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.compile import arithmetic, casts, logic, subqueries, texts
from sqlstore.compile.code import ARENA, Code
from sqlstore.compile.operands import Operand, null_of
from sqlstore.plan import expressions as ast

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.types import SqlType, Value


def emit(code: Code, expr: Expr) -> Operand:  # noqa: PLR0911, PLR0912
    """Write the evaluation of ``expr``; return its value."""
    match expr:
        case ast.Const(value, kind):
            return constant(code, value, kind)
        case ast.Param():
            return code.unit.parameters[expr.index]
        case ast.ColumnRef():
            row = code.rows[expr.source]
            return null_of(expr.type) if row is None else row[expr.column]
        case ast.Arithmetic():
            return arithmetic.binary(code, expr)
        case ast.NumericDivide():
            return arithmetic.numeric_divide(code, expr)
        case ast.Negate():
            return arithmetic.negate(code, expr)
        case ast.Cast():
            return casts.cast(code, expr)
        case ast.Concat():
            return texts.concat(code, expr)
        case ast.Like():
            return texts.like(code, expr)
        case ast.Call():
            return texts.call(code, expr)
        case ast.Exists():
            return subqueries.exists(code, expr)
        case ast.ScalarSubquery():
            return subqueries.scalar(code, expr)
        case ast.InSubquery():
            return subqueries.membership(code, expr)
        case ast.Compare():
            return logic.compare(code, expr)
        case ast.IsDistinct():
            return logic.is_distinct(code, expr)
        case ast.And() | ast.Or():
            return logic.junction(code, expr)
        case ast.Not():
            return logic.negation(code, expr)
        case ast.IsNull():
            return logic.is_null(code, expr)
        case ast.IsTruth():
            return logic.is_truth(code, expr)
        case ast.InList():
            return logic.in_list(code, expr)
        case ast.Case():
            return logic.case(code, expr)
        case ast.Coalesce():
            return logic.coalesce(code, expr)
        case ast.Extremum():
            return logic.extremum(code, expr)
        case _:
            assert_never(expr)


def constant(code: Code, value: Value, kind: SqlType) -> Operand:
    """Return a literal. A text has a place in the arena."""
    match value:
        case None:
            return null_of(kind)
        case int():
            return Operand(type=kind, value=str(int(value)))
        case str() | bytes():
            data = value.encode() if isinstance(value, str) else value
            at = f"{ARENA} + {code.unit.text_constant(data)}" if data else ARENA
            return Operand(type=kind, value=at, length=str(len(data)))
        case _:
            assert_never(value)
