"""Word trees: binary Merkle trees of 32-byte leaves as values.

A tree is never changed: an update shares all it can with the tree before. Roots are computed when
they are asked for and kept. Everything that is zero is one shared subtree per level.

Not here: what a verifier does with a window (`merkle.window`), and what the leaves mean.

Spec: ``docs/spec/merkle.md#word-tree``.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from merkle.hashing import HASH_BYTES, ZERO_HASH, Hash32, check_word, keccak256, short_hex
from merkle.window import DEPTH_MAX, Window, check_depth, check_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEAF_BYTES: Final = HASH_BYTES

# A `_Node` above level 0, `bytes` at level 0. The level, which every function here carries, tells
# which: a union would cost a test of the type at each level of each update.
_Tree: TypeAlias = Any


class _Node:
    """An inner node. ``hash`` is filled in when it is first asked for and never changes then."""

    __slots__ = ("hash", "left", "right")

    def __init__(self, left: _Tree, right: _Tree) -> None:
        self.left = left
        self.right = right
        self.hash: Hash32 | None = None


def _root_of(node: _Tree, level: int) -> Hash32:
    """Return the root of ``node``, a tree of depth ``level``. Spec: M-4."""
    if level == 0:
        leaf: Hash32 = node
        return leaf
    found: Hash32 | None = node.hash
    if found is None:
        level -= 1
        found = keccak256(_root_of(node.left, level) + _root_of(node.right, level))
        node.hash = found
    return found


def _zero_trees() -> tuple[_Tree, ...]:
    trees: list[_Tree] = [ZERO_HASH]
    for level in range(1, DEPTH_MAX + 1):
        trees.append(_Node(trees[-1], trees[-1]))
        _root_of(trees[-1], level)
    return tuple(trees)


_ZERO_TREES: Final = _zero_trees()


def depth_for(leaf_count: int) -> int:
    """Return the least depth whose tree has room for ``leaf_count`` leaves.

    Raises `DepthOutOfRange` above ``2**32`` leaves.

    Spec: M-7. Mirror: ``WordTree.sol:depthFor``.
    """
    depth = max(leaf_count - 1, 0).bit_length()
    check_depth(depth)
    return depth


def zero_root(depth: int) -> Hash32:
    """Return the root of the all-zero tree of ``depth``. Raises `DepthOutOfRange`.

    Spec: M-6. Mirror: ``WordTree.sol:zeroRoot``.
    """
    check_depth(depth)
    return _root_of(_ZERO_TREES[depth], depth)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WordTree:
    """A tree of ``2**depth`` leaves. Make one with `zero` or `from_bytes`.

    Two trees are equal when their depths and roots are.

    Spec: M-3 to M-8.
    """

    depth: int
    _node: _Tree

    @classmethod
    def zero(cls, depth: int) -> WordTree:
        """Return the tree of ``depth`` whose leaves are all zero. Raises `DepthOutOfRange`.

        Spec: M-6.
        """
        check_depth(depth)
        return cls(depth, _ZERO_TREES[depth])

    @classmethod
    def from_bytes(cls, data: bytes, *, depth: int) -> WordTree:
        """Return the tree of ``depth`` with ``data`` in its first leaves, the rest zero.

        Raises `DepthOutOfRange`, and `WindowOutOfRange` when ``data`` does not fit.

        Spec: M-6, M-8.
        """
        if not data:
            return cls.zero(depth)
        check_range(0, -(-len(data) // LEAF_BYTES), depth)
        return cls(depth, _tree_of_bytes(data.rstrip(b"\0"), depth))

    @property
    def root(self) -> Hash32:
        """The root: the leaf itself at depth 0. Spec: M-4."""
        return _root_of(self._node, self.depth)

    def leaf(self, index: int) -> bytes:
        """Return the 32 bytes at ``index``. Raises `WindowOutOfRange`.

        Spec: M-3.
        """
        check_range(index, 1, self.depth)
        node = self._node
        for level in range(self.depth - 1, -1, -1):
            node = node.right if index >> level & 1 else node.left
        found: bytes = node
        return found

    def with_leaves(self, leaves: Mapping[int, bytes]) -> WordTree:
        """Return this tree with the leaf at each index of ``leaves`` replaced.

        Each inner node on the way is copied once, however many leaves are below it.
        Raises `WindowOutOfRange`, `WordLengthMismatch`.

        Spec: M-12.
        """
        if not leaves:
            return self
        for index, leaf in leaves.items():
            check_range(index, 1, self.depth)
            check_word(leaf)
        if len(leaves) == 1:
            return WordTree(self.depth, _with_leaf(self._node, self.depth, index, leaf))
        run = _Run(leaves)
        return WordTree(self.depth, run.replaced(self._node, self.depth, 0, len(leaves)))

    def with_parts(self, parts: Mapping[int, bytes], *, depth: int) -> WordTree:
        """Return this tree with whole subtrees of ``depth`` replaced, part ``i`` from its data.

        For large changes this is several times as fast as leaf by leaf. Data that is shorter than
        a part has zeros behind it. Raises `WindowOutOfRange`.

        Spec: M-8, M-12.
        """
        if not parts:
            return self
        assert depth <= self.depth, "a part is no larger than its tree"
        for index, data in parts.items():
            check_range(index, 1, self.depth - depth)
            check_range(0, max(1, -(-len(data) // LEAF_BYTES)), depth)
        run = _Run({at: _tree_of_bytes(data.rstrip(b"\0"), depth) for at, data in parts.items()})
        return WordTree(self.depth, run.replaced(self._node, self.depth - depth, 0, len(parts)))

    def deepened(self, depth: int) -> WordTree:
        """Return the tree of ``depth``, at least this one's, with zero leaves behind these.

        Raises `DepthOutOfRange`.

        Spec: M-35. Mirror: ``WordTree.sol:deepenedRoot``.
        """
        check_depth(depth)
        assert depth >= self.depth, "a tree only grows"
        node = self._node
        for level in range(self.depth, depth):
            node = _Node(node, _ZERO_TREES[level])
        return WordTree(depth, node)

    def window(self, index: int, count: int) -> Window:
        """Return the window of ``count`` leaves at ``index``. Raises `WindowOutOfRange`.

        Spec: M-9 to M-11.
        """
        check_range(index, count, self.depth)
        nodes: list[_Tree] = [self._node]
        siblings: list[Hash32] = []
        last = index + count - 1
        # From the root down, each level drops what the window does not cover. What is dropped is
        # what the fold takes back, in reverse: so a right sibling is noted before a left one.
        for level in range(self.depth - 1, -1, -1):
            nodes = [child for node in nodes for child in (node.left, node.right)]
            if not last >> level & 1:
                siblings.append(_root_of(nodes.pop(), level))
            if index >> level & 1:
                siblings.append(_root_of(nodes.pop(0), level))
        siblings.reverse()
        return Window(index=index, leaves=tuple(nodes), siblings=tuple(siblings))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WordTree):
            return NotImplemented
        return self.depth == other.depth and self.root == other.root

    def __hash__(self) -> int:
        return hash((self.depth, self.root))

    def __repr__(self) -> str:
        return f"WordTree(depth={self.depth}, root={short_hex(self.root)})"


def diff(before: WordTree, after: WordTree) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield ``(index, leaf before, leaf after)`` where two trees differ, in order of index.

    Walks only what changed: what is shared, or has one root, is passed over. Both trees have one
    depth; anything else is a mistake of the caller.

    Spec: M-4.
    """
    assert before.depth == after.depth, "trees of different depths have no common leaves"
    pending: list[tuple[_Tree, _Tree, int, int]] = [(before._node, after._node, before.depth, 0)]
    while pending:
        one, other, level, index = pending.pop()
        if one is other or _root_of(one, level) == _root_of(other, level):
            continue
        if level == 0:
            yield index, one, other
            continue
        level -= 1
        pending.append((one.right, other.right, level, index | 1 << level))
        pending.append((one.left, other.left, level, index))


