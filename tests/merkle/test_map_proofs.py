"""Proofs of single rows: each cause of refusal, and that no change of a proof passes."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from merkle.errors import (
    BitOnPath,
    KeyLengthOutOfRange,
    KeyMismatch,
    KeyPresent,
    MapNotEmpty,
    PathNotDescending,
    ProofError,
    RootMismatch,
    ValueTooLong,
    WordLengthMismatch,
)
from merkle.hashing import ZERO_HASH, Hash32
from merkle.map_nodes import branch_hash, leaf_hash
from merkle.map_proofs import (
    Absent,
    Delete,
    Insert,
    Member,
    Path,
    PathBranch,
    Update,
    verify_absent,
    verify_delete,
    verify_get,
    verify_insert,
    verify_member,
    verify_path,
    verify_put,
    verify_update,
)
from merkle.ordered_map import OrderedMap

Changes = Callable[[Any], Iterator[Any]]

ROWS = {b"a": b"1", b"ab": b"2", b"abc": b"3", b"b\0": b"", b"b\0\0": b"5", b"\xff": b"6" * 40}
MAP = OrderedMap.from_rows(ROWS.items())
KEYS = [*ROWS, b"aa", b"b", b"abd", b"\0", b"\xff\xff"]
PATH = MAP.prove_put(b"abc").path


@pytest.mark.parametrize("key", KEYS)
def test_no_change_of_a_get_proof_passes(changes_of: Changes, key: bytes) -> None:
    proof = MAP.prove_get(key)
    assert verify_get(MAP.root, proof, key=key) == ROWS.get(key)
    for wrong in changes_of(proof):
        with pytest.raises(ProofError):
            verify_get(MAP.root, wrong, key=key)


@pytest.mark.parametrize("key", KEYS)
def test_no_change_of_a_put_proof_passes(changes_of: Changes, key: bytes) -> None:
    proof = MAP.prove_put(key)
    assert verify_put(MAP.root, proof, key=key, value=b"v") == MAP.put(key, b"v").root
    for wrong in changes_of(proof):
        with pytest.raises(ProofError):
            verify_put(MAP.root, wrong, key=key, value=b"v")


@pytest.mark.parametrize("key", KEYS)
def test_no_change_of_a_delete_proof_passes(changes_of: Changes, key: bytes) -> None:
    proof = MAP.prove_delete(key)
    assert verify_delete(MAP.root, proof, key=key) == MAP.delete(key).root
    for wrong in changes_of(proof):
        with pytest.raises(ProofError):
            verify_delete(MAP.root, wrong, key=key)


def test_proofs_of_the_empty_map_pass_and_no_change_of_them(changes_of: Changes) -> None:
    empty = OrderedMap()
    assert verify_get(empty.root, empty.prove_get(b"k"), key=b"k") is None
    assert verify_delete(empty.root, empty.prove_delete(b"k"), key=b"k") == ZERO_HASH
    one = empty.put(b"k", b"v")
    assert verify_put(empty.root, empty.prove_put(b"k"), key=b"k", value=b"v") == one.root
    assert verify_delete(one.root, one.prove_delete(b"k"), key=b"k") == ZERO_HASH
    for wrong in (*changes_of(Absent(None)), *changes_of(Insert(None))):
        with pytest.raises(ProofError):
            verify_neighbourless(wrong)


def verify_neighbourless(proof: Absent | Insert) -> None:
    if isinstance(proof, Absent):
        verify_absent(ZERO_HASH, proof, key=b"k")
    else:
        verify_insert(ZERO_HASH, proof, key=b"k", value=b"")


@pytest.mark.parametrize("key", KEYS)
def test_a_proof_of_another_root_or_kind_never_proves_something_false(key: bytes) -> None:
    other = MAP.put(b"other", b"").root
    with pytest.raises(ProofError):
        verify_get(other, MAP.prove_get(key), key=key)
    path = MAP.prove_put(key).path if key in ROWS else MAP.prove_put(key).neighbour
    for proof in (Update(path), Insert(path)):
        try:
            assert verify_put(MAP.root, proof, key=key, value=b"v") == MAP.put(key, b"v").root
        except ProofError:
            continue
    for proof in (Delete(path), Absent(path)):
        try:
            assert verify_delete(MAP.root, proof, key=key) == MAP.delete(key).root
        except ProofError:
            continue


def test_a_proof_about_another_key_is_refused() -> None:
    for key in ROWS:
        if key != b"abc":
            with pytest.raises(KeyMismatch, match="proof is about key 0x616263, not 0x"):
                verify_member(MAP.root, MAP.prove_get(b"abc"), key=key)
            with pytest.raises(KeyMismatch):
                verify_update(MAP.root, Update(PATH), key=key, value=b"")
            with pytest.raises(KeyMismatch):
                verify_delete(MAP.root, Delete(PATH), key=key)


def test_a_row_is_no_proof_of_its_absence() -> None:
    with pytest.raises(KeyPresent, match="key 0x616263 is shown to be present"):
        verify_absent(MAP.root, Absent(PATH), key=b"abc")
    with pytest.raises(BitOnPath, match="key 0x6162 leaves the path at bit 18"):
        verify_absent(MAP.root, Absent(PATH), key=b"ab")


def test_a_map_with_rows_is_not_empty() -> None:
    with pytest.raises(MapNotEmpty, match="map with root 0x"):
        verify_absent(MAP.root, Absent(None), key=b"zz")
    with pytest.raises(MapNotEmpty):
        verify_insert(MAP.root, Insert(None), key=b"zz", value=b"")


def test_a_changed_value_gives_another_root() -> None:
    with pytest.raises(RootMismatch):
        verify_path(MAP.root, dataclasses.replace(PATH, value_hash=ZERO_HASH))


def test_words_of_another_length_are_refused() -> None:
    short = Hash32(bytes(31))
    with pytest.raises(WordLengthMismatch):
        verify_path(MAP.root, dataclasses.replace(PATH, value_hash=short))
    with pytest.raises(WordLengthMismatch):
        verify_path(MAP.root, dataclasses.replace(PATH, branches=(PathBranch(1, short),)))


def test_lengths_of_keys_and_values_are_checked() -> None:
    neighbour = MAP.prove_put(b"zz").neighbour
    with pytest.raises(KeyLengthOutOfRange):
        verify_path(MAP.root, Path(key=b"", value_hash=ZERO_HASH, branches=()))
    with pytest.raises(KeyLengthOutOfRange):
        verify_absent(MAP.root, Absent(neighbour), key=bytes(81))
    with pytest.raises(KeyLengthOutOfRange):
        verify_insert(MAP.root, Insert(neighbour), key=b"", value=b"")
    with pytest.raises(ValueTooLong):
        verify_insert(MAP.root, Insert(neighbour), key=b"zz", value=bytes(1025))
    with pytest.raises(ValueTooLong):
        verify_update(MAP.root, Update(PATH), key=b"abc", value=bytes(1025))
    with pytest.raises(ValueTooLong):
        verify_member(MAP.root, Member(key=b"k", value=bytes(1025), branches=()), key=b"k")


@pytest.mark.parametrize("bits", [[10], [11], [-1], [5, 5], [5, 6], [5, 3, 4], [5, -1], [65541]])
def test_bits_that_do_not_descend_within_the_key_are_refused(bits: list[int]) -> None:
    path = Path(key=b"k", value_hash=ZERO_HASH, branches=branches_at(9, 8, 3, 0))
    with pytest.raises(RootMismatch):
        verify_path(ZERO_HASH, path)
    with pytest.raises(PathNotDescending, match="of a path is not between 0 and") as caught:
        verify_path(ZERO_HASH, dataclasses.replace(path, branches=branches_at(*bits)))
    limits = [10, *bits]
    assert (caught.value.bit, caught.value.limit) == (bits[-1], limits[-2])


def branches_at(*bits: int) -> tuple[PathBranch, ...]:
    return tuple(PathBranch(bit, ZERO_HASH) for bit in bits)


# Beside the row "abc", a key is absent that leaves its path at 18; the first fault is named.
ABSENCES: list[tuple[str, bytes, bytes, tuple[int, ...], type[ProofError]]] = [
    ("length of the shown key", b"", b"ab", (30, 18), KeyLengthOutOfRange),
    ("length of the shown key", bytes(81), b"ab", (), KeyLengthOutOfRange),
    ("the key itself", b"abc", b"abc", (30, 18), KeyPresent),
    ("first branch out of range", b"abc", b"ab", (28, 18), PathNotDescending),
    ("second branch not below the first", b"abc", b"ab", (20, 20, 18), PathNotDescending),
    ("branch where the key leaves", b"abc", b"ab", (20, 18, 18), BitOnPath),
    ("root", b"abc", b"ab", (20, 17), RootMismatch),
]


@pytest.mark.parametrize(
    ("shown", "key", "bits", "error"),
    [case[1:] for case in ABSENCES],
    ids=[case[0] for case in ABSENCES],
)
def test_the_first_fault_of_an_absence_is_named(
    shown: bytes, key: bytes, bits: tuple[int, ...], error: type[ProofError]
) -> None:
    path = Path(key=shown, value_hash=ZERO_HASH, branches=branches_at(*bits))
    for verify in (verify_get, verify_delete):
        with pytest.raises(error):
            verify(MAP.root, Absent(path), key=key)
    with pytest.raises(error):
        verify_put(MAP.root, Insert(path), key=key, value=b"")


def test_an_ill_formed_root_can_open_to_a_path_that_does_not_descend() -> None:
    # M-31: such a root comes from no rows. Here the check of M-20 is all that refuses it.
    leaf = leaf_hash(b"k", ZERO_HASH)
    branches = (
        PathBranch(3, ZERO_HASH),
        PathBranch(5, ZERO_HASH),
    )  # bits 3 and 5 of "k" are 1 and 0
    root = branch_hash(5, branch_hash(3, ZERO_HASH, leaf), ZERO_HASH)
    with pytest.raises(PathNotDescending):
        verify_path(root, Path(key=b"k", value_hash=ZERO_HASH, branches=branches))
