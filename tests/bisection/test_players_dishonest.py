"""The dishonest: each does what its name says, and is refused in the words that the rules give."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from bisection.arena import Outcome, at_once, play
from bisection.calldata import StepProof
from bisection.errors import (
    CalldataNotCanonical,
    PostStateMismatch,
    UnexpectedInstruction,
    WitnessLengthMismatch,
)
from bisection.expansion import STEPS
from bisection.game import Game, Phase, Side, deadline, update
from bisection.game_errors import (
    BondMismatch,
    ContextMismatch,
    DeadlineNotPassed,
    EndNotAccepted,
    GameError,
    NotYourMove,
    PhaseMismatch,
    PointCountMismatch,
    PositionMismatch,
    PostStateAgreed,
    PreStateMismatch,
    ReducerIdMismatch,
    SegmentOutOfRange,
)
from bisection.moves import StepProven, TimeoutClaimed
from bisection.players import challengers, habits
from bisection.players.asserters import HonestEnd, Liar, WrongGenesis, untrue
from bisection.players.challengers import FORGERIES, FirstStep, Forgery, LastStep, Quarreller
from bisection.players.habits import MISTAKES, OUT_OF_TURN, LastSecond, Meddler, Mistake, Silent
from bisection.players.honest import Asserter, Challenger
from bisection.players.player import Submission, View
from bisection.witness import prove_step
from merkle import Hash32
from merkle.errors import ChainMismatch, ChannelsError, RootMismatch
from tests.bisection.disputes import MOVE_SECONDS, NotSigned, Scene, counter, scene
from tests.bisection.duels import delays

PAYLOADS = (b"abc", b"", b"xxxxx", b"1" * 9, b"")


@cache
def truth() -> Scene:
    return scene(counter(), PAYLOADS)


@cache
def lie() -> Scene:
    return scene(counter(), PAYLOADS, claim_root=untrue("db_root", 5))


def liar(turn: int = 3, step: int = 40) -> Liar:
    return Liar(lie().fresh(), lie().channel.show, turn=turn, step=step)


def asserter() -> Asserter:
    return Asserter(truth().fresh(), truth().channel.show)


def refused_with(outcome: Outcome) -> set[type[ChannelsError]]:
    return {type(refusal) for refusal in outcome.refusals}


# -- asserters -------------------------------------------------------------------------------------


def test_an_honest_end_of_a_wrong_claim_is_not_taken() -> None:
    at = lie()
    player = HonestEnd(at.fresh(), at.channel.show, turn=3, step=40)
    outcome = play(at.open(), asserter=player, challenger=Challenger(at.fresh()))
    assert refused_with(outcome) == {EndNotAccepted}
    assert outcome.winner is Side.CHALLENGER


def test_a_genesis_of_less_fuel_is_another_reducers() -> None:
    at = truth()
    player = WrongGenesis(at.fresh(), at.channel.show)
    outcome = play(at.open(), asserter=player, challenger=Challenger(at.fresh(known=4)))
    assert refused_with(outcome) == {ReducerIdMismatch}
    assert outcome.winner is Side.CHALLENGER


def test_a_forged_message_cannot_be_opened() -> None:
    at = scene(counter(), PAYLOADS, unsigned=(4,))
    player = Asserter(at.fresh(), at.channel.show)
    outcome = play(at.open(), asserter=player, challenger=Challenger(at.fresh(known=3)))
    assert refused_with(outcome) == {NotSigned}
    assert outcome.winner is Side.CHALLENGER
    assert outcome.game.low == 3


# -- challengers -----------------------------------------------------------------------------------


EXPECTED_OF_FORGERIES: dict[Forgery, set[type[ChannelsError]]] = {
    challengers.true_step: {PostStateAgreed},
    challengers.other_end: {PostStateMismatch},
    challengers.other_fuel: {PreStateMismatch},
    challengers.other_step: {PreStateMismatch, PostStateAgreed},
    # A witness cut to its own length is the true one, and a machine that has stopped has no op.
    challengers.cut_witness: {
        *(RootMismatch, ChainMismatch, WitnessLengthMismatch, PostStateMismatch),
    },
    challengers.noisy_witness: {RootMismatch, WitnessLengthMismatch},
    challengers.other_instruction: {
        *(RootMismatch, UnexpectedInstruction, CalldataNotCanonical, PostStateMismatch),
    },
    challengers.nothing: {PreStateMismatch},
}


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
@pytest.mark.parametrize("step", [0, 17, 60, STEPS - 1])
def test_a_forged_proof_is_refused(forgery: Forgery, step: int) -> None:
    at = truth()
    run = at.fresh().run(at.channel.messages[4])
    low, high = run.state_hash(step), run.state_hash(step + 1)
    game = proving(at, low=step, points=(low, high))
    honest = prove_step(run.machine(step))
    if forgery is challengers.true_step:
        assert forgery(honest, run, random.Random(0)) == honest
    for seed in range(30):
        proof = forgery(honest, run, random.Random(seed))
        with pytest.raises(ChannelsError) as caught:
            prove(game, proof)
        assert type(caught.value) in EXPECTED_OF_FORGERIES[forgery], (seed, proof)


def proving(at: Scene, *, low: int, points: tuple[Hash32, Hash32]) -> Game:
    opening = at.open()
    position = replace(opening.position, points=points)
    return replace(
        opening, phase=Phase.STEP_PROVE, low=low, high=low + 1, position=position, paid=True
    )


def prove(game: Game, proof: StepProof) -> Game:
    mover = game.position.challenger
    return update(game, StepProven(proof), mover=mover, now=game.moved)


@pytest.mark.parametrize("arity", [2, 6, 64])
def test_quarrels_end_where_they_are_meant_to(arity: int) -> None:
    at = truth()
    first = play(at.open(arity), asserter=asserter(), challenger=FirstStep(at.fresh(), seed=1))
    last = play(at.open(arity), asserter=asserter(), challenger=LastStep(at.fresh(), seed=1))
    assert (first.game.low, first.game.high) == (0, 1)
    assert (last.game.low, last.game.high) == (STEPS - 1, STEPS)
    for outcome in (first, last):
        assert outcome.winner is Side.ASSERTER
        assert isinstance(outcome.moves[-1], TimeoutClaimed)
        assert outcome.refusals


def test_quarrels_differ_by_their_seed() -> None:
    at = truth()
    ends = {
        play(
            at.open(), asserter=asserter(), challenger=Quarreller(at.fresh(), seed=seed)
        ).game.points
        for seed in range(8)
    }
    assert len(ends) > 4


# -- habits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 2, 7, 20])
@pytest.mark.parametrize("side", Side)
def test_a_silent_side_loses_on_time(after: int, side: Side) -> None:
    if side is Side.ASSERTER:
        at, player = lie(), Silent(liar(), after=after)
        outcome = play(at.open(), asserter=player, challenger=Challenger(at.fresh()))
    else:
        at, player = truth(), Silent(Quarreller(truth().fresh(), seed=3), after=after)
        outcome = play(at.open(), asserter=asserter(), challenger=player)
    assert outcome.winner is side.other
    assert isinstance(outcome.moves[-1], TimeoutClaimed)
    assert after <= len(outcome.moves) - 1 <= after + 1
    assert outcome.game.pot == outcome.game.constants.bond * (1 + outcome.game.paid)


def test_two_silent_sides_have_no_winner() -> None:
    at = truth()
    outcome = play(
        at.open(), asserter=Silent(asserter()), challenger=Silent(Challenger(at.fresh()))
    )
    assert outcome.winner is None
    assert outcome.entries == ()
    assert outcome.game == outcome.opening


def test_the_last_second_helps_nobody() -> None:
    at = lie()
    player = LastSecond(liar(), Side.ASSERTER)
    outcome = play(at.open(), asserter=player, challenger=Challenger(at.fresh()), times=delays(3))
    assert outcome.winner is Side.CHALLENGER
    moved = outcome.opening.moved
    for entry in outcome.entries:
        if entry.side is Side.ASSERTER:
            assert entry.at - moved == MOVE_SECONDS
        moved = entry.at


EXPECTED_OF_MISTAKES: dict[Mistake, set[type[ChannelsError]]] = {
    habits.wrong_value: {BondMismatch},
    habits.wrong_position: {PositionMismatch},
    habits.wrong_sides: {NotYourMove},
    habits.wrong_phase: {PhaseMismatch},
    habits.wrong_count: {PointCountMismatch, SegmentOutOfRange, DeadlineNotPassed},
    habits.own_timeout: {DeadlineNotPassed},
    habits.wrong_acceptance: {PhaseMismatch, ContextMismatch},
}


class Mistaken:
    """Makes one mistake at each move, and then the move."""

    def __init__(self, player: Asserter | Challenger, mistake: Mistake, side: Side) -> None:
        self.player = player
        self.mistake = mistake
        self.side = side

    def next(self, view: View) -> Submission | None:
        own = self.player.next(view)
        if own is None or view.game.to_move is not self.side or view.now == deadline(view.game):
            return own
        return self.mistake(own, view.game)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_refused_and_changes_nothing(mistake: Mistake) -> None:
    at = lie()
    player = Mistaken(liar(), mistake, Side.ASSERTER)
    other = Mistaken(Challenger(at.fresh()), mistake, Side.CHALLENGER)
    outcome = play(at.open(3), asserter=player, challenger=other)
    plain = play(at.open(3), asserter=liar(), challenger=Challenger(at.fresh()))
    assert refused_with(outcome) == EXPECTED_OF_MISTAKES[mistake]
    assert [repr(move) for move in outcome.moves] == [repr(move) for move in plain.moves]
    assert len(outcome.refusals) == len(outcome.moves)


@pytest.mark.parametrize("attempt", OUT_OF_TURN)
@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.FINISHED])
def test_a_move_out_of_turn_is_refused(attempt: object, phase: Phase) -> None:
    assert callable(attempt)
    game = next(game for game in games() if game.phase is phase)
    assert game.to_move is not None
    submission = attempt(game)
    with pytest.raises(GameError) as caught:
        update(
            game,
            submission.move,
            mover=game.position.address(game.to_move.other),
            now=game.moved,
            value=submission.value,
        )
    assert type(caught.value) in {NotYourMove, PhaseMismatch, DeadlineNotPassed}


@cache
def games() -> tuple[Game, ...]:
    """The games of a whole play, after each move."""
    at = lie()
    outcome = play(at.open(3), asserter=liar(), challenger=Challenger(at.fresh()))
    found = [outcome.opening]
    for entry in outcome.entries:
        mover = found[-1].position.address(entry.side)
        facts = {"mover": mover, "now": entry.at, "value": entry.submission.value}
        found.append(update(found[-1], entry.submission.move, **facts))  # type: ignore[arg-type]
    return tuple(found)


@pytest.mark.parametrize("seed", range(6))
def test_meddling_hinders_nobody(seed: int) -> None:
    at = lie()
    player = Meddler(liar(), Side.ASSERTER, seed=seed)
    outcome = play(
        at.open(3),
        asserter=player,
        challenger=Challenger(at.fresh()),
        times=delays(seed),
    )
    assert outcome.winner is Side.CHALLENGER
    assert len(refused_with(outcome)) >= 4
    assert all(entry.side is Side.ASSERTER for entry in outcome.entries if entry.refusal)


def test_a_challenger_that_meddles_loses_too() -> None:
    at = truth()
    player = Meddler(Quarreller(at.fresh(), seed=2), Side.CHALLENGER, seed=2)
    outcome = play(
        at.open(3),
        asserter=asserter(),
        challenger=player,
        times=delays(2),
        first=Side.CHALLENGER,
    )
    assert outcome.winner is Side.ASSERTER
    assert len(refused_with(outcome)) >= 4


def test_a_meddler_with_nothing_to_say_claims_its_own_time() -> None:
    at = truth()
    opening = at.open()
    meddler = Meddler(Silent(asserter()), Side.ASSERTER, seed=0)
    view = View(opening=opening, moves=(), game=opening, now=opening.moved)
    assert meddler.next(view) == Submission(TimeoutClaimed())


def test_players_are_asked_at_the_last_move_and_around_the_deadline() -> None:
    game = truth().open()
    assert tuple(at_once(game)) == (game.moved, deadline(game), deadline(game) + 1)
