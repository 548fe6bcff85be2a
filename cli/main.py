"""The entry point of `channels`: commands are imported when they are used, errors become one line.

Exit status: 0 done, 1 refused (a module, a proof), 2 usage (arguments, files, messages).
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final, NoReturn

import click

COMMANDS: Final = {
    "new": "Make a project: a reducer in a language, its tests, a log and a Makefile.",
    "build": "Build a project with SQL: bindings, module, statements, linked to a reducer.",
    "inspect": "Show what a module is: profile verdict, ABI, limits, reducer id, disassembly.",
    "call": "Call an exported function of a module and show where the machine stops.",
    "run": "Apply a log of messages to a reducer and show what becomes of each.",
    "trace": "Show the state at every step of one message.",
    "test": "Run a reducer's test cases and show what differs.",
    "sql": "Query the rows of any turn; explain statements; the parts of `build`.",
    "snapshot": "Export the rows of a turn, import them with their root checked.",
    "profile": "Show what messages cost, by function, line or instruction.",
    "prove": "Prove one step of a message; write the proof as a vector.",
    "verify": "Verify step vectors in Python and with the contract on an EVM.",
    "dispute": "Play a whole dispute on an EVM, one side cheating; show it, also as a page.",
    "repl": "Open a Python prompt with a reducer, its turns and its runs at hand.",
    "contracts": "List the Solidity contracts, or verify their artifacts against the sources.",
    "vectors": "Fill conformance vectors, check them, drive implementations with them.",
    "wast": "Run official test scripts of the WebAssembly suite.",
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports one only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command ``cmd_name``."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="event-sourced-channels", prog_name="channels")
def channels() -> None:
    """Event-sourced state channels: the reference machine and its proofs."""


def main() -> NoReturn:
    """Run the command line; report every outside fault as one line on standard error."""
    sys.exit(run_command())


def run_command() -> int:
    """Run the command line and return the exit status."""
    try:
        channels.main(standalone_mode=False, prog_name="channels")
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("error: interrupted", err=True)
        return 130
    except BrokenPipeError:
        # The reader has gone (`channels trace … | head`): nothing is lost, and nothing more to say.
        _drop_output()
    except OSError as error:
        # A full disk behind standard output, say.
        _drop_output()
        click.echo(f"error: {error.strerror or error}", err=True)
        return 1
    except Exception as error:
        return _report(error)
    return 0


def _drop_output() -> None:
    """Send what is still to be written to standard output nowhere: Python flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: Exception) -> int:
    """Print an outside fault and return its exit status; raise anything else: it is our bug."""
    # Imported only now, so that `--help` does not wait for it.
    try:
        from merkle.errors import ChannelsError
        from wasm_interp.errors import InputError, MessageError
    except Exception as refusal:
        # The packages refuse to load: CHANNELS_KECCAK names no backend.
        click.echo(f"error: {refusal}", err=True)
        return 2

    if not isinstance(error, ChannelsError):
        raise error
    click.echo("; ".join([f"error: {error}", *getattr(error, "__notes__", ())]), err=True)
    return 2 if isinstance(error, InputError | MessageError) else 1


if __name__ == "__main__":
    main()
