"""One function as Python source: structured control, with the steps of the lowered code.

1. A loop that is branched to is ``while True:``; so is a block, left by ``break``. A branch to
   what is not the innermost of them sets ``b`` to the label's number and breaks; behind each loop
   that it leaves, ``b`` is tested.
2. Where paths meet (a *join*), every path has brought operands into the same variables and
   ``fuel`` to the same count.
3. A *resumption* is the same source made to be entered at one loop head: all that comes before it
   on the way in stands under ``if not e:``.

The walk repeats that of `wasm_interp.lower` and checks itself against the words that it made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wasm_interp import instructions as code
from wasm_interp import opcodes as wasm
from wasm_interp.assemble import TRAP
from wasm_interp.bulk_memory import (
    SCRATCH_LOCALS,
    uses_bulk_memory,
)
from wasm_interp.compiled.branches import Branches
from wasm_interp.compiled.labels import LABELS_MAX, OPERANDS_MAX, Group, Label, Text, TooLarge
from wasm_interp.compiled.shape import FUNCTION, path_to
from wasm_interp.compiled.source import (
    SETTLED,
    Adjust,
    Check,
    ElseAdjust,
    Mark,
    Region,
    Restart,
    Site,
)
from wasm_interp.compiled.values import name

if TYPE_CHECKING:
    from wasm_interp.module import Instr
    from wasm_interp.program import Program


class FunctionCompiler(Branches):
    """Compiles function ``index`` of ``program``, or its resumption at loop ``resumed``."""

    def __init__(
        self,
        program: Program,
        index: int,
        *,
        calls_min: int = 0,
        resumed: int | None = None,
    ) -> None:
        super().__init__(program, index)
        self.index = index
        self.calls_min = calls_min
        self.resumed = resumed
        self.path = frozenset() if resumed is None else path_to(self.constructs, resumed)
        self.entered = resumed is None
        self.ranks: dict[int, tuple[Group, int]] = {}
        """Blocks in groups, and the section that follows the end of each."""
        self.dead_blocks = 0
        self.loops: dict[int, int] = {}
        """Loop heads: the pc of each, and the index of its instruction."""
        self.operands: tuple[str | int, ...] = ()

    def compile(self) -> Text:
        """Return the function's source."""
        self._guard()
        self._prologue()
        label = Label(
            construct=self.constructs[FUNCTION],
            number=0,
            stack=[],
            results=len(self.function.type.results),
            wrapped=False,
        )
        self.labels.append(label)
        for at, instr in enumerate(self.body):
            self._compile(at, instr)
        assert not self.labels, "the body ends where the function does"
        head = self._head()
        lines, sites = self.source.assemble(head)
        lines.append(f" return f{self.index}")
        return Text(
            lines=tuple(lines),
            sites=sites,
            cells=frozenset(self.cells),
            locals_count=self._locals_count(),
            operands=self.operands,
        )

    # -- the frame ------------------------------------------------------------------------------

    def _locals_count(self) -> int:
        count = len(self.function.type.params) + self.function.locals_count
        return count + SCRATCH_LOCALS * uses_bulk_memory(self.function.body)

    def _head(self) -> list[str]:
        """Return the lines in front of the code: the shared names, then the function's own."""
        count = self._locals_count()
        given = count if self.resumed is not None else len(self.function.type.params)
        parameters = [f"l{at}" for at in range(given)]
        parameters += [operand for operand in self.operands if isinstance(operand, str)]
        lines = [
            f"def cells({', '.join(sorted(self.cells))}):",
            f" def f{self.index}({', '.join([*parameters, 'd'])}):",
            f"  nonlocal {', '.join(sorted(self.assigned))}",
        ]
        if self.uses_flag:
            lines.append("  b = 0")
        if self.resumed is not None:
            lines.append("  e = True")
        return lines

    def _prologue(self) -> None:
        """Emit ``enter`` and the moves of parameters into locals."""
        params = len(self.function.type.params)
        entry = self.pc
        self.region = Region(prepaid=self.constructs[FUNCTION].calls)
        operands = tuple(name(f"l{at}") for at in range(params))
        self.source.emit(Adjust(SETTLED, self.mark()))
        site = Site(Restart(entry, operands, self.mark(), at_entry=True))
        self.source.emit(Check(self.region, self.calls_min), site)
        self.take(code.ENTER)
        for _ in range(params):
            self.take(wasm.LOCAL_SET)
        zeros = [f"l{at}" for at in range(params, self._locals_count())]
        for at in range(0, len(zeros), 16):
            self.source.emit(" = ".join([*zeros[at : at + 16], "0"]))
        self.checkpoint()

    # -- instructions ---------------------------------------------------------------------------

    def _compile(self, at: int, instr: Instr) -> None:
        opcode = instr.opcode.code
        if len(self.stack) > OPERANDS_MAX or len(self.labels) > LABELS_MAX:
            raise TooLarge(f"it has more than {OPERANDS_MAX} operands or {LABELS_MAX} open blocks")
        if not self.reachable:
            self._skip(opcode)
        elif opcode in _CONTROL:
            self.held.clear()
            _CONTROL[opcode](self, at, instr)
        else:
            self.straight(instr)
            self.reachable = opcode not in {wasm.UNREACHABLE, TRAP.code}

    def _skip(self, opcode: int) -> None:
        if opcode in {wasm.BLOCK, wasm.LOOP, wasm.IF}:
            self.dead_blocks += 1
        elif self.dead_blocks:
            self.dead_blocks -= opcode == wasm.END
        elif opcode == wasm.ELSE:
            self._else(0, None)
        elif opcode == wasm.END:
            self._end(0, None)

    # -- resumptions ----------------------------------------------------------------------------

    def _guard(self) -> None:
        """Begin what a resumption skips."""
        if not self.entered:
            self.source.emit("if not e:")
            self.source.indent += 1

    def _unguard(self) -> None:
        if not self.entered:
            self.source.indent -= 1

    def _enter_loop(self, at: int, head: Mark) -> None:
        """Emit the way into the loop at which the resumption begins."""
        self._unguard()
        self.source.emit("if e:")
        self.source.indent += 1
        self.source.emit(Adjust(SETTLED, head))
        self.source.emit("e = False")
        self.source.indent -= 1
        self.entered = True
        self.operands = tuple(
            value.raw if value.const is None else value.const for value in self.stack
        )

    # -- opening --------------------------------------------------------------------------------

    def _open(self, at: int, instr: Instr, *, wrapped: bool) -> Label:
        """Push the label of a construct; operands below it stay where they are meanwhile."""
        self.spill(everything=True)
        results = 0 if instr.block_type is None else 1
        label = Label(
            construct=self.constructs[at],
            number=at + 1,
            stack=list(self.stack),
            results=results,
            wrapped=wrapped,
        )
        if results:
            label.result = self.fresh()
            self.reserved.add(label.result)
        self.labels.append(label)
        self.checkpoint()
        return label

    def _block(self, at: int, instr: Instr) -> None:
        members = self.constructs[at].members
        if members:
            group = Group.of(members)
            self.ranks |= {member: (group, rank) for rank, member in enumerate(members, 1)}
        if at in self.ranks:
            self._member(at, instr, *self.ranks[at])
            return
        label = self._open(at, instr, wrapped=self.constructs[at].targeted)
        if label.wrapped:
            self._wrap(at)

    def _member(self, at: int, instr: Instr, group: Group, rank: int) -> None:
        """Open a block of a group: the outermost one opens the loop, the innermost section 0."""
        outermost = group.label is None
        label = self._open(at, instr, wrapped=outermost)
        label.group, label.rank = group, rank
        if outermost:
            group.label, label.back = label, -label.number
            self.source.emit(f"{group.variable} = 0")
            if not self.entered and at in self.path:
                self._unguard()
                self.source.emit(f"if e: {group.variable} = {self._section_on_path(group)}")
            self.source.emit("while True:")
            self.source.indent += 1
        if rank == 1:
            self._section(group, 0)

    def _section_on_path(self, group: Group) -> int:
        """Return the section in which the resumption begins."""
        assert self.resumed is not None
        return sum(self.constructs[member].end < self.resumed for member in group.members)

    def _section(self, group: Group, rank: int) -> None:
        """Open a section: its tests, and what a resumption skips of it."""
        for high in group.opens[rank]:
            self.source.emit(f"if {group.variable} < {high}:")
            self.source.indent += 1
        assert group.label is not None
        on_path = not self.entered and group.label.construct.start in self.path
        if on_path and rank == self._section_on_path(group):
            self._guard()

    def _wrap(self, at: int) -> None:
        """Open a Python loop that is left by ``break``."""
        on_path = not self.entered and at in self.path
        if on_path:
            self._unguard()
        self.source.emit("while True:")
        self.source.indent += 1
        if on_path:
            self._guard()

    def _loop(self, at: int, instr: Instr) -> None:
        construct = self.constructs[at]
        label = self._open(at, instr, wrapped=construct.targeted)
        if not label.wrapped:
            return
        before = self.mark()
        self._begin_region(construct.calls)
        label.head, label.back = self.mark(), label.number
        self.loops.setdefault(self.pc, at)
        self.source.emit(Adjust(before, label.head))
        if at == self.resumed:
            self._enter_loop(at, label.head)
        self._wrap(at)
        self.source.emit(Check(self.region), self.site)

    def _if(self, at: int, instr: Instr) -> None:
        self.take(code.JUMP_UNLESS)
        condition = self.pop(32)
        # The test may trap: it is still before the jump.
        before = self.site
        label = self._open(at, instr, wrapped=self.constructs[at].targeted)
        label.bounds = dict(self.bounds)
        label.before = (self.steps, self.longest, self.region)
        self._enter_arm(at, condition.condition, before)

    def _enter_arm(self, at: int, test: str, site: Site) -> None:
        """Emit the test of an ``if``."""
        construct = self.constructs[at]
        on_path = not self.entered and at in self.path
        if self.labels[-1].wrapped:
            self._wrap(at)
        if not on_path:
            self.source.emit(f"if {test}:", site)
            self.source.indent += 1
            return
        self._unguard()
        assert self.resumed is not None
        in_else = construct.otherwise and self.resumed > construct.otherwise
        self.source.emit(f"if not e and ({test}):" if in_else else f"if e or ({test}):", site)
        self.source.indent += 1
        self._guard()

    # -- closing --------------------------------------------------------------------------------

    def _else(self, at: int, _: Instr | None) -> None:
        label = self.labels[-1]
        if self.reachable:
            self.take(code.JUMP)
            self._exit(label)
        self._leave_arm(label)
        self.source.emit("else:")
        self.source.indent += 1
        if not self.entered and label.construct.start in self.path:
            self._guard()

    def _leave_arm(self, label: Label) -> None:
        """End the first arm of an ``if``; go back to what was known before it."""
        was_open = not self.entered and label.construct.start in self.path
        if was_open:
            self._unguard()
        self.source.indent -= 1
        assert label.before is not None
        self.stack, self.bounds = list(label.stack), dict(label.bounds)
        self.steps, self.longest, self.region = label.before
        self.reachable = True
        self.checkpoint()
        label.before = None

    def _end(self, at: int, _: Instr | None) -> None:
        label = self.labels[-1]
        if len(self.labels) == 1:
            self._end_function()
            return
        is_if = label.construct.opcode == wasm.IF
        if not (label.wrapped or is_if or label.rank):
            self._end_inline(label)
            return
        if self.reachable:
            self._exit(label)
        if label.group is not None:
            self.source.indent -= label.group.closes[label.rank]
        if label.group is not None and not label.wrapped:
            self._section(label.group, label.rank)
        if is_if:
            self._end_if(label)
        if label.wrapped:
            if self.reachable or (is_if and label.exits):
                self.source.emit("break")
            self.source.indent -= 1
        self.labels.pop()
        self._land(label)
        self._join(label)

    def _end_if(self, label: Label) -> None:
        if label.before is None:
            self.source.indent -= 1
            return
        # Without an else, the other path is the condition's failure.
        self._leave_arm(label)
        adjust = Adjust(self.mark())
        self.source.emit(ElseAdjust(adjust))
        label.exits.append((adjust, self.longest))

    def _end_inline(self, label: Label) -> None:
        """Close a construct that nothing branches to: it is not there in Python."""
        self.labels.pop()
        self.reserved.discard(label.result)

    def _end_function(self) -> None:
        if self.reachable:
            self.take(code.RETURN)
            self._emit_return()
        self.labels.pop()

    # -- branches -------------------------------------------------------------------------------

    def _br(self, at: int, instr: Instr) -> None:
        if instr.a == len(self.labels) - 1:
            self._return(at, instr)
            return
        surplus, arity = self._surplus(self.labels[-1 - instr.a])
        for _ in range(surplus):
            self.take(code.DROP_UNDER if arity else wasm.DROP)
        self.take(code.JUMP)
        self.spill()
        self._branch(instr.a, 0)
        self.reachable = False

    def _br_if(self, at: int, instr: Instr) -> None:
        self.take(code.JUMP_IF)
        condition = self.pop(32)
        self.spill()
        self.emit(f"if {condition.condition}:")
        self.source.indent += 1
        self._branch(instr.a, self._extra(instr.a))
        self.source.indent -= 1
        self.checkpoint()

    def _br_table(self, at: int, instr: Instr) -> None:
        self.take(code.JUMP_TABLE)
        index = self.bound(self.pop(32))
        self.spill()
        for _ in instr.labels:
            self.take(code.JUMP, spend=0)
        runs = [
            (first, depth)
            for first, depth in enumerate(instr.labels)
            if first == 0 or instr.labels[first - 1] != depth
        ]
        self._table(index.text, runs)
        self.reachable = False

    def _return(self, at: int, instr: Instr) -> None:
        results = self.labels[0].results
        for _ in range(len(self.stack) - results):
            self.take(code.DROP_UNDER if results else wasm.DROP)
        self.take(code.RETURN)
        self._emit_return()
        self.reachable = False

    def _nothing(self, at: int, instr: Instr) -> None:
        pass


_CONTROL: Final = {
    wasm.NOP: FunctionCompiler._nothing,
    wasm.BLOCK: FunctionCompiler._block,
    wasm.LOOP: FunctionCompiler._loop,
    wasm.IF: FunctionCompiler._if,
    wasm.ELSE: FunctionCompiler._else,
    wasm.END: FunctionCompiler._end,
    wasm.BR: FunctionCompiler._br,
    wasm.BR_IF: FunctionCompiler._br_if,
    wasm.BR_TABLE: FunctionCompiler._br_table,
    wasm.RETURN: FunctionCompiler._return,
}
