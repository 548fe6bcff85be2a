"""What is refused when a game is opened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from channel import sign_state
from solidity.evm import Evm, Receipt
from tests.solidity.games import (
    BOND,
    KEYS,
    MOVE_SECONDS,
    PLAYERS,
    STRANGER,
    Address,
    Match,
    Table,
    accept,
)
from tests.solidity.refusals import Fields, provokes

ZERO = Address(bytes(20))
GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def opening(evm: Evm, *, base: int = 0, **fixed: Any) -> Match:
    """Return a game that is not open, with changes of the fixed part by their place in it."""
    match = Match(Table(evm, [b"one", b"longer two"]), base=base)
    names = ("chain_id", "adjudicator", "participants")
    values = [fixed.get(name, value) for name, value in zip(names, match.fixed, strict=False)]
    match.fixed = (*values, *match.fixed[len(names) :])
    return match


@provokes("WrongChainId")
def wrong_chain(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm, chain_id=evm.chain_id + 1)
    return match.open(), {"expected": evm.chain_id, "actual": evm.chain_id + 1}


@provokes("ParticipantCountOutOfRange")
def one_participant(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm, participants=PLAYERS[:1]).open(), {"count": 1}


@provokes("ParticipantCountOutOfRange")
def no_participant(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm, participants=()).open(), {"count": 0}


@provokes("ParticipantCountOutOfRange")
def too_many_participants(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm, participants=[PLAYERS[0]] * 256).open(), {"count": 256}


@provokes("ParticipantZero")
def zero_participant(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm, participants=(*PLAYERS[:2], ZERO)).open(), {"index": 2}


@provokes("ParticipantRepeated")
def repeated_participant(evm: Evm) -> tuple[Receipt, Fields]:
    participants = (PLAYERS[0], PLAYERS[1], PLAYERS[2], PLAYERS[1], PLAYERS[0])
    return opening(evm, participants=participants).open(), {"index": 3}


@provokes("ClaimNotLater")
def claim_of_the_same_turn(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm, base=2).open(), {"base": 2, "claim": 2}


@provokes("ClaimNotLater")
def claim_of_turn_0(evm: Evm) -> tuple[Receipt, Fields]:
    # Nobody moves in turn 0, so this must be refused before its mover is asked for.
    match = opening(evm, base=2)
    match.claim = match.channel.state(0)
    return match.open(), {"base": 2, "claim": 0}


@provokes("ClaimTurnOutOfRange")
def claim_of_a_turn_without_a_leaf(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    match.claim = replace(match.claim, turn=2**32)
    return match.open(), {"turn": 2**32}


@provokes("SignatureCountMismatch")
def too_few_signatures(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    del match.base_signatures[1]
    return match.open(), {"expected": 2, "actual": 1}


@provokes("SignatureCountMismatch")
def too_many_signatures(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    match.base_signatures.append(match.base_signatures[0])
    return match.open(), {"expected": 2, "actual": 3}


@provokes("SignatureMismatch")
def base_not_signed_by_the_asserter(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    match.base_signatures[1] = match.base_signatures[0]
    return match.open(), {"expected": PLAYERS[1], "actual": PLAYERS[0]}


@provokes("SignatureMismatch")
def claim_signed_by_another(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    match.claim_signature = sign_state(KEYS[0], match.claim)
    return match.open(), {"expected": PLAYERS[1], "actual": PLAYERS[0]}


@provokes("SignatureMismatch")
def claim_signed_by_nobody(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    match.claim_signature = bytes(64) + b"\x1b"
    return match.open(), {"expected": PLAYERS[1], "actual": ZERO}


@provokes("SignatureMalformed")
def short_signature(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    match.claim_signature = match.claim_signature[:64]
    return match.open(), {}


@provokes("SignatureMalformed")
def high_s(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    signature = match.base_signatures[0]
    s = GROUP_ORDER - int.from_bytes(signature[32:64], "big")
    match.base_signatures[0] = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    return match.open(), {}


@provokes("SignatureMalformed")
def v_without_27(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    signature = match.claim_signature
    match.claim_signature = signature[:64] + bytes([signature[64] - 27])
    return match.open(), {}


@provokes("ChallengerNotParticipant")
def stranger_challenges(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm).open(sender=STRANGER), {"challenger": STRANGER}


@provokes("ChallengerIsAsserter")
def asserter_challenges(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm).open(sender=PLAYERS[1]), {"challenger": PLAYERS[1]}


@provokes("BondMismatch")
def opening_below_the_bond(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm).open(value=BOND - 1), {"expected": BOND, "actual": BOND - 1}


@provokes("BondMismatch")
def opening_above_the_bond(evm: Evm) -> tuple[Receipt, Fields]:
    return opening(evm).open(value=BOND + 1), {"expected": BOND, "actual": BOND + 1}


@provokes("GameExists")
def opened_twice(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    accept(match.open())
    return match.open(), {"gameId": match.id}


@provokes("GameExists")
def opened_again_after_its_end(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    accept(match.open())
    evm.advance(MOVE_SECONDS + 1)
    accept(match.claim_timeout(match.challenger))
    return match.open(), {"gameId": match.id}


@provokes("GameExists")
def opened_again_from_another_base(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    accept(match.open())
    again = Match(match.table, base=1)
    return again.open(), {"gameId": match.id}
