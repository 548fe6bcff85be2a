"""Tic-Tac-Toe over rows: every language gives what the seed's reducer gives, row for row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.files import read_program, read_rows
from merkle import OrderedMap
from tests import languages
from tests.languages import EXAMPLES
from wasm_interp.message import Message
from wasm_interp.turn import reduce

SEEDS = EXAMPLES / "tic_tac_toe"
HERE = EXAMPLES / "tic_tac_toe_db"
ROWS = HERE / "rows.json"
MODULES = sorted(HERE.glob("*/tic_tac_toe.wasm"))
EXPECTED = json.loads((SEEDS / "expected.json").read_text())

each_module = pytest.mark.parametrize("wasm", MODULES, ids=lambda path: path.parent.name)


def rows_of(state: bytes) -> OrderedMap:
    """Return the rows that say what the eleven bytes of the seed's state say."""
    cells = {b"cell%c" % index: bytes([cell]) for index, cell in enumerate(state[:9]) if cell}
    others = {b"next": state[9:10], b"winner": state[10:11]}
    return OrderedMap.from_rows((cells | others).items())


def test_every_folder_has_its_module() -> None:
    folders = {path for path in HERE.iterdir() if path.is_dir()}
    assert {path.parent for path in MODULES} == folders
    assert len(folders) == 4


def test_genesis_rows_say_what_the_seeds_genesis_says() -> None:
    program = read_program(MODULES[0], reducer=True)
    blob = json.loads((SEEDS / "rows.json").read_text())["blob"]
    assert read_rows(ROWS, program) == rows_of(bytes.fromhex(blob[2:]))


@each_module
@pytest.mark.parametrize("log", sorted(EXPECTED))
def test_statuses_rows_and_root_are_those_of_the_seed(log: str, wasm: Path) -> None:
    turns = languages.turns_of(wasm, SEEDS / log, rows=ROWS)
    assert languages.statuses(turns) == EXPECTED[log]["statuses"]
    rows = rows_of(bytes.fromhex(EXPECTED[log]["state"][2:]))
    assert turns[-1].rows == rows
    assert turns[-1].db_root == rows.root


@pytest.mark.parametrize("log", sorted(EXPECTED))
def test_all_languages_have_the_same_root_after_every_message(log: str) -> None:
    roots = {
        tuple(turn.db_root for turn in languages.turns_of(wasm, SEEDS / log, rows=ROWS))
        for wasm in MODULES
    }
    assert len(roots) == 1


STRANGE = {
    "nothing": ({}, 5),
    "next is 3": ({b"next": b"\3"}, 5),
    "next is too long": ({b"next": b"\1\0"}, 5),
    "next is empty": ({b"next": b""}, 5),
    "winner is too long": ({b"next": b"\1", b"winner": b"\1\1"}, 0),
    "winner is unknown": ({b"next": b"\1", b"winner": b"\x09"}, 3),
    "cell is too long": ({b"next": b"\1", b"cell\4": b"\1\1"}, 0),
    "cell is unknown": ({b"next": b"\1", b"cell\4": b"\x07"}, 4),
}


@each_module
@pytest.mark.parametrize("name", STRANGE)
def test_strange_rows_mean_the_same_to_all(name: str, wasm: Path) -> None:
    rows, status = STRANGE[name]
    message = Message(turn=1, sender=0, payload=b"\1\4and more")
    program = read_program(wasm, reducer=True)
    assert reduce(program, OrderedMap.from_rows(rows.items()), message).result == status
