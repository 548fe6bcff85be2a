"""Profiling: what a message costs, by function, by line or instruction, and by call path.

1. A message runs in the loop that `wasm_interp.stepper` generates, with one more line that counts
   the step at its pc. Calls, returns and host functions leave that loop: there, what was spent
   since the last stop is booked, on the function that runs.
2. *Own* costs are what a function (a line, an instruction) does itself; *total* costs include what
   it calls. A total is counted from the outermost call only, so that recursion counts once.
3. Host functions (``db.put``) are functions too; their surcharge is their own. On a line or an
   instruction, a host function's cost is the caller's own: it is one instruction.
4. A call path names a function once: recursion goes back to where it stands already.

Own costs add up to the turn's steps and fuel exactly, also if the message traps.
Not here: the values (`wasm_interp.costs`), source lines (`wasm_interp.source_lines`), flame graphs
(`wasm_interp.speedscope`), tables.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from operator import add, sub
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wasm_interp import instructions as code
from wasm_interp.costs import CostEntry, CostProfile, Costs, Vector, merged
from wasm_interp.errors import printable
from wasm_interp.host import HOST_FUNCTIONS
from wasm_interp.instructions import INSTRUCTIONS, INVALID
from wasm_interp.rules.trap import Trap
from wasm_interp.state import Status, TrapCode
from wasm_interp.stepper import dispatch_numbers, source
from wasm_interp.turn import Turn, finish, reduce

if TYPE_CHECKING:
    from merkle import OrderedMap
    from wasm_interp.machine import Machine
    from wasm_interp.message import Message
    from wasm_interp.program import Program
    from wasm_interp.turn import LogEntry

SLICE_STEPS: Final = 2**18
"""Steps between two calls of ``tick``."""

DEPTH_MAX: Final = 200
PATHS_MAX: Final = 20_000
"""Limits on call paths: what is called beyond them is shown as called by `DEEPER`."""

PLACE_PCS_MAX: Final = 256
"""Greatest line whose own steps are counted at each call: of a longer one, steps that it takes
while it is being called from itself are in its total twice."""

HALT: Final = -1
DEEPER: Final = -2
HOST_NAMES: Final = {-number: ".".join(name) for name, (_, number) in HOST_FUNCTIONS.items()}
"""Function keys that are no index into ``Program.functions``: a host function's is ``-code``."""


def profile_machine(
    machine: Machine,
    *,
    lines: Sequence[Hashable] | None = None,
    tick: Callable[[Machine], object] | None = None,
) -> CostProfile:
    """Run ``machine`` until it halts or traps; return what that cost.

    ``lines`` gives the source line of each pc; without it, places are instructions. ``tick`` is
    called with the machine every `SLICE_STEPS` steps at most.
    """
    return _Run(machine, _Layout.of(machine.program, lines)).profile(tick)


def profile_turn(
    program: Program,
    rows: OrderedMap,
    message: Message,
    *,
    lines: Sequence[Hashable] | None = None,
    tick: Callable[[Machine], object] | None = None,
) -> tuple[Turn, CostProfile]:
    """Apply one message to ``rows`` as `reduce` does; return its turn and what it cost."""
    return _profile_turn(_Layout.of(program, lines), rows, message, tick)


def _profile_turn(
    layout: _Layout, rows: OrderedMap, message: Message, tick: Callable[[Machine], object] | None
) -> tuple[Turn, CostProfile]:
    machine = layout.program.start(rows, message)
    fuel = machine.fuel
    costs = _Run(machine, layout).profile(tick)
    return replace(finish(machine, rows), fuel_used=fuel - machine.fuel), costs


def profile_log(
    program: Program,
    rows: OrderedMap,
    log: Iterable[LogEntry],
    *,
    participants: int = 2,
    only: int | None = None,
    lines: Sequence[Hashable] | None = None,
    tick: Callable[[Machine], object] | None = None,
) -> Iterator[tuple[int, Turn, CostProfile]]:
    """Apply a log as `replay` does; yield each message's number, from 1 on, its turn and its costs.

    With ``only``, that message alone is profiled and yielded; those before it run at full speed.
    """
    turn = 1
    layout = _Layout.of(program, lines)
    for number, entry in enumerate(islice(log, only), 1):
        message = entry.message(turn, participants=participants)
        if only in {None, number}:
            outcome, costs = _profile_turn(layout, rows, message, tick)
            yield number, outcome, costs
        else:
            outcome = reduce(program, rows, message)
        rows = outcome.rows
        turn += outcome.accepted


