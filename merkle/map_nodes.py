"""The nodes of an ordered map and their hashes.

Not here: what is done with them (`merkle.ordered_map`), and proofs (`merkle.map_proofs`).

Spec: ``docs/spec/merkle.md#map``, M-17.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from merkle.hashing import Hash32, keccak256
from merkle.key_bits import BITS_PER_BYTE, KEY_BITS_MAX

LEAF_TAG: Final = b"\x00"
BRANCH_TAG: Final = b"\x01"

# Tag and bit index of every branch that there can be, joined once.
_BRANCH_HEADS: Final = tuple(BRANCH_TAG + bit.to_bytes(2, "big") for bit in range(KEY_BITS_MAX))


def leaf_hash(key: bytes, value_hash: Hash32) -> Hash32:
    """Return the hash of the row of ``key`` and the value that hashes to ``value_hash``.

    Spec: M-17, M-22. Mirror: ``OrderedMap.sol:leafHash``.
    """
    return keccak256(LEAF_TAG + keccak256(key) + value_hash)


def branch_hash(bit: int, left: Hash32, right: Hash32) -> Hash32:
    """Return the hash of a branch at ``bit``, in ``0 … 720``, over two nodes.

    Spec: M-17. Mirror: ``OrderedMap.sol:branchHash``.
    """
    return keccak256(_BRANCH_HEADS[bit] + left + right)


class Leaf:
    """A row. ``hash`` is filled in when it is first asked for."""

    __slots__ = ("hash", "key", "value")

    def __init__(self, key: bytes, value: bytes) -> None:
        self.key = key
        self.value = value
        self.hash: Hash32 | None = None


class Branch:
    """A branch at ``bit``: rows with a 0 there on the left, with a 1 on the right (M-18).

    ``byte`` and ``mask`` say the same as ``bit`` in the form that a descent needs: the bit is
    ``(256 | key[byte]) & mask``. ``hash`` is filled in when it is first asked for.
    """

    __slots__ = ("bit", "byte", "hash", "left", "mask", "right")

    def __init__(self, bit: int, left: Node, right: Node) -> None:
        self.bit = bit
        self.byte = bit // BITS_PER_BYTE
        self.mask = 256 >> bit % BITS_PER_BYTE
        self.left = left
        self.right = right
        self.hash: Hash32 | None = None


Node: TypeAlias = Leaf | Branch


def node_hash(node: Node) -> Hash32:
    """Return the hash of ``node``, computing what below it has none yet.

    With an own stack: a map may be 719 branches deep, too deep for recursion.

    Spec: M-17, M-34.
    """
    pending = [node]
    while True:
        top = pending[-1]
        made = top.hash
        if made is None:
            if isinstance(top, Leaf):
                made = top.hash = leaf_hash(top.key, keccak256(top.value))
            elif (left := top.left.hash) is None:
                pending.append(top.left)
                continue
            elif (right := top.right.hash) is None:
                pending.append(top.right)
                continue
            else:
                made = top.hash = branch_hash(top.bit, left, right)
        pending.pop()
        if not pending:
            return made
