"""`channels sql REDUCER LOG "SELECT …"`: ad-hoc queries over the rows of any turn."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from cli.files import read_program
from cli.options import (
    json_option,
    messages_argument,
    module_argument,
    participants_option,
    program_options,
    rows_option,
    turn_option,
)
from cli.output import print_json
from cli.rows import read_genesis, rows_after
from cli.sql.project import required_sources
from wasm_interp.errors import printable

CELL_CHARACTERS_MAX = 60


@click.command()
@module_argument("reducer")
@messages_argument
@click.argument("select")
@turn_option
@rows_option
@participants_option
@program_options
@json_option
def query(
    reducer: Path,
    messages: Path,
    select: str,
    turn: int | None,
    rows: Path | None,
    participants: int,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Apply MESSAGES to REDUCER and answer SELECT over its tables."""
    from sqlstore.adhoc import query as answer_query
    from sqlstore.contents import read_contents

    sources = required_sources(reducer)
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    state = rows_after(
        program,
        messages,
        genesis=read_genesis(rows, program, reducer=reducer),
        turn=turn,
        participants=participants,
    )
    schema = sources.read_schema()
    answer = answer_query(schema, read_contents(schema, state), select)
    if as_json:
        names = _distinct(answer.columns)
        for row in answer.rows:
            print_json({name: _json(cell) for name, cell in zip(names, row, strict=True)})
    else:
        _print(answer.columns, [[_text(cell) for cell in row] for row in answer.rows])


def _distinct(columns: tuple[str, ...]) -> list[str]:
    """Return the columns' names, a repeated one with its place behind: an object has no two."""
    names: list[str] = []
    for place, name in enumerate(columns, start=1):
        names.append(f"{name}_{place}" if name in names else name)
    return names


def _json(cell: Any) -> Any:
    match cell:
        case bytes():
            return f"0x{cell.hex()}"
        case None | bool() | int() | str():
            return cell
        case _:
            return str(cell)


def _text(cell: Any) -> str:
    match cell:
        case None:
            return "NULL"
        case bytes():
            text = f"0x{cell.hex()}"
        case bool():
            text = "true" if cell else "false"
        case Decimal():
            text = f"{cell:f}"
        case _:
            text = printable(str(cell))
    return text if len(text) <= CELL_CHARACTERS_MAX else text[: CELL_CHARACTERS_MAX - 1] + "…"


def _print(names: tuple[str, ...], rows: list[list[str]]) -> None:
    """Print a table as wide as its cells."""
    heads = [printable(name) for name in names]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for cells in (heads, ["-" * width for width in widths], *rows):
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        click.echo(line.rstrip())
    click.echo(f"({len(rows)} row{'' if len(rows) == 1 else 's'})")
