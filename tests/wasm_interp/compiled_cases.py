"""Small programs, one for each thing that the compiler could get wrong, and how to call them."""

from __future__ import annotations

from typing import Final, NamedTuple

from wasm_interp.state import TrapCode


class Case(NamedTuple):
    """``calls`` are argument lists of the export ``f``, each with the trap that it must end in."""

    text: str
    calls: tuple[tuple[tuple[int, ...], TrapCode], ...]


def _one(params: str, body: str, beside: str = "(memory 1 3)") -> str:
    return f'(module {beside} (func $f (export "f") {params} {body}))'


OK = TrapCode.NONE
BOUNDS = TrapCode.MEMORY_OUT_OF_BOUNDS

ARITHMETIC: Final = {
    "div_u": Case(
        _one(
            "(param i32 i32) (result i32)",
            "(i32.add (i32.mul (local.get 0) (i32.const 3))"
            " (i32.div_u (local.get 0) (local.get 1)))",
        ),
        (((7, 2), OK), ((7, 0), TrapCode.DIVIDE_BY_ZERO)),
    ),
    "div_s": Case(
        _one(
            "(param i64 i64) (result i64)",
            "(local.set 0 (i64.add (local.get 0) (i64.const 0)))"
            "(i64.xor (local.get 1) (i64.div_s (local.get 0) (local.get 1)))",
        ),
        (
            ((-7, 2), OK),
            ((-(2**63), -1), TrapCode.INTEGER_OVERFLOW),
            ((1, 0), TrapCode.DIVIDE_BY_ZERO),
        ),
    ),
    "rem_s": Case(
        _one("(param i32 i32) (result i32)", "(i32.rem_s (local.get 0) (local.get 1))"),
        (((-7, 2), OK), ((-(2**31), -1), OK), ((1, 0), TrapCode.DIVIDE_BY_ZERO)),
    ),
    "shift": Case(
        _one(
            "(param i32 i32) (result i32)",
            "(i32.add (i32.shl (local.get 0) (local.get 1))"
            " (i32.xor (i32.shr_u (local.get 0) (local.get 1))"
            "  (i32.shr_s (local.get 0) (local.get 1))))",
        ),
        tuple(((value, by), OK) for value in (1, -1, 2**31) for by in (0, 1, 31, 32, 33, -1)),
    ),
    "select": Case(
        _one(
            "(param i32) (result i32)",
            "(select (i32.const 11) (i32.const 22) (i32.lt_s (local.get 0) (i32.const 5)))",
        ),
        (((4,), OK), ((5,), OK), ((-1,), OK)),
    ),
    "select of a load": Case(
        _one(
            "(param i32 i32) (result i32)",
            "(select (i32.const 1) (i32.load (local.get 0)) (local.get 1))",
        ),
        (((0, 1), OK), ((65533, 1), BOUNDS), ((65533, 0), BOUNDS)),
    ),
}

