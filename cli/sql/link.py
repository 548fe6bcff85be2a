"""`channels sql link`: a module whose SQL imports become its own functions."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import module_argument, output_option
from cli.sql.project import link_reducer, read_sources, source_options


@click.command()
@module_argument()
@source_options
@output_option("The reducer to write.", required=True)
def link(module: Path, schema: Path, queries: Path, output: Path) -> None:
    """Link MODULE with the statements that it imports, which gives a reducer.

    What the module imports from `sql` becomes functions of it; schema and queries go into a custom
    section. The result is an ordinary reducer: it depends on nothing else.
    """
    sources = read_sources(schema, queries)
    # Linking does that, too, but does not know where in the files something is.
    sources.read_statements(sources.read_schema())
    link_reducer(module, sources, output=output)
