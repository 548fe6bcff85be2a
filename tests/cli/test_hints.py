"""Hints that follow a refusal: which cause gets which advice, whoever made the module.

With real compilers: tests/test_languages_*.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.files import read_program
from cli.hints import SECTIONS_MAX, Language, hint
from tests.wasm_interp.wat import wasm_of
from wasm_interp.errors import Malformed, ModuleError, ProfileViolation
from wasm_interp.link import load

REDUCE = '(func (export "reduce") (result i32) (i32.const 0))'


def vector(data: bytes) -> bytes:
    assert len(data) < 128
    return bytes([len(data)]) + data


def custom(name: str, payload: bytes) -> bytes:
    return b"\0" + vector(vector(name.encode()) + payload)


def names(*symbols: str) -> bytes:
    entries = b"".join(bytes([i]) + vector(name.encode()) for i, name in enumerate(symbols))
    return custom("name", b"\1" + vector(bytes([len(symbols)]) + entries))


MADE_BY = {
    Language.ASSEMBLYSCRIPT: names("reducer/reduce"),
    Language.C: custom("producers", b"\1\x0cprocessed-by\1\5clang\x0622.1.8"),
    Language.RUST: custom("producers", b"\1\x08language\1\4Rust\0"),
    Language.ZIG: custom("producers", b"\1\x08language\1\3C99\0"),
}


def advice(wasm: bytes) -> str | None:
    """Return the hint for a module that has to be refused."""
    with pytest.raises(ModuleError) as caught:
        load(wasm, reducer=True)
    return hint(caught.value, wasm)


@pytest.mark.parametrize(
    ("wasm", "words"),
    [
        (b"(module)", "text form"),
        (b"\n ;; a reducer\n(module)", "text form"),
        (b"\x7fELF\2\1\1", "native program"),
        (b"\0asm\x0d\0\1\0", "component"),
    ],
)
def test_what_is_no_module_is_told_apart(wasm: bytes, words: str) -> None:
    assert words in (advice(wasm) or "")


def test_what_is_not_known_has_no_hint() -> None:
    assert advice(b"") is None
    assert advice(b"something else") is None
    assert advice(wasm_of(f"(module {REDUCE})")[:-1]) is None


CAUSES = {
    "no export": ("(module)", "T-20", ["reduce"] * 4),
    "another type": (
        '(module (func (export "reduce") (param i64)))',
        "T-20",
        ["(): i32", "(void)", "-> u32", "u32"],
    ),
    "the blob form without a memory": (
        '(module (func (export "reduce") (param i32 i32 i32 i32 i32 i32) (result i32)'
        " i32.const 0))",
        "T-20",
        ["(): i32", "(void)", "-> u32", "u32"],
    ),
    "float": (
        f"(module {REDUCE} (func (drop (f64.const 1))))",
        "P-4",
        ["number", "double", "f64", "f64"],
    ),
    "vector": (
        f"(module {REDUCE} (func (drop (v128.const i64x2 0 0))))",
        "P-4",
        ["--disable", "-mcpu=", "target-cpu=mvp", "-mcpu="],
    ),
    "several results": (
        f"(module {REDUCE} (func (result i32 i32) (i32.const 1) (i32.const 2)))",
        "P-5",
        ["--disable", "-mcpu=", "target-cpu=mvp", "-mcpu="],
    ),
    "two tables": (
        f"(module {REDUCE} (table 1 funcref) (table 1 funcref))",
        "P-6",
        ["--disable", "-mcpu=", "target-cpu=mvp", "-mcpu="],
    ),
    "a passive segment": (
        f'(module {REDUCE} (memory 1) (data "x"))',
        "P-7",
        ["threads", "-pthread", "atomics", "shared"],
    ),
    "shared memory": (
        f"(module {REDUCE} (memory 1 1 shared))",
        "P-6",
        ["--sharedMemory", "-pthread", "atomics", "shared"],
    ),
    "an imported memory": (
        f'(module (import "env" "memory" (memory 1)) {REDUCE})',
        "P-8",
        ["--importMemory", "--import-memory", "--import-memory", "--import-memory"],
    ),
    "an import of WASI": (
        f'(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))'
        f" {REDUCE})",
        "P-8",
        ["shim", "wasm32-freestanding", "wasm32-unknown-unknown", "wasm32-freestanding"],
    ),
    "an unknown import": (
        f'(module (import "env" "memcpy" (func)) {REDUCE})',
        "P-8",
        ["channels.ts", "channels.h", "wasm_import_module", "channels.zig"],
    ),
    "a host function of another type": (
        f'(module (import "db" "get" (func)) {REDUCE})',
        "P-8",
        ["channels.ts", "channels.h", "channels.rs", "channels.zig"],
    ),
    "too much memory": (
        f"(module {REDUCE} (memory 257))",
        "P-1",
        ["--initialMemory", "stack-size", "stack-size", "--stack"],
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("language", Language)
def test_a_cause_has_its_advice_in_each_language(cause: str, language: Language) -> None:
    text, rule, words = CAUSES[cause]
    wasm = wasm_of(text) + MADE_BY[language]
    with pytest.raises(ModuleError, match=re.escape(rule)):
        load(wasm, reducer=True)
    line = advice(wasm) or ""
    assert f"{language.value}: " in line
    assert words[list(Language).index(language)] in line
    assert "\n" not in line


@pytest.mark.parametrize("cause", CAUSES)
def test_a_module_of_unknown_origin_gets_the_advice_of_all(cause: str) -> None:
    line = advice(wasm_of(CAUSES[cause][0])) or ""
    assert all(f"{language.value}: " in line for language in Language)


@pytest.mark.parametrize(
    ("name", "words"),
    [("abort", "`--use abort=`"), ("seed", "Math.random"), ("trace", "trace()")],
)
def test_imports_of_assemblyscripts_library_are_known(name: str, words: str) -> None:
    line = advice(wasm_of(f'(module (import "env" "{name}" (func)) {REDUCE})')) or ""
    assert line.startswith("AssemblyScript: ")
    assert words in line


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("env", "trace", "trace()"),
        ("env", "seed", "Math.random"),
        ("wasi_snapshot_preview1", "clock_time_get", "freestanding"),
    ],
)
def test_an_import_that_brings_floats_is_named_instead_of_them(
    module: str, name: str, words: str
) -> None:
    wasm = wasm_of(f'(module (import "{module}" "{name}" (func (param f64))) {REDUCE})')
    assert words in (advice(wasm + MADE_BY[Language.C]) or "")


def test_a_float_in_a_type_is_traced_to_its_function() -> None:
    text = f"(module {REDUCE} (func) (func $scale (param i32 f32)))"
    assert "it is in the type of function 2 (scale); " in (advice(wasm_of(text)) or "")
    imported = f'(module (import "env" "wait" (func $wait (param f64))) {REDUCE})'
    assert "it is in the type of function 0 (wait); " in (advice(wasm_of(imported)) or "")
    behind = f'(module (import "env" "m" (memory 1)) {REDUCE} (func $f (param f32)))'
    assert (advice(wasm_of(behind)) or "").startswith("AssemblyScript: ")
    unused = f"(module (type (func (param f64))) {REDUCE})"
    assert (advice(wasm_of(unused)) or "").startswith("AssemblyScript: ")


def test_an_object_file_is_told_to_be_linked() -> None:
    wasm = wasm_of(f'(module (import "env" "__linear_memory" (memory 0)) {REDUCE})')
    assert "link it" in (advice(wasm) or "")
    assert "link it" in (advice(wasm_of("(module)") + custom("linking", b"\2")) or "")


def test_the_error_keeps_the_hint_as_a_note(tmp_path: Path) -> None:
    path = tmp_path / "m.wasm"
    path.write_bytes(wasm_of("(module)"))
    with pytest.raises(ModuleError) as caught:
        read_program(path, reducer=True)
    place, note = caught.value.__notes__
    assert place == f"in {path}"
    assert note.startswith("hint: AssemblyScript: add `export function reduce(): i32`")


RULES = [Malformed("zero byte expected", 9), ProfileViolation("P-4: f32: floating point", 11)]


@given(st.binary(max_size=200), st.sampled_from(RULES))
def test_no_bytes_stop_a_hint(body: bytes, error: ModuleError) -> None:
    assert hint(error, b"\0asm\1\0\0\0" + body)


def test_sections_without_end_are_not_read_to_the_end() -> None:
    wasm = b"\0asm\1\0\0\0" + b"\0\2\1a" * SECTIONS_MAX + MADE_BY[Language.RUST]
    assert "Zig: " in (hint(RULES[0], wasm) or "")


def test_a_module_whose_statements_are_missing_is_told_to_be_built() -> None:
    wasm = wasm_of(f'(module (import "sql" "move_unit" (func (param i32))) {REDUCE})')
    assert "`channels build`" in (advice(wasm + MADE_BY[Language.C]) or "")
