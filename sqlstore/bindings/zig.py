"""Bindings for Zig: ``sql.zig``. Spec: docs/spec/sql.md, Q-70 to Q-74."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    words,
)
from sqlstore.names import snake_case
from sqlstore.plan.statements import Command
from sqlstore.types import Kind

if TYPE_CHECKING:
    from sqlstore.plan.statements import Output, Statement
    from sqlstore.types import SqlType

_HEAD: Final = """\
//! Statements of queries.sql as functions. {generated}
//!
//! A statement that fails returns an error named after its SQLSTATE's condition: it has changed
//! nothing, and the reducer goes on. Rows lie in one of two arenas, which calls use in turn: what a
//! call returns may be passed to the next one, and is gone after that. NUMERIC(p, s) is the number
//! times 10^s.

/// Why a statement failed.
pub const Error = error{{
{conditions}
    UnknownSqlState,
}};

const row_arena_bytes = {arena_bytes};
const RowArena = struct {{ bytes: [row_arena_bytes]u8 align(8) }};
var row_arenas: [2]RowArena = @splat(.{{ .bytes = @splat(0) }});
var last_arena: u1 = 0;

/// Return the arena that the last call did not use.
fn next_arena() *RowArena {{
    last_arena ^= 1;
    return &row_arenas[last_arena];
}}

fn checked_result(result: i32) Error!u32 {{
    if (result >= 0) return @intCast(result);
    return switch (-result) {{
{cases}
        else => Error.UnknownSqlState,
    }};
}}

fn row_list(comptime Row: type, count: u32) []const *const Row {{
    if (count == 0) return &.{{}};
    const first: *const [*]const *const Row = @ptrCast(&row_arenas[last_arena]);
    return first.*[0..count];
}}
"""

# Functions are in camelCase, which has no `_`: what has one is ours.
_OWN: Final = words(
    "row_arena_bytes row_arenas last_arena next_arena checked_result row_list sql_host RowArena "
    "Error"
)

_KEYWORDS: Final = words(
    "addrspace align allowzero and anyframe anytype asm async await break callconv catch comptime "
    "const continue defer else enum errdefer error export extern fn for if inline linksection "
    "noalias noinline nosuspend opaque or orelse packed pub resume return struct suspend switch "
    "test threadlocal try union unreachable usingnamespace var volatile while"
)
_PRIMITIVES: Final = words(
    "anyerror anyopaque bool c_char c_int c_long c_longdouble c_longlong c_short c_uint c_ulong "
    "c_ulonglong c_ushort comptime_float comptime_int f128 f16 f32 f64 f80 false isize noreturn "
    "null true type undefined usize void"
)
_INTEGER: Final = re.compile(r"[iu][0-9]+")
"""Every such name is a type."""

_WORDS: Final = _KEYWORDS | _PRIMITIVES | {"self"}

_FIELDS: Final = ("_at", "_length", "_value", "_is_null")


def write(statements: Sequence[Statement]) -> str:
    """Return the text of ``sql.zig``."""
    found = list(conditions())
    head = _HEAD.format(
        generated=GENERATED,
        arena_bytes=ARENA_BYTES,
        conditions="\n".join(f"    {name}, // {sqlstate}" for name, sqlstate, _ in found),
        cases="\n".join(f"        {number} => Error.{name}," for name, _, number in found),
    )
    names = Names(_WORDS | _OWN)
    functions = [names.claim(_camel(statement.name)) for statement in statements]
    rows = [names.claim(f"{pascal_case(statement.name)}Row") for statement in statements]
    imports = ["const sql_host = struct {"]
    for statement in statements:
        imports += _import(statement)
    # A parameter must not have the name of anything in the file.
    parts = [
        "\n".join(_statement(statement, function, row, avoid=names.all))
        for statement, function, row in zip(statements, functions, rows, strict=True)
    ]
    return "\n".join([head, *imports, "};", "", *parts])


def _import(statement: Statement) -> Iterator[str]:
    kinds = ["*anyopaque", "u32"]
    for parameter in statement.parameters:
        kinds += ["[*]const u8", "u32"] if parameter.type.is_bytes else [_number(parameter.type)]
        kinds += ["i32"] if parameter.nullable else []
    name = _quoted(snake_case(statement.name), member=False)
    head = f'extern "sql" fn {name}'
    yield from signature(head, kinds, " i32;", indent="    ", comma=True)


def _quoted(name: str, *, member: bool) -> str:
    """Return a name as Zig takes any; as a member's, a primitive type's is not quoted."""
    if name in _KEYWORDS or (not member and _is_primitive(name)):
        return f'@"{name}"'
    return name


def _is_primitive(name: str) -> bool:
    return name in _PRIMITIVES or _INTEGER.fullmatch(name) is not None


def _plain(name: str) -> str:
    """Return a name that is no integer type's."""
    return f"{name}_" if _INTEGER.fullmatch(name) else name


