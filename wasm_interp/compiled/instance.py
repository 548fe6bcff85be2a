"""Generated code bound to one machine: the cells that functions share, and what they call.

Shared state lives in closure cells: ``fuel``, the module's globals, views of memory, the functions.
So a view that is made anew after memory grew is new for everyone at once.

1. `run` enters a function. It comes back when that returns, or by an exception, whose traceback
   has a frame for every call under way: the machine's frames are rebuilt from their variables.
2. Only exceptions that left a *generated* line, or a helper that it called, mean something here.
   Anything else (out of memory, interrupted, a bug of ours) says nothing about the machine: it is
   abandoned, so that nobody takes what is left of it for a state.
"""

from __future__ import annotations

from functools import partial
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any, Final, Literal

from wasm_interp.compiled.program import NAMES, CompiledFunction, Pause
from wasm_interp.instructions import INSTRUCTIONS
from wasm_interp.rules.control import CALL_DEPTH_MAX
from wasm_interp.rules.memory import memory_grow
from wasm_interp.rules.trap import Trap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from wasm_interp.compiled.program import CompiledProgram
    from wasm_interp.compiled.values import Value
    from wasm_interp.machine import Machine

VIEW_FORMATS: Final[dict[str, Literal["H", "I", "Q"]]] = {"m2": "H", "m4": "I", "m8": "Q"}
SURCHARGE_MAX: Final = 4_096
"""More than any host function's surcharge: below it, the stepper takes the step."""
LENT_FUEL: Final = 1 << 29
"""What a host function's rule finds as fuel: enough for any surcharge, which is read off it."""
DIGITS: Final = "0123456789"


def abandon(m: Machine) -> None:
    """Make ``m`` unusable, so that nobody takes what is left of it for a state."""
    for name in ("stack", "frames"):
        if hasattr(m, name):
            delattr(m, name)


