"""Time travel: any step, in any order, is the step of a plain run."""

from __future__ import annotations

import random

import pytest

from tests.wasm_interp.test_commitments import BUSY
from tests.wasm_interp.wat import program_of
from wasm_interp import Step, Timeline, Trace, timeline
from wasm_interp.errors import InputError
from wasm_interp.state import Status


@pytest.fixture
def steps() -> list[Step]:
    return list(Trace(machine=program_of(BUSY).call("run", [4])))


@pytest.fixture
def run() -> Timeline:
    return Timeline(program_of(BUSY).call("run", [4]))


def test_every_step_in_any_order_is_that_of_a_plain_run(run: Timeline, steps: list[Step]) -> None:
    order = list(range(len(steps)))
    random.Random(3).shuffle(order)
    for index in order:
        assert run[index] == steps[index]
    assert len(run) == len(steps)
    assert list(run) == steps
    assert run[-1] == steps[-1]


@pytest.mark.parametrize("part", [slice(3, 9), slice(None, 5), slice(10, 40, 7), slice(-3, None)])
def test_slices_are_those_of_the_list(run: Timeline, steps: list[Step], part: slice) -> None:
    assert run[part] == steps[part]


@pytest.mark.parametrize("index", [10_000, -10_000])
def test_beyond_the_run_is_an_index_error(run: Timeline, index: int) -> None:
    with pytest.raises(IndexError):
        _ = run[index]


def test_one_walks_both_ways(run: Timeline, steps: list[Step]) -> None:
    assert run.here == steps[0]
    assert run.forward() == steps[1]
    assert run.forward(10) == steps[11]
    assert run.back(4) == steps[7]
    assert run.state == steps[7].state
    assert run.back(100) == steps[0]
    assert run.forward(10_000) == steps[-1]
    assert run.goto(-2) == steps[-2]
    assert repr(run) == f"Timeline({len(steps)} states, at {steps[-2]!r})"


def test_one_stops_at_symbols_instructions_and_conditions(run: Timeline, steps: list[Step]) -> None:
    grows = [step.index for step in steps if step.text == "memory.grow"]
    assert run.forward_to("memory.grow").index == grows[0]
    assert run.forward_to("memory.grow").index == grows[1]
    assert run.back_to("memory.grow").index == grows[0]
    pages = run.forward_to(lambda step: step.state.memory_pages == 3).index
    assert steps[pages].state.memory_pages == 3
    assert steps[pages - 1].state.memory_pages == 2
    assert run.back_to(lambda step: step.state.memory_pages == 1).index == grows[0]
    assert run.forward_to("deep").location.symbol == "deep"
    assert run.forward_to(lambda step: step.state.status is Status.HALTED) == steps[-1]
    run.goto(0)
    with pytest.raises(InputError, match="no earlier step"):
        run.back_to("deep")
    with pytest.raises(InputError, match="no later step"):
        run.forward_to("nothing")


def test_going_back_far_looks_at_bounded_stretches(
    monkeypatch: pytest.MonkeyPatch, steps: list[Step]
) -> None:
    monkeypatch.setattr(timeline, "SCAN_STEPS_MAX", 16)
    run = Timeline(program_of(BUSY).call("run", [4]))
    run.goto(-1)
    first = next(
        step.index for step in steps if step.text == "memory.size" or "global.get" in step.text
    )
    while True:
        try:
            found = run.back_to("global.get").index
        except InputError:
            break
    assert found == first


def test_checkpoints_are_thinned_out(monkeypatch: pytest.MonkeyPatch, steps: list[Step]) -> None:
    monkeypatch.setattr(timeline, "CHECKPOINTS_MAX", 5)
    run = Timeline(program_of(BUSY).call("run", [4]))
    for index in range(0, len(steps), 3):
        assert run[index] == steps[index]
        assert len(run._indices) <= 6
        assert sorted(run._checkpoints) == run._indices
        assert run._indices[0] == 0


def test_a_run_shows_itself_in_a_notebook(run: Timeline) -> None:
    run.goto(60)
    html = run._repr_html_()
    assert html.count("<tr>") == 1 + timeline.HTML_STEPS_MAX
    assert "deep" in html
    assert "fuel" in run.here._repr_html_()
    trace = Trace(machine=run.machine(0), start=2, stop=9, every=2)
    assert "step 2 to step 8, every 2" in repr(trace)
    assert trace._repr_html_().count("<tr>") == 1 + 4


def test_states_say_in_what_they_differ(steps: list[Step]) -> None:
    last = steps[-1].state
    assert last.status is Status.HALTED
    changed = steps[-2].state.diff(last)
    assert {"status", "result", "fuel", "stack"} == set(changed)
    assert changed["status"] == (Status.RUNNING, Status.HALTED)
    assert last.diff(last) == {}


def test_a_machine_shows_its_memory_tree(run: Timeline) -> None:
    machine = run.machine(len(run) - 1)
    tree = machine.memory_tree()
    assert tree.root == machine.memory_root()
    assert tree.leaf(0) == bytes(machine.memory[:32])
