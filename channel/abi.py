"""The contract ABI's encoding, as far as channels hash it: words, and addresses in words.

Not here: the encoding of an outcome (`channel.outcome`).

Spec: docs/spec/channel.md.
"""

from __future__ import annotations

from typing import Final

from channel.errors import AddressLengthMismatch, NumberOutOfRange
from wasm_interp.errors import TurnOutOfRange

WORD_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
U48_BITS: Final = 48
U64_BITS: Final = 64
U256_BITS: Final = 256

_ADDRESS_PADDING: Final = bytes(WORD_BYTES - ADDRESS_BYTES)


def word(number: int) -> bytes:
    """Return ``number``, in ``range(2**256)``, in its 32 bytes."""
    return number.to_bytes(WORD_BYTES, "big")


def address_word(address: bytes) -> bytes:
    """Return an address of 20 bytes in its 32."""
    return _ADDRESS_PADDING + address


def check_number(number: int, *, bits: int) -> None:
    """Raise `NumberOutOfRange` unless ``number`` is unsigned and has at most ``bits`` bits."""
    if not 0 <= number < 1 << bits:
        raise NumberOutOfRange(number=number, bits=bits)


def check_turn(turn: int) -> None:
    """Raise `TurnOutOfRange` unless ``turn`` is a u64."""
    if not 0 <= turn < 1 << U64_BITS:
        raise TurnOutOfRange(turn=turn)


def check_address(address: bytes) -> None:
    """Raise `AddressLengthMismatch` unless ``address`` has 20 bytes."""
    if len(address) != ADDRESS_BYTES:
        raise AddressLengthMismatch(actual=len(address))