MEMORY: Final = {
    "aligned and not": Case(
        _one(
            "(param i32) (result i64)",
            "(i64.store offset=3 (local.get 0) (i64.const 0x1122334455667788))"
            "(i32.store16 offset=1 (local.get 0) (i32.const 0x1abcd))"
            "(i64.add (i64.load32_s offset=2 (local.get 0)) (i64.load16_s (local.get 0)))",
        ),
        tuple(
            ((at,), OK if 0 <= at <= 65525 else BOUNDS)
            for at in (0, 1, 2, 3, 5, 65524, 65525, 65526, 65530, 65536, -1, -4)
        ),
    ),
    "below zero": Case(
        _one(
            "(param i32) (result i32)",
            "(i32.store8 (i32.const 65535) (i32.const 77))"
            "(i32.load8_u (i32.sub (local.get 0) (i32.const 1)))",
        ),
        (((1,), OK), ((0,), BOUNDS)),
    ),
    "pending operands": Case(
        _one(
            "(param i32) (result i32) (local i32)",
            "(i32.add (i32.sub (local.get 0) (i32.const 9))"
            " (i32.add (local.tee 1 (i32.const 5)) (i32.load offset=4 (local.get 0))))",
        ),
        (((0,), OK), ((65533,), BOUNDS)),
    ),
    "an operand read before its local changes": Case(
        _one(
            "(param i32) (result i32)",
            "(local.get 0) (local.set 0 (i32.const 100)) (local.get 0) (i32.sub)",
        ),
        (((7,), OK),),
    ),
    "a load before a store": Case(
        _one(
            "(param i32) (result i32)",
            "(i32.load (local.get 0)) (i32.store (local.get 0) (i32.const 5))"
            "(i32.load (local.get 0)) (i32.sub)",
        ),
        (((8,), OK), ((9,), OK)),
    ),
    "grow": Case(
        _one(
            "(param i32) (result i32)",
            "(i32.store (i32.const 8) (i32.const 1)) (drop (memory.grow (local.get 0)))"
            "(i32.store (i32.const 12) (i32.const 6))"
            "(i32.store offset=65536 (i32.const 0) (i32.const 3))"
            "(i32.add (i32.load offset=65536 (i32.const 0)) (i32.mul (memory.size) (i32.const 8)))",
        ),
        (((1,), OK), ((2,), OK), ((0,), BOUNDS), ((3,), BOUNDS), ((-1,), BOUNDS)),
    ),
    "bulk": Case(
        _one(
            "(param i32 i32 i32) (result i32)",
            "(memory.fill (local.get 0) (i32.const 0x1a5) (local.get 2))"
            "(i32.store8 (local.get 0) (i32.const 9))"
            "(memory.copy (local.get 1) (local.get 0) (local.get 2)) (i32.load8_u (local.get 1))",
        ),
        (
            ((0, 100, 50), OK),
            ((100, 90, 50), OK),
            ((90, 100, 50), OK),
            ((65530, 0, 7), BOUNDS),
            ((0, 65530, 7), BOUNDS),
        ),
    ),
}

_SIGNATURES = (
    "(table 4 funcref) (elem (i32.const 0) $a $b)"
    "(func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"
    "(func $b (param i32) (result i64) (i64.const 3))"
)
_RECURSION = (
    "(local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    "(if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (local.get 0))))"
    " (else (i32.const 0)))"
)
_THROUGH_G = _RECURSION.replace("call $f", "call $g")

