"""Scripts in the manner of official files that are not in the folder at hand."""

from __future__ import annotations

import pytest

from wasm_interp.script.report import Report
from wasm_interp.script.runner import run_script

pytest.importorskip("wasmtime", reason="scripts with modules in text form need wasmtime")

I64 = """
(module
  (func (export "add") (param $x i64) (param $y i64) (result i64)
    (i64.add (local.get $x) (local.get $y)))
  (func (export "div_s") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "rem_s") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func (export "rotl") (param i64 i64) (result i64) (i64.rotl (local.get 0) (local.get 1)))
  (func (export "clz") (param i64) (result i64) (i64.clz (local.get 0)))
  (func (export "extend32_s") (param i64) (result i64) (i64.extend32_s (local.get 0)))
  (func (export "eqz") (param i64) (result i32) (i64.eqz (local.get 0))))
(assert_return (invoke "add" (i64.const 1) (i64.const -1)) (i64.const 0x0))
(assert_return (invoke "add" (i64.const 0x8000_0000_0000_0000) (i64.const -1))
  (i64.const 0x7fff_ffff_ffff_ffff))
(assert_trap (invoke "div_s" (i64.const 1) (i64.const 0)) "integer divide by zero")
(assert_trap (invoke "div_s" (i64.const 0x8000000000000000) (i64.const -1)) "integer overflow")
(assert_return (invoke "rem_s" (i64.const 0x8000000000000000) (i64.const -1)) (i64.const 0))
(assert_return (invoke "rotl" (i64.const 0xabcd987602468ace) (i64.const 1))
  (i64.const 0x579b30ec048d159d))
(assert_return (invoke "clz" (i64.const 0)) (i64.const 64))
(assert_return (invoke "extend32_s" (i64.const 0x80000000)) (i64.const -0x80000000))
(assert_return (invoke "eqz" (i64.const 0)) (i32.const 1))
(assert_invalid (module (func (result i64) (i64.add (i32.const 0) (i64.const 0)))) "type mismatch")
(assert_malformed (module quote "(func (result i64) (i64.const nan:arithmetic))")
  "unexpected token")
"""

FAC = """
(module
  (func (export "fac-rec") (param i64) (result i64)
    (if (result i64) (i64.eq (local.get 0) (i64.const 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call 0 (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "fac-iter-named") (param $n i64) (result i64)
    (local $i i64) (local $res i64)
    (local.set $i (local.get $n))
    (local.set $res (i64.const 1))
    (block $done
      (loop $loop
        (if (i64.eq (local.get $i) (i64.const 0))
          (then (br $done))
          (else
            (local.set $res (i64.mul (local.get $i) (local.get $res)))
            (local.set $i (i64.sub (local.get $i) (i64.const 1)))))
        (br $loop)))
    (local.get $res)))
(assert_return (invoke "fac-rec" (i64.const 25)) (i64.const 7034535277573963776))
(assert_return (invoke "fac-iter-named" (i64.const 25)) (i64.const 7034535277573963776))
(assert_exhaustion (invoke "fac-rec" (i64.const 1073741824)) "call stack exhausted")
"""

FORWARD = """
(module
  (func $even (export "even") (param $n i32) (result i32)
    (if (result i32) (i32.eq (local.get $n) (i32.const 0))
      (then (i32.const 1)) (else (call $odd (i32.sub (local.get $n) (i32.const 1))))))
  (func $odd (export "odd") (param $n i32) (result i32)
    (if (result i32) (i32.eq (local.get $n) (i32.const 0))
      (then (i32.const 0)) (else (call $even (i32.sub (local.get $n) (i32.const 1)))))))
(assert_return (invoke "even" (i32.const 13)) (i32.const 0))
(assert_return (invoke "even" (i32.const 20)) (i32.const 1))
(assert_return (invoke "odd" (i32.const 13)) (i32.const 1))
(assert_return (invoke "odd" (i32.const 20)) (i32.const 0))
"""

