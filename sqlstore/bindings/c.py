"""Bindings for C: ``sql.h``. Spec: docs/spec/sql.md, Q-70 to Q-74."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sqlstore.bindings.common import (
    ARENA_BYTES,
    GENERATED,
    Names,
    conditions,
    identifiers,
    signature,
    sql_lines,
    upper_case,
    words,
)
from sqlstore.names import snake_case
from sqlstore.plan.statements import Command

if TYPE_CHECKING:
    from sqlstore.plan.statements import Statement
    from sqlstore.types import SqlType

_HEAD: Final = """\
/* Statements of queries.sql as functions. {generated}
 *
 * A function returns the number of rows: returned (:one, 0 or 1; :many), affected (:execrows), or 0
 * (:exec). A negative result is minus a SQLSTATE: the statement has changed nothing, and the
 * reducer goes on. Compare with the constants SQL_...
 *
 * Rows lie in one of two arenas, which calls use in turn: what a call returns may be passed to the
 * next one, and is gone after that. To keep rows longer, call the function that ends in _in with an
 * arena of your own: aligned to 8, any size; the u32 at its beginning is then the address of the
 * list of rows. BOOLEAN is 0 or 1. NUMERIC(p, s) is the number times 10^s. Texts do not end with 0.
 */
#ifndef SQL_H
#define SQL_H

#include <stdint.h>

#include "channels.h"

enum {{ SQL_ARENA_BYTES = {arena_bytes} }};

/* A text (UTF-8) or a byte string. */
typedef struct {{
    const uint8_t *at;
    uint32_t length;
}} sql_bytes;

enum {{
{conditions}
}};

static _Alignas(8) uint8_t sql_arenas[2][SQL_ARENA_BYTES];

/* Return the arena that the last call did not use. */
static inline void *sql_next_arena(void) {{
    static uint32_t last;
    last ^= 1;
    return sql_arenas[last];
}}
"""

_OWN: Final = ("sql_bytes", "sql_arenas", "sql_next_arena")

_WORDS: Final = words(
    "alignas alignof asm auto bool break case char const constexpr continue default do double else "
    "enum extern false float for goto if inline int int32_t int64_t long main nullptr register "
    "restrict return short signed sizeof static struct switch thread_local true typedef typeof "
    "uint32_t uint8_t union unsigned void volatile while "
    "arena arena_bytes row rows result"
)

_PARTS: Final = ("_length", "_is_null")


def write(statements: Sequence[Statement]) -> str:
    """Return the text of ``sql.h``."""
    constants = [
        f"    SQL_{upper_case(name)} = {number}, /* {sqlstate} */"
        for name, sqlstate, number in conditions()
    ]
    head = _HEAD.format(
        generated=GENERATED, arena_bytes=ARENA_BYTES, conditions="\n".join(constants)
    )
    names = Names(_OWN)
    # Functions first: what a statement is called must not depend on the others' rows.
    functions = [names.claim(f"sql_{snake_case(statement.name)}") for statement in statements]
    parts = [
        "\n".join(_statement(statement, function, names))
        for statement, function in zip(statements, functions, strict=True)
    ]
    return "\n".join([head, *parts, "#endif\n"])


def _statement(statement: Statement, function: str, names: Names) -> Iterator[str]:
    lines = [f"{statement.name} {statement.command.value}", *sql_lines(statement)]
    yield "/* " + "\n * ".join(lines).replace(" \n", "\n")
    yield " */"
    row = names.claim(f"{function}_row") if statement.columns else ""
    imported = names.claim(f"{function}_in")
    if row:
        yield from _row(statement, row)
    declared, passed = _parameters(statement, avoid=names.all)
    yield f'CHANNELS_IMPORT("sql", "{snake_case(statement.name)}")'
    arena = ["void *arena", "uint32_t arena_bytes"]
    yield from signature(f"int32_t {imported}", [*arena, *declared], ";")
    yield ""
    if row:
        one = statement.command is Command.ONE
        declared.append(f"const {row} **row" if one else f"const {row} *const **rows")
    yield from signature(f"static inline int32_t {function}", declared or ["void"], " {")
    yield from _call(statement, imported, passed, row)
    yield "}"
    yield ""


def _call(statement: Statement, imported: str, passed: list[str], row: str) -> Iterator[str]:
    """Yield what stands in a function: the call, and where its result is put."""
    size = "SQL_ARENA_BYTES"
    if not row:
        arguments = ["sql_next_arena()", size, *passed]
        yield from signature(f"return {imported}", arguments, ";", indent="    ")
        return
    yield "    void *arena = sql_next_arena();"
    call = f"int32_t result = {imported}"
    yield from signature(call, ["arena", size, *passed], ";", indent="    ")
    first = f"*(const {row} *const *const *)arena"
    found = f"*row = ({first})[0]" if statement.command is Command.ONE else f"*rows = {first}"
    yield f"    if (result > 0) {found};"
    yield "    return result;"


def _row(statement: Statement, name: str) -> Iterator[str]:
    fields = identifiers(statement.columns, avoid=_WORDS, parts=_PARTS)
    yield "typedef struct {"
    for column, field in zip(statement.columns, fields, strict=True):
        yield f"    {_type(column.type)} {field};"
        if column.nullable:
            yield f"    uint32_t {field}_is_null;"
    yield f"}} {name};"
    yield ""


def _parameters(statement: Statement, *, avoid: frozenset[str]) -> tuple[list[str], list[str]]:
    """Return the parameters as the import declares them, and as the wrapper passes them on."""
    pairs: list[tuple[str, str]] = []
    names = identifiers(statement.parameters, avoid=avoid.union(_WORDS), parts=_PARTS)
    for parameter, name in zip(statement.parameters, names, strict=True):
        if parameter.type.is_bytes:
            pairs += [("const void *", name), ("uint32_t ", f"{name}_length")]
        else:
            pairs.append((f"{_type(parameter.type)} ", name))
        if parameter.nullable:
            pairs.append(("int32_t ", f"{name}_is_null"))
    return [kind + name for kind, name in pairs], [name for _, name in pairs]


def _type(kind: SqlType) -> str:
    if kind.is_bytes:
        return "sql_bytes"
    return "int64_t" if kind.is_wide else "int32_t"
