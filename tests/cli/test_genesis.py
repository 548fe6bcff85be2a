"""Genesis rows of a reducer with SQL: every command refuses what its tables cannot hold (Q-27)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.rows import rows_file
from merkle import OrderedMap
from sqlstore.bind import read_schema
from sqlstore.contents import Contents, write_contents
from tests.cli.command_line import Channels
from tests.cli.sql_projects import SCHEMA, write_project

COMMANDS = (
    ("run", "game.wasm", "log"),
    ("trace", "game.wasm", "log"),
    ("profile", "game.wasm", "log"),
    ("repl", "game.wasm", "log", "--plain"),
    ("sql", "game.wasm", "log", "SELECT 1"),
    ("snapshot", "export", "game.wasm", "log", "-o", "out.jsonl"),
    ("dispute", "game.wasm", "log"),
    ("prove", "game.wasm", "log", "--turn", "1", "--step", "1"),
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> Path:
    write_project(tmp_path)
    return tmp_path


def write_rows(project: Path, rows: OrderedMap) -> None:
    (project / "rows.json").write_text(rows_file(rows))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_rows_that_break_a_constraint_are_refused(
    channels: Channels, project: Path, command: tuple[str, ...]
) -> None:
    contents = Contents(tables={"players": ((0, "Ann", 1_000, None),)})
    write_rows(project, write_contents(read_schema(SCHEMA), contents))
    status, out, err = channels(*command, "--rows", "rows.json")
    assert (status, out) == (2, "")
    assert err.startswith("error: rows.json: 23514: players_score_check is false ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value[:-1],
        lambda value: value + b"\0",
        lambda value: bytes([value[0] | 0x80]) + value[1:],
    ],
)
def test_rows_that_are_no_encoding_are_refused(
    channels: Channels, project: Path, change: object
) -> None:
    assert callable(change)
    rows = json.loads((project / "rows.json").read_text())["rows"]
    first = rows[0]
    value = change(bytes.fromhex(first["value"][2:]))
    first["value"] = f"0x{value.hex()}"
    (project / "rows.json").write_text(json.dumps({"rows": rows}))
    status, out, err = channels("run", "game.wasm", "log", "--rows", "rows.json")
    assert (status, out) == (2, "")
    assert err.startswith("error: rows.json: XX001: ")
    assert err.count("\n") == 1


def test_a_reducers_own_rows_are_its_own(channels: Channels, project: Path) -> None:
    rows = json.loads((project / "rows.json").read_text())["rows"]
    rows.append({"key": "0x55", "value": "0x"})
    (project / "rows.json").write_text(json.dumps({"rows": rows}))
    assert channels("run", "game.wasm", "log", "--rows", "rows.json")[0] == 0