SWITCH = """
(module
  (func (export "stmt") (param $i i32) (result i32)
    (local $j i32)
    (local.set $j (i32.const 100))
    (block $switch (block $7 (block $default (block $6 (block $5 (block $4 (block $3
      (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 $4 $5 $6 $7 $default (local.get $i))) ;; 0
        (return (local.get $i))) ;; 1
        (nop)) ;; 2, falls through
        ) ;; 3
        (local.set $j (i32.sub (i32.const 0) (local.get $i)))
        (br $switch)) ;; 4
        (br $switch)) ;; 5
        (local.set $j (i32.const 101))
        (br $switch)) ;; 6
        (local.set $j (i32.const 101))) ;; default
        (local.set $j (i32.const 102))) ;; 7
        )
    (return (local.get $j)))
  (func (export "corner") (result i32)
    (block (br_table 0 (i32.const 0)))
    (i32.const 1)))
(assert_return (invoke "stmt" (i32.const 0)) (i32.const 0))
(assert_return (invoke "stmt" (i32.const 3)) (i32.const -3))
(assert_return (invoke "stmt" (i32.const 4)) (i32.const 100))
(assert_return (invoke "stmt" (i32.const 5)) (i32.const 101))
(assert_return (invoke "stmt" (i32.const 6)) (i32.const 102))
(assert_return (invoke "stmt" (i32.const 7)) (i32.const 100))
(assert_return (invoke "stmt" (i32.const -10)) (i32.const 102))
(assert_return (invoke "corner") (i32.const 1))
(assert_invalid (module (func (br_table 3 (i32.const 0)))) "unknown label")
"""

LABELS = """
(module
  (func (export "block") (result i32)
    (block $exit (result i32) (br $exit (i32.const 1)) (i32.const 0)))
  (func (export "loop3") (result i32)
    (local $i i32)
    (local.set $i (i32.const 0))
    (block $exit (result i32)
      (loop $cont (result i32)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (if (i32.eq (local.get $i) (i32.const 5)) (then (br $exit (local.get $i))))
        (local.get $i))))
  (func (export "shadowing") (result i32)
    (block $l1 (result i32)
      (i32.xor (br $l1 (i32.const 1)) (i32.const 2))))
  (func (export "redefinition") (result i32)
    (block $l1 (result i32)
      (i32.add
        (block $l1 (result i32) (i32.const 2))
        (block $l1 (result i32) (br $l1 (i32.const 3)))))))
(assert_return (invoke "block") (i32.const 1))
(assert_return (invoke "loop3") (i32.const 1))
(assert_return (invoke "shadowing") (i32.const 1))
(assert_return (invoke "redefinition") (i32.const 5))
(assert_invalid (module (func (block $l (i32.clz (br_if $l (i32.const 0) (i32.const 1))))))
  "type mismatch")
"""

MEMORY_GROW = """
(module
  (memory 0)
  (func (export "load_at_page_size") (result i32) (i32.load (i32.const 0x10000)))
  (func (export "store_at_page_size") (i32.store (i32.const 0x10000) (i32.const 3)))
  (func (export "grow") (param $sz i32) (result i32) (memory.grow (local.get $sz)))
  (func (export "size") (result i32) (memory.size)))
(assert_return (invoke "size") (i32.const 0))
(assert_trap (invoke "store_at_page_size") "out of bounds memory access")
(assert_return (invoke "grow" (i32.const 1)) (i32.const 0))
(assert_trap (invoke "load_at_page_size") "out of bounds memory access")
(assert_return (invoke "grow" (i32.const 4)) (i32.const 1))
(assert_return (invoke "load_at_page_size") (i32.const 0))
(assert_return (invoke "store_at_page_size"))
(assert_return (invoke "load_at_page_size") (i32.const 3))
(module (memory 0)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
(assert_return (invoke "grow" (i32.const 2)) (i32.const 0))
(assert_return (invoke "grow" (i32.const 1)) (i32.const 2))
(assert_return (invoke "grow" (i32.const 800)) (i32.const 3))     ;; limit
(assert_return (invoke "grow" (i32.const 0x10000)) (i32.const -1))
(assert_return (invoke "grow" (i32.const 64736)) (i32.const -1))
(assert_return (invoke "grow" (i32.const 1)) (i32.const 803))     ;; limit
(module (memory 0 10)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
(assert_return (invoke "grow" (i32.const 10)) (i32.const 0))
(assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
"""

