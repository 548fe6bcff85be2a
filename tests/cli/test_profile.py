"""`channels profile`: tables, sums, lines, flame graphs, and every fault of its files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cli.profile import GRAPHS_MAX, Source
from tests.cli import sql_projects
from tests.cli.command_line import Channels
from tests.wasm_interp.module_bytes import leb, section
from tests.wasm_interp.test_source_lines import mappings, source_map
from tests.wasm_interp.test_speedscope import check_structure
from tests.wasm_interp.test_turn import COUNTER
from tests.wasm_interp.wat import wasm_of
from wasm_interp import load, profiling
from wasm_interp.binary import decode
from wasm_interp.source_lines import LineTable, SourceLine

LOG = "0x\n78\n0x\n78797a\n"
"""Accepted, refused with 1, accepted, trapped."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r.wasm").write_bytes(wasm_of(COUNTER))
    (tmp_path / "log").write_text(LOG)
    return tmp_path


def custom(name: str, payload: bytes) -> bytes:
    return section(0, leb(len(name)) + name.encode() + payload)


def a_source_map(**fields: object) -> str:
    """Return a map of the whole function to line 2 of a.wat."""
    offset = load(wasm_of(COUNTER)).module.functions[0].offset
    text = mappings((offset, 0, 1))
    return json.dumps(source_map(text, sources=["a.wat"], **fields))


# -- output --------------------------------------------------------------------------------------


def test_every_message_has_a_line_and_functions_are_sorted(
    channels: Channels,
    folder: Path,
) -> None:
    status, out, _ = channels("profile", "r.wasm", "log")
    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[2:6]] == ["1", "2", "3", "4"]
    assert lines[3].endswith("refused with 1")
    assert "trapped: unreachable, at pc " in lines[5]
    assert lines[7].split()[:2] == ["total", "fuel"]
    assert [line.split()[-1] for line in lines[9:]] == [
        *("reduce", "db.put", "db.get", "channel.message_size", "(halt)")
    ]
    # Of all fuel, everything but the halts of three messages is the reducer's.
    assert lines[9].split()[1] == "100.0"


def test_json_adds_up(channels: Channels, folder: Path) -> None:
    for by in ("function", "instruction"):
        status, out, _ = channels("profile", "r.wasm", "log", "--json", "--by", by)
        assert status == 0
        report = json.loads(out)
        assert report["by"] == by
        for name in ("steps", "fuel", "gets", "puts", "deletes", "seeks", "message_bytes"):
            spent = sum(message["costs"][name] for message in report["messages"])
            assert sum(entry["own"][name] for entry in report["entries"]) == spent
    messages = report["messages"]
    assert [message["status"] for message in messages] == ["halted"] * 3 + ["trapped"]
    assert messages[3]["trap"] == "unreachable"
    assert messages[0]["costs"]["puts"] == 1


def test_one_message_can_be_profiled(channels: Channels, folder: Path) -> None:
    status, out, _ = channels("profile", "r.wasm", "log", "--line", "3", "--json")
    assert status == 0
    (message,) = json.loads(out)["messages"]
    assert (message["message"], message["turn"]) == (3, 2)


def test_a_long_table_is_cut(channels: Channels, folder: Path) -> None:
    _, out, _ = channels("profile", "r.wasm", "log", "--by", "instruction", "--top", "3")
    lines = out.splitlines()
    assert lines[-1].startswith("… and ")
    assert "reduce: db.put" in lines[9]


def test_a_bar_shows_progress_on_a_terminal(
    channels: Channels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "SLICE_STEPS", 2**16)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    text = '(module (func (export "reduce") (result i32) (loop $l (br $l)) (unreachable)))'
    (folder / "endless.wasm").write_bytes(wasm_of(text))
    options = ("--line", "1", "--fuel", "1000000")
    status, out, err = channels("profile", "endless.wasm", "log", *options)
    assert status == 0
    assert "1000001" in out
    assert "profiling" in err
    assert "100%" in err


# -- flame graphs --------------------------------------------------------------------------------


