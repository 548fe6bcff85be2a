"""The rules of the game: who may do what when, and with which words the rest is refused."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, pairwise
from typing import Any, Final

import pytest

from bisection import game as game_module
from bisection import game_errors
from bisection.arena import Outcome, play
from bisection.calldata import StepProof
from bisection.errors import CalldataNotCanonical, PostStateMismatch, WitnessLengthMismatch
from bisection.expansion import STEPS
from bisection.game import (
    PHASE_OF,
    TO_MOVE,
    Address,
    Constants,
    Game,
    Phase,
    Position,
    Side,
    deadline,
    open_game,
    position_hash,
    update,
)
from bisection.game_errors import (
    ArityOutOfRange,
    BondMismatch,
    ChallengerIsAsserter,
    ChallengerNotParticipant,
    ClaimNotLater,
    ClaimTurnOutOfRange,
    ContextMismatch,
    DeadlinePassed,
    GameError,
    GameFinished,
    NotYourMove,
    PhaseMismatch,
    PointCountMismatch,
    PositionMismatch,
    PostStateAgreed,
    PreStateMismatch,
    SegmentOutOfRange,
)
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.players.asserters import Liar, untrue, untrue_point
from bisection.players.honest import Challenger
from bisection.players.player import Submission
from bisection.points import Point, TurnPoint, words_of
from merkle import Hash32, keccak256
from merkle.errors import ChannelsError, WordLengthMismatch
from tests.bisection.disputes import BOND, OPENED_AT, Scene, counter, scene

STRANGER: Final = Address(b"\x99" * 20)
SIDES: Final = {"asserter": Side.ASSERTER, "challenger": Side.CHALLENGER}


@cache
def disputed() -> Scene:
    """Five turns after a base, and a claim of a wrong root."""
    payloads = [b"abc", b"", b"xxxxx", b"1" * 9, b"", b"ab", b"abcd"]
    return scene(counter(), payloads, base=2, claim_root=untrue("db_root", 7))


@cache
def played(arity: int = 3) -> Outcome:
    """A game that goes through all phases."""
    at = disputed()
    liar = Liar(at.fresh(), at.channel.show, turn=5, step=100)
    outcome = play(at.open(arity), asserter=liar, challenger=Challenger(at.fresh()))
    assert outcome.winner is Side.CHALLENGER
    assert not outcome.refusals
    return outcome


@cache
def accepting() -> Outcome:
    """A game whose challenger was shown the last three of seven messages in it alone."""
    payloads = [b"abc", b"", b"xxxxx", b"1" * 9, b"", b"ab", b"abcd"]
    at = scene(counter(), payloads, base=2, claim_root=untrue("db_root", 7), participants=5)
    liar = Liar(at.fresh(), at.channel.show, turn=7, step=100)
    outcome = play(at.open(3), asserter=liar, challenger=Challenger(at.fresh(known=4)))
    assert outcome.winner is Side.CHALLENGER
    assert not outcome.refusals
    return outcome


def positions(outcome: Outcome) -> Iterator[tuple[Game, Submission, Game]]:
    """Yield the game before each move, what was sent, and the game after it."""
    game = outcome.opening
    for entry in outcome.entries:
        after = sent(game, entry.submission, entry.side, now=entry.at)
        yield game, entry.submission, after
        game = after


def sent(game: Game, submission: Submission, side: Side, *, now: int) -> Game:
    return update(
        game,
        submission.move,
        mover=game.position.address(side),
        now=now,
        value=submission.value,
        shown=submission.shown,
    )


@cache
def by_phase() -> dict[Phase, tuple[Game, Submission]]:
    """Return the game as it first is in each phase, and a move that it takes."""
    found: dict[Phase, tuple[Game, Submission]] = {}
    for game, submission, _ in positions(played()):
        found.setdefault(game.phase, (game, submission))
    assert set(found) == set(TO_MOVE)
    return found


def in_phase(phase: Phase) -> Game:
    return by_phase()[phase][0]


def finished() -> Game:
    return played().game


def own(game: Game) -> Address:
    assert game.to_move is not None
    return game.position.address(game.to_move)


def attempt(game: Game, move: Move, **facts: Any) -> Game:
    """Make ``move`` as the side to move, in time and with the value due, but for ``facts``."""
    usual = {"mover": own(game), "now": game.moved, "value": game.value_due}
    return update(game, move, **{**usual, **facts})


# -- phases and moves ------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableRow:
    phase: Phase
    side: Side
    move: str
    following: str


def table() -> list[TableRow]:
    """Return the rows of the table in the module's docstring."""
    text = inspect.getdoc(game_module)
    assert text is not None
    lines = [line.split(None, 3) for line in text.splitlines() if line.startswith("    ")]
    return [
        TableRow(Phase[phase], SIDES[side], move, following)
        for phase, side, move, following in lines
        if phase in Phase.__members__
    ]


