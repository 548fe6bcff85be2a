"""What a page is made of: bars, tables, charts, and the figures of one run.

Not here: which pages there are (`bench.report.pages`), files (`bench.report.files`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bench.report.environment import Environment

NOT_MEASURED: Final = "not measured"
NOTHING: Final = "\N{EN DASH}"


class Verdict(Enum):
    """What became of a bar."""

    MET = "met"
    MISSED = "**missed**"
    REACHED = "reached"
    NOT_REACHED = "**aim not reached**"
    NOT_MEASURED = "not measured"
    NONE = "no bar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure of a bench, and what it must be: ``at_least`` or ``at_most``, or neither.

    An aim is a bar that the project has not promised to meet. ``digits`` are shown after the point.
    """

    figure: str
    text: str
    at_least: float | None = None
    at_most: float | None = None
    aim: bool = False
    digits: int = 0
    unit: str = ""

    def bound(self) -> str:
        """Return what is asked for, in words."""
        if self.at_least is None and self.at_most is None:
            return "none"
        prefix = "aim: " if self.aim else ""
        words = "at least" if self.at_least is not None else "at most"
        bound = self.at_least if self.at_least is not None else self.at_most
        return f"{prefix}{words} {number(bound)}{self._unit()}"

    def shown(self, value: float | None) -> str:
        """Return the measured ``value`` as the tables have it."""
        return NOT_MEASURED if value is None else f"{number(value, self.digits)}{self._unit()}"

    def verdict(self, value: float | None) -> Verdict:
        """Return whether ``value`` is what is asked for."""
        if self.at_least is None and self.at_most is None:
            return Verdict.NONE
        if value is None:
            return Verdict.NOT_MEASURED
        good = (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )
        if self.aim:
            return Verdict.REACHED if good else Verdict.NOT_REACHED
        return Verdict.MET if good else Verdict.MISSED

    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a bench gave: the object of its last line, and where it ran."""

    environment: Environment
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A bench and how its figures are shown.

    ``name`` is that of ``python -m bench.<name>``, of the data, the template and the page.
    ``tables`` gives the text of each table by its name in the template, ``charts`` each SVG by its
    file's stem.
    """

    name: str
    title: str
    about: str
    bars: tuple[Bar, ...]
    tables: Callable[[Mapping[str, Any]], dict[str, str]]
    charts: Callable[[Mapping[str, Any]], dict[str, str]]


def number(value: float | None, digits: int | None = None) -> str:
    """Return ``value`` with separators; without ``digits``, with those that it needs."""
    if value is None:
        return NOTHING
    if digits is None:
        return f"{int(value) if value == int(value) else value:,}"
    return f"{value:,.{digits}f}"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown. ``None`` in a cell is shown as a dash."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(NOTHING if cell is None else str(cell) for cell in line) + " |"
        for line in lines
    )


def bars_table(bars: Iterable[Bar], figures: Mapping[str, Any]) -> str:
    """Return the table of what was measured beside what is asked for."""
    return table(
        ["figure", "measured", "bar", ""],
        [
            [
                f"`{bar.figure}`: {bar.text}",
                bar.shown(figures[bar.figure]),
                bar.bound(),
                bar.verdict(figures[bar.figure]).value,
            ]
            for bar in bars
        ],
    )
