"""Reducers in Zig: examples, a new project, faults and refusals, with the real compiler."""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.files import read_program, read_rows
from tests import languages
from tests.languages import BINDINGS, EXAMPLES, FAULTS, ROOT
from wasm_interp.message import Message
from wasm_interp.turn import reduce

TACTICS = EXAMPLES / "tactics"
MODULES = ["tactics/tactics.wasm", "tic_tac_toe_db/zig/tic_tac_toe.wasm"]

ZIG = [sys.executable, "-m", "ziglang"]
MVP = ("-mcpu=mvp+bulk_memory",)
LINK = ("--export=reduce",)


def compile_zig(
    source: Path | str,
    folder: Path,
    *,
    flags: tuple[str, ...] = MVP,
    link: tuple[str, ...] | None = LINK,
) -> Path:
    """Compile a source, given as a file or as text; without ``link``, to an object file."""
    languages.zig()
    if isinstance(source, str):
        path = folder / "source.zig"
        path.write_text(source)
        source = path
    shutil.copy(BINDINGS / "channels.zig", folder)
    wasm = folder / "reducer.wasm"
    target = folder / "reducer.o" if link is not None else wasm
    command = ["build-obj", "-target", "wasm32-freestanding", "-O", "ReleaseSafe", "-fno-strip"]
    modules = ["--dep", "channels", f"-Mroot={source}", "-Mchannels=channels.zig"]
    languages.run([*ZIG, *command, *flags, *modules, f"-femit-bin={target}"], cwd=folder)
    if link is not None:
        command = ["wasm-ld", "--no-entry", "--strip-debug", "--stack-first"]
        command += ["-z", "stack-size=65536", *link, str(target), "-o", str(wasm)]
        languages.run([*ZIG, *command], cwd=folder)
    return wasm


# -- examples ------------------------------------------------------------------------------------


def test_sources_compile_to_the_committed_modules(tmp_path: Path) -> None:
    languages.zig()
    languages.make("zig", f"OUT={tmp_path}")
    for name in MODULES:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes(), name
    assert not list(tmp_path.glob("**/*.o"))


@pytest.mark.parametrize("name", MODULES)
def test_committed_modules_are_small_and_have_names_but_no_paths(name: str) -> None:
    wasm = (EXAMPLES / name).read_bytes()
    assert len(wasm) < 5_000
    assert b"get|db" in wasm
    assert not [path for path in (b"/usr", b"/root", b"/home", b"/work", b"/tmp") if path in wasm]


def test_tactics_log_gives_the_expected_statuses() -> None:
    turns = languages.turns_of(
        TACTICS / "tactics.wasm", TACTICS / "messages.jsonl", rows=TACTICS / "rows.json"
    )
    expected = json.loads((TACTICS / "expected.json").read_text())["messages.jsonl"]
    assert languages.statuses(turns) == expected["statuses"]
    assert f"0x{turns[-1].db_root.hex()}" == expected["db_root"]


def test_tactics_cases_pass() -> None:
    done = languages.channels("test", str(TACTICS / "cases.toml"))
    assert done.returncode == 0, done.stdout + done.stderr


# -- the game beside a model of its rules --------------------------------------------------------

STEPS, RANGE, DAMAGE = (1, 1, 3), (1, 3, 1), (3, 2, 1)
NOBODY = 0xFF


class Model:
    """README.md's rules over the rows."""

    def __init__(self, rows: dict[bytes, bytes]) -> None:
        self.next, self.winner = rows[b"game"]
        self.units = {key[4]: list(row) for key, row in rows.items() if key.startswith(b"unit")}

    def apply(self, sender: int, payload: bytes) -> int:
        if not payload:
            return 1
        if payload[0] not in {1, 2, 3}:
            return 2
        if len(payload) != (1 if payload[0] == 3 else 4):
            return 1
        if self.winner != NOBODY:
            return 3
        if sender != self.next:
            return 4
        if payload[0] == 3:
            self.winner = 1 - self.next
            return 0
        order, number, x, y = payload
        if number not in self.units or self.units[number][0] != sender:
            return 5
        if x > 4 or y > 4:
            return 6
        refusal = (self._move if order == 1 else self._attack)(self.units[number], (x, y))
        if not refusal and self.winner == NOBODY:
            self.next = 1 - self.next
        return refusal

    def _move(self, unit: list[int], target: tuple[int, int]) -> int:
        taken = {(other[3], other[4]) for other in self.units.values()}
        reached = {(unit[3], unit[4])}
        for _ in range(STEPS[unit[1]]):
            reached |= {
                (x + dx, y + dy)
                for x, y in reached
                for dx, dy in ((0, 1), (1, 0), (0, -1), (-1, 0))
                if (x + dx, y + dy) not in taken and 0 <= x + dx < 5 and 0 <= y + dy < 5
            }
        if target not in reached - taken:
            return 7
        unit[3:] = target
        return 0

    def _attack(self, unit: list[int], target: tuple[int, int]) -> int:
        enemies = {number: other for number, other in self.units.items() if other[0] != unit[0]}
        hit = [number for number, other in enemies.items() if (other[3], other[4]) == target]
        if not hit:
            return 8
        if abs(unit[3] - target[0]) + abs(unit[4] - target[1]) > RANGE[unit[1]]:
            return 7
        enemies[hit[0]][2] -= DAMAGE[unit[1]]
        if enemies[hit[0]][2] <= 0:
            del self.units[hit[0]]
            if len(enemies) == 1:
                self.winner = unit[0]
        return 0

    def rows(self) -> dict[bytes, bytes]:
        units = {b"unit" + bytes([number]): bytes(row) for number, row in self.units.items()}
        return units | {b"game": bytes((self.next, self.winner))}


