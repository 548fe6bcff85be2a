"""The page of `bench.gas`: one step on chain, beside the peers' one-step proofs.

The peers' figures were measured once, on their own bytecode; they stand here because nothing in
this repository can measure them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.charts import Range, Series, ranges, stacked_bars
from bench.report.page import Bar, Page, number, table
from solidity.gas import TRANSACTION_GAS


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer's one-step proof: bytes of state and witness, gas of execution, total gas."""

    name: str
    state: str
    witness_bytes: tuple[int, int]
    exec_gas: tuple[int, int]
    total_gas: tuple[int, int]


PEERS: Final = (
    Peer(
        name="Arbitrum, small machine",
        state="typed structs; 2 modules, 24 instructions",
        witness_bytes=(1_763, 3_661),
        exec_gas=(580_000, 1_182_000),
        total_gas=(618_000, 1_248_000),
    ),
    Peer(
        name="Arbitrum, large machine",
        state="9 modules, 512 pages",
        witness_bytes=(3_635, 5_533),
        exec_gas=(1_173_000, 1_775_000),
        total_gas=(1_227_000, 1_857_000),
    ),
    Peer(
        name="Cannon MIPS.sol",
        state="226 bytes, packed",
        witness_bytes=(2_018, 2_018),
        exec_gas=(18_200, 30_300),
        total_gas=(68_000, 81_000),
    ),
    Peer(
        name="Cannon MIPS2.sol (threads)",
        state="172 + 166 bytes",
        witness_bytes=(2_162, 2_162),
        exec_gas=(25_300, 36_800),
        total_gas=(78_000, 89_000),
    ),
    Peer(
        name="asterisc RISCV.sol",
        state="362 bytes",
        witness_bytes=(2_282, 2_282),
        exec_gas=(37_500, 120_500),
        total_gas=(91_000, 205_000),
    ),
    Peer(
        name="Cartesi UArchStep",
        state="one 2^64 tree",
        witness_bytes=(11_520, 17_280),
        exec_gas=(365_000, 558_000),
        total_gas=(569_000, 852_000),
    ),
)

BARS: Final = (
    Bar(
        figure="median_total_gas",
        text="a step of Tic-Tac-Toe, the median",
        at_most=50_000,
        unit="gas",
    ),
    Bar(
        figure="max_total_gas_plain",
        text="any step but of rows and messages, the dearest",
        at_most=80_000,
        unit="gas",
    ),
    Bar(
        figure="db_total_gas_10k",
        text="an operation on a row among 10,000, the dearest",
        at_most=130_000,
        unit="gas",
    ),
    Bar(
        figure="db_total_gas_10k_aligned",
        text="the same where no buffer crosses the middle of memory",
        unit="gas",
    ),
    Bar(
        figure="worst_total_gas",
        text="the dearest step of all",
        at_most=1_500_000,
        unit="gas",
    ),
    Bar(
        figure="median_witness_bytes",
        text="record, op and witness of a step of Tic-Tac-Toe, the median",
        at_most=1_024,
        unit="bytes",
    ),
    Bar(figure="median_total_gas_charged", text="the median at the price since Prague", unit="gas"),
    Bar(figure="max_total_gas_plain_charged", text="the dearest at that price", unit="gas"),
    Bar(figure="db_total_gas_10k_charged", text="the dearest at that price", unit="gas"),
    Bar(figure="worst_total_gas_charged", text="the dearest at that price", unit="gas"),
)


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the page."""
    game = figures["game"]
    return {
        "peers": _peers(figures),
        "game": _kinds({"all steps": game["all"]} | game["kinds"]),
        "kinds": _kinds(figures["kinds"]),
        "rows": _rows(figures["rows"]),
        "worst": _worst(figures["worst"]),
        "steps": number(game["all"]["count"]),
        "log": game["log"],
        "dearest_plain": figures["dearest"]["max_total_gas_plain"],
        "dearest_row": figures["dearest"]["db_total_gas_10k"],
    }


def charts(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the charts of the page."""
    return {
        "gas-peers": ranges(
            title="Total gas of a one-step proof, from the cheapest to the dearest",
            axis="gas: 21,000 + calldata at 16/4 + execution, logarithmic",
            rows=_peer_ranges(figures, "total_gas"),
        ),
        "witness-peers": ranges(
            title="State and witness of a one-step proof, from the smallest to the largest",
            axis="bytes, logarithmic",
            rows=_peer_ranges(figures, "witness_bytes"),
        ),
        "gas-kinds": _kinds_chart(figures["kinds"]),
    }


