"""`channels dispute` over SQL tables: a false state after a statement's write costs its bond."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import Channels
from tests.languages import EXAMPLES
from tests.sqlstore.test_cheats import TURN, game, writes

SKIRMISH = EXAMPLES / "skirmish"


@pytest.mark.parametrize("language", ["c", "assemblyscript"])
def test_a_false_state_after_a_move_of_a_unit(channels: Channels, language: str) -> None:
    name, step = writes(game(language).machine)[0]
    reducer = SKIRMISH / language / "skirmish.wasm"
    status, out, err = channels(
        *("dispute", str(reducer), str(SKIRMISH / "messages.jsonl")),
        *("--rows", str(SKIRMISH / "rows.json"), "--turn", str(TURN), "--step", str(step)),
        *("--arity", "64", "--json"),
    )
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["verdict"]["winner"] == "challenger"
    assert found["verdict"]["honest_won"] is True
    deciding = found["deciding"]
    assert (deciding["step"], deciding["symbol"]) == (step - 1, "sql:move_unit")
    (here,) = (line["text"] for line in deciding["listing"] if line["here"])
    assert here.startswith(name)
    assert "db_root" in {entry["field"] for entry in deciding["diff"]}
    assert deciding["claimed"] != deciding["post_state"]
