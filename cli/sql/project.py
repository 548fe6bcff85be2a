"""The SQL of a project: schema.sql and queries.sql in a folder, or what a reducer carries.

Not here: what commands do with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cli.files import MODULE_BYTES_MAX, read_bytes
from cli.hints import hint
from wasm_interp.binary import decode
from wasm_interp.errors import InputError, ModuleError
from wasm_interp.link import load

if TYPE_CHECKING:
    from sqlstore.plan.statements import Statement
    from sqlstore.schema import Schema
    from wasm_interp.program import Program

F = TypeVar("F", bound=Callable[..., Any])

SCHEMA: Final = "schema.sql"
QUERIES: Final = "queries.sql"
SQL_BYTES_MAX: Final = 2**20

_SOURCE: Final = click.Path(dir_okay=False, path_type=Path)
"""Whether it is there is seen when it is read: a reducer may carry its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The two texts, with the names that errors show."""

    schema: str
    queries: str
    schema_file: str = SCHEMA
    queries_file: str = QUERIES

    def read_schema(self) -> Schema:
        """Return the schema. Raises `SqlError`."""
        from sqlstore.bind import read_schema

        return read_schema(self.schema, file=self.schema_file)

    def read_statements(self, schema: Schema) -> tuple[Statement, ...]:
        """Return the planned statements. Raises `SqlError`, with a place."""
        from sqlstore.bind import read_queries
        from sqlstore.planner import plan

        statements = read_queries(self.queries, schema, file=self.queries_file)
        return tuple(plan(statement, schema) for statement in statements)


def source_options(function: F) -> F:
    """Add the options for the two files."""
    for name in (QUERIES, SCHEMA):
        option = f"--{name.removesuffix('.sql')}"
        function = click.option(
            option, type=_SOURCE, default=name, show_default=True, help=f"The project's {name}."
        )(function)
    return function


def read_sources(schema: Path, queries: Path | None) -> Sources:
    """Read the two files; without ``queries`` there are none. Raises `InputError`."""
    return Sources(
        schema=read_text(schema),
        queries="" if queries is None else read_text(queries),
        schema_file=str(schema),
        queries_file=str(queries or QUERIES),
    )


def sources_of_module(path: Path) -> Sources | None:
    """Return what the module at ``path`` was linked with, or None if it has no SQL.

    Raises `InputError`, `ModuleError`. Spec: Q-96.
    """
    from sqlstore.wasm.sections import read_sql

    wasm = read_bytes(path, limit=MODULE_BYTES_MAX)
    decode(wasm)
    found = read_sql(wasm)
    if found is None:
        return None
    schema, queries = found
    where = f"{path}:"
    return Sources(
        schema=schema, queries=queries, schema_file=where + SCHEMA, queries_file=where + QUERIES
    )


def required_sources(reducer: Path) -> Sources:
    """Return what the module at ``reducer`` was linked with. Raises `InputError` if that is none.

    Spec: Q-96.
    """
    sources = sources_of_module(reducer)
    if sources is None:
        raise InputError(f"{reducer}: no SQL was linked into this module")
    return sources


def link_reducer(module: Path, sources: Sources, *, output: Path) -> Program:
    """Link the module at ``module`` with ``sources``, and write it if it is a reducer then.

    Raises `SqlError`, `ModuleError`, `InputError`. Spec: Q-95.
    """
    from sqlstore.wasm.link import link

    wasm = read_bytes(module, limit=MODULE_BYTES_MAX)
    linked = link(wasm, schema=sources.schema, queries=sources.queries)
    try:
        program = load(linked, reducer=True)
    except ModuleError as error:
        error.add_note(f"in {module}, linked")
        if advice := hint(error, linked):
            error.add_note(f"hint: {advice}")
        raise
    write_file(output, linked)
    return program


def read_text(path: Path) -> str:
    """Return the text of a file. Raises `InputError` for one that is not UTF-8."""
    try:
        return read_bytes(path, limit=SQL_BYTES_MAX).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None


def write_file(path: Path, data: bytes) -> None:
    """Write a file. Raises `InputError` if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
