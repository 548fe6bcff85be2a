"""`channels snapshot`: rows of a channel as lines of JSON, out of a log and back.

The format, and what is checked: `sqlstore.snapshot`, docs/formats.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.files import ROWS_FILE_BYTES_MAX, hex_bytes, read_program
from cli.options import (
    FILE,
    messages_argument,
    module_argument,
    output_option,
    participants_option,
    program_options,
    rows_option,
    turn_option,
)
from cli.output import hex_text
from cli.rows import read_genesis, rows_after, rows_file
from cli.sql.project import sources_of_module, write_file
from merkle import ChannelsError, Hash32
from wasm_interp.errors import InputError

if TYPE_CHECKING:
    from sqlstore.schema import Schema

HASH_BYTES: Final = 32


@click.group()
def snapshot() -> None:
    """Write the rows of a channel to a file that people can read, and take them back.

    The file names the root of its rows. What is imported has that root, or is refused.
    """


@snapshot.command("export")
@module_argument("reducer")
@messages_argument
@turn_option
@rows_option
@participants_option
@program_options
@output_option("The snapshot to write.", required=True)
def export_command(
    reducer: Path,
    messages: Path,
    turn: int | None,
    rows: Path | None,
    participants: int,
    state_bytes_max: int,
    fuel: int,
    output: Path,
) -> None:
    """Write the rows after MESSAGES, or after one of its turns.

    Rows of tables have names and values; the rest are keys and values in hexadecimal.
    """
    from sqlstore.snapshot import export_snapshot

    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    genesis = read_genesis(rows, program, reducer=reducer)
    state = rows_after(program, messages, genesis=genesis, turn=turn, participants=participants)
    lines = export_snapshot(_schema(reducer), state)
    write_file(output, "".join(f"{line}\n" for line in lines).encode())
    click.echo(f"{output}: {len(state)} rows, db_root {hex_text(state.root)}")


@snapshot.command("import")
@module_argument("reducer")
@click.argument("snapshot_file", metavar="SNAPSHOT", type=FILE)
@click.option("--root", "root", metavar="HEX", help="The root that the rows must have.")
@output_option("The rows to write, as commands take them with --rows.", required=True)
def import_command(reducer: Path, snapshot_file: Path, root: str | None, output: Path) -> None:
    """Make a file of rows of SNAPSHOT, after checking all of it.

    Every constraint of the schema is checked, and the root: the one that the file names, which has
    to be --root if that is given. Without --root the file vouches for itself alone.
    """
    from sqlstore.snapshot import import_snapshot

    expected = None
    if root is not None:
        expected = Hash32(hex_bytes(root, what="--root"))
        if len(expected) != HASH_BYTES:
            raise InputError(f"--root has {len(expected)} bytes, not {HASH_BYTES}")
    schema = _schema(reducer)
    try:
        state = import_snapshot(
            schema, _lines(snapshot_file), root=expected, file=str(snapshot_file)
        )
    except ChannelsError as error:
        # What an InputError is about has a line; what breaks a constraint is all rows together.
        if not isinstance(error, InputError):
            error.add_note(f"in {snapshot_file}")
        raise
    write_file(output, rows_file(state).encode())
    click.echo(f"{output}: {len(state)} rows, db_root {hex_text(state.root)}")


def _schema(reducer: Path) -> Schema | None:
    sources = sources_of_module(reducer)
    return None if sources is None else sources.read_schema()


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, one more character than a line may have at most."""
    from sqlstore.snapshot import LINE_CHARACTERS_MAX

    left = ROWS_FILE_BYTES_MAX
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            while line := lines.readline(LINE_CHARACTERS_MAX + 2):
                yield line.rstrip("\n")
                left -= len(line)
                if left < 0:
                    raise InputError(f"{path}: more than {ROWS_FILE_BYTES_MAX} characters")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8") from None
