"""Ordered maps: Merkle crit-bit tries of rows as values.

A map is never changed: `put` and `delete` return another that shares all it can. The root depends
on the rows alone and is computed when it is asked for. Nothing here recurses: a map may be 719
branches deep.

Not here: the verification of the proofs made here (`merkle.map_proofs`, `merkle.seek_proofs`).

Spec: ``docs/spec/merkle.md#map``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from merkle.display import full, html_table, short
from merkle.hashing import ZERO_HASH, Hash32, keccak256, short_hex
from merkle.key_bits import bit_at, check_row_key, check_search_key, check_value, first_diff
from merkle.map_nodes import Branch, Leaf, Node, node_hash
from merkle.map_proofs import (
    Absent,
    Delete,
    DeleteProof,
    GetProof,
    Insert,
    Member,
    Path,
    PathBranch,
    PutProof,
    Update,
)
from merkle.seek_proofs import Between, Empty, Equal, First, Last, SeekProof

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Row(NamedTuple):
    """One row. Spec: M-15."""

    key: bytes
    value: bytes

    def __repr__(self) -> str:
        return f"Row({short(self.key)}: {short(self.value)})"

    def _repr_html_(self) -> str:
        return html_table(["key", "value"], [[full(self.key), full(self.value)]])


HTML_ROWS_MAX: Final = 100
"""Rows shown of a map in a notebook."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OrderedMap:
    """Rows in the order of their keys. ``OrderedMap()`` is the empty map.

    Two maps are equal when their roots are, which is when their rows are.

    Spec: M-15 to M-18.
    """

    _node: Node | None = None
    _count: int = 0

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[bytes, bytes]]) -> OrderedMap:
        """Return the map of ``rows``, in any order; of two rows with one key the later counts.

        Raises `KeyLengthOutOfRange`, `ValueTooLong`.

        Spec: M-15, M-18.
        """
        latest = dict(rows)
        for key, value in latest.items():
            check_row_key(key)
            check_value(value)
        leaves = [Leaf(key, latest[key]) for key in sorted(latest)]
        return cls(_trie_of(leaves), len(leaves))

    @property
    def root(self) -> Hash32:
        """The root: zero for the empty map. Spec: M-17."""
        return ZERO_HASH if self._node is None else node_hash(self._node)

    def get(self, key: bytes) -> bytes | None:
        """Return the value of the row ``key``, or None. Raises `KeyLengthOutOfRange`.

        Spec: M-15.
        """
        check_search_key(key)
        node = self._node
        if node is None:
            return None
        length = len(key)
        while isinstance(node, Branch):
            byte = node.byte
            # Beyond its end a key goes left: it is then no row's, and any row will show that.
            on_right = byte < length and (256 | key[byte]) & node.mask
            node = node.right if on_right else node.left
        return node.value if node.key == key else None

    def put(self, key: bytes, value: bytes) -> OrderedMap:
        """Return this map with ``value`` at ``key``, in place of what was there.

        Raises `KeyLengthOutOfRange`, `ValueTooLong`.

        Spec: M-18.
        """
        check_row_key(key)
        check_value(value)
        fresh = Leaf(key, value)
        if self._node is None:
            return OrderedMap(fresh, 1)
        trail, leaf = _descend(self._node, key)
        bit = first_diff(key, leaf.key)
        if bit is None:
            if leaf.value == value:
                return self
            return OrderedMap(_rebuild(trail, leaf, fresh), self._count)
        other = _climb(trail, leaf, bit)
        branch = Branch(bit, other, fresh) if bit_at(key, bit) else Branch(bit, fresh, other)
        return OrderedMap(_rebuild(trail, other, branch), self._count + 1)

    def delete(self, key: bytes) -> OrderedMap:
        """Return this map without the row ``key``, which need not be there.

        Raises `KeyLengthOutOfRange`.

        Spec: M-18.
        """
        check_search_key(key)
        if self._node is None:
            return self
        trail, leaf = _descend(self._node, key)
        if leaf.key != key:
            return self
        if not trail:
            return OrderedMap()
        parent = trail.pop()
        return OrderedMap(_rebuild(trail, parent, _sibling(parent, leaf)), self._count - 1)

    def seek(self, key: bytes, strict: bool = False) -> bytes | None:
        """Return the least key at or after ``key`` (after it, if ``strict``), or None.

        Raises `KeyLengthOutOfRange`.

        Spec: M-28, M-30.
        """
        check_search_key(key)
        if self._node is None:
            return None
        trail, leaf = _descend(self._node, key)
        node: Node = leaf
        bit = first_diff(key, leaf.key)
        if bit is None:
            if not strict:
                return key
        else:
            node = _climb(trail, leaf, bit)
            if not bit_at(key, bit):
                return _first(node)
        # All rows of ``node`` are too low. The next row is right of the last turn to the left.
        while trail:
            parent = trail.pop()
            if parent.left is node:
                return _first(parent.right)
            node = parent
        return None

    def seek_back(self, key: bytes, strict: bool = False) -> bytes | None:
        """Return the greatest key at or before ``key`` (before it, if ``strict``), or None.

        Raises `KeyLengthOutOfRange`.

        Spec: M-29, M-30.
        """
        check_search_key(key)
        if self._node is None:
            return None
        trail, leaf = _descend(self._node, key)
        node: Node = leaf
        bit = first_diff(key, leaf.key)
        if bit is None:
            if not strict:
                return key
        else:
            node = _climb(trail, leaf, bit)
            if bit_at(key, bit):
                return _last(node)
        # All rows of ``node`` are too high. The row before is left of the last turn to the right.
        while trail:
            parent = trail.pop()
            if parent.right is node:
                return _last(parent.left)
            node = parent
        return None

    def items(self) -> Iterator[Row]:
        """Yield the rows, in the order of their keys. Spec: M-15."""
        pending = [] if self._node is None else [self._node]
        while pending:
            node = pending.pop()
            if isinstance(node, Leaf):
                yield Row(node.key, node.value)
            else:
                pending.append(node.right)
                pending.append(node.left)

    def _repr_html_(self) -> str:
        rows = [
            [full(row.key), full(row.value)]
            for row in itertools.islice(self.items(), HTML_ROWS_MAX)
        ]
        return html_table(["key", "value"], rows, caption=repr(self))

    def prove_get(self, key: bytes) -> GetProof:
        """Return the proof of what `get` returns. Raises `KeyLengthOutOfRange`.

        Spec: M-23, M-24.
        """
        check_search_key(key)
        if self._node is None:
            return Absent(None)
        trail, leaf = _descend(self._node, key)
        if leaf.key != key:
            return Absent(_path(trail, leaf))
        return Member(key=key, value=leaf.value, branches=_path_branches(trail, leaf))

    def prove_put(self, key: bytes) -> PutProof:
        """Return the proof of the root after `put`, whatever the value.

        Raises `KeyLengthOutOfRange`.

        Spec: M-25, M-26.
        """
        check_row_key(key)
        if self._node is None:
            return Insert(None)
        trail, leaf = _descend(self._node, key)
        path = _path(trail, leaf)
        return Update(path) if leaf.key == key else Insert(path)

    def prove_delete(self, key: bytes) -> DeleteProof:
        """Return the proof of the root after `delete`. Raises `KeyLengthOutOfRange`.

        Spec: M-27, M-24.
        """
        check_search_key(key)
        if self._node is None:
            return Absent(None)
        trail, leaf = _descend(self._node, key)
        path = _path(trail, leaf)
        return Delete(path) if leaf.key == key else Absent(path)

    def prove_seek(self, key: bytes, strict: bool = False) -> SeekProof:
        """Return the proof of what `seek` returns. Raises `KeyLengthOutOfRange`.

        Spec: M-28, M-30.
        """
        if not strict and key in self:
            return Equal(self._path_of(key))
        return self._prove_gap(before=self.seek_back(key), after=self.seek(key, strict=True))

    def prove_seek_back(self, key: bytes, strict: bool = False) -> SeekProof:
        """Return the proof of what `seek_back` returns. Raises `KeyLengthOutOfRange`.

        Spec: M-29, M-30.
        """
        if not strict and key in self:
            return Equal(self._path_of(key))
        return self._prove_gap(before=self.seek_back(key, strict=True), after=self.seek(key))

    def _prove_gap(self, *, before: bytes | None, after: bytes | None) -> SeekProof:
        """Return the proof that no row stands between two rows; None is beyond the edge."""
        if before is None:
            return Empty() if after is None else First(self._path_of(after))
        if after is None:
            return Last(self._path_of(before))
        return self._between(before, after)

    def _between(self, before: bytes, after: bytes) -> Between:
        """Return the proof that no row stands between two rows that are there. Spec: M-28 (2)."""
        trail, leaf = self._trail_of(before)
        bit = first_diff(before, after)
        # Two rows part at a branch, which is on the way to either.
        above = next(depth for depth, branch in enumerate(trail) if branch.bit == bit)
        parting = trail[above]
        return Between(
            before=_path(trail[above + 1 :], leaf),
            after=_path(*_descend(parting.right, after)),
            shared=_path_branches(trail[:above], parting),
        )

    def _path_of(self, key: bytes) -> Path:
        """Return the path of the row ``key``, which is there."""
        return _path(*self._trail_of(key))

    def _trail_of(self, key: bytes) -> tuple[list[Branch], Leaf]:
        """Return the row ``key``, which is there, and the branches above it, the root first."""
        assert self._node is not None, "an empty map has no rows"
        return _descend(self._node, key)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: bytes) -> bool:
        return self.get(key) is not None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OrderedMap):
            return NotImplemented
        return self._node is other._node or self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)

    def __repr__(self) -> str:
        rows = "1 row" if self._count == 1 else f"{self._count} rows"
        return f"OrderedMap({rows}, root={short_hex(self.root)})"


