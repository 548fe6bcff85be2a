"""Openings: contract and twin refuse the same ones, for the same reason, in one order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bisection.game_errors import (
    BondMismatch,
    ChallengerIsAsserter,
    ChallengerNotParticipant,
    ChannelIdMismatch,
    ClaimNotLater,
    ClaimTurnOutOfRange,
    GameExists,
    WrongChainId,
)
from channel import sign_state
from channel.dispute.cases import demo_key, played
from channel.dispute.claim import DisputedClaim, dispute_of
from channel.errors import SignatureCountMismatch, SignatureMalformed, SignatureMismatch
from merkle import keccak256
from merkle.errors import ChannelsError
from solidity.evm import Evm
from solidity.evm.protocol import Address as EvmAddress
from tests.channel.dispute.tables import BOND, STRANGER, Shadowed, a_case, a_match, fast_evm

PARTICIPANTS = 3


@pytest.fixture(scope="module")
def evm() -> Iterator[Evm]:
    with fast_evm() as opened:
        yield opened


@pytest.fixture(scope="module")
def table(evm: Evm) -> Shadowed:
    return Shadowed.of(a_match(evm, "wrong-result", case=a_case(participants=PARTICIPANTS)))


def refusals(one: DisputedClaim) -> dict[type[ChannelsError], DisputedClaim]:
    """Return an opening for every cause, each with the causes that come after it, too."""
    claim, base = one.claim, one.base
    nonsense = (b"", one.base_signatures[0])
    late = replace(claim, turn=2**32)
    return {
        WrongChainId: replace(
            one,
            fixed=replace(one.fixed, chain_id=1),
            claim=replace(claim, turn=base.turn),
            base_signatures=(),
        ),
        ClaimNotLater: replace(one, claim=replace(claim, turn=base.turn), base_signatures=()),
        ClaimTurnOutOfRange: replace(one, claim=late, base_signatures=()),
        SignatureCountMismatch: replace(one, base_signatures=one.base_signatures[:2]),
        SignatureMalformed: replace(one, base_signatures=(*nonsense, b"")),
        SignatureMismatch: replace(one, base_signatures=one.base_signatures[::-1]),
    }


@pytest.mark.parametrize(
    "kind",
    [
        *(WrongChainId, ClaimNotLater, ClaimTurnOutOfRange),
        *(SignatureCountMismatch, SignatureMalformed, SignatureMismatch),
    ],
)
def test_openings_are_refused_by_both_for_one_reason(
    table: Shadowed, kind: type[ChannelsError]
) -> None:
    disputed = refusals(table.match.dossier.disputed)[kind]
    with pytest.raises(kind):
        dispute_of(disputed, chain_id=table.manager.evm.chain_id)
    # A stranger, who pays nothing: neither is looked at before.
    table.open_again(disputed, sender=STRANGER, value=0)


def test_a_claim_that_its_mover_has_not_signed_is_refused(table: Shadowed) -> None:
    disputed = table.match.dossier.disputed
    other = replace(disputed, claim_signature=sign_state(demo_key(0), disputed.claim))
    with pytest.raises(SignatureMismatch) as raised:
        dispute_of(other, chain_id=table.manager.evm.chain_id)
    assert raised.value.expected == disputed.asserter
    table.open_again(other, sender=STRANGER, value=0)
    changed = replace(disputed, claim=replace(disputed.claim, is_final=True))
    table.open_again(changed, sender=STRANGER, value=0)


@pytest.mark.parametrize(
    ("kind", "sender", "value"),
    [
        (ChallengerNotParticipant, "stranger", 0),
        (ChallengerIsAsserter, "asserter", 0),
        (BondMismatch, "challenger", BOND - 1),
        (GameExists, "challenger", BOND),
    ],
)
def test_who_challenges_and_what_it_pays_comes_last(
    table: Shadowed, kind: type[ChannelsError], sender: str, value: int
) -> None:
    position = table.twin.game(table.match.game_id).position
    people = {
        "stranger": STRANGER,
        "asserter": position.asserter,
        "challenger": position.challenger,
    }
    table.manager.evm.fund(EvmAddress(people[sender]), 2 * value)
    sent = table.manager.open(table.match.dossier.disputed, sender=people[sender], value=value)
    assert type(sent.refusal) is kind
    table.open_again(table.match.dossier.disputed, sender=people[sender], value=value)


def test_another_challenger_has_a_game_of_its_own(evm: Evm) -> None:
    match = a_match(evm, "wrong-result", case=a_case(participants=PARTICIPANTS))
    disputed, manager = match.dossier.disputed, match.manager
    first = match.drivers[next(iter(match.drivers))].look().game
    others = set(disputed.fixed.participants) - {first.position.asserter, first.position.challenger}
    (other,) = others
    evm.fund(EvmAddress(other), BOND)
    assert manager.open(disputed, sender=other).refusal is None
    assert {game.game_id for game in manager.games()} == {
        match.game_id,
        disputed.game_id(other),
    }


def test_a_state_of_another_channel_is_refused_before_it_is_sent() -> None:
    disputed = played(a_case(), chain_id=1).dossier(keccak256(b"claimed")).disputed
    other: Any = replace(disputed.claim, channel_id=keccak256(b"else"))
    with pytest.raises(ChannelIdMismatch):
        dispute_of(replace(disputed, claim=other), chain_id=1)
