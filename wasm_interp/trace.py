"""Tracing: a machine's run, step by step, each step with the state before it and what it did.

Not here: how states are hashed (`wasm_interp.state`), what a table looks like (`cli`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from merkle.display import html_table
from wasm_interp.events import Event, observe
from wasm_interp.state import State, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasm_interp.instructions import Word
    from wasm_interp.machine import Machine
    from wasm_interp.program import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    ``index`` is the number of steps taken before it. ``state``, ``stack_top`` and ``word`` are
    those before it; ``events`` are what it read and wrote. The last step of a finished run has
    status halted or trapped already, and no events: that is the state in which the machine stays.
    """

    index: int
    location: Location
    word: Word | None
    text: str
    stack_top: int | None
    state: State
    events: tuple[Event, ...]

    def __repr__(self) -> str:
        if self.state.status is not Status.RUNNING:
            return f"Step({self.index}: {self.state!r})"
        return f"Step({self.index}: {self.location}: {self.text})"

    def _repr_html_(self) -> str:
        rows: list[list[object]] = [[type(event).__name__, event] for event in self.events]
        table = html_table(["event", "what was read or written"], rows, caption=repr(self))
        return table + self.state._repr_html_()


HTML_STEPS_MAX: Final = 50
"""Steps shown of a run in a notebook."""

STEP_HEADINGS: Final = ("step", "pc", "symbol", "instruction", "stack top", "state hash")


def step_cells(step: Step) -> list[object]:
    """Return what a table shows of a step, under `STEP_HEADINGS`."""
    top = "" if step.stack_top is None else step.stack_top
    where = step.location
    return [step.index, where.pc, where.symbol, step.text, top, f"0x{step.state.hash().hex()}"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trace:
    """The steps ``start … stop - 1`` of a machine's run, every ``every``-th of them, and the last.

    A run that ends before ``start`` shows the state in which it ended.

    ``stop`` None means to the end, the final state included. Iterating runs a copy of ``machine``,
    so a trace can be read as often as one likes; steps that are not shown run at full speed.
    """

    machine: Machine
    start: int = 0
    stop: int | None = None
    every: int = 1

    def __iter__(self) -> Iterator[Step]:
        assert self.start >= 0
        assert self.every >= 1
        m = self.machine.copy()
        m.run(self.start)
        while self.stop is None or self._index(m) < self.stop:
            finished = not m.running
            yield step_of(m, index=self._index(m))
            if finished:
                return
            m.run(self.every - 1)

    def _index(self, m: Machine) -> int:
        return m.steps - self.machine.steps

    def __repr__(self) -> str:
        end = "the end" if self.stop is None else f"step {self.stop - 1}"
        every = "" if self.every == 1 else f", every {self.every}"
        return f"Trace(step {self.start} to {end}{every}, of {self.machine!r})"

    def _repr_html_(self) -> str:
        steps = islice(self, HTML_STEPS_MAX)
        return html_table(STEP_HEADINGS, [step_cells(step) for step in steps], caption=repr(self))


def step_of(m: Machine, *, index: int) -> Step:
    """Return the step at which ``m`` stands, as number ``index`` of its run, and take it."""
    state = m.state()
    word = m.word() if m.running else None
    return Step(
        index=index,
        location=m.program.location(m.pc),
        word=word,
        text=m.program.text(word) if m.running else _outcome(m),
        stack_top=m.stack[-1] if m.stack else None,
        state=state,
        events=observe(m),
    )


def _outcome(m: Machine) -> str:
    if m.status is Status.HALTED:
        return f"halted, result {m.result}"
    return f"trapped: {m.trap.text}"
