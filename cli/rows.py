"""Rows of a channel: after a turn of a log, and as the files that `--rows` takes.

Not here: reading such a file (`cli.files`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cli.files import read_messages
from wasm_interp.errors import InputError
from wasm_interp.machine import Tier
from wasm_interp.turn import replay

if TYPE_CHECKING:
    from merkle import OrderedMap
    from wasm_interp.program import Program


def rows_after(
    program: Program, messages: Path, *, genesis: OrderedMap, turn: int | None, participants: int
) -> OrderedMap:
    """Return the rows after ``turn``, or after the last message. Raises `InputError`.

    Refused messages are no turns.
    """
    state, done = genesis, 0
    log = read_messages(messages)
    turns = replay(program, state, log, participants=participants, tier=Tier.COMPILED)
    while turn is None or done < turn:
        applied = next(turns, None)
        if applied is None:
            break
        if applied.accepted:
            state, done = applied.rows, done + 1
    if turn is not None and done < turn:
        raise InputError(f"{messages}: the log has {done} turns, not {turn}")
    return state


def rows_file(rows: OrderedMap) -> str:
    """Return ``rows`` as a file of rows (docs/formats.md)."""
    lines = (
        json.dumps({"key": f"0x{key.hex()}", "value": f"0x{value.hex()}"})
        for key, value in rows.items()
    )
    return '{"rows": [\n  ' + ",\n  ".join(lines) + "\n]}\n"
