"""`channels inspect`: what a module is, without running it."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import read_program
from cli.options import json_option, module_argument, program_options
from cli.output import hex_text, print_fields, print_json
from wasm_interp.abi import reducer_form
from wasm_interp.compiled.listing import compiled_source
from wasm_interp.disassembly import Listing, disassemble
from wasm_interp.errors import LinkError, printable
from wasm_interp.module import ExternKind
from wasm_interp.profile import PAGE_BYTES
from wasm_interp.program import Program


@click.command()
@module_argument()
@click.option("--function", "symbol", help="Disassemble this function only.")
@click.option("--compiled", metavar="FUNCTION", help="Show what a function compiles to, only.")
@click.option("--no-code", is_flag=True, help="Leave the disassembly out.")
@program_options
@json_option
def inspect(
    module: Path,
    symbol: str | None,
    compiled: str | None,
    no_code: bool,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Show MODULE's profile verdict, ABI, exports, limits, reducer id, and lowered code.

    A module outside the profile is refused with the rule that it breaks, and exit status 1.
    """
    program = read_program(module, state_bytes_max=state_bytes_max, fuel=fuel)
    if compiled is not None:
        click.echo(compiled_source(program, compiled))
        return
    listing = disassemble(program, symbol)
    report = _report(program)
    if as_json:
        print_json(report | ({} if no_code else {"code": _code(listing)}))
        return
    print_fields(_shown(report))
    if not no_code:
        click.echo(f"\n{listing!r}")


def _report(program: Program) -> dict[str, object]:
    module = program.module
    return {
        "profile": "v1: accepted",
        "wasm_hash": hex_text(program.wasm_hash),
        "wasm_bytes": module.size,
        "abi": program.form.value if program.form else None,
        "not_a_reducer_because": _why_not(program),
        "reducer_id": hex_text(program.reducer_id) if program.form else None,
        "profile_hash": hex_text(program.profile.hash()),
        "state_bytes_max": program.state_bytes_max,
        "fuel": program.fuel,
        "imports": [
            printable(f"{entry.module}.{entry.name} {module.types[entry.type_index]}")
            for entry in module.imported(ExternKind.FUNCTION)
        ],
        "exports": [f"{printable(name)} {entry.type}" for name, entry in program.exports.items()],
        "functions": len(module.functions),
        "instructions": len(program.words),
        "memory_pages": len(program.memory) // PAGE_BYTES,
        "memory_pages_max": program.memory_max,
        "table_entries": len(program.table),
        "globals": len(module.globals),
        "start": None if module.start is None else module.symbol(module.start),
        "limits": dict(program.profile.rows()),
    }


def _why_not(program: Program) -> str | None:
    if program.form is not None:
        return None
    try:
        reducer_form(program.module)
    except LinkError as error:
        return error.rule
    raise AssertionError("a module that is no reducer has a reason")


def _shown(report: dict[str, object]) -> list[tuple[str, object]]:
    """Return the report in lines for people: lists joined, nothing where there is nothing."""
    lines: list[tuple[str, object]] = []
    for name, value in report.items():
        if name == "limits" and isinstance(value, dict):
            lines += [(f"limit: {limit}", number) for limit, number in value.items()]
        elif isinstance(value, list):
            lines += [(name if i == 0 else "", entry) for i, entry in enumerate(value)]
        elif value is not None:
            lines.append((name, value))
    return lines


def _code(listing: Listing) -> list[dict[str, object]]:
    return [
        {
            "pc": line.pc,
            "symbol": line.location.symbol,
            "offset": line.location.offset if line.location.offset >= 0 else None,
            "word": hex_text(line.word.encode()),
            "text": line.text,
        }
        for line in listing.lines
    ]
