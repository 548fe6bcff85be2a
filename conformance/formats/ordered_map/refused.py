"""Proofs about rows that are refused: one wrong proof for each rule, and for their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from bisection.errors import WitnessLengthMismatch
from conformance.corpus import proofs
from conformance.corpus.proofs import (
    beside,
    between,
    claimed_between,
    member,
    path_of,
    value_hash,
    with_old_value,
)
from conformance.format import BugType, Case, Flag
from merkle import ZERO_HASH, OrderedMap
from merkle.errors import (
    BitOnPath,
    ChannelsError,
    KeyLengthOutOfRange,
    KeyOutOfOrder,
    KeyPresent,
    MapNotEmpty,
    PathNotDescending,
    ProofKindOutOfRange,
    RootMismatch,
    RowNotAtEdge,
    ValueTooLong,
)
from merkle.hashing import Hash32
from merkle.map_proofs import Path, PathBranch

KIND: Final = Flag("kind", BugType.MISSING_CHECK, "A first byte that is not listed (M-37 to M-40).")
LENGTH: Final = Flag("length", BugType.MISSING_CHECK, "A key or a value too long, or none (M-15).")
MALLEABLE: Final = Flag(
    "malleable", BugType.MALLEABILITY, "Bytes behind the proof, or the proof is cut (V-3)."
)
DESCENT: Final = Flag(
    "descent", BugType.MISSING_CHECK, "Bits that do not decrease, or are no bits of the key (M-20)."
)
WRONG_PATH: Final = Flag(
    "wrong_path", BugType.MISSING_CHECK, "A branch, a value or a key that is not the map's (M-21)."
)
PRESENT_AS_ABSENT: Final = Flag(
    "present_as_absent",
    BugType.MISSING_CHECK,
    "A row that is there is claimed to be absent: without this check a row could be forged (M-24).",
)
NOT_EMPTY: Final = Flag(
    "not_empty", BugType.MISSING_CHECK, "A map that has rows is claimed to be empty (M-24, M-28)."
)
HIDDEN_ROW: Final = Flag(
    "hidden_row",
    BugType.MISSING_CHECK,
    "A row between, before or behind what is shown is passed over (M-28).",
)
OUT_OF_ORDER: Final = Flag(
    "out_of_order",
    BugType.MISSING_CHECK,
    "The keys are not in the order that answers (M-28, M-30).",
)
ORDER: Final = Flag(
    "order", BugType.WRONG_ORDER, "Two things are wrong; the error is that of the first (M-36)."
)

Wrong = tuple[str, dict[str, Any], type[ChannelsError], Flag, str]

FOREIGN: Final = Hash32(b"\x5a" * 32)
"""A hash that is in no map."""


def refused_cases(rows: OrderedMap) -> Iterator[Case]:
    """Yield all of them, about the map 'words'."""
    for function, wrong in (
        ("get", _get(rows)),
        ("put", _put(rows)),
        ("delete", _delete(rows)),
        ("seek", _seek(rows)),
        ("seek_back", _seek_back(rows)),
    ):
        for name, given, error, flag, comment in wrong:
            asked: dict[str, Any] = {"root": rows.root, **given}
            yield Case(
                name=f"refused_{name}",
                function=function,
                input=asked,
                comment=comment,
                flags=(flag,),
                error=error,
            )


def _broken_branches(path: Path) -> Iterator[tuple[str, list[tuple[int, bytes]], Any, Flag, str]]:
    """Yield the branches of a path of at least three, broken in every way."""
    good: list[tuple[int, bytes]] = list(path.branches)
    first, second, *rest = good
    descent = PathNotDescending
    yield "bits_swapped", [second, first, *rest], descent, DESCENT, "two branches are swapped"
    yield "bit_twice", [first, first, second, *rest], descent, DESCENT, "one branch stands twice"
    high = 9 * len(path.key) + 1
    yield "bit_too_high", [(high, FOREIGN), *good], descent, DESCENT, "a bit that the key has not"
    yield "bit_65535", [(65_535, FOREIGN), *good], descent, DESCENT, "the greatest u16 as a bit"
    wrong = WRONG_PATH
    root = RootMismatch
    yield "sibling", [(first[0], FOREIGN), second, *rest], root, wrong, "a sibling is another hash"
    yield "bit_moved", [(first[0] - 1, first[1]), second, *rest], root, wrong, "a bit is moved"
    yield "branch_missing", good[1:], root, wrong, "the deepest branch is missing"
    yield "last_branch_missing", good[:-1], root, wrong, "the branch at the root is missing"
    yield "branch_too_many", [*good, (0, FOREIGN)], root, wrong, "a branch above the root"
    yield "no_branches", [], root, wrong, "no branches at all"


def _get(rows: OrderedMap) -> Iterator[Wrong]:
    key = b"abc"
    path = path_of(rows, key)
    value = b"value of abc"
    honest = member(value, path.branches)

    def of(proof: bytes, asked: bytes = key) -> dict[str, Any]:
        return {"key": asked, "proof": proof}

    yield from _kinds(honest, of, (3, 4, 255))
    for name, parts, error, flag, comment in _broken_branches(path):
        yield name, of(member(value, parts)), error, flag, comment
    wrong = member(b"value of abd", path.branches)
    yield "value", of(wrong), RootMismatch, WRONG_PATH, "another value"
    yield "value_cut", of(member(value[:-1], path.branches)), RootMismatch, WRONG_PATH, "cut"
    yield "other_row", of(honest, b"abd"), RootMismatch, WRONG_PATH, "the proof of another row"
    long = member(bytes(1_025), path.branches)
    yield "value_too_long", of(long), ValueTooLong, LENGTH, "a value of 1,025 bytes"
    announced = member(value, path.branches, length=65_535)
    yield "value_announced", of(announced), ValueTooLong, LENGTH, "a value of 65,535 bytes"
    claimed = proofs.EMPTY_MAP
    yield "not_empty", of(claimed), MapNotEmpty, NOT_EMPTY, "the map has ten rows"
    yield from _absent(rows, of)
    yield from _ends(honest, of)
    both = of(member(bytes(1_025), [(65_535, FOREIGN)]))
    yield "length_before_path", both, ValueTooLong, ORDER, "value and path are wrong"
    both = of(member(b"x", [(65_535, FOREIGN)]))
    yield "descent_before_root", both, PathNotDescending, ORDER, "path and value are wrong"
    both = of(member(b"x", path.branches) + b"\0")
    yield "root_before_end", both, RootMismatch, ORDER, "the value is wrong, and a byte is left"


def _kinds(honest: bytes, of: Any, kinds: Sequence[int]) -> Iterator[Wrong]:
    for kind in kinds:
        wrong = bytes((kind,)) + honest[1:]
        yield f"kind_{kind}", of(wrong), ProofKindOutOfRange, KIND, f"a proof of kind {kind}"


def _ends(honest: bytes, of: Any) -> Iterator[Wrong]:
    end = WitnessLengthMismatch
    yield "byte_behind", of(honest + b"\0"), end, MALLEABLE, "a zero byte behind the proof"
    yield "word_behind", of(honest + bytes(32)), end, MALLEABLE, "a zero word behind the proof"
    # Beyond its end a proof reads as zeros, so that what is cut is another proof.
    assert honest[-1], "the last byte is asked to be missed"
    yield "cut", of(honest[:-1]), RootMismatch, MALLEABLE, "the last byte is missing"
    yield "nothing", of(b""), MapNotEmpty, MALLEABLE, "no bytes read as an empty map"


def _absent(rows: OrderedMap, of: Any) -> Iterator[Wrong]:
    """Yield wrong proofs that show a row beside the key, and no row at the key itself."""
    near = path_of(rows, b"abc")
    honest = beside(near)
    absent = b"abd"
    for name, parts, error, flag, comment in _broken_branches(near):
        yield f"absent_{name}", of(beside(near, parts), absent), error, flag, comment
    present = KeyPresent
    yield "shows_itself", of(honest, b"abc"), present, PRESENT_AS_ABSENT, "the row is shown"
    forged = beside(path_of(rows, b"ab"))
    which = "another row, whose path branches where the keys part"
    yield "beside_another", of(forged, b"abc"), BitOnPath, PRESENT_AS_ABSENT, which
    forged = beside(path_of(rows, b"\xff"))
    yield "far_away", of(forged, b"abc"), BitOnPath, PRESENT_AS_ABSENT, "a row far away"
    other = replace(near, value_hash=value_hash(b"x"))
    yield "value_of_row", of(beside(other), absent), RootMismatch, WRONG_PATH, "another value"
    other = replace(near, key=b"abe")
    yield "key_of_row", of(beside(other), absent), RootMismatch, WRONG_PATH, "another key"
    length = KeyLengthOutOfRange
    empty, long = replace(near, key=b""), replace(near, key=bytes(81))
    yield "row_key_empty", of(beside(empty), absent), length, LENGTH, "a row with an empty key"
    yield "row_key_long", of(beside(long), absent), length, LENGTH, "a row with a key of 81 bytes"
    both = beside(near, [(65_535, FOREIGN)])
    yield "present_before_path", of(both, b"abc"), present, ORDER, "key and path are wrong"
    shown = path_of(rows, b"ab")
    both = beside(shown, [(shown.branches[0].bit, FOREIGN), *shown.branches[1:]])
    yield "bit_before_root", of(both, b"abc"), BitOnPath, ORDER, "a branch and a sibling are wrong"


def _put(rows: OrderedMap) -> Iterator[Wrong]:
    key = b"abc"
    path = path_of(rows, key)
    honest = with_old_value(path.value_hash, path.branches)

    def of(proof: bytes, asked: bytes = key, value: bytes = b"new") -> dict[str, Any]:
        return {"key": asked, "value": value, "proof": proof}

    yield from _kinds(honest, of, (3, 255))
    for name, parts, error, flag, comment in _broken_branches(path):
        yield name, of(with_old_value(path.value_hash, parts)), error, flag, comment
    wrong = with_old_value(FOREIGN, path.branches)
    yield "old_value", of(wrong), RootMismatch, WRONG_PATH, "another value before"
    yield "other_row", of(honest, b"abd"), RootMismatch, WRONG_PATH, "the proof of another row"
    yield "not_empty", of(proofs.EMPTY_MAP), MapNotEmpty, NOT_EMPTY, "the map has ten rows"
    yield from _absent(rows, of)
    yield from _ends(honest, of)
    long = of(honest, value=bytes(1_025))
    yield "value_too_long", long, ValueTooLong, LENGTH, "a value of 1,025 bytes is put"
    length = KeyLengthOutOfRange
    yield "key_empty", of(beside(path), b""), length, LENGTH, "the empty key is put"
    yield "key_long", of(beside(path), bytes(81)), length, LENGTH, "a key of 81 bytes is put"


def _delete(rows: OrderedMap) -> Iterator[Wrong]:
    key = b"abc"
    path = path_of(rows, key)
    honest = with_old_value(path.value_hash, path.branches)

    def of(proof: bytes, asked: bytes = key) -> dict[str, Any]:
        return {"key": asked, "proof": proof}

    yield from _kinds(honest, of, (3, 255))
    for name, parts, error, flag, comment in _broken_branches(path):
        yield name, of(with_old_value(path.value_hash, parts)), error, flag, comment
    wrong = with_old_value(FOREIGN, path.branches)
    yield "old_value", of(wrong), RootMismatch, WRONG_PATH, "another value"
    yield "other_row", of(honest, b"abd"), RootMismatch, WRONG_PATH, "the proof of another row"
    yield "not_empty", of(proofs.EMPTY_MAP), MapNotEmpty, NOT_EMPTY, "the map has ten rows"
    yield from _absent(rows, of)
    yield from _ends(honest, of)


# -- seeks -----------------------------------------------------------------------------------------


def _asked(proof: bytes, query: bytes, *, strict: bool = False) -> dict[str, Any]:
    return {"query": query, "strict": strict, "proof": proof}


def _both_ways(rows: OrderedMap) -> Iterator[Wrong]:
    """Yield what is wrong for a seek and a seek back alike."""
    keys = [row.key for row in rows.items()]
    there = path_of(rows, b"abc")
    equal = with_old_value(there.value_hash, there.branches)

    def of(proof: bytes, query: bytes = b"abc") -> dict[str, Any]:
        return _asked(proof, query)

    yield from _kinds(equal, of, (5, 255))
    for name, parts, error, flag, comment in _broken_branches(there):
        yield f"equal_{name}", of(with_old_value(there.value_hash, parts)), error, flag, comment
    wrong = with_old_value(FOREIGN, there.branches)
    yield "equal_value", of(wrong), RootMismatch, WRONG_PATH, "another value"
    yield "equal_other_key", of(equal, b"abd"), RootMismatch, WRONG_PATH, "another key"
    strict = _asked(equal, b"abc", strict=True)
    yield "equal_strict", strict, KeyOutOfOrder, OUT_OF_ORDER, "Equal does not answer strictly"
    yield "not_empty", of(proofs.EMPTY_MAP), MapNotEmpty, NOT_EMPTY, "the map has ten rows"
    yield from _ends(equal, of)
    yield from _wrong_between(rows, keys)
    yield from _wrong_edges(rows, keys)


def _wrong_between(rows: OrderedMap, keys: list[bytes]) -> Iterator[Wrong]:
    """Yield wrong claims that two rows are neighbours, asked from between them."""
    at = keys.index(b"ab")
    query = b"ab\1"
    before, after, shared = claimed_between(rows, keys[at], keys[at + 1])
    parting = max(bit for bit, _ in path_of(rows, keys[at + 1]).branches)
    honest = between(before, after, shared)
    root = RootMismatch

    def of(proof: bytes, asked: bytes = query) -> dict[str, Any]:
        return _asked(proof, asked)

    skipping = between(*claimed_between(rows, keys[at - 1], keys[at + 1]))
    hidden = "a row between the two is passed over"
    yield "between_skips_one", of(skipping), RowNotAtEdge, HIDDEN_ROW, hidden
    skipping = between(*claimed_between(rows, keys[0], keys[-1]))
    yield "between_ends", of(skipping), RowNotAtEdge, HIDDEN_ROW, "the first and the last row"
    order = KeyOutOfOrder
    swapped = between(after, before, shared)
    yield "between_swapped", of(swapped), order, OUT_OF_ORDER, "the two rows are swapped"
    yield "between_before", of(honest, b"aa"), order, OUT_OF_ORDER, "the query is before both"
    yield "between_behind", of(honest, b"abd"), order, OUT_OF_ORDER, "the query is behind both"
    same = between(before, before, shared)
    yield "between_same", of(same), order, OUT_OF_ORDER, "one row twice"
    wrong = between(before, replace(after, value_hash=FOREIGN), shared)
    yield "between_value", of(wrong), root, WRONG_PATH, "another value behind"
    wrong = between(replace(before, value_hash=FOREIGN), after, shared)
    yield "between_value_before", of(wrong), root, WRONG_PATH, "another value before"
    yield "between_shared_missing", of(between(before, after, shared[1:])), root, WRONG_PATH, "one"
    wrong = between(before, after, [(shared[0][0], FOREIGN), *shared[1:]])
    yield "between_shared_sibling", of(wrong), root, WRONG_PATH, "a shared sibling is wrong"
    descent = PathNotDescending
    wrong = between(before, after, [(parting, FOREIGN), *shared])
    yield "between_shared_bit", of(wrong), descent, DESCENT, "a shared bit where the rows part"
    wrong = between(before, after, list(shared[::-1]))
    yield "between_shared_order", of(wrong), descent, DESCENT, "the shared branches from the root"
    wrong = between(replace(before, branches=(PathBranch(parting, ZERO_HASH),)), after, shared)
    yield "between_own_bit", of(wrong), descent, DESCENT, "an own bit where the rows part"
    long = replace(before, key=bytes(81))
    yield "between_key", of(between(long, after, shared)), KeyLengthOutOfRange, LENGTH, "81 bytes"
    both = between(after, before, [(65_535, FOREIGN)])
    yield "between_order_first", of(both), order, ORDER, "order and shared branches are wrong"
    yield "between_behind_end", of(honest + b"\0"), WitnessLengthMismatch, MALLEABLE, "a byte"


def _wrong_edges(rows: OrderedMap, keys: list[bytes]) -> Iterator[Wrong]:
    """Yield wrong claims that a row is the first or the last."""
    for kind, name, edge, inside, query in (
        (2, "first", keys[0], keys[2], b""),
        (3, "last", keys[-1], keys[-2], b"\xff\xff"),
    ):
        claim = beside(path_of(rows, inside), kind=kind)
        hidden = f"there are rows beyond the one that is claimed to be the {name}"
        yield f"{name}_not_{name}", _asked(claim, query), RowNotAtEdge, HIDDEN_ROW, hidden
        path = path_of(rows, edge)
        wrong = beside(replace(path, value_hash=FOREIGN), kind=kind)
        yield f"{name}_value", _asked(wrong, query), RootMismatch, WRONG_PATH, "another value"
        wrong = beside(path, path.branches[1:], kind=kind)
        yield f"{name}_branch", _asked(wrong, query), RootMismatch, WRONG_PATH, "a branch is gone"
        wrong = beside(path, [(65_535, FOREIGN)], kind=kind)
        yield f"{name}_bit", _asked(wrong, query), PathNotDescending, DESCENT, "no bit of the key"
        middle = _asked(beside(path, kind=kind), b"ab\1")
        which = f"the {name} row does not answer from the middle"
        yield f"{name}_from_the_middle", middle, KeyOutOfOrder, OUT_OF_ORDER, which
        itself = _asked(beside(path, kind=kind), edge)
        yield f"{name}_from_itself", itself, KeyOutOfOrder, OUT_OF_ORDER, "Equal would answer"
        long = beside(replace(path, key=bytes(81)), kind=kind)
        length = KeyLengthOutOfRange
        yield f"{name}_key", _asked(long, query), length, LENGTH, "a key of 81 bytes"


def _seek(rows: OrderedMap) -> Iterator[Wrong]:
    yield from _both_ways(rows)
    at_after = between(*claimed_between(rows, b"ab", b"abc"))
    strict = _asked(at_after, b"abc", strict=True)
    yield "strict_at_after", strict, KeyOutOfOrder, OUT_OF_ORDER, "the row behind is the query"
    loose = _asked(at_after, b"ab")
    yield "loose_at_before", loose, KeyOutOfOrder, OUT_OF_ORDER, "the row before is the query"


def _seek_back(rows: OrderedMap) -> Iterator[Wrong]:
    yield from _both_ways(rows)
    at_before = between(*claimed_between(rows, b"ab", b"abc"))
    strict = _asked(at_before, b"ab", strict=True)
    yield "strict_at_before", strict, KeyOutOfOrder, OUT_OF_ORDER, "the row before is the query"
    loose = _asked(at_before, b"abc")
    yield "loose_at_after", loose, KeyOutOfOrder, OUT_OF_ORDER, "the row behind is the query"
