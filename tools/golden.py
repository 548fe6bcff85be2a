"""Golden files: what must not change by accident, computed from the code as it is.

A difference in review means that reducer ids, lowered code or state hashes have changed: every
signed state of every channel with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cli.files import read_messages, read_program, read_rows
from merkle import OrderedMap, keccak256
from wasm_interp.profile import PROFILE_V1
from wasm_interp.program import Program
from wasm_interp.trace import Trace
from wasm_interp.turn import replay

ROOT: Final = Path(__file__).parent.parent
CASE: Final = ROOT / "examples" / "tic_tac_toe"
LOGS: Final = ("x_wins", "o_wins", "draw", "refused")
STEPS_EVERY: Final = 50


def _text(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _program_facts(program: Program) -> dict[str, Any]:
    genesis = program.start().state() if program.form else None
    return {
        "wasm_hash": program.wasm_hash.hex(),
        "instructions": len(program.words),
        "code_root": program.code_tree.root.hex(),
        "memory_root": program.memory_tree.root.hex(),
        "reducer_id": program.reducer_id.hex() if program.form else None,
        "genesis_hash": genesis.hash().hex() if genesis else None,
    }


def programs() -> str:
    """Return the ids and roots of every committed module."""
    modules = sorted(
        [
            *ROOT.glob("examples/*/*.wasm"),
            *ROOT.glob("examples/*/*/*.wasm"),
            *ROOT.glob("bench/programs/*.wasm"),
        ]
    )
    facts = {str(path.relative_to(ROOT)): _program_facts(read_program(path)) for path in modules}
    return _text({"profile_hash": PROFILE_V1.hash().hex(), "programs": facts})


def tic_tac_toe() -> str:
    """Return what becomes of every message of the example's logs, and sampled state hashes."""
    program = read_program(CASE / "tic_tac_toe.wasm", reducer=True)
    genesis = read_rows(CASE / "rows.json", program)
    logs = {name: _log(program, genesis, CASE / f"{name}.jsonl") for name in LOGS}
    return _text(logs)


def _log(program: Program, rows: OrderedMap, path: Path) -> list[dict[str, Any]]:
    turns = []
    for turn in replay(program, rows, read_messages(path)):
        trace = Trace(machine=program.start(rows, turn.message), every=STEPS_EVERY)
        hashes = [step.state.hash() for step in trace]
        turns.append(
            {
                "message": turn.message.hash().hex(),
                "verdict": turn.verdict,
                "steps": turn.steps,
                "fuel_used": turn.fuel_used,
                "db_root": turn.db_root.hex(),
                f"hash_of_every_{STEPS_EVERY}th_state_hash": keccak256(b"".join(hashes)).hex(),
                "last_state_hash": hashes[-1].hex(),
            }
        )
        rows = turn.rows
    return turns


def disassembly() -> str:
    """Return the lowered code of the example, to be read in review."""
    program = read_program(CASE / "tic_tac_toe.wasm", reducer=True)
    lines = []
    symbol = ""
    for pc, word in enumerate(program.words):
        location = program.location(pc)
        if location.symbol != symbol:
            symbol = location.symbol
            lines.append(f"\n<{symbol}>")
        lines.append(f"{pc:5}  {word.encode().hex()}  {program.text(word)}")
    return "\n".join(lines).lstrip() + "\n"


GOLDEN: Final[dict[str, Callable[[], str]]] = {
    "tests/golden/programs.json": programs,
    "tests/golden/tic_tac_toe.json": tic_tac_toe,
    "tests/golden/tic_tac_toe.code.txt": disassembly,
}
