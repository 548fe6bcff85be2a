"""The bytes of proofs: read back as they were written, whatever they hold, and never too far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle.errors import (
    BitOnPath,
    KeyLengthOutOfRange,
    KeyOutOfOrder,
    KeyPresent,
    MapNotEmpty,
    PathNotDescending,
    ProofError,
    ProofKindOutOfRange,
    RootMismatch,
    RowNotAtEdge,
    ValueTooLong,
    WindowOutOfRange,
)
from merkle.hashing import ZERO_HASH, Hash32, keccak256
from merkle.map_proofs import verify_delete, verify_get, verify_put
from merkle.ordered_map import OrderedMap
from merkle.proof_bytes import (
    ByteReader,
    encode_delete,
    encode_get,
    encode_put,
    encode_seek,
    encode_window,
    read_branches,
    read_delete,
    read_get,
    read_put,
    read_seek,
    read_window,
)
from merkle.seek_proofs import Between, verify_seek, verify_seek_back
from merkle.window import open_window, sibling_count
from merkle.word_tree import WordTree

NEAR = st.lists(st.sampled_from([0, 1, 127, 128, 255]), max_size=3).map(bytes)
KEYS = NEAR.filter(bool) | st.binary(min_size=1, max_size=80)
ROWS = st.dictionaries(KEYS, st.binary(max_size=40) | st.just(bytes(1024)), max_size=12)

VALUE = b"new"


class Operation(NamedTuple):
    """An operation on rows: its answer, and its proof made, written, read and verified."""

    answer: Callable[[OrderedMap, bytes], object]
    prove: Callable[[OrderedMap, bytes], Any]
    encode: Callable[[Any], bytes]
    read: Callable[[ByteReader, bytes], Any]
    verify: Callable[[Hash32, Any, bytes], object]


def seek(*, back: bool, strict: bool) -> Operation:
    verify = verify_seek_back if back else verify_seek
    return Operation(
        lambda rows, key: (rows.seek_back if back else rows.seek)(key, strict),
        lambda rows, key: (rows.prove_seek_back if back else rows.prove_seek)(key, strict),
        encode_seek,
        lambda reader, key: read_seek(reader, query=key, strict=strict),
        lambda root, proof, key: verify(root, proof, query=key, strict=strict),
    )


OPERATIONS = {
    "get": Operation(
        OrderedMap.get,
        OrderedMap.prove_get,
        encode_get,
        lambda reader, key: read_get(reader, key=key),
        lambda root, proof, key: verify_get(root, proof, key=key),
    ),
    "put": Operation(
        lambda rows, key: rows.put(key, VALUE).root,
        OrderedMap.prove_put,
        encode_put,
        lambda reader, key: read_put(reader, key=key),
        lambda root, proof, key: verify_put(root, proof, key=key, value=VALUE),
    ),
    "delete": Operation(
        lambda rows, key: rows.delete(key).root,
        OrderedMap.prove_delete,
        encode_delete,
        lambda reader, key: read_delete(reader, key=key),
        lambda root, proof, key: verify_delete(root, proof, key=key),
    ),
    "seek": seek(back=False, strict=False),
    "strict seek": seek(back=False, strict=True),
    "seek back": seek(back=True, strict=False),
    "strict seek back": seek(back=True, strict=True),
}
SEEKS = [name for name in OPERATIONS if "seek" in name]

every_operation = pytest.mark.parametrize("name", OPERATIONS)


def judge(name: str, root: Hash32, data: bytes, key: bytes) -> tuple[object, int]:
    """Return the answer that ``data`` proves, or the error that it meets, and the bytes read."""
    operation, reader = OPERATIONS[name], ByteReader(data)
    try:
        return operation.verify(root, operation.read(reader, key), key), reader.position
    except ProofError as error:
        return (type(error), vars(error)), reader.position


def refusal(name: str, root: Hash32, data: bytes, key: bytes) -> type[ProofError]:
    operation = OPERATIONS[name]
    with pytest.raises(ProofError) as caught:
        operation.verify(root, operation.read(ByteReader(data), key), key)
    return type(caught.value)


def branches(*bits: int) -> bytes:
    return u16(len(bits)) + b"".join(u16(bit) + bytes(32) for bit in bits)


def u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def row(key: bytes) -> bytes:
    return bytes([len(key)]) + key + bytes(32)


# Reading


@given(st.binary(max_size=40), st.lists(st.integers(0, 20), max_size=6))
def test_beyond_their_end_bytes_are_zeros_and_the_position_still_advances(
    data: bytes, counts: list[int]
) -> None:
    reader, padded, position = ByteReader(data), data + bytes(120), 0
    for count in counts:
        assert reader.take(count) == padded[position : position + count]
        position += count
        assert reader.position == position


def test_numbers_are_big_endian_and_words_are_of_32_bytes() -> None:
    reader = ByteReader(b"\1\2\3" + b"\xff" * 31)
    assert (reader.uint(1), reader.uint(2)) == (1, 0x0203)
    assert reader.word() == b"\xff" * 31 + b"\0"
    assert (reader.uint(8), reader.position) == (0, 43)


# Windows

DEPTH = 5
TREE = WordTree.from_bytes(b"".join(bytes([i]) * 32 for i in range(1, 33)), depth=DEPTH)


@given(st.integers(0, 31), st.data())
def test_windows_read_as_they_were_written(index: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 32 - index), label="count")
    window = TREE.window(index, count)
    encoded = encode_window(window)
    assert encoded == b"".join(window.leaves) + b"".join(window.siblings)
    reader = ByteReader(encoded + b"more")
    assert read_window(reader, index=index, count=count, depth=DEPTH) == window
    assert reader.position == len(encoded) == 32 * (count + sibling_count(index, count, DEPTH))
    for place in range(0, len(encoded), 7):
        wrong = ByteReader(flip(encoded, place))
        with pytest.raises(RootMismatch):
            open_window(
                TREE.root, read_window(wrong, index=index, count=count, depth=DEPTH), depth=DEPTH
            )


@pytest.mark.parametrize("run", [(0, 0), (32, 1), (31, 2), (0, 33), (1 << 64, 1), (0, 1 << 64)])
def test_windows_out_of_range_are_refused_before_anything_is_read(run: tuple[int, int]) -> None:
    index, count = run
    reader = ByteReader(bytes(2000))
    with pytest.raises(WindowOutOfRange):
        read_window(reader, index=index, count=count, depth=DEPTH)
    assert reader.position == 0


# Proofs about rows


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


@every_operation
@given(ROWS, KEYS, st.data())
def test_proofs_read_as_they_were_written(
    name: str, rows: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    operation, made = OPERATIONS[name], OrderedMap.from_rows(rows.items())
    key = data.draw(st.sampled_from([key, *rows]), label="asked")
    proof = operation.prove(made, key)
    encoded = operation.encode(proof)
    reader = ByteReader(encoded + b"more")
    assert operation.read(reader, key) == proof
    assert judge(name, made.root, encoded + b"more", key) == (
        operation.answer(made, key),
        len(encoded),
    )


@settings(deadline=None, max_examples=20)
@every_operation
@given(ROWS, KEYS, st.data())
def test_no_changed_byte_of_a_proof_passes(
    name: str, rows: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    operation, made = OPERATIONS[name], OrderedMap.from_rows(rows.items())
    key = data.draw(st.sampled_from([key, *rows]), label="asked")
    encoded = operation.encode(operation.prove(made, key))
    for place in range(len(encoded)):
        assert issubclass(refusal(name, made.root, flip(encoded, place), key), ProofError)


@settings(deadline=None, max_examples=20)
@every_operation
@given(ROWS, KEYS, st.data())
def test_a_proof_that_is_cut_short_reads_as_if_zeros_followed(
    name: str, rows: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    operation, made = OPERATIONS[name], OrderedMap.from_rows(rows.items())
    key = data.draw(st.sampled_from([key, *rows]), label="asked")
    encoded = operation.encode(operation.prove(made, key))
    for length in range(len(encoded)):
        short = encoded[:length]
        padded = judge(name, made.root, short.ljust(len(encoded) + 1200, b"\0"), key)
        assert judge(name, made.root, short, key) == padded


# Kind of proof: its parts up to the first count of branches, and how many counts it has.
FORMS: dict[str, dict[int, tuple[bytes, int]]] = {
    "get": {0: (b"", 0), 1: (u16(3) + b"abc", 1), 2: (row(b"k"), 1)},
    "put": {0: (b"", 0), 1: (bytes(32), 1), 2: (row(b"k" * 80), 1)},
    "delete": {0: (b"", 0), 1: (bytes(32), 1), 2: (row(b"k"), 1)},
}
FORMS |= {
    name: {
        0: (b"", 0),
        **({} if "strict" in name else {1: (bytes(32), 1)}),
        2: (row(b"k"), 1),
        3: (row(b"k"), 1),
        4: (row(b"kk") + row(b"k"), 3),
    }
    for name in SEEKS
}


every_form = pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, forms in FORMS.items() for kind in forms]
)


@every_form
@settings(max_examples=10)
@given(counts=st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_no_more_is_read_than_the_counts_promise(name: str, kind: int, counts: list[int]) -> None:
    head, parts = FORMS[name][kind]
    data = bytes([kind]) + head + b"".join(branches(*range(count)) for count in counts[:parts])
    reader = ByteReader(data + b"\xff" * 100)
    OPERATIONS[name].read(reader, b"asked")
    assert reader.position == len(data)


@every_form
def test_branches_that_are_promised_and_not_there_are_zeros(name: str, kind: int) -> None:
    head, parts = FORMS[name][kind]
    data = bytes([kind]) + head + b"\xff\xff"[: 2 * parts]
    reader = ByteReader(data)
    OPERATIONS[name].read(reader, b"asked")
    promised = 34 * 65535 + 2 * (parts - 1) if parts else 0
    assert reader.position == len(data) + promised


@given(bits=st.lists(st.integers(0, 800), max_size=6), limit=st.integers(1, 721))
def test_of_branches_that_do_not_descend_the_first_is_the_last_kept(
    bits: list[int], limit: int
) -> None:
    limits = [limit, *bits]
    wrong = [place for place, bit in enumerate(bits) if bit >= limits[place]]
    reader = ByteReader(branches(*bits) + b"more")
    found = read_branches(reader, limit=limit)
    assert [branch.bit for branch in found] == (bits[: wrong[0] + 1] if wrong else bits)
    assert reader.position == len(branches(*bits))


def test_a_count_does_not_make_a_reader_work() -> None:
    # What is promised and not there is zeros: a branch at bit 0, and one that is not below it.
    reader = ByteReader(b"\xff\xff")
    assert [branch.bit for branch in read_branches(reader, limit=721)] == [0, 0]
    assert reader.position == 2 + 34 * 65535


@every_operation
@given(data=st.binary(max_size=300), key=KEYS)
def test_bytes_that_are_no_proof_are_refused_by_name(name: str, data: bytes, key: bytes) -> None:
    rows = OrderedMap.from_rows([(b"a", b"1"), (b"b", b"2")])
    assert issubclass(refusal(name, rows.root, data, key), ProofError)


@every_operation
def test_a_kind_that_the_operation_has_not_is_refused(name: str) -> None:
    kinds = len(FORMS[name]) + ("strict" in name)
    for kind in range(kinds, 256):
        reader = ByteReader(bytes([kind]) + bytes(200))
        with pytest.raises(ProofKindOutOfRange, match=f"proof of kind {kind}") as caught:
            OPERATIONS[name].read(reader, b"k")
        assert (caught.value.kind, reader.position) == (kind, 1)


@pytest.mark.parametrize("length", [0, 81, 255])
@every_operation
def test_a_shown_key_of_another_length_is_refused_before_it_is_read(name: str, length: int) -> None:
    for kind, (head, _) in FORMS[name].items():
        if kind >= 2:
            places = {1, 1 + len(row(b"kk"))} if kind == 4 else {1}
            for place in places:
                data = bytearray(bytes([kind]) + head + bytes(300))
                data[place] = length
                reader = ByteReader(bytes(data))
                with pytest.raises(KeyLengthOutOfRange) as caught:
                    OPERATIONS[name].read(reader, b"k")
                assert vars(caught.value) == {"length": length, "least": 1}
                assert reader.position == place + 1


def test_a_value_that_is_too_long_is_refused_before_it_is_read() -> None:
    reader = ByteReader(b"\1" + u16(1025) + bytes(2000))
    with pytest.raises(ValueTooLong) as caught:
        read_get(reader, key=b"k")
    assert (caught.value.length, reader.position) == (1025, 3)
    longest = ByteReader(b"\1" + u16(1024) + bytes(2000))
    read_get(longest, key=b"k")
    assert longest.position == 1 + 2 + 1024 + 2


def test_the_very_row_is_no_answer_to_a_strict_seek() -> None:
    reader = ByteReader(b"\1" + bytes(200))
    with pytest.raises(KeyOutOfOrder) as caught:
        read_seek(reader, query=b"k", strict=True)
    assert vars(caught.value) == {"lesser": b"k", "greater": b"k"}
    assert reader.position == 1


# Reading and verifying: the first fault in the order of M-36 is named

MAP = OrderedMap.from_rows((key, b"") for key in (b"a", b"ab", b"abc", b"b\0", b"b\0\0"))

# Asked about "ab" beside "abc" (they part at 18), from "b" between "abc" and "b\0" (at 7).
FIRST_FAULTS: list[tuple[str, bytes, bytes, type[ProofError]]] = [
    ("get", b"ab", b"\0", MapNotEmpty),
    ("get", b"ab", b"\1" + u16(1025), ValueTooLong),
    ("get", b"ab", b"\1" + u16(0) + branches(19), PathNotDescending),
    ("get", b"ab", b"\1" + u16(0) + branches(18), RootMismatch),
    ("put", b"ab", b"\0", MapNotEmpty),
    ("put", b"ab", b"\1" + bytes(32) + branches(19), PathNotDescending),
    ("put", b"ab", b"\1" + bytes(32) + branches(18), RootMismatch),
    ("delete", b"ab", b"\0", MapNotEmpty),
    ("delete", b"ab", b"\1" + bytes(32) + branches(19), PathNotDescending),
    ("delete", b"ab", b"\1" + bytes(32) + branches(18), RootMismatch),
    ("seek", b"b", b"\0", MapNotEmpty),
    ("seek", b"b", b"\1" + bytes(32) + branches(10), PathNotDescending),
    ("seek", b"b", b"\1" + bytes(32) + branches(9), RootMismatch),
    ("seek", b"b", b"\2" + row(b"b") + branches(10), KeyOutOfOrder),
    ("seek", b"b", b"\2" + row(b"c") + branches(10, 1), PathNotDescending),
    ("seek", b"b", b"\2" + row(b"c") + branches(2, 10), RowNotAtEdge),
    ("seek", b"b", b"\2" + row(b"c") + branches(9), RootMismatch),
    ("seek", b"b", b"\3" + row(b"b") + branches(10), KeyOutOfOrder),
    ("seek", b"b", b"\3" + row(b"a") + branches(10, 9), PathNotDescending),
    ("seek", b"b", b"\3" + row(b"a") + branches(9, 10), RowNotAtEdge),
    ("seek", b"b", b"\3" + row(b"a") + branches(2), RootMismatch),
    ("seek", b"b", b"\4" + row(b"c") + b"\0", KeyLengthOutOfRange),
    ("seek", b"b", b"\4" + row(b"c") + row(b"a"), KeyOutOfOrder),
    ("seek", b"b", b"\4" + row(b"a") + row(b"a") + branches(99), KeyOutOfOrder),
]
FIRST_FAULTS += [
    (name, b"ab", b"\2" + rest, error)
    for name in ("get", "put", "delete")
    for rest, error in (
        (b"\0", KeyLengthOutOfRange),
        (row(b"ab") + branches(99), KeyPresent),
        (row(b"abc") + branches(28, 18), PathNotDescending),
        (row(b"abc") + branches(20, 20, 18), PathNotDescending),
        (row(b"abc") + branches(18, 99), BitOnPath),
        (row(b"abc") + branches(20, 17), RootMismatch),
    )
]
FIRST_FAULTS += [
    ("seek", b"b", b"\4" + row(b"abc") + row(b"b\0") + rest, error)
    for rest, error in (
        (branches(28) + branches(99) + branches(7), PathNotDescending),
        (branches(7) + branches(99) + branches(7), PathNotDescending),
        (branches(10, 28) + branches(99) + branches(7), RowNotAtEdge),
        (branches(8) + branches(19) + branches(7), PathNotDescending),
        (branches(8) + branches(7) + branches(7), PathNotDescending),
        (branches(8) + branches(9, 99) + branches(7), RowNotAtEdge),
        (branches(8) + branches(10) + branches(7), PathNotDescending),
        (branches(8) + branches(10) + branches(6, 6), PathNotDescending),
        (branches(8) + branches(10) + branches(6), RootMismatch),
    )
]


@pytest.mark.parametrize(("name", "key", "data", "error"), FIRST_FAULTS)
def test_the_first_fault_is_named(
    name: str, key: bytes, data: bytes, error: type[ProofError]
) -> None:
    for asked in [name, "seek back"] if name == "seek" else [name]:
        assert refusal(asked, MAP.root, data, key) is error


@every_operation
def test_an_unknown_kind_of_proof_is_a_mistake_of_the_caller(name: str) -> None:
    with pytest.raises(AssertionError):
        OPERATIONS[name].encode(MAP)


# Sizes


def comb(spine: bytes) -> OrderedMap:
    """Return a map whose row ``spine`` has a branch at every bit at which a row can."""
    keys = [spine[:length] for length in range(1, len(spine) + 1)]
    for i in range(len(spine)):
        keys += (spine[:i] + bytes([spine[i] ^ 128 >> place]) for place in range(8))
    return OrderedMap.from_rows((key, keccak256(key)) for key in keys)


@pytest.mark.parametrize(
    "spine", [bytes(80), b"\xff" * 80, bytes(range(80))], ids=["0", "1", "mixed"]
)
@every_operation
def test_paths_of_719_branches_are_written_and_read(name: str, spine: bytes) -> None:
    operation, rows = OPERATIONS[name], comb(spine)
    for key in (spine, spine[:-1] + bytes([spine[-1] ^ 3])):
        data = operation.encode(operation.prove(rows, key))
        assert judge(name, rows.root, data, key) == (operation.answer(rows, key), len(data))


def test_neighbours_with_719_branches_share_them() -> None:
    spine = bytes(range(80))
    rows = comb(spine)
    proof = rows.prove_seek(spine, strict=True)
    assert isinstance(proof, Between)
    parts = (proof.before.branches, proof.after.branches, proof.shared)
    # The one branch that is missing is that at which the two rows part.
    assert len(rows.prove_put(spine).path.branches) == 719
    assert sum(len(part) for part in parts) == 718
    assert len(encode_seek(proof)) == 1 + 2 * (1 + 32) + 160 + 3 * 2 + 718 * 34
    assert proof.after.value_hash != ZERO_HASH
