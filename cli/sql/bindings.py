"""`channels sql bindings`: the statements of queries.sql as functions of a language."""

from __future__ import annotations

from pathlib import Path

import click

from cli.new import LANGUAGES
from cli.options import output_option
from cli.sql.project import read_sources, source_options, write_file


@click.command()
@click.option("--lang", "language", type=click.Choice(list(LANGUAGES)), required=True)
@source_options
@output_option("Default: sql.*, here.")
def bindings(language: str, schema: Path, queries: Path, output: Path | None) -> None:
    """Write the bindings of a project's statements for a language.

    The file has one function for each statement, the structs of its rows, and the SQLSTATEs.
    """
    from sqlstore.bindings import LANGUAGES as WRITERS

    writer = WRITERS[language]
    sources = read_sources(schema, queries)
    statements = sources.read_statements(sources.read_schema())
    write_file(output or Path(writer.file), writer.write(statements).encode())
