"""`channels run`: a log of messages through a reducer."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import read_messages, read_program
from cli.options import (
    json_option,
    messages_argument,
    module_argument,
    participants_option,
    program_options,
    rows_option,
    tier_option,
)
from cli.output import BACKTRACE_MAX, Table, hex_text, print_json, progress
from cli.rows import read_genesis
from wasm_interp.machine import Tier
from wasm_interp.state import TrapCode
from wasm_interp.turn import Turn, replay


@click.command()
@module_argument("reducer")
@messages_argument
@rows_option
@participants_option
@tier_option(Tier.COMPILED)
@program_options
@json_option
def run(
    reducer: Path,
    messages: Path,
    rows: Path | None,
    participants: int,
    tier: Tier,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Apply MESSAGES, one after the other, to REDUCER, and print status and db_root after each.

    MESSAGES holds one message a line: {"sender": 0, "payload": "0x0104"}, or just the payload in
    hexadecimal, sent by the participant whose turn it is. A refused message changes nothing and is
    not a turn.
    """
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    state = read_genesis(rows, program, reducer=reducer)
    log = list(read_messages(messages))
    table = None
    if not as_json:
        click.echo(f"reducer {hex_text(program.reducer_id)}")
        click.echo(f"genesis {hex_text(state.root)}\n")
        columns = [("line", 4), ("turn", 4), ("from", 4), ("payload", 18), ("status", 26)]
        table = Table([*columns, ("steps", 8), ("db_root", 0)])
    entries = progress(log, label="running")
    turns = replay(program, state, entries, participants=participants, tier=tier)
    for number, turn in enumerate(turns, 1):
        if table is None:
            print_json(_report(number, turn))
        else:
            _print(table, number, turn)


def _report(number: int, turn: Turn) -> dict[str, object]:
    return {
        "message": number,
        "turn": turn.message.turn,
        "sender": turn.message.sender,
        "payload": hex_text(turn.message.payload),
        "accepted": turn.accepted,
        "status": turn.status.name.lower(),
        "result": turn.result,
        "trap": turn.trap.name.lower(),
        "stopped_at": str(turn.stopped_at),
        "backtrace": [str(place) for place in turn.backtrace],
        "steps": turn.steps,
        "fuel_used": turn.fuel_used,
        "db_root": hex_text(turn.db_root),
    }


def _print(table: Table, number: int, turn: Turn) -> None:
    payload = hex_text(turn.message.payload)
    table.print_row(
        [
            *(number, turn.message.turn, turn.message.sender),
            payload if len(payload) <= 18 else payload[:17] + "…",
            *(turn.verdict, turn.steps, hex_text(turn.db_root)),
        ]
    )
    if turn.trap is not TrapCode.NONE:
        for place in turn.backtrace[:BACKTRACE_MAX]:
            click.echo(f"      at {place}")
