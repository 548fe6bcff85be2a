"""The native tier halts in the stepper's states, to the unit of fuel, and leaves the rest alone."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.files import read_messages, read_rows
from cli.main import run_command
from merkle import OrderedMap
from tests.wasm_interp.compiled_cases import CASES, Case
from tests.wasm_interp.generator import Options, seeded_module
from tests.wasm_interp.test_compiled import EXAMPLES, LOGS, NIGHTLY, OPTIONS, all_calls
from tests.wasm_interp.tiers import FUEL, assert_same, contents, start
from tests.wasm_interp.wat import program_of
from wasm_interp import Program, encode, load, reduce, replay
from wasm_interp.machine import Machine, Tier
from wasm_interp.message import Message
from wasm_interp.native import NativeTierMissing, run_native, runner
from wasm_interp.opcodes import ValueType
from wasm_interp.state import Status, TrapCode

pytest.importorskip("wasmtime", reason="wasmtime (extra `native`) is not installed")


def assert_native_agrees(
    program: Program, export: str, args: Iterable[int] = (), fuel: int = FUEL
) -> Machine:
    """Run natively; assert that what halts is the stepper's, and all else is untouched."""
    args = tuple(args)
    native, stepped, genesis = (start(program, export, args, fuel) for _ in range(3))
    stepped.run()
    assert program.native.module is not None, "wasmtime refuses what we wrote"
    assert run_native(native) is (stepped.status is Status.HALTED)
    assert_same(native, stepped if stepped.status is Status.HALTED else genesis)
    if stepped.status is Status.TRAPPED:
        native.run(tier=Tier.NATIVE)
        assert_same(native, stepped)
    return stepped


@pytest.mark.parametrize(("case", "args", "trap"), all_calls())
def test_every_kind_of_code_ends_in_the_state_of_the_stepper(
    case: Case, args: tuple[int, ...], trap: TrapCode
) -> None:
    assert assert_native_agrees(program_of(case.text), "f", args).trap is trap


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_halts_with_just_enough_fuel(case: Case) -> None:
    program = program_of(case.text)
    for args, _ in case.calls:
        total = start(program, "f", args)
        total.run()
        used = FUEL - total.fuel
        for fuel in {*range(min(used, 20)), *range(max(used - 20, 0), used + 3)}:
            assert_native_agrees(program, "f", args, fuel)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_seeded_programs_halt_in_the_same_states(options: Options) -> None:
    halted = 0
    for seed in range(1_000 if NIGHTLY else 60):
        generated = seeded_module(seed, options)
        program = load(generated.wasm)
        for call in generated.calls:
            stepped = assert_native_agrees(program, call.export, call.args, 100_000)
            halted += stepped.status is Status.HALTED
    assert halted > 20


