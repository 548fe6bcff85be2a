"""The machine: a running state, the reference `step`, and `run`.

A `Machine` is mutable, so that running is fast; `Machine.state` gives its state as a value.
`step` is the specification (S-11): it applies one rule. `run` takes the same steps through the loop
that `wasm_interp.stepper` generates from the rules, or through `wasm_interp.compiled`.

Not here: loading modules (`wasm_interp.link`), roots (`wasm_interp.commitments`).
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from wasm_interp.commitments import Commitments
from wasm_interp.instructions import INSTRUCTIONS, Instruction, Shape, Word
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, Status, TrapCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from merkle import Hash32, OrderedMap, WordTree
    from wasm_interp.commitments import MemoryTree
    from wasm_interp.message import Message
    from wasm_interp.program import Location, Program


class Tier(Enum):
    """What takes the steps. The stepper is generated from the rules: it is the specification."""

    STEPPER = "stepper"
    COMPILED = "compiled"
    NATIVE = "native"


class Machine:
    """A program in execution.

    ``stack``, ``locals``, ``globals`` and ``table`` hold u64 values, ``frames`` pairs of return pc
    and the caller's locals; ``memory`` is exactly as long as the current pages; ``dirty`` names the
    leaves of memory that were written since the root was last computed, and ``untracked`` tells
    that others may have been written, too. ``steps`` counts the steps taken, the one that halts or
    traps included.
    """

    __slots__ = (
        *("program", "status", "trap", "result", "pc", "fuel", "steps"),
        *("stack", "frames", "locals", "globals", "memory", "memory_max", "table"),
        *("rows", "message", "dirty", "untracked", "_commitments"),
    )

    def __init__(
        self,
        program: Program,
        *,
        pc: int,
        stack: Sequence[int] = (),
        return_pcs: Sequence[int],
        rows: OrderedMap,
        message: Message,
        fuel: int,
    ) -> None:
        """Start ``program`` at ``pc`` as if called from ``return_pcs``, the outermost first."""
        self.program = program
        self.status = Status.RUNNING
        self.trap = TrapCode.NONE
        self.result = 0
        self.pc = pc
        self.fuel = fuel
        self.steps = 0
        self.stack = list(stack)
        self.frames: list[tuple[int, list[int]]] = [(pc, [0, 0, 0, 0]) for pc in return_pcs]
        self.locals = [0, 0, 0, 0]
        self.globals = list(program.globals)
        self.memory = bytearray(program.memory)
        self.memory_max = program.memory_max
        self.table = program.table
        self.rows = rows
        self.message = message
        self.dirty: set[int] = set()
        self.untracked = False
        self._commitments = Commitments(program)

    @property
    def running(self) -> bool:
        """Whether the next step changes anything."""
        return self.status is Status.RUNNING

    @property
    def accepted(self) -> bool:
        """Whether the machine, if it reduces a message, has accepted it. Spec: T-6."""
        return self.status is Status.HALTED and self.result == 0

    def charge(self, amount: int) -> None:
        """Take a surcharge of ``amount`` fuel. Raises the trap `OUT_OF_FUEL`. Spec: S-12."""
        if self.fuel < amount:
            self.fuel = 0
            raise Trap(TrapCode.OUT_OF_FUEL)
        self.fuel -= amount

    def step(self) -> None:
        """Take one step. Spec: S-8, S-9, S-11. Mirror: ``OneStepVerifier.sol:step``."""
        if self.status is not Status.RUNNING:
            return
        self.steps += 1
        try:
            if self.fuel == 0:
                raise Trap(TrapCode.OUT_OF_FUEL)
            self.fuel -= 1
            word = self.program.fetch(self.pc)
            if word is None:
                raise Trap(TrapCode.INVALID_INSTRUCTION)
            _EXECUTORS[word.code](self, word)
        except Trap as trap:
            self.status = Status.TRAPPED
            self.trap = trap.code

    def run(self, max_steps: int | None = None, *, tier: Tier = Tier.STEPPER) -> int:
        """Run until the machine halts or traps, or for ``max_steps``; return the steps taken.

        ``tier`` is what runs it: the states are the same. The native tier runs what halts, from its
        beginning; the compiled tier runs the rest. Raises `NativeTierMissing`.
        """
        if tier is Tier.NATIVE:
            from wasm_interp.native import run_native

            if max_steps is None and run_native(self):
                return self.steps
            tier = Tier.COMPILED
        if tier is Tier.COMPILED:
            from wasm_interp.compiled import run_compiled

            return run_compiled(self, max_steps)
        from wasm_interp.stepper import run_plain_steps

        before = self.steps
        # Every step but the last takes fuel, so the machine stops within fuel + 1 steps.
        end = before + (self.fuel + 1 if max_steps is None else max_steps)
        while self.status is Status.RUNNING and self.steps < end:
            run_plain_steps(self, min(end - self.steps, self.fuel))
            if self.status is Status.RUNNING and self.steps < end:
                self.step()
        return self.steps - before

    def state(self) -> State:
        """Return the state as a value, its roots brought up to date."""
        return self._commitments.state(self)

    def state_hash(self) -> Hash32:
        """Return the state hash."""
        return self._commitments.state(self).hash()

    def memory_root(self) -> Hash32:
        """Return the root of memory."""
        return self._commitments.memory.follow(self).root

    def memory_tree(self) -> WordTree:
        """Return the tree of memory: leaves, windows, diffs."""
        return self._commitments.memory.follow(self)

    def stack_chain(self, *, without: int = 0) -> Hash32:
        """Return the chain of the stack without its top ``without`` operands. Spec: M-13."""
        return self._commitments.stack_chain(self, without=without)

    def frame_link(self) -> tuple[Hash32, Hash32]:
        """Return the chain below the frame on top, and the root of that frame's locals.

        There must be a frame. Spec: M-13, S-3.
        """
        return self._commitments.frame_link(self)

    def locals_tree(self) -> WordTree:
        """Return the tree of the current locals."""
        return self._commitments.locals_tree(self)

    def globals_tree(self) -> WordTree:
        """Return the tree of the globals."""
        return self._commitments.globals_tree(self)

    def backtrace(self) -> tuple[Location, ...]:
        """Return where the machine stands and the calls that led there, the innermost first."""
        calls = (return_pc - 1 for return_pc, _ in reversed(self.frames) if return_pc > 1)
        return tuple(self.program.location(pc) for pc in (self.pc, *calls))

    def word(self) -> Word | None:
        """Return the instruction at pc, or None if there is no valid one."""
        return self.program.fetch(self.pc)

    def follow_memory(self, follower: MemoryTree, *, current: bool = False) -> None:
        """Compute the memory's root from a tree of like contents instead of this machine's own.

        ``current`` says that it is the tree of just these contents.
        """
        self._commitments.memory = follower.copy()
        self.untracked = not current
        if current:
            self.dirty.clear()

    def memory_follower(self) -> MemoryTree:
        """Return what computes the memory's root, as it is after `state_hash`."""
        return self._commitments.memory.copy()

    def copy(self, *, memory: bytearray | None = None) -> Machine:
        """Return a machine in the same state that runs on by itself.

        It takes ``memory``, if given, in place of a copy of this machine's.
        """
        twin = Machine.__new__(Machine)
        for name in Machine.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.stack = self.stack[:]
        twin.locals = self.locals[:]
        twin.frames = [(pc, values[:]) for pc, values in self.frames]
        twin.globals = self.globals[:]
        twin.memory = self.memory[:] if memory is None else memory
        twin.dirty = set(self.dirty)
        twin._commitments = self._commitments.copy()
        return twin

    def __repr__(self) -> str:
        match self.status:
            case Status.RUNNING:
                what = f"running at {self.program.location(self.pc)}"
            case Status.HALTED:
                what = f"halted, result={self.result}"
            case Status.TRAPPED:
                what = f"trapped at {self.program.location(self.pc)}: {self.trap.text}"
        return f"Machine({what}, step={self.steps}, fuel={self.fuel})"


def _executor(row: Instruction) -> Callable[[Machine, Word], None]:
    """Bind one row to the way in which its shape is applied."""
    rule = partial(row.rule, **row.params) if row.params else row.rule
    takes_a, takes_b = row.a_max > 0, row.b_max > 0

    def unary(m: Machine, _: Word) -> None:
        m.stack[-1] = rule(m.stack[-1])
        m.pc += 1

    def binary(m: Machine, _: Word) -> None:
        result = rule(m.stack[-2], m.stack[-1])
        m.stack.pop()
        m.stack[-1] = result
        m.pc += 1

    def jump(m: Machine, word: Word) -> None:
        if takes_a:
            rule(m, word.a)
        elif takes_b:
            rule(m, word.b)
        else:
            rule(m)

    def advance(m: Machine, word: Word) -> None:
        jump(m, word)
        m.pc += 1

    shapes = {
        Shape.UNARY: unary,
        Shape.BINARY: binary,
        Shape.ADVANCE: advance,
        Shape.JUMP: jump,
    }
    return shapes[row.shape]


_EXECUTORS = {code: _executor(row) for code, row in INSTRUCTIONS.items()}
