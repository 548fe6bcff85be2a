"""Pushing, popping, and what is not a popping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle.chain import chain_of, open_link, push
from merkle.errors import ChainMismatch, WordLengthMismatch
from merkle.hashing import ZERO_HASH, Hash32, keccak256

ITEMS = st.lists(st.binary(min_size=8, max_size=8), max_size=6)


def test_push_hashes_chain_then_item() -> None:
    assert push(ZERO_HASH, b"12345678") == keccak256(bytes(32) + b"12345678")


def test_chain_of_nothing_is_zero() -> None:
    assert chain_of([]) == ZERO_HASH


@given(ITEMS)
def test_popping_gives_back_what_was_pushed(items: list[bytes]) -> None:
    chain = chain_of(items)
    for count in range(len(items), 0, -1):
        chain = open_link(chain, chain_of(items[: count - 1]), items[count - 1])
    assert chain == ZERO_HASH


@given(ITEMS.filter(bool), st.integers(0, 40 * 8 - 1))
def test_any_changed_bit_of_an_opening_is_refused(items: list[bytes], bit: int) -> None:
    chain = chain_of(items)
    link = bytearray(chain_of(items[:-1]) + items[-1])
    link[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChainMismatch, match="does not give the chain 0x"):
        open_link(chain, Hash32(bytes(link[:32])), bytes(link[32:]))


@given(st.binary(min_size=40, max_size=40))
def test_empty_chain_has_no_opening(link: bytes) -> None:
    with pytest.raises(ChainMismatch):
        open_link(ZERO_HASH, Hash32(link[:32]), link[32:])


@pytest.mark.parametrize("cut", [31, 33])
def test_boundary_between_chain_and_item_cannot_be_shifted(cut: int) -> None:
    link = chain_of([b"12345678"]) + b"abcdefgh"
    with pytest.raises(WordLengthMismatch):
        open_link(keccak256(link), Hash32(link[:cut]), link[cut:])