def _descend(node: Node, key: bytes) -> tuple[list[Branch], Leaf]:
    """Return the leaf to which the bits of ``key`` lead, and the branches passed, the root first.

    If any row has ``key``, it is this leaf. Beyond its end a key goes left.
    """
    trail: list[Branch] = []
    length = len(key)
    while isinstance(node, Branch):
        trail.append(node)
        byte = node.byte
        on_right = byte < length and (256 | key[byte]) & node.mask
        node = node.right if on_right else node.left
    return trail, node


def _climb(trail: list[Branch], leaf: Leaf, bit: int) -> Node:
    """Return the highest node above ``leaf`` whose rows all part from a key at ``bit``.

    Takes off ``trail`` the branches below and at that node, so that its parent is then the last.
    """
    node: Node = leaf
    while trail and trail[-1].bit > bit:
        node = trail.pop()
    return node


def _rebuild(trail: list[Branch], old: Node, new: Node) -> Node:
    """Return the trie with ``new`` in place of ``old``, the node at the end of ``trail``."""
    while trail:
        parent = trail.pop()
        if parent.left is old:
            new = Branch(parent.bit, new, parent.right)
        else:
            new = Branch(parent.bit, parent.left, new)
        old = parent
    return new


def _sibling(parent: Branch, child: Node) -> Node:
    return parent.right if parent.left is child else parent.left


