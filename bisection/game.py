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
   off its own clock alone; when its time is up, the other may take the game.

Who may do what, and what phase comes next:

    phase         side        move         next
    TURNS_POST    asserter    TurnsPosted  TURNS_CHOOSE
    TURNS_CHOOSE  challenger  TurnsChosen  TURNS_POST, or TURN_OPEN if one turn is left
    TURN_OPEN     asserter    TurnOpened   STEPS_POST
    STEPS_POST    asserter    StepsPosted  STEPS_CHOOSE
    STEPS_CHOOSE  challenger  StepsChosen  STEPS_POST, or STEP_PROVE if one step is left
    STEP_PROVE    challenger  StepProven   FINISHED, the challenger has won
    any of these  the other   TimeoutClaimed, after the deadline: FINISHED, whoever claims has won

Every move is checked in one order, so that the error is the same here and in the contract: the game
(`GameFinished`), phase, mover, deadline, value, position, then what is in the move.

There is no clock here, no randomness and no key: time, sender and value come with the call. Not
here: players (`bisection.players`), many games and what their winners are owed
(`bisection.manager`).

Spec: docs/spec/game.md. Mirror: ``ProofManager.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Final, NewType, assert_never

from bisection.expansion import (
    ARITY_MAX,
    ARITY_MIN,
    STEPS,
    TURN_MAX,
    segment_count,
    segment_end,
)
from bisection.game_errors import (
    ArityOutOfRange,
    BondMismatch,
    ChallengerIsAsserter,
    ChallengerNotParticipant,
    ClaimNotLater,
    ClaimTurnOutOfRange,
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
)
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import MessageCheck, open_turn
from bisection.points import Point, TurnPoint, check_point, words_of
from bisection.verifier.one_step import verify_step
from merkle import Hash32, keccak256
from merkle.hashing import short_hex

Address = NewType("Address", bytes)
"""20 bytes."""


class Side(Enum):
    """One of the two who play."""

    ASSERTER = "asserter"
    CHALLENGER = "challenger"

    @property
    def other(self) -> Side:
        """The one that this side plays against."""
        return Side.CHALLENGER if self is Side.ASSERTER else Side.ASSERTER


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
    StepProven: Phase.STEP_PROVE,
}
"""The phase that each move belongs to. `TimeoutClaimed` belongs to all but the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What a deployment fixes: nothing of a game's size is a player's choice.

    ``check_message`` is the channel's part of opening a turn. Times are in seconds, ``bond`` is in
    wei. Raises `ArityOutOfRange`.

    Spec: G-1.
    """

    check_message: MessageCheck
    arity: int
    move_seconds: int
    clock_seconds: int
    bond: int

    def __post_init__(self) -> None:
        if not ARITY_MIN <= self.arity <= ARITY_MAX:
            raise ArityOutOfRange(arity=self.arity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """What a game is about: two states of one channel, their signatures checked by the channel.

    ``claim_hash`` is the state hash of the claim (C-11). Spec: G-3.
    """

    channel_id: Hash32
    participants: tuple[Address, ...]
    base_turn: int
    base: TurnPoint
    claim_turn: int
    claim: TurnPoint
    claim_hash: Hash32

    @property
    def asserter(self) -> Address:
        """The mover of the claimed turn, who signed the claim. Spec: C-3, G-3."""
        return self.participants[(self.claim_turn - 1) % len(self.participants)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What the contract keeps the hash of, and every move shows again. Spec: G-7."""

    asserter: Address
    challenger: Address
    channel_id: Hash32
    points: tuple[Point, ...]

    def hash(self) -> Hash32:
        """Return the position hash: of 32 bytes for each word. Spec: G-7."""
        addresses = (self.asserter.rjust(32, b"\0"), self.challenger.rjust(32, b"\0"))
        words = (word for point in self.points for word in words_of(point))
        return keccak256(b"".join((*addresses, self.channel_id, *words)))

    def address(self, side: Side) -> Address:
        """Return who plays ``side``."""
        return self.asserter if side is Side.ASSERTER else self.challenger


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Game:
    """A game after some moves. ``moved`` is when the last was made; ``winner`` is None until then.

    The clocks have what is left to each side, in seconds; ``paid`` says whether the asserter has
    paid its bond.

    Spec: G-7.
    """

    constants: Constants
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
    return Game(
        constants=constants,
        position=Position(
            asserter=dispute.asserter,
            challenger=challenger,
            channel_id=dispute.channel_id,
            points=(dispute.base, dispute.claim),
        ),
        phase=Phase.TURN_OPEN if high - low == 1 else Phase.TURNS_POST,
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

    Spec: G-6, G-7, G-9 to G-17. Mirror: ``ProofManager.sol``.
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
        case StepProven():
            after = _step_proven(game, move)
        case TimeoutClaimed():
            return _won(game, side)
        case _:
            assert_never(move)
    return _charged(after, side, seconds=now - game.moved, now=now)


# -- what every move is asked ----------------------------------------------------------------------


def _check_side(game: Game, move: Move, *, mover: Address, shown: Position) -> Side:
    """Return the side that ``move`` is to be made by, shown to be ``mover``'s.

    The addresses are those of the position shown, which is checked after: the contract has no
    others. Raises `GameFinished`, `PhaseMismatch`, `NotYourMove`. Spec: G-6, G-15, G-17.
    """
    waited_for = game.to_move
    if waited_for is None:
        raise GameFinished
    if isinstance(move, TimeoutClaimed):
        side = waited_for.other
    else:
        side = waited_for
        expected = PHASE_OF[type(move)]
        if game.phase is not expected:
            raise PhaseMismatch(expected=expected, actual=game.phase)
    if mover != shown.address(side):
        raise NotYourMove(mover=mover)
    return side


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
        phase = Phase.TURN_OPEN if high - low == 1 else Phase.TURNS_POST
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
    return _at(replace(game, low=0, high=STEPS), points=points, phase=Phase.STEPS_POST)


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


def _at(game: Game, *, points: tuple[Point, ...], phase: Phase) -> Game:
    return replace(game, position=replace(game.position, points=points), phase=phase)


def _won(game: Game, side: Side) -> Game:
    """Return the game with its winner, for ever. Spec: G-13, G-15, G-17."""
    return replace(game, phase=Phase.FINISHED, winner=game.position.address(side))