def test_a_flame_graph_has_all_messages_and_each(
    channels: Channels,
    folder: Path,
) -> None:
    status, _, _ = channels("profile", "r.wasm", "log", "--speedscope", "g.json")
    assert status == 0
    data = json.loads((folder / "g.json").read_text())
    check_structure(data)
    assert data["name"] == "r.wasm, log"
    assert [profile["name"] for profile in data["profiles"]] == [
        "all messages",
        *("message 1, accepted", "message 2, refused with 1", "message 3, accepted"),
        "message 4, trapped: unreachable",
    ]
    ends = [profile["endValue"] for profile in data["profiles"]]
    assert ends[0] == sum(ends[1:])


def test_a_flame_graph_of_a_long_log_is_bounded(
    channels: Channels,
    folder: Path,
) -> None:
    (folder / "log").write_text("0x\n" * (GRAPHS_MAX + 1))
    channels("profile", "r.wasm", "log", "--speedscope", "g.json")
    data = json.loads((folder / "g.json").read_text())
    assert len(data["profiles"]) == 1 + GRAPHS_MAX


def test_a_flame_graph_of_one_message_is_that(
    channels: Channels,
    folder: Path,
) -> None:
    channels("profile", "r.wasm", "log", "--line", "2", "--speedscope", "g.json")
    data = json.loads((folder / "g.json").read_text())
    assert [profile["name"] for profile in data["profiles"]] == ["message 2, refused with 1"]


# -- lines ---------------------------------------------------------------------------------------


def test_lines_come_from_the_map_beside_with_the_source(
    channels: Channels,
    folder: Path,
) -> None:
    (folder / "r.wasm.map").write_text(a_source_map())
    (folder / "a.wat").write_text("first\n  second \x1b[31m\n")
    status, out, err = channels("profile", "r.wasm", "log", "--by", "line")
    assert status == 0, err
    assert "a.wat:2  second \ufffd[31m\n" in out
    assert "<halt>" in out
    status, out, _ = channels("profile", "r.wasm", "log", "--by", "line", "--json")
    first = json.loads(out)["entries"][0]
    assert (first["file"], first["line"]) == ("a.wat", 2)


@pytest.mark.parametrize("way", ["option", "url"])
def test_a_map_can_be_named(
    channels: Channels,
    folder: Path,
    way: str,
) -> None:
    (folder / "maps").mkdir()
    (folder / "maps/m.json").write_text(a_source_map(sourcesContent=["one\ntwo"]))
    args = ["--source-map", "maps/m.json"]
    if way == "url":
        url = b"./maps/m.json"
        wasm = wasm_of(COUNTER) + custom("sourceMappingURL", leb(len(url)) + url)
        (folder / "r.wasm").write_bytes(wasm)
        args = []
    status, out, err = channels("profile", "r.wasm", "log", "--by", "line", *args)
    assert status == 0, err
    assert "a.wat:2  two\n" in out


@pytest.mark.parametrize(
    "url", ["../m.json", "https://example.org/m.json", "/etc/passwd", "\0", "x" * 3000, "."]
)
def test_a_map_elsewhere_is_not_opened(
    channels: Channels,
    folder: Path,
    url: str,
) -> None:
    (folder / "m.json").write_text(a_source_map())
    (folder / "sub").mkdir()
    wasm = wasm_of(COUNTER) + custom("sourceMappingURL", leb(len(url)) + url.encode())
    (folder / "sub/r.wasm").write_bytes(wasm)
    status, _, err = channels("profile", "sub/r.wasm", "log", "--by", "line")
    assert status == 2
    assert "no source map and no DWARF: build with --sourceMap" in err