def test_the_documented_table_is_the_one_that_holds() -> None:
    rows = table()
    assert {row.phase: row.side for row in rows} == TO_MOVE
    assert {row.move: row.phase for row in rows} == {
        move.__name__: phase for move, phase in PHASE_OF.items()
    }
    seen: dict[str, set[str]] = {}
    for game, submission, after in chain(positions(played()), positions(accepting())):
        assert (game.phase, game.to_move) in [(row.phase, row.side) for row in rows]
        seen.setdefault(type(submission.move).__name__, set()).add(after.phase.name)
    for row in rows:
        assert seen[row.move] == {
            phase.name for phase in Phase if phase.name in row.following.replace(",", " ").split()
        }


@pytest.mark.parametrize("phase", TO_MOVE)
@pytest.mark.parametrize("kind", PHASE_OF)
def test_a_move_belongs_to_one_phase(phase: Phase, kind: type[Move]) -> None:
    every = (sent for _, sent, _ in chain(positions(played()), positions(accepting())))
    submission = next(sent for sent in every if type(sent.move) is kind)
    game = in_phase(phase)
    if kind is TurnAccepted and PHASE_OF[kind] is phase:
        with pytest.raises(ContextMismatch):
            attempt(game, submission.move)
        return
    if PHASE_OF[kind] is phase:
        assert attempt(game, submission.move) != game
        return
    with pytest.raises(PhaseMismatch) as caught:
        attempt(game, submission.move)
    assert (caught.value.expected, caught.value.actual) == (PHASE_OF[kind], phase)
    assert str(caught.value) == f"a move of phase {PHASE_OF[kind].name} in phase {phase.name}"


@pytest.mark.parametrize("phase", TO_MOVE)
def test_only_the_side_to_move_moves(phase: Phase) -> None:
    game, submission = by_phase()[phase]
    side = TO_MOVE[phase]
    for mover in (game.position.address(side.other), STRANGER):
        with pytest.raises(NotYourMove) as caught:
            attempt(game, submission.move, mover=mover)
        assert caught.value.mover == mover


@pytest.mark.parametrize("move", [submission.move for _, submission in by_phase().values()])
def test_a_finished_game_takes_no_move(move: Move) -> None:
    game = finished()
    for mover in (game.position.asserter, game.position.challenger, STRANGER):
        for late in (0, 10**6):
            with pytest.raises(GameFinished):
                update(game, move, mover=mover, now=game.moved + late)


# -- the order of checks ---------------------------------------------------------------------------


def wrong_own(move: Move) -> Move:
    """Return the move with something wrong in what it says."""
    match move:
        case TurnsPosted(points) | StepsPosted(points):
            return type(move)((*points, points[0]))
        case TurnsChosen() | StepsChosen():
            return type(move)(64)
        case TurnOpened():
            return replace(move, end=b"")
        case StepProven(proof):
            return StepProven(replace(proof, pre_state=b""))
        case TimeoutClaimed():
            return move


