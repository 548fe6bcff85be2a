"""`channels sql genesis`: the rows that everyone signs at turn 0, from INSERT statements."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FILE
from cli.rows import rows_file
from cli.sql.project import SCHEMA, Sources, read_text, write_file
from merkle import OrderedMap


@click.command()
@click.argument("statements", type=FILE)
@click.option("--schema", type=FILE, default=SCHEMA, show_default=True, help="The schema.")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("rows.json"),
    show_default=True,
)
def genesis(statements: Path, schema: Path, output: Path) -> None:
    """Carry out STATEMENTS (INSERT, UPDATE, DELETE, one after the other) on an empty database.

    The rows are written as other commands take them with --rows. They are part of the channel,
    not of the reducer id.
    """
    from sqlstore.script import run_script

    sources = Sources(schema=read_text(schema), queries="", schema_file=str(schema))
    rows = run_script(
        read_text(statements), sources.read_schema(), OrderedMap(), file=str(statements)
    )
    write_file(output, rows_file(rows).encode())
    click.echo(f"{len(rows)} rows, db_root 0x{rows.root.hex()}")
