"""The dispute game as a value: one asserter, one challenger, and who is right.

1. *What is disputed.* The asserter has signed a state: after the messages of this log the rows have
   this root. The challenger says that they have not, or that the log is not the channel's. Both
   accept an earlier state, the base.
2. *The invariant.* A position is a stretch, from ``low`` to ``high``, and a point at either end.
   The challenger accepts the first point and disputes the last. Every move keeps that so, whoever
   is right: what a side does not dispute it has accepted.
3. *A round.* The asserter posts the points inside, at ends that nobody chooses (G-8). The
   challenger takes the segment whose end it disputes. The stretch is a k-th of what it was.
4. *Two levels.* First the stretch is of turns, and points are a log and its rows. When one turn is
   left, the asserter opens it: it shows the message that leads from one log to the other, signed
   there, and an end that has accepted. Then the stretch is the turn's 2^24 steps, and points are
   state hashes.
5. *The end.* When one step is left, the challenger proves that it leads elsewhere, or loses. The
   verifier agrees with one state after each, so this cannot be done to what is true.
6. *Time.* Each side has a clock for all its moves and a limit for each. What one side takes comes
   off its own clock alone; when its time is up, anybody may give the game to the other.
7. *Withheld turns.* A challenger that was kept from the last messages may find the turn that was
   opened to be true. Then it accepts that, and disputes those after it, before it chooses a step.

Who may do what, and what phase comes next:

    phase         side        move          next
    TURNS_POST    asserter    TurnsPosted   TURNS_CHOOSE
    TURNS_CHOOSE  challenger  TurnsChosen   TURNS_POST, or TURN_OPEN if one turn is left
    TURN_OPEN     asserter    TurnOpened    STEPS_POST
    STEPS_POST    asserter    StepsPosted   STEPS_CHOOSE
    STEPS_CHOOSE  challenger  StepsChosen   STEPS_POST, or STEP_PROVE if one step is left
    STEPS_CHOOSE  challenger  TurnAccepted  TURNS_POST, or TURN_OPEN if one turn is left
    STEP_PROVE    challenger  StepProven    FINISHED, the challenger has won
    any of these  anybody     TimeoutClaimed, after the deadline: FINISHED, who waits has won

Every move is checked in one order, so that the error is the same here and in the contract: the game
(`GameFinished`), phase, mover, deadline, value, position, then what is in the move.

There is no clock here, no randomness and no key: time, sender and value come with the call. Not
here: players (`bisection.players`), many games and what their winners are owed
(`bisection.manager`).

Spec: docs/spec/game.md. Mirror: ``ProofManager.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, assert_never

from bisection.dispute import Constants, Dispute
from bisection.expansion import STEPS, TURN_MAX, segment_count, segment_end
from bisection.game_errors import (
    BondMismatch,
    ChallengerIsAsserter,
    ChallengerNotParticipant,
    ClaimNotLater,
    ClaimTurnOutOfRange,
    ContextMismatch,
    DeadlineNotPassed,
    DeadlinePassed,
    GameFinished,
    NotYourMove,
    PhaseMismatch,
    PointCountMismatch,
    PositionMismatch,
    PostStateAgreed,
    PreStateMismatch,
    SegmentOutOfRange,
    StepsDisputed,
    TurnNotAcceptable,
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
from bisection.opening import open_turn
from bisection.points import Point, TurnPoint, check_point, words_of
from bisection.position import Address, Claim, Position, Side
from bisection.verifier.one_step import verify_step
from merkle import Hash32, keccak256
from merkle.hashing import short_hex

__all__ = [
    "Address",
    "Claim",
    "Constants",
    "Dispute",
    "Game",
    "Phase",
    "Position",
    "Side",
    "deadline",
    "game_id",
    "open_game",
    "position_hash",
    "update",
]


class Phase(IntEnum):
    """What the game waits for. Spec: G-6."""

    TURNS_POST = 1
    TURNS_CHOOSE = 2
    TURN_OPEN = 3
    STEPS_POST = 4
    STEPS_CHOOSE = 5
    STEP_PROVE = 6
    FINISHED = 7

    def __str__(self) -> str:
        return self.name


TO_MOVE: Final = {
    Phase.TURNS_POST: Side.ASSERTER,
    Phase.TURNS_CHOOSE: Side.CHALLENGER,
    Phase.TURN_OPEN: Side.ASSERTER,
    Phase.STEPS_POST: Side.ASSERTER,
    Phase.STEPS_CHOOSE: Side.CHALLENGER,
    Phase.STEP_PROVE: Side.CHALLENGER,
}
PHASE_OF: Final[dict[type[Move], Phase]] = {
    TurnsPosted: Phase.TURNS_POST,
    TurnsChosen: Phase.TURNS_CHOOSE,
    TurnOpened: Phase.TURN_OPEN,
    StepsPosted: Phase.STEPS_POST,
    StepsChosen: Phase.STEPS_CHOOSE,
    TurnAccepted: Phase.STEPS_CHOOSE,
    StepProven: Phase.STEP_PROVE,
}
"""The phase that each move belongs to. `TimeoutClaimed` belongs to all but the last."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Game:
    """A game after some moves. ``moved`` is when the last was made; ``winner`` is None until then.

    ``claim`` is in the context of every position: the contract does not keep it. Clocks have what
    is left to each side, in seconds; ``paid`` says whether the asserter has paid its bond.

    Spec: G-7.
    """

    constants: Constants
    claim: Claim
    position: Position
    phase: Phase
    low: int
    high: int
    asserter_clock: int
    challenger_clock: int
    moved: int
    paid: bool = False
    winner: Address | None = None

    @property
    def points(self) -> tuple[Point, ...]:
        """The two points of the stretch, or those at all ends of its segments, if posted."""
        return self.position.points

    @property
    def turn_points(self) -> tuple[TurnPoint, ...]:
        """The points of a stretch of turns."""
        found = tuple(point for point in self.points if isinstance(point, TurnPoint))
        assert len(found) == len(self.points), f"no points of turns in {self.phase.name}"
        return found

    @property
    def state_hashes(self) -> tuple[Hash32, ...]:
        """The points of a stretch of steps."""
        found = tuple(point for point in self.points if not isinstance(point, TurnPoint))
        assert len(found) == len(self.points), f"no points of steps in {self.phase.name}"
        return found

    @property
    def to_move(self) -> Side | None:
        """The side whose move it is; None in a finished game."""
        return TO_MOVE.get(self.phase)

    @property
    def segments(self) -> int:
        """Into how many segments the stretch is cut. Spec: G-8."""
        return segment_count(self.low, self.high, arity=self.constants.arity)

    @property
    def value_due(self) -> int:
        """What the next move must carry: the asserter's bond with the first. Spec: G-16."""
        # The asserter moves first, so until it has paid it is its own move that comes next.
        return 0 if self.paid else self.constants.bond

    @property
    def pot(self) -> int:
        """What was paid in, and goes to the winner. Spec: G-16."""
        return self.constants.bond * (1 + self.paid)

    def clock(self, side: Side) -> int:
        """Return the seconds that ``side`` has left for all its moves."""
        return self.asserter_clock if side is Side.ASSERTER else self.challenger_clock

    def __repr__(self) -> str:
        ends = " ".join(short_hex(words_of(self.points[at])[-1]) for at in (0, -1))
        won = "" if self.winner is None else f", won by 0x{self.winner.hex()}"
        return f"Game({self.phase.name}, {self.low} to {self.high}, {ends}{won})"


