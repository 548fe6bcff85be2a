"""The proofs of an ordered map, checked exhaustively on small key sets (M-32).

For each set of keys, each question and each query, every real path of the map is tried as witness
of every kind of proof, and every two paths, cut where their rows part, as neighbours. Of small sets
they are cut in every way. A proof that is accepted must give the true answer, and some proof must
be accepted. Then one rule at a time is dropped, and false answers are accepted.

Keys of 4 bits are the bytes 0x00 to 0x0f. Their other bits are the same in all of them, so their
tries are those of the 4 bits alone, at the bit indices 5 to 8, and the functions under test are
the real ones on real keys.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from merkle import map_nodes, map_proofs, seek_proofs
from merkle.errors import PathNotDescending, ProofError
from merkle.hashing import Hash32, keccak256
from merkle.key_bits import KEY_BITS_MAX, bit_count, first_diff
from merkle.map_proofs import (
    Absent,
    Delete,
    Insert,
    Member,
    Path,
    PathBranch,
    Update,
    verify_delete,
    verify_get,
    verify_path,
    verify_put,
)
from merkle.ordered_map import OrderedMap
from merkle.seek_proofs import (
    LEFT,
    RIGHT,
    Between,
    Empty,
    Equal,
    First,
    Last,
    verify_seek,
    verify_seek_back,
)

MapRoot = Callable[[Mapping[bytes, bytes]], bytes]
KeySets = Iterable[tuple[bytes, ...]]
Cut = Callable[[Path, Path], Iterator[Between]]

NIBBLES = [bytes([i]) for i in range(16)]
ALPHABET = (0, 1, 255)
SHORT_KEYS = [bytes(key) for n in (1, 2) for key in itertools.product(ALPHABET, repeat=n)]

NEW = b"new"
REFUSED = object()


def old(key: bytes) -> bytes:
    """Return the value that the row ``key`` has in every map, so that no two rows have one."""
    return b"old " + key


@dataclass
class Census:
    """What came of all verifications, by question."""

    verified: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def judge(self, question: str, truth: object, answers: Iterable[object]) -> None:
        answers = list(answers)
        self.verified[question] += len(answers)
        self.wrong[question] += sum(one is not REFUSED and one != truth for one in answers)
        self.missed[question] += all(one is REFUSED for one in answers)


def answer(verify: Callable[..., object], root: Hash32, proof: object, **asked: object) -> object:
    try:
        return verify(root, proof, **asked)
    except ProofError:
        return REFUSED


def every_path(rows: OrderedMap) -> list[Path]:
    return [rows.prove_put(key).path for key, _ in rows.items()]


def cut_where_they_part(before: Path, after: Path) -> Iterator[Between]:
    """Yield two paths as neighbours, cut at the bit where they part, the upper part of either."""
    bit = first_diff(before.key, after.key)
    assert bit is not None
    above = [tuple(one for one in path.branches if one.bit < bit) for path in (before, after)]
    beneath = [
        replace(path, branches=tuple(one for one in path.branches if one.bit > bit))
        for path in (before, after)
    ]
    for shared in set(above):
        yield Between(before=beneath[0], after=beneath[1], shared=shared)


def cut_anywhere(before: Path, after: Path) -> Iterator[Between]:
    """Yield two paths as neighbours: cut each at any place, and the end of either as shared."""
    ends = {path.branches[i:] for path in (before, after) for i in range(len(path.branches) + 1)}
    for i in range(len(before.branches) + 1):
        for j in range(len(after.branches) + 1):
            lower = replace(before, branches=before.branches[:i])
            upper = replace(after, branches=after.branches[:j])
            for shared in ends:
                yield Between(before=lower, after=upper, shared=shared)


def order_proofs(paths: list[Path], cut: Cut) -> Iterator[object]:
    yield Empty()
    for path in paths:
        yield from (Equal(path), First(path), Last(path))
    for before, after in itertools.permutations(paths, 2):
        if before.key != after.key:
            yield from cut(before, after)


def ask_rows(census: Census, rows: OrderedMap, paths: list[Path], query: bytes) -> None:
    root = rows.root
    absents: list[object] = [Absent(None), *map(Absent, paths)]
    gets = [Member(key=p.key, value=old(p.key), branches=p.branches) for p in paths]
    answers = (answer(verify_get, root, proof, key=query) for proof in (*gets, *absents))
    census.judge("get", old(query) if query in rows else None, answers)
    answers = (
        answer(verify_delete, root, proof, key=query) for proof in (*map(Delete, paths), *absents)
    )
    census.judge("delete", rows.delete(query).root, answers)
    if query:
        puts = (Insert(None), *map(Insert, paths), *map(Update, paths))
        answers = (answer(verify_put, root, proof, key=query, value=NEW) for proof in puts)
        census.judge("put", rows.put(query, NEW).root, answers)


def ask_order(census: Census, rows: OrderedMap, proofs: list[object], query: bytes) -> None:
    keys, root = [key for key, _ in rows.items()], rows.root
    for strict in (False, True):
        asked = {"query": query, "strict": strict}
        after = [key for key in keys if key > query or (key == query and not strict)]
        answers = (answer(verify_seek, root, proof, **asked) for proof in proofs)
        census.judge("seek", min(after, default=None), answers)
        before = [key for key in keys if key < query or (key == query and not strict)]
        answers = (answer(verify_seek_back, root, proof, **asked) for proof in proofs)
        census.judge("seek back", max(before, default=None), answers)


def take_census(
    key_sets: KeySets,
    queries: list[bytes],
    *,
    witnesses: Callable[[OrderedMap], list[Path]] = every_path,
    cut: Cut = cut_where_they_part,
    naive: MapRoot | None = None,
) -> Census:
    census = Census()
    for keys in key_sets:
        rows = OrderedMap.from_rows((key, old(key)) for key in keys)
        if naive is not None:
            assert rows.root == naive({key: old(key) for key in keys})
        paths = witnesses(rows)
        order = list(order_proofs(paths, cut))
        for query in queries:
            ask_rows(census, rows, paths, query)
            ask_order(census, rows, order, query)
    return census


def assert_sound_and_complete(census: Census) -> None:
    assert set(census.verified) == {"get", "put", "delete", "seek", "seek back"}
    assert not any(census.wrong.values()), census.wrong
    assert not any(census.missed.values()), census.missed


def sets_of(universe: list[bytes], sizes: Iterable[int]) -> list[tuple[bytes, ...]]:
    return [keys for size in sizes for keys in itertools.combinations(universe, size)]


def sample_of(universe: list[bytes], sizes: Iterable[int], count: int) -> list[tuple[bytes, ...]]:
    return random.Random("M-32").sample(sets_of(universe, sizes), count)


def test_the_small_model_has_6885_key_sets() -> None:
    assert len(sets_of(NIBBLES, range(6))) == 6885


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_all_sets_of_at_most_3_keys_are_sound_and_complete(
    naive_map_root: MapRoot, size: int
) -> None:
    census = take_census(sets_of(NIBBLES, [size]), NIBBLES, naive=naive_map_root)
    assert_sound_and_complete(census)


def test_a_sample_of_larger_sets_is_sound_and_complete(naive_map_root: MapRoot) -> None:
    key_sets = sample_of(NIBBLES, [4, 5], 80) + sample_of(NIBBLES, [9], 3)
    assert_sound_and_complete(take_census(key_sets, NIBBLES, naive=naive_map_root))


@pytest.mark.nightly
@pytest.mark.parametrize("size", [4, 5])
def test_all_sets_of_4_and_5_keys_are_sound_and_complete(
    naive_map_root: MapRoot, size: int
) -> None:
    census = take_census(sets_of(NIBBLES, [size]), NIBBLES, naive=naive_map_root)
    assert_sound_and_complete(census)


@pytest.mark.parametrize("size", [1, 2])
def test_all_cuts_of_the_paths_of_at_most_2_keys_are_sound(size: int) -> None:
    census = take_census(sets_of(NIBBLES, [size]), NIBBLES, cut=cut_anywhere)
    assert_sound_and_complete(census)


def test_all_cuts_of_the_paths_of_a_sample_are_sound() -> None:
    key_sets = sample_of(NIBBLES, [3, 4], 20) + sample_of(NIBBLES, [5], 2)
    assert_sound_and_complete(take_census(key_sets, NIBBLES, cut=cut_anywhere))


@pytest.mark.nightly
@pytest.mark.parametrize("size", [3, 4])
def test_all_cuts_of_the_paths_of_3_and_4_keys_are_sound(size: int) -> None:
    census = take_census(sets_of(NIBBLES, [size]), NIBBLES, cut=cut_anywhere)
    assert_sound_and_complete(census)


def test_short_keys_with_prefixes_are_sound_and_complete(naive_map_root: MapRoot) -> None:
    key_sets = sets_of(SHORT_KEYS, range(3)) + sample_of(SHORT_KEYS, [3, 4, 5, 12], 90)
    assert_sound_and_complete(take_census(key_sets, [b"", *SHORT_KEYS], naive=naive_map_root))


@pytest.mark.nightly
@pytest.mark.parametrize("size", range(7))
def test_all_sets_of_short_keys_are_sound_and_complete(naive_map_root: MapRoot, size: int) -> None:
    census = take_census(sets_of(SHORT_KEYS, [size]), [b"", *SHORT_KEYS], naive=naive_map_root)
    assert_sound_and_complete(census)


# Dropping a rule: what stands in for it, and the questions that are then answered wrongly.


def nothing(*args: object, **named: object) -> None:
    """Stand in for a check that is dropped."""


def only_descent(path: Path, **named: object) -> None:
    map_proofs.check_descending(path.branches, limit=bit_count(path.key))


def without_edge(dropped: int, *, beneath: bool) -> Callable[..., None]:
    """Return `check_edge` without one side: of neighbours beneath their parting, or of the map."""

    def check_edge(path: Path, *, side: int, least: int = 0) -> None:
        if side == dropped and (least > 0) == beneath:
            only_descent(path)
        else:
            CHECK_EDGE(path, side=side, least=least)

    return check_edge


def without_strictness(lesser: bytes, greater: bytes, *, or_equal: bool = False) -> None:
    CHECK_BEFORE(lesser, greater, or_equal=True)


def equal_to_strict(root: Hash32, proof: Equal, *, query: bytes, strict: bool) -> bytes:
    return VERIFY_EQUAL(root, proof, query=query, strict=False)


CHECK_EDGE = seek_proofs.check_edge
CHECK_BEFORE = seek_proofs.check_before
VERIFY_EQUAL = seek_proofs.verify_equal

ROW_QUESTIONS = {"get", "put", "delete"}
SEEKS = {"seek", "seek back"}
DROPPED: dict[str, tuple[list[tuple[Any, str, Any]], set[str]]] = {
    "d is off the path (M-24, M-26)": (
        [(map_proofs, "check_off_path", only_descent)],
        ROW_QUESTIONS,
    ),
    "key is the one in question (M-23, M-25, M-27)": (
        [(map_proofs, "check_key", nothing)],
        ROW_QUESTIONS,
    ),
    "key is the one sought (M-28.1)": ([(seek_proofs, "check_key", nothing)], SEEKS),
    "empty map has the zero root (M-24, M-28.5)": (
        [(map_proofs, "check_empty", nothing), (seek_proofs, "check_empty", nothing)],
        ROW_QUESTIONS | SEEKS,
    ),
    "row before is the last on its side (M-28.2)": (
        [(seek_proofs, "check_edge", without_edge(RIGHT, beneath=True))],
        SEEKS,
    ),
    "row after is the first on its side (M-28.2)": (
        [(seek_proofs, "check_edge", without_edge(LEFT, beneath=True))],
        SEEKS,
    ),
    "first row is the first (M-28.3)": (
        [(seek_proofs, "check_edge", without_edge(LEFT, beneath=False))],
        SEEKS,
    ),
    "last row is the last (M-28.4)": (
        [(seek_proofs, "check_edge", without_edge(RIGHT, beneath=False))],
        SEEKS,
    ),
    "rows stand around the query (M-28)": ([(seek_proofs, "check_before", nothing)], SEEKS),
    "order is strict where it must be (M-30)": (
        [(seek_proofs, "check_before", without_strictness)],
        SEEKS,
    ),
    "strict seek has no equal row (M-30)": (
        [(seek_proofs, "verify_equal", equal_to_strict)],
        SEEKS,
    ),
}


@pytest.mark.parametrize("rule", DROPPED)
def test_dropping_a_rule_accepts_wrong_answers(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins, questions = DROPPED[rule]
    for module, name, stand_in in stand_ins:
        monkeypatch.setattr(module, name, stand_in)
    census = take_census(sample_of(NIBBLES, [1, 2, 3, 4], 40), NIBBLES)
    assert {question for question, count in census.wrong.items() if count} == questions
    assert not any(census.missed.values())


def test_neighbours_that_need_not_fold_to_the_root_accept_wrong_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Cut short, any two paths stand at the edge of what is left of them.
    monkeypatch.setattr(seek_proofs, "check_root", nothing)
    census = take_census(sample_of(NIBBLES, [3], 10), NIBBLES, cut=cut_anywhere)
    assert {question for question, count in census.wrong.items() if count} == SEEKS


def test_absence_without_its_rule_is_accepted_for_every_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each of the n rows of a set is "absent" by the path of each of the n - 1 others.
    monkeypatch.setattr(map_proofs, "check_off_path", nothing)
    census = Census()
    for keys in sets_of(NIBBLES, range(4)):
        rows = OrderedMap.from_rows((key, old(key)) for key in keys)
        absents = [Absent(path) for path in every_path(rows)]
        for key in keys:
            answers = [answer(verify_get, rows.root, proof, key=key) for proof in absents]
            census.judge("get", old(key), answers)
    assert census.wrong["get"] == 120 * 2 + 560 * 6


def every_renumbered_path(rows: OrderedMap) -> list[Path]:
    """Return every path with every choice of bit indices from 5 to 8, in every order."""
    return [
        replace(
            path,
            branches=tuple(
                PathBranch(b, s.sibling) for b, s in zip(bits, path.branches, strict=True)
            ),
        )
        for path in every_path(rows)
        for bits in itertools.permutations((5, 6, 7, 8), len(path.branches))
    ]


def unnumbered_branch(bit: int, left: Hash32, right: Hash32) -> Hash32:
    return keccak256(b"\x01" + left + right)


def test_bit_indices_that_are_not_hashed_accept_wrong_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (map_nodes, map_proofs):
        monkeypatch.setattr(module, "branch_hash", unnumbered_branch)
    key_sets = sample_of(NIBBLES, [2], 30)
    census = take_census(key_sets, NIBBLES, witnesses=every_renumbered_path)
    assert {question for question, count in census.wrong.items() if count} >= ROW_QUESTIONS


DESCENT = [(map_proofs, "check_branch"), (seek_proofs, "check_branch")]


@pytest.mark.parametrize(
    ("sizes", "count", "cut"), [([1, 2, 3], 20, cut_where_they_part), ([1, 2], 10, cut_anywhere)]
)
def test_descent_is_not_needed_for_roots_that_come_from_rows(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], count: int, cut: Cut
) -> None:
    # The bit indices are hashed, so what comes from rows descends, and is cut where it must be. The
    # check bounds the length of a path, and refuses some of the roots that come from no rows
    # (M-31): see the next tests.
    for module, name in DESCENT:
        monkeypatch.setattr(module, name, nothing)
    key_sets = sample_of(NIBBLES, sizes, count)
    census = take_census(key_sets, NIBBLES, witnesses=every_renumbered_path, cut=cut)
    assert_sound_and_complete(census)


def test_cuts_need_no_bounds_for_roots_that_come_from_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in DESCENT:
        monkeypatch.setattr(module, name, nothing)
    census = take_census(sample_of(NIBBLES, [3, 4], 10), NIBBLES, cut=cut_anywhere)
    assert_sound_and_complete(census)


def test_dropping_the_descent_accepts_a_root_that_comes_from_no_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One row under the same branch twice: on no map does a path pass a bit again.
    [path] = every_path(OrderedMap().put(b"\x00", b""))
    branches = (PathBranch(8, path.value_hash), PathBranch(8, path.value_hash))
    twice = replace(path, branches=branches)
    root = map_proofs.fold_path(twice)
    with pytest.raises(PathNotDescending):
        verify_path(root, twice)
    monkeypatch.setattr(map_proofs, "check_branch", nothing)
    verify_path(root, twice)


def without_least(path: Path, *, side: int, least: int = 0) -> None:
    CHECK_EDGE(path, side=side)


def without_limit(branches: tuple[PathBranch, ...], *, limit: int) -> None:
    CHECK_DESCENDING(branches, limit=KEY_BITS_MAX)


CHECK_DESCENDING = map_proofs.check_descending

# The rows 0x0c and 0x0d part at bit 8. On no map is a branch at bit 5 beneath that, on the right of
# which the one stands (or at bit 3, on the left of which the other stands), or one at 9 above it.
MISPLACED: dict[str, tuple[str, int, str, Any]] = {
    "beneath, before": ("before", 5, "check_edge", without_least),
    "beneath, after": ("after", 3, "check_edge", without_least),
    "above": ("shared", 9, "check_descending", without_limit),
}


@pytest.mark.parametrize("place", MISPLACED)
def test_dropping_a_bound_of_a_cut_accepts_a_root_that_comes_from_no_rows(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, bit, name, stand_in = MISPLACED[place]
    before, after = (
        Path(key=key, value_hash=keccak256(key), branches=()) for key in (b"\x0c", b"\x0d")
    )
    proof = Between(before=before, after=after, shared=())
    added = (PathBranch(bit, keccak256(b"sibling")),)
    if part == "shared":
        proof = replace(proof, shared=added)
    else:
        proof = replace(proof, **{part: replace(getattr(proof, part), branches=added)})
    lower = map_nodes.branch_hash(
        8, map_proofs.fold_path(proof.before), map_proofs.fold_path(proof.after)
    )
    root = map_proofs.fold(lower, key=before.key, branches=proof.shared)
    asked = {"query": b"\x0c\x00", "strict": False}
    with pytest.raises(PathNotDescending):
        verify_seek(root, proof, **asked)
    monkeypatch.setattr(seek_proofs, name, stand_in)
    assert verify_seek(root, proof, **asked) == after.key
