"""Figures of the compiled tier, beside pywasm and wabt's wasm-interp and in a bisection, and of
the native tier beside the compiled one.

Times are wall time in one process, from a module's bytes to its result, compilation included; of
several rounds the least counts. Not here: the stepper's figures (`bench.machine`).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Final

import wasmtime

from bench.peers import run_pywasm
from cli.files import read_messages, read_rows
from wasm_interp import Machine, Status, load, replay
from wasm_interp.checkpoints import Checkpoints
from wasm_interp.compiled.program import CompiledProgram
from wasm_interp.machine import Tier
from wasm_interp.native import run_native
from wasm_interp.native.runner import NativeProgram

FOLDER: Final = Path(__file__).parent / "programs"
EXAMPLE: Final = Path(__file__).parents[1] / "examples" / "tic_tac_toe"

PROGRAMS: Final = {"fib": 27, "sieve": 65_000, "sha256": 32_000, "json": 100}
"""Larger than for the stepper: at its sizes, loading would be most of the compiled tier's time."""
PEER_TINY: Final = {"fib": 1, "sieve": 1, "sha256": 1, "json": 0}
"""Arguments for which wasm-interp does nothing: what it takes then is its start."""

ROUNDS: Final = 3
GAME_ROUNDS: Final = 60
DIRTY_BYTES: Final = {"256 KiB": 2**18, "16 MiB": 2**24}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFigures:
    """One program's figures; times in seconds.

    ``wasm_interp_s`` is None where wasm-interp is not installed.
    """

    steps: int
    compiled_s: float
    warm_s: float
    pywasm_s: float
    wasm_interp_s: float | None
    compile_ms: float
    """Of the functions that the program has, per 1,000 instructions."""
    native_s: float
    """A run in wasmtime, instantiation and the state it leaves included, compilation not."""
    native_compile_ms: float
    """Of the whole program, instrumentation included."""


def run_compiled(wasm: bytes, argument: int) -> tuple[Machine, float, float]:
    """Load and run; return the machine, the wall time, and that of a second run of the program."""
    begin = perf_counter()
    program = load(wasm)
    machine = program.call("run", [argument])
    machine.run(tier=Tier.COMPILED)
    middle = perf_counter()
    program.call("run", [argument]).run(tier=Tier.COMPILED)
    return machine, middle - begin, perf_counter() - middle


def measure(name: str, argument: int) -> TierFigures:
    """Measure one program. The results of both sides must agree."""
    wasm = (FOLDER / f"{name}.wasm").read_bytes()
    rounds = [run_compiled(wasm, argument) for _ in range(ROUNDS)]
    machine = rounds[0][0]
    peer = run_pywasm(wasm, "run", [argument])
    if machine.status is not Status.HALTED or machine.result != peer.results[0] % 2**32:
        raise SystemExit(f"{name}: {machine!r}, but pywasm returned {peer.results}")
    return TierFigures(
        steps=machine.steps,
        compiled_s=min(cold for _, cold, _ in rounds),
        warm_s=min(warm for _, _, warm in rounds),
        pywasm_s=peer.total_s,
        wasm_interp_s=wasm_interp_s(name, argument, machine.result),
        compile_ms=compile_ms(wasm),
        native_s=native_s(wasm, argument, machine),
        native_compile_ms=native_compile_ms(wasm),
    )


def native_s(wasm: bytes, argument: int, expected: Machine) -> float:
    """Return the time of a run in wasmtime, its program compiled. It must end as ``expected``."""
    program = load(wasm)
    best = float("inf")
    for _ in range(ROUNDS + 1):
        begin = perf_counter()
        machine = program.call("run", [argument])
        halted = run_native(machine)
        best = min(best, perf_counter() - begin)
        if not halted or machine.state_hash() != expected.state_hash():
            raise SystemExit(f"native: {machine!r}, but compiled {expected!r}")
    return best


def native_compile_ms(wasm: bytes) -> float:
    """Return the milliseconds that wasmtime takes for a program, with instrumenting it."""
    program = load(wasm)
    best = float("inf")
    for _ in range(ROUNDS):
        begin = perf_counter()
        NativeProgram(program)
        best = min(best, perf_counter() - begin)
    return best * 1_000