def game_id(claim_hash: Hash32, challenger: Address) -> Hash32:
    """Return the id of the one game of ``challenger`` against a claim. Spec: G-4."""
    return keccak256(claim_hash + challenger.rjust(32, b"\0"))


def position_hash(game: Game) -> Hash32:
    """Return the second of the two words that the contract keeps. Spec: G-7."""
    return game.position.hash()


def deadline(game: Game) -> int:
    """Return the last second in which the side to move may do so; the game is not finished.

    Spec: G-14. Mirror: ``ProofManager.sol:deadline``.
    """
    side = game.to_move
    assert side is not None, "nobody is to move in a finished game"
    return game.moved + min(game.constants.move_seconds, game.clock(side))


def open_game(
    constants: Constants, dispute: Dispute, *, challenger: Address, now: int, value: int
) -> Game:
    """Return the game that ``challenger`` opens at ``now``, with ``value``.

    Raises `ClaimNotLater`, `ClaimTurnOutOfRange`, `ChallengerNotParticipant`,
    `ChallengerIsAsserter`, `BondMismatch`.

    Spec: G-3, G-5. Mirror: ``ProofManager.sol:open``.
    """
    low, high = dispute.base_turn, dispute.claim_turn
    if high <= low:
        raise ClaimNotLater(base=low, claim=high)
    if high > TURN_MAX:
        raise ClaimTurnOutOfRange(turn=high)
    if challenger not in dispute.participants:
        raise ChallengerNotParticipant(challenger=challenger)
    if challenger == dispute.asserter:
        raise ChallengerIsAsserter(challenger=challenger)
    if value != constants.bond:
        raise BondMismatch(expected=constants.bond, actual=value)
    claim = Claim(participants=len(dispute.participants), turn=high, point=dispute.claim)
    return Game(
        constants=constants,
        claim=claim,
        position=Position(
            asserter=dispute.asserter,
            challenger=challenger,
            channel_id=dispute.channel_id,
            context=claim.context(),
            points=(dispute.base, dispute.claim),
        ),
        phase=_over_turns(low, high),
        low=low,
        high=high,
        asserter_clock=constants.clock_seconds,
        challenger_clock=constants.clock_seconds,
        moved=now,
    )


