"""Proofs about the order of rows: the next row at or after a key, the last at or before it.

A proof is named for what it shows, not for the question: `First` shows the least row of the map,
which answers a seek from before it, and shows a seek back from there to find nothing.

Not here: paths and single rows (`merkle.map_proofs`), the bytes of proofs (`merkle.proof_bytes`).

Spec: ``docs/spec/merkle.md#map-proofs``, M-28 to M-30, M-36.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from merkle.display import Shown
from merkle.errors import KeyOutOfOrder, RowNotAtEdge
from merkle.key_bits import bit_at, bit_count, check_search_key, first_diff
from merkle.map_nodes import branch_hash
from merkle.map_proofs import (
    Path,
    PathBranch,
    check_branch,
    check_descending,
    check_empty,
    check_key,
    check_root,
    check_row,
    fold,
    fold_path,
    verify_path,
)

if TYPE_CHECKING:
    from merkle.hashing import Hash32

LEFT: Final = 0
RIGHT: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class Equal(Shown):
    """The row with the very key. Spec: M-28 (1)."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Between(Shown):
    """Two rows with none between them.

    The paths hold only the branches beneath the one at which the rows part. That branch follows
    from the rows, and the branches above it, the same for both, are ``shared``.

    Spec: M-28 (2).
    """

    before: Path
    after: Path
    shared: tuple[PathBranch, ...]


@dataclass(frozen=True, slots=True, repr=False)
class First(Shown):
    """The least row of the map. Spec: M-28 (3), mirrored M-28 (4)."""

    path: Path


@dataclass(frozen=True, slots=True, repr=False)
class Last(Shown):
    """The greatest row of the map. Spec: M-28 (4), mirrored M-28 (3)."""

    path: Path


@dataclass(frozen=True, slots=True, repr=False)
class Empty(Shown):
    """The map has no rows. Spec: M-28 (5)."""


SeekProof: TypeAlias = Equal | Between | First | Last | Empty


def check_before(lesser: bytes, greater: bytes, *, or_equal: bool = False) -> None:
    """Raise `KeyOutOfOrder` unless ``lesser`` comes before ``greater``, or, if allowed, is it.

    Spec: M-15, M-28. Mirror: ``SeekProofs.sol:checkBefore``.
    """
    if lesser > greater or (lesser == greater and not or_equal):
        raise KeyOutOfOrder(lesser=lesser, greater=greater)


def check_edge(path: Path, *, side: int, least: int = 0) -> None:
    """Raise `RowNotAtEdge` unless a row stands on ``side`` at every branch of ``path``.

    Raises `PathNotDescending` if that comes first, also for a bit below ``least``: the branches
    are walked once.

    Spec: M-28, M-20, M-36. Mirror: ``SeekProofs.sol:checkEdge``.
    """
    limit = bit_count(path.key)
    for branch in path.branches:
        check_branch(branch, least=least, limit=limit)
        if bit_at(path.key, branch.bit) != side:
            raise RowNotAtEdge(key=path.key, bit=branch.bit)
        limit = branch.bit


def verify_equal(root: Hash32, proof: Equal, *, query: bytes, strict: bool) -> bytes:
    """Return the key found, which is ``query``: no answer to a strict seek.

    Raises `KeyMismatch`, `KeyOutOfOrder`, and as `verify_path` does.

    Spec: M-28 (1), M-30. Mirror: ``SeekProofs.sol:verifyEqual``.
    """
    check_key(proof.path.key, expected=query)
    if strict:
        raise KeyOutOfOrder(lesser=query, greater=proof.path.key)
    verify_path(root, proof.path)
    return proof.path.key


def verify_between(
    root: Hash32, proof: Between, *, query: bytes, or_before: bool = False, or_after: bool = False
) -> None:
    """Show that two rows stand around ``query`` with none between them.

    ``query`` may be the row before if ``or_before``, the row after if ``or_after``; not both.
    Raises `KeyLengthOutOfRange`, `KeyOutOfOrder`, `PathNotDescending`, `RowNotAtEdge`,
    `RootMismatch`.

    Spec: M-28 (2), M-30, M-36. Mirror: ``SeekProofs.sol:verifyBetween``.
    """
    before, after = proof.before, proof.after
    check_row(before)
    check_row(after)
    check_before(before.key, query, or_equal=or_before)
    check_before(query, after.key, or_equal=or_after)
    parting = first_diff(before.key, after.key)
    assert parting is not None, "a key stands between them, so they are not one row"
    check_edge(before, side=RIGHT, least=parting + 1)
    check_edge(after, side=LEFT, least=parting + 1)
    check_descending(proof.shared, limit=parting)
    # In order, so that the row before is on the left where they part, and the row after right.
    node = branch_hash(parting, fold_path(before), fold_path(after))
    check_root(root, fold(node, key=before.key, branches=proof.shared))


def verify_first(root: Hash32, proof: First, *, query: bytes, or_equal: bool = False) -> None:
    """Show that the least row comes after ``query``, or, if ``or_equal``, is it.

    Raises `KeyOutOfOrder`, `RowNotAtEdge`, and as `verify_path` does.

    Spec: M-28 (3), M-36. Mirror: ``SeekProofs.sol:verifyFirst``.
    """
    check_row(proof.path)
    check_before(query, proof.path.key, or_equal=or_equal)
    check_edge(proof.path, side=LEFT)
    check_root(root, fold_path(proof.path))


def verify_last(root: Hash32, proof: Last, *, query: bytes, or_equal: bool = False) -> None:
    """Show that the greatest row comes before ``query``, or, if ``or_equal``, is it.

    Raises `KeyOutOfOrder`, `RowNotAtEdge`, and as `verify_path` does.

    Spec: M-28 (4), M-36. Mirror: ``SeekProofs.sol:verifyLast``.
    """
    check_row(proof.path)
    check_before(proof.path.key, query, or_equal=or_equal)
    check_edge(proof.path, side=RIGHT)
    check_root(root, fold_path(proof.path))


def verify_seek(root: Hash32, proof: SeekProof, *, query: bytes, strict: bool) -> bytes | None:
    """Return the least key at or after ``query`` (after it, if ``strict``), or None if none is.

    Raises as the function of each kind of proof does, `KeyLengthOutOfRange`, `MapNotEmpty`.

    Spec: M-28, M-30. Mirror: ``SeekProofs.sol:verifySeek``.
    """
    check_search_key(query)
    match proof:
        case Equal():
            return verify_equal(root, proof, query=query, strict=strict)
        case Between():
            verify_between(root, proof, query=query, or_before=strict)
            return proof.after.key
        case First():
            verify_first(root, proof, query=query)
            return proof.path.key
        case Last():
            verify_last(root, proof, query=query, or_equal=strict)
            return None
        case Empty():
            check_empty(root)
            return None
        case _:
            assert_never(proof)


def verify_seek_back(root: Hash32, proof: SeekProof, *, query: bytes, strict: bool) -> bytes | None:
    """Return the greatest key at or before ``query`` (before it, if ``strict``), or None.

    Raises as `verify_seek` does.

    Spec: M-29, M-30. Mirror: ``SeekProofs.sol:verifySeekBack``.
    """
    check_search_key(query)
    match proof:
        case Equal():
            return verify_equal(root, proof, query=query, strict=strict)
        case Between():
            verify_between(root, proof, query=query, or_after=strict)
            return proof.before.key
        case Last():
            verify_last(root, proof, query=query)
            return proof.path.key
        case First():
            verify_first(root, proof, query=query, or_equal=strict)
            return None
        case Empty():
            check_empty(root)
            return None
        case _:
            assert_never(proof)
