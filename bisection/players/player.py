"""What a player is shown of a game, and what it answers.

Spec: docs/spec/game.md. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bisection.expansion import segment_ends
from bisection.game import Game, Phase, Position, Side, deadline
from bisection.moves import (
    Move,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.points import TurnPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What everybody can see of a game at ``now``: how it was opened, the moves made, where it is.

    ``game`` follows from the rest; it is there so that nobody has to replay the moves.
    """

    opening: Game
    moves: tuple[Move, ...]
    game: Game
    now: int

    @property
    def late(self) -> bool:
        """Whether the side to move has run out of time."""
        return self.now > deadline(self.game)

    def ends(self) -> tuple[int, ...]:
        """Return the ends of the segments that the stretch is cut into. Spec: G-8."""
        return segment_ends(self.game.low, self.game.high, arity=self.game.constants.arity)

    def turns(self) -> tuple[tuple[int, int], tuple[TurnPoint, ...]]:
        """Return the stretch of turns that is left, or whose turn was opened, and its points."""
        low, high, points = self.opening.low, self.opening.high, self.opening.turn_points
        for move in self.moves:
            match move:
                case TurnsPosted(inner):
                    points = (points[0], *inner, points[-1])
                case TurnsChosen(segment):
                    ends = segment_ends(low, high, arity=self.game.constants.arity)
                    low, high = ends[segment : segment + 2]
                    points = points[segment : segment + 2]
                case TurnAccepted(claim=claim, turn=turn, point=point):
                    low, high, points = turn, claim.turn, (point, claim.point)
                case _:
                    pass
        return (low, high), points

    def turn(self) -> int:
        """Return the turn that is disputed: the last of the stretch of turns that is left."""
        (_, high), _ = self.turns()
        return high

    def payload(self) -> bytes:
        """Return the payload that was opened last; the game is over steps."""
        return self._payloads()[-1]

    def accepted(self) -> tuple[tuple[TurnAccepted, bytes], ...]:
        """Return the turns that were accepted, each with the payload that was opened of it."""
        accepted = (move for move in self.moves if isinstance(move, TurnAccepted))
        # Of every turn that was accepted the message was opened before, in the same order.
        return tuple(zip(accepted, self._payloads(), strict=False))

    def _payloads(self) -> list[bytes]:
        return [move.signed.payload for move in self.moves if isinstance(move, TurnOpened)]


@dataclass(frozen=True, slots=True)
class Submission:
    """What a player sends: a move, the value with it, and the position that it shows.

    ``shown`` is None for the game's own position.
    """

    move: Move
    value: int = 0
    shown: Position | None = None


class Player(Protocol):
    """One side, or somebody who pretends to be."""

    def next(self, view: View) -> Submission | None:
        """Return what to send now, or None to wait. Nothing is remembered between calls."""
        ...


def in_time(view: View, side: Side) -> bool:
    """Return whether ``side`` is to move, and can."""
    return view.game.to_move is side and not view.late


def timeout_claim(view: View, side: Side) -> Submission | None:
    """Return the claim of the side that waits, once the other's time is up. Spec: G-15."""
    if view.game.phase is Phase.FINISHED or view.game.to_move is side or not view.late:
        return None
    return Submission(TimeoutClaimed())
