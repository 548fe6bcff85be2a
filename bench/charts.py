"""Charts as SVG, the same bytes for the same figures.

Bars are horizontal, so that names are read without tilting the head. Text stays text in the SVG: it
can be searched, and a change of a figure is one line of a diff. Not here: which figures are shown
(`bench.report.pages`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "channels",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    # The first is matplotlib's own, which the layout is made with; Verdana is as wide.
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
OURS: Final = "#1b6ca8"
OURS_LIGHT: Final = "#8fc1e3"
PEER: Final = "#a9a9a9"
LIMIT: Final = "#c0392b"
SERIES_COLOURS: Final = (OURS, OURS_LIGHT, "#14466b", PEER, "#6f6f6f")
WIDTH_INCHES: Final = 8.0
BAR_INCHES: Final = 0.2
FRAME_INCHES: Final = 1.1
UNITS: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
ROOM: Final = 1.3
"""How much longer than the longest bar an axis is, for the label behind it."""
ROOM_LOG: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One value for each group, in their order; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From the least to the greatest; ``ours`` are set off by their colour."""

    name: str
    low: float
    high: float
    ours: bool = False


def grouped_bars(
    *, title: str, axis: str, groups: Sequence[str], series: Sequence[Series], log: bool = False
) -> str:
    """Return a chart of several bars for each of ``groups``, one for each of ``series``."""
    with mpl.rc_context(STYLE):
        figure, axes = _axes(title, axis, bars=len(groups) * (len(series) + 1) + 2, log=log)
        step = 1 / (len(series) + 1)
        for at, one in enumerate(series):
            places = [group + at * step for group, v in enumerate(one.values) if v is not None]
            values = [value for value in one.values if value is not None]
            bars = axes.barh(
                places, values, height=step * 0.9, label=one.name, color=SERIES_COLOURS[at]
            )
            axes.bar_label(bars, labels=[short(value) for value in values], padding=3, fontsize=8)
        middle = step * (len(series) - 1) / 2
        axes.set_yticks([group + middle for group in range(len(groups))], list(groups))
        _scale(axes, [v for one in series for v in one.values if v is not None], log=log)
        _legend(figure, len(series))
        return _svg(figure)


def ranges(*, title: str, axis: str, rows: Sequence[Range]) -> str:
    """Return a chart of spans from the least to the greatest, on a logarithmic axis."""
    with mpl.rc_context(STYLE):
        figure, axes = _axes(title, axis, bars=len(rows) * 1.5, log=True)
        values = [value for row in rows for value in (row.low, row.high)]
        for at, row in enumerate(rows):
            colour = OURS if row.ours else PEER
            axes.plot([row.low, row.high], [at, at], color=colour, linewidth=7)
            axes.plot([row.low], [at], color=colour, marker="o", markersize=7)
            ends = [row.low] if row.low == row.high else [row.low, row.high]
            text = " to ".join(short(end) for end in ends)
            axes.annotate(
                text, (row.high, at), xytext=(8, 0), textcoords="offset points", va="center"
            )
        axes.set_yticks(range(len(rows)), [row.name for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(min(values) / 2, max(values) * ROOM_LOG)
        return _svg(figure)


def stacked_bars(
    *,
    title: str,
    axis: str,
    names: Sequence[str],
    series: Sequence[Series],
    marks: Series,
) -> str:
    """Return a chart of bars made of parts, with a mark on each row, its value in brackets."""
    with mpl.rc_context(STYLE):
        figure, axes = _axes(title, axis, bars=len(names) * 1.5 + 2, log=False)
        places = range(len(names))
        left = [0.0] * len(names)
        colours = (PEER, OURS_LIGHT, OURS)
        for colour, one in zip(colours, series, strict=False):
            values = [value or 0.0 for value in one.values]
            axes.barh(places, values, left=left, label=one.name, color=colour, height=0.7)
            left = [before + value for before, value in zip(left, values, strict=True)]
        heights = [value or 0.0 for value in marks.values]
        axes.plot(heights, places, "|", color=LIMIT, markersize=11, label=marks.name)
        for at, (total, mark) in enumerate(zip(left, heights, strict=True)):
            axes.annotate(
                f"{short(total)} ({short(mark)})",
                (max(total, mark), at),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        axes.set_yticks(places, list(names))
        _scale(axes, [*left, *heights], log=False)
        axes.set_ylim(len(names) - 0.4, -0.6)
        _legend(figure, len(series) + 1)
        return _svg(figure)


def short(value: float, _: object = None) -> str:
    """Return ``value`` with three digits and k, M or G."""
    for unit, name in UNITS:
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"


def _axes(title: str, axis: str, *, bars: float, log: bool) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_INCHES, FRAME_INCHES + bars * BAR_INCHES), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.set_xlabel(axis)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="#e0e0e0", linewidth=0.6)
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(short))
    return figure, axes


def _scale(axes: Axes, values: Sequence[float], *, log: bool) -> None:
    """Leave room for labels; the first group is on top."""
    if log:
        axes.set_xlim(min(values) / 2, max(values) * ROOM_LOG)
    else:
        axes.set_xlim(0, max(values) * ROOM)
    axes.invert_yaxis()


def _legend(figure: Figure, columns: int) -> None:
    figure.legend(loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def _svg(figure: Figure) -> str:
    """Return ``figure`` without a date, without the version of what drew it."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
