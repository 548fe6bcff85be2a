"""What a transaction costs, beside the execution that an EVM measures.

Calldata is charged at 4 and 16 gas a byte (EIP-2028). Since Prague a transaction pays at least a
floor of 10 and 40 gas a byte (EIP-7623), which the execution counts towards. Not here: the price
of an instruction; refunds, which are taken off the execution's gas before it is reported.
"""

from __future__ import annotations

from typing import Final

TRANSACTION_GAS: Final = 21_000
"""What every transaction pays."""

ZERO_BYTE_GAS: Final = 4
NONZERO_BYTE_GAS: Final = 16
"""EIP-2028."""

FLOOR_TOKEN_GAS: Final = 10
TOKENS_PER_NONZERO_BYTE: Final = 4
"""EIP-7623; a zero byte is one token."""

CREATION_GAS: Final = 32_000
CREATION_WORD_GAS: Final = 2
"""What a transaction that creates a contract pays besides (EIP-2, EIP-3860)."""

CODE_BYTES_MAX: Final = 24_576
CREATION_BYTES_MAX: Final = 2 * CODE_BYTES_MAX
"""The greatest runtime code and the greatest creation code (EIP-170, EIP-3860)."""


def calldata_gas(data: bytes) -> int:
    """Return what calldata costs at 4 gas for a zero byte and 16 for another (EIP-2028)."""
    zeros = data.count(0)
    return ZERO_BYTE_GAS * zeros + NONZERO_BYTE_GAS * (len(data) - zeros)


def floor_gas(data: bytes) -> int:
    """Return the least that calldata costs, whatever is executed: 10 and 40 a byte (EIP-7623)."""
    zeros = data.count(0)
    return FLOOR_TOKEN_GAS * (zeros + TOKENS_PER_NONZERO_BYTE * (len(data) - zeros))


def intrinsic_gas(data: bytes, *, create: bool = False) -> int:
    """Return what a transaction pays before any code runs."""
    gas = TRANSACTION_GAS + calldata_gas(data)
    if create:
        gas += CREATION_GAS + CREATION_WORD_GAS * (-(-len(data) // 32))
    return gas


def total_gas(data: bytes, exec_gas: int) -> int:
    """Return what a transaction with this calldata costs without the floor."""
    return intrinsic_gas(data) + exec_gas


def charged_gas(data: bytes, exec_gas: int) -> int:
    """Return what a chain since Prague charges: no less than the floor (EIP-7623)."""
    return max(total_gas(data, exec_gas), TRANSACTION_GAS + floor_gas(data))
