"""Texts as values, as PostgreSQL 15 reads them.

Spec: docs/spec/sql.md, Q-48.
"""

from __future__ import annotations

from sqlstore.compile.runtime.sqlstates import (
    INVALID_TEXT_REPRESENTATION,
    NUMERIC_VALUE_OUT_OF_RANGE,
)
from sqlstore.wasm.prelude import div_s, i32, i64, load8, store64, u64

# Words that stand for BOOLEAN, their first byte lowest.
TRUE = ord("t") | ord("r") << 8 | ord("u") << 16 | ord("e") << 24
FALSE = ord("f") | ord("a") << 8 | ord("l") << 16 | ord("s") << 24 | ord("e") << 32
YES = ord("y") | ord("e") << 8 | ord("s") << 16
NO = ord("n") | ord("o") << 8
ON = ord("o") | ord("n") << 8
OFF = ord("o") | ord("f") << 8 | ord("f") << 16


def parse_int(p: i32, n: i32, least: i64, greatest: i64, out: i32) -> i32:
    """Write the integer that a text is to ``out``, an i64; return 0, or the number of an SQLSTATE.

    22P02 if it is none, 22003 if it is out of range: whichever is met first from the left.
    """
    end = behind_spaces(p, n)
    p = at_text(p, end)
    negative = p < end and load8(p) == ord("-")
    p += negative or (p < end and load8(p) == ord("+"))
    if p == end:
        return INVALID_TEXT_REPRESENTATION
    value: i64 = 0
    while p < end:
        digit = load8(p) - ord("0")
        if digit < 0 or digit > 9:
            return INVALID_TEXT_REPRESENTATION
        # Below zero, because the least value has no counterpart above.
        if value < div_s(least, 10) or value * 10 < least + i64(digit):
            return NUMERIC_VALUE_OUT_OF_RANGE
        value = value * 10 - i64(digit)
        p += 1
    if not negative:
        if value < -greatest:
            return NUMERIC_VALUE_OUT_OF_RANGE
        value = -value
    store64(out, value)
    return 0


def parse_bool(p: i32, n: i32) -> i32:
    """Return the BOOLEAN that a text is, or -1 if it is none (22P02)."""
    end = behind_spaces(p, n)
    p = at_text(p, end)
    size = end - p
    if size < 1 or size > 5:
        return -1
    first = load8(p)
    if size == 1 and (first == ord("0") or first == ord("1")):
        return first - ord("0")
    word: i64 = 0
    while end > p:
        end -= 1
        # A letter in lower case. No byte but a letter becomes one.
        word = word << 8 | u64(load8(end) | 0x20)
    if begins(word, size, TRUE) or begins(word, size, YES) or word == ON:
        return 1
    if (
        begins(word, size, FALSE)
        or begins(word, size, NO)
        or (size > 1 and begins(word, size, OFF))
    ):
        return 0
    return -1


def begins(word: i64, size: i32, whole: i64) -> i32:
    """Return whether ``word``, of ``size`` bytes, is the beginning of ``whole``."""
    return word == (whole & ((1 << i64(size << 3)) - 1))


def at_text(p: i32, end: i32) -> i32:
    """Return the first place from ``p`` on that is no white space, or ``end``."""
    while p < end and is_space(load8(p)):
        p += 1
    return p


def behind_spaces(p: i32, n: i32) -> i32:
    """Return where a text ends without the white space at its end."""
    end = p + n
    while p < end and is_space(load8(end - 1)):
        end -= 1
    return end


def is_space(byte: i32) -> i32:
    """Return whether a byte is white space in the C locale."""
    return byte == 0x20 or 9 <= byte <= 13
