"""Rows of a channel: at genesis, after a turn of a log, and as the files that `--rows` takes.

Not here: the form of such a file (`cli.files`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cli.files import MODULE_BYTES_MAX, read_bytes, read_messages, read_rows
from merkle import ChannelsError
from wasm_interp.errors import InputError
from wasm_interp.machine import Tier
from wasm_interp.turn import replay

if TYPE_CHECKING:
    from merkle import OrderedMap
    from wasm_interp.program import Program


def read_genesis(path: Path | None, program: Program, *, reducer: Path) -> OrderedMap:
    """Return the genesis rows of a file, no rows if there is none.

    ``reducer`` is the module of ``program``. If it has SQL, rows of its tables are the one encoding
    of what they hold, and keep every constraint: statements take that for granted.

    Raises `InputError`. Spec: T-25, Q-27.
    """
    rows = read_rows(path, program)
    if path is not None:
        try:
            _check_tables(rows, reducer)
        except ChannelsError as error:
            raise InputError(f"{path}: {error}") from error
    return rows


def _check_tables(rows: OrderedMap, reducer: Path) -> None:
    from sqlstore.wasm.sections import has_sql

    # It has been loaded already: without SQL it is not decoded a second time.
    if not has_sql(read_bytes(reducer, limit=MODULE_BYTES_MAX)):
        return
    from cli.sql.project import sources_of_module

    sources = sources_of_module(reducer)
    if sources is not None:
        from sqlstore.contents import check_constraints, read_contents

        schema = sources.read_schema()
        check_constraints(schema, read_contents(schema, rows))


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
