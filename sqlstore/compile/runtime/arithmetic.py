"""Integers of 64 bits: products that do not fit, powers of ten, rounding.

Spec: docs/spec/sql.md, Q-44, Q-46.
"""

from __future__ import annotations

from sqlstore.wasm.prelude import div_s, i32, i64, rem_s

LEAST = -(1 << 63)


def mul_overflows(a: i64, b: i64) -> i32:
    """Return whether the product of two signed integers is no i64."""
    if a == i64(i32(a)) and b == i64(i32(b)):
        return 0
    if 0 in (a, b):
        return 0
    if -1 in (a, b):
        return LEAST in (a, b)
    return div_s(a * b, b) != a


def magnitude(value: i64) -> i64:
    """Return the absolute value, unsigned."""
    return -value if value < 0 else value


def power_of_ten(exponent: i32) -> i64:
    """Return 10 to a power from 0 to 18."""
    power: i64 = 1
    while exponent > 0:
        power *= 10
        exponent -= 1
    return power


def round_div(value: i64, divisor: i64) -> i64:
    """Return a quotient rounded half away from zero; ``divisor`` is positive."""
    quotient: i64 = div_s(value, divisor)
    rest: i64 = magnitude(rem_s(value, divisor))
    if rest >= divisor - rest:
        quotient += 1 if value > 0 else -1
    return quotient
