"""The page of `bench.machine`: the tiers beside pywasm and wabt's wasm-interp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.charts import Series, grouped_bars
from bench.report.page import Bar, Page, number, table

MILLION: Final = 1_000_000

SHOWN: Final = {
    "fib": "fib (calls)",
    "sieve": "sieve (memory)",
    "sha256": "SHA-256 (arithmetic)",
    "json": "JSON (branches)",
}

BARS: Final = (
    Bar(figure="stepper_vs_pywasm", text="the smallest", at_least=5, digits=1),
    Bar(
        figure="hashed_steps_per_s",
        text="steps with a state hash after each, the smallest rate",
        at_least=15_000,
        unit="steps/s",
    ),
    Bar(figure="compiled_vs_pywasm", text="the smallest", at_least=100, digits=1),
    Bar(figure="compiled_vs_wasm_interp", text="the smallest", at_least=1.0, aim=True, digits=2),
    Bar(figure="compile_ms", text="the most, for 1,000 instructions", digits=1, unit="ms"),
    Bar(
        figure="bisect_vs_run",
        text="all hashes of a bisection of 2^24 steps, over one run of `dirty.wasm` on 256 KiB",
        at_most=3,
        digits=2,
    ),
    Bar(figure="bisect_vs_run_16_mib", text="the same on 16 MiB", digits=1),
    Bar(
        figure="message_ms_p50",
        text="a message of Tic-Tac-Toe, rows and root included",
        at_most=0.5,
        aim=True,
        digits=3,
        unit="ms",
    ),
    Bar(figure="message_ms_p95", text="the same", at_most=10, digits=3, unit="ms"),
    Bar(figure="native_vs_compiled", text="the smallest", digits=1),
    Bar(figure="native_compile_ms", text="the most, for a program", digits=1, unit="ms"),
    Bar(
        figure="native_message_ms_p50",
        text="a message of Tic-Tac-Toe on the native tier",
        digits=3,
        unit="ms",
    ),
    Bar(figure="native_message_ms_p95", text="the same", digits=3, unit="ms"),
)


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the page."""
    programs = figures["programs"]
    return {
        "stepper": _stepper(programs["stepper"]),
        "compiled": _compiled(programs["tiers"]),
        "native": _native(programs["tiers"]),
        "slowest_vs_wasm_interp": number(figures["compiled_vs_wasm_interp"], 2),
    }


def charts(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the chart of the page."""
    stepper, tiers = figures["programs"]["stepper"], figures["programs"]["tiers"]
    return {
        "speed": grouped_bars(
            title="Steps per second: ours (blue) and the peers' (grey)",
            axis="our steps per second of wall time, logarithmic",
            groups=[SHOWN[row["program"]] for row in stepper],
            series=[
                Series(name="stepper", values=_rates(stepper, "stepper_s")),
                Series(name="compiled", values=_rates(tiers, "compiled_s")),
                Series(name="native", values=_rates(tiers, "native_s")),
                Series(name="pywasm", values=_rates(tiers, "pywasm_s")),
                Series(name="wabt's wasm-interp", values=_rates(tiers, "wasm_interp_s")),
            ],
            log=True,
        )
    }


def _rates(rows: list[dict[str, Any]], seconds: str) -> list[float | None]:
    return [row["steps"] / row[seconds] if row[seconds] is not None else None for row in rows]


def _stepper(rows: list[dict[str, Any]]) -> str:
    return table(
        [
            *("program", "steps", "stepper", "pywasm", "stepper vs pywasm"),
            *("steps/s", "steps/s with a state hash after each"),
        ],
        [
            [
                SHOWN[row["program"]],
                number(row["steps"]),
                f"{row['stepper_s']:.3f} s",
                f"{row['pywasm_s']:.3f} s",
                number(row["pywasm_s"] / row["stepper_s"], 1),
                f"{row['steps'] / row['stepper_s'] / MILLION:.1f} M",
                number(row["hashed_steps_per_s"], 0),
            ]
            for row in rows
        ],
    )


def _compiled(rows: list[dict[str, Any]]) -> str:
    def vs_wasm_interp(row: dict[str, Any]) -> tuple[str | None, str | None]:
        if row["wasm_interp_s"] is None:
            return None, None
        ratio = row["wasm_interp_s"] / row["compiled_s"]
        return f"{row['wasm_interp_s']:.4f} s", number(ratio, 2)

    return table(
        [
            *("program", "steps", "compiled", "pywasm", "ratio", "wasm-interp", "ratio"),
            *("steps/s", "compile, ms per 1,000 instructions"),
        ],
        [
            [
                SHOWN[row["program"]],
                number(row["steps"]),
                f"{row['compiled_s']:.4f} s",
                f"{row['pywasm_s']:.3f} s",
                number(row["pywasm_s"] / row["compiled_s"], 1),
                *vs_wasm_interp(row),
                f"{row['steps'] / row['warm_s'] / MILLION:.1f} M",
                number(row["compile_ms"], 1),
            ]
            for row in rows
        ],
    )


def _native(rows: list[dict[str, Any]]) -> str:
    return table(
        ["program", "steps", "compiled", "native", "ratio", "wasmtime's compilation"],
        [
            [
                SHOWN[row["program"]],
                number(row["steps"]),
                f"{row['warm_s'] * 1_000:.1f} ms",
                f"{row['native_s'] * 1_000:.2f} ms",
                number(row["warm_s"] / row["native_s"], 1),
                f"{row['native_compile_ms']:.1f} ms",
            ]
            for row in rows
        ],
    )


PAGE: Final = Page(
    name="machine",
    title="The machine",
    about="The stepper, the compiled and the native tier beside pywasm and wabt's wasm-interp",
    bars=BARS,
    tables=tables,
    charts=charts,
)
