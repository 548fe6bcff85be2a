"""`channels sql verify`: whether a reducer's statements are those of the SQL that it carries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cli.files import MODULE_BYTES_MAX, read_bytes
from cli.options import module_argument
from cli.sql.project import required_sources
from wasm_interp.errors import printable


@click.command()
@module_argument("reducer")
def verify(reducer: Path) -> None:
    """Compile the SQL that REDUCER carries anew, and compare it with the code that is there.

    A module may carry any text. This shows that its statements do what its text says; what else the
    reducer does to the rows, it does not. Exit status 1 if a function is another, as after a change
    of the compiler.
    """
    from sqlstore.names import snake_case
    from sqlstore.wasm.verify import verify_linked

    names = verify_linked(read_bytes(reducer, limit=MODULE_BYTES_MAX))
    sources = required_sources(reducer)
    all_names = [snake_case(one.name) for one in sources.read_statements(sources.read_schema())]
    click.echo(f"{reducer}: what it has is what its SQL says")
    click.echo(f"in it: {_listed(names)}")
    click.echo(f"not in it: {_listed([name for name in all_names if name not in names])}")


def _listed(names: Sequence[str]) -> str:
    return printable(", ".join(names)) or "none"
