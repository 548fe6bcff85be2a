"""Windows of word trees: what they prove, and that any change of one is noticed."""

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle.errors import (
    DepthOutOfRange,
    LeafCountMismatch,
    ProofError,
    RootMismatch,
    SiblingCountMismatch,
    WindowOutOfRange,
    WordLengthMismatch,
)
from merkle.hashing import ZERO_HASH, Hash32
from merkle.window import Window, open_window, sibling_count
from merkle.word_tree import WordTree

DEPTH = 5
# All leaves differ, so no change of a window can be invisible.
TREE = WordTree.from_bytes(b"".join(bytes([i]) * 32 for i in range(1, 33)), depth=DEPTH)


@st.composite
def runs(draw: st.DrawFn) -> tuple[int, int]:
    index = draw(st.integers(0, (1 << DEPTH) - 1))
    return index, draw(st.integers(1, (1 << DEPTH) - index))


def flipped(word: bytes) -> Iterator[bytes]:
    for i in range(len(word)):
        yield word[:i] + bytes([word[i] ^ 1 << i % 8]) + word[i + 1 :]


def changed(words: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    for i, word in enumerate(words):
        for other in (*flipped(word), word[:-1], word + b"\0"):
            yield (*words[:i], other, *words[i + 1 :])
        yield words[:i] + words[i + 1 :]
        yield (*words[:i], word, *words[i:])
        if i:
            yield (*words[: i - 1], word, words[i - 1], *words[i + 1 :])
    yield (*words, ZERO_HASH)


def changed_windows(window: Window) -> Iterator[Window]:
    for leaves in changed(window.leaves):
        yield dataclasses.replace(window, leaves=leaves)
    for siblings in changed(window.siblings):
        yield dataclasses.replace(window, siblings=tuple(map(Hash32, siblings)))
    for index in range(-1, (1 << DEPTH) + 1):
        if index != window.index:
            yield dataclasses.replace(window, index=index)


def test_every_window_of_a_small_tree_gives_its_leaves_and_root() -> None:
    for depth in range(5):
        tree = WordTree.from_bytes(bytes(range(1, (1 << depth) + 1)) * 32, depth=depth)
        size = 1 << depth
        for index in range(size):
            for count in range(1, size - index + 1):
                window = tree.window(index, count)
                assert window.leaves == tuple(tree.leaf(index + i) for i in range(count))
                assert len(window.siblings) == sibling_count(index, count, depth)
                assert open_window(tree.root, window, depth=depth) == window.leaves


@settings(deadline=None, max_examples=25)
@given(runs())
def test_every_change_of_a_window_is_refused_or_gives_another_root(run: tuple[int, int]) -> None:
    window = TREE.window(*run)
    for wrong in changed_windows(window):
        assert wrong != window
        with pytest.raises(ProofError):
            open_window(TREE.root, wrong, depth=DEPTH)


@given(runs(), st.integers(-1, 34).filter(lambda depth: depth != DEPTH))
def test_window_proves_nothing_at_another_depth(run: tuple[int, int], depth: int) -> None:
    with pytest.raises(ProofError):
        open_window(TREE.root, TREE.window(*run), depth=depth)


@given(runs(), runs(), st.randoms(use_true_random=False))
def test_updated_root_is_the_root_of_the_updated_tree(one: tuple[int, int], two, random) -> None:
    # Two windows in sequence, the second against the root after the first (M-12).
    tree, root = TREE, TREE.root
    for index, count in (one, two):
        window = tree.window(index, count)
        assert window.root(DEPTH) == root
        fresh = [random.randbytes(32) for _ in range(count)]
        root = window.updated_root(fresh, DEPTH)
        tree = tree.with_leaves({index + i: leaf for i, leaf in enumerate(fresh)})
        assert root == tree.root


@pytest.mark.parametrize("run", [(0, 0), (-1, 1), (-1, 2), (8, 1), (7, 2), (0, 9), (3, -1)])
def test_windows_out_of_range_are_refused(run: tuple[int, int]) -> None:
    index, count = run
    with pytest.raises(WindowOutOfRange, match=f"window of {count} leaves at {index} does not fit"):
        WordTree.zero(3).window(index, count)
    with pytest.raises(WindowOutOfRange):
        sibling_count(index, count, 3)


def test_empty_window_is_refused() -> None:
    with pytest.raises(WindowOutOfRange):
        Window(index=0, leaves=(), siblings=()).root(0)


@pytest.mark.parametrize("depth", [-1, 33])
def test_depth_out_of_range_is_refused(depth: int) -> None:
    with pytest.raises(DepthOutOfRange):
        sibling_count(0, 1, depth)


def test_each_cause_has_its_error() -> None:
    window = TREE.window(3, 2)
    with pytest.raises(SiblingCountMismatch, match="has 0 siblings where 6 are asked for"):
        dataclasses.replace(window, siblings=()).root(DEPTH)
    with pytest.raises(LeafCountMismatch, match="has 1 leaves for a window of 2"):
        window.updated_root([ZERO_HASH], DEPTH)
    with pytest.raises(RootMismatch):
        open_window(ZERO_HASH, window, depth=DEPTH)


def test_boundary_between_leaves_cannot_be_shifted() -> None:
    window = TREE.window(2, 2)
    joined = b"".join(window.leaves)
    with pytest.raises(WordLengthMismatch):
        dataclasses.replace(window, leaves=(joined[:31], joined[31:])).root(DEPTH)
    with pytest.raises(WordLengthMismatch):
        window.updated_root((joined[:33], joined[33:]), DEPTH)
