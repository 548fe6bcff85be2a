"""What all sides of the bench do: the same statements, as often, in the same order, as warm.

INSERT comes last, so that the others find the table as it was filled.
"""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = ("select", "update", "insert")
"""In the order in which they are measured."""

COUNT: Final = 3_000
"""Of each statement, measured."""

WARM: Final = 200
"""Of each statement, before: not measured."""

NEW: Final = 1_000_000
"""The id of the first unit that is inserted, behind all those that are there."""


def unit_of(statement: str, at: int, *, rows: int) -> int:
    """Return the id for execution ``at`` of a statement on a table of ``rows`` units."""
    return NEW + at if statement == "insert" else at * 7_919 % rows


def health_of(at: int) -> int:
    """Return what UPDATE sets in execution ``at``."""
    return at % 99
