"""Calldata: one form for each call, and everything else refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisection.calldata import SELECTOR, StepProof, decode_call, encode_call
from bisection.errors import CalldataNotCanonical, UnknownSelector
from bisection.verifier.one_step import verify_call
from bisection.witness import prove_step
from merkle import Hash32, keccak256
from merkle.errors import WordLengthMismatch
from tests.bisection.machines import scenarios
from wasm_interp.errors import RecordLengthMismatch

PROOF = StepProof(
    pre_state=bytes(range(160)) * 2,
    op=bytes(range(200, 216)),
    witness=b"witness",
    post_state=Hash32(b"\x99" * 32),
)


def words(calldata: bytes) -> list[int]:
    """Return the 32-byte words behind the selector, as a reader of the ABI sees them."""
    return [int.from_bytes(calldata[at : at + 32], "big") for at in range(4, len(calldata), 32)]


def test_the_bytes_are_those_of_the_contract_abi() -> None:
    # By hand from the ABI: heads first (three offsets, one value), then each tail: length, bytes.
    calldata = encode_call(PROOF)
    assert calldata[:4] == keccak256(b"oneStepVerify(bytes,bytes,bytes,bytes32)")[:4]
    body = calldata[4:]
    head = words(calldata)[:4]
    assert head[3] == int.from_bytes(PROOF.post_state, "big")
    tails = []
    for offset in head[:3]:
        length = int.from_bytes(body[offset : offset + 32], "big")
        tails.append(body[offset + 32 : offset + 32 + length])
    assert tails == [PROOF.pre_state, PROOF.op, PROOF.witness]
    assert len(body) % 32 == 0


def test_the_offsets_are_those_of_the_specification() -> None:
    calldata = PROOF.calldata()
    assert words(calldata)[:3] == [0x80, 0x1E0, 0x220]
    assert calldata[100:132] == PROOF.post_state
    assert calldata[164:484] == PROOF.pre_state
    assert calldata[516:532] == PROOF.op
    assert int.from_bytes(calldata[548:580], "big") == 7
    assert calldata[580:] == b"witness".ljust(32, b"\0")


@given(witness=st.binary(max_size=100), op=st.binary(min_size=16, max_size=16))
def test_decoding_undoes_encoding(witness: bytes, op: bytes) -> None:
    proof = replace(PROOF, witness=witness, op=op)
    assert decode_call(proof.calldata()) == proof
    assert proof.calldata_bytes == len(proof.calldata())


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33])
def test_padding_goes_up_to_a_whole_word(length: int) -> None:
    proof = replace(PROOF, witness=b"\xff" * length)
    assert len(proof.calldata()) == 580 + -(-length // 32) * 32
    assert decode_call(proof.calldata()) == proof


# -- unknown selectors -----------------------------------------------------------------------------


def test_another_selector_is_refused_before_anything_else_is_looked_at() -> None:
    with pytest.raises(UnknownSelector) as refusal:
        verify_call(b"\x12\x34\x56\x78" + PROOF.calldata()[4:] + b"rest")
    assert refusal.value.selector == b"\x12\x34\x56\x78"


@pytest.mark.parametrize("length", range(4))
def test_short_calldata_counts_as_followed_by_zeros(length: int) -> None:
    with pytest.raises(UnknownSelector) as refusal:
        verify_call(SELECTOR[:length])
    assert refusal.value.selector == SELECTOR[:length] + bytes(4 - length)


def test_the_selector_is_not_one_that_zeros_complete() -> None:
    # Else a short call would pass for the selector, and the two twins would have to agree on more.
    assert SELECTOR[3] != 0


# -- other forms -----------------------------------------------------------------------------------

FIXED = [*range(4, 100), *range(132, 164), *range(484, 516), *range(532, 580)]
"""The bytes of a call that V-2 fixes, the witness's length among them."""


@pytest.mark.parametrize("at", FIXED)
def test_every_fixed_byte_is_fixed(at: int) -> None:
    calldata = bytearray(PROOF.calldata())
    calldata[at] ^= 0x40
    with pytest.raises(CalldataNotCanonical):
        decode_call(bytes(calldata))


def test_padding_must_be_zero() -> None:
    for at in range(587, 612):
        calldata = bytearray(PROOF.calldata())
        calldata[at] = 1
        with pytest.raises(CalldataNotCanonical):
            decode_call(bytes(calldata))


def test_every_truncation_and_extension_is_refused() -> None:
    calldata = PROOF.calldata()
    for length in range(4, len(calldata)):
        with pytest.raises(CalldataNotCanonical):
            decode_call(calldata[:length])
    for more in (1, 31, 32, 64):
        for fill in (b"\0", b"\x01"):
            with pytest.raises(CalldataNotCanonical):
                decode_call(calldata + fill * more)


@pytest.mark.parametrize("length", [6, 8, 32, 33, 2**32, 2**32 + 7, 2**256 - 1])
def test_the_length_of_the_witness_is_its_length(length: int) -> None:
    calldata = bytearray(PROOF.calldata())
    calldata[548:580] = length.to_bytes(32, "big")
    # 6, 8 and 32 would leave the size as it is: then padding or the step tells.
    if length in {8, 32}:
        assert decode_call(bytes(calldata)).witness == b"witness".ljust(length, b"\0")
        return
    with pytest.raises(CalldataNotCanonical):
        decode_call(bytes(calldata))


# -- lengths that no calldata has ------------------------------------------------------------------


def test_parts_of_other_lengths_are_not_encoded() -> None:
    with pytest.raises(RecordLengthMismatch) as refusal:
        replace(PROOF, pre_state=bytes(319)).calldata()
    assert refusal.value.actual == 319
    with pytest.raises(CalldataNotCanonical):
        replace(PROOF, op=bytes(17)).calldata()
    with pytest.raises(WordLengthMismatch):
        replace(PROOF, post_state=Hash32(bytes(31))).calldata()


# -- what people see -------------------------------------------------------------------------------


def test_a_proof_says_what_it_is_about() -> None:
    proof = prove_step(scenarios()["i32.add"])
    assert repr(proof) == (
        f"StepProof(i32.add at pc=1, from 0x{keccak256(proof.pre_state)[:4].hex()}… "
        f"to 0x{proof.post_state[:4].hex()}…, witness of 96 bytes, calldata of 676)"
    )
    assert "witness" in proof._repr_html_()


def test_a_proof_of_anything_says_something() -> None:
    nonsense = StepProof(pre_state=b"", op=b"", witness=b"", post_state=Hash32(b""))
    assert repr(nonsense).startswith("StepProof(no instruction at pc=0")
