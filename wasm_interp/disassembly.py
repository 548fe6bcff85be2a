"""Disassembly: a program's instructions with pc, symbol and module offset, as data."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from merkle.display import html_table
from wasm_interp.errors import InputError

if TYPE_CHECKING:
    from wasm_interp.instructions import Word
    from wasm_interp.program import Function, Location, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One instruction."""

    location: Location
    word: Word
    text: str

    @property
    def pc(self) -> int:
        """Its index in the code."""
        return self.location.pc

    def __str__(self) -> str:
        offset = self.location.offset
        where = f"0x{offset:06x}" if offset >= 0 else ""
        return f"{self.pc:7}  {where:<8}  {self.text}"


@dataclass(frozen=True, slots=True, repr=False)
class Listing:
    """The instructions of some functions. Its repr is the listing itself."""

    parts: tuple[tuple[Function, tuple[Line, ...]], ...]

    @property
    def lines(self) -> list[Line]:
        """All instructions, in order."""
        return [line for _, lines in self.parts for line in lines]

    def __repr__(self) -> str:
        texts = []
        for function, lines in self.parts:
            texts += ["", f"<{function.symbol}> {function.type}", *map(str, lines)]
        return "\n".join(texts[1:])

    def _repr_html_(self) -> str:
        return "".join(
            f"<h4>{escape(function.symbol)} {escape(str(function.type))}</h4>"
            + html_table(["pc", "offset", "instruction"], [_cells(line) for line in lines])
            for function, lines in self.parts
        )


def _cells(line: Line) -> list[object]:
    offset = line.location.offset
    return [line.pc, f"0x{offset:06x}" if offset >= 0 else "", line.text]


def disassemble(program: Program, symbol: str | None = None) -> Listing:
    """Return the code of the functions called ``symbol``, or of all. Raises `InputError`."""
    functions = [entry for entry in program.functions if entry.pc]
    wanted = [entry for entry in functions if symbol in {None, entry.symbol}]
    if symbol is not None and not wanted:
        raise InputError(f"no function is called '{symbol}'")
    starts = sorted(entry.pc for entry in functions)
    ends = dict(pairwise([*starts, len(program.words)]))
    return Listing(
        tuple(
            (entry, tuple(_line(program, pc) for pc in range(entry.pc, ends[entry.pc])))
            for entry in wanted
        )
    )


def _line(program: Program, pc: int) -> Line:
    word = program.words[pc]
    return Line(location=program.location(pc), word=word, text=program.text(word))
