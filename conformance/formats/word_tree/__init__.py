"""Word trees: roots from bytes, and windows opened and updated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conformance.errors import MalformedVector
from conformance.format import Format, Function
from conformance.formats.word_tree import cases
from conformance.shapes import ACCEPTED, HASH, Bytes, ListOf, Number, Record
from merkle import Window, WordTree, depth_for, open_window, zero_root
from merkle.errors import (
    DepthOutOfRange,
    LeafCountMismatch,
    RootMismatch,
    SiblingCountMismatch,
    WindowOutOfRange,
    WordLengthMismatch,
)
from merkle.hashing import Hash32
from merkle.window import sibling_count

DEPTH: Final = Number(255)
"""Wider than a depth may be, so that one that is too great can be asked."""
INDEX: Final = Number(2**33)
COUNT: Final = Number(4_096)
"""Leaves of a window that is made: in memory they all are."""
WORDS: Final = ListOf(Bytes(most=64), most=4_096)
"""Wider than 32 bytes, so that words of another length can be given."""


def root(*, data: bytes, depth: int) -> Hash32:
    """Return the root of the tree of ``depth`` with ``data`` in its first leaves."""
    return WordTree.from_bytes(data, depth=depth).root


def deepened_root(*, data: bytes, depth: int, new_depth: int) -> Hash32:
    """Return the root after the tree was deepened."""
    if new_depth < depth:
        raise MalformedVector(f"a tree only grows: from depth {depth}, not to {new_depth}")
    return WordTree.from_bytes(data, depth=depth).deepened(new_depth).root


def prove(*, data: bytes, depth: int, index: int, count: int) -> dict[str, Any]:
    """Return the window of a tree."""
    window = WordTree.from_bytes(data, depth=depth).window(index, count)
    return {"leaves": window.leaves, "siblings": window.siblings}


def _window(index: int, leaves: Sequence[bytes], siblings: Sequence[bytes]) -> Window:
    return Window(
        index=index, leaves=tuple(leaves), siblings=tuple(Hash32(word) for word in siblings)
    )


def open_(
    *, root: bytes, depth: int, index: int, leaves: Sequence[bytes], siblings: Sequence[bytes]
) -> bool:
    """Return true if the window is the tree's."""
    open_window(Hash32(root), _window(index, leaves, siblings), depth=depth)
    return True


def update(
    *,
    root: bytes,
    depth: int,
    index: int,
    leaves: Sequence[bytes],
    siblings: Sequence[bytes],
    new_leaves: Sequence[bytes],
) -> Hash32:
    """Return the root after the window's leaves were replaced, having opened it."""
    window = _window(index, leaves, siblings)
    open_window(Hash32(root), window, depth=depth)
    return window.updated_root(new_leaves, depth)


_OPENING: Final = (
    DepthOutOfRange,
    WindowOutOfRange,
    SiblingCountMismatch,
    WordLengthMismatch,
    RootMismatch,
)
_WINDOW: Final = {
    "root": HASH,
    "depth": DEPTH,
    "index": INDEX,
    "leaves": WORDS,
    "siblings": WORDS,
}

WORD_TREE: Final = Format(
    name="word_tree",
    version="1.0.0",
    title="Word tree",
    functions=(
        Function(
            name="depth",
            comment="The least depth of a tree with room for a number of leaves.",
            rules=("M-3", "M-7"),
            input=Record({"leaf_count": Number(2**33)}),
            output=DEPTH,
            run=depth_for,
            errors=(DepthOutOfRange,),
        ),
        Function(
            name="zero_root",
            comment="The root of a tree whose leaves are all zero.",
            rules=("M-3", "M-6"),
            input=Record({"depth": DEPTH}),
            output=HASH,
            run=zero_root,
            errors=(DepthOutOfRange,),
        ),
        Function(
            name="root",
            comment="The root of a tree from the bytes in its leaves.",
            rules=("M-3", "M-4", "M-6", "M-8"),
            input=Record({"data": Bytes(), "depth": DEPTH}),
            output=HASH,
            run=root,
            errors=(DepthOutOfRange, WindowOutOfRange),
        ),
        Function(
            name="deepened_root",
            comment="The root of a tree that zero leaves have been put behind.",
            rules=("M-35",),
            input=Record({"data": Bytes(), "depth": DEPTH, "new_depth": DEPTH}),
            output=HASH,
            run=deepened_root,
            errors=(DepthOutOfRange,),
        ),
        Function(
            name="sibling_count",
            comment="How many siblings a window has.",
            rules=("M-9", "M-10", "M-11"),
            input=Record({"index": INDEX, "count": INDEX, "depth": DEPTH}),
            output=Number(64),
            run=sibling_count,
            errors=(DepthOutOfRange, WindowOutOfRange),
        ),
        Function(
            name="prove",
            comment="The window of a run of leaves.",
            rules=("M-9", "M-10", "M-11"),
            input=Record({"data": Bytes(), "depth": DEPTH, "index": INDEX, "count": COUNT}),
            output=Record({"leaves": ListOf(HASH), "siblings": ListOf(HASH)}),
            run=prove,
            errors=(WindowOutOfRange,),
        ),
        Function(
            name="open",
            comment="Whether a window is the tree's.",
            rules=("M-5", "M-9", "M-10", "M-11", "M-33"),
            input=Record(_WINDOW),
            output=ACCEPTED,
            run=open_,
            errors=_OPENING,
        ),
        Function(
            name="update",
            comment="The root after the leaves of a window were replaced.",
            rules=("M-5", "M-9", "M-10", "M-11", "M-12", "M-33"),
            input=Record({**_WINDOW, "new_leaves": WORDS}),
            output=HASH,
            run=update,
            errors=(*_OPENING, LeafCountMismatch),
        ),
    ),
    generators=cases.GENERATORS,
)