FUNC_PTRS = """
(module
  (type (func)) (type $T (func (param i32) (result i32)))
  (import "spectest" "print_i32" (func $print (param i32)))
  (func (export "four") (type $T) (local.get 0)))
(assert_return (invoke "four" (i32.const 83)) (i32.const 83))
(module
  (type $T (func (param) (result i32)))
  (type $U (func (param) (result i32)))
  (table funcref (elem $t1 $t2 $t3 $u1 $u2 $t1 $t3))
  (func $t1 (type $T) (i32.const 1))
  (func $t2 (type $T) (i32.const 2))
  (func $t3 (type $T) (i32.const 3))
  (func $u1 (type $U) (i32.const 4))
  (func $u2 (type $U) (i32.const 5))
  (func (export "callt") (param $i i32) (result i32)
    (call_indirect (type $T) (local.get $i)))
  (func (export "callv") (param $i i32) (call_indirect (local.get $i))))
(assert_return (invoke "callt" (i32.const 0)) (i32.const 1))
(assert_return (invoke "callt" (i32.const 3)) (i32.const 4))
(assert_return (invoke "callt" (i32.const 6)) (i32.const 3))
(assert_trap (invoke "callt" (i32.const 7)) "undefined element")
(assert_trap (invoke "callt" (i32.const -1)) "undefined element")
(assert_trap (invoke "callv" (i32.const 1)) "indirect call type mismatch")
(module (table 3 funcref) (elem (i32.const 1) $f) (func $f)
  (func (export "call") (param i32) (call_indirect (local.get 0))))
(assert_trap (invoke "call" (i32.const 0)) "uninitialized element 0")
(assert_return (invoke "call" (i32.const 1)))
"""

STACK_AND_UNWIND = """
(module
  (func (export "fac-mixed") (param $n i64) (result i64)
    (local $i i64) (local $res i64)
    local.get $n
    local.set $i
    (local.set $res (i64.const 1))
    block $done
      loop $loop
        (i64.eq (local.get $i) (i64.const 0))
        if
          br $done
        else
          (i64.mul (local.get $i) (local.get $res))
          local.set $res
          (i64.sub (local.get $i) (i64.const 1))
          local.set $i
        end
        br $loop
      end
    end
    local.get $res)
  (func (export "func-unwind-by-br") (i32.const 3) (i64.const 1) (br 0))
  (func (export "block-value-unwind-by-br") (result i32)
    (block (result i32) (i32.const 3) (i64.const 1) (br 0 (i32.const 9))))
  (func (export "if-nested") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (block (br_if 0 (i32.const 1))) (i32.const 1))
      (else (i32.const 2) (i32.const 3) (drop))))
  (func (export "unreachable") (result i32) (i32.const 3) (i64.const 1) (unreachable)))
(assert_return (invoke "fac-mixed" (i64.const 25)) (i64.const 7034535277573963776))
(assert_return (invoke "func-unwind-by-br"))
(assert_return (invoke "block-value-unwind-by-br") (i32.const 9))
(assert_return (invoke "if-nested" (i32.const 1)) (i32.const 1))
(assert_return (invoke "if-nested" (i32.const 0)) (i32.const 2))
(assert_trap (invoke "unreachable") "unreachable")
"""

START = """
(assert_invalid (module (func) (start 1)) "unknown function")
(assert_invalid (module (func $main (result i32) (return (i32.const 0))) (start $main))
  "start function")
(module
  (memory (data "A"))
  (func $inc (export "inc")
    (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1))))
  (func $get (export "get") (result i32) (return (i32.load8_u (i32.const 0))))
  (func $main (call $inc) (call $inc) (call $inc))
  (start $main))
(assert_return (invoke "get") (i32.const 68))
(invoke "inc")
(assert_return (invoke "get") (i32.const 69))
(module (func $print (import "spectest" "print")) (start 0))
(assert_trap (module (func $main (unreachable)) (start $main)) "unreachable")
"""

LINKING = """
(module $Mt
  (type (func (result i32)))
  (table (export "tab") 10 funcref)
  (elem (i32.const 2) $g $g $g $g)
  (func $g (result i32) (i32.const 4))
  (func (export "h") (result i32) (i32.const -4))
  (func (export "call") (param i32) (result i32)
    (call_indirect (type 0) (local.get 0))))
(register "Mt" $Mt)
(assert_return (invoke $Mt "call" (i32.const 2)) (i32.const 4))
(assert_trap (invoke $Mt "call" (i32.const 1)) "uninitialized")
(module $Ot
  (table (import "Mt" "tab") 5 funcref)
  (elem (i32.const 1) $i $i)
  (func $i (result i32) (i32.const 6)))
(assert_return (invoke $Mt "call" (i32.const 3)) (i32.const 4))
(assert_return (invoke $Mt "call" (i32.const 2)) (i32.const 6))  ;; refused: $Ot wrote it
(assert_return (invoke $Ot "call" (i32.const 3)) (i32.const 4))  ;; refused
(assert_unlinkable (module (func (import "Mt" "missing"))) "unknown import")
(module (func (export "e") (param f32)))
(assert_return (invoke "e" (f32.const nan:0x200000)))
(assert_return (invoke $Mt "h") (i32.const -4))
"""

