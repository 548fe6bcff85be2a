"""Reducers in Rust: examples, a new project, faults and refusals, with the real compiler."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.files import read_program
from merkle import OrderedMap
from tests import languages
from tests.languages import BINDINGS, EXAMPLES, FAULTS, ROOT, missing
from wasm_interp.message import Message
from wasm_interp.turn import reduce

DOCUMENT = EXAMPLES / "document"
MODULES = ["document/document.wasm", "tic_tac_toe_db/rust/tic_tac_toe.wasm"]

RUSTC = Path("/usr/bin/rustc")
RUST_VERSION = "1.63.0"
RUST_LINKER = "wasm-ld-14"
PACKAGES = "apt-get install rustc libstd-rust-dev-wasm32 lld-14"
TARGET = "wasm32-unknown-unknown"
RUST_FLAGS = [
    *("--edition", "2021", "--crate-type", "cdylib", "--crate-name", "reducer"),
    *("-C", "opt-level=s", "-C", "overflow-checks=on", "-C", "panic=abort", "-C", "lto"),
    *("-C", f"linker={RUST_LINKER}", "-C", "linker-flavor=wasm-ld"),
    *("-C", "link-arg=--strip-debug", "-C", "link-arg=--demangle"),
    *("-C", "link-arg=-zstack-size=65536"),
]
MVP = ("--target", TARGET, "-C", "target-cpu=mvp")


def rustc() -> str:
    """Return the path of the pinned compiler, or skip the test."""
    if not RUSTC.exists() or shutil.which(RUST_LINKER) is None:
        missing(f"no Rust compiler with {RUST_LINKER}: {PACKAGES}")
    version = subprocess.check_output([RUSTC, "--version"], text=True, timeout=60)
    if version.split()[1] != RUST_VERSION:
        missing(f"rustc is {version.strip()!r}, not the pinned {RUST_VERSION}")
    root = subprocess.check_output([RUSTC, "--print", "sysroot"], text=True, timeout=60).strip()
    if not (Path(root) / "lib" / "rustlib" / TARGET).exists():
        missing(f"rustc has no {TARGET}: {PACKAGES}")
    return str(RUSTC)


def compile_rust(source: Path | str, folder: Path, *flags: str) -> Path:
    """Compile a source, given as a file or as text beside the bindings."""
    compiler = rustc()
    if isinstance(source, str):
        shutil.copy(BINDINGS / "channels.rs", folder)
        path = folder / "source.rs"
        path.write_text(source)
        source = path
    wasm = folder / "reducer.wasm"
    command = [compiler, *RUST_FLAGS, *(flags or MVP), str(source), "-o", str(wasm)]
    languages.run(command, cwd=folder)
    return wasm


# -- examples ------------------------------------------------------------------------------------


def test_sources_compile_to_the_committed_modules(tmp_path: Path) -> None:
    compiler = rustc()
    languages.make("rust", f"OUT={tmp_path}", f"RUSTC={compiler}")
    for name in MODULES:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes(), name


@pytest.mark.parametrize("name", MODULES)
def test_committed_modules_are_small_and_have_names_but_no_paths(name: str) -> None:
    wasm = (EXAMPLES / name).read_bytes()
    assert len(wasm) < 10_000
    assert b"reducer::channels::db::host::get" in wasm
    assert not [path for path in (b"/usr", b"/root", b"/home", b"/work", b"/tmp") if path in wasm]


def test_document_log_gives_the_expected_statuses() -> None:
    turns = languages.turns_of(DOCUMENT / "document.wasm", DOCUMENT / "messages.jsonl")
    expected = json.loads((DOCUMENT / "expected.json").read_text())["messages.jsonl"]
    assert languages.statuses(turns) == expected["statuses"]
    assert f"0x{turns[-1].db_root.hex()}" == expected["db_root"]
    text = turns[-1].rows.get(b"text\0")
    assert text == b"Once upon a midnight dreary, while I pondered, weak and weary,\n"


def test_document_cases_pass() -> None:
    done = languages.channels("test", str(DOCUMENT / "cases.toml"))
    assert done.returncode == 0, done.stdout + done.stderr


# -- the document beside a model of its rules ----------------------------------------------------

TEXT_MAX = 4096
CHUNK = 1024
NOT_UTF8, STALE, RANGE, NOTHING, BROKEN, TOO_LONG = 7, 4, 5, 6, 7, 8


class Model:
    """README.md's rules over a text and its authors."""

    def __init__(self) -> None:
        self.text = b""
        self.by = b""
        self.revision = 0
        self.writers: dict[int, list[int]] = {}

    def insert(self, revision: int, at: int, text: bytes, author: int) -> int:
        if not is_utf8(text):
            return NOT_UTF8
        if refusal := self._refusal(revision, (at,), len(text)):
            return refusal
        if len(self.text) + len(text) > TEXT_MAX:
            return TOO_LONG
        self.text = self.text[:at] + text + self.text[at:]
        self.by = self.by[:at] + bytes([author]) * len(text) + self.by[at:]
        self._count(author, 0, len(text))
        return self._done()

    def delete(self, revision: int, at: int, length: int, author: int) -> int:
        if refusal := self._refusal(revision, (at, at + length), length):
            return refusal
        for owner in self.by[at : at + length]:
            self._count(owner, 1, -1)
        self._count(author, 2, length)
        self.text = self.text[:at] + self.text[at + length :]
        self.by = self.by[:at] + self.by[at + length :]
        return self._done()

    def _refusal(self, revision: int, cuts: tuple[int, ...], length: int) -> int:
        if revision != self.revision:
            return STALE
        for cut in cuts:
            if cut > len(self.text):
                return RANGE
            if not is_utf8(self.text[:cut]):
                return BROKEN
        return 0 if length else NOTHING

    def _count(self, author: int, field: int, change: int) -> None:
        counts = self.writers.setdefault(author, [0, 0, 0])
        counts[field] += change
        if field == 0:
            counts[1] += change

    def _done(self) -> int:
        self.revision += 1
        return 0

    def rows(self) -> dict[bytes, bytes]:
        rows = {
            b"writer" + bytes([author]): b"".join(count.to_bytes(4, "big") for count in counts)
            for author, counts in self.writers.items()
        }
        if self.revision:
            rows[b"head"] = self.revision.to_bytes(4, "big") + len(self.text).to_bytes(2, "big")
        for index, at in enumerate(range(0, len(self.text), CHUNK)):
            rows[b"text" + bytes([index])] = self.text[at : at + CHUNK]
            rows[b"by" + bytes([index])] = self.by[at : at + CHUNK]
        return rows


