"""`channels trace`: the state tuple at every step of one message."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import read_program
from cli.machines import machine_at_line
from cli.options import (
    json_option,
    messages_argument,
    module_argument,
    participants_option,
    program_options,
    rows_option,
)
from cli.output import Table, hex_text, print_json
from cli.rows import read_genesis
from merkle.hashing import short_hex
from wasm_interp.trace import Step, Trace


@click.command()
@module_argument("reducer")
@messages_argument
@rows_option
@participants_option
@click.option(
    "--line",
    "number",
    type=click.IntRange(1),
    help="Which message of the log to trace, counting from 1; the last one by default.",
)
@click.option("--from", "start", type=click.IntRange(0), default=0, help="First step to show.")
@click.option("--to", "stop", type=click.IntRange(0), help="Last step to show.")
@click.option("--every", type=click.IntRange(1), default=1, help="Show every Nth step only.")
@program_options
@json_option
def trace(
    reducer: Path,
    messages: Path,
    rows: Path | None,
    participants: int,
    number: int | None,
    start: int,
    stop: int | None,
    every: int,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Show the state before every step of one of MESSAGES, the others being applied first.

    A row is: step, pc, symbol, instruction, top of the stack, mem_root, table_root, db_root, state
    hash. The last row is the state in which the machine stays.
    """
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    machine = machine_at_line(
        program,
        read_genesis(rows, program, reducer=reducer),
        messages,
        participants=participants,
        number=number,
    )
    steps = Trace(
        machine=machine, start=start, stop=None if stop is None else stop + 1, every=every
    )
    if as_json:
        for step in steps:
            print_json(_report(step))
        return
    columns = [("step", 8), ("pc", 7), ("symbol", 18), ("instruction", 28), ("top", 20)]
    roots = [("mem_root", 11), ("table_root", 11), ("db_root", 11), ("state", 11)]
    table = Table([*columns, *roots])
    for step in steps:
        _print(table, step)


def _report(step: Step) -> dict[str, object]:
    state = step.state
    return {
        "step": step.index,
        "pc": state.pc,
        "symbol": step.location.symbol,
        "offset": step.location.offset if step.location.offset >= 0 else None,
        "instruction": step.text,
        "stack_top": None if step.stack_top is None else hex(step.stack_top),
        "status": state.status.name.lower(),
        "trap": state.trap.name.lower(),
        "fuel": state.fuel,
        "stack": hex_text(state.stack),
        "mem_root": hex_text(state.memory_root),
        "table_root": hex_text(state.table_root),
        "db_root": hex_text(state.db_root),
        "state_hash": hex_text(state.hash()),
    }


def _print(table: Table, step: Step) -> None:
    state = step.state
    symbol = step.location.symbol
    table.print_row(
        [
            *(step.index, state.pc, symbol if len(symbol) <= 18 else symbol[:17] + "…"),
            step.text if len(step.text) <= 28 else step.text[:27] + "…",
            "" if step.stack_top is None else step.stack_top,
            *(short_hex(state.memory_root), short_hex(state.table_root)),
            *(short_hex(state.db_root), short_hex(state.hash())),
        ]
    )
