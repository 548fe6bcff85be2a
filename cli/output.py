"""Printing: tables for people, JSON for programs, progress for terminals."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import click

T = TypeVar("T")

BACKTRACE_MAX: Final = 12
"""Calls shown of a trap."""


def hex_text(data: bytes) -> str:
    """Return ``0x`` and the digits of ``data``."""
    return f"0x{data.hex()}"


def print_json(value: object) -> None:
    """Print one value as one line of JSON."""
    click.echo(json.dumps(value, separators=(",", ":")))


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns."""
    pairs = [(name, str(value)) for name, value in fields]
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        click.echo(f"{name:<{width}}  {value}")


class Table:
    """A table whose column widths are known before its rows are."""

    def __init__(self, columns: Sequence[tuple[str, int]]) -> None:
        """Take (heading, width) of each column; a width of 0 is the rest of the line."""
        self.widths = [max(width, len(name)) if width else 0 for name, width in columns]
        self.print_row([name for name, _ in columns])
        click.echo("  ".join("-" * (width or 12) for width in self.widths))

    def print_row(self, cells: Sequence[object]) -> None:
        """Print one row."""
        texts = [f"{cell!s:<{width}}" for cell, width in zip(cells, self.widths, strict=True)]
        click.echo("  ".join(texts).rstrip())


def progress(items: Sequence[T], *, label: str) -> Iterator[T]:
    """Yield ``items``, with a bar on standard error if that is a terminal."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        # Lines printed to the same terminal are progress enough, and a bar would break them.
        yield from items
        return
    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield from bar


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """Show ``label`` on standard error while something takes long, if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo(f"{label} …", err=True, nl=False)
    try:
        yield
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)