GLOBALS_AND_EXPORTS = """
(module $Global
  (global $e (export "e") i32 (i32.const 42))
  (global $m (export "m") (mut i64) (i64.const -1))
  (func $f (export "a") (export "b") (param $n i32) (result i32)
    (return (i32.add (local.get $n) (i32.const 1)))))
(assert_return (get "e") (i32.const 42))
(assert_return (get $Global "m") (i64.const 0xffff_ffff_ffff_ffff))
(assert_return (invoke $Global "b" (i32.const 42)) (i32.const 43))
(module)
(assert_return (get $Global "e") (i32.const 42))
(assert_invalid (module (func) (export "a" (func 1))) "unknown function")
(assert_invalid (module (func) (export "a" (func 0)) (export "a" (func 0)))
  "duplicate export name")
(assert_invalid (module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1))))
  "immutable global")
"""

ODD_FORMS = """
(module definition $D (func (export "f") (result i32) (i32.const 1)))
(module instance $I $D)
(assert_return (invoke $I "f") (either (i32.const 2) (i32.const 1)))
(assert_return (invoke $I "f") (either (f32.const nan:canonical) (i32.const 1)))
(assert_return (invoke $I "f") (f64.const nan:arithmetic))
(assert_return (invoke $I "f") (v128.const f32x4 nan:canonical 0 1 2))
(assert_return (invoke $I "f") (ref.func))
(assert_return (invoke $I "f" (ref.null func)) (i32.const 0))
(assert_return (invoke $I "f" (ref.extern 1)) (ref.null))
(assert_exception (invoke $I "f"))
(assert_return_arithmetic_nan (invoke $I "f"))
(assert_malformed_custom (module quote "(@custom)") "@custom annotation")
(module (func (@name "x") (export "g")) (@custom "c" (after func) "\\00"))
(assert_return (invoke "g"))
(thread $T (shared (module $I)) (invoke "f"))
(wait $T)
"""

BINARY = r"""
(assert_malformed
  (module binary
    "\00asm" "\01\00\00\00"
    "\01\04\01\60\00\00" "\03\02\01\00"
    "\06\05\01\7f\00\41\00"    ;; global section without an end marker
    "\0a\04\01\02\00\0b")       ;; its id would be an excluded instruction
  "unexpected end of section or function")
"""


def run(text: str) -> Report:
    return run_script(text, file="test.wast")


@pytest.mark.parametrize(
    ("text", "passed", "refused", "skipped"),
    [
        pytest.param(I64, 10, 0, 1, id="i64"),
        pytest.param(FAC, 3, 0, 0, id="fac"),
        pytest.param(FORWARD, 4, 0, 0, id="forward"),
        pytest.param(SWITCH, 9, 0, 0, id="switch"),
        pytest.param(LABELS, 5, 0, 0, id="labels"),
        pytest.param(MEMORY_GROW, 14, 0, 2, id="memory_grow"),
        pytest.param(FUNC_PTRS, 8, 1, 0, id="func_ptrs"),
        pytest.param(STACK_AND_UNWIND, 6, 0, 0, id="stack and unwind"),
        pytest.param(START, 5, 0, 0, id="start"),
        pytest.param(LINKING, 4, 4, 0, id="linking"),
        pytest.param(GLOBALS_AND_EXPORTS, 7, 0, 0, id="globals and exports"),
        pytest.param(BINARY, 1, 0, 0, id="binary"),
        pytest.param(ODD_FORMS, 3, 10, 0, id="odd forms"),
    ],
)
def test_scripts_of_the_suite(text: str, passed: int, refused: int, skipped: int) -> None:
    report = run(text)
    counts = (report.passed, report.failed, report.refused, report.skipped)
    assert counts == (passed, 0, refused, skipped), report.details
    assert report.error is None
    assert report.message_mismatches == []


def test_every_assertion_of_a_script_depends_on_what_it_expects() -> None:
    wrong = run(FORWARD.replace("(i32.const 0))\n", "(i32.const 5))\n").replace("1))\n", "7))\n"))
    assert (wrong.passed, wrong.failed) == (0, 4)
