"""The primitives: integers in every encoding, and none out of range."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wasm_interp.module_bytes import leb
from wasm_interp.binary_reader import Reader
from wasm_interp.errors import Malformed


def padded(value: int, size: int) -> bytes:
    parts = [value >> (7 * i) & 0x7F for i in range(size)]
    return bytes([*(part | 0x80 for part in parts[:-1]), parts[-1]])


@given(st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_u32_reads_every_encoding_of_a_number(value: int, extra: int) -> None:
    size = max(len(leb(value)), extra)
    reader = Reader(padded(value, size) + b"\xff")
    assert reader.u32() == value
    assert reader.at == size


@given(st.sampled_from([32, 33, 64]), st.data())
def test_signed_integers_read_every_encoding_of_a_number(bits: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    size_max = -(-bits // 7)
    least = next(n for n in range(1, 11) if -(2 ** (7 * n - 1)) <= value < 2 ** (7 * n - 1))
    size = data.draw(st.integers(least, size_max))
    reader = Reader(padded(value, size))
    assert reader.signed(bits) == value
    assert reader.at == size


@given(st.sampled_from([32, 33, 64]), st.binary(max_size=12))
def test_integers_of_any_bytes_are_in_range_or_malformed(bits: int, encoded: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert -(2 ** (bits - 1)) <= Reader(encoded).signed(bits) < 2 ** (bits - 1)
    with contextlib.suppress(Malformed):
        assert 0 <= Reader(encoded).u32() < 2**32


@pytest.mark.parametrize("size", [1, 5, 6, 9, 10])
def test_a_larger_integer_is_read_for_the_validator_but_a_small_one_not_at_length(
    size: int,
) -> None:
    assert Reader(padded(2**32, 10)).u32_or_larger() == 2**32
    assert Reader(padded(2**64 - 1, 10)).u32_or_larger() == 2**64 - 1
    reader = Reader(padded(7, size))
    if size <= 5:
        assert reader.u32_or_larger() == 7
        return
    with pytest.raises(Malformed, match="integer representation too long"):
        reader.u32_or_larger()


def test_taking_less_than_nothing_is_an_unexpected_end() -> None:
    with pytest.raises(Malformed, match="unexpected end"):
        Reader(b"abc", 2).take(-1)
