"""Asserters that are not honest: each posts what is true, but for one thing.

Whoever tells of another history is an honest asserter of that: `Asserter`, with a log that the
other side does not have. `Weaver` mixes histories.

None of them wins against an honest challenger, unless what it claims is true after all.

Spec: docs/spec/game.md, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from bisection.opening import TurnOpened
from bisection.players.honest import Asserter
from bisection.points import TurnPoint
from merkle import Hash32, keccak256
from wasm_interp.state import FUEL_AT, State, Status, TrapCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bisection.players.honest import ShowMessage
    from bisection.players.knowledge import Knowledge
    from bisection.players.player import View
    from bisection.points import Point


def untrue(what: str, place: int) -> Hash32:
    """Return a hash that nothing has, always the same one for a place."""
    return keccak256(f"untrue {what} at {place}".encode())


@overload
def untrue_point(like: TurnPoint, place: int) -> TurnPoint: ...


@overload
def untrue_point(like: Point, place: int) -> Point: ...


def untrue_point(like: Point, place: int) -> Point:
    """Return a point of the same kind that nothing has, always the same one for a place."""
    if isinstance(like, TurnPoint):
        return replace(like, db_root=untrue("db_root", place))
    return untrue("point", place)


class Liar(Asserter):
    """Claims a wrong db_root: true up to a turn, and in that turn up to a step, noise from there.

    ``step`` 1 is wrong from the first midpoint on, ``STEPS`` has a true trace to a forged end.
    It shows whatever message the log has as accepted, also one that the reducer refuses.
    """

    def __init__(
        self, knowledge: Knowledge, show_message: ShowMessage, *, turn: int, step: int
    ) -> None:
        super().__init__(knowledge, show_message)
        self.turn = turn
        self.step = step

    def db_root(self, turn: int) -> Hash32:
        """Return the true root before the lie."""
        return super().db_root(turn) if turn < self.turn else untrue("db_root", turn)

    def state_hash(self, turn: int, step: int) -> Hash32:
        """Return the true state hash before the lie."""
        known = turn < self.turn or (turn == self.turn and step < self.step)
        return super().state_hash(turn, step) if known else untrue("state", step)

    def end_record(self, turn: int, *, db_root: Hash32) -> bytes:
        """Return the record of the true end, forged to show what is claimed."""
        end = self.end_state(turn)
        accepted = replace(end, status=Status.HALTED, trap=TrapCode.NONE, result=0)
        return replace(accepted, db_root=db_root).encode()

    def end_state(self, turn: int) -> State:
        """Return the true end of ``turn`` where its beginning is true, else of the lie's turn."""
        run = self.run(turn if turn <= self.turn else self.turn)
        return run.machine(len(run)).state()


class WrongTrace(Asserter):
    """Claims what is true, and posts untrue states from ``step`` on."""

    def __init__(self, knowledge: Knowledge, show_message: ShowMessage, *, step: int) -> None:
        super().__init__(knowledge, show_message)
        self.step = step

    def state_hash(self, turn: int, step: int) -> Hash32:
        """Return the true state hash before the lie."""
        known = step < self.step
        return super().state_hash(turn, step) if known else untrue("state", step)


class WrongFuel(Asserter):
    """Claims the right rows after a run that took one unit of fuel less."""

    def end_record(self, turn: int, *, db_root: Hash32) -> bytes:
        """Return the true end with more fuel left."""
        record = super().end_record(turn, db_root=db_root)
        fuel = int.from_bytes(record[FUEL_AT : FUEL_AT + 4], "big") + 1
        return record[:FUEL_AT] + fuel.to_bytes(4, "big") + record[FUEL_AT + 4 :]


class WrongGenesis(Asserter):
    """Opens the turn on a reducer that has less fuel: another reducer's genesis."""

    def turn_opened(self, view: View) -> TurnOpened | None:
        """Return an opening that is refused with `ReducerIdMismatch`."""
        move = super().turn_opened(view)
        assert move is not None, "an honest asserter opens its turns"
        genesis = move.reducer.genesis
        poorer = genesis[:FUEL_AT] + bytes(3) + b"\x07" + genesis[FUEL_AT + 4 :]
        return replace(move, reducer=replace(move.reducer, genesis=poorer))


class HonestEnd(Liar):
    """A liar that shows the true end of the turn: refused with `EndNotAccepted`."""

    def end_record(self, turn: int, *, db_root: Hash32) -> bytes:
        """Return the record of the true end."""
        return self.end_state(turn).encode()


class Weaver(Asserter):
    """Posts points of several histories, now of one, now of another; opens turns of each in turn.

    The first is the one that it claims. What it picks is drawn from a seed.
    """

    def __init__(self, histories: Sequence[Asserter], *, seed: int) -> None:
        super().__init__(histories[0].knowledge, histories[0].show_message)
        self.histories = tuple(histories)
        self.seed = seed

    def turn_point(self, turn: int) -> TurnPoint:
        """Return the point of one of the histories, the same one for a turn."""
        return random.Random(f"{self.seed} {turn}").choice(self.histories).turn_point(turn)

    def turn_opened(self, view: View) -> TurnOpened | None:
        """Return what opens the turn of one of the histories, drawn anew for each second."""
        return random.Random(f"{self.seed} {view.now}").choice(self.histories).turn_opened(view)


class Withholder(Asserter):
    """Never shows the message of a turn."""

    def turn_opened(self, view: View) -> TurnOpened | None:
        """Return nothing: its time runs out."""
        return None
