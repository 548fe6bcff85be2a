"""What a side knows of a channel: its reducer, the messages, log and rows after each, their runs.

Everything here can be had anew from program, rows and log; what is kept only saves work. A run is
made once and asked for states of any step (`wasm_interp.checkpoints`), so that a whole game costs a
small constant times one run.

Not here: signatures, logs and who sent what (the channel's). Spec: docs/spec/game.md, G-19, G-20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from bisection.points import TurnPoint
from wasm_interp.checkpoints import Checkpoints
from wasm_interp.machine import Tier
from wasm_interp.turn import LogEntry, reduce

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bisection.game import Address
    from merkle import Hash32, OrderedMap
    from wasm_interp import Machine, Message, Program

RUNS_MAX: Final = 2
"""Runs that are kept: a game is about one turn, a side may play two games."""


class Run:
    """The states of one turn by their step. Beyond the end the machine steps to itself (S-8)."""

    def __init__(self, machine: Machine) -> None:
        self._checkpoints = Checkpoints(machine)
        self._hashes: dict[int, Hash32] = {}

    def machine(self, step: int) -> Machine:
        """Return a machine of one's own after ``step`` steps."""
        return self._checkpoints.run_to(min(step, len(self._checkpoints)))

    def state_hash(self, step: int) -> Hash32:
        """Return the state hash after ``step`` steps."""
        step = min(step, len(self._checkpoints))
        if step not in self._hashes:
            self._hashes[step] = self._checkpoints.state_hash(step)
        return self._hashes[step]

    def __len__(self) -> int:
        return len(self._checkpoints)


_Runs: TypeAlias = "dict[tuple[Message, Hash32], Run]"
"""Runs by their message and the root of the rows before it."""


class Knowledge:
    """A reducer, and the turns after ``base`` whose messages this side knows and accepts.

    ``messages`` are those of turns ``base + 1`` and on. ``log_roots`` are those of the log after
    ``base``, ``base + 1`` and on, one more than messages. ``rows`` are those after the same turns,
    as far as messages were accepted: a message that was not is no turn (T-6).

    A challenger leaves out of ``messages`` what it has not seen, and from the first on that its
    mover has not signed (G-20). `bisection` knows neither logs nor signatures, so both are for the
    channel to do.
    """

    def __init__(
        self,
        program: Program,
        *,
        base: int,
        rows: Iterable[OrderedMap],
        messages: Iterable[Message],
        log_roots: Iterable[Hash32],
        participants: tuple[Address, ...],
        runs: _Runs | None = None,
    ) -> None:
        self.program = program
        self.base = base
        self.participants = participants
        self.rows = tuple(rows)
        self.messages = tuple(messages)
        self.log_roots = tuple(log_roots)
        assert len(self.log_roots) == len(self.messages) + 1 >= len(self.rows)
        self._runs: _Runs = {} if runs is None else runs
        self._learnt: dict[tuple[Message, Hash32], Knowledge] = {}

    @classmethod
    def replayed(
        cls,
        program: Program,
        *,
        base: int,
        rows: OrderedMap,
        messages: Iterable[Message],
        log_roots: Iterable[Hash32],
        participants: tuple[Address, ...],
    ) -> Knowledge:
        """Return what follows from ``rows`` after turn ``base`` and the messages after it."""
        messages = tuple(messages)
        known = [rows]
        for message in messages:
            turn = reduce(program, known[-1], message, tier=Tier.COMPILED)
            if not turn.accepted:
                break
            known.append(turn.rows)
        return cls(
            program,
            base=base,
            rows=known,
            messages=messages,
            log_roots=log_roots,
            participants=participants,
        )

    def learnt(self, message: Message, log_root: Hash32) -> Knowledge:
        """Return what this side knows once it has accepted a message that it was shown.

        Whatever it knew for that turn, and after it, is another history. ``log_root`` is that of
        the log with the message. A message after rows that are not known teaches nothing.

        Spec: G-22.
        """
        at = message.turn - self.base
        known = self.log_root(message.turn) == log_root
        if known or not 0 < at <= len(self.rows):
            return self
        found = self._learnt.get((message, log_root))
        if found is None:
            turn = reduce(self.program, self.rows[at - 1], message, tier=Tier.COMPILED)
            found = self._learnt[message, log_root] = Knowledge(
                self.program,
                base=self.base,
                rows=(*self.rows[:at], turn.rows) if turn.accepted else self.rows[:at],
                messages=(*self.messages[: at - 1], message),
                log_roots=(*self.log_roots[:at], log_root),
                participants=self.participants,
                # One store for all: else each turn that is accepted would keep a run of its own.
                runs=self._runs,
            )
        return found

    def root(self, turn: int) -> Hash32 | None:
        """Return the db_root after ``turn``, or None if this side accepts no such turn."""
        at = turn - self.base
        return self.rows[at].root if 0 <= at < len(self.rows) else None

    def log_root(self, turn: int) -> Hash32 | None:
        """Return the root of the log of ``turn``, or None if this side knows no log so long."""
        at = turn - self.base
        return self.log_roots[at] if 0 <= at < len(self.log_roots) else None

    def point(self, turn: int) -> TurnPoint | None:
        """Return what is true after ``turn``, or None if this side accepts no such turn."""
        log_root, db_root = self.log_root(turn), self.root(turn)
        if log_root is None or db_root is None:
            return None
        return TurnPoint(log_root=log_root, db_root=db_root)

    def message(self, turn: int) -> Message:
        """Return the message of ``turn``, which this side knows."""
        return self.messages[turn - self.base - 1]

    def opened(self, turn: int, payload: bytes) -> Message:
        """Return the message of ``turn`` that a game has opened: its mover sent it (C-3)."""
        return LogEntry(None, payload).message(turn, participants=len(self.participants))

    def run(self, message: Message) -> Run:
        """Return the run of ``message`` for its turn; the rows before that are known."""
        rows = self.rows[message.turn - 1 - self.base]
        found = self._runs.get((message, rows.root))
        if found is None:
            found = self._runs[message, rows.root] = Run(self.program.start(rows, message))
            if len(self._runs) > RUNS_MAX:
                del self._runs[next(iter(self._runs))]
        return found
