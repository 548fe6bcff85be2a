"""Proofs of order: each cause of refusal, and that no change of a proof passes."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from merkle.errors import (
    KeyLengthOutOfRange,
    KeyMismatch,
    KeyOutOfOrder,
    MapNotEmpty,
    PathNotDescending,
    ProofError,
    RootMismatch,
    RowNotAtEdge,
)
from merkle.hashing import ZERO_HASH
from merkle.key_bits import first_diff
from merkle.map_proofs import Path, PathBranch
from merkle.ordered_map import OrderedMap
from merkle.seek_proofs import (
    Between,
    Empty,
    Equal,
    First,
    Last,
    verify_seek,
    verify_seek_back,
)

Changes = Callable[[Any], Iterator[Any]]

KEYS = [b"a", b"ab", b"abc", b"b\0", b"b\0\0", b"\xff"]
MAP = OrderedMap.from_rows((key, b"value of " + key) for key in KEYS)
QUERIES = [*KEYS, b"", b"\0", b"aa", b"b", b"b\0\0\0", b"\xff\0"]
PATHS = {key: MAP.prove_put(key).path for key in KEYS}


def cut(before: Path, after: Path) -> Between:
    """Return two paths, cut where their rows part, as the proof that no row is between them."""
    parting = first_diff(before.key, after.key)
    assert parting is not None
    return Between(
        before=dataclasses.replace(before, branches=beneath(before, parting)),
        after=dataclasses.replace(after, branches=beneath(after, parting)),
        shared=tuple(branch for branch in before.branches if branch.bit < parting),
    )


def beneath(path: Path, parting: int) -> tuple[PathBranch, ...]:
    return tuple(branch for branch in path.branches if branch.bit > parting)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("query", QUERIES)
def test_no_change_of_a_seek_proof_passes(changes_of: Changes, query: bytes, strict: bool) -> None:
    for prove, verify in (
        (MAP.prove_seek, verify_seek),
        (MAP.prove_seek_back, verify_seek_back),
    ):
        proof = prove(query, strict)
        verify(MAP.root, proof, query=query, strict=strict)
        for wrong in changes_of(proof):
            with pytest.raises(ProofError):
                verify(MAP.root, wrong, query=query, strict=strict)


@pytest.mark.parametrize("query", QUERIES)
def test_kinds_of_proofs_are_those_of_the_question(query: bytes) -> None:
    expected: type = Between
    if query in KEYS:
        expected = Equal
    elif query < KEYS[0]:
        expected = First
    elif query > KEYS[-1]:
        expected = Last
    assert type(MAP.prove_seek(query)) is type(MAP.prove_seek_back(query)) is expected
    assert type(MAP.prove_seek(query, strict=True)) in {Between, First, Last}


def test_empty_map_answers_every_seek_with_none() -> None:
    empty = OrderedMap()
    for strict in (False, True):
        assert empty.prove_seek(b"", strict) == empty.prove_seek_back(b"", strict) == Empty()
        assert verify_seek(ZERO_HASH, Empty(), query=b"", strict=strict) is None
        assert verify_seek_back(ZERO_HASH, Empty(), query=b"", strict=strict) is None
    for verify in (verify_seek, verify_seek_back):
        with pytest.raises(MapNotEmpty):
            verify(MAP.root, Empty(), query=b"", strict=False)


@pytest.mark.parametrize("verify", [verify_seek, verify_seek_back])
def test_each_cause_has_its_error(verify: Callable[..., object]) -> None:
    with pytest.raises(KeyLengthOutOfRange):
        verify(MAP.root, Empty(), query=bytes(81), strict=False)
    with pytest.raises(KeyMismatch):
        verify(MAP.root, Equal(PATHS[b"ab"]), query=b"aa", strict=False)
    with pytest.raises(KeyOutOfOrder, match="key 0x6162 does not come before key 0x6162"):
        verify(MAP.root, Equal(PATHS[b"ab"]), query=b"ab", strict=True)
    skips_a_row = cut(PATHS[b"a"], PATHS[b"abc"])
    with pytest.raises(RowNotAtEdge, match="row 0x616263 is not the first or the last"):
        verify(MAP.root, skips_a_row, query=b"aa", strict=False)
    for wrong in (First(PATHS[b"ab"]), Last(PATHS[b"ab"])):
        for query in (b"aa", b"az"):
            with pytest.raises((RowNotAtEdge, KeyOutOfOrder)):
                verify(MAP.root, wrong, query=query, strict=False)


def test_edges_are_checked() -> None:
    with pytest.raises(RowNotAtEdge):
        verify_seek(MAP.root, First(PATHS[b"ab"]), query=b"aa", strict=False)
    with pytest.raises(RowNotAtEdge):
        verify_seek(MAP.root, Last(PATHS[b"ab"]), query=b"az", strict=False)


def test_neighbours_share_the_branches_above_the_one_where_they_part() -> None:
    proof = MAP.prove_seek(b"aa")
    assert proof == cut(PATHS[b"a"], PATHS[b"ab"]) != cut(PATHS[b"a"], PATHS[b"abc"])
    assert isinstance(proof, Between)
    # They part at bit 9, where the first ends; "abc" leaves "ab" beneath, at bit 18.
    parts = (proof.before.branches, proof.after.branches, proof.shared)
    assert [[bit for bit, _ in part] for part in parts] == [[], [18], [7, 1]]


@pytest.mark.parametrize("verify", [verify_seek, verify_seek_back])
@pytest.mark.parametrize(
    ("part", "bit"),
    [("before", 7), ("before", 6), ("after", 7), ("after", 6), ("shared", 7), ("shared", 8)],
)
def test_branches_on_the_wrong_side_of_the_parting_are_refused(
    verify: Callable[..., object], part: str, bit: int
) -> None:
    # The rows around "b" are "abc" and "b\0", which part at bit 7.
    proof = MAP.prove_seek(b"b")
    assert isinstance(proof, Between)
    added = PathBranch(bit, ZERO_HASH)
    if part == "shared":
        wrong = dataclasses.replace(proof, shared=(added, *proof.shared))
        least, limit = 0, 7
    else:
        path = getattr(proof, part)
        longer = dataclasses.replace(path, branches=(*path.branches, added))
        wrong = dataclasses.replace(proof, **{part: longer})
        least, limit = 8, path.branches[-1].bit
    with pytest.raises(PathNotDescending, match=f"is not between {least} and {limit}") as caught:
        verify(MAP.root, wrong, query=b"b", strict=False)
    assert vars(caught.value) == {"bit": bit, "least": least, "limit": limit}


def with_bits(path: Path, *bits: int) -> Path:
    return dataclasses.replace(path, branches=tuple(PathBranch(b, ZERO_HASH) for b in bits))


# Every fault that two rows around "b" can have, in the order of M-36. The rows are "abc" and "b\0",
# which part at bit 7; bit 10 of the one is 0, so it stands left there, and bit 9 of the other is 1.
FAULTS: list[tuple[Callable[[Between], Between], type[ProofError]]] = [
    (lambda p: replace_key(p, "before", b""), KeyLengthOutOfRange),
    (lambda p: replace_key(p, "after", bytes(81)), KeyLengthOutOfRange),
    (lambda p: replace_key(p, "before", b"ba"), KeyOutOfOrder),
    (lambda p: replace_key(p, "after", b"ab\1"), KeyOutOfOrder),
    (lambda p: dataclasses.replace(p, before=with_bits(p.before, 99)), PathNotDescending),
    (lambda p: dataclasses.replace(p, before=with_bits(p.before, 10, 7)), RowNotAtEdge),
    (lambda p: dataclasses.replace(p, after=with_bits(p.after, 99)), PathNotDescending),
    (lambda p: dataclasses.replace(p, after=with_bits(p.after, 9, 7)), RowNotAtEdge),
    (lambda p: dataclasses.replace(p, shared=(PathBranch(7, ZERO_HASH),)), PathNotDescending),
    (lambda p: dataclasses.replace(p, shared=()), RootMismatch),
]


def replace_key(proof: Between, part: str, key: bytes) -> Between:
    path = dataclasses.replace(getattr(proof, part), key=key)
    return dataclasses.replace(proof, **{part: path})


@pytest.mark.parametrize("verify", [verify_seek, verify_seek_back])
@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_of_several_faults_the_first_is_named(verify: Callable[..., object], first: int) -> None:
    proof = MAP.prove_seek(b"b")
    assert isinstance(proof, Between)
    for make, _ in reversed(FAULTS[first:]):
        proof = make(proof)
    with pytest.raises(ProofError) as caught:
        verify(MAP.root, proof, query=b"b", strict=False)
    assert type(caught.value) is FAULTS[first][1]


@pytest.mark.parametrize("verify", [verify_seek, verify_seek_back])
def test_the_first_fault_of_an_edge_is_named(verify: Callable[..., object]) -> None:
    for kind, query in ((First, b""), (Last, b"\xff\xff")):
        good = {First: MAP.prove_seek, Last: MAP.prove_seek_back}[kind](query)
        assert isinstance(good, kind)
        # Bit 3 of "a" is 1, the last bit of every key is 0.
        wrong_side = 3 if kind is First else 9
        cases = [
            (dataclasses.replace(good.path, key=b""), KeyLengthOutOfRange),
            (with_bits(good.path, 99, wrong_side), PathNotDescending),
            (with_bits(good.path, wrong_side, 99), RowNotAtEdge),
            (with_bits(good.path), RootMismatch),
        ]
        for path, error in cases:
            with pytest.raises(ProofError) as caught:
                verify(MAP.root, kind(path), query=query, strict=False)
            assert type(caught.value) is error
        with pytest.raises(KeyOutOfOrder):
            verify(MAP.root, kind(with_bits(good.path, 99)), query=b"az", strict=False)


def test_an_unknown_kind_of_proof_is_a_mistake_of_the_caller() -> None:
    path: Path = PATHS[b"a"]
    for verify in (verify_seek, verify_seek_back):
        with pytest.raises(AssertionError):
            verify(MAP.root, path, query=b"a", strict=False)
