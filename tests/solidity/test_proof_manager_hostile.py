"""What dishonest sides and strangers may try against the dispute game's contract, in vain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_typing import Address as CanonicalAddress

from bisection.game import Phase
from solidity.abi import NO_REASON, Revert, encode_call
from solidity.evm import open_evm
from solidity.evm.py_evm import PyEvm
from solidity.gas import intrinsic_gas
from tests.solidity.games import (
    ABI,
    BOND,
    MOVE_SECONDS,
    PLAYERS,
    STRANGER,
    Address,
    Match,
    Run,
    Table,
    accept,
    refusal,
)
from tests.solidity.refusals import FALSE, game_in


@pytest.fixture
def evm() -> Iterator[PyEvm]:
    with open_evm("py-evm") as opened:
        assert isinstance(opened, PyEvm)
        yield opened


# -- gas -------------------------------------------------------------------------------------------


def prove_calldata(match: Match, proof_step: int, **changes: object) -> bytes:
    proof = replace(Run(match.channel, match.turn).proof(proof_step), **changes)  # type: ignore[arg-type]
    facts = (proof.pre_state, proof.op, proof.witness, proof.post_state)
    return encode_call(ABI, "proveStep", match.id, match.players, tuple(match.words), *facts)


def dearest_step(match: Match) -> int:
    """Return the step of the turn that the verifier takes the most gas for."""
    run = Run(match.channel, match.turn)
    return max(range(len(run.records)), key=lambda step: len(run.proof(step).witness))


def before_the_dearest_step(evm: PyEvm) -> tuple[Match, int]:
    """Return a game in which this step is to be proven, and the step."""
    step = dearest_step(game_in(evm, Phase.STEPS_POST))
    match = Match(Table(evm, [b"one", b"longer two"]), claim_root=FALSE)
    accept(match.open())
    match.play_to(Phase.STEP_PROVE, step=step)
    return match, step


def amounts_around(gas: int) -> list[int]:
    """Return amounts of gas from none to more than ``gas``, all about it.

    A call leaves its caller a 64th of the gas: what is interesting is when the verifier has too
    little and the manager has still enough to go on.
    """
    return [*range(0, gas - 4_000, gas // 30), *range(gas - 4_000, gas + 4_000, 40)]


def test_a_proof_with_too_little_gas_leaves_the_game_open(evm: PyEvm) -> None:
    match, step = before_the_dearest_step(evm)
    data = prove_calldata(match, step)
    before = match.facts
    enough = evm.call(match.table.at, data, sender=match.challenger).exec_gas
    refused = 0
    for gas in amounts_around(enough):
        receipt = evm.send(
            match.table.at, data, sender=match.challenger, gas=intrinsic_gas(data) + gas
        )
        if not receipt.reverted:
            break
        assert refusal(receipt) == Revert(NO_REASON)
        assert match.facts == before
        refused += 1
    assert refused > 100
    assert match.facts["winner"] == 2
    assert match.table.ask("credits", match.challenger) == 2 * BOND


def test_a_false_proof_wins_with_no_amount_of_gas(evm: PyEvm) -> None:
    match, step = before_the_dearest_step(evm)
    data = prove_calldata(match, step, post_state=FALSE)
    before = match.facts
    enough = evm.call(match.table.at, data, sender=match.challenger).exec_gas
    reasons = set()
    for gas in amounts_around(enough):
        receipt = evm.send(
            match.table.at, data, sender=match.challenger, gas=intrinsic_gas(data) + gas
        )
        reasons.add(refusal(receipt).name)
    assert reasons == {NO_REASON, "PostStateMismatch"}
    assert match.facts == before
    assert match.table.ask("credits", match.challenger) == 0


# -- calldata --------------------------------------------------------------------------------------


def test_junk_behind_the_calldata_makes_no_second_game(evm: PyEvm) -> None:
    match = Match(Table(evm))
    accept(match.open(tail=b"junk"))
    exists = Revert("GameExists", {"gameId": match.id})
    for tail in (b"", b"junk", bytes(32), b"\xff" * 100):
        assert refusal(match.open(tail=tail)) == exists


def test_another_encoding_of_the_calldata_makes_no_second_game(evm: PyEvm) -> None:
    match = Match(Table(evm))
    accept(match.open())
    data = encode_call(ABI, "open", *match.open_values())
    # The claim's signature, the last argument, moves 32 bytes back; its offset follows.
    head = 4 + 32 * (1 + 5 + 1 + 5)
    offset = int.from_bytes(data[head : head + 32], "big")
    moved = data[:head] + (offset + 32).to_bytes(32, "big") + data[head + 32 :]
    at = 4 + offset
    other = moved[:at] + bytes(32) + moved[at:]
    receipt = evm.send(match.table.at, other, sender=match.challenger, value=BOND)
    assert refusal(receipt) == Revert("GameExists", {"gameId": match.id})


def test_junk_behind_a_move_changes_nothing(evm: PyEvm) -> None:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    values = (match.id, match.players, tuple(match.words), 0)
    data = encode_call(ABI, "chooseSteps", *values) + b"\xff" * 33
    accept(evm.send(match.table.at, data, sender=match.challenger))
    assert match.phase is Phase.STEPS_POST


def test_bits_beside_an_address_are_refused(evm: PyEvm) -> None:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    data = encode_call(ABI, "chooseSteps", match.id, match.players, tuple(match.words), 0)
    for place in (36, 68):
        dirty = data[:place] + b"\1" + data[place + 1 :]
        receipt = evm.send(match.table.at, dirty, sender=match.challenger)
        assert refusal(receipt).name in {NO_REASON, "PositionMismatch"}


def test_every_cut_of_a_move_is_refused(evm: PyEvm) -> None:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    before = match.facts
    data = encode_call(ABI, "chooseSteps", match.id, match.players, tuple(match.words), 0)
    for length in range(0, len(data), 9):
        assert evm.send(match.table.at, data[:length], sender=match.challenger).reverted
    assert match.facts == before


# -- several games ---------------------------------------------------------------------------------


def test_two_challengers_hinder_each_other_in_nothing(evm: PyEvm) -> None:
    table = Table(evm, [b"one", b"longer two"], participants=3)
    sham, honest = (Match(table, claim_root=FALSE, challenger=index) for index in (0, 2))
    assert sham.id != honest.id
    accept(sham.open())
    accept(honest.open())
    sham.play_to(Phase.STEPS_CHOOSE)
    honest.play_to(Phase.STEP_PROVE, step=9)
    # The sham challenger lets its time pass, the honest one does not.
    accept(honest.prove(Run(table.channel, 2).proof(9)))
    evm.advance(MOVE_SECONDS + 1)
    accept(sham.claim_timeout(sham.asserter))
    assert (sham.facts["winner"], honest.facts["winner"]) == (1, 2)
    assert table.ask("credits", honest.challenger) == 2 * BOND
    assert table.ask("credits", sham.asserter) == 2 * BOND
    for player in (honest.challenger, sham.asserter):
        accept(table.send("withdraw", sender=player))
    assert evm.balance(table.at) == 0


def test_a_position_of_one_game_is_none_of_another(evm: PyEvm) -> None:
    table = Table(evm, [b"one", b"longer two"], participants=3)
    first, second = (Match(table, claim_root=FALSE, challenger=index) for index in (0, 2))
    accept(first.open())
    accept(second.open())
    first.play_to(Phase.TURNS_CHOOSE)
    second.play_to(Phase.TURNS_CHOOSE)
    # The second challenger shows its own position in the first game.
    values = (first.id, second.players, second.shown("chooseTurns"), 0)
    receipt = table.send("chooseTurns", *values, sender=second.challenger)
    fields = {"expected": first.position_hash, "actual": second.position_hash}
    assert refusal(receipt) == Revert("PositionMismatch", fields)


# -- money -----------------------------------------------------------------------------------------

REVERTS = bytes.fromhex("60006000fd")


def reenters(manager: Address) -> bytes:
    """Return code that, when it is sent money, withdraws once more before it takes it."""
    selector = encode_call(ABI, "withdraw")
    store = b"\x63" + selector + b"\x60\xe0\x1b\x60\x00\x52"
    call = bytes.fromhex("60006000600460006000") + b"\x73" + manager + b"\x5a\xf1"
    return store + call + b"\x00"


def become(evm: PyEvm, account: Address, code: bytes) -> None:
    """Let an account have code: a participant's key may come to stand for a contract (EIP-7702)."""
    evm._state.set_code(CanonicalAddress(account), code)