def update(
    game: Game,
    move: Move,
    *,
    mover: Address,
    now: int,
    value: int = 0,
    shown: Position | None = None,
) -> Game:
    """Return the game after ``move``, made by ``mover`` at ``now`` with ``value``.

    ``shown`` is the position that comes with the move, by default the game's own.
    Raises `GameFinished`, `PhaseMismatch`, `NotYourMove`, `DeadlinePassed` or `DeadlineNotPassed`,
    `BondMismatch`, `PositionMismatch`, and as the parts of the move ask: a `GameError`, or what the
    channel, the verifier, a record or a tree refuses. Then nothing has changed.

    Spec: G-6, G-7, G-9 to G-17, G-22. Mirror: ``ProofManager.sol``.
    """
    assert now >= game.moved, "time does not run backwards"
    shown = game.position if shown is None else shown
    side = _check_side(game, move, mover=mover, shown=shown)
    _check_time(game, move, now=now)
    due = 0 if isinstance(move, TimeoutClaimed) else game.value_due
    if value != due:
        raise BondMismatch(expected=due, actual=value)
    if shown.hash() != game.position.hash():
        raise PositionMismatch(expected=game.position.hash(), actual=shown.hash())
    match move:
        case TurnsPosted() | StepsPosted():
            after = _posted(game, move.points)
        case TurnsChosen() | StepsChosen():
            after = _chosen(game, move.segment)
        case TurnOpened():
            after = _turn_opened(game, move)
        case TurnAccepted():
            after = _turn_accepted(game, move)
        case StepProven():
            after = _step_proven(game, move)
        case TimeoutClaimed():
            return _won(game, side)
        case _:
            assert_never(move)
    return _charged(after, side, seconds=now - game.moved, now=now)


# -- what every move is asked ----------------------------------------------------------------------


def _check_side(game: Game, move: Move, *, mover: Address, shown: Position) -> Side:
    """Return the side that ``move`` is made for: ``mover``'s, but of a claim of time.

    The addresses are those of the position shown, which is checked after: the contract has no
    others. Raises `GameFinished`, `PhaseMismatch`, `NotYourMove`. Spec: G-6, G-15, G-17.
    """
    waited_for = game.to_move
    if waited_for is None:
        raise GameFinished
    if isinstance(move, TimeoutClaimed):
        # Anybody may say that time is up: who does has nothing of it.
        return waited_for.other
    expected = PHASE_OF[type(move)]
    if game.phase is not expected:
        raise PhaseMismatch(expected=expected, actual=game.phase)
    if mover != shown.address(waited_for):
        raise NotYourMove(mover=mover)
    return waited_for


def _check_time(game: Game, move: Move, *, now: int) -> None:
    """Raise `DeadlinePassed`, or for a claim `DeadlineNotPassed`. Spec: G-14, G-15."""
    due = deadline(game)
    if isinstance(move, TimeoutClaimed):
        if now <= due:
            raise DeadlineNotPassed(deadline=due, now=now)
    elif now > due:
        raise DeadlinePassed(deadline=due, now=now)


def _charged(game: Game, side: Side, *, seconds: int, now: int) -> Game:
    """Return the game with the time of a move taken from its own side's clock. Spec: G-14."""
    if side is Side.ASSERTER:
        clock = game.asserter_clock - seconds
        return replace(game, asserter_clock=clock, moved=now, paid=True)
    return replace(game, challenger_clock=game.challenger_clock - seconds, moved=now)


