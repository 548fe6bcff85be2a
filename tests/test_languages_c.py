"""Reducers in C: examples, faults and refusals, with the real compiler."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from cli.files import read_program
from merkle import OrderedMap
from tests import languages
from tests.languages import EXAMPLES, FAULTS
from wasm_interp.message import Message
from wasm_interp.turn import reduce

DICE = EXAMPLES / "dice"
MODULES = [
    "dice/dice.wasm",
    "skirmish/c/skirmish.wasm",
    "skirmish/c/sql.h",
    "tic_tac_toe_db/c/tic_tac_toe.wasm",
]


def compile_c(source: Path | str, folder: Path, *flags: str, standard: bool = True) -> Path:
    """Compile a source, given as a file or as text behind the bindings' include."""
    languages.zig()
    if isinstance(source, str):
        path = folder / "source.c"
        path.write_text('#include "channels.h"\n' + source)
        source = path
    wasm = folder / "reducer.wasm"
    command = languages.ZIG_CC if standard else languages.ZIG_CC[:-1]
    common = languages.C_FLAGS if standard else []
    languages.run(
        [*command, *common, *flags, "-I", str(languages.BINDINGS), str(source), "-o", str(wasm)],
        cwd=folder,
    )
    return wasm


def test_sources_compile_to_the_committed_modules(tmp_path: Path) -> None:
    languages.zig()
    languages.make("c", f"OUT={tmp_path}")
    for name in MODULES:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes(), name


def test_dice_log_gives_the_expected_statuses() -> None:
    turns = languages.turns_of(DICE / "dice.wasm", DICE / "messages.jsonl")
    expected = json.loads((DICE / "expected.json").read_text())["messages.jsonl"]
    assert languages.statuses(turns) == expected["statuses"]
    assert f"0x{turns[-1].db_root.hex()}" == expected["db_root"]
    assert set(expected["statuses"]) == set(range(8))


def test_dice_cases_pass() -> None:
    done = languages.channels("test", str(DICE / "cases.toml"))
    assert done.returncode == 0, done.stdout + done.stderr


# -- dice beside a model of its rules ------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def rolled(seeds: bytes) -> bytes:
    """Return the four dice of README.md's rules."""
    dice: list[int] = []
    random = sha256(seeds)
    while len(dice) < 4:
        dice += [byte % 6 + 1 for byte in random if byte < 252]
        random = sha256(random)
    return bytes(dice[:4])


def skips_a_byte(seeds: bytes) -> bool:
    return max(sha256(seeds)[:4]) >= 252


@pytest.mark.parametrize("skips", [False, True])
def test_dice_follow_from_both_seeds(skips: bool) -> None:
    program = read_program(DICE / "dice.wasm", reducer=True)
    pairs = ((sha256(b"a%d" % n), sha256(b"b%d" % n)) for n in range(10_000))
    first, second = next(pair for pair in pairs if skips_a_byte(b"".join(pair)) is skips)
    commits = [
        b"\1" + sha256(bytes(4) + player.to_bytes(4, "big") + seed)
        for player, seed in enumerate((first, second))
    ]
    rows = OrderedMap()
    for turn, payload in enumerate((*commits, b"\2" + first, b"\2" + second), 1):
        outcome = reduce(program, rows, Message(turn=turn, sender=(turn - 1) % 2, payload=payload))
        assert outcome.verdict == "accepted"
        rows = outcome.rows
    assert rows.get(b"dice") == rolled(first + second)


# -- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "trap", "symbol"),
    [
        ("abort.c", "unreachable", "give_up"),
        ("grow.c", "unreachable", "allocate"),
        ("stack.c", "memory_out_of_bounds", "descend"),
        ("calls.c", "call_stack_exhausted", "descend"),
        ("loop.c", "out_of_fuel", "wait"),
        ("divide.c", "unreachable", "share"),
        ("index.c", "unreachable", "take"),
        ("key.c", "key_length", "reduce"),
    ],
)
def test_a_fault_is_a_trap_that_names_its_function(
    source: str, trap: str, symbol: str, tmp_path: Path
) -> None:
    wasm = compile_c(FAULTS / "c" / source, tmp_path, "-Wno-infinite-recursion")
    report = languages.stopped(wasm)
    assert (report["status"], report["trap"], report["accepted"]) == ("trapped", trap, False)
    assert f" in {symbol} (byte " in report["stopped_at"]


def test_every_fault_is_tested() -> None:
    (mark,) = test_a_fault_is_a_trap_that_names_its_function.pytestmark
    assert {row[0] for row in mark.args[1]} == {path.name for path in FAULTS.glob("c/*.c")}


# -- refusals ------------------------------------------------------------------------------------

REDUCE = "REDUCER(reduce) int32_t reduce(void)"


@pytest.mark.parametrize(
    ("source", "flags", "words"),
    [
        ("int x;", (), "C: write `REDUCER(reduce) int32_t reduce(void)`"),
        ("REDUCER(reduce) int32_t reduce(int x) { return x; }", (), "declare it `int32_t reduce("),
        (
            "__attribute__((noinline)) static float half(float x) { return x / 2; }"
            f"{REDUCE} {{ return half(channel_sender()); }}",
            (),
            "(half); C: count in integers instead of float and double",
        ),
        (
            f"{REDUCE} {{ return channel_sender() * 0.5; }}",
            (),
            "function 1 (reduce), byte 0x",
        ),
        (
            f"uint8_t data[17 << 20]; {REDUCE} {{ return data[channel_sender()]; }}",
            (),
            "C: make static arrays",
        ),
        (
            f'CHANNELS_IMPORT("env", "clock") int32_t clock(void); {REDUCE} {{ return clock(); }}',
            (),
            "C: take host functions from channels.h",
        ),
        (
            f'CHANNELS_IMPORT("db", "get") int32_t get(int x); {REDUCE} {{ return get(1); }}',
            (),
            "C: take host functions from channels.h",
        ),
        (f"{REDUCE} {{ return 0; }}", ("-Wl,--import-memory",), "C: remove `-Wl,--import-memory`"),
        (f"{REDUCE} {{ return 0; }}", ("-c",), "this is an object file: link it"),
    ],
)
def test_a_refusal_says_what_to_change(
    source: str, flags: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    line = languages.refusal(compile_c(source, tmp_path, *flags))
    assert line.startswith("error: ")
    assert "; hint: " in line
    assert words in line


def test_a_program_for_wasi_is_told_to_do_without(tmp_path: Path) -> None:
    source = f'#include <stdio.h>\n{REDUCE} {{ return printf("%d", channel_sender()); }}'
    flags = ("--target=wasm32-wasi", "-mexec-model=reactor", "-Os", "-g0", "-mcpu=mvp+bulk_memory")
    line = languages.refusal(compile_c(source, tmp_path, *flags, standard=False))
    assert "build with `--target=wasm32-freestanding -nostdlib`" in line


def test_a_module_for_a_newer_machine_is_told_the_flag(tmp_path: Path) -> None:
    source = (
        "typedef int32_t four __attribute__((vector_size(16)));"
        f"{REDUCE} {{ volatile four a = {{1, 2, 3, 4}}; four b = a + a; return b[0]; }}"
    )
    wasm = compile_c(source, tmp_path, "-mcpu=generic+simd128")
    assert "hint: C: add `-mcpu=mvp+bulk_memory`" in languages.refusal(wasm)
