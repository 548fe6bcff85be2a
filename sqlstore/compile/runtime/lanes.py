"""Eight bytes at once: an i64 as eight lanes."""

from __future__ import annotations

ONES = 0x0101010101010101
HIGHS = 0x8080808080808080
LOWS = 0x7F7F7F7F7F7F7F7F
"""The highest bit of each byte, and the others."""
