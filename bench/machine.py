"""Measure the machine beside pywasm: ``python -m bench.machine``.

Same programs, same inputs, one process, rounds in turn; times are wall time from bytes to result,
of which the least of all rounds counts for either side. The last line is one JSON object:

- ``stepper_vs_pywasm``: the smallest ratio of pywasm's time to ours over the programs (bar: 5);
- ``hashed_steps_per_s``: the smallest rate at which steps are taken with a full state hash after
  each, roots brought up to date (bar: 15,000).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.peers import run_pywasm
from wasm_interp import Machine, Status, load

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
    summary = {
        "stepper_vs_pywasm": round(min(one.ratio for one in figures.values()), 2),
        "hashed_steps_per_s": round(min(one.hashed_steps_per_s for one in figures.values())),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
