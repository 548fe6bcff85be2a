"""The language means what Python means by the same text, with integers of a size."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlstore.wasm import LanguageError, Source, compile_program
from tests.sqlstore.wasm import as_python
from tests.sqlstore.wasm.as_python import I32, I64
from tests.sqlstore.wasm.generator import sources
from tests.sqlstore.wasm.programs import call, exported, program_of, result, trap
from wasm_interp.machine import Tier
from wasm_interp.module import FunctionType
from wasm_interp.opcodes import ValueType
from wasm_interp.state import Status, TrapCode

SMALL = st.one_of(st.integers(-9, 9), st.integers(-(2**31), 2**31 - 1))
WIDE = st.one_of(st.integers(-9, 9), st.integers(-(2**63), 2**63 - 1))


@settings(deadline=None, max_examples=150)
@given(sources(), st.tuples(SMALL, SMALL, SMALL), st.tuples(WIDE, WIDE, WIDE))
def test_it_means_what_python_means(
    text: str, small: tuple[int, ...], wide: tuple[int, ...]
) -> None:
    expected = as_python.run(text, "f", *map(I32.of, small), *map(I64.of, wide))
    assert result(program_of(text), "f", *small, *wide) == expected, text


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    [
        ("a: i32, b: i32) -> i32: return a and b", (2, 5), 5),
        ("a: i32, b: i32) -> i32: return a and b", (0, 5), 0),
        ("a: i32, b: i32) -> i32: return a or b", (7, 5), 1),
        ("a: i32, b: i32) -> i32: return a or b", (0, 5), 5),
        ("a: i64) -> i64: return a << 40", (1,), 2**40),
        ("a: i64) -> i32: return not a", (2**32,), 0),
        ("a: i64) -> i32: return i32(a)", (2**32 + 5,), 5),
        ("a: i32) -> i64: return u64(a)", (-1,), 2**32 - 1),
        ("a: i32) -> i64: return i64(a)", (-1,), -1),
        ("a: i32) -> i32: return rotl(a, 4) + ctz(a)", (1 << 31,), 8 + 31),
        ("a: i64) -> i64: return div_s(a, 3) + rem_s(a, 3)", (-7,), -3),
        ("a: i64) -> i64: return -(1 << 63) + a", (0,), -(2**63)),
        ("a: i32) -> i32: return ord('A') + a * True", (1,), 66),
        ("a: i32) -> i32: return 0xFFFFFFFF + a", (1,), 0),
        ("a: i32) -> i32: return memory_size() + a", (1,), 2),
    ],
)
def test_expressions(text: str, args: tuple[int, ...], expected: int) -> None:
    assert result(program_of(f"def f({text}"), "f", *args) == expected


def test_both_sides_of_and_are_evaluated_only_if_needed() -> None:
    text = """
def stop() -> i32:
    trap()

def f(a: i32) -> i32:
    if a == 1 and stop():
        return 1
    if a > 0 or stop():
        return 2 if a else stop()
    return 3
"""
    program = program_of(text)
    assert result(program, "f", 2) == 2
    assert trap(program, "f", 1) is TrapCode.UNREACHABLE
    assert trap(program, "f", 0) is TrapCode.UNREACHABLE


def test_the_end_of_a_range_is_evaluated_once() -> None:
    text = """
def f(n: i32) -> i32:
    count = 0
    for at in range(n):
        n -= 1
        count += 1
    for at in range(count, count + 3):
        if at == 5:
            continue
        count += 10
    return count * 100 + at
"""
    assert result(program_of(text), "f", 4) == 2407


MEMORY = """
def f(p: i32) -> i64:
    store8(p, -1)
    store16(p, -2, 1)
    store32(p, -3, offset=3)
    store64(p, -4, 7)
    store8(p, i64(load8_s(p)) + 6, 15)
    store16(p, u64(load16(p, 1)), 16)
    store32(p, i64(load32(p, 3)) + 1, 18)
    a = load8(p) + load8_s(p)
    b = load16(p, offset=1) + load16_s(p, 1)
    c = u64(load32(p, 3)) + i64(load32(p, 3))
    d = u64(load8(p)) + i64(load8_s(p)) + i64(load16(p, 1)) + i64(load16_s(p, 1))
    return i64(a) + i64(b) + c + d + load64(p, 7) + load64(p + 15)
