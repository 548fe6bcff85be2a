"""The message log against a plain model, and everything that proofs about it must refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel import LOG_DEPTH, MessageLog, appended_root, check_prefix, open_message
from channel.log import EMPTY_ROOT
from merkle import ZERO_HASH, Hash32, WordTree, keccak256, zero_root
from merkle.errors import (
    RootMismatch,
    SiblingCountMismatch,
    WindowOutOfRange,
    WordLengthMismatch,
)

hashes = st.lists(st.binary(min_size=1).map(keccak256), max_size=40)
some_hashes = st.lists(st.binary(min_size=1).map(keccak256), min_size=1, max_size=40)


def model_root(leaves: list[Hash32]) -> Hash32:
    """Return the root by the rule M-4 alone: level by level, and zero roots behind."""
    nodes = list(leaves)
    for level in range(LOG_DEPTH):
        if len(nodes) % 2 or not nodes:
            nodes.append(zero_root(level))
        nodes = [
            keccak256(left + right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)
        ] or [zero_root(level + 1)]
    return nodes[0]


def log_of(leaves: list[Hash32]) -> MessageLog:
    log = MessageLog()
    for leaf in leaves:
        log = log.append(leaf)
    return log


@given(hashes)
def test_appending_gives_the_root_of_the_model(leaves: list[Hash32]) -> None:
    log = log_of(leaves)
    assert log.root == model_root(leaves) if leaves else EMPTY_ROOT
    assert log.length == len(leaves)
    assert log == MessageLog.of(leaves)
    assert [log.message_hash(index) for index in range(log.length)] == leaves
    assert log.message_hash(log.length) == ZERO_HASH


def test_the_empty_log_is_the_zero_tree() -> None:
    assert MessageLog().root == EMPTY_ROOT == zero_root(32) == WordTree.zero(32).root
    assert MessageLog.of([]) == MessageLog()


def test_a_log_is_a_value() -> None:
    one = MessageLog().append(keccak256(b"one"))
    two = one.append(keccak256(b"two"))
    other = one.append(keccak256(b"other"))
    assert (one.length, two.length, other.length) == (1, 2, 2)
    assert len({MessageLog().root, one.root, two.root, other.root}) == 4
    assert one.root == MessageLog().append(keccak256(b"one")).root
    assert repr(two) == f"MessageLog(2 messages, 0x{two.root[:4].hex()}…)"


@given(some_hashes, st.data())
def test_every_message_opens_and_shows_the_log_before_it(
    leaves: list[Hash32], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    log = MessageLog.of(leaves)
    path = log.path(index)
    assert len(path) == LOG_DEPTH
    before = open_message(log.root, leaves[index], index=index, path=path)
    assert before == MessageLog.of(leaves[:index]).root
    check_prefix(before, log.root, turn=index, message_hash=leaves[index], path=path)


@given(some_hashes, st.data())
def test_another_prefix_is_refused(leaves: list[Hash32], data: st.DataObject) -> None:
    turn = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves)).filter(lambda length: length != turn))
    log = MessageLog.of(leaves)
    claimed = MessageLog.of(leaves[:other]).root
    with pytest.raises(RootMismatch) as caught:
        check_prefix(claimed, log.root, turn=turn, message_hash=leaves[turn], path=log.path(turn))
    assert caught.value.expected == claimed
    assert caught.value.actual == MessageLog.of(leaves[:turn]).root


@given(hashes, st.binary(min_size=1).map(keccak256))
def test_appending_is_shown_by_the_path_of_the_first_free_leaf(
    leaves: list[Hash32], message: Hash32
) -> None:
    log = MessageLog.of(leaves)
    after = appended_root(log.root, message, turn=log.length, path=log.path(log.length))
    assert after == log.append(message).root


@given(some_hashes, st.data())
def test_nothing_is_appended_over_a_message(leaves: list[Hash32], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    log = MessageLog.of(leaves)
    with pytest.raises(RootMismatch) as caught:
        appended_root(log.root, keccak256(b"new"), turn=index, path=log.path(index))
    assert caught.value.expected == log.root


@given(some_hashes, st.data())
def test_any_change_of_a_proof_is_refused(leaves: list[Hash32], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    log = MessageLog.of(leaves)
    bit = data.draw(st.integers(0, 256 * (LOG_DEPTH + 1) - 1))
    words = bytearray(b"".join((leaves[index], *log.path(index))))
    words[bit // 8] ^= 1 << bit % 8
    leaf, *path = (Hash32(bytes(words[at : at + 32])) for at in range(0, len(words), 32))
    with pytest.raises(RootMismatch):
        open_message(log.root, leaf, index=index, path=path)


@given(some_hashes, st.data())
def test_a_message_opens_at_its_own_place_only(leaves: list[Hash32], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    log = MessageLog.of(leaves)
    other = index ^ 1 << data.draw(st.integers(0, LOG_DEPTH - 1))
    if log.message_hash(other) == leaves[index] and other < len(leaves):
        return
    with pytest.raises(RootMismatch):
        open_message(log.root, leaves[index], index=other, path=log.path(index))


def test_a_path_has_32_siblings() -> None:
    log = MessageLog.of([keccak256(b"one")])
    leaf, path = log.message_hash(0), log.path(0)
    for wrong in (path[:-1], (*path, ZERO_HASH), ()):
        with pytest.raises(SiblingCountMismatch) as caught:
            open_message(log.root, leaf, index=0, path=wrong)
        assert (caught.value.expected, caught.value.actual) == (LOG_DEPTH, len(wrong))
    with pytest.raises(WordLengthMismatch):
        open_message(log.root, leaf, index=0, path=(path[0] + b"\0", *path[1:]))


@pytest.mark.parametrize("index", [-1, 2**32])
def test_an_index_is_a_u32(index: int) -> None:
    log = MessageLog.of([keccak256(b"one")])
    with pytest.raises(WindowOutOfRange):
        open_message(log.root, log.message_hash(0), index=index, path=log.path(0))
    with pytest.raises(WindowOutOfRange):
        log.path(index)


def test_the_last_leaf_has_a_path_too() -> None:
    last = 2**32 - 1
    path = MessageLog().path(last)
    root = appended_root(EMPTY_ROOT, keccak256(b"last"), turn=last, path=path)
    assert open_message(root, keccak256(b"last"), index=last, path=path) == EMPTY_ROOT
