"""Two players against each other on a simulated clock: the whole game, and all that was refused.

Not here: the rules (`bisection.game`), an EVM, signatures. Spec: docs/spec/game.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bisection.expansion import moves_max
from bisection.game import Game, Side, deadline, update
from bisection.players.player import Player, Submission, View
from merkle.errors import ChannelsError

if TYPE_CHECKING:
    from bisection.moves import Move

Times: TypeAlias = Callable[[Game], Iterable[int]]
"""When the players are asked after each move: seconds, in order, none before ``game.moved``."""


def at_once(game: Game) -> Iterable[int]:
    """Ask when the last move was made, when time is almost up, and when it is."""
    due = deadline(game)
    return (game.moved, due, due + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a side sent, and why it was refused, if it was."""

    at: int
    side: Side
    submission: Submission
    refusal: ChannelsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What two players made of a game. ``game`` is unfinished if neither had more to send."""

    opening: Game
    game: Game
    entries: tuple[Entry, ...]

    @property
    def winner(self) -> Side | None:
        """The side that won."""
        if self.game.winner is None:
            return None
        won = self.game.winner == self.game.position.asserter
        return Side.ASSERTER if won else Side.CHALLENGER

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves that were made, in order."""
        return tuple(entry.submission.move for entry in self.entries if entry.refusal is None)

    @property
    def refusals(self) -> tuple[ChannelsError, ...]:
        """Why what was refused was refused, in order."""
        return tuple(entry.refusal for entry in self.entries if entry.refusal is not None)


def play(
    opening: Game,
    *,
    asserter: Player,
    challenger: Player,
    times: Times = at_once,
    first: Side = Side.ASSERTER,
) -> Outcome:
    """Let two players play to the end, or until neither has anything more to send.

    At each of ``times`` both are asked, ``first`` before the other.
    """
    players = {Side.ASSERTER: asserter, Side.CHALLENGER: challenger}
    table = _Table(opening, players, order=(first, first.other))
    most = moves_max(opening.constants.arity, participants=opening.claim.participants)
    # The opening is one of the moves that G-21 counts.
    for _ in range(most - 1):
        if not table.one_move(times(table.game)) or table.game.winner is not None:
            break
    else:
        raise AssertionError("a game has more moves than G-21 allows")
    return Outcome(opening=opening, game=table.game, entries=tuple(table.entries))


class _Table:
    """A game in progress."""

    def __init__(self, opening: Game, players: dict[Side, Player], order: Iterable[Side]) -> None:
        self.opening = self.game = opening
        self.players = players
        self.order = tuple(order)
        self.moves: tuple[Move, ...] = ()
        self.entries: list[Entry] = []

    def one_move(self, times: Iterable[int]) -> bool:
        """Ask the players at each of ``times`` until one has moved; return whether one has."""
        return any(self.ask(side, now) for now in times for side in self.order)

    def ask(self, side: Side, now: int) -> bool:
        """Ask one side; return whether it has moved."""
        view = View(opening=self.opening, moves=self.moves, game=self.game, now=now)
        submission = self.players[side].next(view)
        if submission is None:
            return False
        refusal = None
        try:
            self.game = update(
                self.game,
                submission.move,
                mover=self.game.position.address(side),
                now=now,
                value=submission.value,
                shown=submission.shown,
            )
        except ChannelsError as error:
            refusal = error
        else:
            self.moves += (submission.move,)
        self.entries.append(Entry(at=now, side=side, submission=submission, refusal=refusal))
        return refusal is None