@pytest.mark.parametrize("log", LOGS, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_the_examples_take_the_same_turns(log: Path) -> None:
    (module,) = log.parent.glob("*.wasm")
    program = load(module.read_bytes())
    genesis = log.parent / "rows.json"
    rows = read_rows(genesis if genesis.exists() else None, program)
    entries = list(read_messages(log))
    native = list(replay(program, rows, entries, tier=Tier.NATIVE))
    assert native == list(replay(program, rows, entries))
    for turn, entry in enumerate(native):
        before = native[turn - 1].rows if turn else rows
        ours, stepped = (program.start(before, entry.message) for _ in range(2))
        stepped.run()
        assert run_native(ours) is (stepped.status is Status.HALTED)
        if stepped.status is Status.HALTED:
            assert_same(ours, stepped)


def test_a_blob_reducer_takes_its_turns_natively() -> None:
    folder = EXAMPLES / "tic_tac_toe"
    program = load((folder / "tic_tac_toe.wasm").read_bytes())
    rows = read_rows(folder / "rows.json", program)
    (first, *_) = read_messages(folder / "x_wins.jsonl")
    m = program.start(rows, first.message(1, participants=2))
    assert run_native(m)
    assert m.accepted
    assert m.rows.root != rows.root


RECURSION = """(module (func $f (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0)
    (then (call {callee} (i32.sub (local.get 0) (i32.const 1)) {index}))
    (else (i32.const 7))))
  (type $t (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $f)
  {start})"""


@pytest.mark.parametrize(
    ("callee", "index"), [("$f", ""), ("_indirect (type $t)", "(i32.const 0)")]
)
@pytest.mark.parametrize(
    "start_function", ["", "(func $s (drop (call $f (i32.const 3)))) (start $s)"]
)
def test_the_depth_of_calls_is_limited_where_the_stepper_limits_it(
    callee: str, index: str, start_function: str
) -> None:
    text = RECURSION.format(callee=callee, index=index, start=start_function)
    program = program_of(text.replace("call _indirect", "call_indirect"))
    for depth in (1_020, 1_021, 1_022, 1_023, 1_024, 1_025):
        assert_native_agrees(program, "f", [depth])


def test_a_start_function_that_recurses_has_one_frame_less() -> None:
    for depth in (1_020, 1_021, 1_022, 1_023, 1_024):
        text = RECURSION.format(
            callee="$f",
            index="",
            start=f"(func $s (drop (call $f (i32.const {depth})))) (start $s)",
        )
        assert_native_agrees(program_of(text), "f", [1])


def test_frames_too_large_for_the_stack_are_left_to_the_compiled_tier() -> None:
    count = 900
    used = "".join(f"(local.get {at})" for at in range(1, count))
    put = "".join(
        f"(local.set {at} (i64.load offset={8 * at} (local.get 0)))" for at in range(1, count)
    )
    text = (
        f'(module (memory 1) (func $f (export "f") (param i32) (result i64)'
        f" (local {'i64 ' * count}) {put}"
        " (if (local.get 0) (then (drop (call $f (i32.sub (local.get 0) (i32.const 1))))))"
        f" {used} {' '.join(['i64.add'] * (count - 2))})"
        ")"
    )
    program = program_of(text)
    m, stepped = (start(program, "f", [1_000], 2**24 - 1) for _ in range(2))
    assert not run_native(m)
    m.run(tier=Tier.NATIVE)
    stepped.run()
    assert stepped.status is Status.HALTED
    assert_same(m, stepped)


def test_memory_grows_to_its_maximum() -> None:
    text = """(module (memory 1 3) (func (export "f") (param i32) (result i32)
      (i32.store8 (i32.const 65535) (i32.const 9))
      (i32.add (i32.mul (i32.const 1000) (memory.grow (local.get 0)))
               (i32.add (memory.grow (i32.const -1)) (memory.size)))))"""
    program = program_of(text)
    for pages in (0, 1, 2, 3, 2**32 - 1):
        assert_native_agrees(program, "f", [pages])


def test_branches_of_a_table_cost_what_their_stubs_do() -> None:
    text = """(module (func (export "f") (param i32) (result i32)
      (block $a (result i32) (i32.const 1)
        (block $b (result i32) (i32.const 2) (i32.const 3)
          (block $c (result i32) (i32.const 4) (i32.const 5) (i32.const 6)
            (br_table $a $b $c $b $a 3 (local.get 0)))
          (i32.add) (i32.add))
        (i32.add))))"""
    program = program_of(text)
    for index in (0, 1, 2, 3, 4, 5, 6, -1):
        assert_native_agrees(program, "f", [index])


# -- when it does not run ------------------------------------------------------------------------


COUNT = CASES["recursion"].text


def test_a_machine_that_has_begun_is_left_alone() -> None:
    program = program_of(COUNT)
    m, stepped = (start(program, "f", [20]) for _ in range(2))
    m.run(5)
    before = contents(m)
    assert not run_native(m)
    assert contents(m) == before
    m.run(tier=Tier.NATIVE)
    stepped.run()
    assert_same(m, stepped)


def test_a_given_number_of_steps_is_taken_by_the_compiled_tier() -> None:
    program = program_of(COUNT)
    m, stepped = (start(program, "f", [20]) for _ in range(2))
    assert m.run(30, tier=Tier.NATIVE) == 30
    stepped.run(30)
    assert_same(m, stepped)


def test_a_genesis_that_was_changed_is_left_alone() -> None:
    text = '(module (memory 1) (global (mut i32) (i32.const 1)) (func (export "f")))'
    program = program_of(text)
    written, counted, framed = (start(program, "f", []) for _ in range(3))
    written.memory[5] = 1
    counted.globals[0] = 2
    framed.frames.append((1, [0, 0, 0, 0]))
    assert not any(run_native(m) for m in (written, counted, framed))
    assert run_native(start(program, "f", []))


def test_a_host_function_that_traps_changes_nothing() -> None:
    text = """(module (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
      (memory 1) (func (export "f") (param i32)
        (drop (call $put (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 3)))
        (drop (call $put (i32.const 1) (local.get 0) (i32.const 8) (i32.const 3)))))"""
    program = program_of(text)
    for length in (0, 1, 80, 81, 2**32 - 1):
        assert_native_agrees(program, "f", [length])
    used = 2 * (2_048 + 3) + 4 + 1
    for fuel in range(used, used + 20):
        assert_native_agrees(program, "f", [1], fuel)


def test_a_bug_in_a_rule_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: OrderedMap, key: bytes, value: bytes) -> OrderedMap:
        raise AssertionError("a bug")

    text = """(module (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
      (memory 1) (func (export "f")
        (drop (call $put (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 3)))))"""
    m = start(program_of(text), "f", [])
    monkeypatch.setattr(OrderedMap, "put", broken)
    with pytest.raises(AssertionError, match="a bug"):
        run_native(m)
    assert m.running
    assert m.steps == 0