def is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_document_does_what_its_rules_say() -> None:
    program = read_program(DOCUMENT / "document.wasm", reducer=True)
    choose = random.Random(3)
    model, rows, seen = Model(), OrderedMap(), set()
    for _ in range(60):
        author = choose.randrange(3)
        revision = model.revision - choose.choice((0, 0, 0, 0, 0, 0, 0, 1)) & 0xFFFFFFFF
        at = choose.randrange(len(model.text) + 2)
        head = revision.to_bytes(4, "big") + at.to_bytes(2, "big")
        if choose.random() < 0.65:
            text = "".join(choose.choices("ab\u00e9\u20ac", k=choose.choice((0, 3, 900)))).encode()
            text = text[: choose.choice((len(text), len(text), 3))]
            payload = b"\1" + head + text
            expected = model.insert(revision, at, text, author)
        else:
            length = choose.choice((0, 1, 2, 1500))
            payload = b"\2" + head + length.to_bytes(2, "big")
            expected = model.delete(revision, at, length, author)
        message = Message(turn=model.revision + 1, sender=author, payload=payload)
        outcome = reduce(program, rows, message)
        rows = outcome.rows
        assert (outcome.trap, outcome.result) == (0, expected)
        assert dict(rows.items()) == model.rows()
        seen.add(expected)
    assert seen == {0, STALE, RANGE, NOTHING, BROKEN, TOO_LONG}


