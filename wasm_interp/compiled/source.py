"""Lines of Python under construction, and what each knows about the machine's state.

1. *Fuel.* The variable ``fuel`` counts steps that may still be taken. A *region* is the code
   between two places where it is checked: function entry, loop heads, and joins of paths from
   different regions. Within a region steps are counted here, statically; only where paths of
   different lengths meet does generated code adjust ``fuel``. A region with calls pays its longest
   path in advance (``prepaid``), so that callees see what is really left; others pay behind.
2. *Sites.* A line that may stop (run out of fuel, trap, call) has a `Site`: from where the stepper
   can take over, and, for a call, what the caller's frame is meanwhile.

How much a region's longest path is turns out at its end, so amounts are filled in by `assemble`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from wasm_interp.compiled.values import Value


@dataclass(slots=True, eq=False)
class Region:
    """Code between checks; ``longest`` is the most steps that a path through it takes."""

    prepaid: bool
    longest: int = 0

    @property
    def advance(self) -> int:
        """What is paid where the region begins."""
        return self.longest if self.prepaid else 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A place: ``steps`` counted in ``region`` so far."""

    steps: int
    region: Region

    @property
    def owed(self) -> int:
        """How many steps were taken that ``fuel`` does not show yet; negative: paid in advance."""
        return self.steps - self.region.advance


SETTLED: Final = Mark(0, Region(prepaid=False))
"""Where ``fuel`` is exact: when a function begins and when it returns."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A state of the machine from which the stepper reaches what a line does.

    ``operands`` are expressions over the frame's variables. Before ``enter`` (``at_entry``) the
    current locals are still the caller's.
    """

    pc: int
    operands: tuple[Value, ...]
    mark: Mark
    at_entry: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """What a line knows; ``return_pc`` is set for calls, ``kept`` are operands below their own."""

    restart: Restart
    return_pc: int = 0
    kept: tuple[Value, ...] = ()
    mark: Mark = SETTLED


@dataclass(slots=True, eq=False)
class Adjust:
    """``fuel`` as ``before`` has it, made what ``after`` wants."""

    before: Mark
    after: Mark = SETTLED

    def lines(self) -> list[str]:
        """Return the statement, or none where nothing changes."""
        amount = self.before.owed - self.after.owed
        if amount == 0:
            return []
        return [f"fuel -= {amount}" if amount > 0 else f"fuel += {-amount}"]


@dataclass(slots=True, eq=False)
class ElseAdjust:
    """An ``else`` that does nothing but adjust."""

    adjust: Adjust

    def lines(self) -> list[str]:
        """Return the branch, or none where nothing changes."""
        return ["else:", *(" " + line for line in self.adjust.lines())][
            : 2 * bool(self.adjust.lines())
        ]


@dataclass(slots=True, eq=False)
class Check:
    """Where a region begins: stop unless its longest path can be paid.

    ``d`` is how many calls may still be made in each other; ``calls_min`` how many must be.
    """

    region: Region
    calls_min: int = 0

    def lines(self) -> list[str]:
        """Return the statement."""
        least = 0 if self.region.prepaid else self.region.longest
        deep = (
            ("", " or not d")[self.calls_min] if self.calls_min < 2 else f" or d < {self.calls_min}"
        )
        return [f"if fuel < {least}{deep}: raise Pause"]


Part: TypeAlias = str | Adjust | ElseAdjust | Check


@dataclass(slots=True)
class Line:
    """One line, or what will become some; ``site`` is None where nothing can stop."""

    indent: int
    part: Part
    site: Site | None


@dataclass(slots=True)
class Source:
    """A function's lines."""

    indent: int = 2
    lines: list[Line] = field(default_factory=list)

    def emit(self, part: Part, site: Site | None = None) -> None:
        """Append a line at the current indentation."""
        self.lines.append(Line(self.indent, part, site))

    def assemble(self, head: list[str]) -> tuple[list[str], dict[int, Site]]:
        """Return the text, ``head`` first, and the sites by line number, counted from 1."""
        text = list(head)
        sites = {}
        opened = 0
        for line in self.lines:
            for part in [line.part] if isinstance(line.part, str) else line.part.lines():
                if line.indent < opened:
                    text.append(" " * opened + "pass")
                text.append(" " * line.indent + part)
                if line.site is not None:
                    sites[len(text)] = line.site
                opened = line.indent + 1 if part.endswith(":") else 0
        if opened:
            text.append(" " * opened + "pass")
        return text, sites
