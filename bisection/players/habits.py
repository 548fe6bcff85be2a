"""Bad habits that any player can have: going silent, waiting to the last second, sending nonsense.

Each wraps another player. None of them helps it.

Spec: docs/spec/game.md, G-6, G-14. Mirror: none, contracts do not play.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bisection.game import Game, Side, deadline
from bisection.moves import (
    Move,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnsChosen,
    TurnsPosted,
)
from bisection.players.asserters import untrue_point
from bisection.players.player import Player, Submission, View
from bisection.points import TurnPoint, words_of

if TYPE_CHECKING:
    from bisection.points import Point
    from merkle import Hash32


class Silent:
    """Says nothing once ``after`` moves were made, not even when the other's time is up."""

    def __init__(self, player: Player, *, after: int = 0) -> None:
        self.player = player
        self.after = after

    def next(self, view: View) -> Submission | None:
        """Return what the player sends, while it does."""
        return self.player.next(view) if len(view.moves) < self.after else None


class LastSecond:
    """Makes each of its moves in the last second of its time."""

    def __init__(self, player: Player, side: Side) -> None:
        self.player = player
        self.side = side

    def next(self, view: View) -> Submission | None:
        """Return what the player sends, when there is no time left."""
        if view.game.to_move is self.side and view.now < deadline(view.game):
            return None
        return self.player.next(view)


class Meddler:
    """Sends nonsense all the time; in the last second of its time, what the player sends.

    Whatever the other's move is, it tries to make that too.
    """

    def __init__(self, player: Player, side: Side, *, seed: int) -> None:
        self.player = player
        self.side = side
        self.seed = seed

    def next(self, view: View) -> Submission | None:
        """Return a move that is refused, or at the very end the player's own."""
        game = view.game
        if game.to_move is None or view.late:
            return self.player.next(view)
        if game.to_move is self.side and view.now == deadline(game):
            return self.player.next(view)
        rng = random.Random(f"{self.seed} {len(view.moves)} {view.now}")
        if game.to_move is not self.side:
            return rng.choice(OUT_OF_TURN)(game)
        own = self.player.next(view)
        if own is None:
            return Submission(TimeoutClaimed())
        return rng.choice(MISTAKES)(own, game)


# -- mistakes --------------------------------------------------------------------------------------

Mistake = Callable[[Submission, Game], Submission]
"""Makes what is refused of what would be taken."""


def wrong_value(own: Submission, _: Game) -> Submission:
    """Send more than is due: `BondMismatch`."""
    return replace(own, value=own.value + 1)


def wrong_position(own: Submission, game: Game) -> Submission:
    """Show a position with another point: `PositionMismatch`."""
    points = (*game.points[:-1], untrue_point(game.points[-1], 0))
    return replace(own, shown=replace(game.position, points=points))


def wrong_sides(own: Submission, game: Game) -> Submission:
    """Show a position with the two sides exchanged: `NotYourMove`."""
    asserter, challenger = game.position.challenger, game.position.asserter
    shown = replace(game.position, asserter=asserter, challenger=challenger)
    return replace(own, shown=shown)


def wrong_phase(own: Submission, _: Game) -> Submission:
    """Make the like move of the other level: `PhaseMismatch`."""
    move: Move
    match own.move:
        case TurnsPosted(points):
            move = StepsPosted(as_state_hashes(points))
        case StepsPosted(hashes):
            move = TurnsPosted(as_turn_points(hashes))
        case TurnsChosen(segment):
            move = StepsChosen(segment)
        case _:
            move = TurnsChosen(0)
    return replace(own, move=move)


def as_turn_points(points: Iterable[Point]) -> tuple[TurnPoint, ...]:
    """Return points of turns as they are, and state hashes for both words of one."""
    return tuple(
        point if isinstance(point, TurnPoint) else TurnPoint(log_root=point, db_root=point)
        for point in points
    )


def as_state_hashes(points: Iterable[Point]) -> tuple[Hash32, ...]:
    """Return state hashes as they are, and db_roots in the place of others."""
    return tuple(words_of(point)[-1] for point in points)


def wrong_count(own: Submission, game: Game) -> Submission:
    """Post a point too many, choose a segment too far; else claim a time that is not up."""
    match own.move:
        case TurnsPosted(points):
            return replace(own, move=TurnsPosted((*points, game.turn_points[-1])))
        case StepsPosted(hashes):
            return replace(own, move=StepsPosted((*hashes, game.state_hashes[-1])))
        case TurnsChosen() | StepsChosen():
            return replace(own, move=type(own.move)(game.segments))
        case _:
            return Submission(TimeoutClaimed())


def own_timeout(_: Submission, __: Game) -> Submission:
    """Claim one's own time, which is not up: `DeadlineNotPassed`."""
    return Submission(TimeoutClaimed())


def wrong_acceptance(own: Submission, game: Game) -> Submission:
    """Accept a turn that was not opened: `ContextMismatch`, or `PhaseMismatch`."""
    return replace(own, move=not_opened(game))


def not_opened(game: Game) -> TurnAccepted:
    """Return that the claim's turn is accepted in the place of the one that was opened."""
    claim = game.claim
    return TurnAccepted(claim=claim, turn=claim.turn, point=untrue_point(claim.point, 0))


MISTAKES: Final[tuple[Mistake, ...]] = (
    *(wrong_value, wrong_position, wrong_sides, wrong_phase, wrong_count, own_timeout),
    wrong_acceptance,
)
OUT_OF_TURN: Final[tuple[Callable[[Game], Submission], ...]] = (
    lambda _: Submission(TimeoutClaimed()),
    lambda game: Submission(TurnsPosted(as_turn_points(game.points[1:])), value=game.value_due),
    lambda game: Submission(StepsPosted(as_state_hashes(game.points[1:])), value=game.value_due),
    lambda _: Submission(TurnsChosen(0)),
    lambda _: Submission(StepsChosen(0)),
    lambda game: Submission(not_opened(game)),
)
"""Moves tried while the other side is to move: whatever they are, they are refused."""
