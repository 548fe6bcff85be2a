"""Costs: what was spent, on what, and sums of that. Values only.

Not here: how costs are found (`wasm_interp.profiling`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from operator import add

Vector = tuple[int, ...]
"""The fields of `Costs`, in their order, for sums in a hot place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was spent. Only row operations and message reads that did not trap are counted."""

    steps: int = 0
    fuel: int = 0
    gets: int = 0
    puts: int = 0
    deletes: int = 0
    seeks: int = 0
    message_bytes: int = 0

    @property
    def row_operations(self) -> int:
        """Gets, puts, deletes and seeks together."""
        return self.gets + self.puts + self.deletes + self.seeks

    def vector(self) -> Vector:
        """Return the fields as a tuple."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def of(cls, vector: Vector) -> Costs:
        """Return the costs with these fields."""
        return cls(**dict(zip(cls.__slots__, vector, strict=True)))

    def __add__(self, other: Costs) -> Costs:
        return Costs.of(tuple(map(add, self.vector(), other.vector())))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEntry:
    """The costs of one function, line or instruction.

    ``key`` is a function's key (an index into ``Program.functions``, or negative), a line, or a pc.
    ``calls`` are calls of a function; of a line or an instruction, the calls that it makes.
    """

    key: Hashable
    name: str
    calls: int
    own: Costs
    total: Costs

    def __add__(self, other: CostEntry) -> CostEntry:
        return replace(
            self,
            calls=self.calls + other.calls,
            own=self.own + other.own,
            total=self.total + other.total,
        )

    def __repr__(self) -> str:
        return f"CostEntry({self.name}: fuel {self.own.fuel} own, {self.total.fuel} total)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostProfile:
    """The costs of one message, or of several.

    ``functions`` and ``places`` are sorted by total fuel, the greatest first; places are lines if
    lines were given, else instructions. ``paths`` gives the own costs of each call path, a tuple of
    functions' keys, the outermost first, in the order in which they were first met.
    """

    functions: tuple[CostEntry, ...] = ()
    places: tuple[CostEntry, ...] = ()
    paths: dict[tuple[int, ...], Costs]

    @property
    def costs(self) -> Costs:
        """All that was spent."""
        return sum((entry.own for entry in self.functions), Costs())

    def __add__(self, other: CostProfile) -> CostProfile:
        paths = dict(self.paths)
        for path, costs in other.paths.items():
            paths[path] = paths.get(path, Costs()) + costs
        return CostProfile(
            functions=merged(self.functions + other.functions),
            places=merged(self.places + other.places),
            paths=paths,
        )

    def __repr__(self) -> str:
        costs = self.costs
        return (
            f"CostProfile({len(self.functions)} functions, {costs.steps} steps, {costs.fuel} fuel)"
        )


def merged(entries: Iterable[CostEntry]) -> tuple[CostEntry, ...]:
    """Return the entries with those of one key added up, the greatest total fuel first."""
    found: dict[Hashable, CostEntry] = {}
    for entry in entries:
        known = found.get(entry.key)
        found[entry.key] = known + entry if known else entry
    return tuple(sorted(found.values(), key=_order))


def _order(entry: CostEntry) -> tuple[int, int, str]:
    return -entry.total.fuel, -entry.own.fuel, entry.name
