"""`channels call`: one exported function of any module in the profile."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from cli.files import hex_bytes, read_program, read_rows
from cli.options import json_option, module_argument, program_options, rows_option, tier_option
from cli.output import BACKTRACE_MAX, hex_text, print_fields, print_json, spinner
from wasm_interp.errors import InputError, printable
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
        _print(report)


INTEGER_CHARACTERS_MAX: Final = 80
"""Enough for 64 bits in binary with a sign and a prefix."""


def _integer(text: str) -> int:
    try:
        if len(text) > INTEGER_CHARACTERS_MAX:
            raise ValueError
        return int(text, 0)
    except ValueError:
        shown = printable(text[:INTEGER_CHARACTERS_MAX])
        raise InputError(f"argument '{shown}' is not an integer of 64 bits") from None


def _report(machine: Machine, kind: FunctionType) -> dict[str, object]:
    halted = machine.status is Status.HALTED
    result = kind.results[0].text if halted and kind.results else None
    return {
        "status": machine.status.name.lower(),
        "result": machine.result if result else None,
        "result_type": result,
        "trap": None if halted else machine.trap.name.lower(),
        "stopped_at": None if halted else str(machine.program.location(machine.pc)),
        "backtrace": None if halted else [str(place) for place in machine.backtrace()],
        "steps": machine.steps,
        "fuel": machine.fuel,
        "state_hash": hex_text(machine.state_hash()),
        "memory_hash": hex_text(machine.memory_root()),
        "db_root": hex_text(machine.rows.root),
    }


def _print(report: dict[str, object]) -> None:
    """Print a report for people: the result signed too, a trap with the calls that led to it."""
    report = dict(report)
    calls = report.pop("backtrace")
    kind = report.pop("result_type")
    if isinstance(kind, str) and isinstance(report["result"], int):
        sign = 1 << (31 if kind == "i32" else 63)
        signed = (report["result"] ^ sign) - sign
        report["result"] = f"{report['result']} ({kind}" + (f", {signed})" if signed < 0 else ")")
    print_fields((name, value) for name, value in report.items() if value is not None)
    if isinstance(calls, list):
        for place in calls[1:BACKTRACE_MAX]:
            click.echo(f"  called at {place}")
