"""The compiled tier takes the steps of the stepper: the same states, wherever it is stopped."""

from __future__ import annotations

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.files import read_messages, read_rows
from merkle import OrderedMap
from tests.wasm_interp.compiled_cases import CASES, Case
from tests.wasm_interp.generator import GeneratedModule, Options, modules, seeded_module
from tests.wasm_interp.tiers import FUEL, assert_same, assert_tiers_agree, enter_always, start
from tests.wasm_interp.wat import program_of
from wasm_interp import load, reduce, replay
from wasm_interp.compiled import driver, supported
from wasm_interp.compiled.listing import compiled_source
from wasm_interp.machine import Tier
from wasm_interp.message import Message
from wasm_interp.rules import host
from wasm_interp.state import Status, TrapCode

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
OPTIONS = {
    "loops": Options(functions_max=3, budget=30, counter_max=300),
    "host": Options(functions_max=2, budget=30, counter_max=100, host=True),
    "long": Options(functions_max=4, budget=120, counter_max=2_000),
}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LOGS = sorted(path for path in EXAMPLES.glob("*/*.jsonl") if list(path.parent.glob("*.wasm")))

pytestmark = pytest.mark.skipif(not supported(), reason="this Python runs the stepper only")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    enter_always(monkeypatch)


def all_calls() -> list[object]:
    return [
        pytest.param(case, args, trap, id=f"{name} {args}")
        for name, case in CASES.items()
        for args, trap in case.calls
    ]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("case", "args", "trap"), all_calls())
def test_every_kind_of_code_ends_in_the_state_of_the_stepper(
    case: Case, args: tuple[int, ...], trap: TrapCode
) -> None:
    assert assert_tiers_agree(program_of(case.text), "f", args).trap is trap


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_stops_at_every_step(case: Case) -> None:
    program = program_of(case.text)
    for args, _ in case.calls:
        total = start(program, "f", args)
        total.run()
        for steps in {*range(min(total.steps, 120)), total.steps - 1, total.steps}:
            assert_tiers_agree(program, "f", args, stops=(steps, 1, 17, None))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_runs_out_of_any_fuel_where_the_stepper_does(case: Case) -> None:
    program = program_of(case.text)
    args = case.calls[0][0]
    total = start(program, "f", args)
    total.run()
    used = FUEL - total.fuel
    for fuel in {*range(min(used, 100)), *range(max(used - 40, 0), used + 2)}:
        compiled, stepped = (start(program, "f", args, fuel) for _ in range(2))
        compiled.run(tier=Tier.COMPILED)
        stepped.run()
        assert_same(compiled, stepped)


