"""Byte strings: order, equality, prefixes.

Spec: docs/spec/sql.md, Q-2.
"""

from __future__ import annotations

from sqlstore.wasm.prelude import ctz, gt_u, i32, i64, load8, load64, shr_u


def compare_bytes(a: i32, a_len: i32, b: i32, b_len: i32) -> i32:
    """Return -1, 0 or 1 as the first string comes before, equals, or comes behind the second."""
    common = a_len if a_len < b_len else b_len
    end = a + (common & ~7)
    while a != end:
        one: i64 = load64(a)
        other: i64 = load64(b)
        if one != other:
            # The lowest byte that differs comes first in memory.
            place = ctz(one ^ other) & ~7
            return 1 if gt_u(shr_u(one, place) & 255, shr_u(other, place) & 255) else -1
        a += 8
        b += 8
    end += common & 7
    while a != end:
        difference = load8(a) - load8(b)
        if difference != 0:
            return 1 if difference > 0 else -1
        a += 1
        b += 1
    return (a_len > b_len) - (a_len < b_len)


def equal_bytes(a: i32, a_len: i32, b: i32, b_len: i32) -> i32:
    """Return whether two strings are equal."""
    if a_len != b_len:
        return 0
    end = a + (a_len & ~7)
    while a != end:
        if load64(a) != load64(b):
            return 0
        a += 8
        b += 8
    end += a_len & 7
    while a != end:
        if load8(a) != load8(b):
            return 0
        a += 1
        b += 1
    return 1


def has_prefix(p: i32, n: i32, prefix: i32, prefix_len: i32) -> i32:
    """Return whether the string at ``p`` begins with the other one."""
    return n >= prefix_len and equal_bytes(p, prefix_len, prefix, prefix_len)