"""


def test_memory_is_little_endian() -> None:
    m = call(program_of(MEMORY), "f", 100)
    written = b"\xff" + b"\xfe\xff" + b"\xfd\xff\xff\xff" + b"\xfc" + b"\xff" * 7
    more = b"\x05" + b"\xfe\xff" + b"\xfe\xff\xff\xff"
    assert m.memory[100:123] == written + more + b"\0"
    small = (255 - 1) + (65534 - 2) + (2**32 - 3 - 3) + (255 - 1 + 65534 - 2) - 4
    assert m.result == (small + int.from_bytes(more + b"\0", "little")) % 2**64


def test_copy_and_fill_are_those_of_memory() -> None:
    text = "def f(p: i32) -> None:\n    copy(p + 2, p, 4)\n    fill(p, 0x2A, 2)\n"
    m = call(program_of(text), "f", 64, memory={64: b"abcd"})
    assert m.memory[64:71] == b"**abcd\0"
    assert m.status is Status.HALTED


def test_host_functions_are_words() -> None:
    text = """
def f(p: i32) -> i32:
    db_put(p, 1, p, 3)
    db_put(p, 2, p, 3)
    db_delete(p, 1)
    return db_get(p, 2, p + 8, 8) + db_seek(p, 0, 0, p + 16, 8) + db_seek_back(p, 1, 0, p, 8)
"""
    m = call(program_of(text), "f", 64, memory={64: b"abc"})
    assert (m.result, m.memory[72:75], m.memory[80:82]) == (3 + 2 - 1, b"abc", b"ab")
    assert list(m.rows.items()) == [(b"ab", b"abc")]


# -- programs --------------------------------------------------------------------------------------

LIBRARY = Source(
    name="library",
    text="""
STEP = 2
ACROSS = STEP * 10

def unused(a: i32) -> i32:
    return db_get(a, a, a, a)

def twice(a: i32) -> i32:
    return a * STEP
""",
)
ONE = Source(
    name="one",
    text="""
STEP = 3

def twice(a: i32) -> i32:
    return own(a) + twice(a) + STEP + ACROSS

def own(a: i32) -> i32:
    return 100 * a
""",
    roots=("twice",),
)
OTHER = Source(name="other", text="def own(a: i32) -> i32:\n    return a\n", roots=("own",))


def test_a_source_is_a_namespace_and_the_library_is_known_to_all() -> None:
    compiled = compile_program([ONE, OTHER], library=[LIBRARY])
    reached = [(each.source, each.name) for each in compiled.functions]
    # The root is called as the library's function is; what it calls is the library's.
    assert reached == [("one", "twice"), ("one", "own"), ("other", "own"), ("library", "twice")]
    assert compiled.hosts == ()
    from wasm_interp import load

    program = load(exported(compiled), reducer=False)
    assert [each.symbol for each in program.functions] == [f"sql:{name}" for _, name in reached]


def test_only_host_functions_that_are_reached_are_asked_for() -> None:
    text = "def f() -> i32:\n    return db_seek(0, 0, 0, 0, 0) + db_get(0, 1, 0, 0)\n"
    compiled = compile_program([Source(name="test", text=text, roots=("f",))], library=[LIBRARY])
    assert compiled.hosts == (("db", "get"), ("db", "seek"))


def test_locals_are_declared_in_runs_in_the_order_of_their_first_use() -> None:
    text = """
def f(a: i32) -> i64:
    b = a
    c: i32 = 1
    d: i64
    e = u64(b + c)
    return d + e
"""
    (function,) = compile_program([Source(name="test", text=text, roots=("f",))]).functions
    assert function.local_runs == ((2, ValueType.I32), (2, ValueType.I64))
    assert function.type == FunctionType((ValueType.I32,), (ValueType.I64,))


def test_a_value_that_is_assigned_and_used_at_once_stays_on_the_stack() -> None:
    text = "def f(a: i32) -> i32:\n    b = a + 1\n    return b\n"
    (function,) = compile_program([Source(name="test", text=text, roots=("f",))]).functions
    names = [instr.opcode.name for instr in function.body]
    assert names == ["local.get", "i32.const", "i32.add", "local.tee", "end"]


def test_code_is_the_same_whatever_the_hashes_of_the_process() -> None:
    code = """
from tests.sqlstore.runtime.library import library
print(library().wasm_hash.hex())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop()) == 65


