"""Players for transcripts, beside those of `bisection.players`: they choose by rule, not by chance.

What Python's generator gives is not promised to be the same in all versions, and transcripts must
be.

Spec: docs/spec/game.md, G-19, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bisection.calldata import NO_INSTRUCTION, StepProof
from bisection.game import Phase, Side, deadline
from bisection.moves import Move, StepProven, StepsChosen, TimeoutClaimed, TurnsChosen
from bisection.players.asserters import untrue
from bisection.players.habits import MISTAKES, Mistake
from bisection.players.honest import Challenger
from bisection.players.knowledge import Knowledge
from bisection.players.player import Player, Submission, View
from bisection.witness import prove_step
from wasm_interp.state import FUEL_AT

if TYPE_CHECKING:
    from bisection.players.knowledge import Run

Forgery = Callable[[StepProof, "Run", int], StepProof]
"""Makes a proof that does not hold from the true one of step ``low``."""


class Forger(Challenger):
    """Disputes what is true: takes the segments that it is told, then tries forged proofs in turn.

    ``picks`` are places from 0 to 1 of the segments, taken over and over. One forgery is tried when
    it is asked first, another in the last second.
    """

    def __init__(
        self, knowledge: Knowledge, *, picks: Sequence[float], forgeries: Sequence[Forgery]
    ) -> None:
        super().__init__(knowledge)
        self.picks = picks
        self.forgeries = forgeries

    def answer(self, view: View) -> Move:
        """Return a segment, or a forged proof."""
        game = view.game
        if game.phase is Phase.STEP_PROVE:
            run = self.run(view)
            attempt = int(view.now == deadline(game)) % len(self.forgeries)
            proof = prove_step(run.machine(game.low))
            return StepProven(self.forgeries[attempt](proof, run, game.low))
        pick = self.picks[len(view.moves) // 2 % len(self.picks)]
        segment = min(int(pick * game.segments), game.segments - 1)
        is_turns = game.phase is Phase.TURNS_CHOOSE
        return TurnsChosen(segment) if is_turns else StepsChosen(segment)


class Blunderer:
    """Makes one mistake after the other, and its move in the last second of its time."""

    def __init__(self, player: Player, side: Side) -> None:
        self.player = player
        self.side = side

    def next(self, view: View) -> Submission | None:
        """Return a move that is refused, or in the last second the player's own."""
        game = view.game
        if game.to_move is not self.side or view.late or view.now == deadline(game):
            return self.player.next(view)
        own = self.player.next(view)
        if own is None:
            return Submission(TimeoutClaimed())
        mistake: Mistake = MISTAKES[len(view.moves) // 2 % len(MISTAKES)]
        return mistake(own, game)


# -- forged proofs ---------------------------------------------------------------------------------


def true_step(proof: StepProof, run: Run, low: int) -> StepProof:
    """Prove what the asserter says: `PostStateAgreed`."""
    return proof


def other_end(proof: StepProof, run: Run, low: int) -> StepProof:
    """Claim that the step leads elsewhere: `PostStateMismatch`."""
    return replace(proof, post_state=untrue("state", low))


def other_fuel(proof: StepProof, run: Run, low: int) -> StepProof:
    """Begin in another state than the one accepted: `PreStateMismatch`."""
    record = proof.pre_state
    fuel = int.from_bytes(record[FUEL_AT : FUEL_AT + 4], "big") ^ 1
    changed = record[:FUEL_AT] + fuel.to_bytes(4, "big") + record[FUEL_AT + 4 :]
    return replace(proof, pre_state=changed)


def next_step(proof: StepProof, run: Run, low: int) -> StepProof:
    """Prove the step after: `PreStateMismatch`, or `PostStateAgreed` of a stopped machine."""
    return prove_step(run.machine(low + 1))


def long_witness(proof: StepProof, run: Run, low: int) -> StepProof:
    """Add a word to the witness: `WitnessLengthMismatch`."""
    return replace(other_end(proof, run, low), witness=proof.witness + bytes(32))


def no_witness(proof: StepProof, run: Run, low: int) -> StepProof:
    """Leave the witness out: `WitnessLengthMismatch`, or `PostStateMismatch` where it has none."""
    return replace(other_end(proof, run, low), witness=b"")


def no_instruction(proof: StepProof, run: Run, low: int) -> StepProof:
    """Claim that no instruction is fetched: `RootMismatch`, or as `other_end`."""
    return replace(other_end(proof, run, low), op=NO_INSTRUCTION)


def other_instruction(proof: StepProof, run: Run, low: int) -> StepProof:
    """Claim that another instruction stands at pc: `RootMismatch`, or `UnexpectedInstruction`."""
    op = proof.op[:-1] + bytes([proof.op[-1] ^ 1])
    return replace(other_end(proof, run, low), op=op)


FORGERIES: Final[tuple[Forgery, ...]] = (
    *(true_step, other_end, other_fuel, next_step),
    *(long_witness, no_witness, no_instruction, other_instruction),
)
