"""The runner of scripts: every verdict, and what lives on between actions."""

from __future__ import annotations

import sys

import pytest

from wasm_interp.script.report import Report, Verdict
from wasm_interp.script.runner import run_script
from wasm_interp.script.text import INSTALL_HINT

pytest.importorskip("wasmtime", reason="scripts with modules in text form need wasmtime")

PASSED, FAILED, REFUSED, SKIPPED = Verdict.PASSED, Verdict.FAILED, Verdict.REFUSED, Verdict.SKIPPED

PREAMBLE = r"\00asm\01\00\00\00"


def run(text: str) -> Report:
    report = run_script(text, file="test.wast")
    assert report.error is None
    details = [entry.verdict for entry in report.details]
    counts = (report.failed, report.refused, report.skipped)
    assert counts == tuple(details.count(kind) for kind in (FAILED, REFUSED, SKIPPED))
    return report


def verdicts(report: Report) -> list[tuple[int, Verdict]]:
    return [(entry.line, entry.verdict) for entry in report.details]


def only_reason(report: Report, verdict: Verdict) -> str:
    (entry,) = report.details
    assert entry.verdict is verdict
    return entry.reason


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.passed, report.failed, report.refused, report.skipped


CALCULATOR = """
(module $calculator
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "div") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "nothing"))
  (func (export "stop") unreachable)
  (global (export "g") i64 (i64.const -3))
  (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
"""


@pytest.mark.parametrize(
    "assertion",
    [
        '(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))',
        '(assert_return (invoke $calculator "add" (i32.const 1) (i32.const -2)) (i32.const -1))',
        '(assert_return (invoke "add" (i32.const 1) (i32.const -2)) (i32.const 0xffff_ffff))',
        '(assert_return (invoke "div" (i64.const -9) (i64.const 2)) (i64.const -4))',
        '(assert_return (invoke "nothing"))',
        '(assert_return (get "g") (i64.const -3))',
        '(assert_return (get $calculator "g") (either (i64.const 1) (i64.const -3)))',
        '(assert_trap (invoke "stop") "unreachable")',
        '(assert_trap (invoke "div" (i64.const 1) (i64.const 0)) "integer divide by zero")',
        '(assert_trap (invoke "load" (i32.const 65533)) "out of bounds memory access")',
    ],
)
def test_what_passes(assertion: str) -> None:
    assert counts(run(CALCULATOR + assertion)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        (
            '(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))',
            "expected i32:4, not i32:3",
        ),
        ('(assert_return (get "g") (i32.const -3))', "expected i32:4294967293, not i64:"),
        ('(assert_return (invoke "nothing") (i32.const 0))', "expected i32:0, not nothing"),
        ('(assert_return (get "g"))', "expected no result, not i64:"),
        ('(assert_return (get "g") (either (i64.const 1)))', "expected i64:1, not i64:"),
        ('(assert_return (invoke "stop"))', "expected no result, not trap 'unreachable'"),
        ('(invoke "stop")', "expected no trap, not trap 'unreachable'"),
        ('(assert_trap (invoke "nothing") "unreachable")', "expected 'unreachable', not nothing"),
        (
            '(assert_trap (invoke "div" (i64.const 1) (i64.const 0)) "integer overflow")',
            "expected 'integer overflow', not trap 'divide by zero'",
        ),
        ('(assert_trap (invoke "stop") "some words")', "expected 'some words', not trap"),
        ('(assert_return (invoke "missing"))', "no function is exported as 'missing'"),
        ('(assert_return (get "missing"))', "no global is exported as 'missing'"),
        ('(assert_return (invoke $missing "f"))', "there is no module $missing"),
        (
            '(assert_return (invoke "add" (i32.const 1)))',
            "'add' has type (i32 i32) -> (i32): wrong",
        ),
        ('(assert_return (invoke "load" (i64.const 1)))', "'load' has type (i32) -> (i32): wrong"),
        ("(assert_return)", "not understood: 'assert_return' lacks a form"),
        ('(register "M" $missing)', "there is no module $missing"),
        ("(module instance $i $missing)", "there is no module definition $missing"),
        ('(assert_invalid (module) "x")', "expected 'x': module is accepted"),
        ('(assert_unlinkable (module) "x")', "expected 'x': module is accepted"),
        ('(assert_trap (module) "unreachable")', "expected 'unreachable', not nothing"),
        (
            '(assert_malformed (module binary "\\00asm\\01\\00\\00\\00") "x")',
            "expected 'x': module",
        ),
        ('(assert_invalid (module binary "") "x")', "expected 'x': malformed: "),
        (
            '(assert_trap (module (memory 0) (data (i32.const 0) "a")) "unreachable")',
            "expected 'unreachable': cannot link: P-10",
        ),
    ],
)
def test_what_fails(assertion: str, reason: str) -> None:
    report = run(CALCULATOR + assertion)
    assert report.passed == 0
    assert only_reason(report, FAILED).startswith(reason)


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        (
            '(assert_return (invoke "load" (ref.null func)) (i32.const 0))',
            "P-4: ref.null is an argument",
        ),
        ('(assert_return (get "g") (f32.const nan:canonical))', "P-4: f32.const is expected"),
        (
            '(assert_return (get "g") (either (i64.const 1) (ref.null)))',
            "P-4: ref.null is expected",
        ),
        ('(assert_return (get "g") (i32.const 1) (i32.const 2))', "P-5: 2 results are expected"),
        ('(assert_exception (invoke "stop"))', "'assert_exception': P-4"),
        ("(thread $t)", "'thread' is not a command"),
        ("(assert_return (wait $t))", "'wait' is not an action"),
        ('(assert_invalid (module (func (result f32))) "type mismatch")', "P-4: f32"),
        ('(assert_trap (module (import "a" "b" (func))) "x")', "P-8: import a.b"),
        (
            '(assert_unlinkable (module (import "a" "b" (func))) "unknown import")',
            "P-8: import a.b",
        ),
        (
            f'(assert_malformed (module binary "{PREAMBLE}" "\\0d\\00") "malformed section id")',
            "P-4: tag section",
        ),
    ],
)
def test_what_is_refused(assertion: str, reason: str) -> None:
    report = run(CALCULATOR + assertion)
    assert report.passed == 0
    assert only_reason(report, REFUSED).startswith(reason)


