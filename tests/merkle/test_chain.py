"""Pushing, popping, and what is not a popping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle.chain import chain_of, open_links, push
from merkle.errors import ChainMismatch, WordLengthMismatch
from merkle.hashing import ZERO_HASH, Hash32, keccak256

ITEMS = st.lists(st.binary(min_size=8, max_size=8), max_size=6)


def test_push_hashes_chain_then_item() -> None:
    assert push(ZERO_HASH, b"12345678") == keccak256(bytes(32) + b"12345678")


def test_chain_of_nothing_is_zero() -> None:
    assert chain_of([]) == ZERO_HASH


@given(ITEMS, st.data())
def test_popping_gives_back_what_was_pushed(items: list[bytes], data: st.DataObject) -> None:
    chain = chain_of(items)
    while items:
        count = data.draw(st.integers(1, len(items)), label="popped")
        items, popped = items[:-count], items[-count:]
        chain = open_links(chain, chain_of(items), popped)
    assert chain == ZERO_HASH


@given(ITEMS.filter(bool), st.data())
def test_any_changed_bit_of_an_opening_is_refused(items: list[bytes], data: st.DataObject) -> None:
    chain = chain_of(items)
    count = data.draw(st.integers(1, len(items)), label="popped")
    kept, popped = items[:-count], items[-count:]
    link = bytearray(chain_of(kept) + b"".join(popped))
    bit = data.draw(st.integers(0, 8 * len(link) - 1), label="bit")
    link[bit // 8] ^= 1 << bit % 8
    wrong = [bytes(link[at : at + 8]) for at in range(32, len(link), 8)]
    with pytest.raises(ChainMismatch, match="items give the chain 0x") as caught:
        open_links(chain, Hash32(bytes(link[:32])), wrong)
    assert caught.value.expected == chain != caught.value.actual


@given(ITEMS.filter(bool))
def test_items_in_another_order_or_number_are_refused(items: list[bytes]) -> None:
    chain = chain_of(items)
    for wrong in (items[1:], items[:-1], [*items, items[-1]], items[::-1]):
        if wrong != items:
            with pytest.raises(ChainMismatch):
                open_links(chain, ZERO_HASH, wrong)


@given(st.binary(min_size=32, max_size=32), ITEMS.filter(bool))
def test_empty_chain_has_no_items(previous: bytes, items: list[bytes]) -> None:
    with pytest.raises(ChainMismatch):
        open_links(ZERO_HASH, Hash32(previous), items)


@given(st.binary(min_size=32, max_size=32))
def test_opening_of_no_items_shows_the_chain_itself(word: bytes) -> None:
    chain = Hash32(word)
    assert open_links(chain, chain, []) == chain
    with pytest.raises(ChainMismatch):
        open_links(push(chain, b"12345678"), chain, [])


@pytest.mark.parametrize("cut", [31, 33])
def test_boundary_between_chain_and_item_cannot_be_shifted(cut: int) -> None:
    link = chain_of([b"12345678"]) + b"abcdefgh"
    with pytest.raises(WordLengthMismatch):
        open_links(keccak256(link), Hash32(link[:cut]), [link[cut:]])
