"""Any step of a run from checkpoints: the states of the run itself."""

from __future__ import annotations

import random

import pytest

from tests.wasm_interp.generator import Options, seeded_module
from tests.wasm_interp.tiers import assert_same, start
from tests.wasm_interp.wat import program_of
from wasm_interp import checkpoints, load
from wasm_interp.checkpoints import Checkpoints
from wasm_interp.errors import InputError
from wasm_interp.machine import Machine, Tier

WRITER = """
(module (memory 4 8) (func (export "f") (param i32) (result i32) (local i32)
  (loop $l
    (i32.store (i32.and (i32.mul (local.get 1) (i32.const 52)) (i32.const 0x3fffc)) (local.get 1))
    (if (i32.eq (local.get 1) (i32.const 700)) (then (drop (memory.grow (i32.const 1)))))
    (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0))))
  (local.get 1)))
"""


def at(m: Machine, step: int) -> Machine:
    m.run(step)
    return m


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("spacing", [3_000, 2**18])
def test_every_state_is_that_of_the_run(
    tier: Tier, spacing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_STEPS", spacing)
    program = program_of(WRITER)
    run = Checkpoints(start(program, "f", [1_100]), tier=tier)
    rng = random.Random(1)
    for step in [0, len(run), *(rng.randrange(len(run)) for _ in range(40))]:
        expected = at(start(program, "f", [1_100]), step)
        assert run.state_hash(step) == expected.state_hash()
        assert_same(run.run_to(step), expected)


def test_random_programs_have_the_states_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_STEPS", 600)
    for seed in range(25):
        generated = seeded_module(seed, Options(functions_max=3, budget=60, counter_max=400))
        program = load(generated.wasm)
        for call in generated.calls:
            run = Checkpoints(start(program, call.export, call.args))
            low, high = 0, len(run)
            rng = random.Random(seed)
            while high - low > 1:
                middle = (low + high) // 2
                expected = at(start(program, call.export, call.args), middle)
                assert run.state_hash(middle) == expected.state_hash()
                low, high = (middle, high) if rng.random() < 0.5 else (low, middle)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_STEPS", 200)
    monkeypatch.setattr(checkpoints, "CHECKPOINTS_MAX", 8)
    program = program_of(WRITER)
    run = Checkpoints(start(program, "f", [1_100]))
    for step in range(0, len(run), 700):
        assert run.state_hash(step) == at(start(program, "f", [1_100]), step).state_hash()
        assert len(run._kept) == len(run._indices) <= 8
        assert len(run._trees) <= checkpoints.TREES_MAX


def test_chunks_bound_what_is_kept_and_shared_ones_count_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_STEPS", 500)
    program = program_of(WRITER)
    roomy = Checkpoints(start(program, "f", [1_100]))
    assert len(roomy) // 500 <= len(roomy._indices)
    monkeypatch.setattr(checkpoints, "CHUNK_BYTES_MAX", 6 * 65_536)
    tight = Checkpoints(start(program, "f", [1_100]))
    assert len(tight) == len(roomy)
    assert 2 <= len(tight._indices) < len(roomy._indices)


def test_beyond_the_end_is_refused() -> None:
    run = Checkpoints(start(program_of(WRITER), "f", [10]))
    for step in (-1, len(run) + 1):
        with pytest.raises(InputError):
            run.run_to(step)
    assert not run.run_to(len(run)).running


def test_a_state_is_that_of_the_run_and_hashes_to_its_hash() -> None:
    program = program_of(WRITER)
    run = Checkpoints(start(program, "f", [1_100]))
    for step in (len(run), 0, 5_000, 4_999, 5_001, len(run) - 1, 1):
        expected = at(start(program, "f", [1_100]), step).state()
        assert run.state(step) == expected
        assert run.state_hash(step) == expected.hash()


def test_a_machine_that_was_handed_out_runs_on_alone() -> None:
    program = program_of(WRITER)
    run = Checkpoints(start(program, "f", [1_100]))
    one, other = run.run_to(3_000), run.run_to(3_000)
    one.run(2_000)
    one.memory[:64] = b"\xff" * 64
    assert_same(other, at(start(program, "f", [1_100]), 3_000))
    assert run.state(3_000) == other.state()
    assert run.state(5_000) == at(start(program, "f", [1_100]), 5_000).state()
    assert run.state(4_000) == at(start(program, "f", [1_100]), 4_000).state()


@pytest.mark.parametrize("when", [0, 1, 3])
def test_a_run_that_was_interrupted_is_begun_again(
    when: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_STEPS", 2_000)
    program = program_of(WRITER)
    run = Checkpoints(start(program, "f", [1_100]))
    plain, calls = Machine.run, []

    def interrupted(m: Machine, max_steps: int | None = None, *, tier: Tier = Tier.STEPPER) -> int:
        calls.append(max_steps)
        if len(calls) == when + 1:
            m.memory[:64] = b"\xee" * 64
            plain(m, 7)
            raise KeyboardInterrupt
        return plain(m, max_steps, tier=tier)

    monkeypatch.setattr(Machine, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        len(run)
    expected = start(program, "f", [1_100])
    plain(expected, 4_321)
    assert run.state(4_321) == expected.state()
    with pytest.raises(InputError):
        run.state(10**9)


def test_trees_are_bounded_by_their_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of(WRITER)
    run = Checkpoints(start(program, "f", [1_100]))
    monkeypatch.setattr(checkpoints, "LEAVES_MAX", 300)
    for step in range(0, len(run), 500):
        assert run.state(step) == at(start(program, "f", [1_100]), step).state()
        assert len(run._trees) == 1 or sum(one.leaves for one in run._trees.values()) <= 300
