"""The text of a function in the language of `sqlstore.wasm`, written line by line.

It keeps indentation, gives names to locals, and knows which loops are open, so that code deep in
several loops can leave all of them: the language has `break` alone.

Not here: what is written (all other modules of this package).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlstore.errors import ProgramLimitExceeded
from wasm_interp.opcodes import ValueType

DEPTH_MAX: Final = 90
"""Blocks in one another: Python's parser refuses the hundredth."""

LOCALS_MAX: Final = 1_000
"""Of one function: a module may have 1,024, and the machine's own code needs some."""

LINES_MAX: Final = 20_000
"""Of one function: beyond, its statement is too large."""


@dataclass(slots=True)
class Line:
    """A line at a depth of indentation; None is a place that may yet be filled."""

    depth: int
    text: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Exit:
    """A place behind loops, ``depth`` loops being open there; ``flag`` is set to get to it."""

    depth: int
    flag: str
    reset: Line


@dataclass(slots=True)
class _Loop:
    """An open loop, and the exits for which more than this loop is to be left."""

    exits: list[Exit] = field(default_factory=list)


class FunctionWriter:
    """A function's body while it is written.

    ``durable`` are texts of addresses in the arena where nothing is going to be written any more,
    as long as the same row is the current one.
    """

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self.lines: list[Line] = []
        self._depth = 1
        self._ended: int | None = None
        self._loops: list[_Loop] = []
        self._taken = set(taken)
        self._kept: set[str] = set()
        self._types: dict[str, ValueType] = {}
        self.durable: set[str] = set()
        self._declared: set[str] = set()

    # -- lines ------------------------------------------------------------------------------------

    def add(self, text: str) -> None:
        """Write one line, unless what is before it never goes on."""
        if self._ended is not None:
            return
        if text.startswith("return ") or text == "break":
            self._ended = self._depth
        if len(self.lines) >= LINES_MAX:
            raise ProgramLimitExceeded(
                "the statement's program is too large", hint="Split the statement in two."
            )
        self.lines.append(Line(self._depth, text))

    def store(self, bits: int, base: str, value: str, offset: int = 0, *, note: str = "") -> None:
        """Write the store of ``value``'s lowest ``bits`` at ``offset`` from ``base``.

        ``note`` is a comment behind it. Its pair is `operands.load`.
        """
        place = f", {offset}" if offset else ""
        self.add(f"store{bits}({base}, {value}{place}){f'  # {note}' if note else ''}")

    def comment(self, text: str) -> None:
        """Write a comment."""
        self.add(f"# {text}")

    def place(self) -> Line:
        """Return a line that is not written unless it gets a text later."""
        line = Line(self._depth, None)
        if self._ended is None:
            self.lines.append(line)
        return line

    def assign(self, name: str, kind: ValueType, value: str) -> None:
        """Write an assignment to the local ``name`` of type ``kind``."""
        known = self._types.setdefault(name, kind)
        assert known is kind, f"{name} is {known.text}"
        # A literal alone would be an i32.
        declared = kind is ValueType.I64 and name not in self._declared
        self._declared.add(name)
        self.add(f"{name}: i64 = {value}" if declared else f"{name} = {value}")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a compound statement: ``head`` without its colon, then what is written inside."""
        self.add(f"{head}:")
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise ProgramLimitExceeded(
                "the statement nests too deep", hint="Split the statement in two."
            )
        first = len(self.lines)
        yield
        if all(line.text is None or line.text.startswith("#") for line in self.lines[first:]):
            self.add("pass")
        self._depth -= 1
        if self._ended is not None and self._ended > self._depth:
            self._ended = None

    @contextmanager
    def captured(self) -> Iterator[list[Line]]:
        """Collect what is written inside, at the depth of this place, instead of writing it."""
        outside, self.lines = self.lines, []
        collected = self.lines
        ended = self._ended
        yield collected
        self.lines, self._ended = outside, ended

    @contextmanager
    def discarded(self) -> Iterator[None]:
        """Write nothing of what is written inside: the locals made there are not there then.

        Those that are kept have their beginning elsewhere.
        """
        taken, types, declared = set(self._taken), dict(self._types), set(self._declared)
        with self.captured():
            yield
        self._taken = taken | self._kept
        self._types = types | {name: self._types[name] for name in self._kept}
        self._declared = declared

    def paste(self, lines: list[Line]) -> None:
        """Write lines that were captured at this depth less those of blocks opened since."""
        if not lines:
            return
        shift = self._depth - min(line.depth for line in lines)
        for line in lines:
            line.depth += shift
        self.lines += lines

    # -- names ------------------------------------------------------------------------------------

    def fresh(self, base: str, kind: ValueType = ValueType.I32, *, keep: bool = False) -> str:
        """Return a name for a local: ``base``, with a number behind if that is taken.

        ``keep`` says that nothing else has the name, whatever the `scope`: what is set before all
        else, or lasts from one row to the next, outlives code that was written earlier.
        """
        plain = identifier(base)
        number = 1
        name = plain
        # Parameters are taken and have no type here; what was given before has one.
        used = self._taken | self._types.keys() if keep else self._taken
        while name in used or self._types.get(name, kind) is not kind:
            number += 1
            name = f"{plain}_{number}"
        self._taken.add(name)
        self._types[name] = kind
        self.durable.discard(name)
        if keep:
            self._kept.add(name)
        return name

    def local(self, base: str, value: str, kind: ValueType = ValueType.I32) -> str:
        """Write an assignment to a new local; return its name."""
        name = self.fresh(base, kind)
        self.assign(name, kind, value)
        return name

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Give names that are taken inside free again, for locals of the same type."""
        before = set(self._taken)
        yield
        self._taken = before | self._kept

    def check_locals(self) -> None:
        """Raise `ProgramLimitExceeded` if there are more locals than a function may have."""
        if len(self._types) > LOCALS_MAX:
            raise ProgramLimitExceeded(
                "the statement's program is too large", hint="Split the statement in two."
            )

    # -- loops ------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, head: str) -> Iterator[None]:
        """Write a loop: ``while …`` or ``for …``."""
        self._loops.append(_Loop())
        with self.block(head):
            yield
        closed = self._loops.pop()
        for one in closed.exits:
            if one.depth < len(self._loops):
                with self.block(f"if {one.flag}"):
                    self.add("break")
                self._remember(one)

    def exit_here(self) -> Exit:
        """Return an exit to the place behind the loops that are going to be opened here."""
        return Exit(len(self._loops), self.fresh("done"), self.place())

    def leave(self, target: Exit) -> None:
        """Write what leaves all loops within ``target``. Nothing may follow in the same block."""
        crossed = len(self._loops) - target.depth
        if crossed > 1:
            target.reset.text = f"{target.flag} = 0"
            self.add(f"{target.flag} = 1")
            self._remember(target)
        if crossed:
            self.add("break")

    def _remember(self, target: Exit) -> None:
        exits = self._loops[-1].exits
        if target not in exits:
            exits.append(target)


def identifier(base: str) -> str:
    """Return ``base`` as a Python name, which it nearly is: SQL's may be anything."""
    plain = re.sub(r"[^a-z0-9_]", "_", base.lower())
    if not plain or plain[0].isdigit():
        plain = f"_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain
