"""Turns of the bench's reducer: how many a second, and what each takes."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, Final

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
STATEMENTS: Final = {"select": 1, "insert": 2, "update": 3}
TURNS: Final = 3_000
WARM: Final = 200
NEW: Final = 1_000_000


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
    unit = NEW + at if name == "insert" else at * 7_919 % count
    payload = struct.pack(">BIH", STATEMENTS[name], unit, at % 99)
    return Message(turn=at + 1, sender=0, payload=payload)


def apply(rows: OrderedMap, one: Message) -> Turn:
    """Apply a message on the compiled tier; its root is computed, too."""
    turn = reduce(program(), rows, one, tier=Tier.COMPILED)
    assert turn.accepted, turn
    assert turn.rows.root, "a turn ends with its root"
    return turn


def rates(count: int) -> dict[str, float]:
    """Return how many turns a second each statement makes over a table of ``count`` rows."""
    found = {}
    for name in STATEMENTS:
        rows = rows_of(count)
        for at in range(WARM):
            rows = apply(rows, message(name, at, count=count)).rows
        begun = perf_counter()
        for at in range(WARM, WARM + TURNS):
            rows = apply(rows, message(name, at, count=count)).rows
        found[name] = TURNS / (perf_counter() - begun)
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
    assert turn.rows.root
    return 1_000 * (perf_counter() - begun)
