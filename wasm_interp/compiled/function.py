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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wasm_interp import instructions as code
from wasm_interp import opcodes as wasm
from wasm_interp.assemble import TRAP
from wasm_interp.bulk_memory import (
    BULK_MEMORY,
    SCRATCH_LOCALS,
    bulk_memory_code,
    uses_bulk_memory,
)
from wasm_interp.compiled.shape import FUNCTION, Construct, constructs_of, path_to
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
from wasm_interp.compiled.straight import Straight
from wasm_interp.compiled.values import Value, name
from wasm_interp.lower import body_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasm_interp.lower import LinkedFunction
    from wasm_interp.module import Instr
    from wasm_interp.program import Program


@dataclass(slots=True, eq=False)
class Group:
    """Blocks that begin at one place, as one Python loop: what follows their ends are sections.

    ``variable`` holds the section at which an iteration begins. ``opens`` are, by section, the
    bounds of the tests before it; ``closes`` how many tests end there.
    """

    variable: str
    members: tuple[int, ...]
    opens: list[list[int]]
    closes: list[int]
    label: Label | None = None

    @classmethod
    def of(cls, members: tuple[int, ...]) -> Group:
        """Return the group of ``members``, its tests a balanced tree."""
        count = len(members)
        group = cls(f"c{members[-1]}", members, [[] for _ in members], [0] * (count + 1))
        pending = [(0, count)]
        while pending:
            low, high = pending.pop()
            if high - low < count:
                group.opens[low].append(high)
                group.closes[high] += 1
            if high - low > 1:
                middle = (low + high) // 2
                pending += [(middle, high), (low, middle)]
        return group


