"""`channels build`: what it makes of a project, and what it says of one that it cannot build."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.files import read_program
from cli.new import create
from tests import languages
from tests.cli.command_line import Channels
from tests.cli.sql_projects import MODULE, QUERIES, SCHEMA, write_project
from tests.wasm_interp.wat import wasm_of

MAKEFILE = "module:\n\t@mkdir -p .build && cp given.wasm .build/module.wasm && echo compiled\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project whose compiler has run already."""
    files = {"schema.sql": SCHEMA, "queries.sql": QUERIES, "Makefile": MAKEFILE}
    for name, text in (files | {"channels.h": "", "game.c": ""}).items():
        (tmp_path / name).write_text(text)
    (tmp_path / "given.wasm").write_bytes(wasm_of(MODULE))
    return tmp_path


def one_line(err: str, status: int, *, expected: int = 2) -> str:
    """Return the last line of what stands on standard error: ours."""
    line = err.splitlines()[-1]
    assert status == expected
    assert line.startswith("error: ")
    assert line.isprintable()
    return line


def test_a_build_links_and_says_what_was_made(channels: Channels, project: Path) -> None:
    status, out, _ = channels("build")
    assert status == 0
    program = read_program(project / "game.wasm", reducer=True)
    lines = out.splitlines()
    size = (project / "game.wasm").stat().st_size
    assert lines[0] == f"game.wasm: {size} bytes, reducer 0x{program.reducer_id.hex()}"
    assert lines[2].split(maxsplit=2) == ["statement", "command", "row operations, at most"]
    assert [line.split() for line in lines[4:]] == [
        ["AddPoints", ":execrows", "2"],
        ["Leaders", ":many", "33"],
    ]
    assert "AddPoints" in (project / "sql.h").read_text()


def test_what_is_built_is_what_the_parts_make(channels: Channels, project: Path) -> None:
    assert channels("build", "-o", "built.wasm")[0] == 0
    write_project(project)
    assert (project / "built.wasm").read_bytes() == (project / "game.wasm").read_bytes()


def test_a_build_for_programs_is_one_line(channels: Channels, project: Path) -> None:
    status, out, _ = channels("build", "--json")
    assert status == 0
    assert json.loads(out)["operations_max"] == {"AddPoints": 2, "Leaders": 33}


def test_bindings_are_written_when_they_change(channels: Channels, project: Path) -> None:
    assert channels("build")[0] == 0
    written = (project / "sql.h").stat().st_mtime_ns
    assert channels("build")[0] == 0
    assert (project / "sql.h").stat().st_mtime_ns == written
    (project / "queries.sql").write_text(QUERIES.replace("Leaders", "Best"))
    assert channels("build")[0] == 0
    assert "sql_best" in (project / "sql.h").read_text()


def test_another_folder(channels: Channels, project: Path) -> None:
    folder = project / "inner"
    folder.mkdir()
    for path in list(project.iterdir()):
        if path.is_file():
            path.rename(folder / path.name)
    assert channels("build", "inner")[0] == 0
    assert (folder / "game.wasm").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "channels.h").unlink(), "one of channels.ts, channels.h, "),
        (lambda folder: (folder / "channels.rs").write_text(""), "which says its language"),
        (lambda folder: (folder / "game.c").unlink(), "the one *.c in the folder; there is: none"),
        (lambda folder: (folder / "other.c").write_text(""), "there is: game.c, other.c"),
        (lambda folder: (folder / "schema.sql").unlink(), "schema.sql: No such file"),
        (lambda folder: (folder / "queries.sql").unlink(), "queries.sql: No such file"),
        (lambda folder: (folder / "queries.sql").write_bytes(b"\xff"), "queries.sql: not UTF-8"),
        (lambda folder: (folder / "Makefile").unlink(), "`make module` failed"),
        (lambda folder: (folder / "Makefile").write_text("module:\n\tfalse\n"), "module` failed"),
        (lambda folder: (folder / "Makefile").write_text("module:\n"), "module.wasm: No such file"),
        (lambda folder: (folder / "sql.h").mkdir(), "sql.h: Is a directory"),
    ],
)
def test_a_project_that_cannot_be_built_is_one_clear_line(
    channels: Channels, project: Path, change: Callable[[Path], object], says: str
) -> None:
    change(project)
    status, _, err = channels("build")
    assert says in one_line(err, status)
    assert not (project / "game.wasm").exists()


def test_without_make(channels: Channels, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    status, _, err = channels("build")
    assert "make: No such file" in one_line(err, status)


def test_sql_that_is_refused_has_its_place_and_calls_no_compiler(
    channels: Channels, project: Path
) -> None:
    (project / "queries.sql").write_text("-- name: Now :one\nSELECT random();\n")
    status, _, err = channels("build")
    assert status == 1
    assert err.startswith("error: queries.sql:2:8: 0A000: ")
    assert not (project / ".build").exists()


def test_an_import_that_is_no_statement(channels: Channels, project: Path) -> None:
    (project / "queries.sql").write_text(QUERIES.replace("AddPoints", "Add"))
    status, _, err = channels("build")
    assert "sql.add_points is no statement" in one_line(err, status, expected=1)
    assert not (project / "game.wasm").exists()


def test_a_module_that_is_no_reducer(channels: Channels, project: Path) -> None:
    (project / "given.wasm").write_bytes(wasm_of("(module (memory 1))"))
    status, _, err = channels("build")
    assert "T-20" in one_line(err, status, expected=1)
    assert not (project / "game.wasm").exists()


def test_a_compilers_error_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    languages.zig()
    monkeypatch.setenv("CC_WASM", " ".join(languages.ZIG_CC))
    project = create("broken", "c", parent=tmp_path, sql=True)
    source = project / "broken.c"
    source.write_text(source.read_text().replace("sql_add_points", "sql_no_points"))
    done = languages.channels("build", cwd=project)
    assert done.returncode == 2
    assert "sql_no_points" in done.stderr
    assert done.stderr.endswith("error: .: `make module` failed\n")
