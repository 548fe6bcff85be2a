"""What an honest side computes in a dispute, over what one plain run takes.

Counted is the CPU time of the player: the states and hashes of all rounds, its first run with
checkpoints among them, and the witness. Not counted: EVM, twin, signatures, imports, compilation,
and whatever the other side does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import process_time
from typing import Final

from bench.dispute import scene
from bisection.arena import Outcome, play
from bisection.expansion import SECONDS_MAX
from bisection.game import Constants, Game, Phase, Side, open_game
from bisection.moves import Move, StepsChosen
from bisection.players.asserters import Liar, untrue
from bisection.players.honest import Asserter, Challenger
from bisection.players.knowledge import Knowledge
from bisection.players.player import Player, Submission, View
from channel.dispute.cases import PlayedChannel, played
from channel.dispute.claim import dispute_of
from channel.dispute.message import check_message
from merkle import Hash32
from wasm_interp.machine import Tier

ROUNDS: Final = 3
CHAIN_ID: Final = 1


@dataclass
class Timed:
    """A player, and the CPU time that it took so far, in seconds."""

    player: Player
    seconds: float = field(default=0.0)

    def next(self, view: View) -> Submission | None:
        begin = process_time()
        try:
            return self.player.next(view)
        finally:
            self.seconds += process_time() - begin


class Homing(Challenger):
    """Disputes a true claim, and goes for one step."""

    def __init__(self, knowledge: Knowledge, *, step: int) -> None:
        super().__init__(knowledge)
        self.step = step

    def answer(self, view: View) -> Move | None:
        if view.game.phase is not Phase.STEPS_CHOOSE:
            return None
        return StepsChosen(next(at for at, end in enumerate(view.ends()[1:]) if end > self.step))


def run_seconds() -> float:
    """Return the CPU time of one plain run on the compiled tier, compiled before."""
    program = scene.program()
    # The first run compiles.
    program.start().run(tier=Tier.COMPILED)
    best = float("inf")
    for _ in range(ROUNDS):
        begin = process_time()
        program.start().run(tier=Tier.COMPILED)
        best = min(best, process_time() - begin)
    return best


def side_seconds(side: Side, *, arity: int) -> float:
    """Return the least CPU time of an honest ``side`` in a whole game with ``arity``."""
    play_side = {Side.ASSERTER: _asserter_game, Side.CHALLENGER: _challenger_game}[side]
    return min(play_side(arity) for _ in range(ROUNDS))


def _asserter_game(arity: int) -> float:
    channel = played(scene.case(), chain_id=CHAIN_ID)
    truth = channel.true_root
    assert truth is not None
    opening = opened(channel, arity=arity, root=truth)
    asserter = Timed(Asserter(scene.knowledge(), channel.dossier(truth).show))
    homing = Homing(scene.knowledge(), step=scene.dearest_step())
    outcome = play(opening, asserter=asserter, challenger=homing)
    return _seconds(outcome, asserter, Side.ASSERTER)


def _challenger_game(arity: int) -> float:
    channel = played(scene.case(), chain_id=CHAIN_ID)
    root = untrue("db_root", 1)
    opening = opened(channel, arity=arity, root=root)
    step = scene.dearest_step() + 1
    liar = Liar(scene.knowledge(), channel.dossier(root).show, turn=1, step=step)
    challenger = Timed(Challenger(scene.knowledge()))
    outcome = play(opening, asserter=liar, challenger=challenger)
    return _seconds(outcome, challenger, Side.CHALLENGER)


def opened(channel: PlayedChannel, *, arity: int, root: Hash32) -> Game:
    """Return the twin's game about a claim of ``root``."""
    constants = Constants(
        check_message=check_message,
        arity=arity,
        move_seconds=SECONDS_MAX,
        clock_seconds=SECONDS_MAX,
        bond=1,
    )
    disputed = channel.dossier(root).disputed
    dispute = dispute_of(disputed, chain_id=CHAIN_ID)
    challenger = channel.fixed.mover(2)
    return open_game(constants, dispute, challenger=challenger, now=0, value=1)


def _seconds(outcome: Outcome, timed: Timed, side: Side) -> float:
    assert outcome.winner is side, "an honest side has lost"
    return timed.seconds
