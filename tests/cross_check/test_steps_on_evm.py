"""Steps of whole runs: the machine, the twin and the contract agree on each.

The machine takes the step, the twin gives the state after it, the contract accepts exactly that
one. pyrevm sees all of it; py-evm and anvil see a sample.
"""

from __future__ import annotations

from collections import Counter
from itertools import count, islice
from pathlib import Path

import pytest

from bisection.witness import prove_step, prove_steps
from tests.bisection.machines import scenarios
from tests.cross_check.both import Both
from tests.cross_check.runs import (
    GAMES,
    LONG,
    SHORT,
    Log,
    generated_steps,
    run_suite,
    sampled,
)
from tests.wasm_interp.test_official_suite import SCRIPTS, SUITE
from wasm_interp import Machine, State
from wasm_interp.instructions import INSTRUCTIONS

SEEDS = 30
STEPS_OF_A_CALL = 150


def assert_every_step_is_agreed(both: Both, machine: Machine, steps: int | None = None) -> None:
    """Take steps with ``machine``; assert that both agree that each leads where it has gone."""
    for proof in prove_steps(machine, steps):
        assert both.accepted(proof) == machine.state()


# -- logs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("log", [*GAMES, *SHORT], ids=lambda log: log.name)
def test_every_step_of_a_game(both: Both, log: Log) -> None:
    for machine in log.machines():
        assert_every_step_is_agreed(both, machine)


@pytest.mark.parametrize("log", LONG, ids=lambda log: log.name)
def test_steps_of_every_kind_of_a_long_log(both: Both, log: Log) -> None:
    met: Counter[int] = Counter()
    for machine in log.machines():
        for proof in sampled(machine, met, first=12, stride=211):
            assert both.accepted(proof) == machine.state()


@pytest.mark.nightly
@pytest.mark.parametrize("log", LONG, ids=lambda log: log.name)
def test_every_step_of_a_long_log(both: Both, log: Log) -> None:
    for machine in log.machines():
        assert_every_step_is_agreed(both, machine)


def test_a_step_of_a_machine_that_has_stopped(both: Both) -> None:
    for machine in islice(GAMES[0].machines(), 2):
        machine.run()
        assert_every_step_is_agreed(both, machine, 2)


# -- machines that stand before one instruction ----------------------------------------------------


def test_every_way_in_which_an_instruction_can_go(both: Both) -> None:
    for machine in scenarios().values():
        after = machine.copy()
        after.step()
        assert both.accepted(prove_step(machine)) == after.state()


# -- generated modules -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(SEEDS))
def test_steps_of_generated_modules(both: Both, seed: int) -> None:
    for proof in generated_steps(seed, steps_max=STEPS_OF_A_CALL):
        both.accepted(proof)


def test_the_generated_modules_take_most_instructions() -> None:
    taken = {
        proof.op[0]
        for seed in range(SEEDS)
        for proof in generated_steps(seed, steps_max=STEPS_OF_A_CALL)
    }
    assert len(taken & set(INSTRUCTIONS)) >= len(INSTRUCTIONS) - 12


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(1_000, 2_000, 100))
def test_steps_of_many_generated_modules(both: Both, first: int) -> None:
    for seed in range(first, first + 100):
        for proof in generated_steps(seed, steps_max=500):
            both.accepted(proof)


# -- the official suite ----------------------------------------------------------------------------

needs_the_suite = pytest.mark.skipif(
    not SCRIPTS, reason=f"no scripts in {SUITE}: set WASM_SPEC_TESTSUITE to the official suite"
)


def assert_the_suite_is_agreed(
    both: Both, script: Path, *, apart: int, actions: int, steps: int
) -> None:
    """Assert that both agree on the first ``steps`` of every ``apart``th action of a script.

    Behind ``actions`` of them, it is only run.
    """
    pytest.importorskip("wasmtime", reason="the suite's text form needs wasmtime")
    chosen = range(0, apart * actions, apart)
    seen = count()

    def show(machine: Machine) -> None:
        if next(seen) in chosen:
            end = machine.steps + steps
            while machine.running and machine.steps < end:
                assert_every_step_is_agreed(both, machine, 1)

    run_suite(script, show)


@needs_the_suite
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_sample_of_the_official_suite(both: Both, script: Path) -> None:
    assert_the_suite_is_agreed(both, script, apart=7, actions=100, steps=24)


@needs_the_suite
@pytest.mark.nightly
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_official_suite(both: Both, script: Path) -> None:
    assert_the_suite_is_agreed(both, script, apart=3, actions=1_000, steps=300)


# -- other EVMs ------------------------------------------------------------------------------------


def test_other_evms_agree_on_every_way_in_which_an_instruction_can_go(slower: Both) -> None:
    for machine in scenarios().values():
        slower.accepted(prove_step(machine, check=False))


@pytest.mark.parametrize("log", [GAMES[0], GAMES[2]], ids=lambda log: log.name)
def test_other_evms_agree_on_a_sample_of_games(slower: Both, log: Log) -> None:
    met: Counter[int] = Counter()
    for machine in log.machines():
        for proof in sampled(machine, met, first=4, stride=101):
            assert isinstance(slower.accepted(proof), State)


@pytest.mark.nightly
@pytest.mark.parametrize("log", [*GAMES, *SHORT], ids=lambda log: log.name)
def test_other_evms_agree_on_every_step_of_a_game(slower: Both, log: Log) -> None:
    for machine in log.machines():
        assert_every_step_is_agreed(slower, machine)
