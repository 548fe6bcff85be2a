"""Values as texts, as PostgreSQL prints them.

Spec: docs/spec/sql.md, Q-48.
"""

from __future__ import annotations

from sqlstore.wasm.prelude import copy, div_u, ge_u, i32, i64, load8, rem_u, store8


def format_int(dst: i32, value: i64) -> i32:
    """Write an integer in decimal, at most 20 bytes; return how many."""
    if value < 0:
        store8(dst, ord("-"))
        return 1 + format_digits(dst + 1, -value, 1)
    return format_digits(dst, value, 1)


def format_numeric(dst: i32, value: i64, scale: i32) -> i32:
    """Write ``value`` by 10^``scale``, with ``scale`` digits behind the point; return the length.

    At most 21 bytes.
    """
    if scale == 0:
        return format_int(dst, value)
    negative = value < 0
    if negative:
        store8(dst, ord("-"))
        dst += 1
        value = -value
    count = format_digits(dst, value, scale + 1)
    point = dst + count - scale
    copy(point + 1, point, scale)
    store8(point, ord("."))
    return negative + count + 1


def format_digits(dst: i32, value: i64, least: i32) -> i32:
    """Write an unsigned integer in decimal, in ``least`` digits or more; return how many."""
    count = 1
    rest: i64 = value
    while ge_u(rest, 10):
        rest = div_u(rest, 10)
        count += 1
    count = least if count < least else count
    at = dst + count
    while at > dst:
        at -= 1
        store8(at, rem_u(value, 10) + ord("0"))
        value = div_u(value, 10)
    return count


def format_bytea(dst: i32, p: i32, n: i32) -> i32:
    r"""Write bytes as ``\x`` and two hexadecimal digits for each; return the length."""
    store8(dst, ord("\\"))
    store8(dst, ord("x"), 1)
    for at in range(n):
        byte = load8(p + at)
        place = dst + 2 * at
        store8(place, hexadecimal(byte >> 4), 2)
        store8(place, hexadecimal(byte & 15), 3)
    return 2 + 2 * n


def hexadecimal(digit: i32) -> i32:
    """Return the character of a digit from 0 to 15."""
    return digit + (ord("0") if digit < 10 else ord("a") - 10)