# -- a new project -------------------------------------------------------------------------------


def test_new_project_has_the_flags_of_the_examples() -> None:
    files = (EXAMPLES / "build" / "rust.mk", ROOT / "cli/project/templates/rust/Makefile")
    flags, others = (path.read_text().split("RUST_FLAGS :=")[1].split("\n\n")[0] for path in files)
    assert flags == others


# -- faults --------------------------------------------------------------------------------------

PANIC = "core::panicking::panic_fmt::"
"""Where all panics of Rust end: one function of core's, with the author's below it."""

FAULT_ROWS = [
    ("0x01", "unreachable", PANIC),  # panic!
    ("0x02", "unreachable", "reducer::abort::"),
    ("0x0301", "unreachable", PANIC),  # an overflow
    ("0x0402", "unreachable", PANIC),  # an index out of range
    ("0x0500", "unreachable", PANIC),  # a division by zero, which Rust checks for
    ("0x0600", "call_stack_exhausted", "reducer::recurse::"),
    ("0x0700", "memory_out_of_bounds", "reducer::recurse_with_arrays::"),
    ("0x08", "out_of_fuel", "reducer::spin::"),
    ("0x09", "unreachable", "reducer::channels::db::longer_than_the_buffer::"),
    ("0x0a", "key_length", "reduce "),
    ("0x0b", "value_length", "reduce "),
    ("0x0c", "message_out_of_bounds", "reducer::read_past_the_end::"),
    ("0x0d", "memory_out_of_bounds", "reducer::wild_pointer::"),
    ("0x0eff", "table_out_of_bounds", "reducer::call_indirectly::"),
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `channels run --json` says of each fault, by payload."""
    folder = tmp_path_factory.mktemp("faults")
    wasm = compile_rust(FAULTS / "rust" / "faults.rs", folder)
    return reports_of(wasm, ["0x", *(row[0] for row in FAULT_ROWS)])


def reports_of(wasm: Path, payloads: list[str]) -> dict[str, dict[str, Any]]:
    log = wasm.with_suffix(".jsonl")
    log.write_text("\n".join(payloads))
    done = languages.channels("run", str(wasm), str(log), "--json", "--fuel", "200000")
    assert done.returncode == 0, done.stderr
    return {report["payload"]: report for report in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(("payload", "trap", "symbol"), FAULT_ROWS)
def test_a_fault_is_a_trap_that_names_its_function(
    payload: str, trap: str, symbol: str, reports: dict[str, dict[str, Any]]
) -> None:
    report = reports[payload]
    assert (report["status"], report["trap"], report["accepted"]) == ("trapped", trap, False)
    assert f" in {symbol}" in report["stopped_at"]
    assert reports["0x"]["accepted"]
    assert report["db_root"] == reports["0x"]["db_root"]


def test_memory_grows_until_the_profile_ends_it(tmp_path: Path) -> None:
    wasm = compile_rust(FAULTS / "rust" / "allocation.rs", tmp_path)
    found = reports_of(wasm, ["0x0100", "0x0a00", "0x0a01", "0x1000", "0x1001"])
    assert [found[payload]["accepted"] for payload in ("0x0100", "0x0a00", "0x0a01")] == [True] * 3
    assert found["0x1001"]["result"] == 7  # the reducer asked, and refused the message
    assert found["0x1000"]["trap"] == "unreachable"
    assert " in reducer::insist::" in found["0x1000"]["stopped_at"]


# -- refusals ------------------------------------------------------------------------------------

NO_STD = "#![no_std]\n"
PANICS = "#[panic_handler] fn p(_: &core::panic::PanicInfo) -> ! { loop {} }\n"
USES = "mod channels; use channels::{channel, db};\n"
REDUCE = '#[no_mangle] pub extern "C" fn reduce() -> u32'
WASI = ("--target", "wasm32-wasi")


@pytest.mark.parametrize(
    ("source", "flags", "words"),
    [
        (
            f'{NO_STD}{PANICS}pub extern "C" fn reduce() -> u32 {{ 0 }}',
            MVP,
            'hint: Rust: write `#[no_mangle] pub extern "C" fn reduce() -> u32`',
        ),
        (
            f'{NO_STD}{PANICS}#[no_mangle] pub extern "C" fn reduce(n: u32) -> u32 {{ n }}',
            MVP,
            "has type (i32) -> (i32)",
        ),
        (
            f"{NO_STD}{PANICS}{USES}{REDUCE} {{ half(channel::sender()) }}"
            "#[inline(never)] fn half(n: u32) -> u32 { (n as f64 * 0.5) as u32 }",
            MVP,
            "; hint: Rust: count in integers instead of f32 and f64",
        ),
        (
            f'{NO_STD}{PANICS}{REDUCE} {{ 0 }} #[no_mangle] pub extern "C" fn half(n: f32) -> f32'
            "{ n * 0.5 }",
            MVP,
            "it is in the type of function 1 (half); Rust: count in integers",
        ),
        (
            f'{USES}{REDUCE} {{ let text = format!("{{:.2}}", channel::sender() as f64);'
            'db::put(b"key", text.as_bytes()); 0 }',
            MVP,
            "in the type of function",
        ),
        (
            f"{NO_STD}{PANICS}static mut DATA: [u8; 17 << 20] = [0; 17 << 20];"
            f"{REDUCE} {{ unsafe {{ core::ptr::read_volatile(&DATA[9]).into() }} }}",
            MVP,
            "Rust: make statics",
        ),
        (
            f'{NO_STD}{PANICS}extern "C" {{ fn random() -> u32; }}'
            f"{REDUCE} {{ unsafe {{ random() }} }}",
            MVP,
            "import env.random is not a host function",
        ),
        (
            f'{NO_STD}{PANICS}#[link(wasm_import_module = "channel")] extern "C"'
            f"{{ fn turn() -> u32; }} {REDUCE} {{ unsafe {{ turn() }} }}",
            MVP,
            "must have type () -> (i64), not () -> (i32)",
        ),
        (
            f"{NO_STD}{PANICS}{REDUCE} {{ 0 }}",
            (*MVP, "-C", "link-arg=--import-memory"),
            "Rust: remove `-C link-arg=--import-memory`",
        ),
        (f"{NO_STD}{PANICS}{REDUCE} {{ 0 }}", (*MVP, "--emit", "obj"), "an object file: link it"),
    ],
)
def test_a_refusal_says_what_to_change(
    source: str, flags: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    line = languages.refusal(compile_rust(source, tmp_path, *flags))
    assert line.startswith("error: ")
    assert "; hint: " in line
    assert words in line


def test_a_program_for_wasi_is_told_to_do_without(tmp_path: Path) -> None:
    rustc()
    if not Path(f"/usr/lib/rustlib/{WASI[1]}").exists():
        missing(f"rustc has no {WASI[1]}: {PACKAGES}")
    source = f'{REDUCE} {{ println!("x"); 0 }}'
    line = languages.refusal(compile_rust(source, tmp_path, *WASI))
    assert "build with `--target wasm32-unknown-unknown` instead of wasm32-wasi" in line


def test_a_module_for_a_newer_machine_is_told_the_flag(tmp_path: Path) -> None:
    source = (
        f"{NO_STD}{PANICS}use core::sync::atomic::*; static N: AtomicU32 = AtomicU32::new(1);"
        f"{REDUCE} {{ N.fetch_add(1, Ordering::SeqCst) }}"
    )
    flags = ("--target", TARGET, "-C", "target-feature=+atomics,+bulk-memory")
    assert "hint: Rust: " in languages.refusal(compile_rust(source, tmp_path, *flags))
