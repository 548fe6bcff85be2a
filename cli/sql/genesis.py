"""`channels sql genesis`: the rows that everyone signs at turn 0, from INSERT statements."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FILE, output_option
from cli.output import hex_text
from cli.rows import rows_file
from cli.sql.project import SCHEMA, read_sources, read_text, write_file
from merkle import OrderedMap


@click.command()
@click.argument("statements", type=FILE)
@click.option("--schema", type=FILE, default=SCHEMA, show_default=True, help="The schema.")
@output_option("The rows to write.", default=Path("rows.json"))
def genesis(statements: Path, schema: Path, output: Path) -> None:
    """Carry out STATEMENTS (INSERT, UPDATE, DELETE, one after the other) on an empty database.

    The rows are written as other commands take them with --rows. They are part of the channel,
    not of the reducer id.
    """
    from sqlstore.script import run_script

    tables = read_sources(schema, None).read_schema()
    rows = run_script(read_text(statements), tables, OrderedMap(), file=str(statements))
    write_file(output, rows_file(rows).encode())
    click.echo(f"{len(rows)} rows, db_root {hex_text(rows.root)}")