def test_tactics_does_what_its_rules_say() -> None:
    program = read_program(TACTICS / "tactics.wasm", reducer=True)
    genesis = read_rows(TACTICS / "rows.json", program)
    choose = random.Random(5)
    seen = set()
    for _ in range(4):
        model, rows, turn = Model(dict(genesis.items())), genesis, 1
        for _ in range(150):
            targets = [(unit[3], unit[4]) for unit in model.units.values()]
            squares = [(choose.randrange(6), choose.randrange(5)), choose.choice(targets)]
            order = choose.choices((1, 2, 3, 4), (60, 80, 20, 2))[0]
            payload = bytes((order, choose.randrange(7), *choose.choice(squares)))
            payload = payload[: choose.choices((4, 1, 0), (120, order * 2, 1))[0]]
            sender = model.next if choose.random() < 0.9 else choose.choice((0, 1, 256))
            expected = model.apply(sender, payload)
            outcome = reduce(program, rows, Message(turn=turn, sender=sender, payload=payload))
            rows = outcome.rows
            turn += outcome.accepted
            assert (outcome.trap, outcome.result) == (0, expected)
            assert dict(rows.items()) == model.rows()
            seen.add(expected)
    assert seen == set(range(9))


# -- a new project -------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["ZIG_FLAGS", "ZIG_LINK_FLAGS"])
def test_new_project_has_the_flags_of_the_examples(variable: str) -> None:
    files = (EXAMPLES / "build" / "zig.mk", ROOT / "cli/project/templates/zig/Makefile")
    flags, others = (path.read_text().split(f"{variable} :=")[1].splitlines()[0] for path in files)
    assert flags == others


# -- faults --------------------------------------------------------------------------------------