CONTROL: Final = {
    "unreachable": Case(
        _one("(param i32) (result i32)", "(local.get 0) (local.set 0 (i32.const 3)) unreachable"),
        (((1,), TrapCode.UNREACHABLE),),
    ),
    "unwinding": Case(
        _one(
            "(param i32) (result i32)",
            "(block $out (result i32) (i32.const 1) (i32.const 2) (i32.const 40)"
            " (br_if $out (local.get 0)) (i32.add) (i32.add))",
        ),
        (((0,), OK), ((1,), OK)),
    ),
    "table of branches": Case(
        _one(
            "(param i32) (result i32) (local i32)",
            "(loop $again (block $d (block $c (block $b (block $a"
            " (br_table $a $b $c $b $again $d (local.get 0)))"
            " (local.set 1 (i32.add (local.get 1) (i32.const 10))))"
            " (local.set 1 (i32.add (local.get 1) (i32.const 100)))"
            " (local.set 0 (i32.const 9)) (br $again))"
            " (local.set 1 (i32.add (local.get 1) (i32.const 1000)))"
            " (br_if $d (i32.gt_u (local.get 1) (i32.const 5000))) (br $again)) )"
            "(local.get 1)",
        ),
        tuple(((at,), TrapCode.OUT_OF_FUEL if at == 4 else OK) for at in (0, 1, 2, 3, 4, 5, 99)),
    ),
    "nested loops": Case(
        _one(
            "(param i32) (result i32) (local i32 i32)",
            "(block $done (loop $outer (local.set 1 (i32.const 0))"
            " (local.set 2 (i32.add (local.get 2) (i32.const 1)))"
            " (loop $inner (local.set 2 (i32.add (local.get 2) (local.get 1)))"
            "  (br_if $outer (i32.eq (local.get 2) (i32.const 6)))"
            "  (br_if $done (i32.gt_u (local.get 2) (i32.const 300)))"
            "  (local.set 1 (i32.add (local.get 1) (i32.const 1)))"
            "  (br_if $inner (i32.lt_u (local.get 1) (local.get 0))))"
            " (br $outer))) (local.get 2)",
        ),
        (((5,), OK), ((40,), OK)),
    ),
    "a long straight run": Case(
        _one(
            "(param i32) (result i32)",
            "(local.set 0 (i32.mul (local.get 0) (i32.const 3)))" * 400 + "(local.get 0)",
        ),
        (((5,), OK),),
    ),
    "recursion": Case(
        _one("(param i32) (result i32)", _RECURSION),
        (((1,), OK), ((1024,), OK), ((1025,), TrapCode.CALL_STACK_EXHAUSTED)),
    ),
    "recursion through others": Case(
        "(module (func $g (param i32) (result i32) (call $f (local.get 0)))"
        " (func $leaf (param i32) (result i32) (i32.const 0))"
        f' (func $f (export "f") (param i32) (result i32) {_THROUGH_G}'
        "  (i32.add (call $leaf (i32.const 1)))))",
        (((500,), OK), ((600,), TrapCode.CALL_STACK_EXHAUSTED)),
    ),
    "indirect calls": Case(
        _one(
            "(param i32) (result i32)",
            "(i32.add (i32.const 7)"
            " (call_indirect (param i32) (result i32) (i32.const 5) (local.get 0)))",
            _SIGNATURES,
        ),
        (
            ((0,), OK),
            ((1,), TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
            ((2,), TrapCode.NULL_TABLE_ENTRY),
            ((4,), TrapCode.TABLE_OUT_OF_BOUNDS),
            ((-1,), TrapCode.TABLE_OUT_OF_BOUNDS),
        ),
    ),
    "globals": Case(
        _one(
            "(param i32) (result i32)",
            "(global.get $g) (global.set $g (local.get 0)) (call $set) (global.get $g) (i32.sub)",
            "(global $g (mut i32) (i32.const 50))"
            "(func $set (global.set $g (i32.mul (global.get $g) (i32.const 2))))",
        ),
        (((3,), OK),),
    ),
}

HOST: Final = {
    "rows": Case(
        '(module (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))'
        ' (import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))'
        ' (import "channel" "message_read" (func $read (param i32 i32 i32)))'
        ' (import "channel" "turn" (func $turn (result i64))) (memory 1)'
        ' (func (export "f") (param i32 i32) (result i32) (local i32)'
        "  (loop $l"
        "   (i32.store (i32.const 0) (i32.add (local.get 0) (local.get 2)))"
        "   (call $read (i32.const 100) (local.get 1) (i32.const 8))"
        "   (drop (call $put (i32.const 0) (local.get 0) (i32.const 100) (i32.const 8)))"
        "   (local.set 2 (i32.add (local.get 2) (i32.const 1)))"
        "   (br_if $l (i32.lt_u (local.get 2) (i32.const 5))))"
        "  (i32.add (call $get (i32.const 0) (local.get 0) (i32.const 200) (i32.const 8))"
        "   (i32.wrap_i64 (call $turn)))))",
        (
            ((4, 3), OK),
            ((0, 3), TrapCode.KEY_LENGTH),
            ((81, 3), TrapCode.KEY_LENGTH),
            ((4, 33), TrapCode.MESSAGE_OUT_OF_BOUNDS),
        ),
    ),
}

CASES: Final = ARITHMETIC | MEMORY | CONTROL | HOST
