"""`channels inspect`: what a module is, without running it."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import read_program
from cli.options import json_option, module_argument, program_options
from cli.output import hex_text, print_fields, print_json
from wasm_interp.abi import reducer_form
from wasm_interp.errors import InputError, LinkError
from wasm_interp.module import ExternKind
from wasm_interp.program import Function, Program


@click.command()
@module_argument()
@click.option("--function", "symbol", help="Disassemble this function only.")
@click.option("--no-code", is_flag=True, help="Leave the disassembly out.")
@program_options
@json_option
def inspect(
    module: Path,
    symbol: str | None,
    no_code: bool,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Show MODULE's profile verdict, ABI, exports, limits, reducer id, and lowered code.

    A module outside the profile is refused with the rule that it breaks, and exit status 1.
    """
    program = read_program(module, state_bytes_max=state_bytes_max, fuel=fuel)
    functions = [entry for entry in program.functions if entry.pc]
    if symbol is not None:
        functions = [entry for entry in functions if entry.symbol == symbol]
        if not functions:
            raise InputError(f"no function is called '{symbol}'")
    report = _report(program)
    if as_json:
        code = {} if no_code else {"code": _code(program, functions)}
        print_json(report | code)
        return
    print_fields(_shown(report))
    if not no_code:
        _print_code(program, functions)


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
            f"{entry.module}.{entry.name} {module.types[entry.type_index]}"
            for entry in module.imported(ExternKind.FUNCTION)
        ],
        "exports": [f"{name} {entry.type}" for name, entry in program.exports.items()],
        "functions": len(module.functions),
        "instructions": len(program.words),
        "memory_pages": len(program.memory) >> 16,
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


def _end(program: Program, function: Function) -> int:
    later = [entry.pc for entry in program.functions if entry.pc > function.pc]
    return min(later, default=len(program.words))


def _code(program: Program, functions: list[Function]) -> list[dict[str, object]]:
    return [
        {
            "pc": pc,
            "symbol": function.symbol,
            "offset": program.location(pc).offset if program.location(pc).offset >= 0 else None,
            "word": hex_text(program.words[pc].encode()),
            "text": program.text(program.words[pc]),
        }
        for function in functions
        for pc in range(function.pc, _end(program, function))
    ]


def _print_code(program: Program, functions: list[Function]) -> None:
    for function in functions:
        click.echo(f"\n<{function.symbol}> {function.type}")
        for pc in range(function.pc, _end(program, function)):
            offset = program.location(pc).offset
            where = f"0x{offset:06x}" if offset >= 0 else ""
            click.echo(f"{pc:7}  {where:<8}  {program.text(program.words[pc])}")