def _peer_ranges(figures: Mapping[str, Any], figure: str) -> list[Range]:
    game = figures["game"]["all"][figure]
    plain = _plain(figures, figure)
    rows = [row[figure] for row in figures["rows"]]
    return [
        Range(name="ours, Tic-Tac-Toe", low=game["min"], high=game["max"], ours=True),
        Range(name="ours, plain steps", low=plain[0], high=plain[1], ours=True),
        Range(
            name="ours, rows among 10,000",
            low=min(row["min"] for row in rows),
            high=max(row["max"] for row in rows),
            ours=True,
        ),
        *(
            Range(name=peer.name, low=getattr(peer, figure)[0], high=getattr(peer, figure)[1])
            for peer in PEERS
        ),
    ]


def _plain(figures: Mapping[str, Any], figure: str) -> tuple[int, int]:
    """Return the least and the greatest of all kinds but rows, messages and stopped machines."""
    spreads = [
        row[figure]
        for kind, row in figures["kinds"].items()
        if kind not in {"message", "stopped"} and not kind.startswith("db ")
    ]
    return min(spread["min"] for spread in spreads), max(spread["max"] for spread in spreads)


def _kinds_chart(kinds: Mapping[str, Any]) -> str:
    names = [kind for kind in kinds if kind != "message"]

    def of(figure: str) -> list[int]:
        return [int(kinds[name][figure]["max"]) for name in names]

    execution, total = of("exec_gas"), of("total_gas")
    return stacked_bars(
        title="The dearest step of each kind, at any size (messages: see the table)",
        axis="gas",
        names=names,
        series=[
            Series(name="transaction", values=[TRANSACTION_GAS] * len(names)),
            Series(
                name="calldata",
                values=[
                    whole - run - TRANSACTION_GAS
                    for whole, run in zip(total, execution, strict=True)
                ],
            ),
            Series(name="execution", values=execution),
        ],
        marks=Series(name="charged since Prague, as a transaction alone", values=of("charged_gas")),
    )


def _peers(figures: Mapping[str, Any]) -> str:
    game = figures["game"]["all"]
    ours = ("witness_bytes", "exec_gas", "total_gas")
    rows: list[Sequence[object]] = [
        ["**ours**, Tic-Tac-Toe", "320 bytes, packed", *(_ends(game[name]) for name in ours)],
        [
            "**ours**, plain steps of any size",
            "320 bytes, packed",
            *(_span(_plain(figures, name)) for name in ours),
        ],
    ]
    for peer in PEERS:
        spans = (_span(span) for span in (peer.witness_bytes, peer.exec_gas, peer.total_gas))
        rows.append([peer.name, peer.state, *spans])
    return table(["system", "state", "state and witness, bytes", "exec gas", "total gas"], rows)


def _ends(spread: Mapping[str, int]) -> str:
    return _span((spread["min"], spread["max"]))


def _span(span: tuple[int, int]) -> str:
    low, high = span
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _kinds(kinds: Mapping[str, Any]) -> str:
    return table(
        ["kind", "steps", "bytes", "exec gas", "total gas", "charged since Prague"],
        [
            [
                kind,
                number(row["count"]),
                *(
                    _spread(row[name])
                    for name in ("witness_bytes", "exec_gas", "total_gas", "charged_gas")
                ),
            ]
            for kind, row in kinds.items()
        ],
    )


def _spread(spread: Mapping[str, int]) -> str:
    return " / ".join(number(spread[of]) for of in ("min", "median", "max"))


def _rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the dearest of each operation, a column for each size."""
    sizes = list(dict.fromkeys(row["size"] for row in rows))
    operations = list(dict.fromkeys(row["operation"] for row in rows))
    cells = {
        (row["operation"], row["size"]): (
            f"{number(row['total_gas']['max'])} ({number(row['charged_gas']['max'])})"
        )
        for row in rows
    }
    return table(
        ["operation", *sizes],
        [[f"`{name}`", *(cells[name, size] for size in sizes)] for name in operations],
    )


def _worst(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        ["step", "bytes", "exec gas", "total gas", "charged since Prague"],
        [
            [
                f"`{row['name']}`",
                *(
                    number(row[name])
                    for name in ("witness_bytes", "exec_gas", "total_gas", "charged_gas")
                ),
            ]
            for row in reversed(rows)
        ],
    )


PAGE: Final = Page(
    name="gas",
    title="One step on chain",
    about="Gas and witness of a one-step proof, beside Arbitrum, Cannon, asterisc and Cartesi",
    bars=BARS,
    tables=tables,
    charts=charts,
)
