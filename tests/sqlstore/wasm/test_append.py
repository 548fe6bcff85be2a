"""Functions are added to a module, and everything in it still means what it meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlstore.wasm import Source, compile_program
from sqlstore.wasm.append import append_functions
from sqlstore.wasm.language import CompiledProgram
from tests.sqlstore.wasm.programs import result
from tests.wasm_interp.wat import wasm_of
from wasm_interp import load
from wasm_interp.binary import decode
from wasm_interp.encode import encode
from wasm_interp.module import ExternKind, Module
from wasm_interp.validate import validate

MODULE = """
(module
  (type $unary (func (param i32) (result i32)))
  (import "sql" "first" (func $first (type $unary)))
  (import "channel" "turn" (func $turn (result i64)))
  (import "sql" "second" (func $second (param i32 i64) (result i32)))
  (import "sql" "first" (func $first_again (type $unary)))
  (memory 1)
  (table 4 funcref)
  (global $started (mut i32) (i32.const 0))
  (elem (i32.const 1) $first $own $second)
  (start $init)
  (func $init (global.set $started (call $own (i32.const 1))))
  (func $own (type $unary) (i32.add (local.get 0) (i32.const 1000)))
  (func (export "through") (param i32) (result i32)
    (i32.add (call $first (local.get 0)) (call $first_again (global.get $started))))
  (func (export "table") (param i32) (result i32)
    (i32.add (call_indirect (type $unary) (local.get 0) (i32.const 1))
             (call_indirect (type $unary) (local.get 0) (i32.const 2))))
  (func (export "other") (result i32)
    (call $second (i32.const 64) (i64.add (call $turn) (i64.const 7))))
  (func (export "reduce") (result i32) (i32.const 0))
  (export "again" (func $second))
)
"""
TEXT = """
def first(a: i32) -> i32:
    return helper(a) * 10

def second(p: i32, value: i64) -> i32:
    store64(p, value)
    db_put(p, 1, p, 1)
    return helper(db_get(p, 1, p + 8, 8)) + load8(p, 8)

def helper(a: i32) -> i32:
    return a + 1
"""
NAMES = ("first", "second")


def compiled() -> CompiledProgram:
    return compile_program([Source(name="test", text=TEXT, roots=NAMES)])


def linked(wat: str = MODULE) -> Module:
    program = compiled()
    places = {each.name: len(program.hosts) + at for at, each in enumerate(program.functions)}
    return append_functions(decode(wasm_of(wat)), program, {("sql", n): places[n] for n in NAMES})


def test_calls_the_table_the_start_and_exports_lead_where_they_led() -> None:
    program = load(encode(linked()), reducer=True)
    # The start function leaves 1001.
    assert result(program, "through", 4) == (4 + 1) * 10 + (1001 + 1) * 10
    assert result(program, "table", 4) == (4 + 1) * 10 + 1004
    assert result(program, "other") == 1 + 1 + 7
    assert result(program, "again", 0, 0) == 1 + 1 + 0


def test_functions_stand_in_the_order_of_the_specification() -> None:
    module = linked()
    imports = [(entry.module, entry.name) for entry in module.imports]
    assert imports == [("channel", "turn"), ("db", "get"), ("db", "put")]
    before = decode(wasm_of(MODULE))
    own = len(before.functions)
    assert len(module.functions) == own + 3
    added = [module.names[len(imports) + own + at] for at in range(3)]
    assert added == ["sql:first", "sql:second", "sql:helper"]
    assert module.names[len(imports)] == "init"
    assert module.names[0] == "turn"
    assert "first" not in module.names.values()


def test_types_that_are_there_are_used_and_others_come_behind() -> None:
    before, module = decode(wasm_of(MODULE)), linked()
    assert module.types[: len(before.types)] == before.types
    assert len(set(module.types)) == len(module.types)
    validate(module)


def test_a_host_function_that_is_there_is_used() -> None:
    wat = MODULE.replace(
        '(import "channel"',
        '(import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))\n(import "channel"',
    )
    module = linked(wat)
    imports = [(entry.module, entry.name) for entry in module.imports]
    assert imports == [("db", "get"), ("channel", "turn"), ("db", "put")]
    assert result(load(encode(module)), "other") == 9


def test_a_host_function_of_another_type_is_left_for_the_profile_to_refuse() -> None:
    wat = MODULE.replace('(import "channel"', '(import "db" "get" (func $get))\n(import "channel"')
    imports = [(entry.module, entry.name) for entry in linked(wat).imports]
    assert imports == [("db", "get"), ("channel", "turn"), ("db", "get"), ("db", "put")]


def test_imports_that_are_no_functions_are_left_alone() -> None:
    wat = """(module (import "env" "memory" (memory 1)) (import "env" "g" (global i32))
      (import "sql" "first" (func $first (param i32) (result i32)))
      (import "env" "abort" (func $abort))
      (func (export "f") (call $abort) (drop (call $first (global.get 0)))))"""
    module = linked(wat)
    kept = [(entry.module, entry.name, entry.kind) for entry in module.imports]
    assert kept[:3] == [
        ("env", "memory", ExternKind.MEMORY),
        ("env", "g", ExternKind.GLOBAL),
        ("env", "abort", ExternKind.FUNCTION),
    ]
    assert [each.name for each in module.imported(ExternKind.FUNCTION)] == ["abort", "get", "put"]
    calls = [instr.a for instr in module.functions[0].body if instr.opcode.name == "call"]
    assert calls == [0, 3 + 1]


def test_names_of_functions_that_are_not_there_are_dropped() -> None:
    before = decode(wasm_of(MODULE))
    odd = replace(before, names={**before.names, 999: "nowhere"})
    module = append_functions(odd, compile_program([]), {})
    assert module.names == before.names


@pytest.mark.parametrize("wat", [MODULE, "(module)", "(module (memory 1))"])
def test_nothing_changes_where_nothing_is_added(wat: str) -> None:
    before = decode(wasm_of(wat))
    assert append_functions(before, compile_program([]), {}) == before
