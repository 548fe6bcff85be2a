"""The group `channels sql`, whose default is the query: `channels sql REDUCER LOG "SELECT …"`.

Guide: docs/sql.md. Not here: what the subcommands do.
"""

from __future__ import annotations

import importlib
from typing import Final

import click

COMMANDS: Final = {
    "query": "Query the rows after a log: REDUCER LOG 'SELECT …' (`query` may be left out).",
    "explain": "Show the plans of a project's statements, with their bounds.",
    "bindings": "Write the statements as functions of a language.",
    "genesis": "Make genesis rows of INSERT statements.",
    "link": "Link a module with the statements that it imports.",
    "verify": "Compare a reducer's statements with the SQL that it carries.",
}


class SqlGroup(click.Group):
    """Imports a subcommand when it is asked for; what is none is a query's first argument."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand ``cmd_name``."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"cli.sql.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no subcommand for the arguments of a query."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            args = ["query", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=SqlGroup)
def sql() -> None:
    """Query a channel's rows with SQL, or work on a project's statements.

    \b
    channels sql game.wasm log.jsonl "SELECT owner, count(*) FROM units GROUP BY owner"

    The query runs in an embedded engine on a copy of the rows: it may use all that the engine has,
    and proves nothing.
    """
