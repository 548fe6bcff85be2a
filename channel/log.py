"""The log of messages: a word tree of their hashes, which one path at a time is opened of.

A log is a value: appending gives another one, which shares all it can with the one before. What a
verifier runs stands at the end, in the order of the mirror: it knows roots only.

1. The depth is 32 for every length, so a path is 32 siblings, the leaf's own first.
2. Beyond the log all is zero. So the path of leaf ``i`` says what the log was before message ``i``,
   too: what lies to the left is the same, and what lies to the right was zero then.

Not here: payloads, and who signed them (`channel.signatures`).

Spec: docs/spec/channel.md, C-4 to C-7. Mirror: ``MessageLog.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from merkle import ZERO_HASH, Hash32, Window, WordTree, zero_root
from merkle.errors import RootMismatch
from merkle.hashing import short_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOG_DEPTH: Final = 32
EMPTY_ROOT: Final = zero_root(LOG_DEPTH)
"""The root of the log before turn 1."""

_EMPTY_TREE: Final = WordTree.zero(LOG_DEPTH)
_ZERO_ROOTS: Final = tuple(zero_root(level) for level in range(LOG_DEPTH))


@dataclass(frozen=True, slots=True, repr=False)
class MessageLog:
    """The hashes of the first ``length`` messages, that of turn ``i + 1`` at ``i``.

    Make one with `of`, or append to an empty one. Two logs are equal when their hashes are.

    Spec: C-4.
    """

    length: int = 0
    _tree: WordTree = _EMPTY_TREE

    @classmethod
    def of(cls, hashes: Iterable[Hash32]) -> MessageLog:
        """Return the log of message hashes, that of turn 1 first.

        Faster than appending one by one. Raises `WordLengthMismatch`.
        """
        leaves = dict(enumerate(hashes))
        _check_not_zero(leaves.values())
        return cls(len(leaves), _EMPTY_TREE.with_leaves(leaves))

    @property
    def root(self) -> Hash32:
        """The root. Spec: C-4."""
        return self._tree.root

    def append(self, message_hash: Hash32) -> MessageLog:
        """Return the log with the hash of the next turn's message behind the others.

        Raises `WordLengthMismatch`, and `WindowOutOfRange` when it is full. Spec: C-7.
        """
        _check_not_zero((message_hash,))
        return MessageLog(self.length + 1, self._tree.with_leaves({self.length: message_hash}))

    def message_hash(self, index: int) -> Hash32:
        """Return the hash of the message of turn ``index + 1``, zero beyond the log.

        Raises `WindowOutOfRange`.
        """
        return Hash32(self._tree.leaf(index))

    def path(self, index: int) -> tuple[Hash32, ...]:
        """Return the path of leaf ``index``, which may be beyond the log: 32 siblings.

        It opens message ``index`` (C-5), shows that the log of turn ``index`` is a prefix of this
        one (C-6) and, for the index behind the last, lets the next message be appended (C-7).
        Raises `WindowOutOfRange`.
        """
        return self._tree.window(index, 1).siblings

    def __repr__(self) -> str:
        return f"MessageLog({self.length} messages, {short_hex(self.root)})"


def _check_not_zero(hashes: Iterable[bytes]) -> None:
    # No payload hashes to zero, so a zero is a mistake of the caller, not somebody's message.
    assert ZERO_HASH not in hashes, "a zero leaf means that there is no message"


def open_message(
    log_root: Hash32, message_hash: Hash32, *, index: int, path: Sequence[Hash32]
) -> Hash32:
    """Return the root of the log before message ``index``, which is shown to be in this log.

    Raises `WindowOutOfRange`, `SiblingCountMismatch`, `WordLengthMismatch`, `RootMismatch`.

    Spec: C-5, C-6. Mirror: ``MessageLog.sol:openMessage``.
    """
    _open(log_root, message_hash, index=index, path=path)
    before = tuple(
        sibling if index >> level & 1 else _ZERO_ROOTS[level] for level, sibling in enumerate(path)
    )
    return _root(ZERO_HASH, index=index, path=before)


def check_prefix(
    prefix_root: Hash32,
    log_root: Hash32,
    *,
    turn: int,
    message_hash: Hash32,
    path: Sequence[Hash32],
) -> None:
    """Refuse a log of ``turn`` that is no prefix of one that is longer.

    ``message_hash`` and ``path`` are those of the next message, at index ``turn`` of the longer
    log: that it is longer, its own turn says and no root does. Raises as `open_message` does.

    Spec: C-6. Mirror: ``MessageLog.sol:checkPrefix``.
    """
    actual = open_message(log_root, message_hash, index=turn, path=path)
    if actual != prefix_root:
        raise RootMismatch(expected=prefix_root, actual=actual)


def appended_root(
    log_root: Hash32, message_hash: Hash32, *, turn: int, path: Sequence[Hash32]
) -> Hash32:
    """Return the root of a log of ``turn`` messages after one more is appended.

    ``path`` is that of the first free leaf. Raises as `open_message` does.

    Spec: C-7. Mirror: ``MessageLog.sol:appendedRoot``.
    """
    _open(log_root, ZERO_HASH, index=turn, path=path)
    return _root(message_hash, index=turn, path=path)


def _open(log_root: Hash32, leaf: Hash32, *, index: int, path: Sequence[Hash32]) -> None:
    actual = _root(leaf, index=index, path=path)
    if actual != log_root:
        raise RootMismatch(expected=log_root, actual=actual)


def _root(leaf: Hash32, *, index: int, path: Sequence[Hash32]) -> Hash32:
    """Return the root that a leaf implies. Spec: M-10."""
    return Window(index=index, leaves=(leaf,), siblings=tuple(path)).root(LOG_DEPTH)
