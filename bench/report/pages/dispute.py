"""The page of `bench.dispute`: a whole dispute over a turn of 2^24 steps, by k.

The peers' choices stand here as their code and papers state them; nothing of theirs is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bench.charts import Series, stacked_bars
from bench.report.page import Bar, Page, number, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How a peer cuts: into how many segments, and over what length at most."""

    name: str
    segments: int
    levels: str
    rounds: str
    posted: str


PEERS: Final = (
    Peer(
        name="Arbitrum, before BoLD",
        segments=40,
        levels="one",
        rounds="5 for 2^24 steps",
        posted="all inner points; only their hash is stored",
    ),
    Peer(
        name="Arbitrum BoLD",
        segments=2,
        levels="three: 2^26 blocks, 2^19 big steps, 2^23 steps",
        rounds="68 at most",
        posted="one point with a history proof",
    ),
    Peer(
        name="Cannon",
        segments=2,
        levels="two, in one tree of claims",
        rounds="73 at most",
        posted="one claim",
    ),
)

BARS: Final = (
    Bar(figure="rounds", text="of posting and choosing, with the best k"),
    Bar(
        figure="total_gas",
        text="both sides, charged with EIP-7623, from the opening to the verdict",
        at_most=1_000_000,
        unit="gas",
    ),
    Bar(
        figure="total_gas_largest_code",
        text="a bound for a program of 2^20 instructions",
        at_most=1_000_000,
        unit="gas",
    ),
    Bar(
        figure="honest_cpu_vs_run",
        text="CPU of all hashes and the witness over one plain run, of the dearer side",
        at_most=4,
        digits=2,
    ),
    Bar(figure="asserter_cpu_vs_run", text="of an honest asserter", digits=2),
    Bar(figure="challenger_cpu_vs_run", text="of an honest challenger", digits=2),
    Bar(figure="wall_s_py_evm", text="both sides and py-evm", digits=1, unit="s"),
    Bar(figure="wall_s_anvil", text="both sides and anvil", digits=1, unit="s"),
)


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the page."""
    return {
        "by_arity": table(
            [
                *("k", "rounds", "transactions", "total gas", "without the floor", "asserter"),
                *("challenger", "calldata, bytes", "asserter's CPU", "challenger's CPU"),
            ],
            [_row(row, best=figures["arity"]) for row in figures["by_arity"]],
        ),
        "peers": table(
            ["", "segments", "levels", "rounds", "posted in a round"],
            [[peer.name, peer.segments, peer.levels, peer.rounds, peer.posted] for peer in PEERS],
        ),
        "arity": str(figures["arity"]),
        "disputed_step": number(figures["disputed_step"]),
        "run_ms": number(figures["run_s"] * 1_000, 0),
        "step_gas": number(_best(figures)["step_gas"]),
    }


def _row(row: Mapping[str, Any], *, best: int) -> list[object]:
    arity = f"**{row['arity']}**" if row["arity"] == best else row["arity"]
    gas = ("total_gas", "unfloored_gas", "asserter_gas", "challenger_gas", "calldata_bytes")
    return [
        *(arity, row["rounds"], row["transactions"]),
        *(number(row[name]) for name in gas),
        *(number(row[name], 2) for name in ("asserter_cpu", "challenger_cpu")),
    ]


def _best(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    rows: list[Mapping[str, Any]] = figures["by_arity"]
    return next(row for row in rows if row["arity"] == figures["arity"])


def charts(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the chart of the page."""
    rows = figures["by_arity"]
    return {
        "dispute-gas": stacked_bars(
            title="Gas of a whole dispute over 2^24 steps, by k",
            axis="gas charged (in brackets without the floor of EIP-7623)",
            names=[f"k = {row['arity']}" for row in rows],
            series=[
                Series(name="asserter", values=[row["asserter_gas"] for row in rows]),
                Series(name="challenger", values=[row["challenger_gas"] for row in rows]),
            ],
            marks=Series(name="without the floor", values=[row["unfloored_gas"] for row in rows]),
        )
    }


PAGE: Final = Page(
    name="dispute",
    title="A whole dispute",
    about="Gas, rounds and honest CPU of a dispute over 2^24 steps, by how a round cuts",
    bars=BARS,
    tables=tables,
    charts=charts,
)