def function_name(program: Program, key: int) -> str:
    """Return the symbol of a function by its key."""
    if key in HOST_NAMES:
        return HOST_NAMES[key]
    if key in _OTHER_NAMES:
        return _OTHER_NAMES[key]
    return printable(program.functions[key].symbol)


_OTHER_NAMES: Final = {HALT: "(halt)", DEEPER: "(deeper calls)"}


# -- the counting loop ----------------------------------------------------------------------------

_CHANGES: Final = (
    ("def run_plain_steps(m, limit):", "def run_counted_steps(m, limit, numbers, counts):"),
    ("numbers, imm_a, imm_b = m.program.dispatch", "_, imm_a, imm_b = m.program.dispatch"),
    ("number = numbers[pc]", "counts[pc] += 1; number = numbers[pc]"),
)
"""How the stepper's loop becomes one that counts."""


@cache
def _counting_loop() -> Callable[[Machine, int, list[int], list[int]], None]:
    """Return the loop: it counts a step before it takes it, or leaves it to the caller."""
    text = source()
    for old, new in _CHANGES:
        assert text.count(old) == 1, f"the stepper's loop has changed: {old}"
        text = text.replace(old, new)
    scope: dict[str, Any] = {"Trap": Trap, "TrapCode": TrapCode, "Status": Status}
    scope |= {row.rule.__name__: row.rule for row in INSTRUCTIONS.values()}
    exec(compile(text, "<counting loop generated from wasm_interp.rules>", "exec"), scope)
    loop: Callable[[Machine, int, list[int], list[int]], None] = scope["run_counted_steps"]
    return loop


_WATCHED: Final = frozenset({code.CALL, code.CALL_INDIRECT, code.RETURN})
"""Instructions that leave the loop because the function that runs changes there."""


def _numbers(program: Program) -> list[int]:
    """Return the dispatch numbers by pc, with those of watched instructions leaving the loop."""
    leave = dispatch_numbers()[INVALID]
    numbers = program.dispatch[0][:]
    for pc, word in enumerate(program.words):
        if word.code in _WATCHED:
            numbers[pc] = leave
    return numbers


# -- the run --------------------------------------------------------------------------------------

_ZERO: Final[Vector] = Costs().vector()
_ROW_FIELD: Final = {
    code.DB_GET: 2,
    code.DB_PUT: 3,
    code.DB_DELETE: 4,
    code.DB_SEEK: 5,
    code.DB_SEEK_BACK: 5,
}
"""Which field of `Costs` counts a host function."""
_MESSAGE_BYTES_FIELD: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What all runs of a program have in common: ``numbers`` for the loop, and the places.

    ``place_of`` gives the place of each pc and of the one behind the code's end, ``keys`` a place's
    key, ``pcs`` its pcs.
    """

    program: Program
    numbers: list[int]
    keys: Sequence[Hashable]
    place_of: Sequence[int]
    pcs: Sequence[Sequence[int]]
    by_instruction: bool

    @classmethod
    def of(cls, program: Program, lines: Sequence[Hashable] | None) -> _Layout:
        """Return the layout by lines if there are any, else by instructions."""
        count = len(program.words) + 1
        places: dict[Hashable, int] = {}
        if lines is None:
            place_of: Sequence[int] = range(count)
            pcs: Sequence[Sequence[int]] = [(pc,) for pc in place_of]
        else:
            assert len(lines) == count - 1, "a line for each pc"
            place_of = [places.setdefault(line, len(places)) for line in (*lines, lines[-1])]
            pcs = _grouped(place_of, len(places))
        return cls(
            program=program,
            numbers=_numbers(program),
            keys=range(count) if lines is None else tuple(places),
            place_of=place_of,
            pcs=pcs,
            by_instruction=lines is None,
        )


def _grouped(place_of: Sequence[int], places: int) -> list[list[int]]:
    pcs: list[list[int]] = [[] for _ in range(places)]
    for pc, place in enumerate(place_of):
        pcs[place].append(pc)
    return pcs


class _Node:
    """A call path. ``reached`` finds the path of a callee, which may be one further up."""

    __slots__ = ("depth", "function", "own", "parent", "reached")

    def __init__(self, function: int, parent: _Node | None) -> None:
        self.function = function
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent else 0
        self.own = _ZERO
        self.reached: dict[int, _Node] = {}

    def path(self) -> tuple[int, ...]:
        """Return the functions' keys from the outermost one on; the root has none."""
        keys = []
        node = self
        while node.parent:
            keys.append(node.function)
            node = node.parent
        return tuple(reversed(keys))

    def find(self, function: int) -> _Node | None:
        """Return the node of ``function`` on this path, if it is there."""
        node: _Node | None = self
        while node and (node.function != function or not node.parent):
            node = node.parent
        return node


