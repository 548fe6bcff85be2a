"""What a chain tells of a game: the contract's events, read strictly, and the game they make.

1. A log is read by its contract, its first topic and its game. Another contract's logs and another
   game's events are not looked into further; a log of this contract that is no event of its
   interface, in its one encoding, is refused: then this is another contract than we know.
2. An event says what the other side needs to answer (G-18), and no more: not the clocks, not the
   end record. So a game that is followed is a `Trail`: phase, stretch, points, and the moves as
   players see them. The contract has the rest (`channel.dispute.manager`).
3. An event that cannot happen where the game stands is refused, as an unknown one is.

Spec: docs/spec/game.md, G-18. Mirror: ``IProofManager.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bisection.expansion import STEPS, TURN_MAX, segment_count, segment_end
from bisection.game import Address, Claim, Phase, Position
from bisection.moves import (
    Move,
    StepsChosen,
    StepsPosted,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import ReducerParts
from bisection.points import TurnPoint
from channel.dispute.errors import EventOutOfPlace, EventUnknown
from channel.dispute.refusals import manager_abi
from merkle import ZERO_HASH, Hash32, keccak256
from merkle.display import Shown
from solidity.abi import decode_log, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from solidity.evm import MinedLog


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GameOpened(Shown):
    """A game was opened: what its position is made of. Spec: G-5."""

    game_id: Hash32
    asserter: Address
    challenger: Address
    channel_id: Hash32
    participants: int
    low: int
    high: int
    low_point: TurnPoint
    high_point: TurnPoint

    @property
    def claim(self) -> Claim:
        """The claim that is disputed. Spec: G-7."""
        return Claim(participants=self.participants, turn=self.high, point=self.high_point)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TurnPointsPosted(Shown):
    """The asserter posted the points inside a stretch of turns. Spec: G-9."""

    game_id: Hash32
    points: tuple[TurnPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StepPointsPosted(Shown):
    """The asserter posted the points inside a stretch of steps. Spec: G-9."""

    game_id: Hash32
    points: tuple[Hash32, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChosen:
    """The challenger chose a segment. Spec: G-10."""

    game_id: Hash32
    segment: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TurnShown(Shown):
    """The asserter opened a turn, and the contract found it to be true: `TurnOpened`. Spec: G-11.

    It is the `SignedMessage` of the move that players see: the contract has checked the rest.
    """

    game_id: Hash32
    turn: int
    sender: int
    previous_log_root: Hash32
    payload: bytes
    signature: bytes
    start_hash: Hash32
    end_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceShown:
    """The challenger accepted the turn that was opened: `TurnAccepted`. Spec: G-22."""

    game_id: Hash32
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GameWon(Shown):
    """A game has its winner, who is credited ``pot`` wei. Spec: G-16."""

    game_id: Hash32
    winner: Address
    pot: int


MoveEvent: TypeAlias = (
    TurnPointsPosted | StepPointsPosted | SegmentChosen | TurnShown | AcceptanceShown | GameWon
)
Event: TypeAlias = GameOpened | MoveEvent

_CLASSES: Final[dict[str, Callable[..., Event]]] = {
    "GameOpened": GameOpened,
    "TurnPointsPosted": TurnPointsPosted,
    "StepPointsPosted": StepPointsPosted,
    "SegmentChosen": SegmentChosen,
    "TurnOpened": TurnShown,
    "TurnAccepted": AcceptanceShown,
    "GameWon": GameWon,
}


def read_log(mined: MinedLog) -> Event:
    """Return the event that a log of the manager is. Raises `EventUnknown`."""
    found = decode_log(manager_abi(), mined.log)
    if found is None or found.name not in _CLASSES:
        raise EventUnknown(manager=Address(mined.log.address), block=mined.block)
    fields: dict[str, Any] = {snake_case(name): value for name, value in found.fields.items()}
    match found.name:
        case "GameOpened":
            for name in ("low_point", "high_point"):
                fields[name] = _turn_point(fields[name])
        case "TurnPointsPosted":
            fields["points"] = tuple(_turn_point(words) for words in fields["points"])
    return _CLASSES[found.name](**fields)


def _turn_point(words: tuple[Hash32, Hash32]) -> TurnPoint:
    """Return the point that a struct's two words are, in the order of ``Game.sol``."""
    log_root, db_root = words
    return TurnPoint(log_root=log_root, db_root=db_root)


def is_of_another(mined: MinedLog, game_id: Hash32) -> bool:
    """Return whether a log is an event of the interface, but another game's: it is not decoded.

    Every event has its game in its second topic.
    """
    first, second = (*mined.log.topics[:2], b"", b"")[:2]
    return first in _topics().values() and second != game_id


def topic_of(event: type[Event]) -> Hash32:
    """Return the first topic of an event's logs."""
    return _topics()[event.__name__]


@cache
def _topics() -> dict[str, Hash32]:
    """Return the events' first topics by their names."""
    events = (entry for entry in manager_abi() if entry["type"] == "event")
    return {entry["name"]: keccak256(signature(entry).encode()) for entry in events}


def snake_case(name: str) -> str:
    """Return a Solidity name as Python writes it: ``lowRoot`` is ``low_root``."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


# -- a game that is followed -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What the events of a game have come to. ``moves`` are those that players can see.

    ``reached`` is the turn that was opened and the point it leads to, while its steps are disputed.

    Of a turn that was opened the move has the payload; reducer and end record, which the contract
    has checked and no event tells, are empty in it. A step that was proven ends the game, so nobody
    is asked to see it.
    """

    opened: GameOpened
    position: Position
    phase: Phase
    low: int
    high: int
    moves: tuple[Move, ...] = ()
    reached: tuple[int, TurnPoint] | None = None
    winner: Address | None = None
    pot: int = 0


