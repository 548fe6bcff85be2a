"""Pages against rows: what one primary-key update shows a verifier: ``python -m bench.sql.layout``.

The seed asks whether the database should be Merkleized by page or by row. By page means an
existing engine: here SQLite's file, each page the leaves of a word tree, and a step's witness being
the pages that the engine reads on the way to a row, each with its path. By row means the ordered
map of docs/spec/merkle.md. Both hold the same table and index; both do the same updates.

Two more facts decide: whether two histories of the same rows give the same commitment, and what a
verifier must do with what it is shown (hash a row, or run a B-tree engine on pages). The last line
is one JSON object. The reasons: docs/adr/0003-rows-not-pages.md.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from random import Random
from typing import Final

from merkle import OrderedMap, keccak256
from merkle.proof_bytes import encode_get, encode_put

ROWS: Final = (1_000, 10_000, 100_000)
PAGE_BYTES: Final = (512, 1_024, 4_096)
UPDATES: Final = 200
OWNERS: Final = 50
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One update: bytes of its witness, words of 32 bytes hashed to verify it, pages shown."""

    layout: str
    rows: int
    witness_bytes: int
    hashed_words: int
    pages_read: int


def by_row(count: int) -> Cost:
    """Return the medians of an update in the ordered map: a get and a put, as SQL makes them."""
    random = Random(count)
    rows = OrderedMap.from_rows((_key(at), _value(at, 0)) for at in range(count))
    sizes, words = [], []
    for number in range(UPDATES):
        key = _key(random.randrange(count))
        read, write = rows.prove_get(key), rows.prove_put(key)
        rows = rows.put(key, _value(number, number))
        encoded = len(encode_get(read)) + len(encode_put(write))
        sizes.append(encoded)
        # Each branch of a path is hashed once to read, twice to write (before and after).
        words.append(3 * (encoded // 2) // HASH_BYTES)
    return Cost(
        layout="rows",
        rows=count,
        witness_bytes=round(statistics.median(sizes)),
        hashed_words=round(statistics.median(words)),
        pages_read=0,
    )


def by_page(count: int, page_bytes: int) -> Cost:
    """Return the same for SQLite's file: the pages from the root of the table to the row."""
    engine = _engine(range(count), page_bytes=page_bytes)
    (pages,) = engine.execute("PRAGMA page_count").fetchone()
    depth = _depth_of_table(engine)
    branch = HASH_BYTES * max(1, (pages - 1).bit_length())
    shown = depth * (page_bytes + branch)
    # The page that holds the row is hashed again after the update.
    hashed = depth * page_bytes + page_bytes + (depth + 1) * 2 * branch
    engine.close()
    return Cost(
        layout=f"pages of {page_bytes}",
        rows=count,
        witness_bytes=shown,
        hashed_words=hashed // HASH_BYTES,
        pages_read=depth,
    )


def _depth_of_table(engine: sqlite3.Connection) -> int:
    """Return how many pages lie on the way to a row, the root included."""
    query = "SELECT max(length(path) - length(replace(path, '/', ''))) FROM dbstat WHERE name = ?"
    (slashes,) = engine.execute(query, ("units",)).fetchone()
    (is_root_only,) = engine.execute(
        "SELECT count(*) = 1 FROM dbstat WHERE name = ?", ("units",)
    ).fetchone()
    return 1 if is_root_only else slashes


def _engine(order: Iterable[int], *, page_bytes: int) -> sqlite3.Connection:
    engine = sqlite3.connect(":memory:")
    engine.execute(f"PRAGMA page_size = {page_bytes}")
    engine.execute(
        "CREATE TABLE units (id INTEGER PRIMARY KEY, owner INT, x INT, y INT, health INT)"
    )
    engine.execute("CREATE INDEX units_of_owner ON units (owner)")
    engine.executemany(
        "INSERT INTO units VALUES (?, ?, ?, ?, ?)",
        ((at, at % OWNERS, at % 16, at // 16 % 16, 10) for at in order),
    )
    engine.commit()
    return engine


def same_root_from_two_histories(count: int = 1_000) -> dict[str, bool]:
    """Return whether each layout has one commitment for the same rows inserted in two orders."""
    orders = [list(range(count)), list(range(count))]
    Random(1).shuffle(orders[1])
    files = [keccak256(_engine(order, page_bytes=1_024).serialize()) for order in orders]
    maps = []
    for order in orders:
        rows = OrderedMap()
        for at in order:
            rows = rows.put(_key(at), _value(at, 0))
        maps.append(rows.root)
    return {"pages": files[0] == files[1], "rows": maps[0] == maps[1]}


def _key(at: int) -> bytes:
    """Return a key as Q-22 has it."""
    return b"\x01\x01" + (at + 2**31).to_bytes(4, "big")


def _value(at: int, health: int) -> bytes:
    """Return a value of four SMALLINT columns, as Q-25 has it."""
    columns = (at % OWNERS, at % 16, at // 16 % 16, health % 100)
    return b"".join(column.to_bytes(2, "little") for column in columns)


def main() -> None:
    """Print a table and, last, the figures as one JSON object."""
    costs = []
    print(f"{'layout':<14}{'rows':>9}{'witness bytes':>15}{'words hashed':>14}{'pages':>7}")
    for count in ROWS:
        for cost in (by_row(count), *(by_page(count, size) for size in PAGE_BYTES)):
            costs.append(cost)
            print(
                f"{cost.layout:<14}{cost.rows:>9,}{cost.witness_bytes:>15,}"
                f"{cost.hashed_words:>14,}{cost.pages_read:>7}"
            )
    same = same_root_from_two_histories()
    print(f"one commitment for two histories: {same}")
    print(json.dumps({"updates": [asdict(cost) for cost in costs], "same_root": same}))


if __name__ == "__main__":
    main()
