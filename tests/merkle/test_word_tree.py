"""Word trees against full arrays of leaves."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle import word_tree
from merkle.errors import DepthOutOfRange, WindowOutOfRange, WordLengthMismatch
from merkle.hashing import ZERO_HASH, keccak256
from merkle.word_tree import WordTree, depth_for, diff, zero_root

TreeRoot = Callable[[list[bytes]], bytes]

ZERO = bytes(32)
LEAVES = st.sampled_from([ZERO, b"\1" * 32, bytes(range(32)), b"\xff" * 32])
DEPTHS = st.integers(0, 5)


@st.composite
def trees_and_changes(draw: st.DrawFn) -> tuple[list[bytes], list[dict[int, bytes]]]:
    depth = draw(DEPTHS)
    leaves = draw(st.lists(LEAVES, min_size=1 << depth, max_size=1 << depth))
    change = st.dictionaries(st.integers(0, (1 << depth) - 1), LEAVES, max_size=1 << depth)
    return leaves, draw(st.lists(change, max_size=4))


def tree_of(leaves: list[bytes]) -> WordTree:
    return WordTree.from_bytes(b"".join(leaves), depth=depth_for(len(leaves)))


@pytest.mark.parametrize(
    ("leaf_count", "depth"),
    [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (2048, 11), (2049, 12), (1 << 32, 32)],
)
def test_depth_is_the_least_that_fits(leaf_count: int, depth: int) -> None:
    assert depth_for(leaf_count) == depth


def test_more_leaves_than_the_deepest_tree_has_are_refused() -> None:
    with pytest.raises(DepthOutOfRange, match="depth 33 is not between 0 and 32"):
        depth_for((1 << 32) + 1)


def test_zero_roots_follow_the_recurrence() -> None:
    assert zero_root(0) == ZERO_HASH
    for depth in range(32):
        assert zero_root(depth + 1) == keccak256(zero_root(depth) * 2)
        assert WordTree.zero(depth).root == zero_root(depth)


@pytest.mark.parametrize("depth", [-1, 33])
def test_depths_outside_0_to_32_are_refused(depth: int) -> None:
    for make in (zero_root, WordTree.zero, lambda depth: WordTree.from_bytes(b"x", depth=depth)):
        with pytest.raises(DepthOutOfRange):
            make(depth)


def test_root_at_depth_0_is_the_leaf_itself() -> None:
    tree = WordTree.from_bytes(b"abc", depth=0)
    assert tree.root == tree.leaf(0) == b"abc" + bytes(29)
    assert tree.with_leaves({0: b"\7" * 32}).root == b"\7" * 32


@settings(deadline=None)
@given(data=st.binary(max_size=300), zeros=st.integers(0, 100), more=st.binary(max_size=40))
def test_bytes_are_packed_in_order_and_zero_padded(
    naive_tree_root: TreeRoot, data: bytes, zeros: int, more: bytes
) -> None:
    data += bytes(zeros) + more
    padded = data.ljust(16 * 32, b"\0")
    leaves = [padded[i : i + 32] for i in range(0, 16 * 32, 32)]
    tree = WordTree.from_bytes(data, depth=4)
    assert tree.root == naive_tree_root(leaves)
    assert [tree.leaf(index) for index in range(16)] == leaves


def test_data_that_does_not_fit_is_refused_even_if_zero() -> None:
    assert WordTree.from_bytes(bytes(64), depth=1) == WordTree.zero(1)
    with pytest.raises(WindowOutOfRange):
        WordTree.from_bytes(bytes(65), depth=1)


@settings(deadline=None)
@given(trees_and_changes())
def test_updates_are_those_of_an_array(
    naive_tree_root: TreeRoot, case: tuple[list[bytes], list[dict[int, bytes]]]
) -> None:
    leaves, changes = case
    tree = tree_of(leaves)
    for change in changes:
        old_root, old_leaves, old_tree = tree.root, leaves, tree
        leaves = [change.get(index, leaf) for index, leaf in enumerate(leaves)]
        tree = tree.with_leaves(change)
        assert tree.root == naive_tree_root(leaves)
        assert [tree.leaf(index) for index in range(len(leaves))] == leaves
        assert tree == tree_of(leaves)
        assert hash(tree) == hash(tree_of(leaves))
        fresh = WordTree(old_tree.depth, old_tree._node)
        assert fresh.root == old_root == naive_tree_root(old_leaves)


@settings(deadline=None)
@given(trees_and_changes())
def test_diff_yields_exactly_the_leaves_that_differ(
    case: tuple[list[bytes], list[dict[int, bytes]]],
) -> None:
    leaves, changes = case
    before, model = tree_of(leaves), list(leaves)
    after = before
    for change in changes:
        after = after.with_leaves(change)
        for index, leaf in change.items():
            model[index] = leaf
    pairs = enumerate(zip(leaves, model, strict=True))
    expected = [(index, one, other) for index, (one, other) in pairs if one != other]
    assert list(diff(before, after)) == expected
    assert list(diff(tree_of(leaves), tree_of(model))) == expected


def test_diff_walks_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = WordTree.zero(32).with_leaves({7: b"\1" * 32, 1 << 31: b"\2" * 32})
    after = before.with_leaves({1 << 31: b"\3" * 32})
    assert after.root != before.root
    asked = []
    real = word_tree._root_of
    monkeypatch.setattr(word_tree, "_root_of", lambda n, lv: (asked.append(lv), real(n, lv))[1])
    assert list(diff(before, after)) == [(1 << 31, b"\2" * 32, b"\3" * 32)]
    assert len(asked) == 2 * 33


def test_diff_of_different_depths_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(AssertionError):
        list(diff(WordTree.zero(1), WordTree.zero(2)))


def test_batched_update_touches_each_inner_node_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = WordTree.zero(10)
    made = []
    real = word_tree._Node
    monkeypatch.setattr(word_tree, "_Node", lambda one, two: made.append(1) or real(one, two))
    tree.with_leaves(dict.fromkeys(range(8), b"\x01" * 32))
    assert len(made) == 7 + 7  # the full subtree of 8 leaves, and the 7 nodes above it


def test_zero_data_is_shared_and_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = word_tree._Node
    monkeypatch.setattr(word_tree, "_Node", lambda one, two: made.append(1) or real(one, two))
    WordTree.from_bytes(bytes(32 * 63) + b"x" + bytes(32 * 64), depth=19)
    assert len(made) == 19


def test_deepest_tree_has_2_to_the_32_leaves() -> None:
    last = (1 << 32) - 1
    tree = WordTree.zero(32).with_leaves({0: b"\1" * 32, last: b"\2" * 32})
    assert (tree.leaf(0), tree.leaf(1), tree.leaf(last)) == (b"\1" * 32, ZERO, b"\2" * 32)
    assert tree.window(last, 1).root(32) == tree.root


def test_nothing_to_replace_gives_the_same_tree() -> None:
    tree = WordTree.zero(3)
    assert tree.with_leaves({}) is tree


@pytest.mark.parametrize("index", [-1, 4])
def test_leaves_outside_the_tree_are_refused(index: int) -> None:
    tree = WordTree.zero(2)
    for use in (tree.leaf, lambda i: tree.with_leaves({i: ZERO}), lambda i: tree.window(i, 1)):
        with pytest.raises(WindowOutOfRange, match=f"1 leaves at {index}"):
            use(index)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_leaves_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(WordLengthMismatch):
        WordTree.zero(2).with_leaves({0: bytes(length)})


def test_trees_of_different_depths_are_not_equal() -> None:
    # The root of a tree of depth 0 is its leaf, which may be the root of another tree.
    assert WordTree.from_bytes(zero_root(1), depth=0).root == WordTree.zero(1).root
    assert WordTree.from_bytes(zero_root(1), depth=0) != WordTree.zero(1)
    assert WordTree.zero(1) != "tree"


def test_repr_is_short() -> None:
    assert repr(WordTree.zero(5)) == f"WordTree(depth=5, root=0x{zero_root(5)[:4].hex()}…)"


@given(trees_and_changes(), st.integers(0, 6))
def test_a_deepened_tree_has_zero_leaves_behind_its_own(
    case: tuple[list[bytes], list[dict[int, bytes]]], more: int
) -> None:
    leaves, _ = case
    tree = tree_of(leaves)
    deeper = tree.deepened(tree.depth + more)
    assert deeper == WordTree.from_bytes(b"".join(leaves), depth=tree.depth + more)


def test_a_tree_is_not_deepened_beyond_the_deepest() -> None:
    with pytest.raises(DepthOutOfRange):
        WordTree.zero(32).deepened(33)


@given(
    depth=st.integers(0, 5),
    above=st.integers(0, 4),
    data=st.data(),
)
def test_parts_replace_what_their_leaves_would(depth: int, above: int, data: st.DataObject) -> None:
    tree = WordTree.from_bytes(bytes(range(1, 200)), depth=max(3, depth + above))
    parts = data.draw(
        st.dictionaries(
            st.integers(0, (1 << tree.depth - depth) - 1),
            st.binary(max_size=32 << depth) | st.just(bytes(32 << depth)),
            max_size=5,
        )
    )
    leaves = {
        (at << depth) + leaf: part.ljust(32 << depth, b"\0")[32 * leaf : 32 * leaf + 32]
        for at, part in parts.items()
        for leaf in range(1 << depth)
    }
    changed = tree.with_parts(parts, depth=depth)
    assert changed == tree.with_leaves(leaves)
    assert all(changed.leaf(index) == leaf for index, leaf in leaves.items())


def test_parts_outside_the_tree_or_too_long_are_refused() -> None:
    tree = WordTree.zero(4)
    for at in (-1, 4):
        with pytest.raises(WindowOutOfRange):
            tree.with_parts({at: b"\1"}, depth=2)
    with pytest.raises(WindowOutOfRange):
        tree.with_parts({0: bytes(129)}, depth=2)
    assert tree.with_parts({}, depth=4) is tree
