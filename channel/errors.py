"""Why a channel's id, log, state or signature is refused.

``Errors.sol`` is generated from these classes: the contracts revert with the same names and fields.
Not here: what word trees say of a path in the log (`merkle.errors`), what messages say of turns and
payloads (`wasm_interp.errors`), and what the dispute game says (`bisection.game_errors`).

Spec: docs/spec/channel.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from merkle.errors import ChannelsError

if TYPE_CHECKING:
    from channel.ids import Address


class ChannelError(ChannelsError):
    """Something is no channel, no state of it, or was not signed by whom it must be signed."""


# -- the fixed part --------------------------------------------------------------------------------


@dataclass(eq=False)
class ParticipantCountOutOfRange(ChannelError):
    """A channel has fewer than 2 or more than 255 participants (C-2)."""

    sentence = "{count} participants are not between 2 and 255"

    count: int


@dataclass(eq=False)
class ParticipantZero(ChannelError):
    """A participant is the zero address, which a failed recovery gives (C-2)."""

    sentence = "participant {index} is the zero address"

    index: int


@dataclass(eq=False)
class ParticipantRepeated(ChannelError):
    """A participant stands in the list twice (C-2). ``index`` is the later place."""

    sentence = "participant {index} stands in the list before"

    index: int


@dataclass(eq=False)
class NumberOutOfRange(ChannelError):
    """A number does not fit the type that it has in the ABI (C-1)."""

    sentence = "{number} is no unsigned number of {bits} bits"

    number: int
    bits: int


@dataclass(eq=False)
class AddressLengthMismatch(ChannelError):
    """An address has not 20 bytes (C-1)."""

    sentence = "address of {actual} bytes where 20 are asked for"

    actual: int


@dataclass(eq=False)
class TurnWithoutMover(ChannelError):
    """Somebody is to have moved in turn 0, which nobody does (C-3)."""

    sentence = "turn {turn} has no mover: turns begin with 1"

    turn: int


# -- signatures ------------------------------------------------------------------------------------


@dataclass(eq=False)
class SignatureMalformed(ChannelError):
    """A signature has not 65 bytes, another v than 27 and 28, or a high s (C-9)."""

    sentence = "a signature is 65 bytes, r, s and v, with v 27 or 28 and s in the lower half"


@dataclass(eq=False)
class SignatureMismatch(ChannelError):
    """Somebody else has signed this, or something else was signed (C-9).

    ``actual`` is the zero address where the signature is nobody's.
    """

    sentence = "signed by {actual}, not by {expected}"

    expected: Address
    actual: Address


@dataclass(eq=False)
class SignatureCountMismatch(ChannelError):
    """What all must sign has more or fewer signatures than the channel has participants (C-13)."""

    sentence = "{actual} signatures of {expected} participants"

    expected: int
    actual: int


# -- deployments of the game -----------------------------------------------------------------------


@dataclass(eq=False)
class VerifierMissing(ChannelError):
    """A deployment of the game names a verifier where there is no contract (G-1)."""

    sentence = "there is no verifier at {verifier}"

    verifier: Address


@dataclass(eq=False)
class WithdrawalFailed(ChannelError):
    """A winner refuses what it is owed, which it may ask for again (G-16)."""

    sentence = "{owner} does not take {amount} wei"

    owner: Address
    amount: int


# -- outcomes --------------------------------------------------------------------------------------


@dataclass(eq=False)
class OutcomeNotCanonical(ChannelError):
    """Bytes are no outcome in the one encoding that it has (C-11)."""

    sentence = "{length} bytes are not an outcome in its one encoding"

    length: int


@dataclass(eq=False)
class AllocationTypeOutOfRange(ChannelError):
    """An allocation is neither simple, nor a withdraw helper, nor a guarantee (C-11)."""

    sentence = "allocation type {kind} is none of 0, 1, 2"

    kind: int


CONTRACT_ERRORS: Final[tuple[type[ChannelError], ...]] = (
    ParticipantCountOutOfRange,
    ParticipantZero,
    ParticipantRepeated,
    SignatureMalformed,
    SignatureMismatch,
    SignatureCountMismatch,
    VerifierMissing,
    WithdrawalFailed,
)
"""What contracts revert with. The others are refused by the types of the ABI, or off chain only."""