class _Nodes:
    """All call paths that were met, in that order."""

    def __init__(self) -> None:
        self.root = _Node(HALT, None)
        self.all = [self.root]

    def callee(self, node: _Node, function: int) -> _Node:
        """Return the path on which ``function`` runs when ``node`` calls it."""
        reached = node.reached.get(function) or node.find(function)
        if reached is None:
            if node.depth >= DEPTH_MAX or len(self.all) >= PATHS_MAX:
                # At most one more path for each function, so the limit holds up to that.
                deeper = self.root.reached.get(DEEPER) or self._new(self.root, DEEPER)
                reached = deeper.reached.get(function) or self._new(deeper, function)
            else:
                reached = self._new(node, function)
        node.reached[function] = reached
        return reached

    def _new(self, parent: _Node, function: int) -> _Node:
        node = _Node(function, parent)
        parent.reached[function] = node
        self.all.append(node)
        return node


class _Spans:
    """Sums over the time between a key's outermost opening and its closing."""

    def __init__(self) -> None:
        self.depth: dict[int, int] = {}
        self.opened: dict[int, Vector] = {}
        self.sums: dict[int, Vector] = {}

    def open(self, key: int, now: Callable[[int], Vector]) -> None:
        """Open ``key``; the first time, note where the meter stands."""
        depth = self.depth.get(key, 0)
        if depth == 0:
            self.opened[key] = now(key)
        self.depth[key] = depth + 1

    def close(self, key: int, now: Callable[[int], Vector]) -> None:
        """Close ``key``; the last time, add what the meter has gone on."""
        depth = self.depth[key] = self.depth[key] - 1
        if depth == 0:
            spent = map(sub, now(key), self.opened[key])
            self.sums[key] = tuple(map(add, self.sums.get(key, _ZERO), spent))


class _Frame(NamedTuple):
    """A function that runs: its call path, its key, and the place of the call or `NOWHERE`."""

    node: _Node
    function: int
    place: int


NOWHERE: Final = -1
"""The place that calls the outermost functions: start function, entry, halt."""


