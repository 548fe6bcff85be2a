"""The root of the project's errors, and the errors of trees and proofs.

One class per cause, its fields the facts of the case, its sentence the message that a user reads.
Verifier contracts use the same names and fields as custom errors.

Not here: errors of modules, traps and messages (`wasm_interp.errors`). A bug of ours is an
`AssertionError` and is never caught.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from merkle.hashing import Hash32


class ChannelsError(Exception):
    """Something outside this code is at fault: a module, a message, a proof, a file.

    Subclasses are dataclasses; ``sentence`` is a format string over their fields.
    """

    sentence: ClassVar[str]

    def __str__(self) -> str:
        return self.sentence.format_map({name: _shown(fact) for name, fact in vars(self).items()})


def _shown(fact: object) -> object:
    return f"0x{fact.hex()}" if isinstance(fact, bytes) else fact


class ProofError(ChannelsError):
    """A proof does not show what it claims."""


@dataclass(eq=False)
class WindowOutOfRange(ProofError):
    """A window is empty or leaves its tree (M-9)."""

    sentence = "window of {count} leaves at {index} does not fit a tree of depth {depth}"

    index: int
    count: int
    depth: int


@dataclass(eq=False)
class SiblingCountMismatch(ProofError):
    """A window has more or fewer siblings than its place asks for (M-11)."""

    sentence = "window has {actual} siblings where {expected} are asked for"

    expected: int
    actual: int


@dataclass(eq=False)
class LeafCountMismatch(ProofError):
    """An update gives a window more or fewer leaves than it has (M-12)."""

    sentence = "update has {actual} leaves for a window of {expected}"

    expected: int
    actual: int


@dataclass(eq=False)
class DepthOutOfRange(ProofError):
    """A word tree is deeper than 32, or its depth is negative (M-3)."""

    sentence = "depth {depth} is not between 0 and 32"

    depth: int


@dataclass(eq=False)
class WordLengthMismatch(ProofError):
    """A hash or a leaf is not of 32 bytes (M-33)."""

    sentence = "word of {actual} bytes where 32 are asked for"

    actual: int


@dataclass(eq=False)
class RootMismatch(ProofError):
    """A proof folds to another root."""

    sentence = "proof folds to {actual}, not to the root {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class ChainMismatch(ProofError):
    """Items and the chain below them are not the top of this chain (M-14)."""

    sentence = "items give the chain {actual}, not {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class KeyLengthOutOfRange(ProofError):
    """A key is too long, or a row's key is empty (M-15)."""

    sentence = "key of {length} bytes is not between {least} and 80 bytes"

    length: int
    least: int


@dataclass(eq=False)
class ValueTooLong(ProofError):
    """A value is longer than a row allows (M-15)."""

    sentence = "value of {length} bytes is longer than 1024 bytes"

    length: int


@dataclass(eq=False)
class PathNotDescending(ProofError):
    """The bit indices of a path do not decrease, or leave the part that it may have (M-20).

    The bit is to be at least ``least`` and below ``limit``, which is the bit of the branch before.
    """

    sentence = "bit {bit} of a path is not between {least} and {limit}"

    bit: int
    least: int
    limit: int


@dataclass(eq=False)
class ProofKindOutOfRange(ProofError):
    """The first byte of a proof is no kind of proof that the operation has (M-37 to M-40)."""

    sentence = "proof of kind {kind}, which is none of this operation's"

    kind: int


@dataclass(eq=False)
class KeyMismatch(ProofError):
    """A proof is about another key than the one in question (M-23, M-25, M-27, M-28)."""

    sentence = "proof is about key {actual}, not {expected}"

    expected: bytes
    actual: bytes


@dataclass(eq=False)
class KeyPresent(ProofError):
    """A row with this very key is shown as proof that there is none (M-24)."""

    sentence = "key {key} is shown to be present, not absent"

    key: bytes


@dataclass(eq=False)
class BitOnPath(ProofError):
    """A row shown for absence branches where the key leaves it, so the key may be there (M-24)."""

    sentence = "key {key} leaves the path at bit {bit}, which is a branch of the path"

    key: bytes
    bit: int


@dataclass(eq=False)
class MapNotEmpty(ProofError):
    """A map that has rows is claimed to be empty (M-24, M-28)."""

    sentence = "map with root {root} is not empty"

    root: Hash32


@dataclass(eq=False)
class KeyOutOfOrder(ProofError):
    """Two keys of a seek are not in the order that the answer needs (M-28, M-30)."""

    sentence = "key {lesser} does not come before key {greater}"

    lesser: bytes
    greater: bytes


@dataclass(eq=False)
class RowNotAtEdge(ProofError):
    """There may be rows beyond one that is claimed to be the first or the last (M-28)."""

    sentence = "row {key} is not the first or the last: it stands inside at bit {bit}"

    key: bytes
    bit: int


@dataclass(eq=False)
class UnknownKeccakBackend(ChannelsError):
    """The environment asks for a Keccak implementation that there is not."""

    sentence = "CHANNELS_KECCAK={name} is none of pysha3, pycryptodome"

    name: str
