"""The cases of word trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.corpus.chance import Chance
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from merkle import Window, WordTree
from merkle.errors import (
    ChannelsError,
    DepthOutOfRange,
    LeafCountMismatch,
    RootMismatch,
    SiblingCountMismatch,
    WindowOutOfRange,
    WordLengthMismatch,
)

NORMAL: Final = Flag("normal", BugType.BASIC, "An ordinary case.")
DEPTH_ZERO: Final = Flag(
    "depth_zero", BugType.EDGE_CASE, "A tree of depth 0 is its one leaf: nothing is hashed (M-4)."
)
DEPTH_MAX: Final = Flag(
    "depth_max", BugType.EDGE_CASE, "A tree of depth 32; indices go up to 2^32 - 1 (M-3)."
)
DEPTH_TOO_GREAT: Final = Flag(
    "depth_too_great", BugType.MISSING_CHECK, "A tree deeper than 32 (M-3)."
)
PADDING: Final = Flag(
    "padding", BugType.ENCODING, "The last leaf is padded with zeros behind the bytes (M-8)."
)
TRAILING_ZEROS: Final = Flag(
    "trailing_zeros",
    BugType.EDGE_CASE,
    "Zero bytes at the end are absent leaves: they do not change the root (M-6).",
)
TOO_MANY_LEAVES: Final = Flag(
    "too_many_leaves", BugType.MISSING_CHECK, "More bytes than the tree has leaves for (M-9)."
)
ODD_RUN: Final = Flag(
    "odd_run", BugType.BASIC, "A run with a sibling on one side, or both, at some level (M-10)."
)
WHOLE_TREE: Final = Flag("whole_tree", BugType.EDGE_CASE, "A window of all leaves: no siblings.")
INDEX_OUT_OF_RANGE: Final = Flag(
    "index_out_of_range", BugType.MISSING_CHECK, "A window that leaves its tree, or is empty (M-9)."
)
OTHER_DEPTH: Final = Flag(
    "other_depth",
    BugType.MISSING_CHECK,
    "The window is of a tree of another depth than the one committed (M-5).",
)
NODE_AS_LEAF: Final = Flag(
    "node_as_leaf",
    BugType.DOMAIN_SEPARATION,
    "An inner node is shown as a leaf, in a tree one level less deep than the one committed (M-5).",
)
SIBLING_COUNT: Final = Flag(
    "sibling_count",
    BugType.MALLEABILITY,
    "More or fewer siblings than the window's place asks for (M-11).",
)
WRONG_SIBLING: Final = Flag("wrong_sibling", BugType.MISSING_CHECK, "One sibling is wrong (M-10).")
WRONG_LEAF: Final = Flag("wrong_leaf", BugType.MISSING_CHECK, "One leaf is wrong (M-10).")
WRONG_ROOT: Final = Flag("wrong_root", BugType.MISSING_CHECK, "The root is another tree's (M-10).")
SWAPPED: Final = Flag(
    "swapped", BugType.MISSING_CHECK, "Two leaves, or two siblings, have changed places (M-10)."
)
WRONG_INDEX: Final = Flag(
    "wrong_index", BugType.MISSING_CHECK, "The right leaves at another index (M-10)."
)
WORD_LENGTH: Final = Flag(
    "word_length",
    BugType.DOMAIN_SEPARATION,
    "Words of 31 and 33 bytes, which joined pass for two of 32 (M-33).",
)
LEAF_COUNT: Final = Flag(
    "leaf_count",
    BugType.MISSING_CHECK,
    "An update gives more or fewer leaves than the window has (M-12).",
)
ORDER: Final = Flag(
    "order", BugType.WRONG_ORDER, "Two things are wrong; the error is that of the first check."
)


def _root_cases(kind: VectorSet) -> Iterator[Case]:
    text = b"event-sourced channels"
    for name, data, depth, flag, comment in (
        ("empty", b"", 0, DEPTH_ZERO, "no bytes: the zero leaf is the root"),
        ("empty_depth_32", b"", 32, DEPTH_MAX, "no bytes in the deepest tree"),
        ("one_leaf", bytes(range(32)), 0, DEPTH_ZERO, "one whole leaf: the leaf is the root"),
        ("padded", text, 0, PADDING, "22 bytes and ten zeros"),
        ("one_byte_deep", b"\x01", 32, DEPTH_MAX, "one byte in the deepest tree"),
        ("two_leaves", bytes(range(64)), 1, NORMAL, "one hash over two leaves"),
        ("odd_leaves", bytes(range(96)), 2, PADDING, "three leaves, the fourth absent"),
        ("trailing_zeros", text + bytes(42), 3, TRAILING_ZEROS, "bytes followed by zeros"),
        ("without_trailing_zeros", text, 3, TRAILING_ZEROS, "the same tree"),
        ("zero_leaf_before", bytes(32) + text, 3, NORMAL, "the first leaf is zero"),
        ("only_zeros", bytes(256), 3, TRAILING_ZEROS, "eight zero leaves"),
        ("full", Chance("full").bytes(256), 3, NORMAL, "all leaves are given"),
    ):
        asked = {"data": data, "depth": depth}
        yield Case(name=name, function="root", input=asked, comment=comment, flags=(flag,))
    for name, data, depth, error, flag, comment in (
        ("too_long", bytes(33), 0, WindowOutOfRange, TOO_MANY_LEAVES, "33 bytes in one leaf"),
        ("too_long_3", bytes(257), 3, WindowOutOfRange, TOO_MANY_LEAVES, "257 bytes, all zero"),
        ("depth_33", b"\x01", 33, DepthOutOfRange, DEPTH_TOO_GREAT, "a tree of depth 33"),
    ):
        yield Case(
            name=name,
            function="root",
            input={"data": data, "depth": depth},
            comment=comment,
            flags=(flag,),
            error=error,
        )
    yield from _sizes(kind)


def _sizes(kind: VectorSet) -> Iterator[Case]:
    """Yield trees of every number of bytes at which padding or pairing changes."""
    depths = range(3) if kind is VectorSet.SMOKE else range(7)
    for depth in depths:
        most = 32 << depth
        sizes = {1, 31, 32, 33, most // 2 + 1, most - 1, most}
        for size in sorted(size for size in sizes if size <= most):
            data = Chance(f"size {depth} {size}").bytes(size)
            asked = {"data": data, "depth": depth}
            yield Case(
                name=f"depth_{depth}_bytes_{size}",
                function="root",
                input=asked,
                comment=f"{size} bytes in a tree of depth {depth}",
                flags=(PADDING if size % 32 else NORMAL,),
            )


def _depth_cases(kind: VectorSet) -> Iterator[Case]:
    counts = [0, 1, 2, 3, 4, 5, 8, 9, 2_048, 2_049, 2**31, 2**31 + 1, 2**32]
    if kind is VectorSet.FULL:
        counts += [2**n + k for n in range(4, 31) for k in (0, 1) if n != 11]
    for count in counts:
        yield Case(
            name=f"leaves_{count}",
            function="depth",
            input={"leaf_count": count},
            comment=f"a tree of {count} leaves",
            flags=(DEPTH_MAX if count > 2**31 else NORMAL,),
        )
    yield Case(
        name="too_many",
        function="depth",
        input={"leaf_count": 2**32 + 1},
        comment="one leaf more than the deepest tree has",
        flags=(DEPTH_TOO_GREAT,),
        error=DepthOutOfRange,
    )
    for depth in range(33):
        if kind is VectorSet.FULL or depth in {0, 1, 2, 8, 16, 31, 32}:
            flag = {0: DEPTH_ZERO, 32: DEPTH_MAX}.get(depth, NORMAL)
            yield Case(
                name=f"depth_{depth}",
                function="zero_root",
                input={"depth": depth},
                comment=f"the zero tree of depth {depth}",
                flags=(flag,),
            )
    yield Case(
        name="depth_33",
        function="zero_root",
        input={"depth": 33},
        comment="a tree of depth 33",
        flags=(DEPTH_TOO_GREAT,),
        error=DepthOutOfRange,
    )
    yield Case(
        name="to_33",
        function="deepened_root",
        input={"data": b"\1", "depth": 0, "new_depth": 33},
        comment="to a depth that no tree has",
        flags=(DEPTH_TOO_GREAT,),
        error=DepthOutOfRange,
    )
    data = Chance("deepened").bytes(96)
    for depth, new_depth in ((2, 2), (2, 3), (2, 8), (2, 32), (0, 0), (0, 1)):
        yield Case(
            name=f"from_{depth}_to_{new_depth}",
            function="deepened_root",
            input={"data": data[: 32 << depth], "depth": depth, "new_depth": new_depth},
            comment=f"from depth {depth} to {new_depth}",
            flags=(DEPTH_MAX if new_depth == 32 else NORMAL,),
        )


# -- windows ---------------------------------------------------------------------------------------

_RUNS: Final[tuple[tuple[str, int, int, int], ...]] = (
    # name, depth, index, count
    ("depth_0", 0, 0, 1),
    ("depth_1_left", 1, 0, 1),
    ("depth_1_right", 1, 1, 1),
    ("depth_1_both", 1, 0, 2),
    ("one_leaf_depth_5", 5, 12, 1),
    ("odd_run_depth_5", 5, 11, 3),
    ("even_run_depth_5", 5, 8, 4),
    ("across_the_middle", 5, 15, 2),
    ("odd_to_odd", 5, 13, 5),
    ("even_to_even", 5, 14, 5),
    ("first_leaves", 5, 0, 7),
    ("last_leaves", 5, 25, 7),
    ("all_but_first", 4, 1, 15),
    ("all_but_last", 4, 0, 15),
    ("whole_tree", 4, 0, 16),
    ("depth_32_first", 32, 0, 1),
    ("depth_32_last", 32, 2**32 - 1, 1),
    ("depth_32_odd_run", 32, 2**31 - 1, 3),
)


_SMOKE_UPDATES: Final = {"depth_0", "odd_run_depth_5", "even_run_depth_5", "depth_32_last"}


def tree_of(depth: int) -> WordTree:
    """Return a tree with something in its first and last leaves."""
    data = Chance(f"tree {depth}").bytes(min(32 << depth, 1_024))
    tree = WordTree.from_bytes(data, depth=depth)
    if depth > 5:
        places = (2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1)
        chance = Chance(f"last leaves of {depth}")
        tree = tree.with_leaves({place: chance.bytes(32) for place in places if place < 1 << depth})
    return tree


def _flags(depth: int, index: int, count: int) -> tuple[Flag, ...]:
    flags = [DEPTH_ZERO] * (depth == 0) + [DEPTH_MAX] * (depth == 32)
    flags += [WHOLE_TREE] * (count == 1 << depth) + [ODD_RUN] * (index & 1 or count & 1)
    return tuple(flags) or (NORMAL,)


def _runs(kind: VectorSet) -> Iterator[tuple[str, int, int, int]]:
    yield from (run for run in _RUNS if kind is VectorSet.FULL or run[0] != "depth_32_odd_run")
    if kind is VectorSet.FULL:
        for depth in range(2, 5):
            for index in range(1 << depth):
                for count in range(1, (1 << depth) - index + 1):
                    yield f"every_{depth}_{index}_{count}", depth, index, count


def _window_cases(kind: VectorSet) -> Iterator[Case]:
    for name, depth, index, count in _runs(kind):
        tree = tree_of(depth)
        window = tree.window(index, count)
        flags = _flags(depth, index, count)
        comment = f"{count} leaves at {index} of a tree of depth {depth}"
        asked = opening(tree, window)
        place = {"index": index, "count": count, "depth": depth}
        new = [Chance(f"new {name} {i}").bytes(32) for i in range(count)]
        again = kind is VectorSet.SMOKE and name not in _SMOKE_UPDATES
        for function, given in (
            ("sibling_count", place),
            ("open", asked),
            ("update", {**asked, "new_leaves": new}),
        ):
            if again and function == "update":
                continue
            yield Case(name=name, function=function, input=given, comment=comment, flags=flags)
        if depth <= 5 and (kind is VectorSet.FULL or count > 4):
            data = b"".join(tree.leaf(i) for i in range(1 << depth))
            given = {"data": data, **place}
            yield Case(name=name, function="prove", input=given, comment=comment, flags=flags)


def opening(tree: WordTree, window: Window) -> dict[str, Any]:
    """Return the input of ``open``."""
    return {
        "root": tree.root,
        "depth": tree.depth,
        "index": window.index,
        "leaves": window.leaves,
        "siblings": window.siblings,
    }


# -- windows that are refused ----------------------------------------------------------------------

_Wrong = tuple[str, dict[str, Any], type[ChannelsError], Flag, str]


def _flip(word: bytes) -> bytes:
    return bytes((word[0] ^ 1,)) + word[1:]


def wrong_windows() -> Iterator[_Wrong]:
    """Yield what is changed in the window of 3 leaves at 11 of a tree of depth 5."""
    window = tree_of(5).window(11, 3)
    leaves, siblings = list(window.leaves), list(window.siblings)
    for i in range(len(siblings)):
        wrong = [*siblings[:i], _flip(siblings[i]), *siblings[i + 1 :]]
        yield (
            *(f"sibling_{i}_wrong", {"siblings": wrong}, RootMismatch, WRONG_SIBLING),
            f"one bit of sibling {i} is wrong",
        )
    for i in range(3):
        wrong = [*leaves[:i], _flip(leaves[i]), *leaves[i + 1 :]]
        name = f"leaf_{i}_wrong"
        yield name, {"leaves": wrong}, RootMismatch, WRONG_LEAF, f"one bit of leaf {i} is wrong"
    last = [*leaves[:2], leaves[2][:31] + bytes((leaves[2][31] ^ 0x80,))]
    yield "last_byte_wrong", {"leaves": last}, RootMismatch, WRONG_LEAF, "the last byte is wrong"
    swapped = [leaves[1], leaves[0], leaves[2]]
    yield "leaves_swapped", {"leaves": swapped}, RootMismatch, SWAPPED, "two leaves are swapped"
    swapped = [siblings[1], siblings[0], *siblings[2:]]
    yield "siblings_swapped", {"siblings": swapped}, RootMismatch, SWAPPED, "two siblings, too"
    yield "siblings_reversed", {"siblings": siblings[::-1]}, RootMismatch, SWAPPED, "from the root"
    yield "root_wrong", {"root": tree_of(4).root}, RootMismatch, WRONG_ROOT, "another tree's root"
    yield "root_zero", {"root": bytes(32)}, RootMismatch, WRONG_ROOT, "the zero root"
    yield "index_19", {"index": 19}, RootMismatch, WRONG_INDEX, "a place with as many siblings"
    count = SiblingCountMismatch
    yield "sibling_missing", {"siblings": siblings[:-1]}, count, SIBLING_COUNT, "the last is gone"
    yield "sibling_too_many", {"siblings": [*siblings, bytes(32)]}, count, SIBLING_COUNT, "a zero"
    yield "no_siblings", {"siblings": []}, count, SIBLING_COUNT, "no siblings at all"
    yield "leaf_missing", {"leaves": leaves[:-1]}, count, SIBLING_COUNT, "two leaves with a place"
    yield "depth_4", {"depth": 4}, count, OTHER_DEPTH, "the tree is one level less deep"
    yield "depth_6", {"depth": 6}, count, OTHER_DEPTH, "the tree is one level deeper"
    depth = DepthOutOfRange
    yield "depth_33", {"depth": 33}, depth, DEPTH_TOO_GREAT, "a depth that no tree has"
    yield "depth_255", {"depth": 255}, depth, DEPTH_TOO_GREAT, "a depth that no tree has"
    out = WindowOutOfRange
    yield "no_leaves", {"leaves": []}, out, INDEX_OUT_OF_RANGE, "a window without leaves"
    yield "index_30", {"index": 30}, out, INDEX_OUT_OF_RANGE, "the last leaf is outside"
    yield "index_32", {"index": 32}, out, INDEX_OUT_OF_RANGE, "all leaves are outside"
    yield "index_2_32", {"index": 2**32}, out, INDEX_OUT_OF_RANGE, "an index of 33 bits"
    yield "index_wraps", {"index": 2**32 + 11}, out, INDEX_OUT_OF_RANGE, "11, if cut to 32 bits"
    joined = siblings[0] + siblings[1]
    moved = [joined[:31], joined[31:], *siblings[2:]]
    yield "words_31_33", {"siblings": moved}, WordLengthMismatch, WORD_LENGTH, "31 and 33 bytes"
    moved = [leaves[0], (leaves[1] + leaves[2])[:33], (leaves[1] + leaves[2])[33:]]
    yield "leaves_33_31", {"leaves": moved}, WordLengthMismatch, WORD_LENGTH, "33 and 31 bytes"
    yield (
        *("depth_before_range", {"depth": 33, "index": 2**33}, DepthOutOfRange, ORDER),
        "depth and range are wrong: the depth comes first",
    )
    yield (
        *("range_before_count", {"index": 32, "siblings": []}, WindowOutOfRange, ORDER),
        "range and siblings are wrong: the range comes first",
    )
    yield (
        *("count_before_root", {"root": bytes(32), "siblings": []}, SiblingCountMismatch, ORDER),
        "siblings and root are wrong: the number of siblings comes first",
    )


def _refused_cases(kind: VectorSet) -> Iterator[Case]:
    tree = tree_of(5)
    asked = opening(tree, tree.window(11, 3))
    new = [Chance(f"refused {i}").bytes(32) for i in range(3)]
    for name, change, error, flag, comment in wrong_windows():
        given = {**asked, **change}
        yield Case(
            name=name, function="open", input=given, comment=comment, flags=(flag,), error=error
        )
        again = flag in {WRONG_SIBLING, SWAPPED, SIBLING_COUNT} or name in {"index_32", "depth_33"}
        if again or kind is VectorSet.FULL:
            yield Case(
                name=name,
                function="update",
                input={**given, "new_leaves": new},
                comment=f"{comment}; an update opens its window first",
                flags=(flag,),
                error=error,
            )
    yield from _node_as_leaf()
    for count in (0, 2, 4):
        yield Case(
            name=f"leaves_{count}",
            function="update",
            input={**asked, "new_leaves": (new * 2)[:count]},
            comment=f"{count} new leaves for a window of 3",
            flags=(LEAF_COUNT,),
            error=LeafCountMismatch,
        )
    yield Case(
        name="new_leaf_length",
        function="update",
        input={**asked, "new_leaves": [new[0], new[1][:31], new[2] + b"\0"]},
        comment="new leaves of 31 and 33 bytes",
        flags=(WORD_LENGTH,),
        error=WordLengthMismatch,
    )
    yield Case(
        name="root_before_leaf_count",
        function="update",
        input={**asked, "root": bytes(32), "new_leaves": []},
        comment="root and new leaves are wrong: the window is opened first",
        flags=(ORDER,),
        error=RootMismatch,
    )
    yield from _refused_places()


def _node_as_leaf() -> Iterator[Case]:
    """Yield a window that folds to the root in a tree that the commitment does not speak of."""
    leaves = [Chance(f"second preimage {i}").bytes(32) for i in range(4)]
    tree = WordTree.from_bytes(b"".join(leaves), depth=2)
    nodes = [WordTree.from_bytes(b"".join(leaves[i : i + 2]), depth=1).root for i in (0, 2)]
    for name, depth, error, comment in (
        ("node_as_leaf", 2, SiblingCountMismatch, "an inner node as a leaf at the committed depth"),
        ("node_as_leaf_two_siblings", 2, RootMismatch, "the same with a sibling too many"),
    ):
        siblings = [nodes[1]] if error is SiblingCountMismatch else [bytes(32), nodes[1]]
        yield Case(
            name=name,
            function="open",
            input={
                "root": tree.root,
                "depth": depth,
                "index": 0,
                "leaves": [nodes[0]],
                "siblings": siblings,
            },
            comment=comment,
            flags=(NODE_AS_LEAF,),
            error=error,
        )


def _refused_places() -> Iterator[Case]:
    out, deep = WindowOutOfRange, DepthOutOfRange
    for name, place, error, flag in (
        ("empty_window", (0, 0, 5), out, INDEX_OUT_OF_RANGE),
        ("beyond_the_end", (31, 2, 5), out, INDEX_OUT_OF_RANGE),
        ("all_beyond", (32, 1, 5), out, INDEX_OUT_OF_RANGE),
        ("depth_0_index_1", (1, 1, 0), out, INDEX_OUT_OF_RANGE),
        ("sum_of_33_bits", (2**32 - 1, 2, 32), out, INDEX_OUT_OF_RANGE),
        ("depth_33", (0, 1, 33), deep, DEPTH_TOO_GREAT),
    ):
        index, count, depth = place
        yield Case(
            name=name,
            function="sibling_count",
            input={"index": index, "count": count, "depth": depth},
            comment=f"{count} leaves at {index} of a tree of depth {depth}",
            flags=(flag,),
            error=error,
        )
    for index, count in ((0, 0), (3, 2), (4, 1)):
        yield Case(
            name=f"at_{index}_count_{count}",
            function="prove",
            input={"data": bytes(range(128)), "depth": 2, "index": index, "count": count},
            comment=f"{count} leaves at {index} of four",
            flags=(INDEX_OUT_OF_RANGE,),
            error=WindowOutOfRange,
        )


GENERATORS: Final[tuple[Generator, ...]] = (
    _root_cases,
    _depth_cases,
    _window_cases,
    _refused_cases,
)
