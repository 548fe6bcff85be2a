"""Bindings for AssemblyScript: ``sql.ts``. Spec: docs/spec/sql.md, Q-70 to Q-74."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sqlstore.bindings.common import (
    ARENA_BYTES,
    GENERATED,
    Names,
    camel_case,
    conditions,
    identifiers,
    pascal_case,
    signature,
    sql_lines,
    upper_case,
    words,
)
from sqlstore.names import snake_case
from sqlstore.plan.statements import Command

if TYPE_CHECKING:
    from sqlstore.plan.statements import Output, Parameter, Statement
    from sqlstore.types import SqlType

_HEAD: Final = """\
// Statements of queries.sql as functions. {generated}
//
// A function returns the number of rows: returned (:one, 0 or 1; :many), affected (:execrows), or
// 0 (:exec). A negative result is minus a SQLSTATE: the statement has changed nothing, and the
// reducer goes on. Compare with the constants of `sqlstate`.
//
// Rows lie in one of two arenas, which calls use in turn: what a call returns may be passed to the
// next one, and is gone after that. `row<T>(i)` is of the last call. Nothing is allocated, but by
// `…String()`. BOOLEAN is 0 or 1. NUMERIC(p, s) is the number times 10^s.

const ARENA_BYTES: i32 = {arena_bytes};
const ARENAS = memory.data({both_bytes}, 8);
let last: i32 = 0;

/** Return the arena of the last call. */
function lastArena(): usize {{
  return ARENAS + last * ARENA_BYTES;
}}

/** Return the arena that the last call did not use. */
function nextArena(): usize {{
  last ^= 1;
  return lastArena();
}}

/** SQLSTATEs as functions return them, negated. */
export namespace sqlstate {{
{conditions}
}}

/** Return row `index` of the result of the last call, which had more than that many. */
export function row<T>(index: i32): T {{
  return changetype<T>(load<usize>(load<usize>(lastArena()) + (<usize>index << 2)));
}}
"""

_WORDS: Final = words(
    "abstract as async await boolean break case catch class const constructor continue debugger "
    "declare default delete do else enum export extends false finally for from function get if "
    "implements import in instanceof interface is keyof let module namespace new null number of "
    "operator override package private protected public readonly return set static string super "
    "switch symbol this throw true try type typeof undefined unsafe var void while with yield "
    "bool f32 f64 i8 i16 i32 i64 isize u8 u16 u32 u64 usize v128 "
    "changetype last lastArena load memory nextArena row sqlstate"
)

_PARTS: Final = ("Length", "IsNull", "String")


def write(statements: Sequence[Statement]) -> str:
    """Return the text of ``sql.ts``."""
    constants = [
        f"  /** {sqlstate} */\n  export const {upper_case(name)}: i32 = {number};"
        for name, sqlstate, number in conditions()
    ]
    head = _HEAD.format(
        generated=GENERATED,
        arena_bytes=ARENA_BYTES,
        both_bytes=2 * ARENA_BYTES,
        conditions="\n".join(constants),
    )
    names = Names(_WORDS)
    functions = [names.claim(camel_case(statement.name)) for statement in statements]
    parts = [
        "\n".join(_statement(statement, function, names))
        for statement, function in zip(statements, functions, strict=True)
    ]
    return "\n".join([head, *parts])


def _statement(statement: Statement, function: str, names: Names) -> Iterator[str]:
    row = names.claim(f"{pascal_case(statement.name)}Row") if statement.columns else ""
    if row:
        yield from _row(statement, row)
    # No statement's function begins with `host_`: camelCase has no `_`.
    imported = f"host_{function}"
    declared, passed = _parameters(statement)
    yield "// @ts-ignore: decorator"
    yield f'@external("sql", "{snake_case(statement.name)}")'
    arena = ["arena: usize", "arenaBytes: i32"]
    yield from signature(f"declare function {imported}", [*arena, *declared], ": i32;")
    yield ""
    yield "/**"
    yield f" * {statement.name} {statement.command.value}"
    yield from (f" * {line}".rstrip() for line in sql_lines(statement))
    if row:
        many = "rows" if statement.command is Command.MANY else "row"
        yield f" * The {many}: `row<{row}>(…)`."
    yield " */"
    yield from signature(f"export function {function}", declared, ": i32 {")
    yield from signature(
        f"return {imported}", ["nextArena()", "ARENA_BYTES", *passed], ";", indent="  "
    )
    yield "}"
    yield ""


def _parameters(statement: Statement) -> tuple[list[str], list[str]]:
    """Return the parameters as both functions declare them, and as the one passes them on."""
    declared, passed = [], []
    names = _identifiers(statement.parameters, avoid=(*_WORDS, "arena", "arenaBytes"))
    for parameter, name in zip(statement.parameters, names, strict=True):
        if parameter.type.is_bytes:
            declared += [f"{name}: usize", f"{name}Length: i32"]
            passed += [name, f"{name}Length"]
        else:
            declared.append(f"{name}: {_type(parameter.type)}")
            passed.append(name)
        if parameter.nullable:
            declared.append(f"{name}IsNull: bool")
            passed.append(f"{name}IsNull")
    return declared, passed


def _row(statement: Statement, row: str) -> Iterator[str]:
    yield "@unmanaged"
    yield f"export class {row} {{"
    strings = []
    for column, name in zip(
        statement.columns, _identifiers(statement.columns, avoid=_WORDS), strict=True
    ):
        if column.type.is_bytes:
            yield f"  {name}: usize;"
            yield f"  {name}Length: i32;"
            if column.type.is_text:
                strings.append(name)
        else:
            yield f"  {name}: {_type(column.type)};"
        if column.nullable:
            yield f"  {name}IsNull: u32;"
    for name in strings:
        yield ""
        yield f"  /** Return `{name}` as a string, which is allocated. */"
        yield f"  {name}String(): string {{"
        yield f"    return String.UTF8.decodeUnsafe(this.{name}, this.{name}Length);"
        yield "  }"
    yield "}"
    yield ""


def _identifiers(named: Sequence[Parameter | Output], *, avoid: Iterable[str]) -> list[str]:
    return identifiers(named, avoid=avoid, parts=_PARTS, style=_camel)


def _camel(name: str) -> str:
    """Turn snake_case to camelCase, keeping ``_`` at either end."""
    return re.sub(r"(?<=[a-z0-9])_+([a-z0-9])", lambda found: found[1].upper(), name)


def _type(kind: SqlType) -> str:
    return "i64" if kind.is_wide else "i32"
