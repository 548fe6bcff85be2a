"""What a chain tells of a game: read strictly, followed step by step, doubted where it must be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bisection.arena import at_once
from bisection.expansion import STEPS
from bisection.game import Address, Phase, Side
from bisection.moves import TurnAccepted, TurnOpened, TurnsPosted
from bisection.points import TurnPoint
from channel.dispute.driver import play_out
from channel.dispute.errors import (
    AnswerUnreadable,
    EventOutOfPlace,
    EventsDisagree,
    EventUnknown,
    GameNotOnChain,
)
from channel.dispute.events import (
    AcceptanceShown,
    Event,
    GameOpened,
    GameWon,
    SegmentChosen,
    StepPointsPosted,
    TurnPointsPosted,
    TurnShown,
    read_log,
    trail_of,
)
from channel.dispute.manager import Manager
from channel.dispute.match import Match
from merkle import keccak256
from solidity.evm import CallResult, Evm, Log, MinedLog
from solidity.evm.protocol import Address as EvmAddress
from solidity.evm.protocol import Topics
from tests.channel.dispute.tables import STRANGER, a_match, fast_evm

ID = keccak256(b"a game")
ALICE, BOB = Address(b"\xa1" * 20), Address(b"\xb0" * 20)
ARITY = 16


def a_hash(number: int) -> Any:
    return keccak256(b"point %d" % number)


OPENED = GameOpened(
    game_id=ID,
    asserter=ALICE,
    challenger=BOB,
    channel_id=a_hash(1),
    participants=4,
    low=0,
    high=2,
    low_point=TurnPoint(log_root=a_hash(2), db_root=a_hash(3)),
    high_point=TurnPoint(log_root=a_hash(4), db_root=a_hash(5)),
)
INNER = TurnPoint(log_root=a_hash(6), db_root=a_hash(9))
POSTED = TurnPointsPosted(game_id=ID, points=(INNER,))
STATES = StepPointsPosted(game_id=ID, points=tuple(a_hash(at) for at in range(20, 35)))
CHOSEN = SegmentChosen(game_id=ID, segment=1)
SHOWN = TurnShown(
    game_id=ID,
    turn=2,
    sender=1,
    previous_log_root=a_hash(6),
    payload=b"payload",
    signature=bytes(65),
    start_hash=a_hash(7),
    end_hash=a_hash(8),
)
WON = GameWon(game_id=ID, winner=BOB, pot=14)
ACCEPTED = AcceptanceShown(game_id=ID, turn=1)
STORY: tuple[Event, ...] = (OPENED, POSTED, CHOSEN, SHOWN)

EARLIER: tuple[Event, ...] = (
    *(OPENED, POSTED, replace(CHOSEN, segment=0)),
    replace(SHOWN, turn=1, sender=0, previous_log_root=OPENED.low_point.log_root),
)
"""The first of two turns is opened."""


@pytest.fixture(scope="module")
def played() -> Iterator[Match]:
    """A game that the challenger has won, on a chain with another one beside it."""
    with fast_evm() as evm:
        match = a_match(evm, "wrong-midpoint")
        play_out(match.drivers.values(), times=at_once)
        yield match


# -- logs ------------------------------------------------------------------------------------------


def mined(match: Match) -> tuple[MinedLog, ...]:
    return match.manager.evm.logs(EvmAddress(match.manager.address))


def test_every_log_of_a_game_is_an_event(played: Match) -> None:
    kinds = [type(read_log(one)) for one in mined(played)]
    assert kinds[0] is GameOpened
    assert kinds[-1] is GameWon
    assert set(kinds) == {
        *(GameOpened, TurnPointsPosted, StepPointsPosted, SegmentChosen, TurnShown, GameWon)
    }


def test_a_log_that_is_no_event_is_refused(played: Match) -> None:
    for one in mined(played):
        log = one.log
        for changed in (
            replace(log, topics=()),
            replace(log, topics=(keccak256(b"Else()"), *log.topics[1:])),
            replace(log, topics=log.topics[:-1]),
            replace(log, topics=(*log.topics, bytes(32))),
            replace(log, data=log.data + bytes(32)),
            replace(log, data=log.data[:-1] if log.data else b"\1"),
        ):
            with pytest.raises(EventUnknown) as raised:
                read_log(replace(one, log=changed))
            assert raised.value.block == one.block


def test_no_byte_of_a_log_can_change_unseen(played: Match) -> None:
    one = mined(played)[0]
    for where in range(len(one.log.data)):
        data = bytearray(one.log.data)
        data[where] ^= 1
        changed = replace(one, log=replace(one.log, data=bytes(data)))
        assert read_log(changed) != read_log(one)


# -- following -------------------------------------------------------------------------------------


def test_a_story_is_followed() -> None:
    trail = trail_of(STORY, arity=ARITY)
    assert trail.phase is Phase.STEPS_POST
    assert (trail.low, trail.high) == (0, STEPS)
    assert trail.position.points == (SHOWN.start_hash, SHOWN.end_hash)
    opened = trail.moves[-1]
    assert isinstance(opened, TurnOpened)
    assert opened.signed.payload == b"payload"
    assert trail_of((*STORY, WON), arity=ARITY).winner == BOB
    posted = trail_of((*STORY, STATES), arity=ARITY)
    assert posted.phase is Phase.STEPS_CHOOSE
    assert posted.position.points[1:-1] == STATES.points


def test_a_turn_that_is_accepted_is_followed_by_the_next() -> None:
    trail = trail_of((*EARLIER, STATES, ACCEPTED), arity=ARITY)
    assert (trail.phase, trail.low, trail.high) == (Phase.TURN_OPEN, 1, 2)
    assert trail.position.points == (INNER, OPENED.high_point)
    assert trail.position.context == OPENED.claim.context()
    assert trail.moves[-1] == TurnAccepted(claim=OPENED.claim, turn=1, point=INNER)


def test_the_points_of_turns_are_logs_and_rows() -> None:
    trail = trail_of(STORY[:2], arity=ARITY)
    assert trail.position.points == (OPENED.low_point, INNER, OPENED.high_point)
    assert trail.moves == (TurnsPosted((INNER,)),)


@pytest.mark.parametrize(
    "events",
    [
        (),
        (POSTED,),
        (OPENED, OPENED),
        (replace(OPENED, high=0),),
        (OPENED, CHOSEN),
        (OPENED, replace(POSTED, points=())),
        (OPENED, replace(POSTED, points=(INNER, INNER))),
        (OPENED, STATES),
        (OPENED, replace(STATES, points=(a_hash(1),))),
        (*STORY, POSTED),
        (*STORY, replace(STATES, points=STATES.points[1:])),
        (OPENED, POSTED, POSTED),
        (OPENED, POSTED, replace(CHOSEN, segment=2)),
        (OPENED, POSTED, replace(CHOSEN, segment=2**256 - 1)),
        (OPENED, SHOWN),
        (OPENED, POSTED, CHOSEN, replace(SHOWN, turn=1)),
        (OPENED, POSTED, CHOSEN, replace(SHOWN, previous_log_root=a_hash(5))),
        (replace(OPENED, participants=1),),
        (replace(OPENED, high=2**32),),
        (*STORY, AcceptanceShown(game_id=ID, turn=2)),
        (*STORY, STATES, AcceptanceShown(game_id=ID, turn=1)),
        (*STORY, STATES, AcceptanceShown(game_id=ID, turn=2)),
        (*EARLIER, STATES, AcceptanceShown(game_id=ID, turn=2)),
        (replace(OPENED, participants=2), *EARLIER[1:], STATES, ACCEPTED),
        (*EARLIER, STATES, CHOSEN, STATES, ACCEPTED),
        (*STORY, SHOWN),
        (OPENED, replace(WON, winner=STRANGER)),
        (OPENED, WON, WON),
        (OPENED, WON, POSTED),
    ],
)
def test_a_story_that_cannot_be_is_refused(events: tuple[Event, ...]) -> None:
    with pytest.raises(EventOutOfPlace):
        trail_of(events, arity=ARITY)


# -- chains that lie -------------------------------------------------------------------------------


@dataclass
class Lying:
    """An EVM whose logs, or whose answers, are not what they are."""

    evm: Any
    more: tuple[MinedLog, ...] = ()
    without: int = 0
    answer: bytes | None = None

    def logs(
        self, address: EvmAddress, *, topics: Topics = (), from_block: int = 0
    ) -> tuple[MinedLog, ...]:
        found = self.evm.logs(address, topics=topics, from_block=from_block)
        return (*found[: len(found) - self.without], *self.more)

    def call(self, to: EvmAddress, data: bytes, **options: Any) -> CallResult:
        result = self.evm.call(to, data, **options)
        return result if self.answer is None else replace(result, output=self.answer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.evm, name)


def lying(match: Match, **lies: Any) -> Manager:
    evm: Any = Lying(match.manager.evm, **lies)
    return replace(match.manager, evm=evm)


def test_logs_of_other_contracts_are_not_looked_at(played: Match) -> None:
    other = MinedLog(block=1, index=0, log=Log(address=EvmAddress(STRANGER), topics=(), data=b"?"))
    view = lying(played, more=(other,)).follow(played.game_id)
    assert view == played.manager.follow(played.game_id)


def test_events_of_other_games_change_nothing(played: Match) -> None:
    of_other = []
    for one in mined(played):
        topics = (one.log.topics[0], keccak256(b"another game"), *one.log.topics[2:])
        of_other.append(replace(one, log=replace(one.log, topics=topics)))
    view = lying(played, more=tuple(of_other)).follow(played.game_id)
    assert view == played.manager.follow(played.game_id)


def test_an_event_without_a_game_is_refused(played: Match) -> None:
    last = mined(played)[-1]
    for topics in ((), last.log.topics[:2]):
        bare = replace(last, log=replace(last.log, topics=topics))
        with pytest.raises(EventUnknown):
            lying(played, more=(bare,)).follow(played.game_id)


def test_an_unknown_event_of_the_contract_stops_a_driver(played: Match) -> None:
    last = mined(played)[-1]
    strange = replace(last, log=replace(last.log, topics=(keccak256(b"Paused()"),)))
    with pytest.raises(EventUnknown):
        lying(played, more=(strange,)).follow(played.game_id)


@pytest.mark.parametrize("without", range(1, 9))
def test_events_that_are_kept_back_are_missed(played: Match, without: int) -> None:
    with pytest.raises(EventsDisagree):
        lying(played, without=without).follow(played.game_id)


def test_points_that_were_never_posted_disagree_with_the_position() -> None:
    with fast_evm() as evm:
        match = a_match(evm, "wrong-midpoint")
        match.drivers[Side.ASSERTER].act()
        posted = mined(match)[-1]
        data = posted.log.data[:-1] + bytes([posted.log.data[-1] ^ 1])
        forged = replace(posted, log=replace(posted.log, data=data))
        with pytest.raises(EventsDisagree) as raised:
            lying(match, without=1, more=(forged,)).follow(match.game_id)
    assert raised.value.what == "position"


@pytest.mark.parametrize("answer", [b"", bytes(31), bytes(9 * 32), b"\xff" * 288, bytes(320)])
def test_a_contract_that_answers_otherwise_is_none_of_ours(played: Match, answer: bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        lying(played, answer=answer).follow(played.game_id)


def test_a_game_that_was_never_opened_is_not_there(played: Match) -> None:
    with pytest.raises(GameNotOnChain) as raised:
        played.manager.follow(keccak256(b"no game"))
    assert raised.value.manager == played.manager.address


def test_the_times_of_a_game_are_the_contracts(played: Match) -> None:
    view = played.manager.follow(played.game_id)
    start = view.opening.moved
    used = 2 * played.manager.constants.clock_seconds
    used -= view.game.asserter_clock + view.game.challenger_clock
    assert view.game.moved == start + used
    assert view.opening.phase is Phase.TURNS_POST
    assert (view.opening.low, view.opening.high) == (0, 3)


def test_constants_are_read_from_the_chain(played: Match) -> None:
    evm: Evm = played.manager.evm
    assert Manager.at(evm, played.manager.address) == played.manager
    with pytest.raises(AnswerUnreadable):
        lying_at(evm, played.manager.address)


def lying_at(evm: Any, address: Address) -> Manager:
    unreadable: Any = Lying(evm, answer=b"")
    return Manager.at(unreadable, address)
