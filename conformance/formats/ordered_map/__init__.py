"""The ordered map: roots from rows, histories, and proofs in their encodings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from bisection.errors import WitnessLengthMismatch
from conformance.format import Format, Function
from conformance.formats.ordered_map import cases
from conformance.shapes import HASH, Boolean, Bytes, ListOf, Nullable, Number, Record, Shape, Text
from merkle import (
    OrderedMap,
    verify_delete,
    verify_get,
    verify_put,
    verify_seek,
    verify_seek_back,
)
from merkle.errors import (
    BitOnPath,
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
from merkle.key_bits import bit_at, bit_count, first_diff
from merkle.proof_bytes import ByteReader, read_delete, read_get, read_put, read_seek

P = TypeVar("P")
R = TypeVar("R")

KEY: Final = Bytes(0, 200)
"""Wider than a key may be, so that one that is too long can be given."""
VALUE: Final = Bytes(0, 4_096)
PROOF: Final = Bytes(0, 131_072)
ROW: Final = Record({"key": KEY, "value": VALUE})
CHANGE: Final = Record({"key": KEY, "value": Nullable(VALUE)})


def key_bits(*, key: bytes) -> str:
    """Return the bits of a key, the first one first."""
    return "".join(str(bit_at(key, bit)) for bit in range(bit_count(key)))


def root(*, rows: tuple[dict[str, bytes], ...]) -> Hash32:
    """Return the root of rows."""
    return OrderedMap.from_rows((row["key"], row["value"]) for row in rows).root


def history(*, changes: tuple[dict[str, Any], ...]) -> list[Hash32]:
    """Return the root after each change; a value of None removes the row."""
    rows = OrderedMap()
    roots = []
    for change in changes:
        key, value = change["key"], change["value"]
        rows = rows.delete(key) if value is None else rows.put(key, value)
        roots.append(rows.root)
    return roots


def _whole(proof: bytes, read: Callable[[ByteReader], P], verify: Callable[[P], R]) -> R:
    """Read a proof, verify it, and hold it to its end: the rules of a witness (V-3)."""
    reader = ByteReader(proof)
    found = verify(read(reader))
    if reader.position != len(proof):
        raise WitnessLengthMismatch(expected=reader.position, actual=len(proof))
    return found


def get(*, root: bytes, key: bytes, proof: bytes) -> bytes | None:
    """Return the value that the proof shows, None if it shows that there is no row."""
    return _whole(
        proof,
        partial(read_get, key=key),
        lambda found: verify_get(Hash32(root), found, key=key),
    )


def put(*, root: bytes, key: bytes, value: bytes, proof: bytes) -> Hash32:
    """Return the root after the row was put."""
    return _whole(
        proof,
        partial(read_put, key=key),
        lambda found: verify_put(Hash32(root), found, key=key, value=value),
    )


def delete(*, root: bytes, key: bytes, proof: bytes) -> Hash32:
    """Return the root after the row was removed."""
    return _whole(
        proof,
        partial(read_delete, key=key),
        lambda found: verify_delete(Hash32(root), found, key=key),
    )


def seek(*, root: bytes, query: bytes, strict: bool, proof: bytes) -> bytes | None:
    """Return the key that a seek finds, None if it finds none."""
    return _whole(
        proof,
        partial(read_seek, query=query, strict=strict),
        lambda found: verify_seek(Hash32(root), found, query=query, strict=strict),
    )


def seek_back(*, root: bytes, query: bytes, strict: bool, proof: bytes) -> bytes | None:
    """Return the key that a seek back finds, None if it finds none."""
    return _whole(
        proof,
        partial(read_seek, query=query, strict=strict),
        lambda found: verify_seek_back(Hash32(root), found, query=query, strict=strict),
    )


_ABOUT_ROWS: Final = (
    *(ProofKindOutOfRange, KeyLengthOutOfRange, ValueTooLong, MapNotEmpty, KeyPresent),
    *(PathNotDescending, BitOnPath, RootMismatch, WitnessLengthMismatch),
)
_ABOUT_ORDER: Final = (
    *(ProofKindOutOfRange, KeyLengthOutOfRange, MapNotEmpty, KeyOutOfOrder),
    *(PathNotDescending, RowNotAtEdge, RootMismatch, WitnessLengthMismatch),
)
_COMMON: Final = ("M-15", "M-16", "M-17", "M-19", "M-20", "M-21", "M-22", "M-33", "M-34", "M-36")
_SEEK: Final[dict[str, Shape]] = {
    "root": HASH,
    "query": KEY,
    "strict": Boolean(),
    "proof": PROOF,
}

ORDERED_MAP: Final = Format(
    name="ordered_map",
    version="1.0.0",
    title="Ordered map",
    functions=(
        Function(
            name="key_bits",
            comment="The bits of a key, as text: by them the trie branches.",
            rules=("M-15", "M-16"),
            input=Record({"key": Bytes(0, 80)}),
            output=Text(800, "[01]*"),
            run=key_bits,
        ),
        Function(
            name="first_diff",
            comment="The first bit at which two keys differ; null for equal keys.",
            rules=("M-16", "M-19"),
            input=Record({"one": Bytes(0, 80), "other": Bytes(0, 80)}),
            output=Nullable(Number(720)),
            run=first_diff,
        ),
        Function(
            name="root",
            comment="The root of a set of rows.",
            rules=("M-15", "M-16", "M-17", "M-18"),
            input=Record({"rows": ListOf(ROW, most=4_096)}),
            output=HASH,
            run=root,
            errors=(KeyLengthOutOfRange, ValueTooLong),
        ),
        Function(
            name="history",
            comment="The root after each of several changes; it depends on the rows alone.",
            rules=("M-15", "M-17", "M-18"),
            input=Record({"changes": ListOf(CHANGE, most=4_096)}),
            output=ListOf(HASH),
            run=history,
            errors=(KeyLengthOutOfRange, ValueTooLong),
        ),
        Function(
            name="get",
            comment="The value that a proof shows; null if it shows that there is no row.",
            rules=(*_COMMON, "M-23", "M-24", "M-37", "V-3"),
            input=Record({"root": HASH, "key": KEY, "proof": PROOF}),
            output=Nullable(Bytes(0, 1_024)),
            run=get,
            errors=_ABOUT_ROWS,
        ),
        Function(
            name="put",
            comment="The root after a row was put, by a proof against the root before.",
            rules=(*_COMMON, "M-24", "M-25", "M-26", "M-38", "V-3"),
            input=Record({"root": HASH, "key": KEY, "value": VALUE, "proof": PROOF}),
            output=HASH,
            run=put,
            errors=_ABOUT_ROWS,
        ),
        Function(
            name="delete",
            comment="The root after a row was removed, by a proof against the root before.",
            rules=(*_COMMON, "M-24", "M-27", "M-39", "V-3"),
            input=Record({"root": HASH, "key": KEY, "proof": PROOF}),
            output=HASH,
            run=delete,
            errors=tuple(error for error in _ABOUT_ROWS if error is not ValueTooLong),
        ),
        Function(
            name="seek",
            comment="The least key at or after the query (after it, if strict); null if none is.",
            rules=(*_COMMON, "M-28", "M-30", "M-40", "V-3"),
            input=Record(_SEEK),
            output=Nullable(Bytes(1, 80)),
            run=seek,
            errors=_ABOUT_ORDER,
        ),
        Function(
            name="seek_back",
            comment="The greatest key at or before the query (before it, if strict); or null.",
            rules=(*_COMMON, "M-28", "M-29", "M-30", "M-40", "V-3"),
            input=Record(_SEEK),
            output=Nullable(Bytes(1, 80)),
            run=seek_back,
            errors=_ABOUT_ORDER,
        ),
    ),
    generators=cases.GENERATORS,
)