@pytest.mark.parametrize(
    "assertion",
    [
        '(assert_malformed (module quote "(func") "unexpected token")',
        '(assert_invalid (module quote "(func (result i32))") "type mismatch")',
        '(assert_malformed (module (func)) "x")',
    ],
)
def test_the_text_format_is_skipped(assertion: str) -> None:
    assert only_reason(run(assertion), SKIPPED) == "text format"


def test_an_invalid_module_whose_text_is_refused_is_skipped_with_the_words() -> None:
    report = run('(assert_invalid (module (func (local.get $x))) "unknown local")')
    assert only_reason(report, SKIPPED).startswith("text format: wat2wasm: unknown local")


def test_modules_that_are_rightly_refused() -> None:
    report = run(
        f"""
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_invalid (module binary "{PREAMBLE}" "\\03\\02\\01\\00" "\\0a\\04\\01\\02\\00\\0b")
          "unknown type")
        (assert_malformed (module binary "\\00as") "unexpected end")
        (assert_trap (module (memory 0) (data (i32.const 0) "a")) "out of bounds memory access")
        (assert_trap (module (table 0 funcref) (func $f) (elem (i32.const 0) $f))
          "out of bounds table access")
        (assert_unlinkable (module (memory 0) (data (i32.const 0) "a"))
          "data segment does not fit")
        (assert_trap (module (func $f unreachable) (start $f)) "unreachable")
        """
    )
    assert counts(report) == (7, 0, 0, 0)
    assert report.message_mismatches == []


def test_other_words_pass_and_are_noted() -> None:
    report = run('(assert_malformed (module binary "\\00as") "some words")')
    assert counts(report) == (1, 0, 0, 0)
    (mismatch,) = report.message_mismatches
    assert (mismatch.line, mismatch.expected) == (1, "some words")
    assert mismatch.actual.startswith("unexpected end")


COUNTER = """(module $counter
  (memory 1 3)
  (global $g (export "g") (mut i32) (i32.const 10))
  (func (export "inc") (global.set $g (i32.add (global.get $g) (i32.const 1))))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) memory.size)
  (func (export "store and trap") (i32.store (i32.const 0) (i32.const 77))
    (global.set $g (i32.const 99)) unreachable))
"""


def test_state_lives_on_between_actions() -> None:
    report = run(
        COUNTER
        + """
        (invoke "inc") (invoke "inc")
        (assert_return (get "g") (i32.const 12))
        (assert_return (invoke "store" (i32.const 8) (i32.const 5)))
        (assert_return (invoke "load" (i32.const 8)) (i32.const 5))
        (assert_return (invoke "grow" (i32.const 2)) (i32.const 1))
        (assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
        (assert_return (invoke "size") (i32.const 3))
        (assert_return (invoke "store" (i32.const 0x2fffc) (i32.const 6)))
        (assert_return (invoke "load" (i32.const 0x2fffc)) (i32.const 6))
        (assert_trap (invoke "load" (i32.const 0x2fffd)) "out of bounds memory access")
        """
    )
    assert counts(report) == (9, 0, 0, 0)


