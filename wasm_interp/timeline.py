"""Time travel: a machine's run that can be walked forwards and backwards.

Going back is going forwards again from a checkpoint. Checkpoints are copies of the machine, taken
wherever it was stopped; their number and memory are bounded (`CHECKPOINTS_MAX`,
`CHECKPOINT_BYTES_MAX`).

Not here: what a step is (`wasm_interp.trace`).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, overload

from merkle.display import html_table
from wasm_interp.errors import InputError
from wasm_interp.trace import HTML_STEPS_MAX, STEP_HEADINGS, Step, step_cells, step_of

if TYPE_CHECKING:
    from wasm_interp.machine import Machine
    from wasm_interp.state import State

CHECKPOINT_BYTES_MAX: Final = 256 * 2**20
"""Linear memory of all checkpoints together."""

CHECKPOINTS_MAX: Final = 256

SCAN_STEPS_MAX: Final = 65_536
"""Steps looked at between two checkpoints when a condition is sought backwards."""

Condition = Callable[[Step], bool] | str
"""What to stop at: a function of a step, or a symbol or an instruction's name."""


class Timeline:
    """A run from its first state to its last, and a place in it.

    ``timeline[k]`` is step k (negative: from the end); ``forward``, ``back`` and ``goto`` move the
    place, ``here`` is the step there. The machine given is copied and never changes.
    """

    def __init__(self, machine: Machine) -> None:
        self._base = machine.steps
        self._checkpoints: dict[int, Machine] = {0: machine.copy()}
        self._indices = [0]
        self._last: int | None = None
        self.position = 0

    # -- any step ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of states: steps taken to the end, and one."""
        if self._last is None:
            machine = self._checkpoints[self._indices[-1]].copy()
            machine.run()
            self._last = self._index(machine)
            self._keep(machine)
        return self._last + 1

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        """Return step ``index``, or the steps of a slice. Raises `IndexError` beyond the end."""
        if isinstance(index, slice):
            wanted = range(*index.indices(len(self)))
            if wanted.step == 1:
                return list(islice(self._steps_from(wanted.start), len(wanted)))
            return [self[i] for i in wanted]
        if index < 0:
            index += len(self)
        machine = self.machine(index)
        return step_of(machine, index=index)

    def __iter__(self) -> Iterator[Step]:
        """Yield every step, the final state included."""
        return self._steps_from(0)

    def _steps_from(self, index: int) -> Iterator[Step]:
        machine = self.machine(index)
        while True:
            finished = not machine.running
            yield step_of(machine, index=self._index(machine))
            if finished:
                return

    def machine(self, index: int) -> Machine:
        """Return a machine of one's own at step ``index``. Raises `IndexError` beyond the end."""
        if index < 0:
            raise IndexError("a run has no steps before its first")
        nearest = self._indices[bisect_right(self._indices, index) - 1]
        machine = self._checkpoints[nearest].copy()
        machine.run(index - nearest)
        if self._index(machine) < index:
            raise IndexError(f"the run ends at step {self._index(machine)}")
        self._keep(machine)
        return machine

    def _index(self, machine: Machine) -> int:
        return machine.steps - self._base

    def _keep(self, machine: Machine) -> None:
        """Keep a copy of ``machine``, and drop every second checkpoint when they are too many."""
        index = self._index(machine)
        if index in self._checkpoints:
            return
        self._checkpoints[index] = machine.copy()
        insort(self._indices, index)
        size = sum(len(kept.memory) for kept in self._checkpoints.values())
        if len(self._indices) > CHECKPOINTS_MAX or size > CHECKPOINT_BYTES_MAX:
            # The first stays, since everything can be reached from it.
            for dropped in self._indices[1::2]:
                del self._checkpoints[dropped]
            self._indices = self._indices[::2]

    # -- a place in the run -----------------------------------------------------------------------

    @property
    def here(self) -> Step:
        """The step at the place where one stands."""
        return self[self.position]

    @property
    def state(self) -> State:
        """The state at the place where one stands."""
        return self.machine(self.position).state()

    def goto(self, index: int) -> Step:
        """Stand at step ``index`` (negative: from the end). Raises `IndexError`."""
        step = self[index]
        self.position = step.index
        return step

    def forward(self, steps: int = 1) -> Step:
        """Go ``steps`` forwards, at most to the end."""
        return self.goto(min(self.position + steps, len(self) - 1))

    def back(self, steps: int = 1) -> Step:
        """Go ``steps`` back, at most to the beginning."""
        return self.goto(max(self.position - steps, 0))

    def forward_to(self, condition: Condition) -> Step:
        """Go to the next step that fulfils ``condition``. Raises `InputError` if none does."""
        for step in islice(self._steps_from(self.position), 1, None):
            if _fulfils(step, condition):
                return self.goto(step.index)
        raise InputError("no later step fulfils the condition")

    def back_to(self, condition: Condition) -> Step:
        """Go to the latest earlier step that fulfils ``condition``. Raises `InputError`."""
        end = self.position
        while end > 0:
            start = self._indices[bisect_right(self._indices, end - 1) - 1]
            if end - start > SCAN_STEPS_MAX:
                self.machine((start + end) // 2)
                continue
            found = self._last_in(start, end, condition)
            if found is not None:
                return self.goto(found)
            end = start
        raise InputError("no earlier step fulfils the condition")

    def _last_in(self, start: int, end: int, condition: Condition) -> int | None:
        machine = self._checkpoints[start].copy()
        found = None
        while self._index(machine) < end:
            step = step_of(machine, index=self._index(machine))
            if _fulfils(step, condition):
                found = step.index
        return found

    def __repr__(self) -> str:
        return f"Timeline({len(self)} states, at {self.here!r})"

    def _repr_html_(self) -> str:
        first = max(0, min(self.position - HTML_STEPS_MAX // 2, len(self) - HTML_STEPS_MAX))
        steps = self[first : first + HTML_STEPS_MAX]
        return html_table(STEP_HEADINGS, [step_cells(step) for step in steps], caption=repr(self))


def _fulfils(step: Step, condition: Condition) -> bool:
    if isinstance(condition, str):
        name = step.text.split(" ", maxsplit=1)[0]
        return condition in {step.location.symbol, name}
    return condition(step)