FAULT_ROWS = [
    ("0x0104", "unreachable", "faults.giveUp "),
    ("0x0205", "unreachable", "faults.abort "),
    ("0x0301", "unreachable", "faults.overflow "),
    ("0x0402", "unreachable", "faults.outOfRange "),
    ("0x0500", "unreachable", "faults.divide "),  # Zig checks for it
    ("0x0600", "call_stack_exhausted", "faults.recurse "),
    ("0x0700", "memory_out_of_bounds", "faults.recurseWithArrays "),
    ("0x0800", "out_of_fuel", "faults.spin "),
    ("0x0900", "unreachable", "channels.longerThanTheBuffer "),
    ("0x0a00", "key_length", "faults.reduce "),
    ("0x0b00", "value_length", "faults.reduce "),
    ("0x0c00", "message_out_of_bounds", "faults.readPastTheEnd "),
    ("0x0d00", "memory_out_of_bounds", "faults.wildPointer "),
    ("0x0eff", "table_out_of_bounds", "faults.callIndirectly "),
    ("0x0f40", "out_of_fuel", "faults.allocate "),  # 4 MiB, which are filled
]
ALLOCATED, TOO_MUCH = "0x0f01", "0x0fff"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `channels run --json` says of each fault, by payload."""
    wasm = compile_zig(FAULTS / "zig" / "faults.zig", tmp_path_factory.mktemp("faults"))
    log = wasm.with_suffix(".jsonl")
    log.write_text("\n".join(["0x", ALLOCATED, TOO_MUCH, *(row[0] for row in FAULT_ROWS)]))
    done = languages.channels("run", str(wasm), str(log), "--json", "--fuel", "300000")
    assert done.returncode == 0, done.stderr
    return {report["payload"]: report for report in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(("payload", "trap", "symbol"), FAULT_ROWS)
def test_a_fault_is_a_trap_that_names_its_function(
    payload: str, trap: str, symbol: str, reports: dict[str, dict[str, Any]]
) -> None:
    report = reports[payload]
    assert (report["status"], report["trap"], report["accepted"]) == ("trapped", trap, False)
    assert f" in {symbol}" in report["stopped_at"]
    assert report["db_root"] == reports[ALLOCATED]["db_root"]


def test_memory_grows_until_the_profile_ends_it(reports: dict[str, dict[str, Any]]) -> None:
    assert reports[ALLOCATED]["accepted"]
    assert reports[ALLOCATED]["db_root"] != reports["0x"]["db_root"]
    assert reports[TOO_MUCH]["result"] == 7  # the reducer asked, and refused the message


# -- refusals ------------------------------------------------------------------------------------

USES = 'const channel = @import("channels").channel;\n'
TRAPS = 'pub const panic = @import("std").debug.no_panic;\n'
REDUCE = "export fn reduce() u32"
HALF = (
    "noinline fn half(n: u32) u32 { const f: f64 = @floatFromInt(n); return @intFromFloat(f / 2); }"
)


@pytest.mark.parametrize(
    ("source", "link", "words"),
    [
        (f"{TRAPS}{REDUCE} {{ return 0; }}", (), "Zig: write `export fn reduce() u32` and add"),
        (f"{TRAPS}export fn reduce(n: u32) u32 {{ return n; }}", LINK, "(i32) -> (i32)"),
        (
            f"{TRAPS}{USES}{REDUCE} {{ return half(channel.sender()); }} {HALF}",
            LINK,
            "(source.half), byte 0x",
        ),
        (
            f"{TRAPS}export fn half(n: f32) f32 {{ return n / 2; }} {REDUCE} {{ return 0; }}",
            (*LINK, "--export=half"),
            "(source.half); Zig: count in integers",
        ),
        (
            f"{TRAPS}var data: [17 << 20]u8 = @splat(0);"
            f"{REDUCE} {{ const p: *volatile u8 = &data[9]; return p.*; }}",
            LINK,
            "Zig: make globals",
        ),
        (
            f'{TRAPS}extern "env" fn random() u32; {REDUCE} {{ return random(); }}',
            LINK,
            "import env.random is not a host function",
        ),
        (
            f"{TRAPS}extern fn random() u32; {REDUCE} {{ return random(); }}",
            (*LINK, "--allow-undefined"),
            'Zig: take host functions from channels.zig: `extern "db" fn',
        ),
        (
            f'{TRAPS}extern "channel" fn turn() u32; {REDUCE} {{ return turn(); }}',
            LINK,
            "must have type () -> (i64), not () -> (i32)",
        ),
        (
            f"{TRAPS}{USES}{REDUCE} {{ return channel.sender(); }}",
            (*LINK, "--import-memory"),
            "Zig: remove `--import-memory`",
        ),
        (f"{TRAPS}{REDUCE} {{ return 0; }}", None, "this is an object file: link it"),
    ],
)
def test_a_refusal_says_what_to_change(
    source: str, link: tuple[str, ...] | None, words: str, tmp_path: Path
) -> None:
    line = languages.refusal(compile_zig(source, tmp_path, link=link))
    assert line.startswith("error: ")
    assert "; hint: " in line
    assert words in line


def test_a_module_for_a_newer_machine_is_told_the_flag(tmp_path: Path) -> None:
    source = f"""{TRAPS}{USES}
        fn one(n: u32) u32 {{ return n +% 1; }}
        fn two(n: u32) u32 {{ return n *% 3; }}
        const both = [_]*const fn (u32) u32{{ &one, &two }};
        {REDUCE} {{ return both[channel.sender() & 1](7); }}
    """
    wasm = compile_zig(source, tmp_path, flags=())  # the default has reference types
    assert "hint: Zig: add `-mcpu=mvp+bulk_memory`" in languages.refusal(wasm)


def test_a_program_for_wasi_is_told_to_do_without(tmp_path: Path) -> None:
    source = f'{REDUCE} {{ @import("std").debug.print("x", .{{}}); return 0; }}'
    wasm = compile_zig(
        source,
        tmp_path,
        flags=(*MVP, "-target", "wasm32-wasi", "-fcompiler-rt", "-O", "ReleaseSmall"),
    )
    assert "build with `-target wasm32-freestanding` instead of" in languages.refusal(wasm)
