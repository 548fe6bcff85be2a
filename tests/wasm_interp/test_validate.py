"""The validator: every rule of WebAssembly and every limit of the profile, each provoked once."""

from __future__ import annotations

import dataclasses
import time

import pytest

from tests.wasm_interp.module_bytes import module_of, section, with_body
from tests.wasm_interp.wat import wasm_of
from wasm_interp import validate_code
from wasm_interp.binary import decode
from wasm_interp.errors import Invalid, ProfileViolation
from wasm_interp.module import FunctionType, Module
from wasm_interp.opcodes import OPCODES, ValueType
from wasm_interp.profile import Profile
from wasm_interp.validate import check_imports, validate

I32, I64 = ValueType.I32, ValueType.I64

LINEAR_SECONDS_MAX = 5.0
"""For 100,000 nested blocks, which take 0.1 s: a quadratic validator would take minutes."""

VALID = {
    "empty": "(module)",
    "locals start after parameters": """(module (func (param i32) (local i64)
        (local.set 1 (i64.extend_i32_u (local.tee 0 (local.get 0))))))""",
    "blocks leave their results": """(module (func (result i32)
        (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3)))
        (block (result i32) (loop (result i32) (i32.const 4))) i32.add))""",
    "branches": """(module (func (param i32) (result i64)
        (block (result i64) (block (loop (br_if 0 (local.get 0)) (br_if 1 (local.get 0))
        (br_if 3 (i64.const 5) (local.get 0)) drop)) (i64.const 1)
        (br_table 0 1 0 (local.get 0)))))""",
    "a branch to a loop takes nothing along": """(module (func (result i32)
        (loop (result i32) (br 0))))""",
    "unreachable code is of any type": """(module (func (result i32)
        unreachable select i64.eqz drop br_if 0))""",
    "labels of two types meet in unreachable code": """(module (func (block (result i64)
        (block (result i32) unreachable (br_table 0 1 (i32.const 0))) drop (i64.const 0)) drop))""",
    "select of what is not known is not known": """(module (func (result i64)
        unreachable (select (i32.const 1)) i64.clz return))""",
    "select of one known type": """(module (func (result i64)
        (return (select (i64.const 1) (i64.const 1) (i32.const 1)))))""",
    "calls": """(module (type $t (func (param i32 i64) (result i32))) (table 1 funcref)
        (func $f (type $t) (call $f (i32.const 1) (i64.const 2)))
        (func (drop (call_indirect (type $t) (i32.const 1) (i64.const 2) (i32.const 0)))))""",
    "globals": """(module (global $g (mut i64) (i64.const 1)) (global i32 (i32.const 1))
        (func (global.set $g (global.get $g)) (drop (global.get 1))))""",
    "memory": """(module (memory 1) (func
        (i64.store32 offset=0xffffffff align=4 (i32.const 0) (i64.load (i32.const 0)))
        (memory.copy (i32.const 0) (memory.size) (memory.grow (i32.const 1)))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))""",
    "exports, start and segments": """(module (import "a" "b" (func $b))
        (memory 0) (table 0 funcref) (global i32 (i32.const 0))
        (export "" (func 0)) (export "m" (memory 0)) (export "t" (table 0)) (export "g" (global 0))
        (start $b) (elem (i32.const 900) 0) (data (i32.const -1) "x"))""",
    "the limits themselves": """(module (memory 256 256) (table 4096 4294967295 funcref)
        (type (func (param """
    + "i32 " * 32
    + ") (result i32))))",
    "code behind return": "(module (func (result i32) (return (i32.const 0)) drop drop))",
}


@pytest.mark.parametrize("case", VALID)
def test_valid_modules_are_accepted(case: str) -> None:
    validate(decode(wasm_of(VALID[case])))