class _Run:
    """One machine's run, and what is booked meanwhile."""

    def __init__(self, machine: Machine, layout: _Layout) -> None:
        self.m = machine
        self.program = machine.program
        self.layout = layout
        self.place_of = layout.place_of
        self.counts = [0] * len(layout.place_of)
        self.beyond: dict[int, Vector] = {}
        self.tally = _ZERO[2:]
        self.calls: dict[int, int] = {}
        self.calls_from: dict[int, int] = {}
        self.nodes = _Nodes()
        self.frames: list[_Frame] = []
        self.running = _Spans()
        self.calling = _Spans()

    # -- meters ---------------------------------------------------------------------------------

    def _now(self, _: int = 0) -> Vector:
        """Return all that was spent; only differences mean anything."""
        return (self.m.steps, -self.m.fuel, *self.tally)

    def _own(self, place: int) -> Vector:
        """Return what was spent at ``place`` itself."""
        steps = sum([self.counts[pc] for pc in self.layout.pcs[place]])
        beyond = self.beyond.get(place, _ZERO)
        return (steps, steps + beyond[1], *beyond[2:])

    def _elsewhere(self, place: int) -> Vector:
        """Return what was spent anywhere but at ``place`` itself; only differences count."""
        if len(self.layout.pcs[place]) > PLACE_PCS_MAX:
            return self._now()
        return tuple(map(sub, self._now(), self._own(place)))

    # -- running --------------------------------------------------------------------------------

    def profile(self, tick: Callable[[Machine], object] | None) -> CostProfile:
        """Run to the end and return the costs."""
        m = self.m
        numbers = self.layout.numbers
        loop = _counting_loop()
        shown = m.steps
        if m.running:
            self._enter(NOWHERE)
        while m.running:
            limit = min(SLICE_STEPS, m.fuel)
            before = m.steps
            loop(m, limit, numbers, self.counts)
            done = m.steps - before
            if done:
                # Each of these steps takes one fuel and no more.
                self._book(self.frames[-1].node, (done, done, *_ZERO[2:]))
            if m.running and done < limit:
                self._step()
            elif m.running and m.fuel == 0:
                self.counts[m.pc] += 1
                self._step()
            if tick and m.steps - shown >= SLICE_STEPS:
                shown = m.steps
                tick(m)
        while self.frames:
            self._leave()
        return self._result()

    def _step(self) -> None:
        """Take a step that the loop left, already counted at its pc, and book it."""
        m = self.m
        pc, fuel = m.pc, m.fuel
        word = m.word() if fuel else None
        number = word.code if word else INVALID
        length = m.stack[-1] if number == code.CHANNEL_MESSAGE_READ else 0
        m.step()
        spent = [1, fuel - m.fuel, *_ZERO[2:]]
        if m.status is not Status.TRAPPED:
            spent[_MESSAGE_BYTES_FIELD] = length
            if number in _ROW_FIELD:
                spent[_ROW_FIELD[number]] = 1
        self._book_step(number, self.place_of[pc], tuple(spent))
        if m.running and number in {code.CALL, code.CALL_INDIRECT}:
            self._enter(self.place_of[pc])
        elif m.running and number == code.RETURN:
            self._leave()
            if not self.frames:
                self._enter(NOWHERE)

    def _book(self, node: _Node, spent: Vector) -> None:
        node.own = tuple(map(add, node.own, spent))

    def _book_step(self, number: int, place: int, spent: Vector) -> None:
        """Book a step on its function and its place."""
        node = self.frames[-1].node
        if -number in HOST_NAMES:
            node = self.nodes.callee(node, -number)
            self._count_call(-number, place)
        self._book(node, spent)
        # Places have their steps by pc: what is kept here is what a step costs beyond one fuel.
        beyond = (0, spent[1] - 1, *spent[2:])
        if any(beyond):
            self.beyond[place] = tuple(map(add, self.beyond.get(place, _ZERO), beyond))
            self.tally = tuple(map(add, self.tally, spent[2:]))

    def _count_call(self, function: int, place: int) -> None:
        self.calls[function] = self.calls.get(function, 0) + 1
        self.calls_from[place] = self.calls_from.get(place, 0) + 1

    def _enter(self, place: int) -> None:
        """Begin with the function at pc, called from ``place``."""
        function = self.program.origins[self.m.pc].function
        self._count_call(function, place)
        self.running.open(function, self._now)
        if place != NOWHERE:
            self.calling.open(place, self._elsewhere)
        caller = self.frames[-1].node if self.frames else self.nodes.root
        self.frames.append(_Frame(self.nodes.callee(caller, function), function, place))

    def _leave(self) -> None:
        """End the innermost function."""
        frame = self.frames.pop()
        self.running.close(frame.function, self._now)
        if frame.place != NOWHERE:
            self.calling.close(frame.place, self._elsewhere)

    # -- the result -----------------------------------------------------------------------------

    def _result(self) -> CostProfile:
        return CostProfile(
            functions=self._functions(),
            places=merged(self._place_entries()),
            paths={node.path(): Costs.of(node.own) for node in self.nodes.all if node.own != _ZERO},
        )

    def _functions(self) -> tuple[CostEntry, ...]:
        own: dict[int, Vector] = {}
        for node in self.nodes.all:
            own[node.function] = tuple(map(add, own.get(node.function, _ZERO), node.own))
        return merged(
            CostEntry(
                key=function,
                name=function_name(self.program, function),
                calls=self.calls[function],
                own=Costs.of(own[function]),
                # A host function calls nothing.
                total=Costs.of(self.running.sums.get(function, own[function])),
            )
            for function in self.calls
        )

    def _place_entries(self) -> Iterator[CostEntry]:
        for place in {self.place_of[pc] for pc, count in enumerate(self.counts) if count}:
            key = self.layout.keys[place]
            own = self._own(place)
            called = self.calling.sums.get(place, _ZERO)
            yield CostEntry(
                key=key,
                name=self._instruction_name(place) if self.layout.by_instruction else str(key),
                calls=self.calls_from.get(place, 0),
                own=Costs.of(own),
                total=Costs.of(tuple(map(add, own, called))),
            )

    def _instruction_name(self, pc: int) -> str:
        location = self.program.location(pc)
        return f"{pc} {printable(location.symbol)}: {self.program.text(self.program.fetch(pc))}"
