"""`channels build`: a project's reducer, from its SQL and its source.

The source is compiled by the project's own Makefile, whose target `module` makes
`.build/module.wasm`; what surrounds that is done here. `channels sql bindings` and `channels sql
link` are its parts, for projects of another form.

Guide: docs/sql.md.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.new import LANGUAGES
from cli.options import json_option, output_option
from cli.output import Table, hex_text, print_json
from cli.sql.project import QUERIES, SCHEMA, link_reducer, read_sources, write_file
from wasm_interp.errors import InputError

if TYPE_CHECKING:
    from sqlstore.plan.statements import Statement
    from wasm_interp.program import Program

MODULE: Final = Path(".build") / "module.wasm"
TARGET: Final = "module"


@click.command()
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path()
)
@output_option("The reducer to write; by default NAME.wasm beside the one source NAME.")
@json_option
def build(folder: Path, output: Path | None, as_json: bool) -> None:
    """Build the reducer of FOLDER: a project as `channels new --sql` makes it.

    The statements of queries.sql become functions of the language (sql.*); `make module` compiles
    the source to .build/module.wasm; both are linked to NAME.wasm, an ordinary reducer.
    """
    language = _language(folder)
    reducer = output or folder / f"{_source(folder, language).stem}.wasm"
    sources = read_sources(folder / SCHEMA, folder / QUERIES)
    statements = sources.read_statements(sources.read_schema())
    _write_bindings(folder, language, statements)
    _make(folder, quiet=as_json)
    program = link_reducer(folder / MODULE, sources, output=reducer)
    _report(reducer, program, statements, as_json=as_json)


def _language(folder: Path) -> str:
    """Return the language whose host functions' bindings are in the folder."""
    found = [name for name, each in LANGUAGES.items() if (folder / each.bindings).is_file()]
    if len(found) != 1:
        names = ", ".join(each.bindings for each in LANGUAGES.values())
        raise InputError(
            f"{folder}: a project has one of {names}, which says its language; "
            f"`channels new NAME --lang L --sql` makes one"
        )
    return found[0]


def _source(folder: Path, language: str) -> Path:
    """Return the one source of the folder that is not generated."""
    from sqlstore.bindings import LANGUAGES as BINDINGS

    bindings = LANGUAGES[language].bindings
    ours = {bindings, BINDINGS[language].file}
    suffix = ".c" if language == "c" else Path(bindings).suffix
    found = sorted(path for path in folder.glob(f"*{suffix}") if path.name not in ours)
    if len(found) != 1:
        there = ", ".join(path.name for path in found) or "none"
        raise InputError(
            f"{folder}: the reducer is named after the one *{suffix} in the folder; "
            f"there is: {there}; name it with --output, or put the others into folders"
        )
    return found[0]


def _write_bindings(folder: Path, language: str, statements: tuple[Statement, ...]) -> None:
    """Write sql.*, unless it is as it should be: make looks at when a file was written."""
    from sqlstore.bindings import LANGUAGES as BINDINGS

    writer = BINDINGS[language]
    path, text = folder / writer.file, writer.write(statements).encode()
    if not path.is_file() or path.read_bytes() != text:
        write_file(path, text)


def _make(folder: Path, *, quiet: bool) -> None:
    """Run `make module`; what it prints goes to standard error if standard output is ``quiet``."""
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", TARGET]
    try:
        done = subprocess.run(
            command, cwd=folder, env=_environment(), check=False, stdout=2 if quiet else None
        )
    except OSError as error:
        raise InputError(f"{command[0]}: {error.strerror or error}") from error
    if done.returncode:
        raise InputError(f"{folder}: `make {TARGET}` failed")


def _environment() -> dict[str, str]:
    """Return the environment without the job server of a make that has called this command.

    A command cannot hand it on, and make warns of one that it cannot reach.
    """
    flags, dashes, variables = os.environ.get("MAKEFLAGS", "").partition(" -- ")
    flags = re.sub(r"(^| )(-j\S*|--jobserver-\S+)", "", flags)
    return {**os.environ, "MAKEFLAGS": flags + dashes + variables}


def _report(
    path: Path, program: Program, statements: tuple[Statement, ...], *, as_json: bool
) -> None:
    if as_json:
        bounds = {each.name: each.operations_max for each in statements}
        print_json(
            {
                "reducer": str(path),
                "reducer_id": hex_text(program.reducer_id),
                "wasm_bytes": program.module.size,
                "operations_max": bounds,
            }
        )
        return
    click.echo(f"{path}: {program.module.size} bytes, reducer {hex_text(program.reducer_id)}\n")
    width = max((len(each.name) for each in statements), default=0)
    table = Table([("statement", width), ("command", 9), ("row operations, at most", 1)])
    for each in statements:
        table.print_row([each.name, each.command.value, each.operations_max])
