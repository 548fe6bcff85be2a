"""Bindings for Rust: ``sql.rs``. Spec: docs/spec/sql.md, Q-70 to Q-74."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sqlstore.bindings.common import (
    ARENA_BYTES,
    GENERATED,
    Names,
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
from sqlstore.types import Kind

if TYPE_CHECKING:
    from sqlstore.plan.statements import Output, Statement
    from sqlstore.types import SqlType

_HEAD: Final = """\
//! Statements of queries.sql as functions. {generated}
//!
//! Each takes the arena where its rows will lie, and borrows it as long as they are used:
//!
//! ```ignore
//! static mut ARENA: sql::Arena = sql::Arena::new();
//! let arena = unsafe {{ &mut ARENA }};
//! ```
//!
//! What is to be passed on from a row, or outlive the next call, needs a second arena, or a copy.
//!
//! A statement that fails returns its SQLSTATE: it has changed nothing, and the reducer goes on.
//! Nothing is copied or allocated. NUMERIC(p, s) is the number times 10^s.

#![allow(dead_code, non_snake_case)]

/// Memory for the rows of one call.
#[repr(C, align(8))]
pub struct Arena([u8; Arena::BYTES]);

impl Arena {{
    /// One page.
    pub const BYTES: usize = {arena_bytes};

    /// Return an arena for a `static mut`.
    pub const fn new() -> Self {{
        Arena([0; Self::BYTES])
    }}

    fn at(&mut self) -> *mut u8 {{
        self.0.as_mut_ptr()
    }}

    fn rows<Row>(&self, count: u32) -> &[&Row] {{
        if count == 0 {{
            return &[];
        }}
        // The call has put the address of the addresses of `count` rows here.
        unsafe {{
            let first = *(self.0.as_ptr() as *const *const &Row);
            core::slice::from_raw_parts(first, count as usize)
        }}
    }}

    unsafe fn bytes<'a>(at: *const u8, length: u32) -> &'a [u8] {{
        if length == 0 {{
            return &[];
        }}
        core::slice::from_raw_parts(at, length as usize)
    }}
}}

/// Why a statement failed: a SQLSTATE.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SqlState(pub i32);

impl SqlState {{
{conditions}

