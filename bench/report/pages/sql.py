"""The page of `bench.sql`: statements a second beside the peers, work, witnesses and gas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.report.page import Bar, Page, number, table
from bench.sql.workload import STATEMENTS

ROWS: Final = 1_000

BARS: Final = (
    Bar(
        figure="select_vs_pglite",
        text="turns over PGlite's selects, by key",
        at_least=1.0,
        aim=True,
        digits=2,
    ),
    Bar(
        figure="update_vs_pglite",
        text="turns over PGlite's updates, by key",
        at_least=1.0,
        aim=True,
        digits=2,
    ),
    Bar(figure="insert_vs_pglite", text="turns over PGlite's inserts", digits=2),
    Bar(
        figure="cold_start_ms",
        text="from bytes to the end of the first message",
        digits=1,
        unit="ms",
    ),
)


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the page."""
    rates = {f"ours, {number(ROWS)} rows": figures["per_s"]}
    rates |= {"PGlite": figures["pglite_per_s"], "SQLite": figures["sqlite_per_s"]}
    rates |= {f"ours, {number(int(rows))} rows": each for rows, each in figures["by_rows"].items()}
    work = figures["statements"]
    return {
        "rates": table(
            ["", *STATEMENTS],
            [[name, *(number(each[one], 0) for one in STATEMENTS)] for name, each in rates.items()],
        ),
        "work": table(
            ["statement", "steps", "fuel", "row operations"],
            [
                [name, *(number(work[name][one]) for one in ("steps", "fuel", "row_operations"))]
                for name in STATEMENTS
            ],
        ),
        "witnesses": table(
            ["statement and operation", "rows", "witness, bytes", "gas", "charged"],
            [
                [one["operation"], *(number(one[name]) for name in _WITNESS)]
                for one in figures["witnesses"]
            ],
        ),
        "rows": number(ROWS),
        "cold_start_ms": number(figures["cold_start_ms"], 1),
        "pglite_cold_start_ms": number(figures["pglite_cold_start_ms"], 0),
    }


_WITNESS: Final = ("rows", "witness_bytes", "total_gas", "charged_gas")

PAGE: Final = Page(
    name="sql",
    title="SQL",
    about="Statements a second with a root each, witnesses and gas of row operations",
    bars=BARS,
    tables=tables,
    charts=lambda _: {},
)
