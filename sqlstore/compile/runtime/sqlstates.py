"""SQLSTATEs as numbers: six bits a character less 48, the first lowest.

Spec: docs/spec/sql.md, Q-72.
"""

from __future__ import annotations

NUMERIC_VALUE_OUT_OF_RANGE = 2 | 2 << 6 | 3 << 24
"""22003."""

DIVISION_BY_ZERO = 2 | 2 << 6 | 1 << 18 | 2 << 24
"""22012."""

INVALID_TEXT_REPRESENTATION = 2 | 2 << 6 | 32 << 12 | 2 << 24
"""22P02."""
