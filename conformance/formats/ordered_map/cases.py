"""The cases of the ordered map that are true: keys, roots, histories, honest proofs.

What is refused is in `refused`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.corpus.chance import Chance
from conformance.corpus.proofs import encode_row_proof, encode_seek_proof
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from conformance.formats.ordered_map import refused
from merkle import OrderedMap
from merkle.errors import ChannelsError, KeyLengthOutOfRange, ValueTooLong

NORMAL: Final = Flag("normal", BugType.BASIC, "An ordinary case.")
PREFIX: Final = Flag(
    "prefix",
    BugType.EDGE_CASE,
    "One key is a proper prefix of another and comes first (M-15, M-16).",
)
ZERO_BYTES: Final = Flag(
    "zero_bytes", BugType.EDGE_CASE, "Keys that differ by zero bytes at their end (M-16)."
)
LONGEST: Final = Flag("longest", BugType.EDGE_CASE, "The longest key, or the longest value (M-15).")
EMPTY_MAP: Final = Flag("empty_map", BugType.EDGE_CASE, "A map without rows (M-17).")
EMPTY_KEY: Final = Flag("empty_key", BugType.EDGE_CASE, "The empty key is searched for (M-15).")
EMPTY_VALUE: Final = Flag("empty_value", BugType.EDGE_CASE, "A row with an empty value (M-15).")
HISTORY: Final = Flag(
    "history", BugType.BASIC, "The root does not depend on how the rows came about (M-18)."
)
DEEP: Final = Flag("deep", BugType.EDGE_CASE, "As many branches as a path can have (M-34).")
RANGE: Final = Flag("range", BugType.MISSING_CHECK, "A key or a value that no row has (M-15).")

WORDS: Final = (b"a", b"ab", b"abc", b"b", b"ba", b"\0", b"\0\0", b"\xff", b"a\0", b"a\xff")

MAPS: Final[dict[str, dict[bytes, bytes]]] = {
    "empty": {},
    "one_row": {b"key": b"value"},
    "two_rows": {b"key": b"value", b"kex": b"other"},
    "words": {key: b"value of " + key for key in WORDS},
    "longest": {bytes(80): bytes(1_024), b"\xff" * 80: b"", bytes(79): b"\1", b"\0": b"\2"},
}


def map_of(name: str) -> OrderedMap:
    """Return a map by name: one of `MAPS`, ``random`` or ``deep``."""
    if name in MAPS:
        return OrderedMap.from_rows(MAPS[name].items())
    if name == "random":
        chance = Chance("map")
        keys = {chance.bytes(1 + chance.below(6)) for _ in range(40)}
        return OrderedMap.from_rows((key, chance.bytes(8)) for key in sorted(keys))
    assert name == "deep"
    return OrderedMap.from_rows(deep_rows())


def deep_rows() -> Iterator[tuple[bytes, bytes]]:
    """Yield the rows that part from eighty bytes of 0xff at every bit at which a key can."""
    longest = b"\xff" * 80
    yield longest, b"longest"
    for length in range(1, 80):
        # A prefix parts at the bit that says that another byte follows.
        yield longest[:length], bytes((length,))
    for byte in range(80):
        for place in range(8):
            yield longest[:byte] + bytes((0xFF ^ 0x80 >> place,)), b""


# -- keys ------------------------------------------------------------------------------------------


def _key_cases(kind: VectorSet) -> Iterator[Case]:
    keys: list[tuple[str, bytes, Flag]] = [
        ("empty", b"", EMPTY_KEY),
        ("zero_byte", b"\0", ZERO_BYTES),
        ("two_zero_bytes", b"\0\0", ZERO_BYTES),
        ("ones", b"\xff", NORMAL),
        ("text", b"ab", NORMAL),
        ("longest", b"\xa5" * 80, LONGEST),
    ]
    for name, key, flag in keys:
        yield Case(
            name=name,
            function="key_bits",
            input={"key": key},
            comment=f"{len(key)} bytes: {9 * len(key) + 1} bits",
            flags=(flag,),
        )
    for name, one, other, flag in (
        ("equal", b"ab", b"ab", NORMAL),
        ("both_empty", b"", b"", EMPTY_KEY),
        ("from_empty", b"", b"\0", EMPTY_KEY),
        ("first_bit", b"\x00", b"\x80", NORMAL),
        ("last_bit", b"a\x00", b"a\x01", NORMAL),
        ("prefix", b"a", b"ab", PREFIX),
        ("longer_first", b"ab", b"a", PREFIX),
        ("zero_byte_behind", b"a", b"a\0", ZERO_BYTES),
        ("zero_bytes_behind", b"a\0", b"a\0\0", ZERO_BYTES),
        ("longest", b"\xff" * 80, b"\xff" * 79 + b"\xfe", LONGEST),
        ("longest_and_prefix", b"\xff" * 80, b"\xff" * 79, LONGEST),
    ):
        yield Case(
            name=name,
            function="first_diff",
            input={"one": one, "other": other},
            comment="the first bit that differs",
            flags=(flag,),
        )
    if kind is VectorSet.FULL:
        chance = Chance("first diff")
        for i in range(100):
            common = chance.bytes(chance.below(20))
            one, other = (common + chance.bytes(chance.below(4)) for _ in range(2))
            yield Case(
                name=f"random_{i}",
                function="first_diff",
                input={"one": one, "other": other},
                comment="keys by chance",
                flags=(NORMAL,),
            )


# -- roots -----------------------------------------------------------------------------------------


def _rows(rows: OrderedMap) -> list[dict[str, bytes]]:
    return [{"key": row.key, "value": row.value} for row in rows.items()]


_MAP_FLAGS: Final = {
    "empty": EMPTY_MAP,
    "words": PREFIX,
    "longest": LONGEST,
    "deep": DEEP,
}


def _names(kind: VectorSet) -> list[str]:
    return [*MAPS, "random"] + ["deep"] * (kind is VectorSet.FULL)


def _root_cases(kind: VectorSet) -> Iterator[Case]:
    for name in _names(kind):
        yield Case(
            name=name,
            function="root",
            input={"rows": _rows(map_of(name))},
            comment=f"the map '{name}'",
            flags=(_MAP_FLAGS.get(name, NORMAL),),
        )
    words = _rows(map_of("words"))
    yield Case(
        name="words_reversed",
        function="root",
        input={"rows": words[::-1]},
        comment="the same rows in another order",
        flags=(HISTORY,),
    )
    long_key, long_value = {"key": bytes(81), "value": b""}, {"key": b"k", "value": bytes(1_025)}
    for name, row, error in (
        ("key_empty", {"key": b"", "value": b""}, KeyLengthOutOfRange),
        ("key_of_81_bytes", long_key, KeyLengthOutOfRange),
        ("value_of_1025_bytes", long_value, ValueTooLong),
    ):
        yield from _refused_rows(name, row, error)


def _refused_rows(name: str, row: dict[str, bytes], error: type[ChannelsError]) -> Iterator[Case]:
    given: dict[str, dict[str, Any]] = {"root": {"rows": [row]}, "history": {"changes": [row]}}
    for function, asked in given.items():
        yield Case(
            name=name,
            function=function,
            input=asked,
            comment="no row has this",
            flags=(RANGE,),
            error=error,
        )


def _history_cases(kind: VectorSet) -> Iterator[Case]:
    a, b, c = b"a", b"ab", b"b"
    for name, changes, comment in (
        ("in_order", [(a, b"1"), (b, b"2"), (c, b"3")], "three rows"),
        ("in_another_order", [(c, b"3"), (a, b"1"), (b, b"2")], "the same rows"),
        ("by_way_of_others", [(a, b"0"), (c, b"3"), (b, b"2"), (a, b"1")], "the same at the end"),
        (
            "with_a_row_between",
            [(a, b"1"), (b"aa", b"9"), (b, b"2"), (b"aa", None), (c, b"3")],
            "a row comes and goes: the same at the end",
        ),
        ("to_empty", [(a, b"1"), (c, b"3"), (a, None), (c, None)], "all rows are removed"),
        ("delete_absent", [(a, b"1"), (b, None)], "a row is removed that is not there"),
        ("delete_from_empty", [(a, None)], "from the empty map"),
        ("empty_value", [(a, b""), (a, None)], "a row with an empty value is a row"),
    ):
        yield Case(
            name=name,
            function="history",
            input={"changes": [{"key": key, "value": value} for key, value in changes]},
            comment=comment,
            flags=(EMPTY_VALUE if name == "empty_value" else HISTORY,),
        )
    for count in (30,) if kind is VectorSet.SMOKE else (30, 400):
        yield Case(
            name=f"by_chance_{count}",
            function="history",
            input={"changes": list(_changes(count))},
            comment="rows come and go",
            flags=(HISTORY,),
        )


def _changes(count: int) -> Iterator[dict[str, Any]]:
    chance = Chance("history")
    for _ in range(count):
        # Few keys, so that they are met again.
        key = bytes((chance.below(4) * 85,)) * (1 + chance.below(4))
        value = None if chance.below(3) == 0 else chance.bytes(chance.below(5))
        yield {"key": key, "value": value}


# -- honest proofs ---------------------------------------------------------------------------------


def _queries(kind: VectorSet, name: str, rows: OrderedMap) -> Iterator[tuple[str, bytes]]:
    """Yield keys that are there, and keys around them that are not."""
    keys = [row.key for row in rows.items()]
    step = max(1, len(keys) // (4 if kind is VectorSet.SMOKE else 8))
    for number in range(0, len(keys), step):
        yield f"{name}_there_{number}", keys[number]
    absent = [b"aa", b"kez", b"\xff\xff"]
    if kind is VectorSet.FULL:
        absent += [b"\0\0\0", b"abcd", b"\x7f" * 80]
    for number, key in enumerate(key for key in absent if key not in keys):
        yield f"{name}_absent_{number}", key


def _proof_cases(kind: VectorSet) -> Iterator[Case]:
    for name in ("empty", "one_row", "words") if kind is VectorSet.SMOKE else _names(kind):
        rows = map_of(name)
        flag = _MAP_FLAGS.get(name, NORMAL)
        for which, key in _queries(kind, name, rows):
            yield from _about_row(which, rows, key, flag)
            yield from _about_order(which, rows, key, flag)
        yield from _about_order(f"{name}_empty_key", rows, b"", EMPTY_KEY)


def _about_row(name: str, rows: OrderedMap, key: bytes, flag: Flag) -> Iterator[Case]:
    asked = {"root": rows.root, "key": key}
    get, put, delete = rows.prove_get(key), rows.prove_put(key), rows.prove_delete(key)
    for function, given in (
        ("get", {"proof": encode_row_proof(get)}),
        ("put", {"value": b"new", "proof": encode_row_proof(put)}),
        ("delete", {"proof": encode_row_proof(delete)}),
    ):
        there = "there" if key in rows else "absent"
        yield Case(
            name=name,
            function=function,
            input={**asked, **given},
            comment=f"the key is {there}",
            flags=(flag,),
        )


def _about_order(name: str, rows: OrderedMap, query: bytes, flag: Flag) -> Iterator[Case]:
    for strict in (False, True):
        for function, proof in (
            ("seek", rows.prove_seek(query, strict)),
            ("seek_back", rows.prove_seek_back(query, strict)),
        ):
            yield Case(
                name=f"{name}{'_strict' * strict}",
                function=function,
                input={
                    "root": rows.root,
                    "query": query,
                    "strict": strict,
                    "proof": encode_seek_proof(proof),
                },
                comment=f"shown by {type(proof).__name__}",
                flags=(flag,),
            )


def _refused_cases(kind: VectorSet) -> Iterator[Case]:
    for case in refused.refused_cases(map_of("words")):
        if kind is VectorSet.FULL or not _asked_before(case):
            yield case


_ASKED_BEFORE: Final = {
    *(("put", "absent"), ("delete", "absent")),
    *(("seek_back", "equal"), ("seek_back", "between")),
}


def _asked_before(case: Case) -> bool:
    """Return whether the smoke set has the same wrong path as another question."""
    words = case.name.split("_")
    if (case.function, words[1]) in _ASKED_BEFORE:
        return True
    return (
        case.function != "get"
        and not {"bit", "branch", "branches"}.isdisjoint(words)
        and case.name != "refused_first_bit"
    )


GENERATORS: Final[tuple[Generator, ...]] = (
    _key_cases,
    _root_cases,
    _history_cases,
    _proof_cases,
    _refused_cases,
)
