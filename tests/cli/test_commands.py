"""The commands as a user meets them: in a process of their own, output and exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wasm_interp.wat import wasm_of

ROOT = Path(__file__).parents[2]
CASE = ROOT / "examples" / "tic_tac_toe"
REDUCER = str(CASE / "tic_tac_toe.wasm")
Writer = Callable[[str, str | bytes], str]
"""Writes a file of a name and contents; returns its path."""

ROWS = ("--rows", str(CASE / "rows.json"))


def channels(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "100"},
    )


def refused(*args: str, status: int) -> str:
    """Return the one line that a command fails with."""
    done = channels(*args)
    assert done.returncode == status, done
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    if status == 1:
        assert len(lines) == 1, done.stderr
    return lines[-1]


def json_lines(*args: str) -> list[dict[str, object]]:
    done = channels(*args, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def make(name: str, data: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    return make


# -- help ----------------------------------------------------------------------------------------


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    best = 9.0
    for _ in range(5):
        before = os.times()
        done = channels("--help")
        after = os.times()
        # Its own time: on a busy machine the clock on the wall tells of its neighbours.
        spent = after.children_user - before.children_user
        best = min(best, spent + after.children_system - before.children_system)
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("inspect", "call", "run", "trace", "wast"))
    assert best < 0.2, f"{best:.3f} s"
    code = "import sys, cli.main; print(*{'rich', 'wasmtime', 'eth'} & set(sys.modules))"
    heavy = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert heavy.strip() == ""


def test_an_unknown_command_is_a_usage_error() -> None:
    assert "No such command 'dance'" in refused("dance", status=2)


# -- inspect -------------------------------------------------------------------------------------


def test_inspect_shows_verdict_abi_limits_id_and_code() -> None:
    text = channels("inspect", REDUCER).stdout
    for words in (
        "v1: accepted",
        "blob",
        "reduce (i32 i32 i32",
        "<channels:entry>",
        "memory_pages",
    ):
        assert words in text
    (report,) = json_lines("inspect", REDUCER)
    golden = json.loads((ROOT / "tests/golden/programs.json").read_text())
    facts = golden["programs"]["examples/tic_tac_toe/tic_tac_toe.wasm"]
    assert report["reducer_id"] == "0x" + facts["reducer_id"]
    code = report["code"]
    assert isinstance(code, list)
    assert len(code) == facts["instructions"] - 2
    assert code[0]["pc"] == 2


def test_inspect_of_one_function_shows_that_function() -> None:
    text = channels("inspect", REDUCER, "--function", "reduce").stdout
    assert "<reduce>" in text
    assert "<channels:entry>" not in text
    assert "no function is called 'x'" in refused("inspect", REDUCER, "--function", "x", status=2)


def test_inspect_says_why_a_module_is_no_reducer(write: Writer) -> None:
    path = write("m.wasm", wasm_of("(module)"))
    text = channels("inspect", path).stdout
    assert "T-20: no function is exported as" in text


@pytest.mark.parametrize(
    ("wasm", "words"),
    [
        (b"", "malformed: unexpected end"),
        (b"not wasm", "malformed: magic header not detected"),
        (b"\0asm\1\0\0\0\1", "malformed: unexpected end of section or function [byte 0x9]"),
    ],
)
def test_inspect_refuses_what_is_no_module(write: Writer, wasm: bytes, words: str) -> None:
    assert words in refused("inspect", write("m.wasm", wasm), status=1)


def test_a_refusal_names_rule_function_offset_and_symbol(write: Writer) -> None:
    path = write("m.wasm", wasm_of("(module (func $area (drop (f32.const 1))))"))
    line = refused("inspect", path, status=1)
    assert "outside the profile: P-4: f32.const" in line
    assert "function 0 (area), byte 0x" in line
    path = write("m.wasm", wasm_of("(module (func $bad (result i32)))"))
    assert "invalid: type mismatch" in refused("inspect", path, status=1)


# -- call ----------------------------------------------------------------------------------------

MATH = """(module (memory 1) (global $s (mut i32) (i32.const 0))
  (func $start (global.set $s (i32.const 40))) (start $start)
  (func (export "add") (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_s (local.get 0))
      (i64.add (local.get 1) (i64.extend_i32_u (global.get $s)))))
  (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "nothing")))"""


def test_call_prints_result_steps_fuel_and_hashes(write: Writer) -> None:
    path = write("m.wasm", wasm_of(MATH))
    (report,) = json_lines("call", path, "add", "-2", "0x10")
    assert (report["result"], report["result_type"]) == (54, "i64")
    assert report["status"] == "halted"
    assert report["steps"] == 2**24 - 1 - int(str(report["fuel"]))
    assert all(len(str(report[name])) == 66 for name in ("state_hash", "memory_hash", "db_root"))
    text = channels("call", path, "add", "1", "1").stdout
    assert "42 (i64)" in text
    assert f"{2**64 - 9} (i64, -9)" in channels("call", path, "add", "-50", "1").stdout
    assert "result" not in channels("call", path, "nothing").stdout


def test_call_prints_a_trap_and_where(write: Writer) -> None:
    path = write("m.wasm", wasm_of(MATH))
    (report,) = json_lines("call", path, "div", "0")
    assert (report["status"], report["trap"]) == ("trapped", "divide_by_zero")
    assert "in div" in str(report["stopped_at"]) or "byte" in str(report["stopped_at"])
    (report,) = json_lines("call", path, "div", "1", "--fuel", "3")
    assert report["trap"] == "out_of_fuel"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("sub",), "no function is exported as 'sub'; there is: add, div, nothing"),
        (("div",), "takes 1 arguments (i32) -> (i32), not 0"),
        (("div", "x"), "argument 'x' is not an integer"),
        (("div", "0x" + "f" * 4000), "is not an integer of 64 bits"),
        (("div", "0b" + "1" * 70), "is not an i32"),
        (("div", "4294967296"), "argument 4294967296 is not an i32"),
        (("div", "1", "--fuel", "16777216"), "fuel must be 0 to 16777215"),
    ],
)
def test_call_refuses_what_does_not_fit(write: Writer, args: tuple[str, ...], words: str) -> None:
    assert words in refused("call", write("m.wasm", wasm_of(MATH)), *args, status=2)


# -- run -----------------------------------------------------------------------------------------


def test_run_prints_status_and_db_root_for_every_message() -> None:
    lines = json_lines("run", REDUCER, str(CASE / "x_wins.jsonl"), *ROWS)
    golden = json.loads((ROOT / "tests/golden/tic_tac_toe.json").read_text())["x_wins"]
    assert [line["db_root"] for line in lines] == ["0x" + turn["db_root"] for turn in golden]
    text = channels("run", REDUCER, str(CASE / "refused.jsonl"), *ROWS).stdout
    assert "refused with 4" in text
    assert "accepted" in text


def test_run_takes_hex_lines_with_the_sender_in_turn(write: Writer) -> None:
    log = write("log", "0104\n\n0x0104\n0100\n")
    lines = json_lines("run", REDUCER, log, *ROWS)
    assert [line["sender"] for line in lines] == [0, 1, 1]
    assert [line["accepted"] for line in lines] == [True, False, True]
    lines = json_lines("run", REDUCER, log, *ROWS, "--participants", "1")
    assert {line["sender"] for line in lines} == {0}


BAD_LOGS = {
    '{"sender": 0, "payload": "0x0g"}': ":1: payload is not an even number of hexadecimal digits",
    '{"sender": 0, "payload": "0x010"}': ":1: payload is not an even number",
    '{"sender": -1, "payload": "0x"}': ":1: sender must be an integer",
    '{"sender": true, "payload": "0x"}': ":1: sender must be an integer",
    '{"sender": 0}': ":1: payload must be a string",
    '{"sender": 0, "payload": "0x", "extra": 1}': "unknown field 'extra'",
    '{"sender": 0, "sender": 1, "payload": "0x"}': "a name is repeated",
    '{"sender": NaN, "payload": "0x"}': "NaN is not JSON",
    "{": ":1: not valid JSON",
    '{"payload":' + "[" * 5000: ":1: not valid JSON",
    "0104\n01 04": ":2: ",
    "01" * 4097: ":1: payload has 4097 bytes, more than 4096 (P-1)",
    "0" * 100_000: ":1: more than 16384 characters",
}


@pytest.mark.parametrize("log", BAD_LOGS, ids=range(len(BAD_LOGS)))
def test_run_refuses_a_bad_log_with_its_line(write: Writer, log: str) -> None:
    line = refused("run", REDUCER, write("log", log), *ROWS, status=2)
    assert line.startswith("error: ")
    assert BAD_LOGS[log] in line


BAD_ROWS = {
    "[]": "must be a JSON object",
    '{"rowz": []}': "unknown field 'rowz'",
    '{"rows": 1}': "'rows' must be a list",
    '{"rows": [{"key": "", "value": ""}]}': "key",
    '{"rows": [{"key": "0x01", "value": "0x"}, {"key": "01", "value": "0x"}]}': "stands twice",
    '{"rows": [{"key": "0x01"}]}': "row 0: value must be a string",
    '{"blob": "0x' + "00" * 5000 + '"}': "more than the 4096 declared",
    '{"blob": "0x01", "rows": [{"key": "0x0073746174650000", "value": "0x"}]}': "the same key",
    '{"rows": [{"key": "0x01", "value": "0x' + "00" * 1025 + '"}]}': "1025",
}


@pytest.mark.parametrize("rows", BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_run_refuses_bad_rows(write: Writer, rows: str) -> None:
    line = refused(
        "run", REDUCER, str(CASE / "draw.jsonl"), "--rows", write("rows", rows), status=2
    )
    assert BAD_ROWS[rows] in line


def test_missing_and_unreadable_files_are_usage_errors(write: Writer, tmp_path: Path) -> None:
    assert "does not exist" in refused("inspect", str(tmp_path / "none.wasm"), status=2)
    assert "is a directory" in refused("run", REDUCER, str(tmp_path), status=2)
    assert "not a text file" in refused("run", REDUCER, write("log", b"\xff\xfe"), status=2)


def test_endless_files_are_refused(write: Writer) -> None:
    assert "more than 4194304 bytes" in refused("inspect", "/dev/zero", status=2)
    log = str(CASE / "draw.jsonl")
    assert "more than" in refused("run", REDUCER, log, "--rows", "/dev/zero", status=2)


def test_names_from_a_module_cannot_write_to_the_terminal(write: Writer) -> None:
    text = '(module (func $f (export "x\\0d\\0areducer_id 0x00\\1b[31m")))'
    path = write("m.wasm", wasm_of(text))
    for args in (("inspect", path), ("call", path, "nothing")):
        done = channels(*args)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\nreducer_id 0x00" not in done.stdout + done.stderr


def test_an_unknown_hash_backend_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "inspect", REDUCER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CHANNELS_KECCAK": "foo"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "foo" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_run_refuses_a_module_that_is_no_reducer(write: Writer) -> None:
    path = write("m.wasm", wasm_of("(module)"))
    assert "not a reducer: T-20" in refused("run", path, str(CASE / "draw.jsonl"), status=1)


# -- trace ---------------------------------------------------------------------------------------


def test_trace_shows_the_state_tuple_at_every_step() -> None:
    lines = json_lines("trace", REDUCER, str(CASE / "x_wins.jsonl"), *ROWS, "--line", "1")
    assert [line["step"] for line in lines] == list(range(len(lines)))
    assert lines[-1]["status"] == "halted"
    names = {"pc", "symbol", "instruction", "stack_top", "mem_root", "table_root", "db_root"}
    assert names | {"state_hash", "stack", "step"} <= set(lines[0])
    golden = json.loads((ROOT / "tests/golden/tic_tac_toe.json").read_text())["x_wins"][0]
    assert lines[-1]["state_hash"] == "0x" + golden["last_state_hash"]
    assert lines[-1]["db_root"] == "0x" + golden["db_root"]
    part = json_lines(
        *("trace", REDUCER, str(CASE / "x_wins.jsonl"), *ROWS, "--line", "1"),
        *("--from", "100", "--to", "120", "--every", "10"),
    )
    assert part == [lines[100], lines[110], lines[120]]


def test_trace_shows_a_table_and_stops_quietly_when_its_reader_does() -> None:
    text = channels("trace", REDUCER, str(CASE / "draw.jsonl"), *ROWS, "--to", "3").stdout
    assert len(text.splitlines()) == 2 + 4
    assert "db_root" in text.splitlines()[0]
    command = f"{sys.executable} -m cli.main trace {REDUCER} {CASE}/draw.jsonl {' '.join(ROWS)}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} | head -1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_output_that_cannot_be_written_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "inspect", REDUCER, "--no-code"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


@pytest.mark.parametrize(
    ("log", "options", "words"),
    [("", (), "there is no message"), ("0104", ("--line", "2"), "there is no message 2, only 1")],
)
def test_trace_needs_a_message(
    write: Writer, log: str, options: tuple[str, ...], words: str
) -> None:
    assert words in refused("trace", REDUCER, write("log", log), *ROWS, *options, status=2)
