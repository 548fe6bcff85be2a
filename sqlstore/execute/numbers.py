"""Arithmetic of integers and of NUMERIC, whose values are integers at a scale.

Every function takes and returns Python integers and is exact until it rounds or checks. NULL is
`sqlstore.execute.evaluate`'s business.

Spec: docs/spec/sql.md, Q-44, Q-46 to Q-48.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.errors import DivisionByZero, NumericValueOutOfRange
from sqlstore.plan.expressions import Operator

if TYPE_CHECKING:
    from sqlstore.types import SqlType

SIGNIFICANT_DIGITS_MIN: Final = 16
"""How many digits a quotient has at least (PostgreSQL's NUMERIC_MIN_SIG_DIGITS)."""

DIGITS: Final = 4
"""Decimal digits in one of PostgreSQL's NUMERIC digits (DEC_DIGITS)."""

BASE: Final = 10**DIGITS


def in_range(number: int, kind: SqlType) -> int:
    """Return ``number`` if it is one of the type. Raises `NumericValueOutOfRange`."""
    if not kind.least <= number <= kind.greatest:
        raise NumericValueOutOfRange(f"{kind} out of range")
    return number


def arithmetic(operator: Operator, left: int, right: int, kind: SqlType) -> int:
    """Return ``left operator right`` as a value of the type ``kind``.

    Of NUMERIC the operands are at the scales that `Arithmetic` asks for.
    Raises `NumericValueOutOfRange`, `DivisionByZero`.

    Spec: Q-44, Q-46.
    """
    match operator:
        case Operator.ADD:
            result = left + right
        case Operator.SUBTRACT:
            result = left - right
        case Operator.MULTIPLY:
            result = left * right
        case Operator.DIVIDE:
            result = quotient(left, right)
        case Operator.REMAINDER:
            result = left - right * quotient(left, right)
        case _:
            assert_never(operator)
    return in_range(result, kind)


def quotient(left: int, right: int) -> int:
    """Return ``left / right``, truncated toward zero. Raises `DivisionByZero`."""
    if right == 0:
        raise DivisionByZero("division by zero")
    magnitude = abs(left) // abs(right)
    return magnitude if (left < 0) == (right < 0) else -magnitude


def rounded_quotient(left: int, right: int) -> int:
    """Return ``left / right``, rounded half away from zero; ``right`` is not 0."""
    magnitude = (2 * abs(left) + abs(right)) // (2 * abs(right))
    return magnitude if (left < 0) == (right < 0) else -magnitude


def rescaled(number: int, *, scale: int, to: int) -> int:
    """Return a number at ``scale`` as one at the scale ``to``, rounded half away from zero."""
    if to >= scale:
        return number * int(10 ** (to - scale))
    return rounded_quotient(number, int(10 ** (scale - to)))


def converted(number: int, *, scale: int, kind: SqlType) -> int:
    """Return a number at ``scale`` as a value of an integer type or NUMERIC.

    Raises `NumericValueOutOfRange`.

    Spec: Q-48.
    """
    return in_range(rescaled(number, scale=scale, to=kind.scale), kind)


def divided(left: int, right: int, *, scales: tuple[int, int], kind: SqlType) -> int:
    """Return the quotient of two NUMERIC, which have these scales, cast to ``kind``.

    It is rounded twice, as by PostgreSQL: to the scale that its division chooses, then by the cast.
    Raises `DivisionByZero`, `NumericValueOutOfRange`.

    Spec: Q-47.
    """
    if right == 0:
        raise DivisionByZero("division by zero")
    left_scale, right_scale = scales
    scale = division_scale(left, right, scales=scales)
    numerator = left * int(10 ** (scale + right_scale))
    result = rounded_quotient(numerator, right * int(10**left_scale))
    return converted(result, scale=scale, kind=kind)


def division_scale(left: int, right: int, *, scales: tuple[int, int]) -> int:
    """Return the scale that PostgreSQL gives a quotient of two NUMERIC (its select_div_scale).

    Spec: Q-47.
    """
    left_weight, left_digit = leading_digit(left, scales[0])
    right_weight, right_digit = leading_digit(right, scales[1])
    weight = left_weight - right_weight
    if left_digit <= right_digit:
        # If the first digits are equal, PostgreSQL takes the dividend for the smaller one.
        weight -= 1
    return max(SIGNIFICANT_DIGITS_MIN - DIGITS * weight, *scales)


def leading_digit(number: int, scale: int) -> tuple[int, int]:
    """Return the weight and the value of the first digit to base 10,000 that is not 0.

    A weight of 0 is the digit before the point. The number 0 has (0, 0).
    """
    # Digits to base 10,000 are counted from the point: the fraction is filled up to whole ones.
    fraction_digits = -(-scale // DIGITS)
    rest = abs(number) * 10 ** (DIGITS * fraction_digits - scale)
    weight = -fraction_digits
    while rest >= BASE:
        rest //= BASE
        weight += 1
    return (weight, rest) if rest else (0, 0)
