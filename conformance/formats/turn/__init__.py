"""Turns: a reducer, genesis rows and messages, to what becomes of each."""

from __future__ import annotations

from typing import Any, Final

from conformance.format import Format, Function
from conformance.formats.program import FUEL, STATE_BYTES_MAX, WASM
from conformance.formats.state_hash import ROW, rows_of
from conformance.formats.turn import cases
from conformance.shapes import HASH, U32, U64, Boolean, Bytes, ListOf, Number, Record
from wasm_interp.abi import STATE_BYTES_LIMIT, state_rows
from wasm_interp.link import load
from wasm_interp.state import Status, TrapCode
from wasm_interp.turn import LogEntry, Turn
from wasm_interp.turn import replay as replay_log

ENTRY: Final = Record({"sender": U32, "payload": Bytes(0, 4_096)})
TURN: Final = Record(
    {
        "turn": U64,
        "message_hash": HASH,
        "status": Number(max(Status)),
        "trap": Number(max(TrapCode)),
        "result": U64,
        "accepted": Boolean(),
        "steps": U32,
        "fuel_used": U32,
        "db_root": HASH,
    }
)


def _turn(turn: Turn) -> dict[str, Any]:
    same = TURN.fields.keys() - {"turn", "message_hash"}
    facts = {name: getattr(turn, name) for name in same}
    return {"turn": turn.message.turn, "message_hash": turn.message.hash(), **facts}


def _rows(rows: Any) -> list[dict[str, bytes]]:
    return [{"key": key, "value": value} for key, value in rows]


def replay(
    *,
    wasm: bytes,
    state_bytes_max: int,
    fuel: int,
    rows: tuple[dict[str, bytes], ...],
    messages: tuple[dict[str, Any], ...],
) -> dict[str, Any]:
    """Return what becomes of each message, and the rows after the last."""
    program = load(wasm, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    genesis = rows_of(rows)
    log = [LogEntry(message["sender"], message["payload"]) for message in messages]
    turns = list(replay_log(program, genesis, log))
    last = turns[-1].rows if turns else genesis
    return {"turns": [_turn(turn) for turn in turns], "rows": _rows(last.items())}


TURN_FORMAT: Final = Format(
    name="turn",
    version="1.0.0",
    title="Turn",
    functions=(
        Function(
            name="blob_rows",
            comment="The rows that hold the state of a reducer of the blob form.",
            rules=("T-23",),
            input=Record({"blob": Bytes(most=STATE_BYTES_LIMIT)}),
            output=ListOf(ROW),
            run=lambda blob: _rows(state_rows(blob)),
        ),
        Function(
            name="replay",
            comment="What becomes of messages to a reducer, one after the other.",
            rules=("T-1", "T-3", "T-6", "T-7", *(f"T-{n}" for n in range(10, 27))),
            input=Record(
                {
                    "wasm": WASM,
                    "state_bytes_max": STATE_BYTES_MAX,
                    "fuel": FUEL,
                    "rows": ListOf(ROW),
                    "messages": ListOf(ENTRY, most=1_024),
                }
            ),
            output=Record({"turns": ListOf(TURN), "rows": ListOf(ROW)}),
            run=replay,
        ),
    ),
    generators=cases.GENERATORS,
)
