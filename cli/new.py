"""`channels new`: a folder with a reducer that builds, tests and runs as it is.

What goes in: `cli/project/templates/README.md`. Not here: compilers, which the Makefile calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import click

from wasm_interp.errors import InputError

PLACEHOLDER: Final = "NAME"
NAME_CHARACTERS_MAX: Final = 64
BINDINGS_NAMES: Final = ("channels", "sql")

_PROJECT: Final = files("cli") / "project"
_NAME: Final = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_-]{{0,{NAME_CHARACTERS_MAX - 1}}}")


@dataclass(frozen=True, slots=True)
class Language:
    """A language that a project can be in: the bindings' file, and where its compiler is from."""

    bindings: str
    compiler: str


LANGUAGES: Final = {
    "assemblyscript": Language("channels.ts", "Node 20 and npm; make fetches asc 0.28.20"),
    "c": Language("channels.h", "pip install ziglang==0.17.0"),
    "rust": Language(
        "channels.rs", "rustc with wasm32-unknown-unknown, and wasm-ld: see the Makefile"
    ),
    "zig": Language("channels.zig", "pip install ziglang==0.17.0"),
}


@click.command()
@click.argument("name")
@click.option(
    "--lang",
    "language",
    type=click.Choice(list(LANGUAGES)),
    required=True,
    help="The language of the reducer.",
)
@click.option("--sql", is_flag=True, help="Keep the rows in SQL tables.")
def new(name: str, language: str, sql: bool) -> None:
    """Make the folder NAME with a reducer in a language, its tests, a log and a Makefile.

    NAME has letters, digits, - and _, and becomes the reducer's name too. With --sql its rows are
    in tables: the folder has schema.sql, queries.sql and genesis.sql, too.
    """
    folder = create(name, language, parent=Path(), sql=sql)
    for path in sorted(folder.iterdir()):
        click.echo(f"  {path}")
    click.echo(f"\nneeds: {LANGUAGES[language].compiler}\nnext:\n")
    for command in (f"cd {name}", "make test", "make run"):
        click.echo(f"  {command}")


def create(name: str, language: str, *, parent: Path, sql: bool = False) -> Path:
    """Write a new project into the folder ``name`` of ``parent`` and return that folder.

    Raises `InputError` for a name that is not allowed, or is there already.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name}' cannot be a project's name: it has 1 to {NAME_CHARACTERS_MAX} letters, "
            "digits, - and _, the first not -"
        )
    if name.lower() in BINDINGS_NAMES:
        raise InputError(f"'{name}' is the name of bindings: choose another")
    folder = parent / name
    try:
        folder.mkdir()
        for file, text in project_files(name, language, sql=sql).items():
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise InputError(f"{folder} is there already") from None
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}") from error
    return folder


def project_files(name: str, language: str, *, sql: bool = False) -> dict[str, str]:
    """Return the files of a new project: names and texts, with ``name`` filled in."""
    bindings = LANGUAGES[language].bindings
    templates = _PROJECT / "templates"
    folders = [templates, templates / "sql"] if sql else [templates]
    found = [
        text
        for folder in folders
        for part in ("common", language)
        for text in _texts(folder / part)
    ]
    filled = {
        file.replace(PLACEHOLDER, name): text.replace(PLACEHOLDER, name) for file, text in found
    }
    return filled | {bindings: (_PROJECT / "bindings" / bindings).read_text(encoding="utf-8")}


def _texts(folder: Traversable) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_file():
            yield entry.name, entry.read_text(encoding="utf-8")
