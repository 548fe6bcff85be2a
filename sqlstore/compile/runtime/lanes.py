"""Eight bytes at once: an i64 as eight lanes."""

from __future__ import annotations

from sqlstore.wasm.prelude import i64, rotl, shr_u

ONES = 0x0101010101010101
HIGHS = 0x8080808080808080
LOWS = 0x7F7F7F7F7F7F7F7F
"""The highest bit of each byte, and the others."""

EVEN_BYTES = 0x00FF00FF00FF00FF
EVEN_PAIRS = 0x0000FFFF0000FFFF


def byte_swap(value: i64) -> i64:
    """Return ``value`` with its bytes in reverse order."""
    value = (shr_u(value, 8) & EVEN_BYTES) | ((value & EVEN_BYTES) << 8)
    value = (shr_u(value, 16) & EVEN_PAIRS) | ((value & EVEN_PAIRS) << 16)
    return rotl(value, 32)
