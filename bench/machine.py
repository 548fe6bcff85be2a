"""Measure the machine beside pywasm: ``python -m bench.machine``.

Same programs, same inputs, one process, rounds in turn; times are wall time from bytes to result,
of which the least of all rounds counts for either side. The last line is one JSON object:

- ``stepper_vs_pywasm``: the smallest ratio of pywasm's time to ours over the programs (bar: 5);
- ``hashed_steps_per_s``: the smallest rate at which steps are taken with a full state hash after
  each, roots brought up to date (bar: 15,000);
- ``compiled_vs_pywasm``, ``compiled_vs_wasm_interp``: the smallest ratios of the peers' times to
  the compiled tier's, on larger inputs (bar: 100; aim: 1, null where wabt is not installed);
- ``compile_ms``: the most milliseconds for 1,000 instructions;
- ``bisect_vs_run``: every state hash of a bisection of 2^24 steps over one run, where 256 KiB are
  written again and again (bar: 3), and for 16 MiB;
- ``message_ms_p50``, ``message_ms_p95``: a message of Tic-Tac-Toe, rows and root included;
- ``native_vs_compiled``: the smallest ratio of the compiled tier's time to the native tier's, each
  a run of a program that is compiled already, instantiation included; ``native_compile_ms``: the
  most that wasmtime takes for a program; ``native_message_ms_p50``, ``…_p95``;
- ``programs``: the figures of every program, as the tables have them, times in seconds.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench import tiers
from bench.peers import run_pywasm
from wasm_interp import Machine, Status, load
from wasm_interp.machine import Tier

PROGRAMS: Final = {"fib": 23, "sieve": 32_000, "sha256": 8_000, "json": 10}
"""Programs in bench/programs and the argument of each, which makes pywasm take 1 to 2 s."""

ROUNDS: Final = 3
HASHED_STEPS: Final = 20_000
FOLDER: Final = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One program's figures; times in seconds."""

    steps: int
    stepper_s: float
    pywasm_s: float
    hashed_steps_per_s: float

    @property
    def ratio(self) -> float:
        """How many times faster than pywasm."""
        return self.pywasm_s / self.stepper_s


def run_stepper(wasm: bytes, argument: int) -> tuple[Machine, float]:
    """Load ``wasm``, call ``run(argument)``; return the machine and the wall time."""
    begin = perf_counter()
    machine = load(wasm).call("run", [argument])
    machine.run()
    return machine, perf_counter() - begin


def hashed_rate(wasm: bytes, argument: int) -> float:
    """Return steps per second with a state hash after every one."""
    machine = load(wasm).call("run", [argument])
    machine.state_hash()
    begin = perf_counter()
    while machine.running and machine.steps < HASHED_STEPS:
        machine.step()
        machine.state_hash()
    return machine.steps / (perf_counter() - begin)


def measure(name: str, argument: int) -> Figures:
    """Measure one program. The results of both sides must agree."""
    wasm = (FOLDER / f"{name}.wasm").read_bytes()
    ours, peers, rates = [], [], []
    for _ in range(ROUNDS):
        machine, seconds = run_stepper(wasm, argument)
        peer = run_pywasm(wasm, "run", [argument])
        if machine.status is not Status.HALTED or machine.result != peer.results[0] % 2**32:
            raise SystemExit(f"{name}: {machine!r}, but pywasm returned {peer.results}")
        ours.append(seconds)
        peers.append(peer.total_s)
        rates.append(hashed_rate(wasm, argument))
    return Figures(
        steps=machine.steps,
        stepper_s=min(ours),
        pywasm_s=min(peers),
        hashed_steps_per_s=max(rates),
    )


def main() -> None:
    """Print a table and, last, the figures as one JSON object."""
    print("program      steps   stepper     pywasm   ratio   steps/s  hashed steps/s")
    figures = {}
    for name, argument in PROGRAMS.items():
        one = figures[name] = measure(name, argument)
        print(
            f"{name:8} {one.steps:9,} {one.stepper_s:8.3f}s {one.pywasm_s:9.3f}s {one.ratio:7.1f} "
            f"{one.steps / one.stepper_s:9,.0f} {one.hashed_steps_per_s:15,.0f}"
        )
        sys.stdout.flush()
    summary: dict[str, Any] = {
        "stepper_vs_pywasm": round(min(one.ratio for one in figures.values()), 2),
        "hashed_steps_per_s": round(min(one.hashed_steps_per_s for one in figures.values())),
    }
    tables = {"stepper": [{"program": name} | asdict(one) for name, one in figures.items()]}
    compiled, tables["tiers"] = compiled_figures()
    print(json.dumps(summary | compiled | {"programs": tables}))


def compiled_figures() -> tuple[dict[str, float | None], list[dict[str, Any]]]:
    """Print the tables of the faster tiers; return their part of the summary, and the rows."""
    print(
        "\nprogram       steps  compiled    pywasm   ratio  wasm-interp  ratio   steps/s  compile"
    )
    figures = []
    for name, argument in tiers.PROGRAMS.items():
        one = tiers.measure(name, argument)
        figures.append(one)
        peer = one.wasm_interp_s
        shown = (
            "          -      -" if peer is None else f"{peer:10.4f}s {peer / one.compiled_s:6.2f}"
        )
        print(
            f"{name:8} {one.steps:10,} {one.compiled_s:8.4f}s {one.pywasm_s:8.3f}s "
            f"{one.pywasm_s / one.compiled_s:7.1f} {shown} {one.steps / one.warm_s:11,.0f} "
            f"{one.compile_ms:5.1f} ms"
        )
        sys.stdout.flush()
    _print_native(figures)
    rows = [
        {"program": name} | asdict(one) for name, one in zip(tiers.PROGRAMS, figures, strict=True)
    ]
    return _compiled_summary(figures), rows


def _compiled_summary(figures: list[tiers.TierFigures]) -> dict[str, float | None]:
    peers = [one.wasm_interp_s / one.compiled_s for one in figures if one.wasm_interp_s is not None]
    bisections = {name: tiers.bisect_vs_run(size)[0] for name, size in tiers.DIRTY_BYTES.items()}
    p50, p95 = tiers.message_ms(Tier.COMPILED)
    native_p50, native_p95 = tiers.message_ms(Tier.NATIVE)
    return {
        "compiled_vs_pywasm": round(min(one.pywasm_s / one.compiled_s for one in figures), 1),
        "compiled_vs_wasm_interp": round(min(peers), 2) if peers else None,
        "compile_ms": round(max(one.compile_ms for one in figures), 1),
        "bisect_vs_run": round(bisections["256 KiB"], 2),
        "bisect_vs_run_16_mib": round(bisections["16 MiB"], 1),
        "message_ms_p50": round(p50, 3),
        "message_ms_p95": round(p95, 3),
        "native_vs_compiled": round(min(one.warm_s / one.native_s for one in figures), 1),
        "native_compile_ms": round(max(one.native_compile_ms for one in figures), 1),
        "native_message_ms_p50": round(native_p50, 3),
        "native_message_ms_p95": round(native_p95, 3),
    }


def _print_native(figures: list[tiers.TierFigures]) -> None:
    """Print a table of the native tier; the programs are those of the table above, in order."""
    print("\nprogram      compiled again     native   ratio        steps/s   compile")
    for name, one in zip(tiers.PROGRAMS, figures, strict=True):
        print(
            f"{name:8} {one.warm_s:17.4f}s {one.native_s:9.5f}s {one.warm_s / one.native_s:7.1f} "
            f"{one.steps / one.native_s:14,.0f} {one.native_compile_ms:6.1f} ms"
        )


if __name__ == "__main__":
    main()
