"""States: what a channel has come to after so many turns, and whose word it is.

Not here: how a state is reached (`wasm_interp.turn`), and what is done with one on a chain.

Spec: docs/spec/channel.md, C-11 to C-13. Mirror: ``ChannelIds.sol``, ``Signatures.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bisection.game_errors import ChannelIdMismatch
from channel.abi import check_turn, word
from channel.errors import SignatureCountMismatch
from channel.signatures import POSTFUND_TAG, STATE_TAG, sign_hash, verify_signature
from merkle import Hash32, keccak256
from merkle.display import Shown
from merkle.hashing import check_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_keys.datatypes import PrivateKey

    from channel.ids import FixedPart


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChannelState(Shown):
    """A state of the channel ``channel_id``. ``turn`` is a u64, and the length of the log.

    Raises `TurnOutOfRange`, `WordLengthMismatch`.

    Spec: C-11. Mirror: ``ChannelIds.sol:ChannelState``.
    """

    channel_id: Hash32
    turn: int
    log_root: Hash32
    outcome_hash: Hash32
    db_root: Hash32
    is_final: bool = False

    def __post_init__(self) -> None:
        check_turn(self.turn)
        for part in (self.channel_id, self.log_root, self.outcome_hash, self.db_root):
            check_word(part)

    def hash(self) -> Hash32:
        """Return the state hash: what is signed of a state.

        Spec: C-8, C-11. Mirror: ``ChannelIds.sol:stateHash``.
        """
        return self._tagged_hash(STATE_TAG)

    def postfund_hash(self) -> Hash32:
        """Return what is signed to say that a channel, still at turn 0, is funded. Spec: C-12."""
        assert self.turn == 0, "the postfund is a signature over the state of turn 0"
        return self._tagged_hash(POSTFUND_TAG)

    def _tagged_hash(self, tag: Hash32) -> Hash32:
        return keccak256(
            b"".join(
                (
                    *(tag, self.channel_id, word(self.turn), self.log_root),
                    *(self.outcome_hash, self.db_root, word(self.is_final)),
                )
            )
        )


def sign_state(key: PrivateKey, state: ChannelState) -> bytes:
    """Return the signature of ``key`` over a state; of turn 0, the prefund. Spec: C-11, C-12."""
    return sign_hash(key, state.hash())


def sign_postfund(key: PrivateKey, state: ChannelState) -> bytes:
    """Return the second signature over the state of turn 0. Spec: C-12."""
    return sign_hash(key, state.postfund_hash())


def verify_supported(fixed: FixedPart, state: ChannelState, signature: bytes) -> None:
    """Refuse a state of the channel that its mover has not signed.

    Raises `ChannelIdMismatch`, `TurnWithoutMover`, `SignatureMalformed`, `SignatureMismatch`.

    Spec: C-13.
    """
    _check_channel(fixed, state)
    verify_signature(state.hash(), signature, signer=fixed.mover(state.turn))


def verify_unanimous(fixed: FixedPart, state: ChannelState, signatures: Sequence[bytes]) -> None:
    """Refuse a state of the channel that not all have signed, in their order.

    Raises `ChannelIdMismatch`, `SignatureCountMismatch`; then, for the first that is not
    acceptable, `SignatureMalformed` or `SignatureMismatch`.

    Spec: C-13. Mirror: ``Signatures.sol:verifyUnanimous``.
    """
    _check_channel(fixed, state)
    _verify_all(fixed, state.hash(), signatures)


def verify_postfunds(fixed: FixedPart, state: ChannelState, signatures: Sequence[bytes]) -> None:
    """Refuse a postfund that not all have signed, in their order. Raises as `verify_unanimous`.

    Spec: C-12.
    """
    _check_channel(fixed, state)
    _verify_all(fixed, state.postfund_hash(), signatures)


def _check_channel(fixed: FixedPart, state: ChannelState) -> None:
    """Raise `ChannelIdMismatch`: its signers may have signed as much in another channel."""
    channel_id = fixed.channel_id()
    if state.channel_id != channel_id:
        raise ChannelIdMismatch(expected=state.channel_id, actual=channel_id)


def _verify_all(fixed: FixedPart, signed: Hash32, signatures: Sequence[bytes]) -> None:
    if len(signatures) != len(fixed.participants):
        raise SignatureCountMismatch(expected=len(fixed.participants), actual=len(signatures))
    for participant, signature in zip(fixed.participants, signatures, strict=True):
        verify_signature(signed, signature, signer=participant)
