"""`channels sql explain`: what a statement reads and writes, through which keys, and at most how
much."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FILE, json_option
from cli.output import print_json
from cli.sql.project import Sources, read_sources, source_options, sources_of_module
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
    from sqlstore.planner.explain import explain as explain_statement
    from sqlstore.planner.explain import explain_data

    sources = _sources(reducer, schema, queries)
    found = sources.read_schema()
    statements = {one.name: one for one in sources.read_statements(found)}
    for name in names:
        if name not in statements:
            raise InputError(f"there is no statement '{printable(name)}'")
    chosen = [statements[name] for name in names] if names else list(statements.values())
    for number, statement in enumerate(chosen):
        if as_json:
            print_json(explain_data(statement, found))
            continue
        click.echo(("\n" if number else "") + explain_statement(statement, found).rstrip())
        if code:
            from sqlstore.compile import compile_statement

            click.echo("\n" + compile_statement(statement, found).rstrip())


def _sources(reducer: Path | None, schema: Path, queries: Path) -> Sources:
    if reducer is None:
        return read_sources(schema, queries)
    sources = sources_of_module(reducer)
    if sources is None:
        raise InputError(f"{reducer}: no SQL was linked into this module")
    return sources
