"""What is claimed at either end of a stretch: of turns the log and the rows, of steps a state.

A point of turns shows the root of the log, not the rows' alone. So a challenger sees whether a
history is its own, and not only where it leads.

Spec: docs/spec/game.md, G-7, G-9. Mirror: ``Game.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from merkle import Hash32
from merkle.hashing import check_word, short_hex


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TurnPoint:
    """What is claimed after a turn: the log up to it, and the rows that it leads to.

    Spec: G-7. Mirror: ``Game.sol:TurnPoint``.
    """

    log_root: Hash32
    db_root: Hash32

    def __repr__(self) -> str:
        return f"TurnPoint(log={short_hex(self.log_root)}, rows={short_hex(self.db_root)})"


Point: TypeAlias = TurnPoint | Hash32
"""A point of a stretch of turns, or of steps: then it is a state hash."""


def words_of(point: Point) -> tuple[Hash32, ...]:
    """Return the words that a point is hashed as: two of a turn, one of a step. Spec: G-7."""
    if isinstance(point, TurnPoint):
        return (point.log_root, point.db_root)
    return (point,)


def check_point(point: Point) -> None:
    """Raise `WordLengthMismatch` unless the words of ``point`` are words."""
    for word in words_of(point):
        check_word(word)
