"""Ordered maps against sorted dictionaries."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from merkle.errors import KeyLengthOutOfRange, ValueTooLong
from merkle.hashing import ZERO_HASH, keccak256
from merkle.map_nodes import Branch
from merkle.map_proofs import verify_delete, verify_get, verify_put
from merkle.ordered_map import OrderedMap
from merkle.seek_proofs import verify_seek, verify_seek_back

MapRoot = Callable[[Mapping[bytes, bytes]], bytes]

# Short keys over few bytes meet often and are often prefixes of one another.
NEAR = st.lists(st.sampled_from([0, 1, 127, 128, 255]), max_size=3).map(bytes)
SEARCHES = NEAR | st.binary(max_size=80)
KEYS = SEARCHES.filter(bool)
VALUES = st.binary(max_size=3)


def least_after(keys: list[bytes], key: bytes, *, strict: bool) -> bytes | None:
    index = (bisect_right if strict else bisect_left)(keys, key)
    return keys[index] if index < len(keys) else None


def greatest_before(keys: list[bytes], key: bytes, *, strict: bool) -> bytes | None:
    index = (bisect_left if strict else bisect_right)(keys, key)
    return keys[index - 1] if index else None


class MapHistory(RuleBasedStateMachine):
    """Any history of puts and deletes, with every proof of every step."""

    @initialize()
    def begin(self) -> None:
        self.map = OrderedMap()
        self.rows: dict[bytes, bytes] = {}
        self.past: list[tuple[OrderedMap, dict[bytes, bytes]]] = []

    @rule(key=KEYS, value=VALUES)
    def put(self, key: bytes, value: bytes) -> None:
        proof, before = self.map.prove_put(key), self.map
        self.past.append((self.map, dict(self.rows)))
        self.map = self.map.put(key, value)
        self.rows[key] = value
        assert verify_put(before.root, proof, key=key, value=value) == self.map.root

    @rule(key=SEARCHES)
    def delete(self, key: bytes) -> None:
        proof, before = self.map.prove_delete(key), self.map
        self.past.append((self.map, dict(self.rows)))
        self.map = self.map.delete(key)
        self.rows.pop(key, None)
        assert verify_delete(before.root, proof, key=key) == self.map.root

    @rule(pick=st.randoms(use_true_random=False))
    def delete_a_row(self, pick: random.Random) -> None:
        if self.rows:
            self.delete(pick.choice(sorted(self.rows)))

    @rule(key=SEARCHES, strict=st.booleans())
    def look_up(self, key: bytes, strict: bool) -> None:
        keys, root = sorted(self.rows), self.map.root
        value = self.rows.get(key)
        assert self.map.get(key) == value
        assert (key in self.map) == (key in self.rows)
        assert verify_get(root, self.map.prove_get(key), key=key) == value
        found = least_after(keys, key, strict=strict)
        assert self.map.seek(key, strict) == found
        proof = self.map.prove_seek(key, strict)
        assert verify_seek(root, proof, query=key, strict=strict) == found
        found = greatest_before(keys, key, strict=strict)
        assert self.map.seek_back(key, strict) == found
        proof = self.map.prove_seek_back(key, strict)
        assert verify_seek_back(root, proof, query=key, strict=strict) == found

    @invariant()
    def holds_the_rows_in_order(self) -> None:
        assert list(self.map.items()) == sorted(self.rows.items())
        assert len(self.map) == len(self.rows)
        assert self.map == OrderedMap.from_rows(reversed(self.rows.items()))
        assert hash(self.map) == hash(OrderedMap.from_rows(self.rows.items()))

    def teardown(self) -> None:
        for version, rows in getattr(self, "past", []):
            assert dict(version.items()) == rows
            assert version == OrderedMap.from_rows(rows.items())


MapHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestMapHistory = MapHistory.TestCase


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=12))
def test_root_is_that_of_the_specification(naive_map_root: MapRoot, rows: dict) -> None:
    assert OrderedMap.from_rows(rows.items()).root == naive_map_root(rows)


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=12), st.lists(KEYS), st.randoms())
def test_root_does_not_depend_on_history(rows: dict, strays: list[bytes], random) -> None:
    made = OrderedMap()
    pending = [*rows.items(), *((key, b"stray") for key in strays)]
    random.shuffle(pending)
    for key, value in pending:
        made = made.put(key, value)
    for key in strays:
        made = made.put(key, rows[key]) if key in rows else made.delete(key)
    assert made.root == OrderedMap.from_rows(rows.items()).root


def test_empty_map_has_root_zero_and_nothing_else() -> None:
    empty = OrderedMap()
    assert empty.root == ZERO_HASH
    assert (len(empty), list(empty.items()), empty.get(b"k")) == (0, [], None)
    assert empty.delete(b"k") is empty
    assert (empty.seek(b""), empty.seek_back(b"k")) == (None, None)
    assert OrderedMap.from_rows([]) == empty == OrderedMap().put(b"k", b"").delete(b"k")


def test_root_of_one_row_is_its_leaf() -> None:
    leaf = keccak256(b"\0" + keccak256(b"k") + keccak256(b"v"))
    assert OrderedMap().put(b"k", b"v").root == leaf


def test_later_of_two_rows_with_one_key_counts() -> None:
    assert OrderedMap.from_rows([(b"k", b"1"), (b"k", b"2")]).get(b"k") == b"2"


def test_putting_an_identical_value_gives_the_same_map() -> None:
    rows = OrderedMap.from_rows([(b"a", b"1"), (b"b", b"2")])
    assert rows.put(b"a", b"1") is rows
    assert rows.put(b"a", b"1") == rows
    assert rows.put(b"a", b"2") != rows
    assert rows.delete(b"c") is rows


def test_an_empty_value_is_a_row() -> None:
    rows = OrderedMap().put(b"k", b"")
    assert (rows.get(b"k"), b"k" in rows, len(rows)) == (b"", True, 1)


@pytest.mark.parametrize("length", [0, 81])
def test_rows_with_keys_out_of_range_are_refused(length: int) -> None:
    key = bytes(length)
    for use in (
        lambda: OrderedMap().put(key, b""),
        lambda: OrderedMap.from_rows([(key, b"")]),
        lambda: OrderedMap().prove_put(key),
    ):
        with pytest.raises(KeyLengthOutOfRange):
            use()


def test_rows_with_values_too_long_are_refused() -> None:
    assert OrderedMap().put(b"k", bytes(1024)).get(b"k") == bytes(1024)
    with pytest.raises(ValueTooLong):
        OrderedMap().put(b"k", bytes(1025))
    with pytest.raises(ValueTooLong):
        OrderedMap.from_rows([(b"k", bytes(1025))])


@pytest.mark.parametrize(
    "method",
    ["get", "delete", "seek", "seek_back", "prove_get", "prove_delete", "prove_seek"],
)
def test_searches_for_keys_too_long_are_refused(method: str) -> None:
    getattr(OrderedMap(), method)(b"")
    with pytest.raises(KeyLengthOutOfRange):
        getattr(OrderedMap(), method)(bytes(81))


def comb(spine: bytes) -> dict[bytes, bytes]:
    """Return rows that branch off ``spine`` at every bit at which a row can."""
    rows = {spine: b"spine"}
    for i in range(len(spine)):
        if i:
            rows[spine[:i]] = b"prefix"
        for place in range(8):
            rows[spine[:i] + bytes([spine[i] ^ 128 >> place])] = b"tooth"
    return rows


@pytest.mark.parametrize(
    "spine", [bytes(80), b"\xff" * 80, bytes(range(80))], ids=["0", "1", "mixed"]
)
def test_combs_of_719_branches_work_without_recursion(spine: bytes) -> None:
    rows = comb(spine)
    made = OrderedMap()
    for key, value in rows.items():
        made = made.put(key, value)
    assert made == OrderedMap.from_rows(rows.items())
    keys = sorted(rows)
    assert [key for key, _ in made.items()] == keys
    proof = made.prove_get(spine)
    assert len(proof.branches) == 719
    assert verify_get(made.root, proof, key=spine) == b"spine"
    proof = made.prove_put(spine)
    assert verify_put(made.root, proof, key=spine, value=b"x") == made.put(spine, b"x").root
    for strict in (False, True):
        found = verify_seek(made.root, made.prove_seek(spine, strict), query=spine, strict=strict)
        assert found == made.seek(spine, strict) == least_after(keys, spine, strict=strict)
        found = greatest_before(keys, spine, strict=strict)
        assert made.seek_back(spine, strict) == found
    assert verify_delete(made.root, made.prove_delete(spine), key=spine) == made.delete(spine).root
    for key in keys:
        made = made.delete(key)
    assert made == OrderedMap()


def test_update_shares_all_but_the_path() -> None:
    rows = OrderedMap.from_rows((bytes([i]), b"") for i in range(256))
    before, after = rows._node, rows.put(b"\0", b"new")._node
    shared = 0
    while isinstance(before, Branch):
        shared += before.right is after.right
        before, after = before.left, after.left
    assert shared == 8


def test_maps_are_equal_to_maps_only() -> None:
    assert OrderedMap() != ZERO_HASH


def test_repr_is_short() -> None:
    one = OrderedMap().put(b"k", b"v")
    assert repr(one) == f"OrderedMap(1 row, root=0x{one.root[:4].hex()}…)"
    assert repr(OrderedMap()) == "OrderedMap(0 rows, root=0x00000000…)"
