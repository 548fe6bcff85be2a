"""A module that imports statements becomes an ordinary reducer that has them."""

from __future__ import annotations

import pytest

from merkle import OrderedMap
from sqlstore.errors import ProgramLimitExceeded, UndefinedColumn
from sqlstore.wasm.errors import MemoryMissing, StatementTypeMismatch, StatementUnknown
from sqlstore.wasm.link import link, statement_sources
from sqlstore.wasm.sections import read_sql, sql_section
from tests.wasm_interp.module_bytes import section
from tests.wasm_interp.wat import wasm_of
from wasm_interp import Invalid, Malformed, load
from wasm_interp.binary import decode
from wasm_interp.state import Status

SCHEMA = """
CREATE TABLE units (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
"""
QUERIES = """
-- name: AddUnit :exec
INSERT INTO units (id, name) VALUES ($1, $2);

-- name: Return :one
SELECT id, upper(name) AS name FROM units WHERE id = $1;

-- name: Lower :one
SELECT lower(name) AS name FROM units WHERE id = $1;

-- name: Unused :execrows
DELETE FROM units WHERE id = $1;
"""
BODY = """
  (memory 1)
  (data (i32.const 16) "Pike")
  (func (export "add") (param i32) (result i32)
    (call $add (i32.const 1024) (i32.const 8192) (local.get 0) (i32.const 16) (i32.const 4)))
  (func (export "return") (param i32) (result i32)
    (call $return (i32.const 1024) (i32.const 8192) (local.get 0)))
  (func (export "lower") (param i32) (result i32)
    (call $lower (i32.const 1024) (i32.const 8192) (local.get 0)))
  (func (export "reduce") (result i32) (i32.const 0))
"""
IMPORTS = """
  (import "sql" "lower" (func $lower (param i32 i32 i32) (result i32)))
  (import "sql" "return" (func $return (param i32 i32 i32) (result i32)))
  (import "sql" "add_unit" (func $add (param i32 i32 i32 i32 i32) (result i32)))
"""
WAT = f"(module {IMPORTS} {BODY})"


def linked(wat: str = WAT, *, schema: str = SCHEMA, queries: str = QUERIES) -> bytes:
    return link(wasm_of(wat), schema=schema, queries=queries)


def run(wasm: bytes, export: str, rows: OrderedMap) -> tuple[int, bytes, OrderedMap]:
    """Return the result of a call with 7, the arena, and the rows after it."""
    m = load(wasm, reducer=True).call(export, [7], rows=rows)
    m.run()
    assert m.status is Status.HALTED
    return m.result, bytes(m.memory[1024:9216]), m.rows


def text_at(arena: bytes, field: int) -> bytes:
    """Return the text at ``field`` of the first row of a result."""
    rows = int.from_bytes(arena[:4], "little") - 1024
    row = int.from_bytes(arena[rows : rows + 4], "little") - 1024 + field
    address, length = (int.from_bytes(arena[at : at + 4], "little") for at in (row, row + 4))
    return arena[address - 1024 : address - 1024 + length]


def test_statements_run_as_functions_of_the_module() -> None:
    wasm = linked()
    _, _, rows = run(wasm, "add", OrderedMap())
    assert list(rows.items()) == [(b"\1\1\x80\0\0\7", b"\4\0Pike")]
    found, arena, _ = run(wasm, "return", rows)
    assert (found, text_at(arena, 4)) == (1, b"PIKE")
    # A statement may be called as a function of the runtime is, and use that.
    found, arena, _ = run(wasm, "lower", rows)
    assert (found, text_at(arena, 0)) == (1, b"pike")


def test_the_result_is_an_ordinary_reducer() -> None:
    module = decode(linked())
    assert [(each.module, each.name) for each in module.imports] == [("db", "get"), ("db", "put")]
    assert len(load(linked(), reducer=True).reducer_id) == 32


