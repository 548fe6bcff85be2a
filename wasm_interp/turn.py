"""Turns: what a message does to the rows, and the replay of a log.

Not here: signatures, the log's commitment, who may send (the channel's). Spec: docs/spec/turn.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from merkle.display import full, html_table
from wasm_interp.machine import Machine, Tier
from wasm_interp.message import Message
from wasm_interp.state import Status, TrapCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from merkle import Hash32, OrderedMap
    from wasm_interp.program import Location, Program


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Turn:
    """What became of one message.

    ``accepted`` says whether the message is a turn (T-6). ``rows`` are those after it: unchanged if
    it was not accepted. ``backtrace`` is where the machine halted or trapped, and the calls that
    led there, the innermost first.
    """

    message: Message
    status: Status
    result: int
    trap: TrapCode
    accepted: bool
    steps: int
    fuel_used: int
    rows: OrderedMap
    backtrace: tuple[Location, ...]

    @property
    def stopped_at(self) -> Location:
        """Where the machine halted or trapped."""
        return self.backtrace[0]

    @property
    def db_root(self) -> Hash32:
        """The root of the rows after the message."""
        return self.rows.root

    @property
    def verdict(self) -> str:
        """One word or phrase for people: accepted, refused with 4, trapped: divide by zero."""
        if self.accepted:
            return "accepted"
        if self.status is Status.HALTED:
            return f"refused with {self.result}"
        return f"trapped: {self.trap.text}"

    def __repr__(self) -> str:
        return f"Turn({self.message.turn}: {self.verdict}, {self.steps} steps, {self.rows!r})"

    def _repr_html_(self) -> str:
        facts: list[tuple[str, object]] = [
            ("verdict", self.verdict),
            ("sender", self.message.sender),
        ]
        facts += [("payload", full(self.message.payload)), ("stopped at", self.stopped_at)]
        facts += [("steps", self.steps), ("fuel used", self.fuel_used)]
        facts += [("db_root", full(self.db_root))]
        return html_table(["", f"turn {self.message.turn}"], facts) + self.rows._repr_html_()


def finish(machine: Machine, rows: OrderedMap, *, tier: Tier = Tier.STEPPER) -> Turn:
    """Run ``machine``, which stands at the start of a message over ``rows``; return its turn."""
    fuel = machine.fuel
    machine.run(tier=tier)
    return Turn(
        message=machine.message,
        status=machine.status,
        result=machine.result,
        trap=machine.trap,
        accepted=machine.accepted,
        steps=machine.steps,
        fuel_used=fuel - machine.fuel,
        rows=machine.rows if machine.accepted else rows,
        backtrace=machine.backtrace(),
    )


def reduce(
    program: Program, rows: OrderedMap, message: Message, *, tier: Tier = Tier.STEPPER
) -> Turn:
    """Apply one message to ``rows``. Raises `NotAReducer`. Spec: T-6."""
    return finish(program.start(rows, message), rows, tier=tier)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a log: who sent what. ``sender`` None is the participant whose turn it is."""

    sender: int | None
    payload: bytes

    def message(self, turn: int, *, participants: int) -> Message:
        """Return the message that the entry is at ``turn``: participants take turns from 0 on."""
        sender = (turn - 1) % participants if self.sender is None else self.sender
        return Message(turn=turn, sender=sender, payload=self.payload)


def replay(
    program: Program,
    rows: OrderedMap,
    log: Iterable[LogEntry],
    *,
    participants: int = 2,
    tier: Tier = Tier.STEPPER,
) -> Iterator[Turn]:
    """Apply a log's entries one after the other, numbering turns from 1. Spec: T-7."""
    turn = 1
    for entry in log:
        outcome = reduce(program, rows, entry.message(turn, participants=participants), tier=tier)
        yield outcome
        rows = outcome.rows
        turn += outcome.accepted
