"""Price one step on chain: ``python -m bench.gas``.

Every step of a game of Tic-Tac-Toe, every instruction at usual and at the greatest sizes, rows
among 10,000, and the worst that a reachable state allows, each verified by the contract in py-evm.
The last line is one JSON object:

- ``median_total_gas``, ``median_witness_bytes``: over all steps of the game (bars: 50,000; 1,024);
- ``max_total_gas_plain``: the dearest step but of rows and messages, of any size (bar: 80,000);
- ``db_total_gas_10k``: the dearest operation on a row among 10,000 (bar: 130,000);
- ``db_total_gas_10k_aligned``: the same where no buffer crosses the middle of memory;
- ``worst_total_gas``: the dearest step of all (bar: 1,500,000);
- ``…_charged``: the price with the floor of EIP-7623 of the same; the dearest at that price;
- ``dearest``: the names of these steps;
- ``game``, ``kinds``: by kind of step, the least, median and greatest of every figure;
- ``rows``: the dearest of each operation among 10,000 rows, by size;
- ``worst``: every case of the search for the worst.

A witness is counted with the record and the instruction, as the peers' are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bench.gas import game, rows
from bench.gas.cases import Cases, price_all
from bench.gas.meter import FIGURES, Priced, open_meter, summary

NOT_PLAIN = {"message", "db get", "db put", "db delete", "db seek"}
KINDS = (
    *("control", "local", "global", "constant", "arithmetic", "load", "store", "memory size"),
    *("call", "call_indirect", "stopped", "message", "db get", "db put", "db delete", "db seek"),
)


def main() -> None:
    """Print the tables and, last, the figures as one JSON object."""
    with open_meter() as meter:
        played = list(game.steps(meter))
        print(f"Tic-Tac-Toe, {len(played):,} steps")
        print_kinds(by_kind(played))
        cases = price_all(meter)
    print("\nEvery instruction, of any size; rows among 10,000")
    print_kinds(by_kind(cases.ordinary()))
    print("\nThe search for the worst")
    for one in sorted(cases.worst, key=total):
        print_step(one)
    print(json.dumps(figures(played, cases)))


def figures(played: Sequence[Priced], cases: Cases) -> dict[str, Any]:
    """Return the object of the last line."""
    whole = summary(one.price for one in played)
    groups = {
        "max_total_gas_plain": [
            one for one in (*played, *cases.plain) if one.kind not in NOT_PLAIN
        ],
        "db_total_gas_10k": cases.among_rows(),
        "db_total_gas_10k_aligned": [
            one for one in cases.among_rows() if one.where.startswith(rows.ALIGNED)
        ],
        "worst_total_gas": [*played, *cases.ordinary(), *cases.worst],
    }
    dearest = {name: max(group, key=total) for name, group in groups.items()}
    return {
        "median_total_gas": whole["total_gas"]["median"],
        **{name: one.price.total_gas for name, one in dearest.items()},
        "median_witness_bytes": whole["witness_bytes"]["median"],
        "median_total_gas_charged": whole["charged_gas"]["median"],
        **{
            f"{name}_charged": max(one.price.charged_gas for one in group)
            for name, group in groups.items()
        },
        "dearest": {name: one.name for name, one in dearest.items()},
        "game": {"log": game.LOG, "all": whole, "kinds": by_kind(played)},
        "kinds": by_kind(cases.ordinary()),
        "rows": [
            {"size": size.name, "operation": name} | prices
            for size, among in cases.rows.items()
            for name, prices in by_operation(among).items()
        ],
        "worst": [
            {"name": one.operation, **shown_prices(one)} for one in sorted(cases.worst, key=total)
        ],
    }


def total(one: Priced) -> int:
    """Return the price that steps are compared by."""
    return one.price.total_gas


def by_kind(steps: Iterable[Priced]) -> dict[str, dict[str, Any]]:
    """Return the summary of each kind, in the order of `KINDS`."""
    prices: dict[str, list[Any]] = {}
    for one in steps:
        prices.setdefault(one.kind, []).append(one.price)
    assert set(prices) <= set(KINDS), "a kind that no table shows"
    return {kind: summary(prices[kind]) for kind in KINDS if kind in prices}


def by_operation(steps: Iterable[Priced]) -> dict[str, dict[str, Any]]:
    """Return the summary of each operation, of all keys and places."""
    prices: dict[str, list[Any]] = {}
    for one in steps:
        prices.setdefault(one.operation, []).append(one.price)
    return {name: summary(group) for name, group in prices.items()}


def shown_prices(one: Priced) -> dict[str, int]:
    """Return the figures of a step."""
    return {name: getattr(one.price, name) for name in FIGURES}


def print_kinds(kinds: dict[str, dict[str, Any]]) -> None:
    """Print a table of kinds."""
    headings = (f"{name + ' min/median/max':>30}" for name in FIGURES)
    print("  ".join((f"{'kind':16} {'count':>6}", *headings)))
    for kind, row in kinds.items():
        spreads = ([f"{row[name][of]:,}" for of in ("min", "median", "max")] for name in FIGURES)
        cells = (f"{'/'.join(spread):>30}" for spread in spreads)
        print("  ".join((f"{kind:16} {row['count']:6,}", *cells)))


def print_step(one: Priced) -> None:
    """Print one step."""
    price = one.price
    print(
        f"{one.operation:60} {price.witness_bytes:8,} bytes {price.exec_gas:10,} exec "
        f"{price.total_gas:10,} total {price.charged_gas:10,} charged"
    )


if __name__ == "__main__":
    main()
