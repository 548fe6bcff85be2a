"""`channels sql verify`: whether a reducer's statements are those of the SQL that it carries."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from cli.files import MODULE_BYTES_MAX, read_bytes
from cli.options import module_argument
from wasm_interp.errors import printable


@click.command()
@module_argument("reducer")
def verify(reducer: Path) -> None:
    """Compile the SQL that REDUCER carries anew, and compare it with the code that is there.

    A module may carry any text. This shows that its statements do what its text says; what else the
    reducer does to the rows, it does not. Exit status 1 if a function is another, as after a change
    of the compiler.
    """
    from sqlstore.wasm.verify import verify_linked

    found = verify_linked(read_bytes(reducer, limit=MODULE_BYTES_MAX))
    click.echo(f"{reducer}: what it has is what its SQL says")
    click.echo(f"in it: {_listed(name for name, there in found.items() if there)}")
    click.echo(f"not in it: {_listed(name for name, there in found.items() if not there)}")


def _listed(names: Iterable[str]) -> str:
    return printable(", ".join(names)) or "none"