class Instance:
    """Cells and functions of one program, for one machine at a time."""

    def __init__(self, compiled: CompiledProgram) -> None:
        self.compiled = compiled
        self.machine: Machine | None = None
        self.cells: dict[str, CellType] = {}
        self.fuel = self._cell("fuel")
        self.linked: dict[int, Callable[..., Any]] = {}
        self.tables: dict[int, list[Callable[..., Any]]] = {}
        self.views: list[memoryview] = []
        self.slack = self.cut = self.surcharges = self.rebuilt = 0

    # -- running --------------------------------------------------------------------------------

    def run(
        self, m: Machine, function: CompiledFunction, arguments: Sequence[int], budget: int
    ) -> bool:
        """Run ``function`` for at most ``budget`` steps; return whether it returned.

        ``m`` stands where the function begins, or at the loop head of a resumption, with the
        function's operands already taken off its stack.
        """
        start_fuel = m.fuel
        self.slack, self.cut, self.surcharges = start_fuel - budget, 0, 0
        self.rebuilt = 0
        self.machine = m
        self.fuel.cell_contents = budget
        self._bind(m)
        returned, owed = True, 0
        try:
            result = self._function(function)(*arguments, CALL_DEPTH_MAX - len(m.frames))
            if result is not None:
                m.stack.append(result)
            m.pc, m.locals = m.frames.pop()
        except (Pause, Trap, IndexError, ZeroDivisionError) as error:
            returned = False
            if not self._stopped_in_code(error):
                self._abandon(m)
                raise
            owed = self._rebuild(m, error.__traceback__)
        except BaseException:
            self._abandon(m)
            raise
        finally:
            self._unbind(m)
        steps = budget - self.cut - (self.fuel.cell_contents - owed)
        m.steps += steps
        m.fuel = start_fuel - steps - self.surcharges
        return returned

    def _abandon(self, m: Machine) -> None:
        """Make the machine unusable: its parts belong to different steps."""
        abandon(m)

    def _stopped_in_code(self, error: Exception) -> bool:
        """Return whether generated code, or a helper that may, raised ``error``."""
        if isinstance(error, Pause | Trap):
            return True
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        return trace is not None and trace.tb_frame.f_code in self.compiled.by_code

    def _rebuild(self, m: Machine, trace: TracebackType | None) -> int:
        """Put the frames of ``trace`` into ``m``; return the steps that ``fuel`` does not show."""
        stopped = []
        while trace is not None:
            function = self.compiled.by_code.get(trace.tb_frame.f_code)
            if function is not None:
                site = function.text.sites[trace.tb_lineno]
                stopped.append((function, site, trace.tb_frame.f_locals))
            trace = trace.tb_next
        owed = 0
        shared = self._shared(m)
        for function, site, variables in stopped[:-1]:
            assert site.return_pc, "a frame below another one is at a call"
            m.stack += _evaluated(site.kept, shared, variables)
            m.locals = _locals(function, variables)
            self.rebuilt += len(m.locals)
            m.frames.append((site.return_pc, m.locals))
            owed += site.mark.owed
        function, site, variables = stopped[-1]
        restart = site.restart
        m.stack += _evaluated(restart.operands, shared, variables)
        if not restart.at_entry:
            m.locals = _locals(function, variables)
        m.pc = restart.pc
        return owed + restart.mark.owed

    def _shared(self, m: Machine) -> dict[str, Any]:
        """Return what expressions may name beside a frame's own variables."""
        held = {f"g{at}": value for at, value in enumerate(m.globals)}
        held |= {n: c.cell_contents for n, c in self.cells.items() if n in held}
        return NAMES | held | {"mem": m.memory}

    # -- cells ----------------------------------------------------------------------------------

    def _bind(self, m: Machine) -> None:
        for name, cell in self.cells.items():
            if name[0] == "g" and name != "grow":
                cell.cell_contents = m.globals[int(name[1:])]
        self._view(m)

    def _view(self, m: Machine) -> None:
        """Make views of memory, for as long as its length stays."""
        self.cells.setdefault("mem", CellType()).cell_contents = m.memory
        for name in VIEW_FORMATS:
            if name in self.cells:
                self._add_view(m, name)

    def _add_view(self, m: Machine, name: str) -> None:
        view = memoryview(m.memory)
        items = view.cast(VIEW_FORMATS[name])
        self.views += (items, view)
        self.cells[name].cell_contents = items

    def _unview(self) -> None:
        """Release all views: one that is left would keep memory from growing."""
        for view in self.views:
            view.release()
        self.views.clear()

    def _unbind(self, m: Machine) -> None:
        self._unview()
        self.machine = None
        for name, cell in self.cells.items():
            if name[0] == "g" and name != "grow":
                m.globals[int(name[1:])] = cell.cell_contents
        m.untracked = True

    def _cell(self, name: str) -> CellType:
        """Return a shared cell, made and filled when its name is first used."""
        if name not in self.cells:
            self.cells[name] = CellType()
            contents = self._contents(name)
            if contents is not None:
                self.cells[name].cell_contents = contents
        return self.cells[name]

    def _contents(self, name: str) -> Any:
        """Return what a cell holds from the start; None for what `_bind` and `_view` fill in."""
        kind = name.rstrip("0123456789abcdef") if name.startswith("host_") else name.rstrip(DIGITS)
        if kind == "m" and self.machine is not None:
            self._add_view(self.machine, name)
        if kind in {"m", "fuel", "mem"}:
            return None
        if kind == "g":
            return None if self.machine is None else self.machine.globals[int(name[1:])]
        makers: dict[str, Callable[[], Any]] = {
            "f": lambda: self._callee(int(name[1:])),
            "table": lambda: self._table(int(name[5:])),
            "host_": lambda: partial(self._host, int(name[5:], 16)),
            "load": lambda: partial(self._load, int(name[-1])),
            "store": lambda: partial(self._store, int(name[-1])),
            "grow": lambda: self._grow,
        }
        return makers[kind]()

    # -- functions ------------------------------------------------------------------------------

    def _function(self, compiled: CompiledFunction) -> Callable[..., Any]:
        """Return a function over the shared cells."""
        cells = tuple(self._cell(name) for name in compiled.code.co_freevars)
        return FunctionType(compiled.code, NAMES, compiled.code.co_name, None, cells)

    def _callee(self, index: int) -> Callable[..., Any]:
        """Return what calls function ``index``: until the first call, what compiles it."""
        if index in self.linked:
            return self.linked[index]

        def first_call(*arguments: int) -> Any:
            return self._link(index)(*arguments)

        return first_call

    def _link(self, index: int) -> Callable[..., Any]:
        compiled = self.compiled.function(index)
        function = _refused if compiled is None else self._function(compiled)
        self.linked[index] = function
        self._cell(f"f{index}").cell_contents = function
        entry_pc = self.compiled.program.functions[index].pc
        for table in self.tables.values():
            for at, entry in enumerate(self.compiled.program.table):
                if entry & 0xFFFFFFFF == entry_pc and table[at] is not _refused:
                    table[at] = function
        return function

    def _table(self, type_id: int) -> list[Callable[..., Any]]:
        """Return the table as callables; entries that ``type_id`` may not call stop."""
        program = self.compiled.program
        by_pc = {entry.pc: entry.index for entry in program.functions if entry.pc}
        self.tables[type_id] = [
            self._callee(by_pc[entry & 0xFFFFFFFF])
            if entry and entry >> 32 == type_id
            else _refused
            for entry in program.table
        ]
        return self.tables[type_id]

    # -- helpers --------------------------------------------------------------------------------

    def _load(self, width: int, address: int) -> int:
        assert self.machine is not None
        memory = self.machine.memory
        if address + width > len(memory):
            raise Pause
        return int.from_bytes(memory[address : address + width], "little")

    def _store(self, width: int, address: int, value: int) -> None:
        assert self.machine is not None
        memory = self.machine.memory
        if address + width > len(memory):
            raise Pause
        memory[address : address + width] = value.to_bytes(width, "little")

    def _grow(self, delta: int) -> int:
        m = self.machine
        assert m is not None
        self._unview()
        base, m.stack = m.stack, [delta]
        try:
            memory_grow(m)
            result = m.stack[0]
        finally:
            m.stack = base
            self._view(m)
        return result

    def _host(self, opcode: int, *arguments: int) -> int | None:
        """Run a host function's very rule; take its surcharge from what is left."""
        m = self.machine
        assert m is not None
        if self.fuel.cell_contents + self.slack < SURCHARGE_MAX:
            raise Pause
        base, m.stack = m.stack, list(arguments)
        m.fuel = LENT_FUEL
        try:
            INSTRUCTIONS[opcode].rule(m)
            result = m.stack[0] if m.stack else None
        finally:
            m.stack = base
        self._charge(LENT_FUEL - m.fuel)
        return result

    def _charge(self, surcharge: int) -> None:
        """Take a surcharge from the fuel that this run's budget leaves aside, then from that."""
        self.surcharges += surcharge
        self.slack -= surcharge
        if self.slack < 0:
            self.cut -= self.slack
            self.fuel.cell_contents += self.slack
            self.slack = 0


def _refused(*_: int) -> Any:
    raise Pause


def _evaluated(
    operands: Sequence[Value], shared: dict[str, Any], variables: Mapping[str, Any]
) -> list[int]:
    values = []
    for operand in operands:
        text, value = operand.text, operand.const
        if value is None:
            value = variables[text] if text in variables else eval(text, shared, variables)
        assert type(value) is int, "operands are integers, masked"
        values.append(value)
    return values


def _locals(function: CompiledFunction, variables: Mapping[str, Any]) -> list[int]:
    count = function.text.locals_count
    values = [variables.get(f"l{at}", 0) for at in range(count)]
    return values + [0] * (function.locals_size - count)
