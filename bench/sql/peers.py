"""The peers: PGlite in Node, SQLite in this process. Neither commits to its rows by a root."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

FOLDER: Final = Path(__file__).parent / "pglite"
STATEMENTS: Final = 3_000
NEW: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PGlite:
    """PGlite's figures: statements a second, and from nothing to the first answer."""

    rates: dict[str, float]
    cold_ms: float


def pglite(rows: int) -> PGlite:
    """Measure PGlite, which `npm ci` in bench/sql/pglite installs."""
    done = subprocess.run(
        ["node", "measure.mjs", str(rows), str(STATEMENTS)],
        cwd=FOLDER,
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    found = json.loads(done.stdout)
    rates = {name: found[f"{name}_per_s"] for name in ("select", "insert", "update")}
    return PGlite(rates, found["cold_ms"])


def sqlite(rows: int) -> dict[str, float]:
    """Measure SQLite."""
    engine = sqlite3.connect(":memory:", isolation_level=None)
    engine.execute(
        "CREATE TABLE units"
        " (id INTEGER PRIMARY KEY, owner INT, x INT, y INT, health INT, name TEXT)"
    )
    engine.executemany(
        "INSERT INTO units VALUES (?, 1, 2, 3, 10, 'unit')", ((at,) for at in range(rows))
    )
    select = "SELECT owner, x, y, health, name FROM units WHERE id = ?"
    insert = "INSERT INTO units VALUES (?, 1, 2, 3, 10, 'unit')"
    update = "UPDATE units SET health = ? WHERE id = ?"
    found = {}
    begun = perf_counter()
    for at in range(STATEMENTS):
        engine.execute(select, (at * 7_919 % rows,)).fetchall()
    found["select"] = STATEMENTS / (perf_counter() - begun)
    begun = perf_counter()
    for at in range(STATEMENTS):
        engine.execute(insert, (NEW + at,))
    found["insert"] = STATEMENTS / (perf_counter() - begun)
    begun = perf_counter()
    for at in range(STATEMENTS):
        engine.execute(update, (at % 99, at * 7_919 % rows))
    found["update"] = STATEMENTS / (perf_counter() - begun)
    engine.close()
    return found