def test_traps_keep_what_was_written_before_them() -> None:
    report = run(
        COUNTER
        + """
        (assert_trap (invoke "store and trap") "unreachable")
        (assert_return (get "g") (i32.const 99))
        (assert_return (invoke "load" (i32.const 0)) (i32.const 77))
        """
    )
    assert counts(report) == (3, 0, 0, 0)


def test_instances_do_not_share_state() -> None:
    report = run(
        COUNTER
        + """
        (invoke "inc")
        (module $other (global (export "g") i32 (i32.const 1)))
        (assert_return (get "g") (i32.const 1))
        (invoke $counter "inc")
        (assert_return (get $counter "g") (i32.const 12))
        """
        + COUNTER
        + '(assert_return (get $counter "g") (i32.const 10))'
    )
    assert counts(report) == (3, 0, 0, 0)
    assert report.modules == 3


def test_the_start_function_runs_once() -> None:
    report = run(
        """
        (module (global $g (export "g") (mut i32) (i32.const 0)) (func (export "nop"))
          (func $start (global.set $g (i32.add (global.get $g) (i32.const 1)))) (start $start))
        (assert_return (get "g") (i32.const 1))
        (assert_return (invoke "nop"))
        (assert_return (get "g") (i32.const 1))
        """
    )
    assert counts(report) == (3, 0, 0, 0)


def test_a_start_function_that_traps_fails_its_module() -> None:
    report = run(
        """(module (func $f unreachable) (start $f) (func (export "f")))
        (assert_return (invoke "f"))"""
    )
    assert verdicts(report) == [(1, FAILED), (2, FAILED)]
    assert "start function of the module at line 1" in report.details[1].reason


def test_definitions_are_instantiated_by_name() -> None:
    report = run(
        """
        (module definition $d (global $g (export "g") (mut i32) (i32.const 0))
          (func (export "inc") (global.set $g (i32.add (global.get $g) (i32.const 1)))))
        (module instance $a $d)
        (module instance $b $d)
        (invoke $a "inc")
        (assert_return (get $a "g") (i32.const 1))
        (assert_return (get $b "g") (i32.const 0))
        (assert_return (get "g") (i32.const 0))
        (module instance)
        (assert_return (get "g") (i32.const 0))
        """
    )
    assert counts(report) == (4, 0, 0, 0)
    assert report.modules == 3


def test_a_refused_module_takes_its_assertions_with_it() -> None:
    report = run(
        """(module $good (func (export "f")))
        (module $bad (func (export "f") (drop (f32.const 0))))
        (invoke "f")
        (assert_return (invoke "f"))
        (assert_trap (invoke $bad "f") "unreachable")
        (assert_return (get $bad "g") (i32.const 1))
        (assert_return (invoke $good "f"))"""
    )
    assert report.passed == 1
    assert verdicts(report) == [(line, REFUSED) for line in (4, 5, 6)]
    for entry in report.details:
        assert entry.reason.startswith("P-4: f32.const")
        assert entry.reason.endswith("(module at line 2)")
    assert (report.modules, report.modules_refused) == (1, 1)


def test_a_broken_module_fails_with_its_assertions() -> None:
    report = run(
        """(module (func (export "f") (result i32)))
        (assert_return (invoke "f"))"""
    )
    assert verdicts(report) == [(1, FAILED), (2, FAILED)]
    assert report.details[0].reason.startswith("invalid: type mismatch")


def test_an_action_before_any_module_fails() -> None:
    assert "no module" in only_reason(run('(assert_return (invoke "f"))'), FAILED)


SHARED = """(module $m (memory (export "mem") 1)
    (func (export "load") (result i32) (i32.load (i32.const 0))))
  (register "M" $m)
"""


def test_state_that_a_refused_module_would_have_changed_is_refused() -> None:
    report = run(
        SHARED
        + """(assert_return (invoke $m "load") (i32.const 0))
        (module (import "M" "mem" (memory 1)) (data (i32.const 0) "\\01"))
        (assert_return (invoke $m "load") (i32.const 1))"""
    )
    assert report.passed == 1
    reason = only_reason(report, REFUSED)
    assert reason == "P-8: the module at line 5 imports from it, and is refused"


def test_modules_that_are_not_instantiated_change_nothing() -> None:
    report = run(
        SHARED
        + """(module definition (import "M" "mem" (memory 1)))
        (assert_invalid (module (import "M" "mem" (memory 1)) (func (result f32))) "x")
        (module (import "N" "mem" (memory 1)))
        (assert_return (invoke $m "load") (i32.const 1))"""
    )
    assert verdicts(report) == [(5, REFUSED), (7, FAILED)]


RECURSIVE = """(module
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $down (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 7))))
  (func $runaway (export "runaway") (call $runaway))
  (global $g (mut i32) (i32.const 0))
  (func (export "count") (result i32)
    (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
  (func (export "forever") (loop $l (br $l))))
"""


