"""What a channel is, for ever: its fixed part, the id that commits to it, and whose turn it is.

Not here: what happens in a channel (`channel.states`, `channel.log`).

Spec: docs/spec/channel.md, C-1 to C-3. Mirror: ``ChannelIds.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bisection.game import Address
from channel.abi import (
    U48_BITS,
    U64_BITS,
    U256_BITS,
    WORD_BYTES,
    address_word,
    check_address,
    check_number,
    word,
)
from channel.errors import (
    ParticipantCountOutOfRange,
    ParticipantRepeated,
    ParticipantZero,
    TurnWithoutMover,
)
from merkle import Hash32, keccak256
from merkle.display import Shown
from merkle.hashing import check_word

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "PARTICIPANTS_MAX",
    "PARTICIPANTS_MIN",
    "ZERO_ADDRESS",
    "Address",
    "FixedPart",
    "check_participants",
    "mover_index",
]

PARTICIPANTS_MIN: Final = 2
PARTICIPANTS_MAX: Final = 255

ZERO_ADDRESS: Final = Address(bytes(20))

_HEAD_WORDS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FixedPart(Shown):
    """What never changes in a channel.

    ``chain_id`` is a u256, ``channel_nonce`` a u64, ``challenge_duration`` a u48 of seconds.
    Raises `NumberOutOfRange`, `AddressLengthMismatch`, `WordLengthMismatch`, and as
    `check_participants` does.

    Spec: C-1, C-2. Mirror: ``ChannelIds.sol:FixedPart``.
    """

    chain_id: int
    adjudicator: Address
    participants: tuple[Address, ...]
    channel_nonce: int
    app_definition: Address
    challenge_duration: int
    reducer_id: Hash32

    def __post_init__(self) -> None:
        check_number(self.chain_id, bits=U256_BITS)
        check_number(self.channel_nonce, bits=U64_BITS)
        check_number(self.challenge_duration, bits=U48_BITS)
        check_address(self.adjudicator)
        check_address(self.app_definition)
        check_word(self.reducer_id)
        check_participants(self.participants)

    def encode(self) -> bytes:
        """Return the preimage of the id: ``abi.encode`` of the fields in their order. Spec: C-1."""
        participants = b"".join(address_word(address) for address in self.participants)
        return b"".join(
            (
                *(word(self.chain_id), address_word(self.adjudicator)),
                # The list stands behind the seven words, and begins with its length.
                word(_HEAD_WORDS * WORD_BYTES),
                *(word(self.channel_nonce), address_word(self.app_definition)),
                *(word(self.challenge_duration), self.reducer_id),
                *(word(len(self.participants)), participants),
            )
        )

    def channel_id(self) -> Hash32:
        """Return the id of the channel. Spec: C-1. Mirror: ``ChannelIds.sol:channelId``."""
        return keccak256(self.encode())

    def mover(self, turn: int) -> Address:
        """Return who sends the message of ``turn``. Raises `TurnWithoutMover`. Spec: C-3."""
        return self.participants[mover_index(turn, participants=len(self.participants))]


def check_participants(participants: Sequence[Address]) -> None:
    """Refuse participants that are too few, too many, zero, or not different from each other.

    Raises `ParticipantCountOutOfRange`; then, for the first that is not acceptable,
    `AddressLengthMismatch`, `ParticipantZero` or `ParticipantRepeated`.

    Spec: C-2. Mirror: ``ChannelIds.sol:checkParticipants``.
    """
    if not PARTICIPANTS_MIN <= len(participants) <= PARTICIPANTS_MAX:
        raise ParticipantCountOutOfRange(count=len(participants))
    seen: set[Address] = set()
    for index, participant in enumerate(participants):
        check_address(participant)
        if participant == ZERO_ADDRESS:
            raise ParticipantZero(index=index)
        if participant in seen:
            raise ParticipantRepeated(index=index)
        seen.add(participant)


def mover_index(turn: int, *, participants: int) -> int:
    """Return the index of who sends the message of ``turn``, among so many participants.

    Raises `TurnWithoutMover` for turn 0.

    Spec: C-3. Mirror: ``ChannelIds.sol:moverIndex``.
    """
    if turn < 1:
        raise TurnWithoutMover(turn=turn)
    return (turn - 1) % participants
