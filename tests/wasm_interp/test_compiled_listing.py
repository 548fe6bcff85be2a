"""What people see of compiled code, and how commands choose the tier."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import channels
from tests.wasm_interp.compiled_cases import CASES
from tests.wasm_interp.tiers import assert_tiers_agree
from tests.wasm_interp.wat import program_of
from wasm_interp.compiled.listing import compiled_source
from wasm_interp.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "tic_tac_toe"
FIB = str(ROOT / "bench" / "programs" / "fib.wasm")

FIB_SOURCE = """\
# run (i32) -> (i32), pc 2
# l: locals, t: operands that wait, g: globals, fuel: steps left, d: calls left
def f0(l0, d):
    nonlocal fuel
    fuel -= 16
    if fuel < 0 or not d: raise Pause
    if l0 < 2:                                                    # 0x22
        t0 = l0                                                   # 0x29
        fuel += 7
    else:
        t1 = f0(l0 - 1 & 0xFFFFFFFF, d - 1)                       # 0x2c
        t2 = f0(l0 - 2 & 0xFFFFFFFF, d - 1)                       # 0x33
        t0 = t1 + t2 & 0xFFFFFFFF                                 # 0x3a
    return t0
"""


def channels_output(*arguments: str) -> str:
    done = CliRunner().invoke(channels, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_inspect_shows_what_a_function_compiles_to() -> None:
    assert channels_output("inspect", FIB, "--compiled", "run") == FIB_SOURCE


def test_an_unknown_function_has_no_source() -> None:
    with pytest.raises(InputError, match="no function is called 'nobody'"):
        compiled_source(program_of(CASES["recursion"].text), "nobody")


@pytest.mark.parametrize("command", ["call", "run"])
def test_commands_print_the_same_in_every_tier(command: str) -> None:
    arguments = {
        "call": (FIB, "run", "15"),
        "run": (
            *(str(EXAMPLE / "tic_tac_toe.wasm"), str(EXAMPLE / "x_wins.jsonl")),
            *("--rows", str(EXAMPLE / "rows.json")),
        ),
    }[command]
    outputs = {
        tier: channels_output(command, *arguments, "--json", "--tier", tier)
        for tier in ("stepper", "compiled")
    }
    assert outputs["stepper"] == outputs["compiled"]
    assert json.loads(outputs["stepper"].splitlines()[0])


def test_a_program_is_pickled_without_its_compiled_code() -> None:
    program = program_of(CASES["recursion"].text)
    assert_tiers_agree(program, "f", [400])
    assert "compiled" in vars(program)
    copied = pickle.loads(pickle.dumps(program))
    assert "compiled" not in vars(copied)
    assert_tiers_agree(copied, "f", [400])
