"""The prompt: what is loaded, in IPython and in plain Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.repl import names_for
from wasm_interp.abi import STATE_BYTES_DEFAULT
from wasm_interp.profile import PROFILE_V1

ROOT = Path(__file__).parents[2]
CASE = ROOT / "examples" / "tic_tac_toe"
ARGUMENTS = (
    *(str(CASE / "tic_tac_toe.wasm"), str(CASE / "x_wins.jsonl")),
    *("--rows", str(CASE / "rows.json")),
)
LINES = """
len(turns), turns[0].verdict
run(0).forward_to("db.put")
say("0105").verdict
"""


@pytest.mark.parametrize("options", [("--plain",), ()], ids=["plain", "IPython"])
def test_the_prompt_has_the_reducer_its_turns_and_its_runs(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    if not options:
        pytest.importorskip("IPython", reason="IPython (extra `repl`) is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "repl", *ARGUMENTS, *options],
        cwd=ROOT,
        input=LINES,
        capture_output=True,
        text=True,
        check=True,
        env={"IPYTHONDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    output = done.stdout + done.stderr
    assert "reducer 0x" in output
    assert "(5, 'accepted')" in output
    assert "db.put" in output
    assert "refused with 3" in output
    assert "Traceback" not in output


def test_without_a_reducer_the_packages_are_there() -> None:
    names = names_for(
        *(None, None),
        rows=None,
        participants=2,
        state_bytes_max=STATE_BYTES_DEFAULT,
        fuel=PROFILE_V1.fuel_max,
    )
    assert {"load", "Machine", "Timeline", "merkle", "wasm_interp"} <= set(names)
    assert "program" not in names


def test_a_session_goes_on_from_the_rows_of_its_last_turn() -> None:
    names = names_for(
        *(CASE / "tic_tac_toe.wasm", None),
        rows=CASE / "rows.json",
        participants=2,
        state_bytes_max=STATE_BYTES_DEFAULT,
        fuel=PROFILE_V1.fuel_max,
    )
    session = names["session"]
    assert session.rows == names["genesis"]
    assert session.say(b"\x01\x04").accepted
    assert session.say("0x0104").verdict == "refused with 4"
    assert session.say("0100").message.turn == 2
    assert session.say("0100").message.sender == 0
    assert [turn.message.turn for turn in session.turns] == [1, 2, 2, 3]
    assert session.run(2)[0].state.db_root == session.turns[1].db_root
    assert len(session.run()) == session.turns[-1].steps + 1
    assert "<reduce>" in repr(names["dis"]("reduce"))
