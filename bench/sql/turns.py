"""Turns of the bench's reducer: how many a second, and what each takes."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.sql.workload import COUNT, STATEMENTS, WARM, health_of, unit_of
from merkle import OrderedMap
from sqlstore.bind import read_schema
from sqlstore.contents import Contents, write_contents
from wasm_interp import Machine, load
from wasm_interp.instructions import INSTRUCTIONS
from wasm_interp.machine import Tier
from wasm_interp.message import Message
from wasm_interp.program import Program
from wasm_interp.turn import Turn, reduce

FOLDER: Final = Path(__file__).parent / "reducer"
CODES: Final = {"select": 1, "insert": 2, "update": 3}
"""What a message begins with."""


@cache
def program() -> Program:
    """Return the reducer."""
    return load((FOLDER / "bench.wasm").read_bytes(), reducer=True)


@cache
def rows_of(count: int) -> OrderedMap:
    """Return a table of so many units."""
    schema = read_schema((FOLDER / "schema.sql").read_text())
    units = tuple((at, 1, 2, 3, 10, "unit") for at in range(count))
    return write_contents(schema, Contents(tables={"units": units}))


def message(name: str, at: int, *, count: int) -> Message:
    """Return message ``at`` of the statement ``name`` over a table of ``count`` rows."""
    unit = unit_of(name, at, rows=count)
    payload = struct.pack(">BIH", CODES[name], unit, health_of(at))
    return Message(turn=at + 1, sender=0, payload=payload)


def apply(rows: OrderedMap, one: Message) -> Turn:
    """Apply a message on the compiled tier; its root is computed, too: it ends a turn.

    Raises `ValueError` if the reducer refuses it.
    """
    turn = reduce(program(), rows, one, tier=Tier.COMPILED)
    root = turn.rows.root
    if not turn.accepted:
        raise ValueError(f"{one} is refused, the rows' root being {root.hex()}")
    return turn


def rates(count: int) -> dict[str, float]:
    """Return how many turns a second each statement makes over a table of ``count`` rows."""
    found = {}
    for name in STATEMENTS:
        rows = rows_of(count)
        for at in range(WARM):
            rows = apply(rows, message(name, at, count=count)).rows
        begun = perf_counter()
        for at in range(WARM, WARM + COUNT):
            rows = apply(rows, message(name, at, count=count)).rows
        found[name] = COUNT / (perf_counter() - begun)
    return found


def work(count: int) -> dict[str, dict[str, Any]]:
    """Return what one turn of each statement takes: steps, fuel and row operations."""
    found = {}
    for name in STATEMENTS:
        turn = apply(rows_of(count), message(name, 1, count=count))
        machine = program().start(rows_of(count), message(name, 1, count=count))
        operations = 0
        while machine.running:
            operations += is_row_operation(machine)
            machine.step()
        found[name] = {
            "steps": turn.steps,
            "fuel": turn.fuel_used,
            "row_operations": operations,
        }
    return found


def is_row_operation(machine: Machine) -> bool:
    """Return whether the next step is one of T-12 to T-16."""
    word = machine.word()
    return word is not None and INSTRUCTIONS[word.code].name.startswith("db.")


def cold_start_ms() -> float:
    """Return the time from the reducer's bytes to the end of its first message."""
    wasm = (FOLDER / "bench.wasm").read_bytes()
    rows = rows_of(1_000)
    begun = perf_counter()
    fresh = load(wasm, reducer=True)
    turn = reduce(fresh, rows, message("update", 1, count=1_000), tier=Tier.COMPILED)
    root = turn.rows.root
    elapsed = perf_counter() - begun
    if root == rows.root:
        raise ValueError("the first message has changed nothing")
    return 1_000 * elapsed
