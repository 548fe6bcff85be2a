"""Proofs about the order of rows: the next row at or after a key, the last at or before it.

A proof is named for what it shows, not for the question: `First` shows the least row of the map,
which answers a seek from before it, and shows a seek back from there to find nothing.

Not here: paths and single rows (`merkle.map_proofs`).

Spec: ``docs/spec/merkle.md#map-proofs``, M-28 to M-30.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from merkle.display import Shown
from merkle.errors import KeyOutOfOrder, RowNotAtEdge, RowsNotAdjacent
from merkle.key_bits import bit_at, check_search_key, first_diff
from merkle.map_proofs import Path, check_empty, check_key, verify_path

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
    """Two rows with none between them. Spec: M-28 (2)."""

    before: Path
    after: Path


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

    Spec: M-15, M-28. Mirror: ``OrderedMap.sol:checkBefore``.
    """
    if lesser > greater or (lesser == greater and not or_equal):
        raise KeyOutOfOrder(lesser=lesser, greater=greater)


def check_edge(path: Path, *, side: int, below: int = -1) -> None:
    """Raise `RowNotAtEdge` unless a row stands on ``side`` at every branch beneath bit ``below``.

    Spec: M-28. Mirror: ``OrderedMap.sol:checkEdge``.
    """
    for branch in path.branches:
        if branch.bit > below and bit_at(path.key, branch.bit) != side:
            raise RowNotAtEdge(key=path.key, bit=branch.bit)


def check_adjacent(before: Path, after: Path) -> None:
    """Raise `RowsNotAdjacent` or `RowNotAtEdge` if there may be a row between two rows.

    They part at one branch, which both have, and no row stands between them beneath it. The
    caller has shown that ``before`` comes first, so that it stands left there and ``after`` right.

    Spec: M-28 (2). Mirror: ``OrderedMap.sol:checkAdjacent``.
    """
    parting = first_diff(before.key, after.key)
    assert parting is not None, "two rows in order are not one row"
    shared = [branch for branch in before.branches if branch.bit < parting]
    if shared != [branch for branch in after.branches if branch.bit < parting]:
        raise RowsNotAdjacent(before=before.key, after=after.key, bit=parting)
    for path in (before, after):
        if all(branch.bit != parting for branch in path.branches):
            raise RowsNotAdjacent(before=before.key, after=after.key, bit=parting)
    check_edge(before, side=RIGHT, below=parting)
    check_edge(after, side=LEFT, below=parting)


def verify_equal(root: Hash32, proof: Equal, *, query: bytes, strict: bool) -> bytes:
    """Return the key found, which is ``query``: no answer to a strict seek.

    Raises `KeyMismatch`, `KeyOutOfOrder`, and as `verify_path` does.

    Spec: M-28 (1), M-30. Mirror: ``OrderedMap.sol:verifyEqual``.
    """
    check_key(proof.path.key, expected=query)
    if strict:
        raise KeyOutOfOrder(lesser=query, greater=proof.path.key)
    verify_path(root, proof.path)
    return proof.path.key


def verify_between(root: Hash32, proof: Between) -> None:
    """Show that two rows are there, in order, with none between them.

    Raises `KeyOutOfOrder`, as `verify_path` does, and as `check_adjacent` does.

    Spec: M-28 (2). Mirror: ``OrderedMap.sol:verifyBetween``.
    """
    check_before(proof.before.key, proof.after.key)
    verify_path(root, proof.before)
    verify_path(root, proof.after)
    check_adjacent(proof.before, proof.after)


def verify_first(root: Hash32, proof: First) -> None:
    """Show which row is the least. Raises `RowNotAtEdge`, and as `verify_path` does.

    Spec: M-28 (3). Mirror: ``OrderedMap.sol:verifyFirst``.
    """
    verify_path(root, proof.path)
    check_edge(proof.path, side=LEFT)


def verify_last(root: Hash32, proof: Last) -> None:
    """Show which row is the greatest. Raises `RowNotAtEdge`, and as `verify_path` does.

    Spec: M-28 (4). Mirror: ``OrderedMap.sol:verifyLast``.
    """
    verify_path(root, proof.path)
    check_edge(proof.path, side=RIGHT)


def verify_seek(root: Hash32, proof: SeekProof, *, query: bytes, strict: bool) -> bytes | None:
    """Return the least key at or after ``query`` (after it, if ``strict``), or None if none is.

    Raises as the function of each kind of proof does, `KeyOutOfOrder`, `MapNotEmpty`.

    Spec: M-28, M-30. Mirror: ``OrderedMap.sol:verifySeek``.
    """
    check_search_key(query)
    match proof:
        case Equal():
            return verify_equal(root, proof, query=query, strict=strict)
        case Between():
            check_before(proof.before.key, query, or_equal=strict)
            check_before(query, proof.after.key)
            verify_between(root, proof)
            return proof.after.key
        case First():
            check_before(query, proof.path.key)
            verify_first(root, proof)
            return proof.path.key
        case Last():
            check_before(proof.path.key, query, or_equal=strict)
            verify_last(root, proof)
            return None
        case Empty():
            check_empty(root)
            return None
        case _:
            assert_never(proof)


def verify_seek_back(root: Hash32, proof: SeekProof, *, query: bytes, strict: bool) -> bytes | None:
    """Return the greatest key at or before ``query`` (before it, if ``strict``), or None.

    Raises as `verify_seek` does.

    Spec: M-29, M-30. Mirror: ``OrderedMap.sol:verifySeekBack``.
    """
    check_search_key(query)
    match proof:
        case Equal():
            return verify_equal(root, proof, query=query, strict=strict)
        case Between():
            check_before(proof.before.key, query)
            check_before(query, proof.after.key, or_equal=strict)
            verify_between(root, proof)
            return proof.before.key
        case Last():
            check_before(proof.path.key, query)
            verify_last(root, proof)
            return proof.path.key
        case First():
            check_before(query, proof.path.key, or_equal=strict)
            verify_first(root, proof)
            return None
        case Empty():
            check_empty(root)
            return None
        case _:
            assert_never(proof)
