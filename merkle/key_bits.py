"""The bits of a key, and the bounds of rows.

Not here: the trie that branches on these bits (`merkle.ordered_map`).

Spec: ``docs/spec/merkle.md#map``, M-15, M-16, M-19.
"""

from __future__ import annotations

from typing import Final

from merkle.errors import KeyLengthOutOfRange, ValueTooLong

KEY_BYTES_MAX: Final = 80
VALUE_BYTES_MAX: Final = 1024

# One bit that says that a byte follows, and the byte's eight.
BITS_PER_BYTE: Final = 9
KEY_BITS_MAX: Final = BITS_PER_BYTE * KEY_BYTES_MAX + 1


def check_row_key(key: bytes) -> None:
    """Raise `KeyLengthOutOfRange` unless ``key`` can be a row's: 1 to 80 bytes.

    Spec: M-15. Mirror: none, contracts check lengths.
    """
    check_row_key_length(len(key))


def check_row_key_length(length: int) -> None:
    """Raise `KeyLengthOutOfRange` unless a row's key can have ``length`` bytes.

    Spec: M-15. Mirror: ``KeyBits.sol:checkRowKeyLength``.
    """
    if not 1 <= length <= KEY_BYTES_MAX:
        raise KeyLengthOutOfRange(length=length, least=1)


def check_search_key(key: bytes) -> None:
    """Raise `KeyLengthOutOfRange` unless ``key`` can be searched for: 0 to 80 bytes.

    Spec: M-15. Mirror: none, contracts check lengths.
    """
    if len(key) > KEY_BYTES_MAX:
        raise KeyLengthOutOfRange(length=len(key), least=0)


def check_value(value: bytes) -> None:
    """Raise `ValueTooLong` unless ``value`` can be a row's: 0 to 1,024 bytes.

    Spec: M-15. Mirror: none, contracts check lengths.
    """
    check_value_length(len(value))


def check_value_length(length: int) -> None:
    """Raise `ValueTooLong` unless a row's value can have ``length`` bytes.

    Spec: M-15. Mirror: ``KeyBits.sol:checkValueLength``.
    """
    if length > VALUE_BYTES_MAX:
        raise ValueTooLong(length=length)


def bit_count(key: bytes) -> int:
    """Return the number of bits of ``key``.

    Spec: M-16. Mirror: ``KeyBits.sol:bitCount``.
    """
    return BITS_PER_BYTE * len(key) + 1


def bit_at(key: bytes, bit: int) -> int:
    """Return the bit of ``key`` at index ``bit``: 0 or 1, and 0 beyond its last bit.

    Spec: M-16. Mirror: ``KeyBits.sol:bitAt``.
    """
    byte, place = divmod(bit, BITS_PER_BYTE)
    if byte >= len(key):
        return 0
    # The 256 is the bit that says that this byte is there.
    return ((256 | key[byte]) >> (8 - place)) & 1


def first_diff(one: bytes, other: bytes) -> int | None:
    """Return the first bit index at which two keys differ, or None when they are equal.

    Spec: M-19. Mirror: ``KeyBits.sol:firstDiff``.
    """
    if one == other:
        return None
    common = min(len(one), len(other))
    both = int.from_bytes(one[:common], "big") ^ int.from_bytes(other[:common], "big")
    if both == 0:
        # A proper prefix: the keys part where the shorter one says that no byte follows.
        return BITS_PER_BYTE * common
    byte, place = divmod(8 * common - both.bit_length(), 8)
    return BITS_PER_BYTE * byte + 1 + place
