"""A call of the verifier, and its one canonical form as calldata.

The bytes are those of the contract ABI, which leaves a caller many ways to say the same: here there
is one, so that a call can be hashed, priced and compared.

Spec: docs/spec/verifier.md, V-1, V-2. Mirror: ``OneStepVerifier.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bisection.errors import CalldataNotCanonical, UnknownSelector
from merkle import Hash32, keccak256
from merkle.display import Shown
from merkle.hashing import HASH_BYTES, check_word, short_hex
from wasm_interp.errors import RecordLengthMismatch
from wasm_interp.instructions import INSTRUCTIONS, WORD_BYTES, decode_word
from wasm_interp.state import RECORD_BYTES

SIGNATURE: Final = b"oneStepVerify(bytes,bytes,bytes,bytes32)"
SELECTOR_BYTES: Final = 4
SELECTOR: Final = keccak256(SIGNATURE)[:SELECTOR_BYTES]

NO_INSTRUCTION: Final = bytes(WORD_BYTES)
"""The ``op`` of a step that fetches none. Spec: V-5."""

ABI_WORD_BYTES: Final = 32
WITNESS_LENGTH_END: Final = 2**32
WITNESS_AT: Final = 580
"""Where the witness begins, and so the size of a call that has none."""


def abi_word(value: int) -> bytes:
    """Return ``value`` as the ABI has numbers: 32 bytes, big-endian."""
    return value.to_bytes(ABI_WORD_BYTES, "big")


_OFFSETS: Final = abi_word(0x80) + abi_word(0x1E0) + abi_word(0x220)
_PRE_STATE_LENGTH: Final = abi_word(RECORD_BYTES)
_OP_LENGTH: Final = abi_word(WORD_BYTES)
_OP_PADDING: Final = bytes(ABI_WORD_BYTES - WORD_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StepProof(Shown):
    """The claim that one step leads from one state to another, and what shows it: a call.

    ``pre_state`` is the record of 320 bytes, ``op`` the instruction word at its pc, 16 bytes (zero
    where the step fetches none), ``post_state`` the state hash after the step. Whether the claim is
    true, `bisection.verifier.one_step` says.

    Spec: V-1.
    """

    pre_state: bytes
    op: bytes
    witness: bytes
    post_state: Hash32

    def calldata(self) -> bytes:
        """Return the call of the contract. Raises as `encode_call` does. Spec: V-2."""
        return encode_call(self)

    @property
    def calldata_bytes(self) -> int:
        """The size of the call. Spec: V-2."""
        return WITNESS_AT + len(self.witness) + padding_bytes(len(self.witness))

    def __repr__(self) -> str:
        word = decode_word(self.op) if len(self.op) == WORD_BYTES else None
        name = "no instruction" if word is None else INSTRUCTIONS[word.code].name
        return (
            f"StepProof({name} at pc={int.from_bytes(self.pre_state[10:14], 'big')}, "
            f"from {short_hex(keccak256(self.pre_state))} to {short_hex(self.post_state)}, "
            f"witness of {len(self.witness)} bytes, calldata of {self.calldata_bytes})"
        )


def padding_bytes(length: int) -> int:
    """Return how many zero bytes follow ``length`` bytes in the ABI. Spec: V-2."""
    return -length % ABI_WORD_BYTES


def encode_call(proof: StepProof) -> bytes:
    """Return ``proof`` as calldata.

    Raises `RecordLengthMismatch`, `WordLengthMismatch`, and `CalldataNotCanonical` for an ``op`` or
    a ``witness`` whose length no calldata may have.

    Spec: V-2.
    """
    if len(proof.pre_state) != RECORD_BYTES:
        raise RecordLengthMismatch(actual=len(proof.pre_state))
    check_word(proof.post_state)
    length = len(proof.witness)
    if len(proof.op) != WORD_BYTES or length >= WITNESS_LENGTH_END:
        raise CalldataNotCanonical
    return b"".join(
        (
            *(SELECTOR, _OFFSETS, proof.post_state),
            *(_PRE_STATE_LENGTH, proof.pre_state),
            *(_OP_LENGTH, proof.op, _OP_PADDING),
            *(abi_word(length), proof.witness, bytes(padding_bytes(length))),
        )
    )


def decode_call(calldata: bytes) -> StepProof:
    """Return the proof that ``calldata`` is, in its one canonical form.

    Raises `UnknownSelector`, `CalldataNotCanonical`.

    Spec: V-2. Mirror: ``OneStepVerifier.sol:decodeCall``.
    """
    selector = calldata[:SELECTOR_BYTES].ljust(SELECTOR_BYTES, b"\0")
    if selector != SELECTOR:
        raise UnknownSelector(selector=selector)
    length = int.from_bytes(calldata[548:WITNESS_AT], "big")
    end = WITNESS_AT + length
    # The size is checked first: slices of what is too short would be short, too.
    if not (
        length < WITNESS_LENGTH_END
        and len(calldata) == end + padding_bytes(length)
        and calldata[4:100] == _OFFSETS
        and calldata[132:164] == _PRE_STATE_LENGTH
        and calldata[484:516] == _OP_LENGTH
        and calldata[532:548] == _OP_PADDING
        and not any(calldata[end:])
    ):
        raise CalldataNotCanonical
    return StepProof(
        pre_state=calldata[164:484],
        op=calldata[516:532],
        witness=calldata[WITNESS_AT:end],
        post_state=Hash32(calldata[100 : 100 + HASH_BYTES]),
    )