FAULTS: Final = (PhaseMismatch, NotYourMove, DeadlinePassed, BondMismatch, PositionMismatch)
"""What every move is asked, in order."""


@pytest.mark.parametrize("phase", TO_MOVE)
@pytest.mark.parametrize("first", range(len(FAULTS) + 1))
def test_the_first_of_several_failures_is_the_error(phase: Phase, first: int) -> None:
    game, submission = by_phase()[phase]
    other = Phase(phase % len(TO_MOVE) + 1)
    foreign = by_phase()[other][1].move
    points = (untrue_point(game.points[0], 0), *game.points[1:])
    facts: dict[str, Any] = {
        "mover": STRANGER,
        "now": deadline(game) + 1,
        "value": BOND + 1,
        "shown": replace(game.position, points=points),
    }
    names = list(facts)
    for name in names[: max(0, first - 1)]:
        del facts[name]
    move = foreign if first == 0 else wrong_own(submission.move)
    with pytest.raises(ChannelsError) as caught:
        attempt(game, move, **facts)
    if first < len(FAULTS):
        assert type(caught.value) is FAULTS[first]
    else:
        assert type(caught.value) not in FAULTS


# -- positions -------------------------------------------------------------------------------------


def test_the_position_hash_is_that_of_words() -> None:
    game = in_phase(Phase.TURNS_CHOOSE)
    assert len(game.points) == 4
    position = game.position
    words = (bytes(12) + position.asserter, bytes(12) + position.challenger)
    turns = (word for point in game.turn_points for word in (point.log_root, point.db_root))
    preimage = b"".join((*words, position.channel_id, position.context, *turns))
    assert len(preimage) == 32 * (4 + 4 * 2)
    assert position_hash(game) == keccak256(preimage)


def test_the_position_hash_of_steps_has_a_word_for_each_point() -> None:
    game = in_phase(Phase.STEPS_CHOOSE)
    position = game.position
    words = (bytes(12) + position.asserter, bytes(12) + position.challenger)
    preimage = b"".join((*words, position.channel_id, position.context, *game.state_hashes))
    assert len(preimage) == 32 * (4 + 4)
    assert position_hash(game) == keccak256(preimage)


def test_points_are_of_turns_or_of_steps() -> None:
    turns, steps = in_phase(Phase.TURNS_CHOOSE), in_phase(Phase.STEPS_CHOOSE)
    assert turns.turn_points == turns.points
    assert steps.state_hashes == steps.points
    with pytest.raises(AssertionError, match="no points of steps in TURNS_CHOOSE"):
        _ = turns.state_hashes
    with pytest.raises(AssertionError, match="no points of turns in STEPS_CHOOSE"):
        _ = steps.turn_points
    assert repr(turns.points[0]).startswith("TurnPoint(log=0x")


def swapped(point: Point) -> TurnPoint:
    assert isinstance(point, TurnPoint)
    return TurnPoint(log_root=point.db_root, db_root=point.log_root)


def test_any_other_position_is_refused() -> None:
    game, submission = by_phase()[Phase.TURNS_CHOOSE]
    position = game.position
    others: list[Position] = [
        replace(position, asserter=STRANGER),
        replace(position, channel_id=words_of(position.points[0])[0]),
        replace(position, points=(swapped(position.points[0]), *position.points[1:])),
        replace(position, points=position.points[:-1]),
        replace(position, points=position.points[::-1]),
        replace(position, points=(*position.points, position.points[0])),
    ]
    for shown in others:
        with pytest.raises(PositionMismatch) as caught:
            attempt(game, submission.move, shown=shown)
        assert caught.value.expected == position_hash(game)
        assert caught.value.actual == shown.hash()


def test_whoever_shows_itself_as_a_side_shows_another_position() -> None:
    game, submission = by_phase()[Phase.TURNS_CHOOSE]
    shown = replace(game.position, challenger=STRANGER)
    with pytest.raises(PositionMismatch):
        attempt(game, submission.move, mover=STRANGER, shown=shown)


