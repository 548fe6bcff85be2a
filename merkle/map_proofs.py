"""Proofs about the rows of an ordered map, and what a verifier does with them.

A verifier knows a root and what is asked of the map; it is given a proof, and either learns the
answer or raises. Each ``check_`` function is one rule; of several broken rules, M-36 says which is
named. The order of functions is the mirror's.

Sound for roots that come from rows; never sign a root that you did not compute (M-31).

Not here: proofs of order (`merkle.seek_proofs`), the bytes of proofs (`merkle.proof_bytes`), the
making of proofs (`merkle.ordered_map`).

Spec: ``docs/spec/merkle.md#map-proofs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from merkle.display import Shown
from merkle.errors import (
    BitOnPath,
    KeyMismatch,
    KeyPresent,
    MapNotEmpty,
    PathNotDescending,
    RootMismatch,
)
from merkle.hashing import ZERO_HASH, Hash32, check_word, keccak256
from merkle.key_bits import (
    bit_at,
    bit_count,
    check_row_key,
    check_search_key,
    check_value,
    first_diff,
)
from merkle.map_nodes import branch_hash, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Sequence


class PathBranch(NamedTuple):
    """One branch on the way from a row to the root: its bit, and its child on the other side."""

    bit: int
    sibling: Hash32


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Path(Shown):
    """A row and the branches above it, the row's parent first. Spec: M-20, M-22."""

    key: bytes
    value_hash: Hash32
    branches: tuple[PathBranch, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Member(Shown):
    """A row with its value, and the branches above it. Spec: M-23."""

    key: bytes
    value: bytes
    branches: tuple[PathBranch, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Absent(Shown):
    """A row beside which a key would stand if it were there; None in the empty map. Spec: M-24."""

    neighbour: Path | None


@dataclass(frozen=True, slots=True, repr=False)
class Update(Shown):
    """The row whose value is replaced. Spec: M-25."""

    path: Path


@dataclass(frozen=True, slots=True, repr=False)
class Insert(Shown):
    """A row beside which a new one is put; None in the empty map. Spec: M-26."""

    neighbour: Path | None


@dataclass(frozen=True, slots=True, repr=False)
class Delete(Shown):
    """The row that is taken out. Spec: M-27."""

    path: Path


GetProof: TypeAlias = Member | Absent
PutProof: TypeAlias = Update | Insert
DeleteProof: TypeAlias = Delete | Absent


def check_branch(branch: PathBranch, *, least: int, limit: int) -> None:
    """Raise `PathNotDescending` unless ``branch`` is at a bit from ``least`` to below ``limit``.

    Spec: M-20, M-33. Mirror: ``OrderedMap.sol:checkBranch``.
    """
    check_word(branch.sibling)
    if not least <= branch.bit < limit:
        raise PathNotDescending(bit=branch.bit, least=least, limit=limit)


def check_descending(branches: Sequence[PathBranch], *, limit: int) -> None:
    """Raise `PathNotDescending` unless ``branches`` descend from below bit ``limit``.

    Spec: M-20. Mirror: ``OrderedMap.sol:checkDescending``.
    """
    for branch in branches:
        check_branch(branch, least=0, limit=limit)
        limit = branch.bit


def check_key(actual: bytes, *, expected: bytes) -> None:
    """Raise `KeyMismatch` unless a proof is about the key in question.

    Spec: M-23, M-25, M-27, M-28. Mirror: none, proofs repeat no key.
    """
    if actual != expected:
        raise KeyMismatch(expected=expected, actual=actual)


def check_off_path(path: Path, *, key: bytes, bit: int) -> None:
    """Raise `BitOnPath` if ``path`` branches at ``bit``, where ``key`` leaves it.

    Raises `PathNotDescending` if that comes first: the branches are walked once.

    Spec: M-24, M-20, M-36. Mirror: ``OrderedMap.sol:checkOffPath``.
    """
    limit = bit_count(path.key)
    for branch in path.branches:
        check_branch(branch, least=0, limit=limit)
        if branch.bit == bit:
            raise BitOnPath(key=key, bit=bit)
        limit = branch.bit


def check_row(path: Path) -> None:
    """Raise `KeyLengthOutOfRange` or `WordLengthMismatch` if ``path`` shows what is no row.

    Spec: M-15, M-33. Mirror: none, a contract reads keys of these lengths only.
    """
    check_row_key(path.key)
    check_word(path.value_hash)


def check_empty(root: Hash32) -> None:
    """Raise `MapNotEmpty` unless ``root`` is that of the empty map.

    Spec: M-17. Mirror: ``OrderedMap.sol:checkEmpty``.
    """
    if root != ZERO_HASH:
        raise MapNotEmpty(root=root)


def check_root(root: Hash32, actual: Hash32) -> None:
    """Raise `RootMismatch` unless a proof folds to ``root``.

    Spec: M-21, M-23. Mirror: ``WordTree.sol:checkRoot``.
    """
    if actual != root:
        raise RootMismatch(expected=root, actual=actual)


def fold(node: Hash32, *, key: bytes, branches: Sequence[PathBranch]) -> Hash32:
    """Return the root above ``node``, which stands at each of ``branches`` as ``key`` says.

    Spec: M-21. Mirror: ``OrderedMap.sol:fold``.
    """
    for bit, sibling in branches:
        if bit_at(key, bit):
            node = branch_hash(bit, sibling, node)
        else:
            node = branch_hash(bit, node, sibling)
    return node


def fold_path(path: Path) -> Hash32:
    """Return the root above the row at the foot of ``path``.

    Spec: M-21. Mirror: ``OrderedMap.sol:foldAll``.
    """
    return fold(leaf_hash(path.key, path.value_hash), key=path.key, branches=path.branches)


def verify_path(root: Hash32, path: Path) -> None:
    """Show that the map has the row at the foot of ``path``.

    Raises `KeyLengthOutOfRange`, `WordLengthMismatch`, `PathNotDescending`, `RootMismatch`.

    Spec: M-20 to M-23. Mirror: ``OrderedMap.sol:verifyPath``.
    """
    check_row(path)
    check_descending(path.branches, limit=bit_count(path.key))
    check_root(root, fold_path(path))


def verify_member(root: Hash32, proof: Member, *, key: bytes) -> bytes:
    """Return the value of the row ``key``.

    Raises `KeyMismatch`, `ValueTooLong`, and as `verify_path` does.

    Spec: M-23. Mirror: ``OrderedMap.sol:verifyMember``.
    """
    check_key(proof.key, expected=key)
    check_value(proof.value)
    value_hash = keccak256(proof.value)
    verify_path(root, Path(key=proof.key, value_hash=value_hash, branches=proof.branches))
    return proof.value


def verify_neighbour(root: Hash32, path: Path, *, key: bytes) -> int:
    """Return the bit at which ``key`` leaves ``path``, having shown that no row is there.

    Raises `KeyPresent`, `BitOnPath`, and as `verify_path` does.

    Spec: M-24, M-36. Mirror: ``OrderedMap.sol:verifyNeighbour``.
    """
    check_row(path)
    bit = first_diff(key, path.key)
    if bit is None:
        raise KeyPresent(key=key)
    check_off_path(path, key=key, bit=bit)
    check_root(root, fold_path(path))
    return bit


def verify_absent(root: Hash32, proof: Absent, *, key: bytes) -> None:
    """Show that the map has no row ``key``, which may be empty.

    Raises `KeyLengthOutOfRange`, `MapNotEmpty`, and as `verify_neighbour` does.

    Spec: M-24. Mirror: ``OrderedMap.sol:verifyAbsent``.
    """
    check_search_key(key)
    if proof.neighbour is None:
        check_empty(root)
    else:
        verify_neighbour(root, proof.neighbour, key=key)


def verify_update(root: Hash32, proof: Update, *, key: bytes, value: bytes) -> Hash32:
    """Return the root after the row ``key`` got ``value``.

    Raises `KeyMismatch`, `ValueTooLong`, and as `verify_path` does.

    Spec: M-25. Mirror: ``OrderedMap.sol:verifyUpdate``.
    """
    check_value(value)
    check_key(proof.path.key, expected=key)
    verify_path(root, proof.path)
    return fold(leaf_hash(key, keccak256(value)), key=key, branches=proof.path.branches)


def verify_insert(root: Hash32, proof: Insert, *, key: bytes, value: bytes) -> Hash32:
    """Return the root after the new row of ``key`` and ``value`` was put in.

    Raises `KeyLengthOutOfRange`, `ValueTooLong`, `MapNotEmpty`, and as `verify_neighbour` does.

    Spec: M-26. Mirror: ``OrderedMap.sol:verifyInsert``.
    """
    check_row_key(key)
    check_value(value)
    leaf = leaf_hash(key, keccak256(value))
    path = proof.neighbour
    if path is None:
        check_empty(root)
        return leaf
    bit = verify_neighbour(root, path, key=key)
    below = [branch for branch in path.branches if branch.bit > bit]
    above = [branch for branch in path.branches if branch.bit < bit]
    other = fold(leaf_hash(path.key, path.value_hash), key=path.key, branches=below)
    # The new branch holds exactly the rows that agree with the key before this bit.
    branch = fold(leaf, key=key, branches=[PathBranch(bit, other)])
    return fold(branch, key=key, branches=above)


def verify_delete(root: Hash32, proof: DeleteProof, *, key: bytes) -> Hash32:
    """Return the root without the row ``key``: the same root if it is shown to be absent.

    Raises `KeyMismatch`, and as `verify_path` and `verify_absent` do.

    Spec: M-27, M-24. Mirror: ``OrderedMap.sol:verifyDelete``.
    """
    if isinstance(proof, Absent):
        verify_absent(root, proof, key=key)
        return root
    check_key(proof.path.key, expected=key)
    verify_path(root, proof.path)
    if not proof.path.branches:
        return ZERO_HASH
    parent, *above = proof.path.branches
    return fold(parent.sibling, key=key, branches=above)


def verify_get(root: Hash32, proof: GetProof, *, key: bytes) -> bytes | None:
    """Return the value of the row ``key``, or None if it is shown to be absent.

    Raises as `verify_member` and `verify_absent` do.

    Spec: M-23, M-24. Mirror: ``OrderedMap.sol:verifyGet``.
    """
    if isinstance(proof, Absent):
        verify_absent(root, proof, key=key)
        return None
    return verify_member(root, proof, key=key)


def verify_put(root: Hash32, proof: PutProof, *, key: bytes, value: bytes) -> Hash32:
    """Return the root after ``key`` got ``value``, whether or not there was a row.

    Raises as `verify_update` and `verify_insert` do.

    Spec: M-25, M-26. Mirror: ``OrderedMap.sol:verifyPut``.
    """
    if isinstance(proof, Insert):
        return verify_insert(root, proof, key=key, value=value)
    return verify_update(root, proof, key=key, value=value)