def _path_branches(trail: list[Branch], child: Node) -> tuple[PathBranch, ...]:
    """Return the branches above ``child`` as a path has them. Spec: M-20."""
    branches = []
    for parent in reversed(trail):
        branches.append(PathBranch(parent.bit, node_hash(_sibling(parent, child))))
        child = parent
    return tuple(branches)


def _path(trail: list[Branch], leaf: Leaf) -> Path:
    value_hash = keccak256(leaf.value)
    return Path(key=leaf.key, value_hash=value_hash, branches=_path_branches(trail, leaf))


def _first(node: Node) -> bytes:
    while isinstance(node, Branch):
        node = node.left
    return node.key


def _last(node: Node) -> bytes:
    while isinstance(node, Branch):
        node = node.right
    return node.key


def _trie_of(leaves: list[Leaf]) -> Node | None:
    """Return the trie of ``leaves``, which are in order of their keys.

    From left to right; ``open_branches`` are those whose right side is not complete, with their
    left sides, the topmost first. Two neighbours part at the topmost branch between them, so a
    leaf completes all branches below that bit.
    """
    if not leaves:
        return None
    open_branches: list[tuple[int, Node]] = []
    node: Node = leaves[0]
    for before, leaf in itertools.pairwise(leaves):
        bit = first_diff(before.key, leaf.key)
        assert bit is not None, "keys are distinct"
        while open_branches and open_branches[-1][0] > bit:
            node = Branch(*open_branches.pop(), node)
        open_branches.append((bit, node))
        node = leaf
    while open_branches:
        node = Branch(*open_branches.pop(), node)
    return node
