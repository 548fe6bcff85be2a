"""Arithmetic of integers and of NUMERIC, exact: what leaves its type's range fails with 22003.

SMALLINT and INTEGER are computed in i32 or i64, whichever shows an overflow in fewer steps.

Spec: docs/spec/sql.md, Q-44, Q-46, Q-47.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from sqlstore.compile.operands import (
    Operand,
    either,
    infix,
    is_literal,
    null_of,
    value_type,
    wide,
)
from sqlstore.errors import DivisionByZero, NumericValueOutOfRange
from sqlstore.plan.expressions import Arithmetic, Negate, NumericDivide, Operator
from sqlstore.types import Kind
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.types import SqlType


def strict(
    code: Code, kind: SqlType, operands: tuple[Operand, ...], compute: Callable[[], str]
) -> Operand:
    """Return what ``compute`` writes and returns, where none of ``operands`` is NULL; else NULL.

    If ``compute`` writes nothing, its value cannot fail, and means nothing where it is NULL.
    """
    null = either(*(operand.null for operand in operands))
    if any(operand.is_null for operand in operands):
        return null_of(kind)
    with code.out.captured() as lines:
        value = compute()
    if null is None or not lines:
        code.out.paste(lines)
        return Operand(type=kind, value=value, null=null)
    name = code.out.fresh("value", value_type(kind))
    with code.unless(null):
        code.out.paste(lines)
        code.out.assign(name, value_type(kind), value)
    return Operand(type=kind, value=name, null=null)


def binary(code: Code, node: Arithmetic) -> Operand:
    """Write ``left operator right``. Spec: Q-44, Q-46."""
    left = code.pin(code.emit(node.left), "left")
    right = code.pin(code.emit(node.right), "right")
    left = typed_local(code, left)
    if None not in (literal(left), literal(right)):
        # Columns that are pinned to constants: their sum need not be of their type.
        left = replace(left, value=code.out.local("constant", left.value))
    return strict(
        code, node.type, (left, right), lambda: _computed(code, node.operator, left, right)
    )


def _computed(code: Code, operator: Operator, left: Operand, right: Operand) -> str:
    kind = left.type
    match operator:
        case Operator.DIVIDE:
            return _quotient(code, left, right)
        case Operator.REMAINDER:
            _check_divisor(code, right)
            return f"rem_s({left.value}, {right.value})"
        case Operator.ADD | Operator.SUBTRACT | Operator.MULTIPLY:
            if kind.kind is Kind.NUMERIC:
                # The binder has shown that it fits.
                return infix(left.value, operator.value, right.value)
            if kind.kind is Kind.SMALLINT:
                result = code.out.local("result", infix(left.value, operator.value, right.value))
                code.fail_if(outside(result, kind), NumericValueOutOfRange)
                return result
            if operator is Operator.MULTIPLY:
                return _product(code, left, right)
            return _sum(code, operator, left, right)
        case _:
            assert_never(operator)


def _sum(code: Code, operator: Operator, left: Operand, right: Operand) -> str:
    """Write a sum or difference of two INTEGER or BIGINT, and its check by the signs."""
    computed = infix(left.value, operator.value, right.value)
    result = code.out.local("result", computed, value_type(left.type))
    constant = literal(right)
    if constant is not None:
        # Adding what is positive makes a number greater, unless it wraps.
        grows = (constant >= 0) == (operator is Operator.ADD)
        wrapped = infix(result, "<" if grows else ">", left.value)
    else:
        # Of a sum, both have another sign than it; of a difference, left has another than both.
        other = result if operator is Operator.ADD else left.value
        signs = infix(infix(left.value, "^", result), "&", infix(right.value, "^", other))
        wrapped = infix(signs, "<", "0")
    code.fail_if(wrapped, NumericValueOutOfRange)
    return result


def _product(code: Code, left: Operand, right: Operand) -> str:
    if left.type.kind is Kind.BIGINT:
        code.fail_if(f"mul_overflows({left.value}, {right.value})", NumericValueOutOfRange)
        return infix(left.value, "*", right.value)
    product = code.out.local("product", infix(wide(left), "*", wide(right)), ValueType.I64)
    return narrowed(code, product, left.type)


def _quotient(code: Code, left: Operand, right: Operand) -> str:
    _check_divisor(code, right)
    if literal(right) in (None, -1):
        least = infix(left.value, "==", str(left.type.least))
        if literal(right) is None:
            least += f" and {infix(right.value, '==', '-1')}"
        code.fail_if(least, NumericValueOutOfRange)
    return f"div_s({left.value}, {right.value})"


def _check_divisor(code: Code, divisor: Operand) -> None:
    if not literal(divisor):
        code.fail_if(infix(divisor.value, "==", "0"), DivisionByZero)


def typed_local(code: Code, operand: Operand) -> Operand:
    """Return an i64 that is a literal as a local: a literal's text does not say its type."""
    if literal(operand) is None or not operand.type.is_wide:
        return operand
    name = code.out.local("constant", operand.value, ValueType.I64)
    return replace(operand, value=name)


def literal(operand: Operand) -> int | None:
    """Return the number that an operand is known to be, or None."""
    return int(operand.value) if is_literal(operand.value) else None


def negate(code: Code, node: Negate) -> Operand:
    """Write ``-operand``. Spec: Q-44."""
    operand = typed_local(code, code.pin(code.emit(node.operand), "operand"))

    def compute() -> str:
        if node.type.kind is not Kind.NUMERIC:
            least = infix(operand.value, "==", str(node.type.least))
            code.fail_if(least, NumericValueOutOfRange)
        return infix("0", "-", operand.value)

    return strict(code, node.type, (operand,), compute)


def outside(number: str, kind: SqlType) -> str:
    """Return whether the text ``number`` is out of the range of ``kind``, a narrower type."""
    span = kind.greatest - kind.least
    return f"gt_u({infix(number, '+', str(-kind.least))}, {span})"


def narrowed(code: Code, name: str, kind: SqlType) -> str:
    """Write the check that the i64 local ``name`` is in the range of ``kind``; return it as such.

    Spec: Q-44, Q-48.
    """
    if kind.kind is not Kind.BIGINT:
        code.fail_if(outside(name, kind), NumericValueOutOfRange)
    return name if kind.is_wide else f"i32({name})"


def numeric_divide(code: Code, node: NumericDivide) -> Operand:
    """Write a quotient of two NUMERIC, cast. Spec: Q-47."""
    left = code.pin(code.emit(node.left), "left")
    right = code.pin(code.emit(node.right), "right")

    def compute() -> str:
        out = code.scratch()
        arguments = (
            f"{left.value}, {left.type.scale}, {right.value}, {right.type.scale}, "
            f"{out}, {node.type.scale}"
        )
        code.check_call(f"numeric_divide({arguments})")
        quotient = code.out.local("quotient", f"load64({out})", ValueType.I64)
        return narrowed(code, quotient, node.type)

    return strict(code, node.type, (left, right), compute)
