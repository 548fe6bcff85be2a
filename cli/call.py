"""`channels call`: one exported function of any module in the profile."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import hex_bytes, read_program, read_rows
from cli.options import json_option, module_argument, program_options, rows_option, tier_option
from cli.output import hex_text, print_fields, print_json, spinner
from wasm_interp.errors import InputError
from wasm_interp.machine import Machine, Tier
from wasm_interp.message import Message
from wasm_interp.module import FunctionType
from wasm_interp.state import Status


@click.command(context_settings={"ignore_unknown_options": True})
@module_argument()
@click.argument("export")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@rows_option
@click.option("--message", "payload", default="", help="Payload for channel.message_read, in hex.")
@tier_option(Tier.STEPPER)
@program_options
@json_option
def call(
    module: Path,
    export: str,
    args: tuple[str, ...],
    rows: Path | None,
    payload: str,
    tier: Tier,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Call EXPORT of MODULE with integer ARGS; print result or trap, steps, fuel and hashes.

    An argument is decimal or 0x… and may be negative. The module's start function runs first.
    """
    program = read_program(module, state_bytes_max=state_bytes_max, fuel=fuel)
    message = Message(payload=hex_bytes(payload, what="--message"))
    numbers = [_integer(text) for text in args]
    machine = program.call(export, numbers, rows=read_rows(rows, program), message=message)
    with spinner("running"):
        machine.run(tier=tier)
    report = _report(machine, program.exports[export].type)
    if as_json:
        print_json(report)
    else:
        print_fields((name, value) for name, value in report.items() if value is not None)


def _integer(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        shown = text if len(text) <= 40 else text[:39] + "…"
        raise InputError(f"argument '{shown}' is not an integer") from None


def _report(machine: Machine, kind: FunctionType) -> dict[str, object]:
    halted = machine.status is Status.HALTED
    return {
        "status": machine.status.name.lower(),
        "result": _result(machine, kind) if halted and kind.results else None,
        "trap": None if halted else machine.trap.name.lower(),
        "stopped_at": None if halted else str(machine.program.location(machine.pc)),
        "steps": machine.steps,
        "fuel": machine.fuel,
        "state_hash": hex_text(machine.state_hash()),
        "memory_root": hex_text(machine.memory_root()),
        "db_root": hex_text(machine.rows.root),
    }


def _result(machine: Machine, kind: FunctionType) -> str:
    """Return the result as text, because JSON numbers lose 64-bit integers."""
    return f"{kind.results[0].text}:{machine.result}"
