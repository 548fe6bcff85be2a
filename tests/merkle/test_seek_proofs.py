"""Proofs of order: each cause of refusal, and that no change of a proof passes."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from merkle import seek_proofs
from merkle.errors import (
    KeyLengthOutOfRange,
    KeyMismatch,
    KeyOutOfOrder,
    MapNotEmpty,
    ProofError,
    RowNotAtEdge,
    RowsNotAdjacent,
)
from merkle.hashing import ZERO_HASH
from merkle.map_proofs import Path, PathBranch
from merkle.ordered_map import OrderedMap
from merkle.seek_proofs import (
    Between,
    Empty,
    Equal,
    First,
    Last,
    check_adjacent,
    verify_seek,
    verify_seek_back,
)

Changes = Callable[[Any], Iterator[Any]]

KEYS = [b"a", b"ab", b"abc", b"b\0", b"b\0\0", b"\xff"]
MAP = OrderedMap.from_rows((key, b"value of " + key) for key in KEYS)
QUERIES = [*KEYS, b"", b"\0", b"aa", b"b", b"b\0\0\0", b"\xff\0"]
PATHS = {key: MAP.prove_put(key).path for key in KEYS}


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
    skips_a_row = Between(before=PATHS[b"a"], after=PATHS[b"abc"])
    with pytest.raises(RowNotAtEdge, match="row 0x616263 is not at the edge of the map: bit 18"):
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


def test_rows_in_the_wrong_order_are_refused() -> None:
    turned = Between(before=PATHS[b"abc"], after=PATHS[b"ab"])
    with pytest.raises(KeyOutOfOrder):
        seek_proofs.verify_between(MAP.root, turned)


def test_rows_that_share_no_parting_branch_are_not_adjacent() -> None:
    before, after = PATHS[b"ab"], PATHS[b"abc"]
    check_adjacent(before, after)
    parting = 18
    for path in (before, after):
        cut = tuple(one for one in path.branches if one.bit != parting)
        wrong = {path.key: dataclasses.replace(path, branches=cut)}
        with pytest.raises(RowsNotAdjacent, match="are not adjacent: bit 18"):
            check_adjacent(wrong.get(b"ab", before), wrong.get(b"abc", after))
    above = tuple(PathBranch(bit, ZERO_HASH) for bit, _ in after.branches)
    with pytest.raises(RowsNotAdjacent):
        check_adjacent(before, dataclasses.replace(after, branches=above))


def test_an_unknown_kind_of_proof_is_a_mistake_of_the_caller() -> None:
    path: Path = PATHS[b"a"]
    for verify in (verify_seek, verify_seek_back):
        with pytest.raises(AssertionError):
            verify(MAP.root, path, query=b"a", strict=False)
