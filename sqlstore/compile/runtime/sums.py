"""Exact sums: 128 bits, little-endian two's complement, and what SUM and AVG make of them.

A sum is of at most 2^31 values, so that its magnitude stays below 2^94. Spec: Q-52.
"""

from __future__ import annotations

from sqlstore.compile.runtime.arithmetic import power_of_ten
from sqlstore.compile.runtime.division import (
    greater,
    leading,
    quotient_scale,
    write_quotient,
    write_scaled,
)
from sqlstore.compile.runtime.sqlstates import NUMERIC_VALUE_OUT_OF_RANGE
from sqlstore.wasm.prelude import div_u, ge_u, i32, i64, load64, lt_u, rem_u, shr_u, store64, u64

LOW_HALF = (1 << 32) - 1

POWER_MAX = 9
"""Of ten, that is less than 2^32."""


def sum_clear(p: i32) -> None:
    """Make the sum at ``p`` 0."""
    store64(p, 0)
    store64(p, 0, 8)


def sum_add(p: i32, value: i64) -> None:
    """Add ``value`` to the sum at ``p``."""
    low: i64 = load64(p) + value
    store64(p, low)
    store64(p, load64(p, 8) + (value >> 63) + u64(lt_u(low, value)), 8)


def sum_round(p: i32, from_scale: i32, out: i32, to_scale: i32) -> i32:
    """Write the sum at ``p``, of one scale, as an i64 of another; return 0, or 22003's number.

    It is rounded half away from zero.
    """
    high, low = sum_high(p), sum_low(p)
    negative = load64(p, 8) < 0
    dropped = from_scale - to_scale
    first = dropped if dropped < POWER_MAX else POWER_MAX
    unit: i64 = power_of_ten(first)
    if ge_u(high, unit):
        return NUMERIC_VALUE_OUT_OF_RANGE
    value: i64 = wide_div(high, low, unit)
    rest: i64 = low - value * unit
    if dropped > first:
        # What went before is less than a unit now, and cannot be the half of one.
        unit = power_of_ten(dropped - first)
        rest = rem_u(value, unit)
        value = div_u(value, unit)
    value += u64(ge_u(rest, unit - rest))
    return write_scaled(value, -dropped, negative, out)


def sum_average(p: i32, count: i64, from_scale: i32, out: i32, to_scale: i32) -> i32:
    """Write the average of ``count`` values whose sum is at ``p``; return 0, or 22003's number.

    It is PostgreSQL's quotient of NUMERIC, cast to ``to_scale``. ``count`` is not 0. Spec: Q-47.
    """
    high, low = sum_high(p), sum_low(p)
    if high == 0:
        dividend = leading(low, -from_scale)
    else:
        dividend = leading(wide_div(high, low, 10**POWER_MAX), POWER_MAX - from_scale)
    scale = greater(quotient_scale(dividend, leading(count, 0)), from_scale)
    whole: i64 = wide_div(high, low, count)
    return write_quotient(
        whole,
        low - whole * count,
        count,
        scale - from_scale,
        scale - to_scale,
        load64(p, 8) < 0,
        out,
    )


def sum_low(p: i32) -> i64:
    """Return the lower 64 bits of the magnitude of the sum at ``p``."""
    low: i64 = load64(p)
    return -low if load64(p, 8) < 0 else low


def sum_high(p: i32) -> i64:
    """Return the upper 64 bits of the magnitude of the sum at ``p``."""
    high: i64 = load64(p, 8)
    return ~high + u64(load64(p) == 0) if high < 0 else high


def wide_div(high: i64, low: i64, divisor: i64) -> i64:
    """Return the lower 64 bits of the quotient of a number of 96 bits by one of 32, unsigned."""
    part: i64 = rem_u(high, divisor) << 32 | shr_u(low, 32)
    upper: i64 = div_u(part, divisor)
    part = rem_u(part, divisor) << 32 | low & LOW_HALF
    return upper << 32 | div_u(part, divisor)
