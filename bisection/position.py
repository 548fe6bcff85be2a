"""Where a game stands, as the contract keeps it: a hash of who plays, about what, and the points.

Points do not say which claim is disputed, nor which turn was opened: a position has a *context* for
that. While turns are bisected it is the hash of the claim; over steps that of the claim and the
turn that was opened. So the game can go on, from a turn that the challenger accepts to the claim,
and the contract keeps no more words for it.

Spec: docs/spec/game.md, G-7, G-22. Mirror: ``Game.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NewType

from bisection.points import Point, TurnPoint, check_point, words_of
from merkle import Hash32, keccak256
from merkle.hashing import HASH_BYTES

Address = NewType("Address", bytes)
"""20 bytes."""


class Side(Enum):
    """One of the two who play."""

    ASSERTER = "asserter"
    CHALLENGER = "challenger"

    @property
    def other(self) -> Side:
        """The one that this side plays against."""
        return Side.CHALLENGER if self is Side.ASSERTER else Side.ASSERTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a game is about: after ``turn`` there are this log and these rows.

    ``participants`` is how many take part in the channel: from it follows who moves a turn (C-3).

    Spec: G-7. Mirror: ``Game.sol:Claim``.
    """

    participants: int
    turn: int
    point: TurnPoint

    def context(self) -> Hash32:
        """Return the context over turns. Raises `WordLengthMismatch`. Spec: G-7."""
        check_point(self.point)
        return keccak256(_number(self.participants) + _number(self.turn) + _words(self.point))

    def opened_context(self, turn: int, point: TurnPoint) -> Hash32:
        """Return the context over the steps of ``turn``, which leads to ``point``.

        Raises `WordLengthMismatch`. Spec: G-7.
        """
        check_point(point)
        return keccak256(self.context() + _number(turn) + _words(point))

    def may_accept(self, turn: int) -> bool:
        """Return whether a challenger may accept ``turn``, and dispute what comes after it.

        Of as many turns as there are participants, the claim's the last, one is the challenger's
        own. It knows what it has built upon, so it need not accept that turn, nor one before. The
        first of them need not be accepted, then: it is that turn, or comes before it. Spec: G-22.
        """
        return turn < self.turn < turn + self.participants - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What the contract keeps the hash of, and every move shows again. Spec: G-7."""

    asserter: Address
    challenger: Address
    channel_id: Hash32
    context: Hash32
    points: tuple[Point, ...]

    def hash(self) -> Hash32:
        """Return the position hash: of 32 bytes for each word. Spec: G-7."""
        addresses = self.asserter.rjust(32, b"\0") + self.challenger.rjust(32, b"\0")
        points = b"".join(map(_words, self.points))
        return keccak256(addresses + self.channel_id + self.context + points)

    def address(self, side: Side) -> Address:
        """Return who plays ``side``."""
        return self.asserter if side is Side.ASSERTER else self.challenger


def _number(value: int) -> bytes:
    return value.to_bytes(HASH_BYTES, "big")


def _words(point: Point) -> bytes:
    return b"".join(words_of(point))