def _camel(name: str) -> str:
    return _plain(camel_case(name))


def _statement(
    statement: Statement, function: str, row: str, *, avoid: frozenset[str]
) -> Iterator[str]:
    if statement.columns:
        yield from _row(statement, row)
    declared, passed = _parameters(statement, avoid=avoid)
    yield f"/// {statement.name} {statement.command.value}"
    yield "///"
    yield from (f"/// {line}".rstrip() for line in sql_lines(statement))
    returned, ending = _returned(statement, row)
    yield from signature(f"pub fn {function}", declared, f" {returned} {{", comma=True)
    imported = _quoted(snake_case(statement.name), member=True)
    call = ["next_arena()", "row_arena_bytes", *passed]
    yield from signature(
        f"const result = sql_host.{imported}", call, ";", indent="    ", comma=True
    )
    yield f"    {ending}"
    yield "}"
    yield ""


def _parameters(statement: Statement, *, avoid: frozenset[str]) -> tuple[list[str], list[str]]:
    """Return the parameters as they are declared, and as they are passed on."""
    declared, passed = [], []
    names = identifiers(
        statement.parameters, avoid=avoid.union(("result",)), parts=(), style=_plain
    )
    for parameter, name in zip(statement.parameters, names, strict=True):
        kind, value = _type(parameter.type), name
        declared.append(f"{name}: {f'?{kind}' if parameter.nullable else kind}")
        if parameter.nullable:
            empty = {"[]const u8": '""', "bool": "false"}.get(kind, "0")
            value = f"@as({kind}, {name} orelse {empty})"
        if parameter.type.is_bytes:
            passed += [f"{value}.ptr", f"{value}.len"]
        else:
            passed.append(f"@intFromBool({value})" if kind == "bool" else value)
        if parameter.nullable:
            passed.append(f"@intFromBool({name} == null)")
    return declared, passed


def _returned(statement: Statement, row: str) -> tuple[str, str]:
    """Return the type of a statement's result, and the statement that gives it."""
    checked = "checked_result(result)"
    match statement.command:
        case Command.ONE:
            one = f"return if (try {checked} == 0) null else row_list({row}, 1)[0];"
            return f"Error!?*const {row}", one
        case Command.MANY:
            return f"Error![]const *const {row}", f"return row_list({row}, try {checked});"
        case Command.EXECROWS:
            return "Error!u32", f"return {checked};"
        case Command.EXEC:
            return "Error!void", f"_ = try {checked};"


def _row(statement: Statement, row: str) -> Iterator[str]:
    names = identifiers(statement.columns, avoid=(), parts=_FIELDS)
    yield f"pub const {row} = extern struct {{"
    for column, name in zip(statement.columns, names, strict=True):
        if column.type.is_bytes:
            yield f"    {name}_at: [*]const u8,"
            yield f"    {name}_length: u32,"
        else:
            yield f"    {name}_value: {_number(column.type)},"
        if column.nullable:
            yield f"    {name}_is_null: u32,"
    methods = identifiers(statement.columns, avoid=_WORDS, parts=(), style=_camel)
    for column, name, method in zip(statement.columns, names, methods, strict=True):
        yield from _accessor(column, name, method)
    yield "};"
    yield ""


def _accessor(column: Output, name: str, method: str) -> Iterator[str]:
    kind = _type(column.type)
    if column.type.is_bytes:
        value = f"self.{name}_at[0..self.{name}_length]"
    else:
        value = f"self.{name}_value{' != 0' if kind == 'bool' else ''}"
    if column.nullable:
        kind, value = f"?{kind}", f"if (self.{name}_is_null != 0) null else {value}"
    yield ""
    yield f"    pub fn {method}(self: *const @This()) {kind} {{"
    yield f"        return {value};"
    yield "    }"


def _type(kind: SqlType) -> str:
    """Return the type that a reducer sees."""
    if kind.is_bytes:
        return "[]const u8"
    return "bool" if kind.kind is Kind.BOOLEAN else _number(kind)


def _number(kind: SqlType) -> str:
    """Return the type that crosses the border."""
    return "i64" if kind.is_wide else "i32"
