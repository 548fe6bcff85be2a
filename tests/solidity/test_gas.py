"""Gas of calldata, with and without the floor of EIP-7623."""

from __future__ import annotations

import pytest

from solidity.gas import calldata_gas, charged_gas, floor_gas, intrinsic_gas, total_gas


@pytest.mark.parametrize(
    ("data", "gas", "floor"),
    [
        (b"", 0, 0),
        (b"\0", 4, 10),
        (b"\1", 16, 40),
        (bytes(32) + b"\xff" * 32, 640, 1_600),
        # A selector and one word, `f(1)`.
        (bytes.fromhex("b3de648b") + (1).to_bytes(32, "big"), 4 * 16 + 31 * 4 + 16, 510),
    ],
)
def test_calldata_costs_4_and_16_a_byte_and_at_least_10_and_40(
    data: bytes, gas: int, floor: int
) -> None:
    assert calldata_gas(data) == gas
    assert floor_gas(data) == floor


def test_a_transaction_costs_21000_its_calldata_and_its_execution() -> None:
    assert total_gas(b"", 0) == 21_000
    assert total_gas(b"\0\1", 1_000) == 21_000 + 20 + 1_000


def test_a_creation_costs_32000_more_and_2_for_each_word_of_its_code() -> None:
    assert intrinsic_gas(b"", create=True) == 53_000
    assert intrinsic_gas(b"\1" * 33, create=True) == 53_000 + 33 * 16 + 2 * 2


def test_the_floor_is_charged_when_execution_is_small_and_hidden_when_it_is_not() -> None:
    data = b"\1" * 100
    # 21,000 + 1,600 + exec against 21,000 + 4,000: they meet at 2,400.
    assert charged_gas(data, 0) == 25_000
    assert charged_gas(data, 2_399) == 25_000
    assert charged_gas(data, 2_400) == 25_000
    assert charged_gas(data, 2_401) == 25_001
    assert charged_gas(b"", 0) == 21_000