def test_without_wasmtime_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    program = load((EXAMPLES / "tic_tac_toe" / "tic_tac_toe.wasm").read_bytes())
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    runner._linker.cache_clear()
    with pytest.raises(NativeTierMissing, match=r"pip install .*\[native\]"):
        reduce(program, OrderedMap(), Message(), tier=Tier.NATIVE)


def test_the_command_prints_the_same_and_names_what_is_missing_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = str(EXAMPLES / "dice" / "dice.wasm")
    log = str(EXAMPLES / "dice" / "messages.jsonl")
    monkeypatch.setattr(sys, "argv", ["channels", "run", module, log, "--tier", "native"])
    assert run_command_status() == 0
    native = capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["channels", "run", module, log])
    assert run_command_status() == 0
    assert capsys.readouterr().out == native
    monkeypatch.setattr(sys, "argv", ["channels", "run", module, log, "--tier", "native"])
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    runner._linker.cache_clear()
    assert run_command_status() != 0
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "pip install 'event-sourced-channels[native]'" in error


def run_command_status() -> int:
    try:
        return run_command() or 0
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0


def test_a_module_that_wasmtime_refuses_runs_on_the_compiled_tier(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program, expected = copy.copy(program_of(COUNT)), start(program_of(COUNT), "f", [20])
    monkeypatch.setattr(runner, "native_binary", lambda _: b"\0asm\1\0\0\0\1")
    with caplog.at_level("INFO"):
        m = start(program, "f", [20])
        m.run(tier=Tier.NATIVE)
    expected.run()
    assert_same(m, expected)
    assert "wasmtime refuses" in caplog.text


def test_a_program_is_pickled_without_its_native_code() -> None:
    program = program_of(COUNT)
    assert_native_agrees(program, "f", [3])
    assert_native_agrees(pickle.loads(pickle.dumps(program)), "f", [3])


def test_threads_run_one_program_at_once() -> None:
    program = load(seeded_module(5, OPTIONS["host"]).wasm)
    (call, *_) = seeded_module(5, OPTIONS["host"]).calls

    def run(_: int) -> None:
        for _ in range(20):
            assert_native_agrees(program, call.export, call.args)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))


@pytest.mark.parametrize("value", [0, 1, 63, 64, 127, 128, 2**31 - 1, 2**31, 2**32 - 1])
def test_constants_are_signed_in_the_binary(value: int) -> None:
    kind = ValueType.I32
    assert encode.as_unsigned(encode.as_signed(value, kind), kind) == value
    assert encode.const(kind, value) == encode.const(kind, encode.as_signed(value, kind))