    fn checked(result: i32) -> Result<u32, SqlState> {{
        u32::try_from(result).map_err(|_| SqlState(result.wrapping_neg()))
    }}
}}
"""

_WORDS: Final = words(
    "abstract as async await become box break const continue crate do dyn else enum extern false "
    "final fn for gen if impl in let loop macro match mod move mut override priv pub ref return "
    "self static struct super trait true try type typeof unsafe unsized use virtual where while "
    "yield"
)

_FIELDS: Final = ("_at", "_length", "_value", "_is_null")

_EMPTY: Final = {"&str": '""', "&[u8]": "&[]", "bool": "false"}
"""What is passed for NULL, by type; else 0."""


def write(statements: Sequence[Statement]) -> str:
    """Return the text of ``sql.rs``."""
    constants = "\n".join(
        f"    /// {sqlstate}\n    pub const {upper_case(name)}: SqlState = SqlState({number});"
        for name, sqlstate, number in conditions()
    )
    head = _HEAD.format(generated=GENERATED, arena_bytes=ARENA_BYTES, conditions=constants)
    functions, types = Names(_WORDS), Names(("Arena", "SqlState"))
    imports = ["mod host {", '    #[link(wasm_import_module = "sql")]', '    extern "C" {']
    parts = []
    for statement in statements:
        function = functions.claim(snake_case(statement.name))
        row = types.claim(f"{pascal_case(statement.name)}Row") if statement.columns else ""
        imports += _import(statement, function)
        parts.append("\n".join(_statement(statement, function, row)))
    return "\n".join([head, *imports, "    }", "}", "", *parts])


def _import(statement: Statement, function: str) -> Iterator[str]:
    declared = ["arena: *mut u8", "arena_bytes: usize"]
    for at, parameter in enumerate(statement.parameters, start=1):
        if parameter.type.is_bytes:
            declared += [f"at{at}: *const u8", f"length{at}: usize"]
        else:
            declared.append(f"value{at}: {_number(parameter.type)}")
        declared += [f"is_null{at}: i32"] if parameter.nullable else []
    if function != snake_case(statement.name):
        yield f'        #[link_name = "{snake_case(statement.name)}"]'
    head = f"pub fn {function}"
    yield from signature(head, declared, " -> i32;", indent=" " * 8, comma=True)


def _statement(statement: Statement, function: str, row: str) -> Iterator[str]:
    if row:
        yield from _row(statement, row)
    declared, passed, before = _parameters(statement)
    # What is returned borrows from the arena, not from a parameter.
    lifetime, reference = ("<'a>", "&'a mut") if row else ("", "&mut")
    yield f"/// {statement.name} {statement.command.value}"
    yield "///"
    yield "/// ```sql"
    yield from (f"/// {line}".rstrip() for line in sql_lines(statement))
    yield "/// ```"
    parameters = [f"arena: {reference} Arena", *declared]
    returned, ending = _returned(statement, row)
    head = f"pub fn {function}{lifetime}"
    yield from signature(head, parameters, f" -> {returned} {{", comma=True)
    yield from before
    call = ["arena.at()", "Arena::BYTES", *passed]
    indent = " " * 4
    yield from signature(
        f"let result = unsafe {{ host::{function}", call, " };", indent=indent, comma=True
    )
    yield f"{indent}{ending}"
    yield "}"
    yield ""


def _parameters(statement: Statement) -> tuple[list[str], list[str], list[str]]:
    """Return the parameters as they are declared, as they are passed on, and what stands before."""
    declared, passed, before = [], [], []
    names = identifiers(
        statement.parameters, avoid=(*_WORDS, "arena", "result"), parts=("_is_null",)
    )
    for parameter, name in zip(statement.parameters, names, strict=True):
        kind = _type(parameter.type)
        declared.append(f"{name}: {f'Option<{kind}>' if parameter.nullable else kind}")
        if parameter.nullable:
            before.append(f"    let {name}_is_null = i32::from({name}.is_none());")
            before.append(f"    let {name} = {name}.unwrap_or({_EMPTY.get(kind, '0')});")
        if parameter.type.is_bytes:
            passed += [f"{name}.as_ptr()", f"{name}.len()"]
        else:
            passed.append(f"i32::from({name})" if kind == "bool" else name)
        if parameter.nullable:
            passed.append(f"{name}_is_null")
    return declared, passed, before


def _returned(statement: Statement, row: str) -> tuple[str, str]:
    """Return the type of a statement's result, and the expression that gives it."""
    checked = "SqlState::checked(result)"
    match statement.command:
        case Command.ONE:
            found = f"Ok(arena.rows({checked}?).first().copied())"
            return f"Result<Option<&'a {row}>, SqlState>", found
        case Command.MANY:
            return f"Result<&'a [&'a {row}], SqlState>", f"Ok(arena.rows({checked}?))"
        case Command.EXECROWS:
            return "Result<u32, SqlState>", checked
        case Command.EXEC:
            return "Result<(), SqlState>", f"{checked}.map(|_| ())"


def _row(statement: Statement, row: str) -> Iterator[str]:
    names = identifiers(statement.columns, avoid=_WORDS, parts=_FIELDS)
    yield "#[repr(C)]"
    yield f"pub struct {row} {{"
    for column, name in zip(statement.columns, names, strict=True):
        if column.type.is_bytes:
            yield f"    {name}_at: *const u8,"
            yield f"    {name}_length: u32,"
        else:
            yield f"    {name}_value: {_number(column.type)},"
        if column.nullable:
            yield f"    {name}_is_null: u32,"
    yield "}"
    yield ""
    yield f"impl {row} {{"
    for at, (column, name) in enumerate(zip(statement.columns, names, strict=True)):
        yield from [""] if at else []
        yield from _accessor(column, name)
    yield "}"
    yield ""


def _accessor(column: Output, name: str) -> Iterator[str]:
    kind = _type(column.type)
    if column.type.is_bytes:
        value = f"Arena::bytes(self.{name}_at, self.{name}_length)"
        # A text of the database is UTF-8: what is written was checked (Q-71).
        value = f"core::str::from_utf8_unchecked({value})" if column.type.is_text else value
        value = f"unsafe {{ {value} }}"
    else:
        value = f"self.{name}_value{' != 0' if kind == 'bool' else ''}"
    yield f"    pub fn {name}(&self) -> {f'Option<{kind}>' if column.nullable else kind} {{"
    if column.nullable:
        yield f"        if self.{name}_is_null != 0 {{"
        yield "            return None;"
        yield "        }"
        value = f"Some({value})"
    yield f"        {value}"
    yield "    }"


def _type(kind: SqlType) -> str:
    """Return the type that a reducer sees."""
    if kind.is_bytes:
        return "&str" if kind.is_text else "&[u8]"
    return "bool" if kind.kind is Kind.BOOLEAN else _number(kind)


def _number(kind: SqlType) -> str:
    """Return the type that crosses the border."""
    return "i64" if kind.is_wide else "i32"
