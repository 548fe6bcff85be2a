"""The operand stack at compile time: expressions that wait, and variables that hold them.

An operand stays an expression until something that it depends on changes, control meets, or it may
trap and something else would happen first. Then it is *spilled*: assigned to a variable.
"""

from __future__ import annotations

from wasm_interp.compiled.source import Mark, Region, Restart, Site, Source
from wasm_interp.compiled.values import NOTHING, Value, name


class Operands:
    """Operand stack, variables, fuel counts, and the lines so far of one function."""

    def __init__(self) -> None:
        self.source = Source()
        self.stack: list[Value] = []
        self.held: list[Value] = []
        """Operands popped by the current instruction: their variables are still in use."""
        self.reserved: set[str] = set()
        """Variables that results of open blocks will be in."""
        self.bounds: dict[str, Value] = {}
        """What is known of locals since control last met, and variables that hold their doubles."""
        self.pc = 0
        self.region = Region(prepaid=False)
        self.steps = 0
        """Steps counted in the region, on the path that joins were adjusted to."""
        self.longest = 0
        """Steps of the longest path to here in the region."""
        self.site = Site(Restart(0, (), self.mark()))

    # -- fuel and sites -------------------------------------------------------------------------

    def spend(self, steps: int) -> None:
        """Count steps."""
        self.steps += steps
        self.longest += steps
        self.region.longest = max(self.region.longest, self.longest)

    def mark(self, extra: int = 0) -> Mark:
        """Return the current place, ``extra`` steps further."""
        self.region.longest = max(self.region.longest, self.longest + extra)
        return Mark(self.steps + extra, self.region)

    def checkpoint(self) -> None:
        """From here on the stepper takes over from here, with the operands as they are.

        Left out while an operand waits that may trap: then it takes over from before it.
        """
        if not any(value.traps for value in self.stack):
            self.site = Site(Restart(self.pc, tuple(self.stack), self.mark()))

    def emit(self, text: str) -> None:
        """Emit a line that may stop."""
        self.source.emit(text, self.site)

    # -- operands -------------------------------------------------------------------------------

    def push(self, value: Value) -> None:
        """Push an expression."""
        self.stack.append(value)

    def pop(self, n: int = 0) -> Value:
        """Pop an operand; of type ``n``, if that is known."""
        value = self.stack.pop()
        self.held.append(value)
        return value.of_width(n) if n else value

    def fresh(self) -> str:
        """Return a variable that nothing uses."""
        used = self.reserved.union(
            *(value.reads for value in self.stack),
            *(value.reads for value in self.held),
            *(value.reads for value in self.bounds.values()),
            *(value.reads for value in self.site.restart.operands),
        )
        number = 0
        while f"t{number}" in used:
            number += 1
        return f"t{number}"

    def bound(self, value: Value) -> Value:
        """Return ``value`` as a name, assigned now unless it is one."""
        if value.is_name:
            return value
        variable = self.fresh()
        self.emit(f"{variable} = {value.text}")
        made = name(variable, high=value.masked().high, n=value.n, aligned=value.aligned)
        self.held.append(made)
        return made

    def spill(self, *, reading: frozenset[str] = NOTHING, everything: bool = False) -> None:
        """Evaluate the operands that may trap, those that read one of ``reading``, or all."""
        for at, value in enumerate(self.stack):
            if value.const is not None:
                continue
            temporary = value.raw.isidentifier() and value.raw[0] == "t"
            if value.traps or value.reads & reading or (everything and not temporary):
                variable = self.fresh()
                self.emit(f"{variable} = {value.text}")
                self.stack[at] = name(
                    variable, high=value.masked().high, n=value.n, aligned=value.aligned
                )
