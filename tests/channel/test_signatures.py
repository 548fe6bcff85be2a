"""Signatures: their one form, what they cover, and that both implementations agree on them."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_keys.backends.native import NativeECCBackend
from eth_keys.backends.native.jacobian import fast_multiply
from eth_keys.constants import SECPK1_G, SECPK1_N
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.errors import SignatureMalformed, SignatureMismatch
from channel.ids import ZERO_ADDRESS
from channel.signatures import (
    GROUP_ORDER,
    MESSAGE_TAG,
    POSTFUND_TAG,
    S_MAX,
    STATE_TAG,
    message_signing_hash,
    recover,
    sign_hash,
    sign_message,
    signing_digest,
    verify_message,
    verify_signature,
)
from merkle import Hash32, keccak256
from merkle.errors import WordLengthMismatch
from tests.channel.parties import ADDRESSES, KEYS, a_hash
from wasm_interp.errors import TurnOutOfRange

SIGNED = a_hash("what is signed")
HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
KEY_NUMBERS = st.integers(1, GROUP_ORDER - 1)

PLACE = {"channel_id": a_hash("channel"), "turn": 4, "previous_log_root": a_hash("log")}


def signature_of(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])


def test_tags_are_hashes_of_their_texts() -> None:
    assert keccak256(b"channels/message/v1") == MESSAGE_TAG
    assert keccak256(b"channels/state/v1") == STATE_TAG
    assert keccak256(b"channels/postfund/v1") == POSTFUND_TAG


def test_the_digest_is_that_of_eip_191() -> None:
    assert signing_digest(SIGNED) == keccak256(b"\x19Ethereum Signed Message:\n32" + SIGNED)


def test_a_messages_signing_hash_is_what_the_abi_gives() -> None:
    hashed = message_signing_hash(payload_hash=keccak256(b"move"), **PLACE)  # type: ignore[arg-type]
    values = (MESSAGE_TAG, *PLACE.values(), keccak256(b"move"))
    assert hashed == keccak256(
        encode(("bytes32", "bytes32", "uint64", "bytes32", "bytes32"), values)
    )


@settings(max_examples=20)
@given(HASHES, KEY_NUMBERS)
def test_what_a_key_signs_is_recovered_to_it(signed: Hash32, number: int) -> None:
    key = PrivateKey(number.to_bytes(32, "big"))
    signature = sign_hash(key, signed)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert int.from_bytes(signature[32:64], "big") <= S_MAX
    assert recover(signed, signature) == key.public_key.to_canonical_address()


@settings(max_examples=30)
@given(st.integers(0, 65 * 8 - 1))
def test_any_changed_bit_is_refused(bit: int) -> None:
    signature = bytearray(sign_hash(KEYS[0], SIGNED))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises((SignatureMalformed, SignatureMismatch)):
        verify_signature(SIGNED, bytes(signature), signer=ADDRESSES[0])


def test_the_other_signature_of_the_same_key_is_refused() -> None:
    signature = sign_hash(KEYS[0], SIGNED)
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    twin = signature_of(r, GROUP_ORDER - s, 55 - signature[64])
    with pytest.raises(SignatureMalformed):
        recover(SIGNED, twin)


def test_s_may_be_half_of_the_order_and_no_more() -> None:
    # Nobody knows a key for such an s, so what is recovered is somebody unknown.
    r = int.from_bytes(sign_hash(KEYS[0], SIGNED)[:32], "big")
    assert recover(SIGNED, signature_of(r, S_MAX, 27)) != ZERO_ADDRESS
    with pytest.raises(SignatureMalformed):
        recover(SIGNED, signature_of(r, S_MAX + 1, 27))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_v_is_27_or_28(v: int) -> None:
    with pytest.raises(SignatureMalformed):
        recover(SIGNED, sign_hash(KEYS[0], SIGNED)[:64] + bytes([v]))


@pytest.mark.parametrize("length", [0, 1, 64, 66, 130])
def test_a_signature_has_65_bytes(length: int) -> None:
    signature = (sign_hash(KEYS[0], SIGNED) * 2)[:length]
    with pytest.raises(SignatureMalformed):
        recover(SIGNED, signature)


def signature_for_the_point_at_infinity() -> bytes:
    """Return r, s, v with ``s R = z G``, which would recover the point that is no public key."""
    z = int.from_bytes(signing_digest(SIGNED), "big")
    for nonce in range(1, 100):
        x, y = fast_multiply(SECPK1_G, nonce)
        s = z * pow(nonce, -1, SECPK1_N) % SECPK1_N
        if s <= S_MAX:
            return signature_of(x, s, 27 + y % 2)
    raise AssertionError("half of all nonces do")


NOT_ON_THE_CURVE = 5

NOBODYS = {
    "r is zero": signature_of(0, 1, 27),
    "s is zero": signature_of(1, 0, 27),
    "both are zero": signature_of(0, 0, 28),
    "r is the order": signature_of(GROUP_ORDER, 1, 27),
    "r is above all": signature_of(2**256 - 1, 1, 28),
    "r is no x of the curve": signature_of(NOT_ON_THE_CURVE, 1, 27),
    "the key is infinity": signature_for_the_point_at_infinity(),
}


@pytest.mark.parametrize("signature", NOBODYS.values(), ids=NOBODYS)
def test_what_is_nobodys_recovers_to_zero_and_is_accepted_for_nobody(signature: bytes) -> None:
    assert recover(SIGNED, signature) == ZERO_ADDRESS
    for signer in (ADDRESSES[0], ZERO_ADDRESS):
        with pytest.raises(SignatureMismatch) as caught:
            verify_signature(SIGNED, signature, signer=signer)
        assert (caught.value.expected, caught.value.actual) == (signer, ZERO_ADDRESS)


@settings(max_examples=50)
@given(HASHES, st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
def test_both_implementations_recover_the_same(signed: Hash32, rs: bytes, v: int) -> None:
    pytest.importorskip("coincurve", reason="coincurve is not installed")
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature

    s = int.from_bytes(rs[32:], "big") % S_MAX
    signature = rs[:32] + s.to_bytes(32, "big")
    try:
        parity = bytes([v - 27])
        native = Signature(signature + parity, backend=NativeECCBackend())
        expected = native.recover_public_key_from_msg_hash(signing_digest(signed))
    except BadSignature:
        assert recover(signed, signature + bytes([v])) == ZERO_ADDRESS
    else:
        assert recover(signed, signature + bytes([v])) == expected.to_canonical_address()


def test_somebody_elses_signature_is_refused() -> None:
    with pytest.raises(SignatureMismatch) as caught:
        verify_signature(SIGNED, sign_hash(KEYS[1], SIGNED), signer=ADDRESSES[0])
    assert (caught.value.expected, caught.value.actual) == ADDRESSES[:2]


def test_a_message_is_verified_at_its_own_place_only() -> None:
    place = {**PLACE, "payload": b"move"}
    signature = sign_message(KEYS[2], **place)  # type: ignore[arg-type]
    verify_message(signature, signer=ADDRESSES[2], **place)  # type: ignore[arg-type]
    changes: list[dict[str, object]] = [
        {"channel_id": a_hash("another")},
        {"turn": 5},
        {"previous_log_root": a_hash("another")},
        {"payload": b"another"},
    ]
    for change in changes:
        with pytest.raises(SignatureMismatch):
            verify_message(signature, signer=ADDRESSES[2], **(place | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("turn", [-1, 2**64])
def test_a_turn_is_a_u64(turn: int) -> None:
    with pytest.raises(TurnOutOfRange):
        sign_message(KEYS[0], payload=b"", **(PLACE | {"turn": turn}))  # type: ignore[arg-type]


def test_what_is_signed_has_32_bytes() -> None:
    with pytest.raises(WordLengthMismatch):
        recover(Hash32(b"\1" * 31), bytes(64) + b"\x1b")
    with pytest.raises(WordLengthMismatch):
        sign_message(KEYS[0], payload=b"", **(PLACE | {"channel_id": b"\1"}))  # type: ignore[arg-type]
