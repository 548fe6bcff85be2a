"""Reducers in AssemblyScript: examples, faults and refusals, with the real compiler."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests import languages
from tests.languages import EXAMPLES, FAULTS

AUCTION = EXAMPLES / "auction"
MODULES = [
    "auction/auction.wasm",
    "skirmish/assemblyscript/skirmish.wasm",
    "skirmish/assemblyscript/sql.ts",
    "tic_tac_toe/tic_tac_toe.wasm",
    "tic_tac_toe_db/assemblyscript/tic_tac_toe.wasm",
]
ABORT = ["--use", "abort="]


def compile_ts(source: str, folder: Path, *flags: str, without: tuple[str, ...] = ()) -> Path:
    """Compile the text of a source that may import from the bindings beside it."""
    compiler = languages.asc()
    (folder / "reducer.ts").write_text(source)
    shutil.copy(languages.BINDINGS / "channels.ts", folder)
    common = [flag for flag in languages.ASC_FLAGS if flag not in without]
    languages.run([compiler, "reducer.ts", *common, *flags, "-o", "reducer.wasm"], cwd=folder)
    return folder / "reducer.wasm"


def test_sources_compile_to_the_committed_modules(tmp_path: Path) -> None:
    compiler = languages.asc()
    languages.make("assemblyscript", f"OUT={tmp_path}", f"ASC={compiler}")
    for name in MODULES:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes(), name


def test_auction_log_gives_the_expected_statuses() -> None:
    turns = languages.turns_of(
        AUCTION / "auction.wasm", AUCTION / "messages.jsonl", rows=AUCTION / "rows.json"
    )
    expected = json.loads((AUCTION / "expected.json").read_text())["messages.jsonl"]
    assert languages.statuses(turns) == expected["statuses"]
    assert f"0x{turns[-1].db_root.hex()}" == expected["db_root"]
    assert set(expected["statuses"]) == set(range(7))


def test_auction_keeps_all_money() -> None:
    turns = languages.turns_of(
        AUCTION / "auction.wasm", AUCTION / "messages.jsonl", rows=AUCTION / "rows.json"
    )
    assert {money(dict(turn.rows.items())) for turn in turns} == {1_520}


def money(rows: dict[bytes, bytes]) -> int:
    """Return all balances and all standing bids."""
    total = 0
    for key, value in rows.items():
        if key.startswith(b"balance"):
            total += int.from_bytes(value, "big")
        elif key.startswith(b"lot") and value[4:8] != b"\xff" * 4:
            total += int.from_bytes(value[8:16], "big")
    return total


def test_auction_cases_pass() -> None:
    done = languages.channels("test", str(AUCTION / "cases.toml"))
    assert done.returncode == 0, done.stdout + done.stderr


# -- faults --------------------------------------------------------------------------------------

FAULT_ROWS = [
    # source, trap, function: as written, and once asc has inlined what is called in one place
    ("abort.ts", "unreachable", ("reducer/check", "reducer/reduce")),
    ("throw.ts", "unreachable", ("reducer/reduce", "reducer/reduce")),
    ("map.ts", "unreachable", ("~lib/map/Map<i32,i32>#get", "reducer/reduce")),
    ("grow.ts", "unreachable", ("~lib/rt/stub/maybeGrowMemory", "reducer/reduce")),
    ("stack.ts", "call_stack_exhausted", ("reducer/descend", "reducer/descend")),
    ("loop.ts", "out_of_fuel", ("reducer/wait", "reducer/reduce")),
    ("divide.ts", "divide_by_zero", ("reducer/share", "reducer/reduce")),
]


@pytest.mark.parametrize("optimized", [False, True], ids=["plain", "O3"])
@pytest.mark.parametrize(("source", "trap", "symbols"), FAULT_ROWS)
def test_a_fault_is_a_trap_that_names_its_function(
    source: str, trap: str, symbols: tuple[str, str], optimized: bool, tmp_path: Path
) -> None:
    text = (FAULTS / "assemblyscript" / source).read_text()
    report = languages.stopped(compile_ts(text, tmp_path, *["-O3"] * optimized))
    assert (report["status"], report["trap"], report["accepted"]) == ("trapped", trap, False)
    assert f" in {symbols[optimized]} (byte " in report["stopped_at"]


def test_every_fault_is_tested() -> None:
    files = {path.name for path in FAULTS.glob("assemblyscript/*.ts")}
    assert {row[0] for row in FAULT_ROWS} == files


def test_without_debug_the_report_has_a_number_for_a_name(tmp_path: Path) -> None:
    text = (FAULTS / "assemblyscript" / "stack.ts").read_text()
    report = languages.stopped(compile_ts(text, tmp_path, without=("--debug",)))
    assert "descend" not in report["stopped_at"]


# -- refusals ------------------------------------------------------------------------------------

EMPTY = "export function reduce(): i32 { return 0; }"


@pytest.mark.parametrize(
    ("source", "flags", "words"),
    [
        ("export function apply(): i32 { return 0; }", (), "`export function reduce(): i32`"),
        ("export function reduce(x: i32): i32 { return x; }", (), "has type (i32) -> (i32)"),
        (
            "let x: f64 = 1; function half(y: f64): f64 { return y / 2; }"
            "export function reduce(): i32 { x = half(x); return <i32>x; }",
            (),
            "(reducer/half); AssemblyScript: count in i32, i64 or u64; `number`",
        ),
        ("export function reduce(): i32 { trace('x'); return 0; }", (), "remove trace()"),
        (
            "export function reduce(): i32 { return Math.random() > 0.5 ? 1 : 0; }",
            (),
            "remove Math.random: take randomness from the messages",
        ),
        (
            "declare function clock(): i32; export function reduce(): i32 { return clock(); }",
            (),
            "AssemblyScript: take host functions from channels.ts",
        ),
        (EMPTY, ("--importMemory",), "AssemblyScript: remove `--importMemory`"),
        (
            EMPTY,
            ("--enable", "threads", "--sharedMemory", "--maximumMemory", "2"),
            "AssemblyScript: remove `--sharedMemory`",
        ),
        (
            EMPTY + "export function v(): void { v128.store(0, v128.load(16)); }",
            ("--enable", "simd"),
            "AssemblyScript: add `--disable bulk-memory",
        ),
        (EMPTY, ("--initialMemory", "257"), "set `--initialMemory` and `--maximumMemory`"),
    ],
)
def test_a_refusal_says_what_to_change(
    source: str, flags: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    line = languages.refusal(compile_ts(source, tmp_path, *flags))
    assert line.startswith("error: ")
    assert "; hint: " in line
    assert words in line


@pytest.mark.parametrize("source", ["abort.ts", "map.ts"])
def test_without_the_flag_abort_is_an_import_and_the_hint_names_the_flag(
    source: str, tmp_path: Path
) -> None:
    text = (FAULTS / "assemblyscript" / source).read_text()
    line = languages.refusal(compile_ts(text, tmp_path, without=tuple(ABORT)))
    assert "P-8: import env.abort is not a host function" in line
    assert "hint: AssemblyScript: add `--use abort=`" in line