def compile_ms(wasm: bytes) -> float:
    """Return the milliseconds that compiling 1,000 instructions of a module takes."""
    program = load(wasm)
    best = float("inf")
    for _ in range(ROUNDS):
        compiled = CompiledProgram(program)
        begin = perf_counter()
        for function in program.functions:
            if function.pc:
                compiled.function(function.index)
        best = min(best, perf_counter() - begin)
    return best * 1_000 / (len(program.words) / 1_000)


# -- wabt's interpreter --------------------------------------------------------------------------


def wasm_interp_s(name: str, argument: int, result: int) -> float | None:
    """Return wasm-interp's time without that of its start, or None if it is not installed."""
    if shutil.which("wasm-interp") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        whole = _peer_module(name, argument, Path(folder) / "whole.wasm")
        tiny = _peer_module(name, PEER_TINY[name], Path(folder) / "tiny.wasm")
        times = {whole: float("inf"), tiny: float("inf")}
        for _ in range(ROUNDS):
            for module in (whole, tiny):
                begin = perf_counter()
                done = subprocess.run(
                    ["wasm-interp", "--run-all-exports", str(module)],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                times[module] = min(times[module], perf_counter() - begin)
                if module is whole and f"go() => i32:{result}" not in done.stdout:
                    raise SystemExit(f"{name}: wasm-interp says {done.stdout!r}, not {result}")
    return times[whole] - times[tiny]


def _peer_module(name: str, argument: int, path: Path) -> Path:
    """Write the program with one export that takes nothing: wasm-interp passes no arguments."""
    listing = subprocess.run(
        ["wasm2wat", "--no-check", str(FOLDER / f"{name}.wasm")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.rstrip()
    lines = listing.removesuffix(")").splitlines()
    (run,) = (line for line in lines if '(export "run"' in line)
    function = run.split("(func ")[1].split(")")[0]
    text = "\n".join(line for line in lines if '(export "' not in line)
    go = f'(func (export "go") (result i32) i32.const {argument} call {function})'
    path.write_bytes(bytes(wasmtime.wat2wasm(f"{text}\n{go})")))
    return path


# -- disputes and messages -----------------------------------------------------------------------


def bisect_vs_run(dirty_bytes: int) -> tuple[float, float]:
    """Return a bisection's cost over one run's of ``dirty.wasm``, and that run's time.

    The bisection asks for the first and the last state hash, and those of a binary search that
    turns either way in turn. Its first run and checkpoints are part of it, compilation is not.
    """
    program = load((FOLDER / "dirty.wasm").read_bytes())
    arguments = [dirty_bytes - 32]
    warm = Checkpoints(program.call("run", arguments))
    warm.state_hash(len(warm) // 3)
    runs, games = [], []
    for _ in range(ROUNDS):
        machine = program.call("run", arguments)
        begin = perf_counter()
        machine.run(tier=Tier.COMPILED)
        runs.append(perf_counter() - begin)
        begin = perf_counter()
        states = Checkpoints(program.call("run", arguments))
        low, high, asked = 0, len(states), 0
        states.state_hash(low)
        states.state_hash(high)
        while high - low > 1:
            middle = (low + high) // 2
            states.state_hash(middle)
            low, high = (middle, high) if asked % 2 else (low, middle)
            asked += 1
        games.append(perf_counter() - begin)
    return min(games) / min(runs), min(runs)


def message_ms(tier: Tier) -> tuple[float, float]:
    """Return p50 and p95 of a message of Tic-Tac-Toe in milliseconds, rows and root included."""
    program = load((EXAMPLE / "tic_tac_toe.wasm").read_bytes())
    rows = read_rows(EXAMPLE / "rows.json", program)
    logs = [list(read_messages(path)) for path in sorted(EXAMPLE.glob("*.jsonl"))]
    times = []
    for _ in range(GAME_ROUNDS):
        for log in logs:
            turns = replay(program, rows, log, tier=tier)
            begin = perf_counter()
            for turn in turns:
                assert turn.db_root
                times.append((perf_counter() - begin) * 1_000)
                begin = perf_counter()
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[94]