def trail_of(events: Iterable[Event], *, arity: int) -> Trail:
    """Return what the events of one game, the opening first, have come to.

    Raises `EventOutOfPlace`.
    """
    trail: Trail | None = None
    for event in events:
        if isinstance(event, GameOpened):
            if trail is not None:
                raise EventOutOfPlace(name="GameOpened", phase=trail.phase)
            trail = _opened(event)
        elif trail is None:
            raise EventOutOfPlace(name=type(event).__name__, phase=0)
        else:
            trail = _followed(trail, event, arity=arity)
    if trail is None:
        raise EventOutOfPlace(name="(none)", phase=0)
    return trail


def _opened(event: GameOpened) -> Trail:
    if not (event.low < event.high <= TURN_MAX and event.participants >= 2):
        raise EventOutOfPlace(name="GameOpened", phase=0)
    return Trail(
        opened=event,
        position=Position(
            asserter=event.asserter,
            challenger=event.challenger,
            channel_id=event.channel_id,
            context=event.claim.context(),
            points=(event.low_point, event.high_point),
        ),
        phase=_over_turns(event.low, event.high),
        low=event.low,
        high=event.high,
    )


def _followed(trail: Trail, event: MoveEvent, *, arity: int) -> Trail:
    """Return the trail after one more event. Raises `EventOutOfPlace`."""
    match event, trail.phase:
        case TurnPointsPosted(points=points), Phase.TURNS_POST:
            return _posted(trail, event, TurnsPosted(points), arity)
        case StepPointsPosted(points=hashes), Phase.STEPS_POST:
            return _posted(trail, event, StepsPosted(hashes), arity)
        case SegmentChosen(segment=segment), Phase.TURNS_CHOOSE | Phase.STEPS_CHOOSE:
            if segment >= segment_count(trail.low, trail.high, arity=arity):
                raise _out_of_place(trail, event)
            return _chosen(trail, segment, arity=arity)
        case TurnShown(turn=trail.high), Phase.TURN_OPEN:
            return _turn_opened(trail, event)
        case AcceptanceShown(turn=turn), Phase.STEPS_CHOOSE:
            return _turn_accepted(trail, event, turn)
        case GameWon(winner=winner, pot=pot), phase if phase is not Phase.FINISHED:
            if winner not in {trail.position.asserter, trail.position.challenger}:
                raise _out_of_place(trail, event)
            return replace(trail, phase=Phase.FINISHED, winner=winner, pot=pot)
        case _:
            raise _out_of_place(trail, event)


def _out_of_place(trail: Trail, event: Event) -> EventOutOfPlace:
    return EventOutOfPlace(name=type(event).__name__, phase=trail.phase)


def _posted(trail: Trail, event: MoveEvent, move: TurnsPosted | StepsPosted, arity: int) -> Trail:
    if len(move.points) != segment_count(trail.low, trail.high, arity=arity) - 1:
        raise _out_of_place(trail, event)
    turns = isinstance(move, TurnsPosted)
    first, last = trail.position.points
    return replace(
        trail,
        position=replace(trail.position, points=(first, *move.points, last)),
        phase=Phase.TURNS_CHOOSE if turns else Phase.STEPS_CHOOSE,
        moves=(*trail.moves, move),
    )


def _chosen(trail: Trail, segment: int, *, arity: int) -> Trail:
    turns = trail.phase is Phase.TURNS_CHOOSE
    low = segment_end(trail.low, trail.high, segment, arity=arity)
    high = segment_end(trail.low, trail.high, segment + 1, arity=arity)
    if turns:
        phase = _over_turns(low, high)
    else:
        phase = Phase.STEP_PROVE if high - low == 1 else Phase.STEPS_POST
    points = trail.position.points[segment : segment + 2]
    return replace(
        trail,
        position=replace(trail.position, points=points),
        phase=phase,
        low=low,
        high=high,
        moves=(*trail.moves, TurnsChosen(segment) if turns else StepsChosen(segment)),
    )


def _turn_opened(trail: Trail, event: TurnShown) -> Trail:
    before, after = trail.position.points
    if not (isinstance(before, TurnPoint) and isinstance(after, TurnPoint)):
        raise AssertionError("turns have points of turns")
    if event.previous_log_root != before.log_root:
        raise _out_of_place(trail, event)
    nothing = ReducerParts(wasm_hash=ZERO_HASH, profile_hash=ZERO_HASH, genesis=b"")
    return replace(
        trail,
        position=replace(
            trail.position,
            context=trail.opened.claim.opened_context(event.turn, after),
            points=(event.start_hash, event.end_hash),
        ),
        phase=Phase.STEPS_POST,
        low=0,
        high=STEPS,
        moves=(*trail.moves, TurnOpened(signed=event, reducer=nothing, end=b"")),
        reached=(event.turn, after),
    )


def _turn_accepted(trail: Trail, event: MoveEvent, turn: int) -> Trail:
    claim = trail.opened.claim
    assert trail.reached is not None, "steps are those of a turn that was opened"
    opened, point = trail.reached
    first_round = (trail.low, trail.high) == (0, STEPS)
    if turn != opened or not first_round or not claim.may_accept(turn):
        raise _out_of_place(trail, event)
    return replace(
        trail,
        position=replace(trail.position, context=claim.context(), points=(point, claim.point)),
        phase=_over_turns(turn, claim.turn),
        low=turn,
        high=claim.turn,
        moves=(*trail.moves, TurnAccepted(claim=claim, turn=turn, point=point)),
        reached=None,
    )


def _over_turns(low: int, high: int) -> Phase:
    return Phase.TURN_OPEN if high - low == 1 else Phase.TURNS_POST
