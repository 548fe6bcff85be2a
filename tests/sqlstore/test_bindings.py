"""Bindings in four languages: they compile whatever the names, and say what crosses the border.

What goes through them, and comes back, is in `test_bindings_values`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlstore.bindings import LANGUAGES
from sqlstore.bindings.common import (
    CALL_SQLSTATES,
    Names,
    camel_case,
    conditions,
    identifiers,
    pascal_case,
    sql_lines,
    words,
)
from sqlstore.compile.layout import signature
from sqlstore.errors import SQLSTATES, SqlError, sqlstate_text
from sqlstore.names import snake_case
from sqlstore.plan.relations import OneRow
from sqlstore.plan.statements import Command, Output, Parameter, Select, Statement
from sqlstore.types import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    INTEGER,
    SMALLINT,
    TEXT,
    numeric,
    varchar,
)
from tests import languages
from tests.languages import BINDINGS, EXAMPLES
from wasm_interp.binary import decode
from wasm_interp.opcodes import ValueType

TYPES = [SMALLINT, INTEGER, BIGINT, BOOLEAN, TEXT, varchar(5), BYTEA, numeric(10, 2)]

_HOSTILE = (
    "|_|__|1a|a b|ünïcode|a|A|a_at|a_length|a_value|a_is_null|name|NameString|name_string|value|"
    "struct|yield|const|fn|this|self|Self|super|crate|class|function|constructor|toString|type|"
    "move|match|error|try|return|export|suspend|comptime|true|null|undefined|i32|u8|usize|f64|i7|"
    "int32_t|uint8_t|void|bool|boolean|string|String|row|rows|result|count|arena|arena_bytes|"
    "arenaBytes|sql_arena|sql_bytes|row_arena|row_list|checked|checked_result|host|sql_host|load|"
    "store|changetype|memory|std|length|x; DROP TABLE y|*/|//|\\|'|\"|\n|IsNull|sql_foo_in|foo"
)
HOSTILE = _HOSTILE.split("|")

STATEMENTS = sorted(
    words(
        "Delete Move Import Return Error Row Rows RowRow Arena Bytes BytesRow Host Checked U32 "
        "SqlState Foo1 Foo_1 Foo FooIn FooRow Row_ Type Struct Export Main Reduce Load Self_ A__B "
        "A_B AB CheckedResult RowArena RowList SqlHost Sqlstate ArenaBytes a I7"
    )
)

COMMENT = "SELECT 1 -- */ /* // é ``` \\\n\t{x}\u2028\u202e\n\nFROM t;"


def statement(
    name: str,
    command: Command = Command.EXEC,
    parameters: list[Parameter] | None = None,
    columns: list[Output] | None = None,
) -> Statement:
    return Statement(
        name=name,
        command=command,
        parameters=tuple(parameters or ()),
        columns=tuple(columns or ()),
        body=Select(relation=OneRow(), outputs=()),
        text=COMMENT,
        sources=0,
        scan_max=None,
    )


def hostile_statements() -> list[Statement]:
    """Return statements of every name, and of every name in each place, type and nullability."""
    found = []
    for at in range(0, len(HOSTILE), 8):
        names = [*HOSTILE[at : at + 8], HOSTILE[at]]
        kinds = [(TYPES[n % 8], (n + at // 8) % 2 == 0) for n in range(len(names))]
        typed = list(zip(names, kinds, strict=True))
        parameters = [Parameter(name=n, type=k, nullable=null) for n, (k, null) in typed]
        columns = [Output(name=n, type=k, nullable=not null) for n, (k, null) in typed]
        for command in (Command.ONE, Command.MANY):
            name = f"Hostile{command.name.title()}{at}"
            found.append(statement(name, command, parameters, columns))
    # All of them in one scope, where they meet.
    columns = [
        Output(name=name, type=TYPES[at % 8], nullable=at % 3 == 0)
        for at, name in enumerate(HOSTILE)
    ]
    found.append(statement("Together", Command.MANY, [], columns))
    for at, name in enumerate(STATEMENTS):
        command = list(Command)[at % 4]
        result = [Output(name="id", type=BIGINT, nullable=False)]
        found.append(statement(name, command, [], result if at % 4 < 2 else []))
    return found


# -- names -----------------------------------------------------------------------------------------


def test_functions_and_types_are_named_as_each_language_does() -> None:
    assert snake_case("MoveUnit2X") == "move_unit2_x"
    assert [camel_case("MoveUnit"), camel_case("move_unit")] == ["moveUnit"] * 2
    assert pascal_case("move_unit") == "MoveUnit"


def test_a_name_is_claimed_with_its_parts() -> None:
    names = Names(["row"])
    assert names.claim("row") == "row_"
    assert [names.claim("a", parts=("_at",)) for _ in range(3)] == ["a", "a2", "a3"]
    assert names.claim("a_at") == "a_at2"
    assert [names.claim("b1") for _ in range(2)] == ["b1", "b1_2"]


@given(st.lists(st.text(max_size=5)))
def test_identifiers_are_plain_and_distinct(columns: list[str]) -> None:
    outputs = [Output(name=name, type=TEXT, nullable=True) for name in columns]
    parts = ("_at", "_is_null")
    found = identifiers(outputs, avoid=["a"], parts=parts)
    assert all(name.isidentifier() and name.isascii() and name != "a" for name in found)
    every = [name + part for name in found for part in ("", *parts)]
    assert len(set(every)) == len(every)


def test_a_comment_cannot_end_the_comment() -> None:
    lines = sql_lines(statement("A"))
    assert "*/" not in "".join(lines)
    assert all(line.isprintable() for line in lines)


def test_every_sqlstate_of_a_call_has_its_class() -> None:
    found = list(conditions())
    assert [sqlstate_text(number) for _, _, number in found] == list(CALL_SQLSTATES)
    assert [SQLSTATES[sqlstate].__name__ for sqlstate in CALL_SQLSTATES] == [
        name for name, _, _ in found
    ]


def test_every_sqlstate_of_compiled_code_is_one_of_a_call() -> None:
    import sqlstore.compile

    modules = pkgutil.iter_modules(sqlstore.compile.__path__, "sqlstore.compile.")
    found = {
        value.sqlstate
        for module in modules
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, type) and issubclass(value, SqlError) and value is not SqlError
    }
    # The runtime returns its own by their numbers.
    assert found | {"22P02"} == set(CALL_SQLSTATES)


# -- compiled --------------------------------------------------------------------------------------


def declared(path: Path, pattern: str) -> list[str]:
    """Return the names that ``pattern`` finds in bindings."""
    found = re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found


def compile_c(folder: Path) -> Path:
    languages.zig()
    names = declared(folder / "sql.h", r"^static inline int32_t (\w+)\(")
    uses = ", ".join(f"(void *){name}" for name in names)
    (folder / "all.c").write_text(
        '#include "channels.h"\n#include "sql.h"\n'
        f"static void *volatile all[] = {{{uses}}};\n"
        "REDUCER(reduce) int32_t reduce(void) { return all[channel_sender()] != 0; }\n"
    )
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
    flags = [*languages.C_FLAGS, *warnings, "-I", str(BINDINGS)]
    languages.run([*languages.ZIG_CC, *flags, "all.c", "-o", "all.wasm"], cwd=folder)
    return folder / "all.wasm"


def compile_assemblyscript(folder: Path) -> Path:
    asc = languages.asc()
    rows = declared(folder / "sql.ts", r"^export class (\w+)")
    classes = (folder / "sql.ts").read_text(encoding="utf-8").split("export class ")[1:]
    uses = [
        f"  length += changetype<sql.{row}>(8).{name}().length;"
        for row, text in zip(rows, classes, strict=True)
        for name in re.findall(r"^  (\w+)\(\): string", text, re.MULTILINE)
    ]
    (folder / "all.ts").write_text(
        'import * as sql from "./sql";\nexport * from "./sql";\n'
        "export function reduce(): i32 {\n  let length = 0;\n"
        + "\n".join(uses)
        + "\n  return length;\n}\n"
    )
    languages.run([asc, "all.ts", *languages.ASC_FLAGS, "-o", "all.wasm"], cwd=folder)
    return folder / "all.wasm"


def compile_rust(folder: Path) -> Path:
    if not Path("/usr/bin/rustc").exists() or shutil.which("wasm-ld-14") is None:
        languages.missing("no Rust: apt-get install rustc libstd-rust-dev-wasm32 lld-14")
    uses = [f"    sql::{name} as usize," for name in declared(folder / "sql.rs", r"^pub fn (\w+)")]
    (folder / "all.rs").write_text(
        "#![no_std]\n#![deny(warnings)]\nmod sql;\n"
        '#[no_mangle] pub extern "C" fn reduce(which: usize) -> usize {\n    [\n'
        + "\n".join(uses)
        + "\n    ][which]\n}\n"
        "#[panic_handler] fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n"
    )
    codegen = "target-cpu=mvp opt-level=0 panic=abort linker=wasm-ld-14 linker-flavor=wasm-ld"
    flags = ["--edition", "2021", "--crate-type", "cdylib", "--target", "wasm32-unknown-unknown"]
    flags += [part for each in codegen.split() for part in ("-C", each)]
    languages.run(["/usr/bin/rustc", *flags, "all.rs", "-o", "all.wasm"], cwd=folder)
    return folder / "all.wasm"


def compile_zig(folder: Path) -> Path:
    languages.zig()
    zig = languages.ZIG_CC[:3]
    languages.run([*zig, "fmt", "--check", "sql.zig"], cwd=folder)
    rows = declared(folder / "sql.zig", r"^pub const (\w+) = extern struct")
    names = declared(folder / "sql.zig", r"^pub fn (\w+)")
    checked = "\n".join(f"    std.testing.refAllDecls(sql.{row});" for row in rows)
    uses = "\n".join(f"    &sql.{name}," for name in names)
    (folder / "all.zig").write_text(
        'const std = @import("std");\nconst sql = @import("sql.zig");\n'
        "pub const panic = std.debug.no_panic;\n"
        f"comptime {{\n    @setEvalBranchQuota(100_000);\n{checked}\n}}\n"
        f"const all = [_]*const anyopaque{{\n{uses}\n}};\n"
        "export fn reduce(which: usize) usize { return @intFromPtr(all[which]); }\n"
    )
    target = ["-target", "wasm32-freestanding", "-mcpu=mvp+bulk_memory", "-O", "ReleaseSafe"]
    languages.run([*zig, "build-obj", *target, "-Mroot=all.zig", "-femit-bin=all.o"], cwd=folder)
    link = [*zig, "wasm-ld", "--no-entry", "--export=reduce", "all.o", "-o", "all.wasm"]
    languages.run(link, cwd=folder)
    return folder / "all.wasm"


COMPILERS: dict[str, Callable[[Path], Path]] = {
    "assemblyscript": compile_assemblyscript,
    "c": compile_c,
    "rust": compile_rust,
    "zig": compile_zig,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_compile_and_imports_have_their_types(language: str, tmp_path: Path) -> None:
    statements = hostile_statements()
    writer = LANGUAGES[language]
    (tmp_path / writer.file).write_text(writer.write(statements), encoding="utf-8")
    module = decode(COMPILERS[language](tmp_path).read_bytes())
    imports = {
        entry.name: module.types[entry.type_index].params
        for entry in module.imports
        if entry.module == "sql"
    }
    kinds = {False: ValueType.I32, True: ValueType.I64}
    expected = {
        snake_case(one.name): tuple(
            kinds[wide] for wide in (False, False, *signature(one.parameters))
        )
        for one in statements
    }
    assert imports == expected


def test_every_language_of_new_projects_has_bindings() -> None:
    from cli.new import LANGUAGES as PROJECTS

    assert LANGUAGES.keys() == PROJECTS.keys()
    assert EXAMPLES.is_dir()
