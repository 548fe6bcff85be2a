"""Witnesses: every step proves, verifies, and leads to where the machine goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bisection.calldata import StepProof
from bisection.verifier.one_step import verify_call, verify_step
from bisection.witness import prove_step, prove_steps
from cli.files import read_messages, read_program, read_rows
from tests.bisection.machines import scenarios
from tests.wasm_interp.generator import Options, seeded_module
from wasm_interp import Machine, Message, Program, Status, TrapCode, load
from wasm_interp.instructions import INSTRUCTIONS, Family

EXAMPLES = Path(__file__).parents[2] / "examples"
LOGS = [
    *(("tic_tac_toe", f"{game}.jsonl") for game in ("x_wins", "o_wins", "draw", "refused")),
    *((example, "messages.jsonl") for example in ("auction", "dice", "document", "tactics")),
]
WHOLE = {("tic_tac_toe", "x_wins.jsonl"), ("auction", "messages.jsonl")}
"""What the default run proves step by step; of other logs it takes a part."""

PROVED_OF_EACH_KIND = 12
STRIDE = 211
"""What part: the first steps of each instruction, all of rows and messages, and every 211th."""

SMALL = Options(functions_max=3, budget=30, counter_max=8, host=True)


def verified(proof: StepProof, after: Machine) -> None:
    """Assert that a proof shows that its step leads to the state of ``after``."""
    reached = verify_step(proof.pre_state, proof.op, proof.witness, proof.post_state)
    assert reached == after.state()
    assert proof.post_state == after.state_hash()


def machines_of(example: str, log: str) -> Iterator[Machine]:
    """Yield a machine at the start of each message of a log."""
    folder = EXAMPLES / example
    program = read_program(next(folder.glob("*.wasm")), reducer=True)
    rows_file = folder / "rows.json"
    rows = read_rows(rows_file if rows_file.exists() else None, program)
    turn = 1
    for entry in read_messages(folder / log):
        machine = program.start(rows, entry.message(turn, participants=2))
        yield machine
        assert not machine.running, "the test has run the machine to its end"
        if machine.accepted:
            rows = machine.rows
            turn += 1


@pytest.mark.parametrize(("example", "log"), sorted(WHOLE))
def test_every_step_of_a_log_is_proved(example: str, log: str) -> None:
    for machine in machines_of(example, log):
        for proof in prove_steps(machine):
            verified(proof, machine)


@pytest.mark.parametrize(("example", "log"), sorted({*LOGS} - WHOLE))
def test_steps_of_every_kind_of_a_log_are_proved(example: str, log: str) -> None:
    met: Counter[int] = Counter()
    for machine in machines_of(example, log):
        while machine.running:
            word = machine.word()
            assert word is not None
            met[word.code] += 1
            of_host = INSTRUCTIONS[word.code].family is Family.HOST
            if met[word.code] <= PROVED_OF_EACH_KIND or of_host or machine.steps % STRIDE == 0:
                [proof] = prove_steps(machine, 1)
                verified(proof, machine)
            else:
                machine.step()


@pytest.mark.nightly
@pytest.mark.parametrize(("example", "log"), sorted({*LOGS} - WHOLE))
def test_every_step_of_a_long_log_is_proved(example: str, log: str) -> None:
    for machine in machines_of(example, log):
        for proof in prove_steps(machine):
            verified(proof, machine)


def assert_calls_are_proved(wasm: bytes, calls: list[tuple[str, tuple[int, ...]]]) -> None:
    program = load(wasm)
    for export, args in calls:
        machine = program.call(export, args, message=Message(turn=7, payload=bytes(range(40))))
        machine.fuel = 20_000
        for proof in prove_steps(machine, 150):
            verified(proof, machine)


def test_steps_of_generated_modules_are_proved() -> None:
    for seed in range(40):
        generated = seeded_module(seed, SMALL)
        assert_calls_are_proved(generated.wasm, [(c.export, c.args) for c in generated.calls])


@pytest.mark.nightly
def test_steps_of_many_generated_modules_are_proved() -> None:
    for seed in range(40, 2_000):
        generated = seeded_module(seed, SMALL)
        assert_calls_are_proved(generated.wasm, [(c.export, c.args) for c in generated.calls])


@pytest.mark.parametrize("name", scenarios())
def test_every_way_in_which_an_instruction_can_go_is_proved(name: str) -> None:
    machine = scenarios()[name].copy()
    proof = prove_step(machine)
    assert verify_call(proof.calldata()).hash() == proof.post_state
    machine.step()
    verified(proof, machine)


def test_the_scenarios_have_every_instruction_and_every_trap() -> None:
    assert {name.split(":")[0] for name in scenarios()} >= {
        row.name for row in INSTRUCTIONS.values()
    }
    ends: set[tuple[str, TrapCode]] = set()
    for name, machine in scenarios().items():
        after = machine.copy()
        after.step()
        ends.add((name.split(":")[0], after.trap))
    assert {trap for _, trap in ends} == set(TrapCode)
    # Every trap that rules have (the instruction `trap` apart) is met in each of its rules.
    assert {name for name, trap in ends if trap is TrapCode.OUT_OF_FUEL} >= {
        *("db.get", "db.put", "db.delete", "db.seek", "db.seek_back", "channel.message_read"),
        "stopped",
    }
    for row in INSTRUCTIONS.values():
        # Each instruction goes well at least once, but the one that never does.
        assert (row.name, TrapCode.NONE) in ends or row.name == "trap"


def test_a_surcharge_that_is_not_covered_takes_all_fuel_but_trap_does_not() -> None:
    for name, fuel in (("db.get: no fuel", 0), ("trap: out of fuel", 99_999)):
        machine = scenarios()[name]
        proof = prove_step(machine)
        after = verify_call(proof.calldata())
        assert (after.status, after.trap) == (Status.TRAPPED, TrapCode.OUT_OF_FUEL)
        assert after.fuel == fuel


# -- the prover -----------------------------------------------------------------------------------


def tic_tac_toe() -> Program:
    return read_program(EXAMPLES / "tic_tac_toe" / "tic_tac_toe.wasm", reducer=True)


def test_proving_leaves_the_machine_where_it_is() -> None:
    machine = tic_tac_toe().start(message=Message(turn=1, payload=b"\x01\x04"))
    machine.run(700)
    before = machine.state()
    steps = machine.steps
    proof = prove_step(machine)
    assert machine.state() == before
    assert machine.steps == steps
    assert proof.pre_state == before.encode()
    machine.step()
    assert machine.state_hash() == proof.post_state


def test_a_proof_needs_no_replay_and_none_depends_on_what_was_hashed_before() -> None:
    program = tic_tac_toe()
    message = Message(turn=1, payload=b"\x01\x04")
    stepped = program.start(message=message)
    one_by_one = list(prove_steps(stepped, 400))
    for at in (0, 1, 57, 213, 399):
        fresh = program.start(message=message)
        fresh.run(at)
        assert prove_step(fresh) == one_by_one[at] == prove_step(fresh.copy(), check=False)


def test_steps_are_proved_to_the_end_and_beyond_it() -> None:
    program = tic_tac_toe()
    whole = program.start(message=Message(turn=1, payload=b"\x02"))
    proofs = list(prove_steps(whole))
    assert not whole.running
    assert len(proofs) == whole.steps
    assert list(prove_steps(whole)) == []
    [idle] = set(prove_steps(whole, 3))
    assert idle.pre_state == whole.state().encode()
    assert idle.post_state == whole.state_hash()
    assert (idle.op, idle.witness) == (bytes(16), b"")


def test_steps_link_up() -> None:
    machine = tic_tac_toe().start(message=Message(turn=1, payload=b"\x01\x04"))
    proofs = list(prove_steps(machine, 50))
    for one, next_one in pairwise(proofs):
        reached = verify_call(one.calldata())
        assert reached.encode() == next_one.pre_state


def test_the_check_finds_a_machine_that_is_not_in_the_state_that_it_says() -> None:
    machine = scenarios()["i32.load"].copy()
    # What is written without a mark is not in the tree, of which the proof is made.
    machine.memory[65_536 - 47] ^= 1
    with pytest.raises(AssertionError, match="differ"):
        prove_step(machine)
