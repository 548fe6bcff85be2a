"""What is signed, by whom, and the signatures themselves: 65 bytes.

A signature is over a hash that begins with the tag of its purpose, inside the frame of EIP-191, so
that neither another purpose nor a transaction can be made of it.

Not here: what a state's hash is over, and who must have signed one (`channel.states`). Recovering
takes about 40 microseconds with coincurve installed, and a hundred times as long without it; both
give the same answers.

Spec: docs/spec/channel.md, C-8 to C-10. Mirror: ``Signatures.sol``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from channel.abi import check_turn, word
from channel.errors import SignatureMalformed, SignatureMismatch
from channel.ids import ZERO_ADDRESS, Address
from merkle import Hash32, keccak256
from merkle.hashing import check_word

if TYPE_CHECKING:
    from eth_keys.datatypes import PrivateKey

MESSAGE_TAG: Final = keccak256(b"channels/message/v1")
STATE_TAG: Final = keccak256(b"channels/state/v1")
POSTFUND_TAG: Final = keccak256(b"channels/postfund/v1")

SIGNATURE_BYTES: Final = 65
GROUP_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
S_MAX: Final = GROUP_ORDER // 2
V_FIRST: Final = 27
"""The v of a point with an even y; 28 is that of an odd one."""

_EIP_191: Final = b"\x19Ethereum Signed Message:\n32"


def signing_digest(signed: Hash32) -> Hash32:
    """Return what is signed in place of the hash ``signed``.

    Spec: C-8. Mirror: ``Signatures.sol:signingDigest``.
    """
    return keccak256(_EIP_191 + signed)


def message_signing_hash(
    *, channel_id: Hash32, turn: int, previous_log_root: Hash32, payload_hash: Hash32
) -> Hash32:
    """Return the hash that the mover of ``turn`` signs with its message.

    Raises `TurnOutOfRange`, `WordLengthMismatch`.

    Spec: C-8, C-10. Mirror: ``Signatures.sol:messageSigningHash``.
    """
    check_turn(turn)
    for part in (channel_id, previous_log_root, payload_hash):
        check_word(part)
    turn_word = word(turn)
    return keccak256(MESSAGE_TAG + channel_id + turn_word + previous_log_root + payload_hash)


def sign_hash(key: PrivateKey, signed: Hash32) -> bytes:
    """Return the signature of ``key`` over a hash that begins with a tag. Spec: C-8, C-9."""
    signature = key.sign_msg_hash(signing_digest(signed)).to_bytes()
    return signature[:-1] + bytes([signature[-1] + V_FIRST])


def sign_message(
    key: PrivateKey,
    *,
    channel_id: Hash32,
    turn: int,
    previous_log_root: Hash32,
    payload: bytes,
) -> bytes:
    """Return the mover's signature of its message. Raises as `message_signing_hash` does.

    Spec: C-10.
    """
    signed = message_signing_hash(
        channel_id=channel_id,
        turn=turn,
        previous_log_root=previous_log_root,
        payload_hash=keccak256(payload),
    )
    return sign_hash(key, signed)


def recover(signed: Hash32, signature: bytes) -> Address:
    """Return who signed ``signed``: the zero address where no key could have.

    Raises `SignatureMalformed`, `WordLengthMismatch`.

    Spec: C-9. Mirror: ``Signatures.sol:recover``.
    """
    check_word(signed)
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureMalformed
    parity = signature[64] - V_FIRST
    if parity not in (0, 1) or int.from_bytes(signature[32:64], "big") > S_MAX:
        raise SignatureMalformed
    return _recover(signing_digest(signed), signature[:64] + bytes([parity]))


def _recover(digest: Hash32, signature: bytes) -> Address:
    """Return the signer's address as the EVM does: zero for what is no signature at all."""
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature

    r, s = signature[:32], signature[32:64]
    if not any(r) or not any(s) or int.from_bytes(r, "big") >= GROUP_ORDER:
        return ZERO_ADDRESS
    try:
        public_key = Signature(signature).recover_public_key_from_msg_hash(digest)
    except BadSignature:
        return ZERO_ADDRESS
    return Address(public_key.to_canonical_address())


def verify_signature(signed: Hash32, signature: bytes, *, signer: Address) -> None:
    """Refuse a signature that is not ``signer``'s over ``signed``.

    Raises `SignatureMalformed`, `SignatureMismatch`, `WordLengthMismatch`.

    Spec: C-9. Mirror: ``Signatures.sol:verifySignature``.
    """
    actual = recover(signed, signature)
    if actual == ZERO_ADDRESS or actual != signer:
        raise SignatureMismatch(expected=signer, actual=actual)


def verify_message(
    signature: bytes,
    *,
    signer: Address,
    channel_id: Hash32,
    turn: int,
    previous_log_root: Hash32,
    payload: bytes,
) -> None:
    """Refuse a message that ``signer`` has not signed at this place of this history.

    Raises as `verify_signature` and `message_signing_hash` do.

    Spec: C-10.
    """
    signed = message_signing_hash(
        channel_id=channel_id,
        turn=turn,
        previous_log_root=previous_log_root,
        payload_hash=keccak256(payload),
    )
    verify_signature(signed, signature, signer=signer)
