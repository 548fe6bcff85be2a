"""Profiles: own costs add up to the turn's, totals are those of a naive count, step by step."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest

from merkle import OrderedMap
from tests.wasm_interp.test_turn import COUNTER
from tests.wasm_interp.wat import program_of
from wasm_interp import LogEntry, Machine, Message, Program, load, profiling, reduce, replay
from wasm_interp import instructions as code
from wasm_interp.abi import state_rows
from wasm_interp.costs import CostEntry, CostProfile, Costs
from wasm_interp.profiling import (
    DEEPER,
    HALT,
    HOST_NAMES,
    function_name,
    profile_log,
    profile_machine,
    profile_turn,
)
from wasm_interp.state import Status

ROOT = Path(__file__).parents[2]
TIC_TAC_TOE = ROOT / "examples" / "tic_tac_toe"

RECURSIVE = """
(module
  (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
  (memory 1) (table funcref (elem $even))
  (type $f (func (param i32) (result i32)))
  (func $odd (type $f)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
  (func $even (type $f)
    (drop (call $put (i32.const 0) (i32.const 1) (i32.const 0) (local.get 0)))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (i32.add (call $odd (i32.sub (local.get 0) (i32.const 1)))
      (call $twice (i32.const 3))))
  (func $twice (type $f)
    (if (i32.gt_s (local.get 0) (i32.const 0))
      (then (drop (call $twice (i32.sub (local.get 0) (i32.const 1))))
            (drop (call $twice (i32.sub (local.get 0) (i32.const 2))))))
    (local.get 0))
  (func $start (drop (call $twice (i32.const 2)))) (start $start)
  (func (export "reduce") (result i32) (i32.mul (call $even (i32.const 6)) (i32.const 0))))
"""

MESSAGE_AND_ROWS = """
(module
  (import "channel" "message_read" (func $read (param i32 i32 i32)))
  (import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "db" "delete" (func $delete (param i32 i32) (result i32)))
  (import "db" "seek" (func $seek (param i32 i32 i32 i32 i32) (result i32)))
  (import "db" "seek_back" (func $back (param i32 i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "reduce") (result i32)
    (call $read (i32.const 0) (i32.const 0) (i32.const 3))
    (call $read (i32.const 0) (i32.const 1) (i32.const 2))
    (drop (call $get (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 9)))
    (drop (call $seek (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 9)))
    (drop (call $back (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 9)))
    (drop (call $delete (i32.const 0) (i32.const 1)))
    (call $read (i32.const 0) (i32.const 0) (i32.const 4))
    (i32.const 0)))
"""
"""Reads the message twice, does one of each row operation, and traps unless it has 4 bytes."""

ENDLESS = '(module (func (export "reduce") (result i32) (loop $l (br $l)) (unreachable)))'


def machine_of(text: str, payload: bytes = b"", **options: int) -> Machine:
    return program_of(text, **options).start(OrderedMap(), Message(turn=1, payload=payload))


MACHINES: dict[str, Callable[[], Machine]] = {
    "recursion, tables and a start function": lambda: machine_of(RECURSIVE),
    "rows and messages": lambda: machine_of(MESSAGE_AND_ROWS, b"abcd"),
    "a trap in a host function": lambda: machine_of(MESSAGE_AND_ROWS, b"abc"),
    "a trap": lambda: machine_of(COUNTER, b"xyz"),
    "out of fuel by one step": lambda: machine_of(ENDLESS, fuel=1000),
    "out of fuel by a surcharge": lambda: machine_of(COUNTER, fuel=600),
    "out of fuel in recursion": lambda: machine_of(RECURSIVE, fuel=9000),
    "no fuel": lambda: machine_of(COUNTER, fuel=0),
}
every_machine = pytest.mark.parametrize("make", MACHINES.values(), ids=MACHINES.keys())


def naive(m: Machine, place_of: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
    """Count [own steps, own fuel, total steps, total fuel] of functions and places by `step`.

    What is open is a bag of the functions and places on the stack; each step counts for each once.
    """
    counts: dict[Hashable, list[int]] = {}
    stack: list[tuple[Hashable, Hashable]] = []
    program = m.program
    while m.running:
        pc, fuel, word = m.pc, m.fuel, m.word()
        function = ("function", program.origins[pc].function)
        place = ("place", place_of(pc))
        own = {function, place}
        if word is not None and fuel and -word.code in HOST_NAMES:
            own = {("function", -word.code), place}
        total = own | {function} | {key for pair in stack for key in pair}
        m.step()
        for key in total:
            entry = counts.setdefault(key, [0, 0, 0, 0])
            steps_and_fuel = (1, fuel - m.fuel)
            for i in range(2):
                entry[i] += steps_and_fuel[i] * (key in own)
                entry[2 + i] += steps_and_fuel[i]
        if m.running and word is not None:
            if word.code in {code.CALL, code.CALL_INDIRECT}:
                stack.append((function, place))
            elif word.code == code.RETURN and stack:
                stack.pop()
    return counts


def counted(profile: CostProfile) -> dict[Hashable, list[int]]:
    found = {}
    for kind, entries in (("function", profile.functions), ("place", profile.places)):
        for entry in entries:
            own, total = entry.own, entry.total
            found[kind, entry.key] = [own.steps, own.fuel, total.steps, total.fuel]
    return found


# -- sums ----------------------------------------------------------------------------------------


@every_machine
def test_own_costs_add_up_to_the_run_exactly(make: Callable[[], Machine]) -> None:
    plain, machine = make(), make()
    plain.run()
    fuel = machine.fuel
    profile = profile_machine(machine)
    assert machine.state() == plain.state()
    assert machine.steps == plain.steps
    for sums in (
        profile.costs,
        sum((entry.own for entry in profile.places), Costs()),
        sum(profile.paths.values(), Costs()),
    ):
        assert (sums.steps, sums.fuel) == (plain.steps, fuel - plain.fuel)
        assert sums == profile.costs


@every_machine
@pytest.mark.parametrize("slice_steps", [1, 7, 2**18])
def test_costs_are_those_of_a_naive_count(
    make: Callable[[], Machine], slice_steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "SLICE_STEPS", slice_steps)
    assert counted(profile_machine(make())) == naive(make(), lambda pc: pc)


@every_machine
@pytest.mark.parametrize("spread", [1, 3, 10])
def test_lines_shared_by_functions_count_once(make: Callable[[], Machine], spread: int) -> None:
    machine = make()
    lines = [pc // 2 % spread for pc in range(len(machine.program.words))]
    assert counted(profile_machine(machine, lines=lines)) == naive(make(), lines.__getitem__)


def test_a_turn_is_the_one_that_reduce_gives() -> None:
    program = program_of(COUNTER)
    for payload in (b"", b"x", b"xyz"):
        message = Message(turn=1, payload=payload)
        turn, profile = profile_turn(program, OrderedMap(), message)
        assert turn == reduce(program, OrderedMap(), message)
        assert (profile.costs.steps, profile.costs.fuel) == (turn.steps, turn.fuel_used)


# -- functions -----------------------------------------------------------------------------------


def by_name(entries: tuple[CostEntry, ...]) -> dict[str, CostEntry]:
    return {entry.name: entry for entry in entries}


def test_recursion_counts_once_and_is_one_path() -> None:
    profile = profile_machine(machine_of(RECURSIVE))
    found = by_name(profile.functions)
    assert found["even"].calls == 4
    assert found["odd"].calls == 3
    assert found["even"].total.fuel < profile.costs.fuel
    assert found["reduce"].total.fuel == (
        profile.costs.fuel - found["start"].total.fuel - found["(halt)"].own.fuel
    )
    for path in profile.paths:
        assert len(set(path)) == len(path)


def test_row_operations_and_message_bytes_are_counted_unless_they_trap() -> None:
    costs = profile_machine(machine_of(MESSAGE_AND_ROWS, b"abc")).costs
    assert (costs.gets, costs.puts, costs.deletes, costs.seeks) == (1, 0, 1, 2)
    assert costs.message_bytes == 5
    assert costs.row_operations == 4
    whole = profile_machine(machine_of(MESSAGE_AND_ROWS, b"abcd"))
    assert whole.costs.message_bytes == 9
    found = by_name(whole.functions)
    assert found["channel.message_read"].own.message_bytes == 9
    assert found["channel.message_read"].calls == 3
    assert found["reduce"].own.row_operations == 0
    assert found["reduce"].total.row_operations == 4


def test_the_blob_forms_stub_has_its_costs() -> None:
    program = load((TIC_TAC_TOE / "tic_tac_toe.wasm").read_bytes(), reducer=True)
    blob = bytes.fromhex(json.loads((TIC_TAC_TOE / "rows.json").read_text())["blob"][2:])
    rows = OrderedMap.from_rows(state_rows(blob))
    turn, profile = profile_turn(program, rows, Message(turn=1, payload=b"\1\4"))
    assert (turn.accepted, turn.steps) == (True, 1176)
    found = by_name(profile.functions)
    entry = found["channels:entry"]
    assert entry.own.fuel < found["reduce"].own.fuel < entry.total.fuel
    assert (entry.total.gets, entry.total.puts, entry.total.message_bytes) == (1, 1, 2)
    assert found["channels:chunk_key"].calls == 2


def test_a_trap_midway_still_gives_a_profile() -> None:
    machine = machine_of(COUNTER, b"xyz")
    profile = profile_machine(machine)
    assert machine.status is Status.TRAPPED
    assert by_name(profile.functions)["reduce"].total.puts == 1


def test_instructions_are_named_by_pc_function_and_text() -> None:
    profile = profile_machine(machine_of(COUNTER))
    put = next(entry for entry in profile.places if entry.own.puts)
    assert put.name == f"{put.key} reduce: db.put"
    assert put.calls == 1


def test_a_symbol_is_made_fit_for_a_terminal() -> None:
    program = program_of('(module (func (export "a\\1b\\5b2J")))')
    assert function_name(program, 0) == "a\ufffd[2J"
    assert function_name(program, HALT) == "(halt)"


def test_a_stopped_machine_costs_nothing() -> None:
    machine = machine_of(COUNTER)
    machine.run()
    profile = profile_machine(machine)
    assert profile == CostProfile(paths={})
    assert profile.costs == Costs()


def test_a_machine_can_be_profiled_from_the_middle() -> None:
    for steps in range(0, 400, 13):
        machine = machine_of(RECURSIVE)
        machine.run(steps)
        fuel, before = machine.fuel, machine.steps
        costs = profile_machine(machine).costs
        assert (costs.steps, costs.fuel) == (machine.steps - before, fuel - machine.fuel)


# -- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "value"), [("DEPTH_MAX", 2), ("PATHS_MAX", 3)])
def test_paths_beyond_the_limits_are_gathered(
    limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = profile_machine(machine_of(RECURSIVE))
    monkeypatch.setattr(profiling, limit, value)
    cut = profile_machine(machine_of(RECURSIVE))
    assert (cut.functions, cut.places, cut.costs) == (whole.functions, whole.places, whole.costs)
    assert sum(cut.paths.values(), Costs()) == whole.costs
    deeper = [path for path in cut.paths if path[0] == DEEPER]
    assert deeper
    assert all(len(path) == 2 for path in deeper)


def test_the_deepest_call_stack_is_profiled() -> None:
    text = """(module (func $f (call $f)) (func (export "reduce") (result i32)
                (call $f) (i32.const 0)))"""
    profile = profile_machine(machine_of(text))
    assert by_name(profile.functions)["f"].calls == 1023
    assert len(profile.paths) == 2


def test_a_very_long_line_counts_its_own_steps_under_recursion_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = program_of(RECURSIVE)
    lines = ["one"] * len(program.words)
    exact = profile_machine(program.start(), lines=lines)
    assert exact.places[0].total == exact.costs
    monkeypatch.setattr(profiling, "PLACE_PCS_MAX", 2)
    rough = profile_machine(program.start(), lines=lines)
    assert rough.places[0].own == exact.places[0].own
    assert rough.places[0].total.fuel > exact.costs.fuel


def test_tick_is_called_while_a_message_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "SLICE_STEPS", 100)
    seen: list[int] = []
    profile_machine(machine_of(ENDLESS, fuel=1000), tick=lambda m: seen.append(m.steps))
    assert seen == [*range(100, 1000, 100), 1001]


# -- logs and sums of profiles -------------------------------------------------------------------

LOG = [LogEntry(None, payload) for payload in (b"", b"x", b"", b"xyz")]


def test_a_log_gives_the_turns_of_replay_and_one_profile_each() -> None:
    program = program_of(COUNTER)
    found = list(profile_log(program, OrderedMap(), LOG))
    assert [number for number, _, _ in found] == [1, 2, 3, 4]
    assert [turn for _, turn, _ in found] == list(replay(program, OrderedMap(), LOG))


def test_one_message_of_a_log_is_profiled_behind_the_others() -> None:
    program = program_of(COUNTER)
    every = list(profile_log(program, OrderedMap(), LOG))
    assert list(profile_log(program, OrderedMap(), LOG, only=3)) == [every[2]]


def test_profiles_add_up() -> None:
    profiles = [profile for _, _, profile in profile_log(program_of(COUNTER), OrderedMap(), LOG)]
    whole = sum(profiles, CostProfile(paths={}))
    assert whole.costs == sum((profile.costs for profile in profiles), Costs())
    calls = Counter({e.name: e.calls for e in whole.functions})
    assert calls["db.put"] == 4
    assert sum(whole.paths.values(), Costs()) == whole.costs
    order = [entry.total.fuel for entry in whole.functions]
    assert order == sorted(order, reverse=True)
    assert repr(whole) == (
        f"CostProfile({len(whole.functions)} functions, {whole.costs.steps} steps, "
        f"{whole.costs.fuel} fuel)"
    )
    assert "db.put: fuel" in repr(by_name(whole.functions)["db.put"])


def test_a_full_message_is_profiled_in_reasonable_time() -> None:
    """2^20 steps; the slow-down beside `run` is about 1.3, and 7 where half is calls."""
    program: Program = load((ROOT / "bench/programs/sieve.wasm").read_bytes())
    machine = program.call("run", [32_000])
    profile = profile_machine(machine)
    assert machine.steps > 2**20
    assert profile.costs.steps == machine.steps
