"""Steps of rows: at 10,000 rows, and at the worst map that the rules allow.

*Ten thousand rows.* Keys of 20 bytes and values of 64, as addresses with balances would be. The
price depends on the key (how deep it stands) and on where in memory its buffers lie.

*The comb.* A path has at most 719 branches (M-34), and a row that is alone at every bit of its key
has them. A seek between two rows shows two paths: those branches that both share are shown once, so
the worst two part at the first bit. The greater one stands left everywhere, and no branch at a
byte's first bit can be left of a longer key: it has 639.

Not here: the search for the dearest of the 10,000 (`bench.gas.cases`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from bench.gas.machines import Bench, filling
from merkle import OrderedMap
from wasm_interp import Machine

ROWS: Final = 10_000
KEY_BYTES: Final = 20
VALUE_BYTES: Final = 64
KEY_MAX: Final = 80
VALUE_MAX: Final = 1_024
OUT_CAP: Final = VALUE_MAX

LESSER: Final = b"\x7f" + b"\xff" * (KEY_MAX - 1)
GREATER: Final = b"\x80" + bytes(KEY_MAX - 1)
"""The neighbours of the comb: they part at the first bit of the first byte."""

ALIGNED: Final = "aligned"
ACROSS: Final = "across"
PLACES: Final = (ALIGNED, ACROSS)
"""Where buffers lie: at the beginning of leaves, or across the middle of memory."""


@cache
def ten_thousand() -> OrderedMap:
    """Return the map of 10,000 rows."""
    data = filling("rows", ROWS * (KEY_BYTES + VALUE_BYTES))
    size = KEY_BYTES + VALUE_BYTES
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return OrderedMap.from_rows((part[:KEY_BYTES], part[KEY_BYTES:]) for part in parts)


@cache
def all_keys() -> tuple[bytes, ...]:
    """Return the keys of the 10,000 rows, in order."""
    return tuple(key for key, _ in ten_thousand().items())


def near(key: bytes) -> bytes:
    """Return an absent key beside ``key``."""
    return key[:-1] + bytes([key[-1] ^ 1])


def steps(bench: Bench, key: bytes, *, place: str) -> Iterator[tuple[str, Machine]]:
    """Yield every operation about ``key``, a row of the 10,000, and about its absent neighbour."""
    rows = ten_thousand()
    value = filling("new value", VALUE_BYTES)
    for name, at in (("get", key), ("get absent", near(key))):
        yield f"db.{name}", _reading(bench, "db.get", at, rows=rows, place=place)
    yield "db.put, update", putting(bench, key, value, rows=rows, place=place)
    yield "db.put, insert", putting(bench, near(key), value, rows=rows, place=place)
    yield "db.delete", deleting(bench, key, rows=rows, place=place)
    yield "db.delete absent", deleting(bench, near(key), rows=rows, place=place)
    for name in ("db.seek", "db.seek_back"):
        yield f"{name}, equal", seeking(bench, name, key, rows=rows, place=place)
        yield f"{name}, strict", seeking(bench, name, key, rows=rows, place=place, strict=1)
        yield f"{name}, between", seeking(bench, name, near(key), rows=rows, place=place)


def worst(bench: Bench) -> Iterator[tuple[str, Machine]]:
    """Yield operations on combs, whose proofs are as long as any can be."""
    rows = comb(LESSER, GREATER)
    value = filling("new value", VALUE_MAX)
    for name, query, found in (("db.seek", LESSER, GREATER), ("db.seek_back", GREATER, LESSER)):
        machine = seeking(bench, name, query, rows=rows, place=ACROSS, strict=1)
        yield f"{name}, between two deep rows", machine
        machine = seeking(bench, name, found, rows=rows, place=ACROSS)
        yield f"{name}, equal to a deep row", machine
    yield "db.get of a deep row", _reading(bench, "db.get", LESSER, rows=rows, place=ACROSS)
    yield "db.put, update of a deep row", putting(bench, LESSER, value, rows=rows, place=ACROSS)
    yield "db.delete of a deep row", deleting(bench, LESSER, rows=rows, place=ACROSS)
    for bit in (2, 359, 719):
        (absent,) = (tooth for at, tooth in _teeth(LESSER) if at == bit)
        gap = rows.delete(absent)
        machine = putting(bench, absent, value, rows=gap, place=ACROSS)
        yield f"db.put, insert at bit {bit} of a deep row", machine
        machine = _reading(bench, "db.get", absent, rows=gap, place=ACROSS)
        yield f"db.get absent at bit {bit} of a deep row", machine


def long_values(bench: Bench) -> Iterator[tuple[str, Machine]]:
    """Yield operations on values of 1,024 bytes, among 10,000 rows."""
    key, value = all_keys()[ROWS // 2], filling("new value", VALUE_MAX)
    rows = ten_thousand().put(key, value)
    yield "db.get, 1,024 bytes", _reading(bench, "db.get", key, rows=rows, place=ACROSS)
    yield "db.put, 1,024 bytes", putting(bench, key, value, rows=rows, place=ACROSS)


def comb(*deep: bytes) -> OrderedMap:
    """Return the least map in which each of ``deep`` has every branch that it can have."""
    teeth = [tooth for key in deep for _, tooth in _teeth(key)]
    value = filling("value", VALUE_MAX)
    return OrderedMap.from_rows((key, value) for key in dict.fromkeys((*deep, *teeth)))


def _teeth(key: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each bit at which a row can leave the path of ``key`` on the outer side, and the row.

    The outer side is left of a key of ones, right of one of zeros; M-16 numbers the bits.
    """
    below = key == LESSER
    for at, byte in enumerate(key):
        if below and at:
            yield 9 * at, key[:at]
        for bit in range(8):
            flag = 0x80 >> bit
            if bool(byte & flag) is below and (at, bit) != (0, 0):
                tooth = key[:at] + bytes([byte ^ flag])
                yield 9 * at + 1 + bit, tooth.ljust(KEY_MAX, b"\xff")


def _address(bench: Bench, length: int, place: str) -> int:
    return bench.across(length) if place == ACROSS else bench.middle + 4_096


def _reading(bench: Bench, name: str, key: bytes, *, rows: OrderedMap, place: str) -> Machine:
    held = rows.get(key)
    key_at = _address(bench, len(key), place)
    out = _address(bench, len(held or key), place)
    operands = (key_at, len(key), out, OUT_CAP)
    return bench.standing(name, operands, rows=rows, memory={key_at: key})


def putting(bench: Bench, key: bytes, value: bytes, *, rows: OrderedMap, place: str) -> Machine:
    """Return a machine about to put a row. Its buffers overlap where both lie across the middle."""
    key_at, value_at = _address(bench, len(key), place), _address(bench, len(value), place)
    operands = (key_at, len(key), value_at, len(value))
    return bench.standing("db.put", operands, rows=rows, memory={value_at: value, key_at: key})


def deleting(bench: Bench, key: bytes, *, rows: OrderedMap, place: str) -> Machine:
    """Return a machine about to delete a row."""
    key_at = _address(bench, len(key), place)
    return bench.standing("db.delete", (key_at, len(key)), rows=rows, memory={key_at: key})


def seeking(
    bench: Bench, name: str, query: bytes, *, rows: OrderedMap, place: str, strict: int = 0
) -> Machine:
    """Return a machine about to seek. It finds a key as long as its query."""
    key_at = _address(bench, len(query), place)
    operands = (key_at, len(query), strict, key_at, KEY_MAX)
    return bench.standing(name, operands, rows=rows, memory={key_at: query})
