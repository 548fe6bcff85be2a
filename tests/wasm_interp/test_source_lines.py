"""Source lines: source maps and DWARF, made by hand and by real compilers."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle import OrderedMap
from tests.test_examples_build import assemblyscript_compiler
from tests.wasm_interp.module_bytes import leb, section
from tests.wasm_interp.wat import wasm_of
from wasm_interp import Message, load, source_lines
from wasm_interp.costs import CostEntry
from wasm_interp.errors import InputError
from wasm_interp.profiling import profile_turn
from wasm_interp.source_lines import (
    DWARF_MISSING,
    LineTable,
    SourceLine,
    debug_sections,
    read_dwarf,
    read_source_map,
)

ASSEMBLYSCRIPT = """\
@external("db", "put")
declare function put(key: usize, keyLen: i32, value: usize, valueLen: i32): i32;

// Called twice, so that it is not put in place.
// Not more.
function hash(n: i32): i32 {
  let h: i32 = 5381;
  for (let i = 0; i < n; i++) {
    h = h * 33 + i;
  }
  return h;
}

export function reduce(): i32 {
  store<i32>(2048, hash(hash(0) / 53));
  put(1024, 1, 2048, 4);
  return 0;
}
"""

C = """\
__attribute__((import_module("db"), import_name("put")))
int put(const void *key, int key_len, const void *value, int value_len);

static int never_called(int n) { return n * 7; }

__attribute__((noinline)) static int hash(volatile int n) {
  volatile int h = 5381;
  for (int i = 0; i < n; i++)
    h = h * 33 + i;
  return h;
}

