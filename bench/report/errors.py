"""What can be wrong with a run of the benches. One class per cause."""

from __future__ import annotations

from dataclasses import dataclass

from merkle.errors import ChannelsError


class ReportError(ChannelsError):
    """The report cannot be made."""


@dataclass(eq=False)
class UnknownBench(ReportError):
    """There is no bench of this name."""

    sentence = "no bench is called {name}; there are {known}"

    name: str
    known: str


@dataclass(eq=False)
class BenchFailed(ReportError):
    """A bench ended with an error."""

    sentence = "python -m bench.{name} ended with exit status {status}"

    name: str
    status: int


@dataclass(eq=False)
class LastLineNotJson(ReportError):
    """The last line that a bench printed is not one JSON object."""

    sentence = "the last line of python -m bench.{name} is no JSON object: {line!r}"

    name: str
    line: str


@dataclass(eq=False)
class FigureMissing(ReportError):
    """A bench did not give a figure that has a bar."""

    sentence = "python -m bench.{name} gives no figure {figure}"

    name: str
    figure: str


@dataclass(eq=False)
class NotMeasured(ReportError):
    """A bench has no figures yet: there is nothing to draw."""

    sentence = "{file} is not there: run python -m bench.report {name} first"

    name: str
    file: str


@dataclass(eq=False)
class DataMalformed(ReportError):
    """A file of figures is not what a run writes."""

    sentence = "{file} is not what a run of its bench writes"

    file: str
