"""Outcomes in Nitro's encoding: equal to the ABI's, and one encoding only."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from channel import Address
from channel.errors import (
    AddressLengthMismatch,
    AllocationTypeOutOfRange,
    NumberOutOfRange,
    OutcomeNotCanonical,
)
from channel.outcome import (
    Allocation,
    AllocationType,
    AssetMetadata,
    Outcome,
    SingleAssetExit,
    decode_outcome,
    encode_outcome,
    outcome_hash,
)
from merkle import Hash32, keccak256
from merkle.errors import WordLengthMismatch

TYPE = "(address,(uint8,bytes),(bytes32,uint256,uint8,bytes)[])[]"

allocations = st.builds(
    Allocation,
    destination=st.binary(min_size=32, max_size=32),
    amount=st.integers(0, 2**256 - 1),
    allocation_type=st.sampled_from(AllocationType),
    metadata=st.binary(max_size=70),
)
exits = st.builds(
    SingleAssetExit,
    asset=st.binary(min_size=20, max_size=20),
    asset_metadata=st.builds(
        AssetMetadata, asset_type=st.integers(0, 255), metadata=st.binary(max_size=70)
    ),
    allocations=st.lists(allocations, max_size=3).map(tuple),
)
outcomes = st.lists(exits, max_size=3).map(tuple)


def abi_values(outcome: Outcome) -> list[Any]:
    return [
        (
            each.asset,
            (each.asset_metadata.asset_type, each.asset_metadata.metadata),
            [
                (found.destination, found.amount, int(found.allocation_type), found.metadata)
                for found in each.allocations
            ],
        )
        for each in outcome
    ]


@given(outcomes)
def test_the_encoding_is_what_the_abi_gives(outcome: Outcome) -> None:
    assert encode_outcome(outcome) == encode((TYPE,), (abi_values(outcome),))
    assert outcome_hash(outcome) == keccak256(encode_outcome(outcome))


@given(outcomes)
def test_what_is_encoded_is_decoded(outcome: Outcome) -> None:
    assert decode_outcome(encode_outcome(outcome)) == outcome


@given(outcomes, st.data())
def test_a_changed_bit_gives_another_outcome_or_none(outcome: Outcome, data: st.DataObject) -> None:
    encoded = bytearray(encode_outcome(outcome))
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    try:
        found = decode_outcome(bytes(encoded))
    except (OutcomeNotCanonical, AllocationTypeOutOfRange):
        return
    assert found != outcome
    assert encode_outcome(found) == bytes(encoded)


@given(outcomes, st.data())
def test_cut_or_longer_encodings_are_refused(outcome: Outcome, data: st.DataObject) -> None:
    encoded = encode_outcome(outcome)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for wrong in (encoded[:cut], encoded + bytes(32), encoded + b"\0"):
        with pytest.raises(OutcomeNotCanonical) as caught:
            decode_outcome(wrong)
        assert caught.value.length == len(wrong)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_give_an_outcome_or_a_named_error(data: bytes) -> None:
    try:
        outcome = decode_outcome(data)
    except (OutcomeNotCanonical, AllocationTypeOutOfRange):
        return
    assert encode_outcome(outcome) == data


def an_exit() -> SingleAssetExit:
    allocation = Allocation(destination=Hash32(b"\1" * 32), amount=5)
    return SingleAssetExit(asset=Address(bytes(20)), allocations=(allocation,))


def test_offsets_that_lead_to_one_place_twice_are_refused() -> None:
    # What any ABI decoder reads as two exits: both offsets lead to the one that is there.
    one = encode_outcome((an_exit(),))
    body = one[96:]
    shared = one[:32] + (2).to_bytes(32, "big") + (64).to_bytes(32, "big") * 2 + body
    (found,) = decode((TYPE,), shared)
    assert len(found) == 2
    assert found[0] == found[1]
    with pytest.raises(OutcomeNotCanonical):
        decode_outcome(shared)


@pytest.mark.parametrize("place", [0, 2, 4, 5, 7, 10, 14])
def test_each_offset_has_one_value(place: int) -> None:
    encoded = bytearray(encode_outcome((an_exit(),)))
    encoded[32 * place + 31] ^= 32
    with pytest.raises(OutcomeNotCanonical):
        decode_outcome(bytes(encoded))


def test_padding_is_zero() -> None:
    outcome = (
        SingleAssetExit(
            asset=Address(bytes(20)), asset_metadata=AssetMetadata(metadata=b"m"), allocations=()
        ),
    )
    encoded = bytearray(encode_outcome(outcome))
    encoded[encoded.index(b"m") + 1] = 1
    with pytest.raises(OutcomeNotCanonical):
        decode_outcome(bytes(encoded))


def test_a_count_without_items_is_refused_at_once() -> None:
    data = (32).to_bytes(32, "big") + (2**255).to_bytes(32, "big")
    with pytest.raises(OutcomeNotCanonical):
        decode_outcome(data)
    with pytest.raises(DecodingError):
        decode((TYPE,), data)


def test_there_are_three_kinds_of_allocations() -> None:
    encoded = bytearray(encode_outcome((an_exit(),)))
    kind = encoded.index(b"\1" * 32) + 95
    encoded[kind] = 2
    assert (
        decode_outcome(bytes(encoded))[0].allocations[0].allocation_type == AllocationType.GUARANTEE
    )
    encoded[kind] = 3
    with pytest.raises(AllocationTypeOutOfRange) as caught:
        decode_outcome(bytes(encoded))
    assert caught.value.kind == 3


def test_fields_are_in_range() -> None:
    with pytest.raises(NumberOutOfRange):
        Allocation(destination=Hash32(bytes(32)), amount=2**256)
    with pytest.raises(WordLengthMismatch):
        Allocation(destination=Hash32(bytes(20)), amount=0)
    with pytest.raises(NumberOutOfRange):
        AssetMetadata(asset_type=256)
    with pytest.raises(AddressLengthMismatch):
        SingleAssetExit(asset=Address(bytes(32)), allocations=())
