"""Where the rules get the parts of a witness from, and the reader of a witness's bytes.

A source only hands out parts. That they belong to the state is checked by those who ask
(`bisection.verifier.parts`, the rules), whatever the source. The other source is
`bisection.witness.WitnessRecorder`.

Spec: docs/spec/verifier.md, V-3, V-9 to V-15. Mirror: ``WitnessReader.sol``.
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from bisection.errors import WitnessLengthMismatch
from merkle import Hash32
from merkle.proof_bytes import (
    ByteReader,
    read_delete,
    read_get,
    read_put,
    read_seek,
    read_window,
)
from wasm_interp.instructions import WORD_BYTES

if TYPE_CHECKING:
    from merkle import Window
    from merkle.map_proofs import DeleteProof, GetProof, PutProof
    from merkle.seek_proofs import SeekProof

FRAME_BYTES: Final = 69
MESSAGE_HEAD_BYTES: Final = 48
U64_BYTES: Final = 8

_FRAME: Final = struct.Struct(">32s32sIB")
_MESSAGE_HEAD: Final = struct.Struct(">QII32s")
assert _FRAME.size == FRAME_BYTES
assert _MESSAGE_HEAD.size == MESSAGE_HEAD_BYTES


class Tree(Enum):
    """A word tree of the record whose windows a step may ask for."""

    MEMORY = "memory"
    TABLE = "table"
    GLOBALS = "globals"
    LOCALS = "locals"


class CodePath(NamedTuple):
    """The other instruction of the code leaf at pc, and the siblings of that leaf. Spec: V-6."""

    other_half: bytes
    siblings: tuple[Hash32, ...]


class Operands(NamedTuple):
    """The operands on top of the stack, the lowest first, and the chain below them. Spec: V-9."""

    previous: Hash32
    values: tuple[int, ...]


class Frame(NamedTuple):
    """The frame on top, and the chain below it. Spec: V-12, S-3."""

    previous: Hash32
    locals_root: Hash32
    return_pc: int
    locals_depth: int

    def encode(self) -> bytes:
        """Return the 69 bytes whose hash is the chain of frames. Spec: M-2, V-12."""
        return _FRAME.pack(*self)

    @classmethod
    def decode(cls, data: bytes) -> Frame:
        """Return the frame that 69 bytes encode."""
        return cls(*_FRAME.unpack(data))


class MessageHead(NamedTuple):
    """The message without its payload, of which it has length and hash. Spec: V-13, T-1."""

    turn: int
    sender: int
    length: int
    payload_hash: Hash32

    def encode(self) -> bytes:
        """Return the 48 bytes whose hash the record has. Spec: M-2, V-13."""
        return _MESSAGE_HEAD.pack(*self)

    @classmethod
    def decode(cls, data: bytes) -> MessageHead:
        """Return the message head that 48 bytes encode."""
        return cls(*_MESSAGE_HEAD.unpack(data))


class WitnessSource(Protocol):
    """Hands out the parts of a witness, in the order in which the step asks for them.

    The arguments are what the step knows: they fix the part's place and size.
    """

    def code_path(self, pc: int, *, depth: int) -> CodePath:
        """Return what the code leaf at ``pc`` has beside the instruction. Spec: V-6."""

    def operands(self, count: int) -> Operands:
        """Return the ``count`` operands on top, at least one. Spec: V-9."""

    def frame(self) -> Frame:
        """Return the frame on top. Spec: V-12."""

    def message(self) -> MessageHead:
        """Return the message. Spec: V-13."""

    def payload(self, length: int) -> bytes:
        """Return the message's payload of ``length`` bytes. Spec: V-14."""

    def window(self, tree: Tree, *, index: int, count: int, depth: int) -> Window:
        """Return a window of ``tree``. Raises `WindowOutOfRange`. Spec: V-10."""

    def get_proof(self, key: bytes) -> GetProof:
        """Return the proof of what a get of ``key`` finds. Spec: M-37."""

    def put_proof(self, key: bytes) -> PutProof:
        """Return the proof of what a put of ``key`` replaces. Spec: M-38."""

    def delete_proof(self, key: bytes) -> DeleteProof:
        """Return the proof of what a delete of ``key`` removes. Spec: M-39."""

    def seek_proof(self, query: bytes, *, strict: bool) -> SeekProof:
        """Return the proof of what a seek from ``query`` finds. Spec: M-40."""

    def seek_back_proof(self, query: bytes, *, strict: bool) -> SeekProof:
        """Return the proof of what a seek back from ``query`` finds. Spec: M-40."""


class WitnessReader:
    """The source that a verifier has: bytes, which read as zeros beyond their end. Spec: V-3."""

    __slots__ = ("_length", "_reader")

    def __init__(self, witness: bytes) -> None:
        self._reader = ByteReader(witness)
        self._length = len(witness)

    def check_end(self) -> None:
        """Raise `WitnessLengthMismatch` unless the witness was read exactly to its end.

        Spec: V-3, V-8.
        """
        if self._reader.position != self._length:
            raise WitnessLengthMismatch(expected=self._reader.position, actual=self._length)

    def code_path(self, pc: int, *, depth: int) -> CodePath:
        """Read half a leaf and ``depth`` siblings: a window of one leaf has one at each level."""
        other_half = self._reader.take(WORD_BYTES)
        return CodePath(other_half, tuple(self._reader.word() for _ in range(depth)))

    def operands(self, count: int) -> Operands:
        """Read ``previous`` and ``count`` u64."""
        previous = self._reader.word()
        return Operands(previous, struct.unpack(f">{count}Q", self._reader.take(count * U64_BYTES)))

    def frame(self) -> Frame:
        """Read 69 bytes."""
        return Frame.decode(self._reader.take(FRAME_BYTES))

    def message(self) -> MessageHead:
        """Read 48 bytes."""
        return MessageHead.decode(self._reader.take(MESSAGE_HEAD_BYTES))

    def payload(self, length: int) -> bytes:
        """Read ``length`` bytes."""
        return self._reader.take(length)

    def window(self, tree: Tree, *, index: int, count: int, depth: int) -> Window:
        """Read ``count`` leaves and the siblings that their place asks for."""
        return read_window(self._reader, index=index, count=count, depth=depth)

    def get_proof(self, key: bytes) -> GetProof:
        """Read a proof. Raises `ProofKindOutOfRange`, `ValueTooLong`, and others of M-36."""
        return read_get(self._reader, key=key)

    def put_proof(self, key: bytes) -> PutProof:
        """Read a proof. Raises `ProofKindOutOfRange`, and others of M-36."""
        return read_put(self._reader, key=key)

    def delete_proof(self, key: bytes) -> DeleteProof:
        """Read a proof. Raises `ProofKindOutOfRange`, and others of M-36."""
        return read_delete(self._reader, key=key)

    def seek_proof(self, query: bytes, *, strict: bool) -> SeekProof:
        """Read a proof. Raises `ProofKindOutOfRange`, and others of M-36."""
        return read_seek(self._reader, query=query, strict=strict)

    def seek_back_proof(self, query: bytes, *, strict: bool) -> SeekProof:
        """Read a proof: those of a seek back are encoded as those of a seek."""
        return read_seek(self._reader, query=query, strict=strict)
