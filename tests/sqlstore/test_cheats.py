"""A cheat inside an SQL statement: the one false step is found by bisection, and loses.

The asserter of a turn of skirmish runs it truly up to a write of MoveUnit, has that write another
row, and runs on truly from there: to a state that the reducer would accept. Nothing else is false.
On an EVM, with transactions: `tests/cli/test_dispute_sql`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from bisection.arena import play
from bisection.game import Side
from bisection.moves import StepProven
from bisection.players.honest import Asserter, Challenger, ShowMessage
from bisection.players.knowledge import Knowledge, Run
from bisection.verifier.one_step import verify_call
from cli.files import read_messages, read_program, read_rows
from merkle import Hash32, OrderedMap
from tests.bisection.disputes import scene
from tests.languages import EXAMPLES
from wasm_interp import Machine, Program
from wasm_interp.instructions import INSTRUCTIONS
from wasm_interp.turn import replay

SKIRMISH = EXAMPLES / "skirmish"
TURN = 7
"""A rider moves."""


@dataclass(frozen=True, kw_only=True)
class Game:
    """The game up to `TURN`: payloads of its turns, genesis rows, and a machine before the last."""

    program: Program
    payloads: tuple[bytes, ...]
    genesis: OrderedMap
    machine: Machine


@cache
def game(language: str) -> Game:
    program = read_program(SKIRMISH / language / "skirmish.wasm", reducer=True)
    genesis = read_rows(SKIRMISH / "rows.json", program)
    log = read_messages(SKIRMISH / "messages.jsonl")
    turns = [turn for turn in replay(program, genesis, log) if turn.accepted][:TURN]
    return Game(
        program=program,
        payloads=tuple(turn.message.payload for turn in turns),
        genesis=genesis,
        machine=program.start(turns[-2].rows, turns[-1].message),
    )


def writes(machine: Machine) -> list[tuple[str, int]]:
    """Return the writes of MoveUnit, and how many steps have been taken after each."""
    m = machine.copy()
    found = []
    while m.running:
        word = m.word()
        name = INSTRUCTIONS[word.code].name if word else ""
        inside = m.backtrace()[0].symbol == "sql:move_unit"
        m.step()
        if inside and name in {"db.put", "db.delete"}:
            found.append((name, m.steps))
    return found


class Tamperer(Asserter):
    """Tells the truth before ``step``, and of ``lie``, which stands there, from then on."""

    def __init__(
        self, knowledge: Knowledge, show_message: ShowMessage, *, step: int, lie: Machine
    ) -> None:
        super().__init__(knowledge, show_message)
        self.step = step
        self.lie = Run(lie)

    def state_hash(self, turn: int, step: int) -> Hash32:
        if step < self.step:
            return super().state_hash(turn, step)
        return self.lie.state_hash(step - self.step)

    def end_record(self, turn: int, *, db_root: Hash32) -> bytes:
        record = self.lie.machine(len(self.lie)).state()
        assert record.db_root == db_root
        return record.encode()


def test_a_move_has_three_writes() -> None:
    assert [name for name, _ in writes(game("c").machine)] == ["db.put", "db.delete", "db.put"]


@pytest.mark.parametrize("language", ["c", "assemblyscript"])
@pytest.mark.parametrize("which", range(3), ids=["row", "old-entry", "new-entry"])
def test_a_write_that_is_not_what_the_statement_says(which: int, language: str) -> None:
    here = game(language)
    name, step = writes(here.machine)[which]
    lie = here.machine.copy()
    lie.run(step - 1)
    before = lie.rows
    lie.run(1)
    if name == "db.delete":
        lie.rows = before  # it is not deleted: the field stays taken
    else:
        (key,) = (key for key, value in lie.rows.items() if before.get(key) != value)
        value = lie.rows.get(key) or b""
        lie.rows = lie.rows.put(key, value[:-1] + b"\x7f")  # the rider has got 32,512 health
    end = lie.copy()
    end.run()
    assert end.accepted
    told = scene(
        here.program,
        here.payloads,
        base=TURN - 1,
        rows=here.genesis,
        claim_root=end.rows.root,
    )
    asserter = Tamperer(told.fresh(), told.channel.show, step=step, lie=lie)
    outcome = play(told.open(arity=16), asserter=asserter, challenger=Challenger(told.fresh()))
    assert outcome.winner is Side.CHALLENGER
    assert outcome.refusals == ()
    proven = outcome.moves[-1]
    assert isinstance(proven, StepProven)
    assert INSTRUCTIONS[proven.proof.op[0]].name == name
    truth = here.machine.copy()
    truth.run(step)
    assert verify_call(proven.proof.calldata()) == truth.state()
    assert truth.rows.root != lie.rows.root
