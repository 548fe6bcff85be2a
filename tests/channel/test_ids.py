"""Channel ids, participants, movers: C-1 to C-3."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from channel import Address, FixedPart, mover_index
from channel.errors import (
    AddressLengthMismatch,
    NumberOutOfRange,
    ParticipantCountOutOfRange,
    ParticipantRepeated,
    ParticipantZero,
    TurnWithoutMover,
)
from merkle import keccak256
from merkle.errors import WordLengthMismatch
from tests.channel.parties import ADDRESSES, a_hash, an_address, fixed_part

TYPES = ("uint256", "address", "address[]", "uint64", "address", "uint48", "bytes32")

addresses = st.binary(min_size=20, max_size=20).filter(any)
fixed_parts = st.builds(
    FixedPart,
    chain_id=st.integers(0, 2**256 - 1),
    adjudicator=addresses,
    participants=st.lists(addresses, min_size=2, max_size=6, unique=True).map(tuple),
    channel_nonce=st.integers(0, 2**64 - 1),
    app_definition=addresses,
    challenge_duration=st.integers(0, 2**48 - 1),
    reducer_id=st.binary(min_size=32, max_size=32),
)


@given(fixed_parts)
def test_the_preimage_is_what_the_abi_gives(fixed: FixedPart) -> None:
    values = (
        *(fixed.chain_id, fixed.adjudicator, list(fixed.participants), fixed.channel_nonce),
        *(fixed.app_definition, fixed.challenge_duration, fixed.reducer_id),
    )
    assert fixed.encode() == encode(TYPES, values)
    assert fixed.channel_id() == keccak256(fixed.encode())


@given(fixed_parts, fixed_parts)
def test_channels_that_differ_have_different_ids(one: FixedPart, other: FixedPart) -> None:
    assert (one == other) == (one.channel_id() == other.channel_id())


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 31_338},
        {"adjudicator": an_address("another")},
        {"participants": ADDRESSES[1:3]},
        {"participants": ADDRESSES[1::-1]},
        {"participants": ADDRESSES[:3]},
        {"channel_nonce": 8},
        {"app_definition": an_address("another")},
        {"challenge_duration": 86_401},
        {"reducer_id": a_hash("another")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_field_may_change(change: dict[str, object]) -> None:
    assert fixed_part(**change).channel_id() != fixed_part().channel_id()


@pytest.mark.parametrize("count", [0, 1, 256])
def test_a_channel_has_2_to_255_participants(count: int) -> None:
    participants = tuple(
        Address(bytes([1, index % 256, index // 256] + [0] * 17)) for index in range(count)
    )
    with pytest.raises(ParticipantCountOutOfRange) as caught:
        fixed_part(participants=participants)
    assert caught.value.count == count


def test_255_participants_are_a_channel() -> None:
    participants = tuple(Address(bytes([1, index]) + bytes(18)) for index in range(255))
    fixed = fixed_part(participants=participants)
    assert fixed.mover(255) == participants[254]
    assert fixed.mover(256) == participants[0]


def test_no_participant_is_zero() -> None:
    with pytest.raises(ParticipantZero) as caught:
        fixed_part(participants=(ADDRESSES[0], bytes(20), ADDRESSES[0]))
    assert caught.value.index == 1


def test_no_participant_stands_there_twice() -> None:
    with pytest.raises(ParticipantRepeated) as caught:
        fixed_part(participants=(*ADDRESSES[:3], ADDRESSES[1], ADDRESSES[0]))
    assert caught.value.index == 3


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_an_address_has_20_bytes(length: int) -> None:
    for field in ("adjudicator", "app_definition"):
        with pytest.raises(AddressLengthMismatch) as caught:
            fixed_part(**{field: b"\1" * length})
        assert caught.value.actual == length
    with pytest.raises(AddressLengthMismatch):
        fixed_part(participants=(ADDRESSES[0], b"\1" * length))


@pytest.mark.parametrize(
    ("field", "bits"), [("chain_id", 256), ("channel_nonce", 64), ("challenge_duration", 48)]
)
def test_numbers_fit_their_types(field: str, bits: int) -> None:
    fixed_part(**{field: 2**bits - 1})
    for number in (-1, 2**bits):
        with pytest.raises(NumberOutOfRange) as caught:
            fixed_part(**{field: number})
        assert (caught.value.number, caught.value.bits) == (number, bits)


def test_a_reducer_id_has_32_bytes() -> None:
    with pytest.raises(WordLengthMismatch):
        fixed_part(reducer_id=b"\1" * 31)


def test_participants_move_one_after_the_other() -> None:
    assert [mover_index(turn, participants=3) for turn in range(1, 8)] == [0, 1, 2, 0, 1, 2, 0]
    assert fixed_part(3).mover(5) == ADDRESSES[1]


@pytest.mark.parametrize("turn", [0, -1])
def test_nobody_moves_in_turn_0(turn: int) -> None:
    with pytest.raises(TurnWithoutMover) as caught:
        mover_index(turn, participants=2)
    assert caught.value.turn == turn
