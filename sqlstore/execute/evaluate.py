"""The value of a scalar expression, as PostgreSQL computes it.

A value is None (NULL), an int (an integer, or a NUMERIC as a scaled integer), a bool, a str or
bytes. What can be decided without an operand does not evaluate it; all others are evaluated from
left to right before NULL is looked for.

Spec: docs/spec/sql.md, Q-40 to Q-50, Q-62. Not here: the parts that have files of their own
(`numbers`, `casts`, `texts`, `subqueries`).
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from sqlstore.execute.casts import cast
from sqlstore.execute.environment import Environment
from sqlstore.execute.numbers import arithmetic, divided, in_range
from sqlstore.execute.texts import like, lower, parsed_pattern, substring, upper
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
    Comparison,
    Concat,
    Const,
    Exists,
    Extreme,
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
    from collections.abc import Callable, Iterable

    from sqlstore.plan.expressions import Expr
    from sqlstore.types import Value

COMPARISONS: Final[dict[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
}
"""Python orders texts by code points, which is the order of their UTF-8."""


def evaluate_constant(expr: Expr) -> Value:
    """Return the value of an expression without parameters, columns and subqueries.

    Raises the `SqlError` that its evaluation gives.

    Spec: Q-43.
    """
    return evaluate(expr, Environment())


def evaluate(expr: Expr, environment: Environment) -> Value:  # noqa: PLR0911
    """Return the value of ``expr`` in ``environment``. Raises `SqlError`.

    Spec: Q-40 and on.
    """
    match expr:
        case Const():
            return expr.value
        case Param():
            return environment.parameters[expr.index]
        case ColumnRef():
            row = environment.rows[expr.source]
            return None if row is None else row[expr.column]
        case And() | Or() | Not() | IsNull() | IsTruth() | IsDistinct():
            return _logic(expr, environment)
        case Case() | Coalesce() | Extremum():
            return _choice(expr, environment)
        case InList():
            operand = evaluate(expr.operand, environment)
            found = member(operand, (evaluate(item, environment) for item in expr.items))
            return _negated(found, expr.negated)
        case Exists() | ScalarSubquery() | InSubquery():
            return _subquery(expr, environment)
        case _:
            operands = [evaluate(operand, environment) for operand in children(expr)]
            return None if None in operands else _strict(expr, operands)


def is_true(expr: Expr, environment: Environment) -> bool:
    """Return whether a predicate is true: neither false nor NULL."""
    return evaluate(expr, environment) is True


def member(operand: Value, values: Iterable[Value]) -> bool | None:
    """Return whether ``operand`` is among ``values``, which are read until it is found.

    It is unknown (None) if it is not found and a comparison was NULL.

    Spec: Q-45.
    """
    found: bool | None = False
    for value in values:
        if operand is None or value is None:
            found = None
        elif operand == value:
            return True
    return found


def _negated(value: bool | None, negated: bool) -> bool | None:
    return value if value is None else value is not negated


def _logic(
    expr: And | Or | Not | IsNull | IsTruth | IsDistinct, environment: Environment
) -> bool | None:
    match expr:
        case And():
            return _combined(expr.operands, environment, decided=False)
        case Or():
            return _combined(expr.operands, environment, decided=True)
        case Not():
            value = evaluate(expr.operand, environment)
            return None if value is None else not value
        case IsNull():
            return (evaluate(expr.operand, environment) is None) is not expr.negated
        case IsTruth():
            return (evaluate(expr.operand, environment) is expr.truth) is not expr.negated
        case IsDistinct():
            left, right = evaluate(expr.left, environment), evaluate(expr.right, environment)
            return (left == right) is expr.negated
        case _:
            assert_never(expr)


def _combined(
    operands: tuple[Expr, ...], environment: Environment, *, decided: bool
) -> bool | None:
    """Return the conjunction or disjunction: ``decided`` is the value of an operand that ends it.

    Spec: Q-45.
    """
    result: bool | None = not decided
    for operand in operands:
        value = evaluate(operand, environment)
        if value is decided:
            return decided
        if value is None:
            result = None
    return result


def _choice(expr: Case | Coalesce | Extremum, environment: Environment) -> Value:
    match expr:
        case Case():
            for condition, value in expr.branches:
                if is_true(condition, environment):
                    return evaluate(value, environment)
            return evaluate(expr.default, environment)
        case Coalesce():
            operands = (evaluate(operand, environment) for operand in expr.operands)
            return next((value for value in operands if value is not None), None)
        case Extremum():
            known = [evaluate(operand, environment) for operand in expr.operands]
            return extreme(expr.which, [value for value in known if value is not None])
        case _:
            assert_never(expr)


def extreme(which: Extreme, values: list[Any]) -> Value:
    """Return the greatest or least of values that are not NULL; NULL if there are none."""
    chosen: Value
    match which:
        case Extreme.GREATEST:
            chosen = max(values, default=None)
        case Extreme.LEAST:
            chosen = min(values, default=None)
        case _:
            assert_never(which)
    return chosen


Strict: TypeAlias = Arithmetic | NumericDivide | Negate | Compare | Cast | Concat | Like | Call
"""The expressions that are NULL if an operand is."""


def _strict(expr: Strict, operands: list[Any]) -> Value:
    """Return the value of ``expr`` for these values of its operands, none of them NULL."""
    result: Value
    match expr:
        case Arithmetic():
            left, right = operands
            result = arithmetic(expr.operator, left, right, expr.type)
        case NumericDivide():
            left, right = operands
            scales = expr.left.type.scale, expr.right.type.scale
            result = divided(left, right, scales=scales, kind=expr.type)
        case Negate():
            result = in_range(-operands[0], expr.type)
        case Compare():
            left, right = operands
            result = COMPARISONS[expr.operator](left, right)
        case Cast():
            (value,) = operands
            source = expr.operand.type
            result = cast(value, source=source, target=expr.type, assignment=expr.assignment)
        case Concat():
            left, right = operands
            result = left + right
        case Like():
            text, pattern = operands
            result = like(text, parsed_pattern(pattern, expr.escape)) is not expr.negated
        case Call():
            result = _call(expr, operands)
        case _:
            assert_never(expr)
    return result


def _call(expr: Call, arguments: list[Any]) -> Value:
    """Return what a built-in function gives for ``arguments``, none of them NULL. Spec: Q-49."""
    result: Value
    match expr.function:
        case Builtin.ABS:
            result = in_range(abs(arguments[0]), expr.type)
        case Builtin.LENGTH:
            result = len(arguments[0])
        case Builtin.OCTET_LENGTH:
            (text,) = arguments
            result = len(text.encode() if isinstance(text, str) else text)
        case Builtin.LOWER:
            result = lower(arguments[0])
        case Builtin.UPPER:
            result = upper(arguments[0])
        case Builtin.SUBSTR:
            text, start, *length = arguments
            result = substring(text, start, length[0] if length else None)
        case Builtin.STRPOS:
            text, part = arguments
            result = text.find(part) + 1
        case _:
            assert_never(expr.function)
    return result


def _subquery(expr: Exists | ScalarSubquery | InSubquery, environment: Environment) -> Value:
    # Expressions have relations, and relations expressions: one of the two comes later.
    from sqlstore.execute import subqueries

    match expr:
        case Exists():
            return subqueries.exists(expr, environment)
        case ScalarSubquery():
            return subqueries.scalar(expr, environment)
        case InSubquery():
            return _negated(subqueries.in_subquery(expr, environment), expr.negated)
        case _:
            assert_never(expr)
