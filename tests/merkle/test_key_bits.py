"""Bits of keys against their spelling out."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle.errors import KeyLengthOutOfRange, ValueTooLong
from merkle.key_bits import (
    bit_at,
    bit_count,
    check_row_key,
    check_search_key,
    check_value,
    first_diff,
)

Bits = Callable[[bytes], str]
KEYS = st.binary(max_size=80) | st.text("\0\1\xff", max_size=4).map(lambda s: s.encode("latin1"))


def test_bits_of_one_byte_are_a_one_the_byte_and_a_zero() -> None:
    assert "".join(str(bit_at(b"\xa5", bit)) for bit in range(10)) == "1101001010"


@given(KEYS)
def test_bits_are_those_of_the_specification(naive_bits: Bits, key: bytes) -> None:
    assert bit_count(key) == len(naive_bits(key)) == 9 * len(key) + 1
    assert "".join(str(bit_at(key, bit)) for bit in range(bit_count(key))) == naive_bits(key)


@given(KEYS, st.integers(0, 30))
def test_bits_beyond_the_last_are_zero(key: bytes, more: int) -> None:
    assert bit_at(key, bit_count(key) + more) == 0


@given(KEYS, KEYS)
def test_first_diff_is_where_the_spellings_part(naive_bits: Bits, one: bytes, two: bytes) -> None:
    pairs = enumerate(zip(naive_bits(one), naive_bits(two), strict=False))
    assert first_diff(one, two) == next((i for i, (a, b) in pairs if a != b), None)
    assert (first_diff(one, two) is None) == (one == two)


@given(KEYS, KEYS)
def test_spellings_are_ordered_as_the_keys(naive_bits: Bits, one: bytes, two: bytes) -> None:
    assert (one < two) == (naive_bits(one) < naive_bits(two))
    assert one == two or not naive_bits(one).startswith(naive_bits(two))


def test_a_proper_prefix_parts_where_it_ends() -> None:
    assert first_diff(b"ab", b"abc") == 18
    assert first_diff(b"", b"a") == 0


@pytest.mark.parametrize("length", [0, 81])
def test_row_keys_have_1_to_80_bytes(length: int) -> None:
    check_row_key(b"k")
    check_row_key(bytes(80))
    with pytest.raises(KeyLengthOutOfRange, match=f"key of {length} bytes is not between 1 and 80"):
        check_row_key(bytes(length))


def test_search_keys_have_0_to_80_bytes() -> None:
    check_search_key(b"")
    check_search_key(bytes(80))
    with pytest.raises(KeyLengthOutOfRange, match="key of 81 bytes is not between 0 and 80"):
        check_search_key(bytes(81))


def test_values_have_at_most_1024_bytes() -> None:
    check_value(b"")
    check_value(bytes(1024))
    with pytest.raises(ValueTooLong, match="value of 1025 bytes"):
        check_value(bytes(1025))
