"""The honest sides: whoever plays as these, and is right, wins, whatever the other does.

Spec: docs/spec/game.md, G-19, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from bisection.expansion import STEPS
from bisection.game import Phase, Side
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import ReducerParts, SignedMessage
from bisection.players.histories import Standing, disputed_segment, standing
from bisection.players.player import Submission, View, in_time, timeout_claim
from bisection.points import TurnPoint
from bisection.witness import prove_step

if TYPE_CHECKING:
    from bisection.players.knowledge import Knowledge, Run
    from merkle import Hash32

ShowMessage: TypeAlias = Callable[[int], SignedMessage]
"""The channel's part of opening a turn, from the turn."""


class Asserter:
    """The side that has signed a true claim, and knows every message of its log.

    Whatever it posts is on the one true run. Those who are not honest change one of the methods
    behind `answer`.

    Spec: G-19.
    """

    def __init__(self, knowledge: Knowledge, show_message: ShowMessage) -> None:
        self.knowledge = knowledge
        self.show_message = show_message

    def next(self, view: View) -> Submission | None:
        """Return the answer, with the bond if it is due; or the claim of a time that is up."""
        if not in_time(view, Side.ASSERTER):
            return timeout_claim(view, Side.ASSERTER)
        move = self.answer(view)
        return None if move is None else Submission(move, value=view.game.value_due)

    def answer(self, view: View) -> Move | None:
        """Return the move that the game waits for, from this side."""
        inner_ends = view.ends()[1:-1]
        match view.game.phase:
            case Phase.TURNS_POST:
                return TurnsPosted(tuple(self.turn_point(turn) for turn in inner_ends))
            case Phase.TURN_OPEN:
                return self.turn_opened(view)
            case Phase.STEPS_POST:
                turn = view.turn()
                return StepsPosted(tuple(self.state_hash(turn, step) for step in inner_ends))
            case _:
                raise AssertionError(f"no move of the asserter's: {view.game.phase}")

    def turn_point(self, turn: int) -> TurnPoint:
        """Return the log root and the db_root to post for ``turn``."""
        log_root = self.knowledge.log_root(turn)
        assert log_root is not None, "an honest asserter knows its own log"
        return TurnPoint(log_root=log_root, db_root=self.db_root(turn))

    def db_root(self, turn: int) -> Hash32:
        """Return the db_root to post for ``turn``."""
        root = self.knowledge.root(turn)
        assert root is not None, "an honest asserter has reduced its own log"
        return root

    def state_hash(self, turn: int, step: int) -> Hash32:
        """Return the state hash to post for ``step`` of ``turn``."""
        return self.run(turn).state_hash(step)

    def turn_opened(self, view: View) -> TurnOpened | None:
        """Return what opens the turn that is left."""
        turn = view.game.high
        return TurnOpened(
            signed=self.show_message(turn),
            reducer=ReducerParts.of(self.knowledge.program),
            end=self.end_record(turn, db_root=view.game.turn_points[-1].db_root),
        )

    def end_record(self, turn: int, *, db_root: Hash32) -> bytes:
        """Return the record to show as the end of ``turn``, where ``db_root`` is disputed."""
        run = self.run(turn)
        return run.machine(len(run)).state().encode()

    def run(self, turn: int) -> Run:
        """Return the true run of ``turn``."""
        return self.knowledge.run(self.knowledge.message(turn))


class Challenger:
    """The side that disputes a claim that is false, or that cannot be opened.

    Whatever it accepts of a turn that can be opened, it has computed. Of a turn that it did not
    know it learns the message when the asserter opens it; if that proves true, it accepts the turn
    and disputes those after it. If it was the claim's, it has nothing to say and waits.

    Spec: G-20, G-22.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def known(self, view: View) -> Knowledge:
        """Return what this side knows by now: the turns that it has accepted, too."""
        knowledge = self.knowledge
        for accepted, payload in view.accepted():
            message = knowledge.opened(accepted.turn, payload)
            knowledge = knowledge.learnt(message, accepted.point.log_root)
        return knowledge

    def next(self, view: View) -> Submission | None:
        """Return the answer, or the claim of a time that is up."""
        if not in_time(view, Side.CHALLENGER):
            return timeout_claim(view, Side.CHALLENGER)
        move = self.answer(view)
        return None if move is None else Submission(move)

    def answer(self, view: View) -> Move | None:
        """Return the move that the game waits for, or None if there is nothing false to show."""
        game = view.game
        if game.phase > Phase.TURN_OPEN and not self.knows_start(view):
            # It has signed what it has lost since, and was shown it: it cannot run what follows.
            return None
        match game.phase:
            case Phase.TURNS_CHOOSE:
                segment = self.disputed_turns(view)
                return None if segment is None else TurnsChosen(segment)
            case Phase.STEPS_CHOOSE:
                disputed = self.disputed_step(view)
                return self.accepted_turn(view) if disputed is None else StepsChosen(disputed - 1)
            case Phase.STEP_PROVE:
                proof = prove_step(self.run(view).machine(game.low))
                return None if proof.post_state == game.points[1] else StepProven(proof)
            case _:
                raise AssertionError(f"no move of the challenger's: {game.phase}")

    def knows_start(self, view: View) -> bool:
        """Return whether the turn that was opened begins with this side's own log and rows."""
        (low, _), points = view.turns()
        return standing(self.known(view), low, points[0]) is Standing.OWN

    def disputed_turns(self, view: View) -> int | None:
        """Return the segment of turns that this side disputes, None if there is none."""
        game = view.game
        return disputed_segment(
            self.known(view),
            game.position.challenger,
            ends=view.ends(),
            points=game.turn_points,
        )

    def accepted_turn(self, view: View) -> TurnAccepted | None:
        """Return that the turn that was opened is true, None if it was the claim's."""
        (_, turn), points = view.turns()
        claim = view.game.claim
        if (view.game.low, view.game.high) != (0, STEPS) or not claim.may_accept(turn):
            return None
        return TurnAccepted(claim=claim, turn=turn, point=points[1])

    def disputed_step(self, view: View) -> int | None:
        """Return the index of a point that is false, behind one that is true. Spec: G-20.

        A state hash costs a part of a run, so between what is true and what is false it is searched
        for by halves: as many hashes as with the smallest arity, whatever the arity is.
        """
        run, ends, points = self.run(view), view.ends(), view.game.state_hashes

        def is_true(at: int) -> bool:
            return run.state_hash(ends[at]) == points[at]

        true, false = 0, len(points) - 1
        if is_true(false):
            # Then the turn is true: if something before its end is not, that will do.
            return next((at for at in range(1, false) if not is_true(at)), None)
        while false - true > 1:
            middle = (true + false) // 2
            true, false = (middle, false) if is_true(middle) else (true, middle)
        return false

    def run(self, view: View) -> Run:
        """Return the true run of the message that was opened, over the rows that both accept."""
        knowledge = self.known(view)
        return knowledge.run(knowledge.opened(view.turn(), view.payload()))
