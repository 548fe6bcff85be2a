"""`channels sql explain`: what a statement reads and writes, through which keys, and at most how
much."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FILE, json_option
from cli.output import print_json
from cli.sql.project import read_sources, required_sources, source_options
from wasm_interp.errors import InputError, printable


@click.command()
@click.argument("names", nargs=-1)
@source_options
@click.option("--reducer", type=FILE, help="Take schema and queries out of this reducer.")
@click.option("--code", is_flag=True, help="Show the code that is compiled, too.")
@json_option
def explain(
    names: tuple[str, ...],
    schema: Path,
    queries: Path,
    reducer: Path | None,
    code: bool,
    as_json: bool,
) -> None:
    """Show the plans of all statements, or of those with the given NAMES.

    A plan follows from schema and text by rules (docs/spec/sql.md, Q-80 and on), not from what is
    in the tables. Each scan has a bound; their product is the most row operations.
    """
    from sqlstore.compile import compile_statement
    from sqlstore.planner.explain import explain as explain_statement
    from sqlstore.planner.explain import explain_data

    sources = read_sources(schema, queries) if reducer is None else required_sources(reducer)
    found = sources.read_schema()
    statements = {one.name: one for one in sources.read_statements(found)}
    for name in names:
        if name not in statements:
            raise InputError(f"there is no statement '{printable(name)}'")
    chosen = [statements[name] for name in names] if names else list(statements.values())
    for number, statement in enumerate(chosen):
        compiled = compile_statement(statement, found) if code else None
        if as_json:
            data = explain_data(statement, found)
            print_json(data if compiled is None else {**data, "code": compiled})
            continue
        click.echo(("\n" if number else "") + explain_statement(statement, found).rstrip())
        if compiled is not None:
            click.echo("\n" + compiled.rstrip())
