"""What the tests of each language share: its compiler, the examples' Makefile, logs and cases."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cli.files import read_messages, read_program, read_rows
from wasm_interp.turn import Turn, replay

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
BINDINGS = ROOT / "cli" / "project" / "bindings"
FAULTS = ROOT / "tests" / "faults"

ASSEMBLYSCRIPT_VERSION = "0.28.20"
ZIGLANG_VERSION = "0.17.0"
SECONDS_MAX = 600

ASC_FLAGS = [
    *("--debug", "--runtime", "stub", "--use", "abort="),
    *("--disable", "bulk-memory,sign-extension,nontrapping-f2i,mutable-globals"),
]
ZIG_CC = [sys.executable, "-m", "ziglang", "cc", "--target=wasm32-freestanding"]
C_FLAGS = [
    *("-std=c11", "-O2", "-g0", "-mcpu=mvp+bulk_memory", "-nostdlib"),
    *("-fsanitize=undefined", "-fsanitize-trap=undefined"),
    *("-Wl,--no-entry", "-Wl,-z,stack-size=16384"),
]


def missing(reason: str) -> NoReturn:
    """Skip the test, for a user who has not got a tool; in CI, which installs all of them, fail."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def asc() -> str:
    """Return the path of the pinned AssemblyScript compiler, or skip the test."""
    path = EXAMPLES / "node_modules" / ".bin" / "asc"
    if not path.exists() or shutil.which("node") is None:
        missing("no AssemblyScript compiler: run `npm ci` in examples/ (needs node)")
    version = subprocess.check_output([path, "--version"], text=True, timeout=SECONDS_MAX)
    if version.split()[-1] != ASSEMBLYSCRIPT_VERSION:
        missing(f"asc is {version.strip()!r}, not the pinned {ASSEMBLYSCRIPT_VERSION}")
    return str(path)


def zig() -> None:
    """Skip the test if the pinned compiler of C and Zig is not here."""
    try:
        version = metadata.version("ziglang")
    except metadata.PackageNotFoundError:
        missing(f"no C compiler: pip install ziglang=={ZIGLANG_VERSION}")
    if version != ZIGLANG_VERSION:
        missing(f"ziglang is {version}, not the pinned {ZIGLANG_VERSION}")


def run(command: list[str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that has to succeed; a failure shows what it printed."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def make(*arguments: str, cwd: Path = EXAMPLES) -> None:
    """Run make, with this Python for the compilers that come as its packages."""
    if shutil.which("make") is None:
        missing("no make: apt-get install make")
    run(["make", f"PYTHON={sys.executable}", *arguments], cwd=cwd)


def channels(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_MAX,
        env=os.environ | {"COLUMNS": "100", "PYTHONPATH": str(ROOT)},
    )


def turns_of(reducer: Path, log: Path, *, rows: Path | None = None) -> list[Turn]:
    """Return what becomes of each message of a log."""
    program = read_program(reducer, reducer=True)
    return list(replay(program, read_rows(rows, program), read_messages(log)))


def statuses(turns: list[Turn]) -> list[int]:
    """Return each message's result; none of them may trap."""
    assert [turn.verdict for turn in turns if turn.trap] == []
    return [turn.result for turn in turns]


def stopped(reducer: Path, *, fuel: int = 100_000) -> dict[str, Any]:
    """Return what `channels run --json` reports of an empty message."""
    log = reducer.with_suffix(".jsonl")
    log.write_text("0x\n")
    done = channels("run", str(reducer), str(log), "--json", "--fuel", str(fuel))
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def refusal(reducer: Path) -> str:
    """Return the one line with which `channels run` refuses a module."""
    log = reducer.with_suffix(".jsonl")
    log.write_text("0x\n")
    done = channels("run", str(reducer), str(log))
    assert done.returncode == 1, done
    (line,) = done.stderr.splitlines()
    return line