def test_a_winner_that_takes_no_money_blocks_nobody(evm: PyEvm) -> None:
    table = Table(evm, participants=3)
    refuses, takes = (Match(table, claim_root=FALSE, challenger=index) for index in (1, 2))
    for match in (refuses, takes):
        accept(match.open())
        match.play_to(Phase.STEP_PROVE)
        accept(match.prove(Run(table.channel, 1).proof(0)))
    become(evm, refuses.challenger, REVERTS)
    fields = {"owner": refuses.challenger, "amount": 2 * BOND}
    receipt = table.send("withdraw", sender=refuses.challenger)
    assert refusal(receipt) == Revert("WithdrawalFailed", fields)
    assert table.ask("credits", refuses.challenger) == 2 * BOND
    balance = evm.balance(takes.challenger)
    accept(table.send("withdraw", sender=takes.challenger))
    assert evm.balance(takes.challenger) == balance + 2 * BOND
    become(evm, refuses.challenger, b"")
    accept(table.send("withdraw", sender=refuses.challenger))
    assert evm.balance(table.at) == 0


def test_withdrawing_again_while_withdrawing_gives_nothing(evm: PyEvm) -> None:
    table = Table(evm, participants=3)
    thief, other = (Match(table, claim_root=FALSE, challenger=index) for index in (1, 2))
    for match in (thief, other):
        accept(match.open())
    evm.advance(MOVE_SECONDS + 1)
    accept(thief.claim_timeout(thief.challenger))
    become(evm, thief.challenger, reenters(table.at))
    balance = evm.balance(thief.challenger)
    accept(table.send("withdraw", sender=thief.challenger))
    assert evm.balance(thief.challenger) == balance + BOND
    assert evm.balance(table.at) == BOND


def test_the_contract_takes_no_money_without_a_move(evm: PyEvm) -> None:
    table = Table(evm)
    for data in (b"", b"\0\0\0\0", b"junk!"):
        assert evm.send(table.at, data, sender=PLAYERS[0], value=1).reverted
    assert evm.balance(table.at) == 0


def test_a_stranger_may_withdraw_nothing(evm: PyEvm) -> None:
    match = Match(Table(evm))
    accept(match.open())
    balance = evm.balance(STRANGER)
    accept(match.table.send("withdraw", sender=STRANGER))
    assert evm.balance(STRANGER) == balance
    assert evm.balance(match.table.at) == BOND


# -- sizes -----------------------------------------------------------------------------------------


def test_the_longest_message_can_be_opened(evm: PyEvm) -> None:
    match = Match(Table(evm, [b"\xff" * 4_096]))
    accept(match.open())
    assert accept(match.open_turn()).gas_used < 250_000
