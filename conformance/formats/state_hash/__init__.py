"""State hashes: a program, a message and a number of steps, to the machine record and its hash."""

from __future__ import annotations

from typing import Any, Final

from conformance.format import Format, Function
from conformance.formats.program import FUEL, STATE_BYTES_MAX, WASM
from conformance.formats.state_hash import cases
from conformance.shapes import HASH, U32, U64, Bytes, ListOf, Record, Text
from merkle import OrderedMap
from wasm_interp.link import load
from wasm_interp.machine import Machine
from wasm_interp.message import Message

ROW: Final = Record({"key": Bytes(1, 80), "value": Bytes(0, 1_024)})
MESSAGE: Final = Record({"turn": U64, "sender": U32, "payload": Bytes(0, 4_096)})
STEPS: Final = ListOf(U32, least=1, most=1_024)
STATES: Final = ListOf(Record({"step": U32, "record": Bytes.exactly(320), "hash": HASH}))


def rows_of(rows: tuple[dict[str, bytes], ...]) -> OrderedMap:
    """Return the map of rows in a vector."""
    return OrderedMap.from_rows((row["key"], row["value"]) for row in rows)


def _states(machine: Machine, steps: tuple[int, ...]) -> list[dict[str, Any]]:
    found = {}
    taken = 0
    for step in sorted(set(steps)):
        machine.run(step - taken)
        taken = step
        state = machine.state()
        found[step] = {"step": step, "record": state.encode(), "hash": state.hash()}
    return [found[step] for step in steps]


def reduce(
    *,
    wasm: bytes,
    state_bytes_max: int,
    fuel: int,
    rows: tuple[dict[str, bytes], ...],
    message: dict[str, Any],
    steps: tuple[int, ...],
) -> list[dict[str, Any]]:
    """Return the states of a reducer's machine after some numbers of steps."""
    program = load(wasm, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    return _states(program.start(rows_of(rows), Message(**message)), steps)


def call(
    *, wasm: bytes, export: str, args: tuple[int, ...], fuel: int, steps: tuple[int, ...]
) -> list[dict[str, Any]]:
    """Return the states of a bare call after some numbers of steps."""
    program = load(wasm, reducer=False, fuel=fuel)
    return _states(program.call(export, args), steps)


STATE_HASH: Final = Format(
    name="state_hash",
    version="1.0.0",
    title="State hash",
    functions=(
        Function(
            name="call",
            comment="The machine's states in a bare call of an exported function.",
            rules=("S-1", "S-8", "S-9", "S-11", "S-12", "T-4", "T-5", "I-3", "I-11"),
            input=Record(
                {
                    "wasm": WASM,
                    "export": Text(),
                    "args": ListOf(U64, most=32),
                    "fuel": FUEL,
                    "steps": STEPS,
                }
            ),
            output=STATES,
            run=call,
        ),
        Function(
            name="reduce",
            comment="The machine's states while a reducer takes a message.",
            rules=("S-1", "S-8", "S-9", "S-11", "S-12", "T-1", "T-3", "T-4", "T-5", "T-10", "T-21"),
            input=Record(
                {
                    "wasm": WASM,
                    "state_bytes_max": STATE_BYTES_MAX,
                    "fuel": FUEL,
                    "rows": ListOf(ROW),
                    "message": MESSAGE,
                    "steps": STEPS,
                }
            ),
            output=STATES,
            run=reduce,
        ),
    ),
    generators=cases.GENERATORS,
)
