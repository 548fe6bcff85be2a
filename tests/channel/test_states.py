"""States: their hash, and whose signatures they need."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from bisection.game_errors import ChannelIdMismatch
from channel import (
    sign_postfund,
    sign_state,
    verify_postfunds,
    verify_supported,
    verify_unanimous,
)
from channel.errors import (
    SignatureCountMismatch,
    SignatureMalformed,
    SignatureMismatch,
    TurnWithoutMover,
)
from channel.signatures import POSTFUND_TAG, STATE_TAG, message_signing_hash
from merkle import keccak256
from merkle.errors import WordLengthMismatch
from tests.channel.parties import ADDRESSES, KEYS, a_hash, fixed_part, state_of
from wasm_interp.errors import TurnOutOfRange

TYPES = ("bytes32", "bytes32", "uint64", "bytes32", "bytes32", "bytes32", "bool")
FIXED = fixed_part(3)


@pytest.mark.parametrize("is_final", [False, True])
def test_the_hash_is_what_the_abi_gives(is_final: bool) -> None:
    state = state_of(FIXED, is_final=is_final)
    facts = (FIXED.channel_id(), 3, state.log_root, state.outcome_hash, state.db_root, is_final)
    assert state.hash() == keccak256(encode(TYPES, (STATE_TAG, *facts)))


def test_the_postfund_is_the_state_of_turn_0_with_a_tag_of_its_own() -> None:
    state = state_of(FIXED, turn=0)
    facts = (FIXED.channel_id(), 0, state.log_root, state.outcome_hash, state.db_root, False)
    assert state.postfund_hash() == keccak256(encode(TYPES, (POSTFUND_TAG, *facts)))
    assert state.postfund_hash() != state.hash()


@pytest.mark.parametrize(
    "change",
    [
        {"channel_id": a_hash("another")},
        {"turn": 4},
        {"log_root": a_hash("another")},
        {"outcome_hash": a_hash("another")},
        {"db_root": a_hash("another")},
        {"is_final": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_field_may_change(change: dict[str, object]) -> None:
    assert state_of(FIXED, **change).hash() != state_of(FIXED).hash()


def test_a_state_is_supported_by_its_mover() -> None:
    state = state_of(FIXED, turn=5)
    verify_supported(FIXED, state, sign_state(KEYS[1], state))
    with pytest.raises(SignatureMismatch) as caught:
        verify_supported(FIXED, state, sign_state(KEYS[0], state))
    assert (caught.value.expected, caught.value.actual) == (ADDRESSES[1], ADDRESSES[0])


def test_nobody_supports_turn_0() -> None:
    state = state_of(FIXED, turn=0)
    with pytest.raises(TurnWithoutMover):
        verify_supported(FIXED, state, sign_state(KEYS[0], state))


def test_a_state_is_unanimous_with_all_signatures_in_their_order() -> None:
    state = state_of(FIXED)
    signatures = [sign_state(key, state) for key in KEYS[:3]]
    verify_unanimous(FIXED, state, signatures)
    for wrong in (signatures[:2], [*signatures, signatures[0]], []):
        with pytest.raises(SignatureCountMismatch) as counted:
            verify_unanimous(FIXED, state, wrong)
        assert (counted.value.expected, counted.value.actual) == (3, len(wrong))
    with pytest.raises(SignatureMismatch) as caught:
        verify_unanimous(FIXED, state, [signatures[0], signatures[2], signatures[1]])
    assert (caught.value.expected, caught.value.actual) == (ADDRESSES[1], ADDRESSES[2])
    with pytest.raises(SignatureMalformed):
        verify_unanimous(FIXED, state, [*signatures[:2], signatures[2][:64]])


def test_prefund_and_postfund_are_not_each_other() -> None:
    state = state_of(FIXED, turn=0)
    prefunds = [sign_state(key, state) for key in KEYS[:3]]
    postfunds = [sign_postfund(key, state) for key in KEYS[:3]]
    verify_unanimous(FIXED, state, prefunds)
    verify_postfunds(FIXED, state, postfunds)
    with pytest.raises(SignatureMismatch):
        verify_unanimous(FIXED, state, postfunds)
    with pytest.raises(SignatureMismatch):
        verify_postfunds(FIXED, state, prefunds)


def test_a_signature_over_a_message_is_none_over_a_state() -> None:
    state = state_of(FIXED)
    message = message_signing_hash(
        channel_id=state.channel_id,
        turn=state.turn,
        previous_log_root=state.log_root,
        payload_hash=state.outcome_hash,
    )
    assert message not in (state.hash(), state_of(FIXED, turn=0).postfund_hash())


def test_a_state_of_another_channel_is_refused() -> None:
    other = fixed_part(3, channel_nonce=8)
    state = state_of(other)
    signatures = [sign_state(key, state) for key in KEYS[:3]]
    verify_unanimous(other, state, signatures)
    with pytest.raises(ChannelIdMismatch):
        verify_unanimous(FIXED, state, signatures)
    with pytest.raises(ChannelIdMismatch):
        verify_postfunds(FIXED, state_of(other, turn=0), signatures)
    with pytest.raises(ChannelIdMismatch) as caught:
        verify_supported(FIXED, state, signatures[2])
    assert caught.value.expected == other.channel_id()
    assert caught.value.actual == FIXED.channel_id()


def test_fields_are_in_range() -> None:
    with pytest.raises(TurnOutOfRange):
        state_of(FIXED, turn=2**64)
    for field in ("channel_id", "log_root", "outcome_hash", "db_root"):
        with pytest.raises(WordLengthMismatch):
            state_of(FIXED, **{field: b"\1" * 33})