def test_functions_come_in_the_order_of_the_queries_and_only_those_that_are_used() -> None:
    names = [name for name in decode(linked()).names.values() if name.startswith("sql:")]
    assert names[:3] == ["sql:add_unit", "sql:return_", "sql:lower"]
    assert "sql:unused" not in names
    assert {"sql:lower", "sql:upper", "sql:turn_case"} <= set(names[3:])
    assert "sql:like" not in names


def test_equal_inputs_give_equal_bytes() -> None:
    assert linked() == linked()
    assert linked() != linked(queries=QUERIES + "\n")


def test_the_texts_are_at_the_end_and_other_custom_sections_are_gone() -> None:
    wasm = wasm_of(WAT) + section(0, b"\6custom1234")
    result = link(wasm, schema=SCHEMA, queries=QUERIES)
    assert result == linked()
    assert result.endswith(sql_section(SCHEMA, QUERIES))
    assert read_sql(result) == (SCHEMA, QUERIES)
    assert b"custom1234" not in result


def test_a_module_without_statements_carries_the_texts_all_the_same() -> None:
    result = linked('(module (func (export "reduce") (result i32) (i32.const 0)))')
    assert read_sql(result) == (SCHEMA, QUERIES)
    assert load(result, reducer=True).module.imports == ()


def test_imports_of_other_modules_are_left_alone() -> None:
    wat = WAT.replace("(memory 1)", "(memory 1)", 1).replace(
        "(module", '(module (import "env" "abort" (func $abort (param i32 i32 i32 i32)))'
    )
    module = decode(linked(wat))
    assert [each.name for each in module.imports] == ["abort", "get", "put"]


# -- refusals --------------------------------------------------------------------------------------


def test_a_statement_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(StatementUnknown) as caught:
        linked(WAT.replace('"return"', '"returns"', 1))
    assert str(caught.value).startswith(
        "cannot link: Q-95: import sql.returns is no statement of queries.sql; "
        "there is: add_unit, return, lower, unused [function 1 (sql.returns), byte 0x"
    )


def test_an_import_that_is_no_function_is_no_statement() -> None:
    with pytest.raises(StatementUnknown, match=r"sql\.add_unit"):
        linked('(module (import "sql" "add_unit" (global i32)))')
    with pytest.raises(StatementUnknown, match="there is: none"):
        linked(queries="")


def test_a_type_that_does_not_fit_is_named_with_the_one_that_does() -> None:
    wat = WAT.replace("$return (param i32 i32 i32)", "$return (param i32 i32 i64)").replace(
        "(call $return (i32.const 1024) (i32.const 8192) (local.get 0))", "(i32.const 0)"
    )
    with pytest.raises(StatementTypeMismatch) as caught:
        linked(wat)
    assert (
        "Q-71: import sql.return must have type (i32 i32 i32) -> (i32), "
        "not (i32 i32 i64) -> (i32) [function 1 (sql.return)"
    ) in str(caught.value)


def test_a_module_without_a_memory_has_no_arena() -> None:
    with pytest.raises(MemoryMissing, match="needs a memory"):
        linked('(module (import "sql" "lower" (func (param i32 i32 i32) (result i32))))')


def test_a_module_that_is_none_is_refused_before_anything_else() -> None:
    with pytest.raises(Malformed):
        link(b"\0asm", schema="not SQL", queries="")
    with pytest.raises(Invalid):
        link(wasm_of("(module)") + section(8, b"\x07"), schema="not SQL", queries="")


def test_all_statements_are_checked_even_those_that_are_not_imported() -> None:
    with pytest.raises(UndefinedColumn, match=r"queries\.sql"):
        linked(queries=QUERIES + "\n-- name: Wrong :many\nSELECT nothing FROM units;\n")
    with pytest.raises(ProgramLimitExceeded):
        linked(queries=QUERIES + "\n-- name: Unbounded :many\nSELECT id FROM units;\n")


def test_the_sources_of_statements_can_be_read() -> None:
    sources = statement_sources(SCHEMA, QUERIES)
    assert list(sources) == ["add_unit", "return", "lower", "unused"]
    assert sources["return"].roots == ("return_",)
    assert "def return_(arena: i32, arena_bytes: i32, id: i32) -> i32:" in sources["return"].text
