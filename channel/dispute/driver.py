"""A side's driver: it looks at the chain, asks a player of `bisection`, and sends what it answers.

A driver keeps nothing of a game. It is made of a deployment, a game's id, a side and a player; all
that was played it reads from the chain, every time. So one that was stopped, at any move, is made
again from the side's dossier (`channel.dispute.dossier`) and goes on.

What an honest player sends may be refused all the same: time may pass on its way, or another
process may play the same side. That is told (`Sent.refusal`), and the next look shows the game as
it is. There is no clock, thread or socket here: whoever drives says when to look.

Spec: docs/spec/game.md, G-19, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bisection.expansion import moves_max
from bisection.game import Phase, Side
from bisection.moves import TurnOpened
from bisection.players.honest import Asserter, Challenger
from channel.dispute.errors import EventsDisagree
from channel.dispute.events import TurnShown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bisection.arena import Times
    from bisection.players.knowledge import Knowledge, Run
    from bisection.players.player import Player, Submission, View
    from channel.dispute.dossier import Dossier
    from channel.dispute.manager import Manager, Sent
    from merkle import Hash32

REFUSALS_MAX: Final = 1_000
"""Refused transactions of a whole game after which nobody is asked any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a driver saw, sent, and got."""

    side: Side
    view: View
    submission: Submission
    sent: Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One side of one game on a chain. ``from_block`` is no later than the game's opening."""

    manager: Manager
    game_id: Hash32
    side: Side
    player: Player
    from_block: int = 0

    def look(self) -> View:
        """Return the game as it is. Raises as `Manager.follow` does."""
        return self.manager.follow(self.game_id, from_block=self.from_block)

    def act(self) -> Attempt | None:
        """Look, and send what the player answers; None if it waits. Raises as `look` does."""
        view = self.look()
        if view.game.phase is Phase.FINISHED:
            return None
        submission = self.player.next(view)
        if submission is None:
            return None
        shown = view.game.position if submission.shown is None else submission.shown
        sent = self.manager.move(
            self.game_id,
            submission.move,
            shown=shown,
            sender=view.game.position.address(self.side),
            value=submission.value,
        )
        return Attempt(side=self.side, view=view, submission=submission, sent=sent)


class HonestPlayer:
    """The player that wins if it is right, from what its side keeps: a `Player`.

    A game may begin with any state that all have signed, so what is known is worked out for the
    game that is shown. Raises as `Dossier.asserted` and `Dossier.knowledge` do, for the base that
    the dossier has at once.

    Spec: G-19, G-20.
    """

    def __init__(self, dossier: Dossier, side: Side) -> None:
        self.dossier = dossier
        self.side = side
        self._players: dict[int, Player] = {}
        self._player(dossier.disputed.base.turn)

    def next(self, view: View) -> Submission | None:
        """Return what to send now, or None to wait. Raises `BaseNotKept`, `EventsDisagree`."""
        return self._player(view.opening.low).next(view)

    def _player(self, base: int) -> Player:
        if base not in self._players:
            self._players[base] = self._made(base)
        return self._players[base]

    def _made(self, base: int) -> Player:
        if self.side is Side.ASSERTER:
            return Asserter(self.dossier.asserted(base=base), self.dossier.show)
        return _Challenger(self.dossier.knowledge(base=base))


class _Challenger(Challenger):
    """A challenger that does not take a message from a node that the contract has not taken."""

    def known(self, view: View) -> Knowledge:
        """Return what this side knows. Raises `EventsDisagree` if a message accepted is another.

        What the contract has of a turn that was accepted are the log and the rows after it.
        """
        known = super().known(view)
        for accepted, _ in view.accepted():
            actual = known.point(accepted.turn)
            if actual != accepted.point:
                raise EventsDisagree(
                    what=f"turn {accepted.turn}", expected=accepted.point, actual=actual
                )
        return known

    def run(self, view: View) -> Run:
        """Return the run of the message opened. Raises `EventsDisagree` if its start is another."""
        run = super().run(view)
        shown = next(move.signed for move in reversed(view.moves) if isinstance(move, TurnOpened))
        if isinstance(shown, TurnShown) and run.state_hash(0) != shown.start_hash:
            raise EventsDisagree(
                what="the first state", expected=shown.start_hash, actual=run.state_hash(0)
            )
        return run


def honest_player(dossier: Dossier, side: Side) -> Player:
    """Return the player that wins if it is right. Raises as `HonestPlayer` does."""
    return HonestPlayer(dossier, side)


def play_out(
    drivers: Iterable[Driver], *, times: Times, told: Callable[[Attempt], None] | None = None
) -> View:
    """Let drivers of one game act until it is finished, or until none has more to send.

    After each move, at each of ``times``, all are asked in their order; the chain's time is moved
    on for it, so this is for chains of our own. ``told`` hears of every attempt.
    Raises as `Driver.act` does.
    """
    sides = tuple(drivers)
    manager = sides[0].manager
    refused = 0

    def acted(driver: Driver) -> bool:
        nonlocal refused
        attempt = driver.act()
        if attempt is None:
            return False
        if told is not None:
            told(attempt)
        refused += attempt.sent.refusal is not None
        return attempt.sent.refusal is None

    claim = sides[0].look().opening.claim
    for _ in range(moves_max(manager.constants.arity, participants=claim.participants)):
        view = sides[0].look()
        if view.game.phase is Phase.FINISHED or refused > REFUSALS_MAX:
            return view
        if not any(acted(driver) for _ in _waits(manager, times(view.game)) for driver in sides):
            return sides[0].look()
    raise AssertionError("a game has more moves than G-21 allows")


def _waits(manager: Manager, times: Iterable[int]) -> Iterable[int]:
    """Yield each of ``times``, once the chain has come to it."""
    for time in times:
        now = manager.evm.timestamp()
        if time > now:
            manager.evm.advance(time - now)
        yield time
