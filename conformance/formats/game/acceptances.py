"""The cases of games in which a turn is accepted that was opened, or may not be accepted.

Not here: whole games of a challenger that accepts (`conformance.formats.game.cases`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bisection.expansion import STEPS, segment_ends
from bisection.game import Phase
from bisection.game_errors import (
    BondMismatch,
    ContextMismatch,
    NotYourMove,
    PhaseMismatch,
    PositionMismatch,
    StepsDisputed,
    TurnNotAcceptable,
)
from bisection.moves import (
    Move,
    StepsChosen,
    StepsPosted,
    TurnAccepted,
    TurnsChosen,
    TurnsPosted,
)
from bisection.players.asserters import Liar
from bisection.players.honest import Challenger
from conformance.corpus.disputes import Scene
from conformance.format import Case, Generator, VectorSet
from conformance.formats.game.cases import CLAIM, false_scene
from conformance.formats.game.refused import ORDER, REFUSED, Tape, other_point, true_opening


def _acceptances(kind: VectorSet) -> Iterator[Case]:
    """Yield a game whose challenger accepts a turn, and what of that is refused."""
    if kind is VectorSet.SMOKE:
        return
    scene = false_scene(participants=4, arity=16)
    known = scene.knowledge(known=CLAIM - 3)
    outcome = scene.play(
        Liar(scene.knowledge(), scene.show, turn=CLAIM, step=20), Challenger(known)
    )
    moves = outcome.moves
    accepted = next(move for move in moves if isinstance(move, TurnAccepted))
    at = moves.index(accepted)
    tape = Tape(scene)
    tape.open()
    for move in moves[:at]:
        tape.refuse(PhaseMismatch, accepted)
        tape.take(move)
    wrong = replace(accepted, turn=accepted.turn + 1)
    tape.refuse(NotYourMove, accepted, by=scene.asserter)
    tape.refuse(BondMismatch, accepted, value=1)
    tape.refuse(PositionMismatch, wrong, shown=other_point(tape.game))
    tape.refuse(ContextMismatch, wrong)
    tape.refuse(ContextMismatch, replace(accepted, point=accepted.claim.point))
    for claim in (
        replace(accepted.claim, participants=5),
        replace(accepted.claim, turn=CLAIM + 1),
        replace(accepted.claim, point=accepted.point),
    ):
        tape.refuse(ContextMismatch, replace(accepted, claim=claim))
    for move in moves[at:]:
        tape.take(move)
    yield tape.case("mistakes_in_accepting_a_turn", "a true turn is accepted, then others", REFUSED)
    yield _too_late(scene, moves[: at + 1])
    yield from _not_acceptable()


def _too_late(scene: Scene, moves: tuple[Move, ...]) -> Case:
    tape = Tape(scene)
    tape.open()
    for move in moves[:-1]:
        tape.take(move)
    tape.take(StepsChosen(0))
    states = scene.knowledge().run(scene.messages[tape.game.claim.turn - 3])
    inner = segment_ends(tape.game.low, tape.game.high, arity=16)[1:-1]
    tape.take(StepsPosted(tuple(states.state_hash(step) for step in inner)))
    tape.refuse(StepsDisputed, moves[-1])
    wrong = replace(moves[-1], turn=1) if isinstance(moves[-1], TurnAccepted) else moves[-1]
    tape.refuse(ContextMismatch, wrong)
    comment = "a step of it was disputed before"
    return tape.case("accepting_a_turn_too_late", comment, REFUSED, ORDER)


def _not_acceptable() -> Iterator[Case]:
    """Yield turns that are opened and accepted, by challengers that need not."""
    for participants, last in ((2, CLAIM - 1), (4, CLAIM - 3), (4, CLAIM)):
        scene = Scene(participants=participants, arity=16, base=last - 1)
        tape = Tape(scene)
        tape.open()
        while tape.game.phase is not Phase.TURN_OPEN:
            ends = segment_ends(tape.game.low, tape.game.high, arity=16)
            tape.take(TurnsPosted(scene.points(*ends[1:-1])))
            tape.take(TurnsChosen(0))
        tape.take(true_opening(scene, turn=last))
        run = scene.knowledge().run(scene.messages[last - 1])
        inner = segment_ends(0, STEPS, arity=16)[1:-1]
        tape.take(StepsPosted(tuple(run.state_hash(step) for step in inner)))
        (point,) = scene.points(last)
        move = TurnAccepted(claim=tape.game.claim, turn=last, point=point)
        tape.refuse(TurnNotAcceptable, move)
        yield tape.case(
            f"accepting_turn_{last}_of_{participants}",
            f"turn {last} cannot be unknown to a challenger, or none comes after it",
            REFUSED,
        )


GENERATORS: Final[tuple[Generator, ...]] = (_acceptances,)
