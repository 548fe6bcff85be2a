"""Byte strings in keys: encodings whose order as bytes is the order of values.

Spec: docs/spec/sql.md, Q-21. Not here: numbers, which code writes itself (`sqlstore.compile.keys`).
"""

from __future__ import annotations

from sqlstore.compile.runtime.lanes import HIGHS, ONES
from sqlstore.wasm.prelude import (
    ctz,
    i32,
    i64,
    load8,
    load16,
    load64,
    memory_size,
    store8,
    store16,
    store64,
)


def write_key_bytes(dst: i32, room: i32, p: i32, n: i32) -> i32:
    """Write a byte string: each 00 as 00 FF, then 00 00; return the length.

    It is -1 if that is more than ``room``; then there may be a part of it.
    """
    end, limit, start = p + n, dst + room - 2, dst
    while p < end:
        if end - p >= 8 and limit - dst >= 8:
            word: i64 = load64(p)
            if ((word - ONES) & ~word & HIGHS) == 0:
                store64(dst, word)
                p += 8
                dst += 8
                continue
        byte = load8(p)
        if dst + (byte == 0) >= limit:
            return -1
        store8(dst, byte)
        dst += 1
        if byte == 0:
            store8(dst, 0xFF)
            dst += 1
        p += 1
    if dst > limit:
        return -1
    store16(dst, 0)
    return dst + 2 - start


def read_key_bytes(dst: i32, p: i32, n: i32) -> i32:
    """Write the byte string whose encoding has ``n`` bytes; return its length."""
    end, start = p + n - 2, dst
    while p < end:
        byte = load8(p)
        store8(dst, byte)
        dst += 1
        p += 1 + (byte == 0)
    return dst - start


def skip_key_bytes(p: i32) -> i32:
    """Return the length of an encoded byte string, its end included."""
    start = p
    # Eight bytes may be read where memory has them: there may be less behind the end.
    last = (memory_size() << 16) - 8
    while p <= last:
        word: i64 = load64(p)
        zeros: i64 = (word - ONES) & ~word & HIGHS
        if zeros == 0:
            p += 8
        else:
            p += i32(ctz(zeros)) >> 3
            if load8(p, 1) == 0:
                return p + 2 - start
            p += 2
    while load16(p) != 0:
        p += 1 + (load8(p) == 0)
    return p + 2 - start
