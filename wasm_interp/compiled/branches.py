"""Branches and joins: how paths leave constructs, and how they meet.

A path that reaches a label's end has brought the label's result into its variable and settled
``fuel``: `_exit`. Where the paths meet, `_join` goes on. A branch that leaves more than one Python
loop says with ``b`` where it goes; `_land` passes it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasm_interp import opcodes as wasm
from wasm_interp.compiled.labels import Label, expanded
from wasm_interp.compiled.shape import FUNCTION, Construct, constructs_of
from wasm_interp.compiled.source import Adjust, Check, Region
from wasm_interp.compiled.straight import Straight
from wasm_interp.compiled.values import name

if TYPE_CHECKING:
    from wasm_interp.program import Program


class Branches(Straight):
    """The open labels of a function, and the paths to them."""

    def __init__(self, program: Program, index: int) -> None:
        super().__init__(program, index)
        self.body = tuple(expanded(self.function, index))
        self.constructs: dict[int, Construct] = constructs_of(self.body)
        self.labels: list[Label] = []
        self.reachable = True
        self.uses_flag = False

    # -- the end of a construct -----------------------------------------------------------------

    def _exit(self, label: Label, extra: int = 0) -> None:
        """Emit what a path to the end of ``label`` does: bring the result, settle the count."""
        self.spill()
        if label.results and self.stack[-1].text != label.result:
            self.emit(f"{label.result} = {self.stack[-1].text}")
        adjust = Adjust(self.mark(extra))
        self.source.emit(adjust)
        label.exits.append((adjust, self.longest + extra))

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

    def _emit_return(self, extra: int = 0) -> None:
        self.spill()
        self.source.emit(Adjust(self.mark(extra)))
        results = self.labels[0].results
        self.source.emit(f"return {self.stack[-1].text}" if results else "return")

    def _begin_region(self, prepaid: bool) -> None:
        """From here on count steps anew. Whoever comes here adjusts to `mark`."""
        self.region = Region(prepaid=prepaid)
        self.steps = self.longest = 0
        self.bounds = {}
        self.checkpoint()

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

    def _extra(self, depth: int) -> int:
        """Return the steps of the stub through which a conditional branch goes, if any."""
        surplus, _ = self._surplus(self.labels[-1 - depth])
        return surplus + 1 if surplus else 0

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
