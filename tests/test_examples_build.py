"""The committed modules are what their sources compile to, and do what their files say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
TIC_TAC_TOE = EXAMPLES / "tic_tac_toe"
PROGRAMS = ROOT / "bench" / "programs"
SEED = ROOT.parent / "shared" / "seed" / "prd.txt"

ASSEMBLYSCRIPT_VERSION = "0.28.20"
ZIGLANG_VERSION = "0.17.0"
PAGE_SIZE = 65536

LOGS = sorted(path.name for path in TIC_TAC_TOE.glob("*.jsonl"))


def assemblyscript_compiler() -> list[str]:
    """Return the command of the pinned compiler, or skip the test."""
    node = shutil.which("node")
    script = EXAMPLES / "node_modules" / "assemblyscript" / "bin" / "asc.js"
    elsewhere = shutil.which("asc")
    if node and script.exists():
        command = [node, str(script)]
    elif elsewhere:
        command = [elsewhere]
    else:
        pytest.skip("no AssemblyScript compiler: run `npm ci` in examples/ (needs node)")
    version = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    if version.split()[-1] != ASSEMBLYSCRIPT_VERSION:
        pytest.skip(f"asc is {version.strip()!r}, not the pinned {ASSEMBLYSCRIPT_VERSION}")
    return command


def test_tic_tac_toe_compiles_to_the_committed_module(tmp_path: Path) -> None:
    compiled = tmp_path / "tic_tac_toe.wasm"
    command = [
        *assemblyscript_compiler(),
        "index.ts",
        "--runtime",
        "stub",
        "-O",
        "-o",
        str(compiled),
    ]
    subprocess.run(command, cwd=TIC_TAC_TOE, check=True, timeout=120)
    assert compiled.read_bytes() == (TIC_TAC_TOE / "tic_tac_toe.wasm").read_bytes()


def test_lock_file_pins_the_compiler_and_names_no_registry() -> None:
    lock = json.loads((EXAMPLES / "package-lock.json").read_text())
    package = lock["packages"]["node_modules/assemblyscript"]
    assert package["version"] == ASSEMBLYSCRIPT_VERSION
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, f"{name}: the lock names a registry"
        assert not name or entry["integrity"].startswith("sha512-"), name


def test_tic_tac_toe_is_the_source_of_the_seed() -> None:
    if not SEED.exists():
        pytest.skip(f"the seed document is not at {SEED}")
    text = SEED.read_text(encoding="utf-8")
    begin = text.index("// assembly/index.ts (AssemblyScript)")
    end = text.index("\nMessage encoding (example):", begin)
    assert (TIC_TAC_TOE / "index.ts").read_text(encoding="utf-8") == text[begin:end].rstrip() + "\n"


class Reducer:
    """Tic-Tac-Toe in wasmtime: every message from genesis memory, with buffers in an added page."""

    def __init__(self) -> None:
        self._wasmtime = pytest.importorskip("wasmtime")
        self._engine = self._wasmtime.Engine()
        wasm = (TIC_TAC_TOE / "tic_tac_toe.wasm").read_bytes()
        self._module = self._wasmtime.Module(self._engine, wasm)

    def reduce(self, state: bytes, message: bytes) -> tuple[int, bytes]:
        """Return the status and the state after ``message``; a refusal leaves the state."""
        store = self._wasmtime.Store(self._engine)
        exports = self._wasmtime.Instance(store, self._module, []).exports(store)
        memory = exports["memory"]
        memory.grow(store, 1)
        state_at, message_at, out_at = (PAGE_SIZE + offset for offset in (0, 1024, 8192))
        memory.write(store, state, state_at)
        memory.write(store, message, message_at)
        status = exports["reduce"](
            store, state_at, len(state), message_at, len(message), out_at, out_at + 4
        )
        if status != 0:
            assert memory.read(store, state_at, state_at + len(state)) == state
            return status, state
        out = memory.read(store, out_at, out_at + 8)
        begin, size = (int.from_bytes(out[i : i + 4], "little") for i in (0, 4))
        return 0, bytes(memory.read(store, begin, begin + size))


def unhex(text: str) -> bytes:
    assert text.startswith("0x")
    return bytes.fromhex(text[2:])


def genesis_state() -> bytes:
    return unhex(json.loads((TIC_TAC_TOE / "rows.json").read_text())["blob"])


def expected() -> dict[str, dict[str, Any]]:
    parsed: dict[str, dict[str, Any]] = json.loads((TIC_TAC_TOE / "expected.json").read_text())
    return parsed


def test_genesis_state_is_an_empty_board_with_x_next() -> None:
    assert genesis_state() == bytes(9) + bytes((1, 0))


def test_every_log_has_an_expectation() -> None:
    assert sorted(expected()) == LOGS
    assert LOGS


@pytest.mark.parametrize("log", LOGS)
def test_log_gives_the_expected_statuses_and_state(log: str) -> None:
    reducer = Reducer()
    state = genesis_state()
    statuses = []
    turn = 0
    for line in (TIC_TAC_TOE / log).read_text().splitlines():
        message = json.loads(line)
        assert message["sender"] == turn % 2
        status, state = reducer.reduce(state, unhex(message["payload"]))
        statuses.append(status)
        turn += status == 0
    assert {"statuses": statuses, "state": "0x" + state.hex()} == expected()[log]


def test_refused_log_has_every_status_a_message_can_cause() -> None:
    assert set(expected()["refused.jsonl"]["statuses"]) == {0, 1, 2, 3, 4}


def test_status_5_needs_a_state_that_is_no_genesis() -> None:
    assert Reducer().reduce(bytes(11), unhex("0x0104"))[0] == 5


def test_bytes_after_the_move_are_ignored() -> None:
    reducer = Reducer()
    short, long = (reducer.reduce(genesis_state(), unhex(text)) for text in ("0x0104", "0x010400"))
    assert short == long
    assert short[0] == 0


def test_benchmark_programs_agree_with_their_references() -> None:
    pytest.importorskip("wasmtime")
    command = [sys.executable, str(PROGRAMS / "reference.py")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr


def test_benchmark_programs_compile_to_the_committed_modules(tmp_path: Path) -> None:
    pytest.importorskip("wasmtime")
    try:
        version = metadata.version("ziglang")
    except metadata.PackageNotFoundError:
        pytest.skip("no C compiler: install ziglang")
    if version != ZIGLANG_VERSION:
        pytest.skip(f"ziglang is {version}, not the pinned {ZIGLANG_VERSION}")
    command = ["sh", str(PROGRAMS / "build.sh"), str(tmp_path)]
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run(command, env=environment, check=True, timeout=300)
    committed = sorted(path.name for path in PROGRAMS.glob("*.wasm"))
    assert sorted(path.name for path in tmp_path.iterdir()) == committed
    for name in committed:
        assert (tmp_path / name).read_bytes() == (PROGRAMS / name).read_bytes(), name
