"""The generated loop takes the steps of `Machine.step`: the same states on the way."""

from __future__ import annotations

import os
from itertools import islice, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merkle import ZERO_HASH, WordTree, depth_for, keccak256
from tests.wasm_interp.generator import FULL, GeneratedModule, Options, modules, seeded_module
from tests.wasm_interp.generator.module import Call
from wasm_interp.commitments import Commitments
from wasm_interp.instructions import INSTRUCTIONS, INVALID
from wasm_interp.link import load
from wasm_interp.machine import Machine
from wasm_interp.message import Message
from wasm_interp.program import Program
from wasm_interp.state import Status, TrapCode
from wasm_interp.stepper import dispatch_numbers, source

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SMALL = Options(functions_max=3, budget=30, counter_max=8)
HOST = Options(functions_max=2, budget=30, counter_max=8, host=True)
FUEL = 20_000
MESSAGE = Message(turn=7, sender=1, payload=bytes(range(40)))


def examples(count: int, *, nightly: int) -> settings:
    return settings(
        max_examples=nightly if NIGHTLY else count,
        derandomize=not NIGHTLY,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def start(program: Program, call: Call, fuel: int = FUEL) -> Machine:
    m = program.call(call.export, call.args, message=MESSAGE)
    m.fuel = fuel
    return m


def stepped(m: Machine, count: int) -> Machine:
    for _ in range(count):
        m.step()
    return m


def contents(m: Machine) -> tuple[object, ...]:
    """Everything that a machine holds, without any hash."""
    return (
        *(m.status, m.trap, m.result, m.pc, m.fuel, m.steps, m.stack, m.frames, m.locals),
        *(m.globals, m.memory, m.memory_max, m.table, list(m.rows.items()), m.message),
    )


def assert_runs_as_it_steps(generated: GeneratedModule, pauses: list[int]) -> None:
    program = load(generated.wasm)
    for call in generated.calls:
        by_loop, by_step = start(program, call), start(program, call)
        for pause in pauses:
            before = by_loop.steps
            taken = by_loop.run(pause)
            stepped(by_step, pause)
            assert taken == by_loop.steps - before <= pause
            assert contents(by_loop) == contents(by_step)
            assert by_loop.state_hash() == by_step.state_hash()
        by_loop.run()
        while by_step.running:
            by_step.step()
        assert contents(by_loop) == contents(by_step)
        assert by_loop.state() == by_step.state()


@examples(60, nightly=2_000)
@given(modules(SMALL), st.lists(st.integers(0, 60), min_size=1, max_size=5))
def test_run_pauses_in_the_state_of_as_many_steps(
    generated: GeneratedModule, pauses: list[int]
) -> None:
    assert_runs_as_it_steps(generated, pauses)


@pytest.mark.parametrize("options", [SMALL, HOST, FULL], ids=["small", "host", "full"])
def test_run_pauses_in_the_state_of_as_many_steps_for_seeds(options: Options) -> None:
    for seed in range(60):
        assert_runs_as_it_steps(seeded_module(seed, options), [1, 2, seed, 97, 5])


def test_every_state_of_the_loop_is_a_state_of_step() -> None:
    for seed in range(12):
        generated = seeded_module(seed, SMALL)
        program = load(generated.wasm)
        for call in generated.calls:
            by_loop, by_step = start(program, call), start(program, call)
            for _ in range(150):
                by_loop.run(1)
                by_step.step()
                assert by_loop.state_hash() == by_step.state_hash()


def test_two_runs_are_the_same() -> None:
    for seed in range(30):
        generated = seeded_module(seed)
        for call in generated.calls:
            first, second = start(load(generated.wasm), call), start(load(generated.wasm), call)
            first.run()
            second.run()
            assert first.state_hash() == second.state_hash()
            assert first.steps == second.steps


def test_a_copy_runs_on_by_itself() -> None:
    for seed in range(40):
        generated = seeded_module(seed)
        program = load(generated.wasm)
        for call in generated.calls:
            m = start(program, call)
            m.run(20 + seed)
            if seed % 2:
                m.state_hash()
            twin, at_copy = m.copy(), contents(m.copy())
            assert twin.state_hash() == m.state_hash()
            twin.run()
            assert contents(m) == at_copy
            end = twin.state_hash()
            m.run()
            assert m.state_hash() == end
            assert contents(m) == contents(twin)


def test_a_copy_of_a_copy_is_not_touched_by_either() -> None:
    generated = seeded_module(3)
    m = start(load(generated.wasm), generated.calls[0])
    m.run(15)
    before = contents(m.copy())
    middle = m.copy()
    last = middle.copy()
    last.run()
    assert contents(middle) == before
    middle.run(3)
    assert contents(m) == before


# -- commitments follow ------------------------------------------------------------------------


def from_scratch(m: Machine) -> Machine:
    """A copy whose commitments are computed anew, its memory's from every leaf."""
    twin = m.copy()
    twin._commitments = Commitments(m.program)
    depth = depth_for(len(m.memory) // 32)
    twin._commitments.memory.tree = WordTree.from_bytes(bytes(m.memory), depth=depth)
    twin.dirty, twin.untracked = set(), False
    return twin


@pytest.mark.parametrize("options", [SMALL, HOST, FULL], ids=["small", "host", "full"])
def test_the_hash_kept_up_to_date_is_the_hash_from_scratch(options: Options) -> None:
    for seed in range(100, 125):
        generated = seeded_module(seed, options)
        program = load(generated.wasm)
        for call in generated.calls:
            m = start(program, call)
            while m.running:
                m.run(41)
                assert m.state() == from_scratch(m).state()


def naive_stack(stack: list[int]) -> bytes:
    chain = bytes(ZERO_HASH)
    for value in stack:
        chain = keccak256(chain + value.to_bytes(8, "big"))
    return chain


def test_the_operand_chain_is_the_naive_one_at_every_step() -> None:
    generated = seeded_module(11)
    program = load(generated.wasm)
    for call in generated.calls:
        m = start(program, call)
        for _ in range(300):
            assert m.state().stack == naive_stack(m.stack)
            m.step()


# -- fuel --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("how", ["run", "step"])
def test_out_of_fuel_at_every_amount(seed: int, how: str) -> None:
    generated = seeded_module(seed, SMALL)
    program, call = load(generated.wasm), generated.calls[0]
    whole = start(program, call)
    whole.run()
    used = FUEL - whole.fuel
    for fuel in islice(range(used + 2), 250):
        m, reference = start(program, call, fuel), start(program, call)
        if how == "run":
            m.run()
        else:
            while m.running:
                m.step()
        if fuel >= used:
            assert (m.status, m.trap, m.pc) == (whole.status, whole.trap, whole.pc)
            assert m.fuel == fuel - used
            continue
        # The program makes no host calls, so each step takes 1.
        reference.run(fuel)
        assert (m.status, m.trap) == (Status.TRAPPED, TrapCode.OUT_OF_FUEL)
        assert (m.fuel, m.result, m.steps) == (0, 0, fuel + 1)
        assert contents(m)[3] == reference.pc
        assert contents(m)[6:] == contents(reference)[6:]


def test_a_surcharge_that_fuel_does_not_cover_takes_all_of_it() -> None:
    for seed in range(40):
        generated = seeded_module(seed, HOST)
        program = load(generated.wasm)
        for call in generated.calls:
            whole = start(program, call)
            marks = [whole.fuel]
            while whole.running:
                whole.step()
                marks.append(whole.fuel)
            for before, after in pairwise(marks):
                if before - after > 1:
                    # One short of what this step takes.
                    m = start(program, call, FUEL - after - 1)
                    m.run()
                    assert (m.trap, m.fuel) == (TrapCode.OUT_OF_FUEL, 0)
                    assert m.steps == marks.index(after)


@pytest.mark.parametrize("end", ["halted", "trapped", "out of fuel"])
def test_a_stopped_machine_steps_to_itself(end: str) -> None:
    stopped = 0
    for seed in range(60):
        generated = seeded_module(seed, SMALL)
        for call in generated.calls:
            m = start(load(generated.wasm), call, 10 if end == "out of fuel" else FUEL)
            m.run()
            if (end == "halted") != (m.status is Status.HALTED):
                continue
            stopped += 1
            before, record = contents(m.copy()), m.state()
            m.step()
            assert m.run() == 0
            assert m.run(5) == 0
            assert (contents(m), m.state()) == (before, record)
    assert stopped > 5


# -- code that is none -------------------------------------------------------------------------


@pytest.mark.parametrize("beyond", [0, 1, 1_000, 2**32 - 1])
def test_a_pc_outside_the_code_traps(beyond: int) -> None:
    generated = seeded_module(0)
    program = load(generated.wasm)
    by_loop, by_step = start(program, generated.calls[0]), start(program, generated.calls[0])
    by_loop.pc = by_step.pc = min(len(program.words) + beyond, 2**32 - 1)
    by_step.step()
    assert (by_step.trap, by_step.fuel) == (TrapCode.INVALID_INSTRUCTION, FUEL - 1)
    if beyond == 0:
        by_loop.run()
        assert by_loop.state() == by_step.state()


def test_every_instruction_has_a_dispatch_number() -> None:
    assert set(dispatch_numbers()) == set(INSTRUCTIONS) | {INVALID}
    compile(source(), "loop", "exec")
