"""The peers: PGlite in Node, SQLite in this process. Neither commits to its rows by a root."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.sql.workload import COUNT, NEW, STATEMENTS, WARM, health_of, unit_of

FOLDER: Final = Path(__file__).parent / "pglite"


@dataclass(frozen=True, slots=True)
class PGlite:
    """PGlite's figures: statements a second, and from nothing to the first answer."""

    rates: dict[str, float]
    cold_ms: float


def pglite(rows: int) -> PGlite:
    """Measure PGlite, which `npm ci` in bench/sql/pglite installs."""
    done = subprocess.run(
        ["node", "measure.mjs", *map(str, (rows, COUNT, WARM, NEW))],
        cwd=FOLDER,
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    found = json.loads(done.stdout)
    rates = {name: found[f"{name}_per_s"] for name in STATEMENTS}
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
    texts = {
        "select": "SELECT owner, x, y, health, name FROM units WHERE id = :unit",
        "update": "UPDATE units SET health = :health WHERE id = :unit",
        "insert": "INSERT INTO units VALUES (:unit, 1, 2, 3, 10, 'unit')",
    }

    def run(name: str, first: int, last: int) -> None:
        for at in range(first, last):
            values = {"unit": unit_of(name, at, rows=rows), "health": health_of(at)}
            engine.execute(texts[name], values).fetchall()

    found = {}
    for name in STATEMENTS:
        run(name, 0, WARM)
        begun = perf_counter()
        run(name, WARM, WARM + COUNT)
        found[name] = COUNT / (perf_counter() - begun)
    engine.close()
    return found