def test_call_depth_is_named_where_it_decides() -> None:
    report = run(
        RECURSIVE
        + """
        (assert_exhaustion (invoke "runaway") "call stack exhausted")
        (assert_return (invoke "down" (i32.const 1000)) (i32.const 7))
        (assert_return (invoke "down" (i32.const 5000)) (i32.const 7))
        """
    )
    assert report.passed == 2
    assert only_reason(report, SKIPPED) == "limit: call_depth_max is 1024"


def test_fuel_is_named_where_it_decides() -> None:
    report = run(RECURSIVE + '(assert_exhaustion (invoke "forever") "call stack exhausted")')
    assert only_reason(report, SKIPPED) == "limit: fuel is 16777215"


def test_what_follows_a_limit_is_named_and_what_does_not_is_not() -> None:
    report = run(
        RECURSIVE
        + """(assert_return (invoke "count") (i32.const 2))
        (invoke "down" (i32.const 5000))
        (assert_return (invoke "count") (i32.const 2))
        (assert_return (invoke "count") (i32.const 9))"""
    )
    assert [entry.verdict for entry in report.details] == [FAILED, SKIPPED, SKIPPED]
    assert report.passed == 1
    assert report.details[2].reason == "limit: call_depth_max is 1024, reached by an action before"


def test_a_start_function_stopped_by_a_limit_is_skipped() -> None:
    report = run(
        """(module (func $f (call $f)) (start $f) (func (export "f")))
        (assert_return (invoke "f"))
        (assert_trap (module (func $f (loop $l (br $l))) (start $f)) "unreachable")"""
    )
    assert verdicts(report) == [(1, SKIPPED), (2, SKIPPED), (3, SKIPPED)]
    assert report.details[2].reason.startswith("limit: fuel is")


GROWING = """(module (memory 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) memory.size)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
"""


def test_pages_are_named_where_they_decide() -> None:
    report = run(
        GROWING
        + """(assert_return (invoke "grow" (i32.const 255)) (i32.const 1))
        (assert_return (invoke "grow" (i32.const 44)) (i32.const 256))
        (assert_return (invoke "size") (i32.const 300))
        (assert_return (invoke "load" (i32.const 0x1000000)) (i32.const 0))
        (assert_return (invoke "grow" (i32.const 65536)) (i32.const -1))"""
    )
    assert report.passed == 2
    assert verdicts(report) == [(6, SKIPPED), (7, SKIPPED), (8, SKIPPED)]
    assert {entry.reason for entry in report.details} == {"limit: memory_pages_max is 256"}


def test_wrong_sizes_are_not_blamed_on_the_page_limit() -> None:
    report = run(
        GROWING
        + """(assert_return (invoke "size") (i32.const 300))
        (assert_return (invoke "grow" (i32.const 300)) (i32.const 2))"""
    )
    assert verdicts(report) == [(5, FAILED), (6, FAILED)]
    declared = GROWING.replace("(memory 1)", "(memory 1 200)")
    report = run(declared + '(assert_return (invoke "grow" (i32.const 300)) (i32.const 1))')
    assert verdicts(report) == [(5, FAILED)]


def test_a_script_that_cannot_be_read_has_an_error_and_no_verdicts() -> None:
    report = run_script("(module)\n(module", file="f")
    assert report.error == "line 2: '(' is not closed"
    assert (report.passed, report.details) == (0, [])


def test_without_the_converter_binary_modules_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    report = run(
        f"""(module binary "{PREAMBLE}" "\\07\\01\\00")
        (assert_malformed (module binary "") "unexpected end")
        (module (func (export "f")))
        (assert_return (invoke "f"))
        (assert_invalid (module (func (result i32))) "type mismatch")"""
    )
    assert report.passed == 1
    assert verdicts(report) == [(4, REFUSED), (5, REFUSED)]
    assert report.details[0].reason.startswith(f"text format: {INSTALL_HINT}")
    assert report.needs == INSTALL_HINT


def test_confusing_characters_reach_the_converter() -> None:
    report = run('(module (func (export "\u202e") (; \u202d ;)))(assert_return (invoke "\u202e"))')
    assert counts(report) == (1, 0, 0, 0)


def test_a_quoted_module_is_a_module() -> None:
    for text in (r"(func (export \"f\"))", r"(module (func (export \"f\")))"):
        report = run(f'(module quote "{text}")(assert_return (invoke "f"))')
        assert counts(report) == (1, 0, 0, 0)


def test_the_report_as_json_has_plain_values() -> None:
    value = run('(assert_malformed (module quote "") "x")').as_json()
    assert value["file"] == "test.wast"
    assert value["details"] == [
        {
            "line": 1,
            "command": "assert_malformed",
            "verdict": "skipped",
            "reason": "text format",
        }
    ]
