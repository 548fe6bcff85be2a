"""Challengers that are not honest: they dispute what is true.

None of them wins against an honest asserter. What they pick is drawn from a seed, so that each does
the same again when it is made anew.

Spec: docs/spec/game.md, G-19. Mirror: none, contracts do not play.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bisection.calldata import NO_INSTRUCTION, StepProof
from bisection.expansion import STEPS
from bisection.game import Phase
from bisection.moves import Move, StepProven, StepsChosen, TurnsChosen
from bisection.players.asserters import untrue
from bisection.players.honest import Challenger
from bisection.players.knowledge import Knowledge, Run
from bisection.witness import prove_step
from wasm_interp.state import FUEL_AT

if TYPE_CHECKING:
    from bisection.players.player import View


class Quarreller(Challenger):
    """Disputes a claim that it knows to be true: any segment, and at the end proofs of any kind."""

    def __init__(
        self, knowledge: Knowledge, *, seed: int, forgeries: Sequence[Forgery] | None = None
    ) -> None:
        """Draw from ``forgeries`` of proofs, by default from all."""
        super().__init__(knowledge)
        self.seed = seed
        self.forgeries = FORGERIES if forgeries is None else tuple(forgeries)

    def answer(self, view: View) -> Move | None:
        """Return a segment, or a forgery of a proof."""
        # Drawn anew for each second, so that one forgery after the other is tried.
        rng = random.Random(f"{self.seed} {len(view.moves)} {view.now}")
        match view.game.phase:
            case Phase.TURNS_CHOOSE:
                return TurnsChosen(self.pick(view.game.segments, rng))
            case Phase.STEPS_CHOOSE:
                return StepsChosen(self.pick(view.game.segments, rng))
            case _:
                run = self.run(view)
                proof = prove_step(run.machine(view.game.low))
                return StepProven(rng.choice(self.forgeries)(proof, run, rng))

    def pick(self, segments: int, rng: random.Random) -> int:
        """Return one of ``segments`` segments."""
        return rng.randrange(segments)


class Credulous(Quarreller):
    """Accepts every turn that it may accept, true or not; else it is a quarreller."""

    def answer(self, view: View) -> Move | None:
        """Return that the turn is true, a segment, or a forgery of a proof."""
        accepted = self.accepted_turn(view) if view.game.phase is Phase.STEPS_CHOOSE else None
        return super().answer(view) if accepted is None else accepted


class FirstStep(Quarreller):
    """Disputes the very first step of the first turn."""

    def pick(self, segments: int, rng: random.Random) -> int:
        """Return the first segment."""
        return 0


class LastStep(Quarreller):
    """Disputes the very last step of the last turn, of a machine that stopped long ago."""

    def pick(self, segments: int, rng: random.Random) -> int:
        """Return the last segment."""
        return segments - 1


# -- forged proofs ---------------------------------------------------------------------------------

Forgery = Callable[[StepProof, Run, random.Random], StepProof]
"""Makes a proof that does not hold from the proof of the true step."""


def true_step(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Prove what the asserter says: `PostStateAgreed`."""
    return proof


def other_end(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Claim that the step leads elsewhere: `PostStateMismatch`."""
    return replace(proof, post_state=untrue("state", rng.randrange(STEPS)))


def other_fuel(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Begin in another state than the one accepted: `PreStateMismatch`."""
    record = proof.pre_state
    fuel = int.from_bytes(record[FUEL_AT : FUEL_AT + 4], "big") ^ 1
    changed = record[:FUEL_AT] + fuel.to_bytes(4, "big") + record[FUEL_AT + 4 :]
    return replace(proof, pre_state=changed, post_state=untrue("state", fuel))


def other_step(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Prove another step of the run: `PreStateMismatch`, or `PostStateAgreed` for the same one."""
    return prove_step(run.machine(rng.randrange(len(run) + 1)))


def cut_witness(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Leave out a part of the witness, or add to it."""
    length = rng.randrange(len(proof.witness) + 33)
    witness = proof.witness[:length].ljust(length, b"\0")
    return replace(proof, witness=witness, post_state=untrue("state", length))


def noisy_witness(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Give a witness of noise."""
    return replace(proof, witness=rng.randbytes(200), post_state=untrue("state", 0))


def other_instruction(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Claim that another instruction stands at pc, or that none is fetched."""
    op = rng.choice((NO_INSTRUCTION, rng.randbytes(16), b"", proof.op + b"\0"))
    return replace(proof, op=op, post_state=untrue("state", 1))


def nothing(proof: StepProof, run: Run, rng: random.Random) -> StepProof:
    """Give nothing at all: `PreStateMismatch`."""
    return StepProof(pre_state=b"", op=b"", witness=b"", post_state=untrue("state", 2))


FORGERIES: Final[tuple[Forgery, ...]] = (
    *(true_step, other_end, other_fuel, other_step),
    *(cut_witness, noisy_witness, other_instruction, nothing),
)
