"""A program's functions as code objects: compiled when first called, kept with the program.

What CPython refuses (blocks nested too deeply, too much indentation) stays uncompiled: the stepper
runs those functions. Not here: running (`wasm_interp.compiled.instance`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from wasm_interp.compiled.calls import call_depths
from wasm_interp.compiled.function import FunctionCompiler
from wasm_interp.compiled.labels import Text, TooLarge, expanded
from wasm_interp.compiled.numeric import HELPERS
from wasm_interp.instructions import INVALID
from wasm_interp.lower import locals_depth
from wasm_interp.stepper import dispatch_numbers

if TYPE_CHECKING:
    from types import CodeType

    from wasm_interp.compiled.instance import Instance
    from wasm_interp.program import Program

LOG: Final = logging.getLogger(__name__)

FREE_INSTRUCTIONS: Final = 65_536
"""Instructions that are compiled for nothing; those beyond must have been earned by running."""
STEPS_PER_INSTRUCTION: Final = 10
INSTRUCTIONS_MAX: Final = 1 << 14
"""The longest function that is compiled, in instructions of its body and targets of its tables."""
POOL_MAX: Final = 4
"""How many instances a program keeps for the next machine."""


class Pause(Exception):
    """Generated code stops here: the stepper goes on."""


NAMES: Final[dict[str, Any]] = {"Pause": Pause, **HELPERS}
"""What generated code may name beside its cells."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledFunction:
    """A function, or one of its resumptions, as a code object.

    ``locals_size`` is the length of the machine's list of its locals.
    """

    index: int
    text: Text
    code: CodeType
    locals_size: int


class CompiledProgram:
    """The compiled functions of ``program``, and where the stepper hands over to them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.depths = call_depths(program)
        self.entries = {entry.pc: entry.index for entry in program.functions if entry.pc}
        self.heads: dict[int, tuple[int, int]] = {}
        """Loop heads by pc: the function, and the index of the loop's instruction."""
        self.functions: dict[tuple[int, int | None], CompiledFunction | None] = {}
        self.by_code: dict[CodeType, CompiledFunction] = {}
        self.pool: list[Instance] = []
        self.spent = 0
        """Instructions compiled so far, resumptions included."""
        self.earned = 0
        """Steps taken so far by machines of this program."""
        self._stops: list[int] | None = None
        self._looked_at: set[int] = set()

    def function(self, index: int, resumed: int | None = None) -> CompiledFunction | None:
        """Return function ``index``, or its resumption; None if refused, or not earned yet."""
        key = (index, resumed)
        if key not in self.functions:
            # Compiling costs as much as a hundred steps of the stepper for each instruction: what
            # is compiled beyond a free allowance must have been earned by running.
            size = len(self.program.linked[index].body)
            if self.spent + size > FREE_INSTRUCTIONS + self.earned // STEPS_PER_INSTRUCTION:
                return None
            self.spent += size
            self.functions[key] = self._compile(index, resumed)
        return self.functions[key]

    def compiler(self, index: int, resumed: int | None = None) -> FunctionCompiler:
        """Return a compiler for function ``index``."""
        calls_min = self.depths.headroom[index] if index in self.depths.recursive else 0
        return FunctionCompiler(self.program, index, calls_min=calls_min, resumed=resumed)

    def _compile(self, index: int, resumed: int | None) -> CompiledFunction | None:
        function = self.program.functions[index]
        body = islice(expanded(self.program.linked[index], index), INSTRUCTIONS_MAX + 1)
        if sum(1 + len(instr.labels) for instr in body) > INSTRUCTIONS_MAX:
            self._refuse(index, resumed, f"it has more than {INSTRUCTIONS_MAX} instructions")
            return None
        compiler = self.compiler(index, resumed)
        try:
            text = compiler.compile()
            code = _code_of(text, f"<{function.symbol}>")
        except (TooLarge, SyntaxError, RecursionError) as error:
            self._refuse(index, resumed, str(error))
            return None
        if resumed is None:
            self._note_loops(index, compiler.loops)
        made = CompiledFunction(
            index=index,
            text=text,
            code=code,
            locals_size=4 << locals_depth(text.locals_count),
        )
        self.by_code[code] = made
        return made

    def borrow(self) -> Instance:
        """Return an instance that no other run uses."""
        from wasm_interp.compiled.instance import Instance

        try:
            return self.pool.pop()
        except IndexError:
            return Instance(self)

    def give_back(self, instance: Instance) -> None:
        """Keep an instance for the next run: its functions are made already."""
        if len(self.pool) < POOL_MAX:
            self.pool.append(instance)

    def _refuse(self, index: int, resumed: int | None, reason: str) -> None:
        """Leave a function, or one of its loops, to the stepper."""
        function = self.program.functions[index]
        LOG.info("%s stays with the stepper: %s", function.symbol, reason)
        if resumed is None:
            places = [function.pc]
            self.entries.pop(function.pc, None)
        else:
            places = [pc for pc, loop in self.heads.items() if loop == (index, resumed)]
        for pc in places:
            self.heads.pop(pc, None)
            if self._stops is not None:
                self._stops[pc] = self.program.dispatch[0][pc]

    # -- where the stepper stops ------------------------------------------------------------------

    @property
    def stops(self) -> list[int]:
        """Dispatch numbers that make the stepper stop at function entries and known loop heads."""
        if self._stops is None:
            self._stops = list(self.program.dispatch[0])
            for pc in (*self.entries, *self.heads):
                self._stops[pc] = dispatch_numbers()[INVALID]
        return self._stops

    def look_at(self, pc: int) -> None:
        """Make the loop heads of the function around ``pc`` known."""
        index = self.program.origins[pc].function if pc < len(self.program.origins) else -1
        if index >= 0 and index not in self._looked_at:
            self._looked_at.add(index)
            self.function(index)

    def _note_loops(self, index: int, loops: dict[int, int]) -> None:
        self._looked_at.add(index)
        for pc, at in loops.items():
            if pc in self.entries:
                continue
            # Two loops may begin at one place: a resumption enters the outer one.
            if pc not in self.heads:
                self.heads[pc] = (index, at)
                if self._stops is not None:
                    self._stops[pc] = dispatch_numbers()[INVALID]


def _code_of(text: Text, filename: str) -> CodeType:
    """Return the code object of the inner function. Raises SyntaxError, RecursionError."""
    source = "\n".join(text.lines) + "\n"
    scope: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), scope)
    code: CodeType = scope["cells"](*(None,) * len(text.cells)).__code__
    return code