def test_debug_information_cannot_have_any_file_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "open").write_text("open\n")
    (below / "link").symlink_to(tmp_path / "secret")
    (below / "loop").symlink_to(below / "loop")
    source = Source(table=LineTable(offsets=(), lines=()), by_pc=(), folders=(below.resolve(),))
    assert source.text(SourceLine("open", 1)) == "open"
    assert source.text(SourceLine(str(below / "open"), 1)) == "open"
    for name in ("../secret", "link", "loop", str(tmp_path / "secret"), "\0", "x" * 9999, "."):
        assert source.text(SourceLine(name, 1)) == ""
    assert source.text(SourceLine("open", 2)) == ""
    assert source.text(SourceLine("open", 0)) == ""


def test_files_below_are_shown_by_their_short_names(
    channels: Channels,
    folder: Path,
) -> None:
    text = json.loads(a_source_map()) | {"sources": [str(folder / "a.wat")]}
    (folder / "r.wasm.map").write_text(json.dumps(text))
    _, out, _ = channels("profile", "r.wasm", "log", "--by", "line")
    assert "  a.wat:2\n" in out


def test_dwarf_is_asked_for_its_reader(
    channels: Channels,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "modules", sys.modules | {"elftools.dwarf.dwarfinfo": None})
    wasm = wasm_of(COUNTER) + custom(".debug_info", b"") + custom(".debug_line", b"")
    (folder / "r.wasm").write_bytes(wasm)
    status, _, err = channels("profile", "r.wasm", "log", "--by", "line")
    assert status == 2
    assert "event-sourced-channels[dwarf]" in err


# -- lines of a reducer with SQL -------------------------------------------------------------------


def test_lines_of_a_linked_reducer_come_from_before_linking(
    channels: Channels, tmp_path: Path
) -> None:
    sql_projects.write_project(tmp_path)
    log = ("profile", "game.wasm", "log", "--rows", "rows.json", "--by", "line")
    status, _, err = channels(*log)
    assert status == 2
    assert "name the module before linking with --unlinked" in err
    before = decode(wasm_of(sql_projects.MODULE)).functions[0]
    call = next(instr for instr in before.body if instr.opcode.name == "call")
    text = mappings((before.offset, 0, 4), (call.offset, 0, 5))
    (tmp_path / "module.wasm.map").write_text(json.dumps(source_map(text, sources=["a.wat"])))
    status, out, err = channels(*log, "--unlinked", "module.wasm", "--json")
    assert status == 0, err
    entries = {(e.get("file"), e.get("line")): e for e in json.loads(out)["entries"]}
    # Line 6 has the call of the statement, whose own code has no line but a name.
    assert entries["a.wat", 6]["total"]["gets"] == len(sql_projects.LOG.splitlines())
    assert entries["a.wat", 5]["own"]["gets"] == 0
    assert entries["<sql:add_points>", None]["own"]["steps"] > 0
    (tmp_path / ".build").mkdir()
    for name in ("module.wasm", "module.wasm.map"):
        (tmp_path / name).rename(tmp_path / ".build" / name)
    assert channels(*log, "--json")[1] == out
    (tmp_path / ".build" / "module.wasm").write_bytes(wasm_of(COUNTER))
    status, _, err = channels(*log)
    assert status == 2
    assert err.startswith(
        "error: .build/module.wasm: not what game.wasm was linked from: function 0"
    )


# -- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("r.wasm", "empty"), "empty: there is no message"),
        (("r.wasm", "log", "--line", "5"), "log: there is no message 5, only 4"),
        (("r.wasm", "log", "--line", "0"), "0 is not in the range"),
        (("r.wasm", "log", "--by", "colour"), "'colour' is not one of"),
        (("r.wasm", "log", "--by", "line"), "no source map and no DWARF"),
        (("r.wasm", "log", "--by", "line", "--source-map", "log"), "log: not valid JSON"),
        (("r.wasm", "log", "--speedscope", "absent/g.json"), "absent/g.json: No such file"),
    ],
)
def test_a_fault_is_one_line_and_exits_with_2(
    channels: Channels,
    folder: Path,
    args: tuple[str, ...],
    words: str,
) -> None:
    (folder / "empty").write_text("\n")
    status, _, err = channels("profile", *args)
    assert status == 2
    assert words in err.splitlines()[-1]
    assert "Traceback" not in err