# -- the moves -------------------------------------------------------------------------------------


def _posted(game: Game, points: tuple[Point, ...]) -> Game:
    """Return the game with the inner points in it.

    Raises `PointCountMismatch`, `WordLengthMismatch`. Spec: G-9.
    """
    if len(points) != game.segments - 1:
        raise PointCountMismatch(expected=game.segments - 1, actual=len(points))
    for point in points:
        check_point(point)
    first, last = game.points
    turns = game.phase is Phase.TURNS_POST
    return _at(
        game,
        points=(first, *points, last),
        phase=Phase.TURNS_CHOOSE if turns else Phase.STEPS_CHOOSE,
    )


def _chosen(game: Game, segment: int) -> Game:
    """Return the game with one segment left. Raises `SegmentOutOfRange`. Spec: G-10."""
    if not 0 <= segment < game.segments:
        raise SegmentOutOfRange(segment=segment, count=game.segments)
    arity = game.constants.arity
    low = segment_end(game.low, game.high, segment, arity=arity)
    high = segment_end(game.low, game.high, segment + 1, arity=arity)
    if game.phase is Phase.TURNS_CHOOSE:
        phase = _over_turns(low, high)
    else:
        phase = Phase.STEP_PROVE if high - low == 1 else Phase.STEPS_POST
    points = game.points[segment : segment + 2]
    return _at(replace(game, low=low, high=high), points=points, phase=phase)


def _turn_opened(game: Game, move: TurnOpened) -> Game:
    """Return the game over the steps of the turn that was opened.

    Raises as `MessageCheck` and `open_turn` do. Spec: G-11, G-12.
    """
    before, after = game.turn_points
    opened = game.constants.check_message(
        move.signed,
        channel_id=game.position.channel_id,
        turn=game.high,
        previous_log_root=before.log_root,
        log_root=after.log_root,
    )
    points = open_turn(opened, move, low_root=before.db_root, high_root=after.db_root)
    context = game.claim.opened_context(game.high, after)
    at = replace(game, low=0, high=STEPS)
    return _at(at, points=points, phase=Phase.STEPS_POST, context=context)


def _turn_accepted(game: Game, move: TurnAccepted) -> Game:
    """Return the game over the turns after the one that was opened.

    Raises `ContextMismatch`, `StepsDisputed`, `TurnNotAcceptable`. Spec: G-22.
    """
    claim, turn = move.claim, move.turn
    expected, actual = game.position.context, claim.opened_context(turn, move.point)
    if actual != expected:
        raise ContextMismatch(expected=expected, actual=actual)
    if (game.low, game.high) != (0, STEPS):
        raise StepsDisputed(low=game.low, high=game.high)
    if not claim.may_accept(turn):
        raise TurnNotAcceptable(turn=turn, claim=claim.turn, participants=claim.participants)
    return _at(
        replace(game, low=turn, high=claim.turn),
        points=(move.point, claim.point),
        phase=_over_turns(turn, claim.turn),
        context=claim.context(),
    )


def _step_proven(game: Game, move: StepProven) -> Game:
    """Return the game won by the challenger.

    Raises `PreStateMismatch`, `PostStateAgreed`, and as `verify_step` does. Spec: G-13.
    """
    start, end = game.state_hashes
    proof = move.proof
    actual = keccak256(proof.pre_state)
    if actual != start:
        raise PreStateMismatch(expected=start, actual=actual)
    if proof.post_state == end:
        raise PostStateAgreed
    verify_step(proof.pre_state, proof.op, proof.witness, proof.post_state)
    return _won(game, Side.CHALLENGER)


def _over_turns(low: int, high: int) -> Phase:
    """Return the phase that a stretch of turns begins with. Spec: G-5, G-10."""
    return Phase.TURN_OPEN if high - low == 1 else Phase.TURNS_POST


def _at(
    game: Game, *, points: tuple[Point, ...], phase: Phase, context: Hash32 | None = None
) -> Game:
    """Return the game at other points; the context stays unless there is another."""
    context = game.position.context if context is None else context
    position = replace(game.position, points=points, context=context)
    return replace(game, position=position, phase=phase)


def _won(game: Game, side: Side) -> Game:
    """Return the game with its winner, for ever. Spec: G-13, G-15, G-17."""
    return replace(game, phase=Phase.FINISHED, winner=game.position.address(side))
