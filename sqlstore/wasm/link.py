"""Linking: a reducer's `sql` imports become functions of the reducer.

Not here: how a statement becomes a text (`sqlstore.compile`), a text code
(`sqlstore.wasm.language`), and code part of a module (`sqlstore.wasm.append`).

Spec: docs/spec/sql.md, Q-95, Q-96.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlstore.errors import ProgramLimitExceeded
from sqlstore.names import snake_case
from sqlstore.wasm.append import append_functions
from sqlstore.wasm.errors import (
    AlreadyLinked,
    MemoryMissing,
    StatementTypeMismatch,
    StatementUnknown,
)
from sqlstore.wasm.language import CompiledProgram, compile_program
from sqlstore.wasm.sections import has_sql, sql_section
from sqlstore.wasm.source import Source
from wasm_interp.binary import decode
from wasm_interp.encode import encode
from wasm_interp.errors import printable
from wasm_interp.module import ExternKind, Module
from wasm_interp.validate import validate

if TYPE_CHECKING:
    from sqlstore.plan.statements import Statement
    from sqlstore.schema import Schema

IMPORT_MODULE: Final = "sql"
RECURSION_MAX: Final = 20_000
"""Calls of Python in one another while SQL is compiled: many times what the limits need."""


def link(module: bytes, *, schema: str, queries: str) -> bytes:
    """Return ``module`` with the statements that it imports as functions of its own.

    ``schema`` and ``queries`` are the texts of schema.sql and queries.sql; all of them is checked,
    whether imported or not. The result carries both, and no other custom section but the names of
    functions: sections of tools tell of places in code that have moved.

    Raises `SqlError`; `ModuleError` for a module that is not one, or outside the profile;
    `AlreadyLinked`, `StatementUnknown`, `StatementTypeMismatch`, `MemoryMissing`.

    Spec: Q-95, Q-96.
    """
    decoded = decode(module)
    validate(decoded)
    if has_sql(module):
        raise AlreadyLinked("Q-95: SQL was linked into this module before", 0)
    texts = statement_sources(schema, queries)
    wanted = _imported(decoded, tuple(texts))
    program = compiled([texts[name] for name in texts if name in wanted])
    entries = _entries(decoded, program, texts)
    linked = append_functions(decoded, program, entries)
    return encode(linked) + sql_section(schema, queries)


def statement_sources(schema: str, queries: str) -> dict[str, Source]:
    """Return what each statement of ``queries`` compiles to, by the name of its function.

    Raises `SqlError`.
    """
    from sqlstore.bind import read_queries, read_schema
    from sqlstore.planner import plan

    with _room_to_recurse():
        tables = read_schema(schema)
        planned = [plan(statement, tables) for statement in read_queries(queries, tables)]
        return {snake_case(statement.name): _source(statement, tables) for statement in planned}


@contextmanager
def _room_to_recurse() -> Iterator[None]:
    """Let a statement nest as deep as it may (Q-35), however deep the caller's own calls are.

    What would be too deep all the same is 54000. The limit is the whole interpreter's.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_MAX))
    try:
        yield
    except RecursionError:
        raise ProgramLimitExceeded("the statement's program is nested too deeply") from None
    finally:
        sys.setrecursionlimit(before)


def _source(statement: Statement, schema: Schema) -> Source:
    from sqlstore.compile import compile_statement, function_name

    return Source(
        name=f"{IMPORT_MODULE}.{snake_case(statement.name)}",
        text=compile_statement(statement, schema),
        roots=(function_name(statement),),
    )


def compiled(statements: Sequence[Source]) -> CompiledProgram:
    """Return the program of statements, with what they need of the runtime. Spec: Q-95."""
    from sqlstore.compile.runtime import runtime_sources

    with _room_to_recurse():
        return compile_program(statements, library=runtime_sources())


def _imported(module: Module, known: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the statements that ``module`` imports; all of them are known."""
    names = set()
    function = -1
    for entry in module.imports:
        is_function = entry.kind is ExternKind.FUNCTION
        function += is_function
        if entry.module != IMPORT_MODULE:
            continue
        if not is_function or entry.name not in known:
            what = printable(entry.name)
            there = printable(", ".join(known)) or "none"
            raise StatementUnknown(
                f"Q-95: import sql.{what} is no statement of queries.sql; there is: {there}",
                entry.offset,
                function if is_function else None,
                symbol=f"sql.{what}",
            )
        names.add(entry.name)
    if names and not module.memories:
        raise MemoryMissing("Q-73: a module that imports statements needs a memory for the arena")
    return frozenset(names)


def _entries(
    module: Module, program: CompiledProgram, sources: Mapping[str, Source]
) -> dict[tuple[str, str], int]:
    """Return for each import that is a statement the place of its function in the program.

    Raises `StatementTypeMismatch`.
    """
    places = {(each.source, each.name): at for at, each in enumerate(program.functions)}
    entries = {}
    for index, entry in enumerate(module.imported(ExternKind.FUNCTION)):
        if entry.module != IMPORT_MODULE:
            continue
        source = sources[entry.name]
        place = places[source.name, source.roots[0]]
        found, expected = module.types[entry.type_index], program.functions[place].type
        if found != expected:
            raise StatementTypeMismatch(
                f"Q-71: import sql.{entry.name} must have type {expected}, not {found}",
                entry.offset,
                index,
                symbol=f"sql.{entry.name}",
            )
        entries[entry.module, entry.name] = len(program.hosts) + place
    return entries
