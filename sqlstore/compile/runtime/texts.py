"""Texts: what is UTF-8, code points, letters, searching.

Spec: docs/spec/sql.md, Q-2, Q-49, Q-71.
"""

from __future__ import annotations

from sqlstore.compile.runtime.bytestrings import equal_bytes
from sqlstore.compile.runtime.lanes import HIGHS, LOWS, ONES
from sqlstore.wasm.prelude import i32, i64, load8, load64, popcnt, shr_u, store8, store64

SPACES = 0x20 * ONES


def is_text(p: i32, n: i32) -> i32:
    """Return whether bytes are UTF-8 without U+0000. Spec: Q-2."""
    end = p + n
    while p < end:
        word: i64 = 0
        if end - p >= 8:
            word = load64(p)
            if ((word | (word - ONES)) & HIGHS) == 0:
                p += 8
                continue
        size = sequence_length(p, end - p)
        if size == 0:
            return 0
        p += size
    return 1


def sequence_length(p: i32, n: i32) -> i32:
    """Return the length of the UTF-8 sequence that ``n`` bytes begin with; 0 if it is none.

    Overlong forms, surrogates, what is beyond U+10FFFF, and U+0000 are none.
    """
    first = load8(p)
    if first < 0x80:
        return first != 0
    size = 2 + (first >= 0xE0) + (first >= 0xF0)
    if first < 0xC2 or first > 0xF4 or size > n:
        return 0
    second = load8(p, 1)
    if (
        (first == 0xE0 and second < 0xA0)
        or (first == 0xED and second > 0x9F)
        or (first == 0xF0 and second < 0x90)
        or (first == 0xF4 and second > 0x8F)
    ):
        return 0
    for at in range(1, size):
        if (load8(p + at) & 0xC0) != 0x80:
            return 0
    return size


def code_points(p: i32, n: i32) -> i32:
    """Return the number of code points of a text."""
    count: i64 = 0
    end = p + (n & ~7)
    while p != end:
        word: i64 = load64(p)
        # A byte that continues a sequence has its highest bit, and not the next.
        count += popcnt(word & ~(word << 1) & HIGHS)
        p += 8
    end += n & 7
    continued = i32(count)
    while p != end:
        continued += (load8(p) & 0xC0) == 0x80
        p += 1
    return n - continued


def prefix_bytes(p: i32, n: i32, count: i32) -> i32:
    """Return the length of the first ``count`` code points of a text, or ``n`` if it has fewer."""
    at = 0
    while count > 0 and at < n:
        at += width(load8(p + at))
        count -= 1
    return at


def width(first: i32) -> i32:
    """Return the length of the sequence that begins with the byte ``first``."""
    return 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)


def only_spaces(p: i32, n: i32) -> i32:
    """Return whether a text has nothing but spaces."""
    end = p + (n & ~7)
    while p != end:
        if load64(p) != SPACES:
            return 0
        p += 8
    end += n & 7
    while p != end:
        if load8(p) != 0x20:
            return 0
        p += 1
    return 1


def lower(dst: i32, p: i32, n: i32) -> None:
    """Write a text with A to Z as a to z."""
    turn_case(dst, p, n, ord("A"))


def upper(dst: i32, p: i32, n: i32) -> None:
    """Write a text with a to z as A to Z."""
    turn_case(dst, p, n, ord("a"))


def turn_case(dst: i32, p: i32, n: i32, first: i32) -> None:
    """Write a text in which the 26 letters from ``first`` on are of the other case."""
    # What is added brings a byte to 128 if it is the first letter, or behind the last.
    from_first: i64 = i64(128 - first) * ONES
    behind_last: i64 = i64(128 - 26 - first) * ONES
    end = p + (n & ~7)
    while p != end:
        word: i64 = load64(p)
        low: i64 = word & LOWS
        turned: i64 = ((low + from_first) ^ (low + behind_last)) & ~word & HIGHS
        store64(dst, word ^ shr_u(turned, 2))
        p += 8
        dst += 8
    end += n & 7
    while p != end:
        byte = load8(p)
        store8(dst, byte ^ 0x20 if first <= byte < first + 26 else byte)
        p += 1
        dst += 1


def strpos(p: i32, n: i32, q: i32, m: i32) -> i32:
    """Return the place of the text at ``q`` in that at ``p``, in code points from 1; 0 if none."""
    if m == 0:
        return 1
    first = load8(q)
    for at in range(0, n - m + 1):
        if load8(p + at) == first and equal_bytes(p + at, m, q, m):
            return code_points(p, at) + 1
    return 0
