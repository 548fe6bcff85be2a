"""SQL on chain: every row operation of a game over tables is a step that the contract verifies.

What a message reads and writes comes from statements alone; each get, seek, put and delete has its
witness against the root of the rows.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.cross_check.both import Both
from tests.cross_check.runs import Log, sampled
from tests.languages import EXAMPLES
from wasm_interp.instructions import INSTRUCTIONS

SKIRMISH = EXAMPLES / "skirmish"
ROW_OPERATIONS = {"db.get", "db.put", "db.delete", "db.seek"}
"""Those of the game; it reads no table backward."""


def game(language: str) -> Log:
    return Log(
        reducer=SKIRMISH / language / "skirmish.wasm",
        messages=SKIRMISH / "messages.jsonl",
        rows=SKIRMISH / "rows.json",
    )


@pytest.mark.parametrize("language", ["c", "assemblyscript"])
def test_every_row_operation_of_a_game(both: Both, language: str) -> None:
    """And a sample of the steps between them: all of rows and messages are in `sampled`."""
    met: Counter[int] = Counter()
    proven: Counter[str] = Counter()
    for machine in game(language).machines():
        for proof in sampled(machine, met, first=4, stride=499):
            assert both.accepted(proof) == machine.state()
            proven[INSTRUCTIONS[proof.op[0]].name] += 1
    taken = {INSTRUCTIONS[code].name: count for code, count in met.items()}
    rows = {name: count for name, count in taken.items() if name.startswith("db.")}
    assert rows.keys() == ROW_OPERATIONS
    assert {name: proven[name] for name in rows} == rows
    assert sum(rows.values()) > 300