def _tree_of_bytes(data: bytes, depth: int) -> _Tree:
    """Return the tree of ``depth`` with ``data`` in its first leaves. Spec: M-8."""
    zero: _Tree = ZERO_HASH
    nodes: list[_Tree] = [data[i : i + LEAF_BYTES] for i in range(0, len(data), LEAF_BYTES)]
    if not nodes:
        return _ZERO_TREES[depth]
    nodes[-1] = nodes[-1].ljust(LEAF_BYTES, b"\0")
    # Zero leaves become the one shared object, so that zero subtrees are found by identity.
    nodes = [zero if leaf == zero else leaf for leaf in nodes]
    for level in range(depth):
        zero = _ZERO_TREES[level]
        if len(nodes) & 1:
            nodes.append(zero)
        above = _ZERO_TREES[level + 1]
        pairs = zip(nodes[::2], nodes[1::2], strict=True)
        nodes = [above if one is zero and two is zero else _Node(one, two) for one, two in pairs]
    return nodes[0]


def _with_leaf(node: _Tree, depth: int, index: int, leaf: _Tree) -> _Tree:
    """Return the tree ``node`` of ``depth`` with one leaf replaced."""
    trail = []
    for level in range(depth - 1, -1, -1):
        trail.append(node)
        node = node.right if index >> level & 1 else node.left
    made: _Tree = leaf
    while trail:
        node = trail.pop()
        made = _Node(node.left, made) if index & 1 else _Node(made, node.right)
        index >>= 1
    return made


class _Run:
    """Leaves to replace, by ascending index; or parts of one depth, which stand for leaves."""

    __slots__ = ("indices", "leaves")

    def __init__(self, leaves: Mapping[int, _Tree]) -> None:
        self.indices = sorted(leaves)
        self.leaves = leaves

    def replaced(self, node: _Tree, level: int, start: int, end: int) -> _Tree:
        """Return the tree ``node`` with the leaves ``start`` to ``end`` of the run, all in it.

        The recursion is no deeper than the tree: at most 32.
        """
        if end - start == 1:
            index = self.indices[start]
            return _with_leaf(node, level, index, self.leaves[index])
        level -= 1
        first_on_right = ((self.indices[start] >> level) | 1) << level
        middle = bisect_left(self.indices, first_on_right, start, end)
        left, right = node.left, node.right
        if middle > start:
            left = self.replaced(left, level, start, middle)
        if middle < end:
            right = self.replaced(right, level, middle, end)
        return _Node(left, right)