@dataclass(slots=True, eq=False)
class Label:
    """An open construct.

    ``wrapped`` tells whether it is a Python loop; ``head`` is the place of a loop's head. ``exits``
    are the paths to its end: the adjustment on each, and its longest length. ``through`` are
    values of ``b`` with which branches leave it; ``flagged`` tells whether some come to it so.
    ``back`` is the value that means its beginning. A member of a group has its ``rank`` in it.
    ``before`` are the counts where an ``if`` begins, until its first arm ends; ``bounds`` likewise.
    """

    construct: Construct
    number: int
    stack: list[Value]
    results: int
    wrapped: bool
    result: str = ""
    head: Mark | None = None
    exits: list[tuple[Adjust, int]] = field(default_factory=list)
    through: set[int] = field(default_factory=set)
    flagged: bool = False
    back: int = 0
    group: Group | None = None
    rank: int = 0
    bounds: dict[str, Value] = field(default_factory=dict)
    before: tuple[int, int, Region] | None = None

    @property
    def is_loop(self) -> bool:
        """Whether a branch to it goes back."""
        return self.head is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A function's source, its sites by line number, and what it needs.

    ``operands`` are what a resumption takes from the stack: a variable's name, or a constant.
    """

    lines: tuple[str, ...]
    sites: dict[int, Site]
    cells: frozenset[str]
    locals_count: int
    operands: tuple[str | int, ...] = ()


def expanded(function: LinkedFunction, index: int) -> Iterator[Instr]:
    """Yield the body that is lowered, bulk memory replaced in dead code, too."""
    scratch = len(function.type.params) + function.locals_count
    for instr in body_of(function, index):
        if instr.opcode.code in BULK_MEMORY:
            yield from bulk_memory_code(instr.opcode.code, scratch=scratch)
        else:
            yield instr


class FunctionCompiler(Straight):
    """Compiles function ``index`` of ``program``, or its resumption at loop ``resumed``."""

    def __init__(
        self,
        program: Program,
        index: int,
        *,
        depth_max: int | None = None,
        resumed: int | None = None,
    ) -> None:
        super().__init__(program, index)
        self.index = index
        self.body = tuple(expanded(self.function, index))
        self.constructs = constructs_of(self.body)
        self.depth_max = depth_max
        self.resumed = resumed
        self.path = frozenset() if resumed is None else path_to(self.constructs, resumed)
        self.entered = resumed is None
        self.labels: list[Label] = []
        self.ranks: dict[int, tuple[Group, int]] = {}
        """Blocks in groups, and the section that follows the end of each."""
        self.reachable = True
        self.dead_blocks = 0
        self.uses_flag = False
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
        self.source.emit(Check(self.region, self.depth_max), site)
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

    def _begin_region(self, prepaid: bool) -> None:
        """From here on count steps anew. Whoever comes here adjusts to `mark`."""
        self.region = Region(prepaid=prepaid)
        self.steps = self.longest = 0
        self.bounds = {}
        self.checkpoint()

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

    def _exit(self, label: Label, extra: int = 0) -> None:
        """Emit what a path to the end of ``label`` does: bring the result, settle the count."""
        self.spill()
        if label.results and self.stack[-1].text != label.result:
            self.emit(f"{label.result} = {self.stack[-1].text}")
        adjust = Adjust(self.mark(extra))
        self.source.emit(adjust)
        label.exits.append((adjust, self.longest + extra))

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

    def _land(self, label: Label) -> None:
        """Emit what follows a Python loop: pass branches on that go further out."""
        if not label.wrapped:
            return
        arrives = bool(label.exits)
        if label.flagged and not label.through:
            self.source.emit("b = 0")
        if not label.through:
            return
        around = next(entry for entry in reversed(self.labels) if entry.wrapped)
        indent = self.source.indent
        if label.flagged:
            self.source.emit(f"if b == {label.number}: b = 0")
            self.source.emit("elif b:")
            self.source.indent += 1
        elif arrives:
            self.source.emit("if b:")
            self.source.indent += 1
        if around.back in label.through:
            if len(label.through) == 1:
                self.source.emit("b = 0")
                self.source.emit("continue")
            else:
                self.source.emit(f"if b == {around.back}:")
                self.source.indent += 1
                self.source.emit("b = 0")
                self.source.emit("continue")
                self.source.indent -= 1
                self.source.emit("break")
        else:
            self.source.emit("break")
        self.source.indent = indent

    def _join(self, label: Label) -> None:
        """Go on where the paths to the end of ``label`` meet."""
        self.reserved.discard(label.result)
        self.stack = list(label.stack)
        if label.results:
            self.push(name(label.result))
        self.reachable = bool(label.exits)
        if not label.exits:
            return
        self.bounds = {}
        prepaid = self._prepaid()
        regions = {adjust.before.region for adjust, _ in label.exits}
        if len(regions) == 1 and next(iter(regions)).prepaid == prepaid:
            self.region = regions.pop()
            steps = [adjust.before.steps for adjust, _ in label.exits]
            self.steps = max(steps) if prepaid else min(steps)
            self.longest = max(longest for _, longest in label.exits)
            self.checkpoint()
        else:
            self._begin_region(prepaid)
            self.source.emit(Check(self.region), self.site)
        for adjust, _ in label.exits:
            adjust.after = self.mark()

    def _prepaid(self) -> bool:
        """Return whether the code here pays in advance: whether the loop around it has calls."""
        for label in reversed(self.labels):
            if label.is_loop:
                return label.construct.calls
        return self.constructs[FUNCTION].calls

    def _end_function(self) -> None:
        if self.reachable:
            self.take(code.RETURN)
            self._emit_return()
        self.labels.pop()

    def _emit_return(self, extra: int = 0) -> None:
        self.spill()
        self.source.emit(Adjust(self.mark(extra)))
        results = self.labels[0].results
        self.source.emit(f"return {self.stack[-1].text}" if results else "return")

    # -- branches -------------------------------------------------------------------------------

    def _surplus(self, label: Label) -> tuple[int, int]:
        """Return how many operands a branch to ``label`` drops, and how many it carries."""
        arity = 0 if label.construct.opcode == wasm.LOOP else label.results
        return len(self.stack) - len(label.stack) - arity, arity

    def _branch(self, depth: int, extra: int) -> None:
        """Emit a branch that takes ``extra`` steps from here."""
        label = self.labels[-1 - depth]
        if label.construct.start == FUNCTION:
            # The end of the function, if a conditional branch goes there, is its return.
            self._emit_return(extra + 1)
            return
        wrapped = [entry for entry in reversed(self.labels) if entry.wrapped]
        inner = wrapped[0]
        if self._ends_together(inner, label):
            label = inner
        if label.is_loop and label.construct.start == self._target_of(depth):
            assert label.head is not None
            self.source.emit(Adjust(self.mark(extra), label.head))
            self._jump(wrapped, label, "continue")
            return
        self._exit(label, extra)
        if label.group is not None and not label.wrapped:
            self.source.emit(f"{label.group.variable} = {label.rank}")
            assert label.group.label is not None
            self._jump(wrapped, label.group.label, "continue")
        else:
            self._jump(wrapped, label, "break")

    def _target_of(self, depth: int) -> int:
        return self.labels[-1 - depth].construct.start

    def _ends_together(self, inner: Label, label: Label) -> bool:
        """Return whether leaving the Python loop ``inner`` leads to the end of ``label``."""
        return (
            inner is not label
            and label.construct.opcode != wasm.LOOP
            and inner.construct.falls_to == label.construct.falls_to
            and len(inner.stack) == len(label.stack)
            and inner.results == label.results
        )

    def _jump(self, wrapped: list[Label], label: Label, how: str) -> None:
        if wrapped[0] is label:
            self.source.emit(how)
            return
        self.uses_flag = True
        flag = label.number if how == "break" else label.back
        for entry in wrapped:
            if entry is label:
                break
            entry.through.add(flag)
        label.flagged = label.flagged or how == "break"
        self.source.emit(f"b = {flag}")
        self.source.emit("break")

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

    def _extra(self, depth: int) -> int:
        """Return the steps of the stub through which a conditional branch goes, if any."""
        surplus, _ = self._surplus(self.labels[-1 - depth])
        return surplus + 1 if surplus else 0

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

    def _table(self, index: str, runs: list[tuple[int, int]]) -> None:
        """Emit a tree of comparisons that leads to the branch of each run of indices."""
        if len(runs) == 1:
            depth = runs[0][1]
            self._branch(depth, 1 + self._extra(depth))
            return
        middle = len(runs) // 2
        self.source.emit(f"if {index} < {runs[middle][0]}:")
        self.source.indent += 1
        self._table(index, runs[:middle])
        self.source.indent -= 1
        self.source.emit("else:")
        self.source.indent += 1
        self._table(index, runs[middle:])
        self.source.indent -= 1

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