INVALID = {
    "nothing to drop": ("(module (func drop))", "type mismatch: drop expects an operand, found"),
    "operand of another type": (
        "(module (func (i32.eqz (i64.const 0)) drop))",
        "type mismatch: i32.eqz expects i32, found i64",
    ),
    "operands of another block": (
        "(module (func (i32.const 0) (block drop) drop))",
        "type mismatch: drop expects an operand, found nothing",
    ),
    "missing result": ("(module (func (result i32)))", "type mismatch: end expects i32, found no"),
    "superfluous result": (
        "(module (func (i32.const 0)))",
        "type mismatch: end expects no further operand",
    ),
    "superfluous result of then": (
        "(module (func (if (i32.const 0) (then (i32.const 0)) (else))))",
        "type mismatch: else expects no further operand",
    ),
    "if with a result, without else": (
        "(module (func (result i32) (if (result i32) (i32.const 0) (then (i32.const 1)))))",
        "type mismatch: if without else cannot yield i32",
    ),
    "condition": ("(module (func (if (i64.const 0) (then))))", "type mismatch: if expects i32"),
    "superfluous operand in unreachable code": (
        "(module (func unreachable (i32.const 0)))",
        "type mismatch: end expects no further operand",
    ),
    "known operand in unreachable code": (
        "(module (func unreachable (i32.const 0) i64.eqz drop))",
        "type mismatch: i64.eqz expects i64, found i32",
    ),
    "operand of br": (
        "(module (func (result i32) (br 0 (i64.const 0))))",
        "type mismatch: br expects i32, found i64",
    ),
    "label": ("(module (func (br 1)))", "unknown label 1"),
    "label of br_if": ("(module (func (br_if 7 (i32.const 0))))", "unknown label 7"),
    "label of br_table": ("(module (func (br_table 9 0 (i32.const 0))))", "unknown label 9"),
    "default of br_table": ("(module (func (br_table 0 9 (i32.const 0))))", "unknown label 9"),
    "operand of br_if": (
        "(module (func (result i32) (br_if 0 (i32.const 1)) (i32.const 1)))",
        "type mismatch: br_if expects i32, found nothing",
    ),
    "labels of br_table": (
        "(module (func (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))) drop))",
        "type mismatch: br_table has labels with and without a result",
    ),
    "types of labels of br_table": (
        """(module (func (result i64) (block (result i32)
        (br_table 0 1 (i32.const 0) (i32.const 0))) drop (i64.const 0)))""",
        "type mismatch: br_table expects i64, found i32",
    ),
    "operand of return": (
        "(module (func (result i64) (return (i32.const 0))))",
        "type mismatch: return expects i64, found i32",
    ),
    "operands of select": (
        "(module (func (drop (select (i32.const 0) (i64.const 0) (i32.const 0)))))",
        "type mismatch: select expects i64, found i32",
    ),
    "local": ("(module (func (drop (local.get 0))))", "unknown local 0"),
    "local.set": ("(module (func (local i64) (local.set 0 (i32.const 0))))", "type mismatch"),
    "local.tee": ("(module (func (drop (local.tee 3 (i32.const 0)))))", "unknown local 3"),
    "global": ("(module (func (drop (global.get 0))))", "unknown global 0"),
    "global.set": (
        "(module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 0))))",
        "immutable global 0",
    ),
    "function": ("(module (func (call 1)))", "unknown function 1"),
    "argument": (
        "(module (func (param i32 i64) (call 0 (i64.const 0) (i64.const 0))))",
        "type mismatch: call expects i32, found i64",
    ),
    "table of call_indirect": (
        "(module (type (func)) (func (call_indirect (type 0) (i32.const 0))))",
        "unknown table 0",
    ),
    "type of call_indirect": (
        "(module (table 0 funcref) (func (call_indirect (type 5) (i32.const 0))))",
        "unknown type 5",
    ),
    "memory of a load": ("(module (func (drop (i32.load (i32.const 0)))))", "unknown memory 0"),
    "memory of memory.size": ("(module (func (drop memory.size)))", "unknown memory 0"),
    "memory of memory.copy": (
        "(module (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))))",
        "unknown memory 0",
    ),
    "alignment": (
        "(module (memory 0) (func (drop (i32.load16_u align=4 (i32.const 0)))))",
        "alignment must not be larger than natural",
    ),
    "offset": (
        "(module (memory 0) (func (drop (i32.load offset=0x100000000 (i32.const 0)))))",
        "offset out of range",
    ),
    "type of a function": ("(module (func (type 3)))", "unknown type 3"),
    "type of an import": ('(module (import "" "" (func (type 3))))', "unknown type 3"),
    "memory limits": (
        "(module (memory 2 1))",
        "size minimum must not be greater than maximum",
    ),
    "memory size": (
        "(module (memory 65537))",
        "memory size must be at most 65536 pages (4GiB)",
    ),
    "maximum memory size": ("(module (memory 0 0x100000000))", "memory size must be at most"),
    "imported memory size": ('(module (import "" "" (memory 65537)))', "memory size must be at"),
    "table limits": ("(module (table 2 1 funcref))", "size minimum must not be greater than"),
    "initializer of another type": (
        "(module (global i32 (i64.const 0)))",
        "type mismatch: i32 expected",
    ),
    "empty initializer": ("(module (global i32))", "type mismatch: i32 expected"),
    "initializer of two values": (
        "(module (global i32 i32.const 0 i32.const 0))",
        "type mismatch: i32 expected",
    ),
    "initializer of two types": (
        "(module (global i32 i64.const 0 i32.const 0 i32.add))",
        "type mismatch in a constant expression",
    ),
    "initializer that computes": (
        "(module (global i32 (i32.eqz (i32.const 0))))",
        "constant expression required",
    ),
    "initializer with blocks": (
        "(module (global i32 (block (result i32) (i32.const 0))))",
        "constant expression required",
    ),
    "initializer that reads a mutable global": (
        '(module (import "" "" (global (mut i32))) (global i32 (global.get 0)))',
        "constant expression required",
    ),
    "initializer that reads itself": ("(module (global i32 (global.get 0)))", "unknown global 0"),
    "export of an unknown function": ('(module (export "f" (func 0)))', "unknown function 0"),
    "export of an unknown table": ('(module (export "f" (table 0)))', "unknown table 0"),
    "export of an unknown memory": ('(module (export "f" (memory 0)))', "unknown memory 0"),
    "export of an unknown global": ('(module (export "f" (global 0)))', "unknown global 0"),
    "export names": (
        '(module (func) (export "a\\1bb" (func 0)) (export "a\\1bb" (func 0)))',
        "duplicate export name: a\ufffdb",
    ),
    "start": ("(module (start 0))", "unknown function 0"),
    "start with a result": (
        "(module (func (result i32) (i32.const 0)) (start 0))",
        "start function must have no parameters and no results",
    ),
    "table of elements": ("(module (func) (elem (i32.const 0) 0))", "unknown table 0"),
    "function of elements": (
        "(module (table 1 funcref) (elem (i32.const 0) 1))",
        "unknown function 1",
    ),
    "place of elements": (
        "(module (table 1 funcref) (func) (elem (i64.const 0) 0))",
        "type mismatch: i32 expected",
    ),
    "memory of data": ('(module (data (i32.const 0) ""))', "unknown memory 0"),
    "second memory of data": (
        '(module (memory 0) (data (memory 1) (i32.const 0) ""))',
        "unknown memory 1",
    ),
    "place of data": (
        '(module (memory 0) (data (i32.eqz (i32.const 0)) ""))',
        "constant expression required",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_modules_are_refused_in_the_words_of_the_suite(case: str) -> None:
    text, rule = INVALID[case]
    with pytest.raises(Invalid) as caught:
        validate(decode(wasm_of(text)))
    assert caught.value.rule.startswith(rule)


OUTSIDE = {
    "33 parameters": (f"(module (func (param {'i32 ' * 33})))", "P-1: type 0 has 33 parameters"),
    "two results": ("(module (type (func (result i32 i32))))", "P-5: type 0 has 2 results"),
    "257 pages": ("(module (memory 257))", "P-1: 257 initial pages, memory_pages_max is 256"),
    "a maximum of 257 pages": ("(module (memory 0 257))", "P-1: 257 maximum pages"),
    "4,097 table entries": ("(module (table 4097 funcref))", "P-1: 4097 table entries"),
    "1,025 globals": (
        f'(module (import "" "" (global i32)) {"(global i32 (i32.const 0))" * 1024})',
        "P-1: 1025 globals, globals_max is 1024",
    ),
    "two memories": ("(module (memory 0) (memory 0))", "P-6: multiple memories"),
    "an imported memory and another": (
        '(module (import "" "" (memory 0)) (memory 0))',
        "P-6: multiple memories",
    ),
    "two tables": ("(module (table 0 funcref) (table 0 funcref))", "P-6: multiple tables"),
    "extended constant": (
        "(module (global i64 (i64.mul (i64.const 1) (i64.const 2))))",
        "P-9: i64.mul in a constant expression",
    ),
    "constant from a defined global": (
        "(module (global i32 (i32.const 0)) (global i32 (global.get 0)))",
        "P-9: global.get in a constant expression",
    ),
    "operands": (
        f"(module (func {'(i32.const 0)' * 1025} {'drop ' * 1025}))",
        "P-1: 1025 operands, operand_height_max is 1024",
    ),
    "operands in unreachable code": (
        f"(module (func unreachable {'(i32.const 0)' * 1025} {'drop ' * 1025}))",
        "P-1: 1025 operands, operand_height_max is 1024",
    ),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_modules_beyond_the_limits_are_outside_the_profile(case: str) -> None:
    text, rule = OUTSIDE[case]
    with pytest.raises(ProfileViolation) as caught:
        validate(decode(wasm_of(text)))
    assert caught.value.rule.startswith(rule)


def test_the_operand_height_may_reach_its_limit() -> None:
    validate(decode(wasm_of(f"(module (func {'(i32.const 0)' * 1024} {'drop ' * 1024}))")))


def test_limits_come_from_the_profile_given() -> None:
    module = decode(wasm_of("(module (func (param i32) (local i64) (i32.const 0) drop))"))
    validate(module, Profile(locals_max=2, params_max=1, operand_height_max=1))
    with pytest.raises(ProfileViolation, match="P-1: 1 operands, operand_height_max is 0"):
        validate(module, Profile(operand_height_max=0))
    with pytest.raises(ProfileViolation, match="P-1: type 0 has 1 parameters, params_max is 0"):
        validate(module, Profile(params_max=0))
    with pytest.raises(ProfileViolation, match="P-1: 2 parameters and locals, locals_max is 1"):
        validate(module, Profile(locals_max=1))


def test_an_imported_immutable_global_is_a_constant_until_imports_are_checked() -> None:
    module = decode(wasm_of('(module (import "e" "g" (global i32)) (global i32 (global.get 0)))'))
    validate(module)
    with pytest.raises(ProfileViolation, match="P-8"):
        check_imports(module, {})


def test_an_error_names_the_function_the_byte_and_the_symbol() -> None:
    wasm = wasm_of(
        '(module (import "e" "f" (func)) (func $fine) (func $bad i64.const 0 i32.eqz drop))'
    )
    with pytest.raises(Invalid) as caught:
        validate(decode(wasm))
    error = caught.value
    assert (error.function, error.symbol) == (2, "bad")
    assert error.offset is not None
    assert wasm[error.offset] == 0x45
    assert str(error) == (
        "invalid: type mismatch: i32.eqz expects i32, found i64 "
        f"[function 2 (bad), byte 0x{error.offset:x}]"
    )


def test_a_symbol_from_an_export_is_made_printable() -> None:
    with pytest.raises(Invalid) as caught:
        validate(decode(wasm_of('(module (func (export "\\1b[2J") drop))')))
    assert caught.value.symbol == "\ufffd[2J"


def test_segments_name_their_byte() -> None:
    wasm = module_of(section(11, b"\x01\x00\x41\x00\x0b\x00"))
    with pytest.raises(Invalid, match="unknown memory 0") as caught:
        validate(decode(wasm))
    assert caught.value.offset == 11


# Imports.

HOST = {("db", "get"): FunctionType((I32, I64), (I32,))}
DB_GET = '(import "db" "get" (func (param i32 i64) (result i32)))'


def test_imports_with_the_exact_type_are_accepted() -> None:
    module = decode(wasm_of(f"(module {DB_GET} {DB_GET})"))
    validate(module)
    check_imports(module, HOST)
    check_imports(Module(), {})


@pytest.mark.parametrize(
    ("entry", "rule", "function"),
    [
        ('(import "db" "ge" (func))', "P-8: import db.ge is not a host function", 1),
        (
            '(import "db" "get" (func (param i32 i32) (result i32)))',
            "P-8: import db.get must have type (i32 i64) -> (i32), not (i32 i32) -> (i32)",
            1,
        ),
        (
            '(import "db" "get" (memory 1))',
            "P-8: import db.get is a memory: only functions are imported",
            None,
        ),
        (
            '(import "e" "t" (table 1 funcref))',
            "P-8: import e.t is a table: only functions are imported",
            None,
        ),
        (
            '(import "e" "\\07" (global i32))',
            "P-8: import e.\ufffd is a global: only functions are imported",
            None,
        ),
    ],
)
def test_other_imports_are_outside_the_profile(entry: str, rule: str, function: int | None) -> None:
    module = decode(wasm_of(f"(module {DB_GET} {entry})"))
    validate(module)
    with pytest.raises(ProfileViolation) as caught:
        check_imports(module, HOST)
    assert caught.value.rule == rule
    assert caught.value.function == function
    assert caught.value.offset == module.imports[1].offset


# Completeness and time.


def test_every_instruction_without_fixed_operands_has_a_rule() -> None:
    polymorphic = {row.code for row in OPCODES.values() if row.polymorphic}
    assert polymorphic <= set(validate_code._RULES)
    others = {OPCODES[code] for code in set(validate_code._RULES) - polymorphic}
    assert {row.immediate for row in others} == set(validate_code._MEMORY_RULES)


def test_a_body_that_does_not_end_is_a_bug_of_whoever_made_it() -> None:
    module = decode(with_body(b"\x01\x0b"))
    function = dataclasses.replace(module.functions[0], body=module.functions[0].body[:1])
    with pytest.raises(AssertionError):
        validate(dataclasses.replace(module, functions=(function,)))


NESTS = {
    "blocks": b"\x02\x40" * 100_000 + b"\x0b" * 100_001,
    "branches out of loops": b"\x03\x40" * 100_000 + b"\x0c\x00\x0b" * 100_000 + b"\x0b",
    "branches to the outermost": b"\x02\x40" * 100_000
    + b"\x0c\xa0\x8d\x06" * 50_000
    + b"\x0b" * 100_001,
    "one wide br_table": b"\x41\x00\x0e\xa0\x8d\x06" + b"\x00" * 100_001 + b"\x0b",
}


@pytest.mark.parametrize("case", NESTS)
def test_deep_and_wide_bodies_are_validated_in_linear_time(case: str) -> None:
    module = decode(with_body(NESTS[case]))
    start = time.perf_counter()
    validate(module)
    assert time.perf_counter() - start < LINEAR_SECONDS_MAX


def test_twenty_kilobytes_are_decoded_and_validated_well_within_a_second() -> None:
    unit = """(local.set 0 (i32.add (local.get 0) (i32.load offset=16 (local.get 0))))
        (i32.store (i32.const 0) (local.get 0)) (block (br_if 0 (local.get 0)))"""
    wasm = wasm_of(f"(module (memory 1) (func (local i32) {unit * 850}))")
    assert len(wasm) > 18_000
    start = time.perf_counter()
    validate(decode(wasm))
    assert time.perf_counter() - start < 1.0