def test_every_tier_runs_it() -> None:
    program = program_of("def f(a: i32) -> i32:\n    return a * 7\n")
    for tier in Tier:
        if tier is Tier.NATIVE:
            pytest.importorskip("wasmtime")
        assert call(program, "f", 6, tier=tier).result == 42


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("return x", 2, "i64 expected: x is i32"),
        ("y = i64(x)\n    return x + y", 3, "i32 and i64 do not mix"),
        ("return z", 2, "'z' has no value"),
        ("x = i64(x)", 2, "i32 expected"),
        ("y: i64 = 1\n    y: i32 = 2", 3, "'y' is i64, not i32"),
        ("pass", 2, "'f' may end without a result"),
        ("if x:\n        return 1", 2, "'f' may end without a result"),
        ("while x:\n        return 1", 2, "'f' may end without a result"),
        ("while True:\n        break", 2, "'f' may end without a result"),
        ("return", 2, "a result too many, or one is missing"),
        ("y = x / 2", 2, "no operator: x / 2"),
        ("y = x // 2", 2, "no operator"),
        ("y = x is x", 2, "no comparison of integers"),
        ("y = [x]", 2, "no expression: [x]"),
        ("y = 'text'", 2, "no expression"),
        ("y = 1.5", 2, "no expression"),
        ("x + 1", 2, "the value is lost"),
        ("y: i32 = 2 ** 32", 2, "i32 expected: 2 ** 32 is i64"),
        ("return -(1 << 63) - 1", 2, "is no i64"),
        ("y = missing(x)", 2, "no function 'missing'"),
        ("missing(x)", 2, "no function 'missing'"),
        ("x.y()", 2, "no function: x.y"),
        ("y = load8(x, x)", 2, "the offset must be a constant u32"),
        ("y = load8(x, -1)", 2, "the offset must be a constant u32"),
        ("y = load8(x, shift=1)", 2, "an argument of that name is not known"),
        ("y = load8()", 2, "1 arguments expected"),
        ("store8(x)", 2, "an address and a value expected"),
        ("store64(x, x)", 2, "'store64' takes no i32"),
        ("y = store8(x, 1)", 2, "'store8' has no value"),
        ("y = clz(x, x)", 2, "1 arguments expected"),
        ("y = i64(x, x)", 2, "one argument expected"),
        ("y = f(x, x)", 2, "1 arguments expected"),
        ("y = f(x=x)", 2, "'f' takes no argument by its name"),
        ("y = 1 < clz(x) < 5", 2, "it would be called twice"),
        ("y = clz(x) in (1, 2)", 2, "it would be called twice"),
        ("a, b = x", 2, "no statement"),
        ("a, b = x, x, x", 2, "as many names as values"),
        ("x[0] = 1", 2, "no statement"),
        ("y: f64 = 1", 2, "no type 'f64'"),
        ("break", 2, "there is no loop to leave"),
        ("for y in x:\n        pass", 2, "goes over a range"),
        ("for y in range(x):\n        pass\n    else:\n        pass", 2, "goes over a range"),
        ("for y in range(0, x, x):\n        pass", 2, "the step must be a constant"),
        ("for y in range(0, x, 0):\n        pass", 2, "the step must be a constant"),
        ("for y in range(x):\n        y = 1", 2, "'y' is changed in its loop"),
        ("while x:\n        pass\n    else:\n        pass", 2, "a loop has no else"),
        ("with x:\n        pass", 2, "no statement"),
        ("def g() -> None: pass", 2, "no statement"),
        ("return x if x else i64(x)", 2, "i32 and i64 do not mix"),
        ("if i64(x):\n        pass", 2, "i32 expected"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_line(body: str, line: int, reason: str) -> None:
    text = f"def f(x: i32) -> i64:\n    {body}\n"
    with pytest.raises(LanguageError) as caught:
        program_of(text)
    assert reason in str(caught.value)
    assert (caught.value.source, caught.value.line) == ("test", line)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os", "neither a function nor a constant"),
        ("A = b", "'A' is not constant"),
        ("A = 1\nA = 2", "'A' is declared twice"),
        ("def f() -> None: pass\ndef f() -> None: pass", "'f' is declared twice"),
        ("def f(a) -> None: pass", "'f' lacks a type"),
        ("def f(a: int) -> None: pass", "'f' lacks a type"),
        ("def f(): pass", "'f' lacks a type"),
        ("def f(a: i32 = 1) -> None: pass", "parameters that are not plain"),
        ("def f(*, a: i32) -> None: pass", "parameters that are not plain"),
        ("@g\ndef f() -> None: pass", "'f' has a decorator"),
        ("def f(:", "invalid syntax"),
    ],
)
def test_declarations_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(LanguageError, match=reason):
        program_of(text)


def test_a_library_declares_each_name_once_and_no_word() -> None:
    again = Source(name="again", text="def twice(a: i32) -> i32:\n    return a\n")
    word = Source(name="word", text="def load8(a: i32) -> i32:\n    return a\n")
    for source, reason in (
        (again, "'twice' is declared twice in the library"),
        (word, "'load8' is a word of the language"),
    ):
        with pytest.raises(LanguageError, match=reason):
            compile_program([], library=[LIBRARY, source])
