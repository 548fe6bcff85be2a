"""PostgreSQL's table of precedence: how SQL is read, and printed with the fewest parentheses.

Spec: docs/spec/sql.md, Q-40.
"""

from __future__ import annotations

from enum import IntEnum


class Precedence(IntEnum):
    """How tightly an expression binds, the loosest first.

    RANGE is that of BETWEEN, IN and LIKE; OTHER that of ``||``.
    """

    OR = 1
    AND = 2
    NOT = 3
    IS = 4
    COMPARISON = 5
    RANGE = 6
    OTHER = 7
    SUM = 8
    PRODUCT = 9
    SIGN = 10
    CAST = 11
    ATOM = 12
