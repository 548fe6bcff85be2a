"""Division of NUMERIC: PostgreSQL's quotient, rounded again by the cast above it.

PostgreSQL rounds a quotient to a scale that it estimates from its operands (`quotient_scale`), and
a cast rounds what comes of that. Both roundings are half away from zero, and the second one can see
what the first one did: 0.4999… may be 0.5 by then. So all digits are computed that the first one
keeps, one after the other, as on paper.

Spec: docs/spec/sql.md, Q-47.
"""

from __future__ import annotations

from sqlstore.compile.runtime.arithmetic import magnitude, power_of_ten
from sqlstore.compile.runtime.sqlstates import DIVISION_BY_ZERO, NUMERIC_VALUE_OUT_OF_RANGE
from sqlstore.wasm.prelude import div_u, ge_u, gt_u, i32, i64, rem_u, shr_u, store64, u64

GREATEST = (1 << 63) - 1
TENTH = GREATEST // 10
"""What is more, is too much with another digit."""

BELOW = 0
BELOW_HALF = 1
HALF = 2
"""Of digits that are dropped: less than half a unit; just below (4999…); half a unit, or more."""

FIRST_DIGIT_BITS = 14
"""Of a first digit in base 10,000; the weight stands above."""

SIGNIFICANT_DIGITS = 16
"""What PostgreSQL aims at in a quotient."""


def numeric_divide(a: i64, a_scale: i32, b: i64, b_scale: i32, out: i32, out_scale: i32) -> i32:
    """Write the quotient of two NUMERIC as an i64 of ``out_scale``; return 0 or a failure's number.

    That is 22012's for a ``b`` of 0, 22003's if the quotient is beyond i64. Operands have at most
    18 digits. Spec: Q-47.
    """
    if b == 0:
        return DIVISION_BY_ZERO
    dividend: i64 = magnitude(a)
    divisor: i64 = magnitude(b)
    scale = quotient_scale(leading(dividend, -a_scale), leading(divisor, -b_scale))
    scale = greater(scale, greater(a_scale, b_scale))
    return write_quotient(
        div_u(dividend, divisor),
        rem_u(dividend, divisor),
        divisor,
        scale + b_scale - a_scale,
        scale - out_scale,
        (a ^ b) < 0,
        out,
    )


def leading(value: i64, exponent: i32) -> i32:
    """Return where ``value`` times 10^``exponent`` begins in base 10,000: its weight, first digit.

    The weight is the power of 10,000 that the first digit counts; both are 0 for 0.
    ``value`` is unsigned.
    """
    if value == 0:
        return 0
    count = 0
    rest: i64 = value
    while rest != 0:
        rest = div_u(rest, 10)
        count += 1
    # The digits of 10,000 end at every fourth decimal place.
    highest = count - 1 + exponent
    weight = highest >> 2
    decimals = count - 1 - (highest & 3)
    if decimals >= 0:
        first = i32(div_u(value, power_of_ten(decimals)))
    else:
        first = i32(value * power_of_ten(-decimals))
    return weight << FIRST_DIGIT_BITS | first


def quotient_scale(dividend: i32, divisor: i32) -> i32:
    """Return the scale of a quotient, before the operands' own is considered: select_div_scale.

    Both are given by `leading`.
    """
    weight = (dividend >> FIRST_DIGIT_BITS) - (divisor >> FIRST_DIGIT_BITS)
    first_mask = (1 << FIRST_DIGIT_BITS) - 1
    weight -= (dividend & first_mask) <= (divisor & first_mask)
    return SIGNIFICANT_DIGITS - 4 * weight


def greater(a: i32, b: i32) -> i32:
    """Return the greater of two integers."""
    return a if a > b else b


def write_quotient(
    whole: i64, rest: i64, divisor: i64, digits: i32, dropped: i32, negative: i32, out: i32
) -> i32:
    """Write a quotient times 10^(``digits`` - ``dropped``); return 0, or 22003's number.

    The quotient is ``whole`` + ``rest`` / ``divisor``, unsigned, ``rest`` less than ``divisor``,
    which is at most 10^18. It is rounded to ``digits`` behind the point, then without the last
    ``dropped`` of these; if that number is negative, zeros are added.
    """
    kept = digits - (dropped if dropped > 0 else 0)
    value: i64 = whole
    tail = BELOW_HALF
    if kept < 0:
        unit: i64 = power_of_ten(-kept)
        value = div_u(whole, unit)
        tail = tail_of(rem_u(whole, unit), unit)
    at = 0
    # What follows matters only as long as it may still be kept, or carry into what is.
    while at < digits and (at <= kept or tail == BELOW_HALF):
        rest *= 10
        digit: i64 = div_u(rest, divisor)
        rest = rem_u(rest, divisor)
        if at < kept:
            if gt_u(value, TENTH):
                return NUMERIC_VALUE_OUT_OF_RANGE
            value = value * 10 + digit
        elif at == kept:
            tail = tail_of(digit, 10)
        elif digit != 9:
            tail = BELOW
        at += 1
    value += i64(tail == HALF or (tail == BELOW_HALF and ge_u(rest, divisor - rest)))
    return write_scaled(value, -dropped, negative, out)


def tail_of(rest: i64, unit: i64) -> i32:
    """Return what is known of a rest that goes on behind these digits: of ``unit`` ``rest``."""
    half: i64 = shr_u(unit, 1)
    return HALF if rest >= half else (BELOW_HALF if rest == half - 1 else BELOW)


def write_scaled(value: i64, exponent: i32, negative: i32, out: i32) -> i32:
    """Write ``value``, unsigned, times 10^``exponent`` as an i64; return 0, or 22003's number.

    ``negative`` is 1 for a number below 0, else 0. A negative ``exponent`` is as 0.
    """
    while exponent > 0:
        if gt_u(value, TENTH):
            return NUMERIC_VALUE_OUT_OF_RANGE
        value *= 10
        exponent -= 1
    if gt_u(value, GREATEST + u64(negative)):
        return NUMERIC_VALUE_OUT_OF_RANGE
    store64(out, -value if negative else value)
    return 0
