"""LIKE, as PostgreSQL matches.

Its matching is recursive, but what a ``%`` starts never lets an earlier ``%`` try again: it ends
with a match or for good. So there is one place to go back to, that of the last ``%``.

Spec: docs/spec/sql.md, Q-50.
"""

from __future__ import annotations

from sqlstore.compile.runtime.texts import code_points, prefix_bytes, width
from sqlstore.wasm.prelude import i32, load8

MATCHES = 1
DIFFERS = 0
BAD_ESCAPE = -1

ANY = ord("%")
ANY_ONE = ord("_")


def like(p: i32, n: i32, pattern: i32, pattern_len: i32, escape: i32) -> i32:
    """Return 1 if the text matches the pattern, 0 if not, -1 if the pattern is wrong (22025).

    ``escape`` is a code point, or -1 for none. A pattern that ends with it is wrong where the match
    gets there. Spec: Q-50.
    """
    end, pattern_end = p + n, pattern + pattern_len
    escape_len = 1 + (escape >= 0x80) + (escape >= 0x800) + (escape >= 0x10000)
    again, again_pattern, again_byte = 0, 0, 0
    while p < end:
        if pattern < pattern_end:
            byte = load8(pattern)
            if is_escape(pattern, escape):
                pattern += escape_len
                if pattern == pattern_end:
                    return BAD_ESCAPE
                byte = load8(pattern)
            elif byte == ANY:
                again_pattern = behind_wildcards(pattern, pattern_end, escape)
                single = count_singles(pattern, again_pattern)
                passed = prefix_bytes(p, end - p, single)
                if code_points(p, passed) < single:
                    return DIFFERS
                if again_pattern == pattern_end:
                    return MATCHES
                literal = again_pattern + (escape_len if is_escape(again_pattern, escape) else 0)
                if literal == pattern_end:
                    return BAD_ESCAPE
                again_byte = load8(literal)
                again = find_byte(p + passed, end, again_byte)
                if again == end:
                    return DIFFERS
                p, pattern = again, again_pattern
                continue
            elif byte == ANY_ONE:
                p += width(load8(p))
                pattern += 1
                continue
            if byte == load8(p):
                p += 1
                pattern += 1
                continue
        if again_pattern == 0:
            return DIFFERS
        again = find_byte(again + width(load8(again)), end, again_byte)
        if again == end:
            return DIFFERS
        p, pattern = again, again_pattern
    while pattern < pattern_end and load8(pattern) == ANY and escape != ANY:
        pattern += 1
    return pattern == pattern_end


def is_escape(pattern: i32, escape: i32) -> i32:
    """Return whether the code point ``escape`` stands at ``pattern``."""
    return load8(pattern) == escape or (escape >= 0x80 and code_point(pattern) == escape)


def code_point(p: i32) -> i32:
    """Return the code point whose sequence begins at ``p``, one beyond ASCII; -1 if none does."""
    first = load8(p)
    if first < 0xC0:
        return -1
    if first < 0xE0:
        return (first & 0x1F) << 6 | (load8(p, 1) & 0x3F)
    pair = (load8(p, 1) & 0x3F) << 6 | (load8(p, 2) & 0x3F)
    if first < 0xF0:
        return (first & 0x0F) << 12 | pair
    return (first & 0x07) << 18 | pair << 6 | (load8(p, 3) & 0x3F)


def behind_wildcards(pattern: i32, pattern_end: i32, escape: i32) -> i32:
    """Return where the wildcards end that ``pattern`` begins with."""
    while pattern < pattern_end and not is_escape(pattern, escape):
        byte = load8(pattern)
        if byte not in (ANY, ANY_ONE):
            break
        pattern += 1
    return pattern


def count_singles(pattern: i32, pattern_end: i32) -> i32:
    """Return how many of a run of wildcards stand for one code point."""
    count = 0
    while pattern < pattern_end:
        count += load8(pattern) == ANY_ONE
        pattern += 1
    return count


def find_byte(p: i32, end: i32, byte: i32) -> i32:
    """Return the first place from ``p`` on of a code point that begins with ``byte``, or ``end``.

    A byte that begins a code point is none that continues one.
    """
    while p < end and load8(p) != byte:
        p += 1
    return p
