"""Windows: a run of whole leaves of a word tree with one range proof.

What a verifier runs: it knows a root and a depth, and is given a window. The order of functions is
that of the mirror.

Not here: trees and the making of windows (`merkle.word_tree`), their bytes (`merkle.proof_bytes`).

Spec: ``docs/spec/merkle.md#window``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from merkle.display import Shown
from merkle.errors import (
    DepthOutOfRange,
    LeafCountMismatch,
    RootMismatch,
    SiblingCountMismatch,
    WindowOutOfRange,
)
from merkle.hashing import Hash32, check_word, keccak256

if TYPE_CHECKING:
    from collections.abc import Sequence

DEPTH_MAX: Final = 32


def check_depth(depth: int) -> None:
    """Raise `DepthOutOfRange` unless ``depth`` is in ``0 … 32``.

    Spec: M-3. Mirror: ``MachineRecord.sol:checkDepths``.
    """
    if not 0 <= depth <= DEPTH_MAX:
        raise DepthOutOfRange(depth=depth)


def check_range(index: int, count: int, depth: int) -> None:
    """Refuse a window that is empty or leaves a tree of ``depth``.

    Raises `DepthOutOfRange`, `WindowOutOfRange`.

    Spec: M-9. Mirror: ``WordTree.sol:checkRange``.
    """
    check_depth(depth)
    if index < 0 or count < 1 or index + count > 1 << depth:
        raise WindowOutOfRange(index=index, count=count, depth=depth)


def sibling_count(index: int, count: int, depth: int) -> int:
    """Return how many siblings the window of ``count`` leaves at ``index`` has.

    Raises `DepthOutOfRange`, `WindowOutOfRange`.

    Spec: M-11. Mirror: none, a fold reads what it asks for.
    """
    check_range(index, count, depth)
    first, last = index, index + count - 1
    total = 0
    for _ in range(depth):
        # A left sibling when the run starts on an odd node, a right one when it ends on an even.
        total += (first & 1) + (~last & 1)
        first >>= 1
        last >>= 1
    return total


def fold(leaves: Sequence[bytes], siblings: Sequence[Hash32], *, index: int, depth: int) -> Hash32:
    """Return the root that ``leaves`` at ``index`` imply with ``siblings``.

    Raises `DepthOutOfRange`, `WindowOutOfRange`, `SiblingCountMismatch`, `WordLengthMismatch`.

    Spec: M-10, M-11. Mirror: ``WordTree.sol:fold``.
    """
    expected = sibling_count(index, len(leaves), depth)
    if len(siblings) != expected:
        raise SiblingCountMismatch(expected=expected, actual=len(siblings))
    for word in (*leaves, *siblings):
        check_word(word)
    nodes = list(leaves)
    position = index
    taken = 0
    for _ in range(depth):
        if position & 1:
            nodes.insert(0, siblings[taken])
            taken += 1
            position -= 1
        if len(nodes) & 1:
            nodes.append(siblings[taken])
            taken += 1
        nodes = [keccak256(nodes[i] + nodes[i + 1]) for i in range(0, len(nodes), 2)]
        position >>= 1
    return Hash32(nodes[0])


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Window(Shown):
    """A run of whole leaves and the siblings that lead from it to the root.

    ``leaves`` are 32 raw bytes each, the first at ``index``; ``siblings`` stand in the order in
    which the fold takes them. The depth is no field: it is committed beside the root (M-5).

    Spec: M-9. Mirror: ``WordTree.sol:openWindow``.
    """

    index: int
    leaves: tuple[bytes, ...]
    siblings: tuple[Hash32, ...]

    def root(self, depth: int) -> Hash32:
        """Return the root that the window implies in a tree of ``depth``.

        Raises as `fold` does.

        Spec: M-10. Mirror: ``WordTree.sol:openWindow``.
        """
        return fold(self.leaves, self.siblings, index=self.index, depth=depth)

    def updated_root(self, new_leaves: Sequence[bytes], depth: int) -> Hash32:
        """Return the root after ``new_leaves`` took the place of the window's leaves.

        It means something only after `root` or `open_window` gave the root before.
        Raises `LeafCountMismatch`, and as `fold` does.

        Spec: M-12. Mirror: ``WordTree.sol:updateWindow``.
        """
        if len(new_leaves) != len(self.leaves):
            raise LeafCountMismatch(expected=len(self.leaves), actual=len(new_leaves))
        return fold(new_leaves, self.siblings, index=self.index, depth=depth)


def open_window(root: Hash32, window: Window, *, depth: int) -> tuple[bytes, ...]:
    """Return the leaves of ``window``, shown to stand in the tree of ``root`` and ``depth``.

    Raises `RootMismatch`, and as `fold` does.

    Spec: M-10. Mirror: ``WordTree.sol:openWindow``.
    """
    actual = window.root(depth)
    if actual != root:
        raise RootMismatch(expected=root, actual=actual)
    return window.leaves
