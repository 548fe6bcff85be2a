"""Outcomes: who is paid what when a channel ends, in the encoding of Nitro's contracts.

An outcome is ``abi.encode(SingleAssetExit[])``, the bytes that a state commits to the hash of. The
ABI lets the same outcome be written in many ways; here there is one, as the compiler writes it, and
every other is refused: offsets in their order, no gap, zero padding, nothing behind.

Not here: who pays (the adjudicator), and whether amounts are there to be paid.

Spec: docs/spec/channel.md, C-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from channel.abi import U256_BITS, WORD_BYTES, address_word, check_address, check_number, word
from channel.errors import AllocationTypeOutOfRange, OutcomeNotCanonical
from channel.ids import Address
from merkle import Hash32, keccak256
from merkle.hashing import check_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Item = TypeVar("_Item")

U8_BITS: Final = 8
EXIT_HEAD_BYTES: Final = 3 * WORD_BYTES
METADATA_HEAD_BYTES: Final = 2 * WORD_BYTES
ALLOCATION_HEAD_BYTES: Final = 4 * WORD_BYTES


class AllocationType(IntEnum):
    """What an allocation is: Nitro's numbers, on chain and off."""

    SIMPLE = 0
    WITHDRAW_HELPER = 1
    GUARANTEE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """``amount``, a u256, for ``destination``: an address in 32 bytes, or a channel's id.

    Raises `NumberOutOfRange`, `WordLengthMismatch`.
    """

    destination: Hash32
    amount: int
    allocation_type: AllocationType = AllocationType.SIMPLE
    metadata: bytes = b""

    def __post_init__(self) -> None:
        check_word(self.destination)
        check_number(self.amount, bits=U256_BITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetMetadata:
    """What kind of asset it is, a u8, 0 for ether and ERC-20. Raises `NumberOutOfRange`."""

    asset_type: int = 0
    metadata: bytes = b""

    def __post_init__(self) -> None:
        check_number(self.asset_type, bits=U8_BITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleAssetExit:
    """Who is paid of one asset. The zero address is ether. Raises `AddressLengthMismatch`."""

    asset: Address
    allocations: tuple[Allocation, ...]
    asset_metadata: AssetMetadata = AssetMetadata()

    def __post_init__(self) -> None:
        check_address(self.asset)


Outcome = tuple[SingleAssetExit, ...]


def outcome_hash(outcome: Outcome) -> Hash32:
    """Return the hash that a state commits to. Spec: C-11."""
    return keccak256(encode_outcome(outcome))


# -- encoding --------------------------------------------------------------------------------------


def encode_outcome(outcome: Outcome) -> bytes:
    """Return ``abi.encode`` of the exits. Spec: C-11."""
    return word(WORD_BYTES) + _array([_exit(each) for each in outcome])


def _exit(exit_: SingleAssetExit) -> bytes:
    metadata = exit_.asset_metadata
    return _tuple(
        [address_word(exit_.asset)],
        [
            _tuple([word(metadata.asset_type)], [_bytes(metadata.metadata)]),
            _array([_allocation(each) for each in exit_.allocations]),
        ],
    )


def _allocation(allocation: Allocation) -> bytes:
    words = [allocation.destination, word(allocation.amount), word(allocation.allocation_type)]
    return _tuple(words, [_bytes(allocation.metadata)])


def _tuple(words: Sequence[bytes], tails: Sequence[bytes]) -> bytes:
    """Return a tuple of words and, behind them, of what has no fixed size: offsets, then tails."""
    offset = (len(words) + len(tails)) * WORD_BYTES
    offsets = []
    for tail in tails:
        offsets.append(word(offset))
        offset += len(tail)
    return b"".join((*words, *offsets, *tails))


def _array(items: Sequence[bytes]) -> bytes:
    return word(len(items)) + _tuple([], items)


def _bytes(data: bytes) -> bytes:
    return word(len(data)) + data + bytes(-len(data) % WORD_BYTES)


# -- decoding --------------------------------------------------------------------------------------


def decode_outcome(data: bytes) -> Outcome:
    """Return the outcome that ``data`` is the one encoding of.

    Raises `OutcomeNotCanonical`, `AllocationTypeOutOfRange`. Spec: C-11.
    """
    reader = _Reader(data)
    reader.offset(WORD_BYTES)
    exits = reader.array(_Reader.exit)
    if reader.at != len(data):
        reader.refuse()
    return exits


class _Reader:
    """Reads an encoding from its beginning to its end: offsets lead where reading goes anyway."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def refuse(self) -> NoReturn:
        raise OutcomeNotCanonical(length=len(self.data))

    def take(self, length: int) -> bytes:
        taken = self.data[self.at : self.at + length]
        if len(taken) != length:
            self.refuse()
        self.at += length
        return taken

    def number(self, *, bits: int = U256_BITS) -> int:
        number = int.from_bytes(self.take(WORD_BYTES), "big")
        if number >> bits:
            self.refuse()
        return number

    def offset(self, expected: int) -> None:
        """Read an offset, which has one value only."""
        if self.number() != expected:
            self.refuse()

    def array(self, item: Callable[[_Reader], _Item]) -> tuple[_Item, ...]:
        count = self.number()
        base = self.at
        # Every item has an offset: a count that the bytes have no room for ends here.
        if count > len(self.data) // WORD_BYTES:
            self.refuse()
        offsets = [self.number() for _ in range(count)]
        items = []
        for offset in offsets:
            if offset != self.at - base:
                self.refuse()
            items.append(item(self))
        return tuple(items)

    def byte_string(self) -> bytes:
        length = self.number()
        data = self.take(length)
        if any(self.take(-length % WORD_BYTES)):
            self.refuse()
        return data

    def exit(self) -> SingleAssetExit:
        base = self.at
        asset = self.number(bits=160).to_bytes(20, "big")
        self.offset(EXIT_HEAD_BYTES)
        to_allocations = self.number()
        metadata = self.metadata()
        if to_allocations != self.at - base:
            self.refuse()
        allocations = self.array(_Reader.allocation)
        return SingleAssetExit(
            asset=Address(asset), asset_metadata=metadata, allocations=allocations
        )

    def metadata(self) -> AssetMetadata:
        asset_type = self.number(bits=U8_BITS)
        self.offset(METADATA_HEAD_BYTES)
        return AssetMetadata(asset_type=asset_type, metadata=self.byte_string())

    def allocation(self) -> Allocation:
        destination = Hash32(self.take(WORD_BYTES))
        amount = self.number()
        kind = self.number()
        if kind > max(AllocationType):
            raise AllocationTypeOutOfRange(kind=kind)
        self.offset(ALLOCATION_HEAD_BYTES)
        return Allocation(
            destination=destination,
            amount=amount,
            allocation_type=AllocationType(kind),
            metadata=self.byte_string(),
        )
