"""A module's state between actions: what a machine leaves behind, the next one takes over.

The protocol's machine starts every call from genesis; a script's module lives on. So each action
runs a fresh machine on the instance's memory, globals and rows, with fresh fuel. Traps keep what
was written before them. Nobody may ask these machines for a hash: their commitments start from the
program's memory, not from the instance's.

Spec: WebAssembly core, ``exec/modules``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from wasm_interp.lower import HALT_WITH_RESULT, HALT_WITHOUT_RESULT
from wasm_interp.machine import Machine, Tier
from wasm_interp.module import ExternKind
from wasm_interp.program import EMPTY_ROWS, NO_MESSAGE
from wasm_interp.state import Status, TrapCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wasm_interp.opcodes import ValueType
    from wasm_interp.program import Function, Program

RELAXED_PAGES_MAX: Final = 4_096
"""What `Instance.without_page_limit` may grow to: beyond what the suite asks for, 256 MiB."""


@dataclass(frozen=True, slots=True)
class Returned:
    """An action's result: ``kind`` is None if there is none."""

    kind: ValueType | None
    value: int

    def __str__(self) -> str:
        return "nothing" if self.kind is None else f"{self.kind.text}:{self.value}"


@dataclass(frozen=True, slots=True)
class Trapped:
    """An action's trap."""

    code: TrapCode

    def __str__(self) -> str:
        return f"trap '{self.code.text}'"


Outcome: TypeAlias = Returned | Trapped


class Instance:
    """An instantiated module. ``line`` is where the script defines it.

    ``limited`` names the first limit that stopped one of its actions: from there on its state may
    not be the one that the script expects. ``shared_with`` names the first module that imports from
    this one, but is refused: what it would have written here is missing.
    """

    def __init__(
        self,
        program: Program,
        *,
        line: int,
        memory_max: int | None = None,
        tier: Tier = Tier.STEPPER,
    ) -> None:
        """Start from genesis; the start function has not run. ``memory_max`` is in pages."""
        self.tier = tier
        self.program = program
        self.line = line
        self.limited: str | None = None
        self.shared_with: str | None = None
        self._globals = list(program.globals)
        self._memory = bytearray(program.memory)
        self._memory_max = program.memory_max if memory_max is None else memory_max
        self._rows = EMPTY_ROWS
        self._history: list[Callable[[Instance], Outcome]] = []
        self._relaxed: Instance | None = None
        self._relaxed_done = 0

    def start(self) -> Outcome:
        """Run the start function, if there is one."""
        pc = self.program.start_pc
        if pc is None:
            return Returned(None, 0)
        return self._act(lambda instance: instance._run(pc, (), kind=None))

    def invoke(self, function: Function, args: Sequence[int]) -> Outcome:
        """Call an exported function with unsigned ``args`` of its parameters' types."""
        results = function.type.results
        kind = results[0] if results else None
        return self._act(lambda instance: instance._run(function.pc, args, kind=kind))

    def get(self, index: int) -> Outcome:
        """Return the value of global ``index``."""
        imported = len(self.program.module.imported(ExternKind.GLOBAL))
        kind = self.program.module.globals[index - imported].type.value_type
        return self._act(lambda instance: Returned(kind, instance._globals[index]))

    def limit_behind(self, holds: Callable[[Outcome], bool], outcome: Outcome) -> str | None:
        """Return the limit of the profile that made the last action's ``outcome``, or None.

        ``holds`` says whether an outcome is the expected one.
        """
        if (reached := limit_reached(self.program, outcome)) is not None:
            return reached
        relaxed = self._without_page_limit()
        if relaxed is not None and holds(relaxed):
            return f"memory_pages_max is {self.program.profile.memory_pages_max}"
        return self.limited

    def _act(self, action: Callable[[Instance], Outcome]) -> Outcome:
        self._history.append(action)
        outcome = action(self)
        if self.limited is None and (reached := limit_reached(self.program, outcome)) is not None:
            self.limited = f"{reached}, reached by an action before"
        return outcome

    def _run(self, pc: int, args: Sequence[int], *, kind: ValueType | None) -> Outcome:
        machine = Machine(
            self.program,
            pc=pc,
            stack=args,
            return_pcs=[HALT_WITHOUT_RESULT if kind is None else HALT_WITH_RESULT],
            rows=self._rows,
            message=NO_MESSAGE,
            fuel=self.program.fuel,
        )
        machine.globals, machine.memory = self._globals, self._memory
        machine.memory_max = self._memory_max
        machine.run(tier=self.tier)
        self._globals, self._memory, self._rows = machine.globals, machine.memory, machine.rows
        if machine.status is Status.TRAPPED:
            return Trapped(machine.trap)
        return Returned(kind, machine.result)

    def _without_page_limit(self) -> Outcome | None:
        """Return what the last action yields where only the profile's page limit is lifted.

        None where it could make no difference: the module declares a maximum, which the profile
        keeps as it is, or has no memory. Another instance repeats all actions so far.
        """
        memories = self.program.module.memories
        if not memories or memories[0].maximum is not None:
            return None
        if self._relaxed is None:
            self._relaxed = Instance(
                self.program, line=self.line, memory_max=RELAXED_PAGES_MAX, tier=self.tier
            )
        outcome = None
        for action in self._history[self._relaxed_done :]:
            outcome = action(self._relaxed)
        self._relaxed_done = len(self._history)
        return outcome


def limit_reached(program: Program, outcome: Outcome) -> str | None:
    """Return the limit that ``outcome`` is the trap of, or None."""
    profile = program.profile
    match outcome:
        case Trapped(TrapCode.CALL_STACK_EXHAUSTED):
            return f"call_depth_max is {profile.call_depth_max}"
        case Trapped(TrapCode.OUT_OF_FUEL):
            return f"fuel is {program.fuel}"
        case _:
            return None
