"""Whole disputes and their reports: every figure, and the step that decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from bisection.calldata import StepProof
from bisection.expansion import moves_max
from bisection.game import Phase, Side
from bisection.game_errors import ArityOutOfRange
from bisection.verifier.one_step import verify_step
from channel.dispute.cases import demo_key, played
from channel.dispute.cheats import CHEATS, HONEST, cheat_of
from channel.dispute.errors import CaseNotDisputable, NothingDisputed, UnknownCheat
from channel.dispute.manager import Manager
from channel.dispute.match import play_on_chain
from channel.dispute.report import OPEN, DisputeReport, Entry
from merkle import keccak256
from merkle.hashing import short_hex
from solidity.abi import decode_revert
from solidity.artifacts import artifact
from solidity.errors import DeploymentFailed
from solidity.evm import Evm, open_evm
from solidity.evm.protocol import Address as EvmAddress
from tests.bisection.disputes import REFUSED, TRAPS
from tests.channel.dispute.tables import a_case, case_for, deployed, fast_evm, honest_side
from tests.wasm_interp.wat import program_of
from wasm_interp.events import MemoryWritten

STORE = """
(module (memory 4 4)
  (func (export "reduce") (result i32) (local $i i32)
    (loop $again
      (i64.store (i32.add (i32.mul (local.get $i) (i32.const 8)) (i32.const 0x1fffc))
        (i64.const 0x1112131415161718))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (i32.const 0)))
"""
STORE_AT = 7
"""The steps before the first store, which lies in two leaves, in the middle of memory."""


@pytest.fixture(scope="module")
def evm() -> Iterator[Evm]:
    with fast_evm() as opened:
        yield opened


@cache
def stored() -> DisputeReport:
    """Return the report of a dispute about a store across two leaves."""
    case = a_case((b"store",), program=program_of(STORE))
    with open_evm("py-evm") as opened:
        return play_on_chain(case, evm=opened, asserter="wrong-midpoint", step=STORE_AT + 1)


def test_a_report_tells_a_game_from_its_opening_to_its_verdict() -> None:
    report = stored()
    first, last = report.entries[0], report.entries[-1]
    assert (first.kind, first.phase, first.side) == (OPEN, Phase.TURN_OPEN, Side.CHALLENGER)
    assert (last.kind, last.phase) == ("proveStep", Phase.FINISHED)
    assert [entry.index for entry in report.entries] == list(range(len(report.entries)))
    assert report.rounds == 6
    assert len(report.moves) == len(report.entries) <= moves_max(16, participants=2)
    assert report.verdict.winner is Side.CHALLENGER
    assert report.winner is report.challenger
    assert report.verdict.pot == 2 * report.constants.bond
    assert (report.asserter.strategy, report.challenger.strategy) == ("wrong-midpoint", HONEST)
    assert not report.asserter.honest
    assert report.challenger.honest
    assert (report.asserter.name, report.challenger.name) == ("Alice", "Bob")
    assert report.opening.claim_root != report.opening.true_root
    posted = [entry for entry in report.entries if entry.kind == "postSteps"]
    assert {len(entry.points) for entry in posted} == {15}
    for entry in report.entries:
        assert entry.seconds >= 0
        assert entry.charged_gas >= entry.gas_used > 21_000
        assert entry.summary


def test_totals_are_the_sums_of_both_sides() -> None:
    report = stored()
    both, sides = report.totals(), [report.totals(side) for side in Side]
    for name in type(both).__slots__:
        assert getattr(both, name) == sum(getattr(side, name) for side in sides)
    assert both.transactions == len(report.entries)
    assert both.charged_gas == sum(entry.charged_gas for entry in report.entries)


def test_the_deciding_step_is_taken_apart() -> None:
    report = stored()
    deciding = report.deciding
    assert deciding is not None
    assert (deciding.turn, deciding.step.index) == (1, STORE_AT)
    assert deciding.step.text == "i64.store 0"
    assert deciding.step.location.symbol == "reduce"
    assert deciding.after.hash() == deciding.proof.post_state != deciding.claimed
    assert any(isinstance(event, MemoryWritten) for event in deciding.step.events)
    names = [name for name, _, _ in deciding.diff]
    assert names == ["pc", "fuel", "stack", "memory_root"]
    check_again(deciding.proof)


def check_again(proof: StepProof) -> None:
    verify_step(proof.pre_state, proof.op, proof.witness, proof.post_state)


def test_every_changed_leaf_leads_to_both_roots() -> None:
    deciding = stored().deciding
    assert deciding is not None
    assert [leaf.index for leaf in deciding.leaves] == [0x1FFFF >> 5, 0x20000 >> 5]
    for leaf in deciding.leaves:
        assert leaf.tree == "memory"
        assert leaf.before != leaf.after
        assert len(leaf.levels) == leaf.depth == deciding.after.memory_depth
        last = leaf.levels[-1]
        pair = (last.sibling, last.before) if last.on_right else (last.before, last.sibling)
        assert keccak256(b"".join(pair)) == leaf.root_before == deciding.step.state.memory_root
        assert leaf.root_after == deciding.after.memory_root
        assert (leaf.levels[0].before, leaf.levels[0].after) == (leaf.before, leaf.after)


@pytest.mark.parametrize("cheat", sorted(CHEATS))
def test_every_cheat_has_a_report(evm: Evm, cheat: str) -> None:
    found = CHEATS[cheat]
    told: list[Entry] = []
    names = {found.side.value: cheat}
    report = play_on_chain(case_for(cheat), evm=evm, arity=64, told=told.append, **names)  # type: ignore[arg-type]
    assert report.verdict.winner is honest_side(cheat)
    assert tuple(told) == report.entries
    assert report.side(found.side).strategy == cheat
    assert (report.deciding is None) == (report.entries[-1].kind == "claimTimeout")
    if found.retells is None:
        assert (report.opening.claim_root == report.opening.true_root) == (
            found.claims_truth or found.side is Side.CHALLENGER
        )
    assert report.verdict.reason
    assert found.description


def test_a_claim_over_another_history_of_the_base_cannot_be_opened(evm: Evm) -> None:
    """All that is claimed follows, and is signed, but from another log than all have signed."""
    case = case_for("another-history")
    for base in range(1, case.claim_turn):
        report = play_on_chain(replace(case, base=base), evm=evm, asserter="another-history")
        assert report.opening.claim_root == report.opening.true_root
        assert report.verdict.winner is Side.CHALLENGER
        assert report.deciding is None
        refused = {entry.refusal_name for entry in report.entries if entry.refused}
        last = report.moves[-2]
        assert (last.phase, refused) in [
            (Phase.TURN_OPEN, {"RootMismatch"}),
            # Its own turn that the challenger has chosen: it did not sign that.
            (Phase.TURN_OPEN, {"SignatureMismatch"}),
        ]


@pytest.mark.parametrize("participants", [2, 3, 4])
def test_a_message_that_was_built_upon_cannot_be_changed(evm: Evm, participants: int) -> None:
    """What the challenger could open is not what it disputes, but its own turn after it."""
    case = case_for("equivocation", participants=participants)
    report = play_on_chain(case, evm=evm, asserter="equivocation")
    assert report.verdict.winner is Side.CHALLENGER
    opened = [entry for entry in report.entries if entry.kind == "openTurn"]
    assert {entry.refusal_name for entry in opened} == {"SignatureMismatch"}
    last = report.moves[-2]
    turn = last.high
    mover = (turn - 1) % participants
    assert (last.phase, mover) == (Phase.TURN_OPEN, report.challenger.participant)


def test_a_history_needs_a_turn_that_can_be_another(evm: Evm) -> None:
    with pytest.raises(CaseNotDisputable, match="no message comes before turn 0"):
        play_on_chain(a_case(), evm=evm, asserter="another-history")
    with pytest.raises(CaseNotDisputable, match="one turn after the base"):
        play_on_chain(a_case(base=1), evm=evm, asserter="equivocation")


def test_a_claim_of_time_takes_none(evm: Evm) -> None:
    report = play_on_chain(a_case(), evm=evm, asserter="withheld-message")
    last = report.entries[-1]
    assert (last.kind, last.seconds) == ("claimTimeout", 0)
    assert last.at > report.entries[-2].at
    for side in Side:
        left = last.asserter_clock if side is Side.ASSERTER else last.challenger_clock
        assert report.totals(side).seconds == report.constants.clock_seconds - left


def test_a_proof_is_summed_up_for_people() -> None:
    report = stored()
    assert report.deciding is not None
    proof = report.deciding.proof
    assert report.entries[-1].summary == (
        f"step {STORE_AT}: i64.store leads to {short_hex(proof.post_state)}, "
        f"by a witness of {len(proof.witness):,} bytes"
    )


def test_a_proof_of_nothing_is_summed_up_too(evm: Evm) -> None:
    report = play_on_chain(a_case(), evm=evm, challenger="garbage-proof", seed=3)
    told = [entry.summary for entry in report.entries if entry.kind == "proveStep"]
    assert told
    assert all(" leads to 0x" in summary for summary in told)
    assert any("no instruction leads" in summary for summary in told)


def test_a_turn_that_cannot_be_opened_says_why(evm: Evm) -> None:
    report = play_on_chain(a_case(), evm=evm, asserter="forged-message")
    refused = [entry for entry in report.entries if entry.refused]
    assert {entry.refusal_name for entry in refused} == {"SignatureMismatch"}
    assert "SignatureMismatch" in report.verdict.reason
    assert report.deciding is None


@pytest.mark.parametrize("payload", [REFUSED, TRAPS, b"anything"])
def test_a_message_that_is_not_accepted_loses_whatever_it_is(evm: Evm, payload: bytes) -> None:
    report = play_on_chain(a_case((b"one", payload)), evm=evm, asserter="refused-message")
    assert report.verdict.winner is Side.CHALLENGER
    assert report.opening.true_root is None


def test_two_cheats_may_meet(evm: Evm) -> None:
    report = play_on_chain(
        a_case(), evm=evm, asserter="stall-asserter", challenger="stall-challenger"
    )
    assert report.verdict.winner is None
    assert report.winner is None
    assert report.verdict.pot == 0


def test_what_is_no_dispute_is_refused(evm: Evm) -> None:
    with pytest.raises(NothingDisputed):
        play_on_chain(a_case(), evm=evm)
    with pytest.raises(UnknownCheat) as raised:
        play_on_chain(a_case(), evm=evm, asserter="false-challenge")
    assert "wrong-result" in raised.value.known
    assert "false-challenge" not in raised.value.known
    with pytest.raises(UnknownCheat):
        cheat_of("no such cheat", Side.CHALLENGER)


def test_a_case_that_does_not_allow_the_dispute_is_refused(evm: Evm) -> None:
    with pytest.raises(CaseNotDisputable):
        played(a_case((b"one",), base=1), chain_id=1)
    with pytest.raises(CaseNotDisputable):
        played(a_case((REFUSED, b"two", b"three"), base=2), chain_id=1)
    with pytest.raises(CaseNotDisputable):
        play_on_chain(a_case((REFUSED, b"two")), evm=evm, challenger="false-challenge")
    with pytest.raises(CaseNotDisputable):
        play_on_chain(a_case((REFUSED, b"two")), evm=evm, asserter="wrong-result")
    agreeable = program_of('(module (func (export "reduce") (result i32) (i32.const 0)))')
    with pytest.raises(CaseNotDisputable):
        play_on_chain(a_case(program=agreeable), evm=evm, asserter="refused-message")


def test_a_deployment_that_cannot_be_is_refused_by_the_contract(evm: Evm) -> None:
    with pytest.raises(DeploymentFailed) as raised:
        deployed(evm, arity=65)
    abi = artifact("ProofManager").abi
    assert decode_revert(abi, raised.value.output).name == ArityOutOfRange.__name__


def test_the_winner_takes_the_pot(evm: Evm) -> None:
    report = play_on_chain(a_case(), evm=evm, asserter="wrong-result")
    manager, winner = Manager.at(evm, report.chain.manager), report.challenger.address
    before = evm.balance(EvmAddress(winner))
    assert manager.credits(winner) == report.verdict.pot
    assert manager.withdraw(sender=winner).refusal is None
    assert evm.balance(EvmAddress(winner)) == before + report.verdict.pot
    assert manager.credits(winner) == 0


def test_names_run_out_before_participants() -> None:
    case = a_case(participants=7)
    assert [case.name(index) for index in (0, 4, 6)] == ["Alice", "Eve", "participant 6"]
    assert len({demo_key(index) for index in range(7)}) == 7
