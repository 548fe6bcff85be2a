"""`channels sql link`: a module whose SQL imports become its own functions."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import MODULE_BYTES_MAX, read_bytes
from cli.options import module_argument
from cli.sql.project import read_sources, source_options, write_file


@click.command()
@module_argument()
@source_options
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The reducer to write.",
)
def link(module: Path, schema: Path, queries: Path, output: Path) -> None:
    """Link MODULE with the statements that it imports, which gives a reducer.

    What the module imports from `sql` becomes functions of it; schema and queries go into a custom
    section. The result is an ordinary reducer: it depends on nothing else.
    """
    from sqlstore.wasm.link import link as link_module

    sources = read_sources(schema, queries)
    # Linking does that, too, but does not know where in the files something is.
    sources.read_statements(sources.read_schema())
    wasm = read_bytes(module, limit=MODULE_BYTES_MAX)
    write_file(output, link_module(wasm, schema=sources.schema, queries=sources.queries))