@settings(
    max_examples=2_000 if NIGHTLY else 40,
    derandomize=not NIGHTLY,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(modules(OPTIONS["loops"]), st.lists(st.integers(0, 400), min_size=1, max_size=4))
def test_random_programs_pause_in_the_same_states(
    generated: GeneratedModule, pauses: list[int]
) -> None:
    program = load(generated.wasm)
    with pytest.MonkeyPatch.context() as patch:
        enter_always(patch)
        for call in generated.calls:
            assert_tiers_agree(program, call.export, call.args, stops=(*pauses, None))


@pytest.mark.parametrize("eager", [True, False], ids=["eager", "as it is"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_seeded_programs_pause_in_the_same_states(
    options: Options, eager: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if eager:
        enter_always(monkeypatch)
    for seed in range(1_000 if NIGHTLY else 30):
        generated = seeded_module(seed, options)
        program = load(generated.wasm)
        for call in generated.calls:
            stops = (seed, 3 * seed + 700, 1, 997, None)
            assert_tiers_agree(program, call.export, call.args, stops=stops)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("log", LOGS, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_the_examples_take_the_same_turns(log: Path) -> None:
    (module,) = log.parent.glob("*.wasm")
    program = load(module.read_bytes())
    genesis = log.parent / "rows.json"
    rows = read_rows(genesis if genesis.exists() else None, program)
    entries = list(read_messages(log))
    turns = {tier: list(replay(program, rows, entries, tier=tier)) for tier in Tier}
    assert turns[Tier.COMPILED] == turns[Tier.STEPPER]
    assert len(turns[Tier.COMPILED]) == len(entries)


def test_threads_run_one_program_at_once() -> None:
    program = program_of(CASES["recursion"].text)
    limit = sys.getrecursionlimit()
    expected = start(program, "f", [900])
    expected.run()

    def run(_: int) -> None:
        for _ in range(20):
            m = start(program, "f", [900])
            m.run(tier=Tier.COMPILED)
            assert_same(m, expected)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
    assert sys.getrecursionlimit() == limit


# -- what is out of the ordinary -----------------------------------------------------------------


def deep(blocks: int, name: str = '(export "f")') -> str:
    """A loop within ``blocks`` blocks that begin at different places, all left by branches."""
    opened = "(block (br_if 0 (local.get 1)) " * blocks
    return (
        f"(func {name} (param i32) (result i32) (local i32) (loop $l {opened}{')' * blocks}"
        "(br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))"
    )


@pytest.mark.parametrize("blocks", [25, 200])
def test_what_cpython_refuses_is_left_to_the_stepper(
    blocks: int, caplog: pytest.LogCaptureFixture
) -> None:
    program = program_of(f"(module {deep(blocks)})")
    with caplog.at_level(logging.INFO):
        assert_tiers_agree(program, "f", [20], stops=(600, None))
    assert "stays with the stepper" in caplog.text
    assert program.compiled.function(0) is None


def test_a_function_that_is_not_compiled_calls_and_is_called() -> None:
    text = (
        f"(module {deep(30, '$deep')}"
        "(func $g (param i32) (result i32) (call $deep (local.get 0)))"
        '(func (export "f") (param i32) (result i32) (local i32)'
        " (loop $l (local.set 1 (i32.add (local.get 1) (call $g (i32.const 3))))"
        "  (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))"
    )
    program = program_of(text)
    assert_tiers_agree(program, "f", [40], stops=(1_500, None))


@pytest.mark.parametrize(
    "body",
    [
        "(local.set 0 (i32.add (local.get 0) (i32.const 1)))" * 5_000,
        "(local.get 0)" * 200 + "(local.set 0)" * 200,
        "(block " * 300 + ")" * 300,
    ],
    ids=["long", "operands", "blocks"],
)
def test_what_would_take_too_long_to_compile_is_left_to_the_stepper(body: str) -> None:
    text = f'(module (func (export "f") (param i32) (result i32) {body} (local.get 0)))'
    program = program_of(text)
    assert_tiers_agree(program, "f", [1])
    assert program.compiled.function(0) is None
    assert "not compiled" in compiled_source(program, "f")


def test_a_run_that_compiled_code_keeps_leaving_goes_on_in_the_stepper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (
        f"(module {deep(30, '$deep')}"
        '(func (export "f") (param i32) (result i32)'
        " (loop $l (drop (call $deep (i32.const 1)))"
        "  (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))"
    )
    entered = []
    original = driver._enter
    monkeypatch.setattr(driver, "_enter", lambda *a: entered.append(1) or original(*a))
    monkeypatch.setattr(driver, "STEPS_AFTER_STOP", 3)
    program = program_of(text, fuel=10**6)
    compiled, stepped = (start(program, "f", [9_000], fuel=10**6) for _ in range(2))
    compiled.run(tier=Tier.COMPILED)
    stepped.run()
    assert_same(compiled, stepped)
    assert len(entered) < 1_000


def test_a_traced_interpreter_runs_the_stepper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "gettrace", object)
    program = program_of(CASES["recursion"].text)
    assert_tiers_agree(program, "f", [500])
    assert "compiled" not in vars(program)


@pytest.mark.parametrize("fault", [MemoryError, IndexError, KeyboardInterrupt, RecursionError])
def test_a_fault_of_the_node_is_no_trap(
    fault: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> bytes:
        raise fault

    monkeypatch.setattr(host, "read", lambda *_: failing(_))
    m = start(program_of(CASES["rows"].text), "f", (4, 3))
    with pytest.raises(fault):
        m.run(tier=Tier.COMPILED)
    with pytest.raises(AttributeError):
        m.state_hash()


def test_memory_can_grow_after_a_run_and_machines_share_a_program() -> None:
    program = program_of(CASES["grow"].text)
    one, two = (start(program, "f", [1], fuel=2**24 - 1) for _ in range(2))
    for m in (one, two):
        m.run(tier=Tier.COMPILED)
        m.memory.extend(bytes(65_536))
        assert m.status is Status.HALTED


def test_the_recursion_limit_is_put_back() -> None:
    before = sys.getrecursionlimit()
    program = program_of(CASES["recursion"].text)
    m = start(program, "f", [1025])
    m.run(tier=Tier.COMPILED)
    assert m.trap is TrapCode.CALL_STACK_EXHAUSTED
    assert sys.getrecursionlimit() == before


def test_turns_take_a_tier() -> None:
    program = program_of('(module (func (export "reduce") (result i32) (i32.const 3)))')
    turns = [reduce(program, OrderedMap(), Message(turn=1), tier=tier) for tier in Tier]
    assert turns[0] == turns[1]


def test_short_runs_do_not_compile() -> None:
    program = program_of(CASES["select"].text)
    m = start(program, "f", [1], fuel=driver.SHORT_RUN - 1)
    m.run(tier=Tier.COMPILED)
    assert not program.compiled.functions
