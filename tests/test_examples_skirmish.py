"""Skirmish: the same game over SQL tables in two languages, with the same rows.

That sources compile to the committed modules is in `test_languages_c` and
`test_languages_assemblyscript`; proofs and disputes are in `tests/cross_check` and `tests/cli`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.sql.project import sources_of_module
from sqlstore.contents import check_constraints, read_contents
from sqlstore.execute import execute
from tests import languages
from tests.languages import EXAMPLES
from wasm_interp.turn import Turn

SKIRMISH = EXAMPLES / "skirmish"
MODULES = sorted(SKIRMISH.glob("*/skirmish.wasm"))
LOG, ROWS = SKIRMISH / "messages.jsonl", SKIRMISH / "rows.json"
EXPECTED = json.loads((SKIRMISH / "expected.json").read_text())["messages.jsonl"]


@pytest.fixture(scope="module")
def games() -> dict[str, list[Turn]]:
    """Return what becomes of each message of the log in each language."""
    return {wasm.parent.name: languages.turns_of(wasm, LOG, rows=ROWS) for wasm in MODULES}


def test_the_game_is_there_in_two_languages() -> None:
    assert [wasm.parent.name for wasm in MODULES] == ["assemblyscript", "c"]


def test_the_log_gives_the_expected_statuses(games: dict[str, list[Turn]]) -> None:
    for turns in games.values():
        assert languages.statuses(turns) == EXPECTED["statuses"]
        assert f"0x{turns[-1].db_root.hex()}" == EXPECTED["db_root"]
    assert set(EXPECTED["statuses"]) == set(range(8))


def test_both_languages_have_the_same_root_after_every_message(
    games: dict[str, list[Turn]],
) -> None:
    roots = {tuple(turn.db_root for turn in turns) for turns in games.values()}
    assert len(roots) == 1


@pytest.mark.parametrize("wasm", MODULES, ids=lambda path: path.parent.name)
def test_cases_pass(wasm: Path) -> None:
    done = languages.channels("test", str(wasm), "--cases", str(SKIRMISH / "cases.toml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_genesis_rows_are_those_of_the_statements(tmp_path: Path) -> None:
    languages.make("sql", f"OUT={tmp_path}")
    assert (tmp_path / "skirmish" / "rows.json").read_bytes() == ROWS.read_bytes()


def test_rows_of_every_turn_keep_all_constraints(games: dict[str, list[Turn]]) -> None:
    sources = sources_of_module(MODULES[0])
    assert sources is not None
    schema = sources.read_schema()
    for turn in games["c"]:
        check_constraints(schema, read_contents(schema, turn.rows))


def test_a_move_is_what_the_executor_says(games: dict[str, list[Turn]]) -> None:
    """The statements of message 15, one by one, lead to the very rows that the reducer has."""
    sources = sources_of_module(MODULES[1])
    assert sources is not None
    schema = sources.read_schema()
    known = {one.name: one for one in sources.read_statements(schema)}
    before, after = games["c"][13], games["c"][14]
    assert after.message.payload.hex() == "02000000010702"
    rows = before.rows
    for name, arguments in (("StepsTo", (7, 2, 1, 0)), ("MoveUnit", (7, 2, 1)), ("Earn", (0,))):
        result = execute(known[name], schema, rows, arguments)
        assert result.count == 1
        rows = result.rows
    assert rows == after.rows
