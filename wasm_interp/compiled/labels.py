"""Open constructs of a function that is being compiled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wasm_interp.bulk_memory import BULK_MEMORY, bulk_memory_code
from wasm_interp.lower import body_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasm_interp.compiled.shape import Construct
    from wasm_interp.compiled.source import Adjust, Mark, Region, Site
    from wasm_interp.compiled.values import Value
    from wasm_interp.lower import LinkedFunction
    from wasm_interp.module import Instr


OPERANDS_MAX: Final = 128
LABELS_MAX: Final = 256


class TooLarge(Exception):
    """A function takes more operands or labels at once than compiling bears."""


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