def test_a_position_from_before_is_refused() -> None:
    steps = list(positions(played()))
    for (before, _, _), (game, submission, _) in pairwise(steps):
        if before.points != game.points:
            with pytest.raises(PositionMismatch):
                attempt(game, submission.move, shown=before.position)


def test_the_stretch_shrinks_and_its_points_stay() -> None:
    for game, submission, after in positions(played()):
        match submission.move:
            case TurnsPosted(points) | StepsPosted(points):
                assert after.points == (game.points[0], *points, game.points[-1])
                assert (after.low, after.high) == (game.low, game.high)
            case TurnsChosen(segment) | StepsChosen(segment):
                assert after.points == game.points[segment : segment + 2]
                assert game.low <= after.low < after.high <= game.high
                assert after.high - after.low <= -(-(game.high - game.low) // game.segments)
            case TurnOpened():
                assert (after.low, after.high) == (0, STEPS)


# -- what is in a move -----------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.TURNS_POST, Phase.STEPS_POST])
def test_exactly_the_inner_points_are_posted(phase: Phase) -> None:
    game = in_phase(phase)
    good, short = untrue("point", 1), Hash32(b"short")
    kind: Callable[[Any], Move] = StepsPosted
    point: Point = good
    wrong: list[Point] = [short]
    if phase is Phase.TURNS_POST:
        kind, point = TurnsPosted, TurnPoint(log_root=good, db_root=good)
        wrong = [TurnPoint(log_root=short, db_root=good), TurnPoint(log_root=good, db_root=short)]
    for count in (0, 1, 3, 64):
        with pytest.raises(PointCountMismatch) as caught:
            attempt(game, kind((point,) * count))
        assert (caught.value.expected, caught.value.actual) == (2, count)
    for one in wrong:
        with pytest.raises(WordLengthMismatch):
            attempt(game, kind((point, one)))


@pytest.mark.parametrize("phase", [Phase.TURNS_CHOOSE, Phase.STEPS_CHOOSE])
def test_only_segments_that_there_are_can_be_chosen(phase: Phase) -> None:
    game = in_phase(phase)
    kind: Callable[[int], Move] = TurnsChosen if phase is Phase.TURNS_CHOOSE else StepsChosen
    for segment in (-1, game.segments, 2**256 - 1):
        with pytest.raises(SegmentOutOfRange) as caught:
            attempt(game, kind(segment))
        assert (caught.value.segment, caught.value.count) == (segment, game.segments)
    for segment in range(game.segments):
        assert attempt(game, kind(segment)).points == game.points[segment : segment + 2]


def test_a_step_is_proven_from_the_point_agreed_upon_to_another_one() -> None:
    game, submission = by_phase()[Phase.STEP_PROVE]
    assert isinstance(submission.move, StepProven)
    proof = submission.move.proof
    agreed = replace(game.position, points=(game.points[0], proof.post_state))
    changes: list[tuple[StepProof, type[ChannelsError]]] = [
        (replace(proof, pre_state=proof.pre_state[:-1]), PreStateMismatch),
        (replace(proof, pre_state=proof.pre_state + b"\0"), PreStateMismatch),
        (replace(proof, post_state=game.points[1]), PostStateAgreed),
        (replace(proof, post_state=untrue("state", 1)), PostStateMismatch),
        (replace(proof, post_state=Hash32(b"")), WordLengthMismatch),
        (replace(proof, witness=proof.witness + b"\0"), WitnessLengthMismatch),
        (replace(proof, op=proof.op + b"\0"), CalldataNotCanonical),
    ]
    for changed, error in changes:
        with pytest.raises(error):
            attempt(game, StepProven(changed))
    with pytest.raises(PostStateAgreed):
        attempt(replace(game, position=agreed), submission.move)
    won = attempt(game, submission.move)
    assert (won.phase, won.winner) == (Phase.FINISHED, game.position.challenger)


# -- opening ---------------------------------------------------------------------------------------


def test_a_game_begins_with_the_turns_between_base_and_claim() -> None:
    at = disputed()
    game = at.open()
    assert (game.low, game.high, game.phase) == (2, 7, Phase.TURNS_POST)
    assert game.points == (at.dispute.base, at.dispute.claim)
    assert at.dispute.base.log_root == at.channel.log_root(2)
    assert at.dispute.claim.log_root == at.channel.log_root(7)
    assert game.position.asserter == at.dispute.participants[0]
    assert game.position.challenger == at.dispute.participants[1]
    assert (game.moved, game.paid, game.winner) == (OPENED_AT, False, None)


def test_a_claim_of_one_turn_is_opened_at_once() -> None:
    at = scene(counter(), [b"abc"])
    assert at.open().phase is Phase.TURN_OPEN


def test_openings_that_are_refused() -> None:
    at = disputed()
    dispute, constants = at.dispute, at.constants()
    asserter, challenger = dispute.asserter, at.challenger()

    def opened(**facts: Any) -> Game:
        given = {name: facts.pop(name) for name in ("challenger", "value") if name in facts}
        usual = {"challenger": challenger, "value": BOND, **given}
        return open_game(constants, replace(dispute, **facts), now=0, **usual)

    for turn in (1, 2):
        with pytest.raises(ClaimNotLater) as not_later:
            opened(claim_turn=turn)
        assert (not_later.value.base, not_later.value.claim) == (2, turn)
    assert opened(claim_turn=2**32 - 1).high == 2**32 - 1
    with pytest.raises(ClaimTurnOutOfRange):
        opened(claim_turn=2**32)
    with pytest.raises(ChallengerNotParticipant):
        opened(challenger=STRANGER)
    with pytest.raises(ChallengerIsAsserter):
        opened(challenger=asserter)
    for value in (0, BOND - 1, BOND + 1):
        with pytest.raises(BondMismatch) as bond:
            opened(value=value)
        assert (bond.value.expected, bond.value.actual) == (BOND, value)


@pytest.mark.parametrize("arity", [-1, 0, 1, 65])
def test_a_deployment_cuts_into_2_to_64(arity: int) -> None:
    with pytest.raises(ArityOutOfRange):
        disputed().constants(arity)


def test_the_asserter_pays_with_its_first_move_and_nobody_after_that() -> None:
    paid_with = [
        submission.value
        for game, submission, _ in positions(played())
        if game.to_move is Side.ASSERTER
    ]
    assert paid_with == [BOND] + [0] * (len(paid_with) - 1)
    for game, submission, after in positions(played()):
        for value in {0, 1, BOND} - {submission.value}:
            with pytest.raises(BondMismatch) as caught:
                attempt(game, submission.move, value=value)
            assert (caught.value.expected, caught.value.actual) == (submission.value, value)
        assert after.paid


def test_games_show_what_they_are_about() -> None:
    game = in_phase(Phase.STEPS_POST)
    assert repr(game).startswith(f"Game(STEPS_POST, 0 to {STEPS}, 0x")
    assert repr(finished()).endswith(f"won by 0x{finished().position.challenger.hex()})")
    _, submission = by_phase()[Phase.TURN_OPEN]
    assert repr(submission.move).startswith("TurnOpened(0 bytes of payload, end=0x")


# -- errors ----------------------------------------------------------------------------------------

ERRORS: Final = [
    found
    for found in vars(game_errors).values()
    if isinstance(found, type) and issubclass(found, GameError) and "sentence" in vars(found)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_sentences_name_every_fact(error: type[GameError]) -> None:
    facts = {field.name: f"<{field.name}>" for field in dataclasses.fields(error)}  # type: ignore[arg-type]
    shown = str(error(**facts))
    assert all(fact in shown for fact in facts.values())


def test_constants_are_a_value() -> None:
    at = disputed()
    assert at.constants() == at.constants()
    assert isinstance(at.constants(), Constants)