__attribute__((export_name("reduce"))) int reduce(void) {
  int h = hash(100);
  put("k", 1, &h, 4);
  return 0;
}
"""


def digits(number: int) -> str:
    """Write a VLQ number."""
    table = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    value = abs(number) << 1 | (number < 0)
    text = ""
    while value > 31:
        text += table[value & 31 | 32]
        value >>= 5
    return text + table[value]


def mappings(*rows: tuple[int, ...]) -> str:
    """Write mappings from absolute (offset[, source, line]) rows."""
    text, last = [], (0, 0, 0)
    for row in rows:
        fields = [row[0] - last[0]]
        if len(row) == 3:
            fields += [row[1] - last[1], row[2] - last[2], 0]
            last = (row[0], row[1], row[2])
        else:
            last = (row[0], *last[1:])
        text.append("".join(map(digits, fields)))
    return ",".join(text)


def source_map(text: str = "", **fields: Any) -> dict[str, Any]:
    return {"version": 3, "sources": ["a.ts", "b.ts"], "mappings": text} | fields


def entries_of(wasm: bytes, table: LineTable) -> dict[int, CostEntry]:
    """Return what one message costs by line; all lines are of one file."""
    program = load(wasm, reducer=True)
    lines = table.by_pc(program)
    turn, profile = profile_turn(program, OrderedMap(), Message(turn=1), lines=lines)
    assert turn.accepted
    assert sum(entry.own.steps for entry in profile.places) == turn.steps
    return {entry.key.line: entry for entry in profile.places if isinstance(entry.key, SourceLine)}


# -- source maps ---------------------------------------------------------------------------------


def test_a_source_map_gives_lines_by_offset() -> None:
    rows = ((10, 0, 4), (12, 1, 0), (20,), (300, 0, 99_999))
    table = read_source_map(source_map(mappings(*rows)), what="map")
    expected = {
        **{9: None, 10: SourceLine("a.ts", 5), 11: SourceLine("a.ts", 5)},
        **{12: SourceLine("b.ts", 1), 19: SourceLine("b.ts", 1), 20: None},
        **{1000: SourceLine("a.ts", 100_000)},
    }
    assert {offset: table.at(offset) for offset in expected} == expected
    assert table.at(11, since=11) is None
    assert str(table.at(10)) == "a.ts:5"
    assert repr(table) == "LineTable(4 rows, 2 files)"


def test_a_source_map_may_hold_the_texts() -> None:
    table = read_source_map(source_map(sourcesContent=["one\ntwo", None]), what="map")
    assert table.text(SourceLine("a.ts", 2)) == "two"
    assert table.text(SourceLine("a.ts", 3)) is None
    assert table.text(SourceLine("a.ts", 0)) is None
    assert table.text(SourceLine("b.ts", 1)) is None


def test_only_the_first_generated_line_is_code() -> None:
    text = mappings((1, 0, 0)) + ";" + "broken!"
    assert read_source_map(source_map(text), what="map").offsets == (1,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "not a source map of version 3"),
        ({"version": 2}, "not a source map of version 3"),
        (source_map(sections=[]), "in sections"),
        (source_map(sources="a"), "'sources' must be a list of strings"),
        (source_map(sources=[1]), "'sources' must be a list of strings"),
        (source_map(mappings=None), "'mappings' must be a string"),
        (source_map("A!"), "mapping 0 is broken: 'A!'"),
        (source_map("AA"), "mapping 0 is broken"),
        (source_map("AAAA,Ag"), "mapping 1 is broken"),
        (source_map("gggggggggA"), "mapping 0 is broken"),
        (source_map("AEAA"), "points outside the sources"),
        (source_map("ADAA"), "points outside the sources"),
        (source_map("AADA"), "points outside the sources"),
        (source_map("DAAA"), "points outside the sources"),
    ],
)
def test_a_broken_source_map_is_refused(data: object, words: str) -> None:
    if isinstance(data, dict) and data.get("sources") == ["a.ts", "b.ts"] and "AEAA" in str(data):
        data["sources"] = ["a.ts", "b.ts"][:1]
    with pytest.raises(InputError, match="map: ") as caught:
        read_source_map(data, what="map")
    assert words in str(caught.value)


@given(st.text(alphabet="ABCDg/+,;!\x7f", max_size=40))
def test_no_mappings_break_the_reader(text: str) -> None:
    try:
        table = read_source_map(source_map(text), what="map")
    except InputError:
        return
    assert list(table.offsets) == sorted(set(table.offsets))


def test_lines_do_not_leak_into_the_next_function() -> None:
    wasm = wasm_of(
        """(module (func $f (nop) (drop (i32.const 1)))
             (func (export "reduce") (result i32) (call $f) (i32.const 0)))"""
    )
    program = load(wasm, reducer=True)
    first = program.module.functions[0].offset
    table = read_source_map(source_map(mappings((first + 2, 0, 7))), what="map")
    lines = table.by_pc(program)
    assert {str(line) for line in lines} == {"<halt>", "a.ts:8", "<reduce>"}
    assert str(lines[program.functions[0].pc]) == "a.ts:8", "the frame belongs to the first line"


def test_assemblyscripts_source_map_gives_its_lines(tmp_path: Path) -> None:
    (tmp_path / "index.ts").write_text(ASSEMBLYSCRIPT)
    options = ["--runtime", "stub", "--initialMemory", "1", "--sourceMap", "-o", "r.wasm"]
    command = [*assemblyscript_compiler(), "index.ts", *options]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    wasm = (tmp_path / "r.wasm").read_bytes()
    assert debug_sections(wasm).source_map_url == "./r.wasm.map"
    table = read_source_map(json.loads((tmp_path / "r.wasm.map").read_text()), what="map")
    lines = entries_of(wasm, table)
    assert lines[9].own.steps > 100 * 5
    assert lines[15].total.fuel > lines[8].own.fuel + lines[9].own.fuel
    assert (lines[16].own.puts, lines[16].calls) == (1, 1)
    assert table.text(SourceLine("index.ts", 9)) == "    h = h * 33 + i;"


# -- sections ------------------------------------------------------------------------------------


def custom(name: str, payload: bytes) -> bytes:
    return section(0, leb(len(name)) + name.encode() + payload)


MODULE = """(module (func (export "reduce") (result i32) (i32.const 0)))"""


def test_custom_sections_are_found_the_first_of_each_name() -> None:
    wasm = wasm_of(MODULE) + custom("x", b"1") + custom("x", b"2")
    found = debug_sections(wasm)
    assert found.custom["x"] == b"1"
    assert found.source_map_url is None
    assert not found.has_dwarf
    assert wasm[found.code_offset - 2] == 10
    assert debug_sections(wasm_of("(module)")).code_offset == 0


@pytest.mark.parametrize("payload", [b"", b"\x05abc", b"\x01\xff"])
def test_a_broken_url_is_none(payload: bytes) -> None:
    wasm = wasm_of(MODULE) + custom("sourceMappingURL", payload)
    assert debug_sections(wasm).source_map_url is None


# -- DWARF ---------------------------------------------------------------------------------------


def compiled_c(folder: Path, *options: str) -> bytes:
    """Compile `C`, or skip the test."""
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("no C compiler: install ziglang")
    (folder / "r.c").write_text(C)
    target = ["--target=wasm32-freestanding", "-mcpu=mvp", "-nostdlib", "-Wl,--no-entry"]
    command = [
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        *target,
        "-O1",
        *options,
        "r.c",
        "-o",
        "r.wasm",
    ]
    subprocess.run(command, cwd=folder, check=True, timeout=300, capture_output=True)
    return (folder / "r.wasm").read_bytes()


@pytest.mark.parametrize("version", ["-gdwarf-4", "-gdwarf-5"])
def test_dwarf_gives_the_lines_of_c(tmp_path: Path, version: str) -> None:
    pytest.importorskip("elftools", reason="pyelftools (extra `dwarf`) is not installed")
    wasm = compiled_c(tmp_path, version)
    table = read_dwarf(debug_sections(wasm))
    assert {line.file for line in table.lines if line} == {str(tmp_path / "r.c")}
    lines = entries_of(wasm, table)
    assert lines[9].own.steps > 100 * 5
    assert lines[14].total.fuel > lines[8].own.fuel + lines[9].own.fuel
    assert (lines[15].own.puts, lines[15].calls) == (1, 1)
    assert 4 not in lines


def test_broken_dwarf_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("elftools", reason="pyelftools (extra `dwarf`) is not installed")
    wasm = wasm_of(MODULE) + custom(".debug_info", b"\x01") + custom(".debug_line", b"\x01")
    with pytest.raises(InputError, match="the module's DWARF is broken"):
        read_dwarf(debug_sections(wasm))


def test_without_pyelftools_dwarf_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    absent: dict[str, ModuleType | None] = {"elftools.dwarf.dwarfinfo": None}
    monkeypatch.setattr(sys, "modules", sys.modules | absent)
    wasm = wasm_of(MODULE) + custom(".debug_info", b"") + custom(".debug_line", b"")
    with pytest.raises(InputError) as caught:
        read_dwarf(debug_sections(wasm))
    assert str(caught.value) == DWARF_MISSING


def test_too_much_dwarf_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_lines, "DEBUG_LINE_BYTES_MAX", 3)
    wasm = wasm_of(MODULE) + custom(".debug_info", b"") + custom(".debug_line", b"1234")
    with pytest.raises(InputError, match=r"\.debug_line: 4 bytes are more than 3"):
        read_dwarf(debug_sections(wasm))
