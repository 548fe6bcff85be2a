"""Moves as calldata: what the contract's types cannot carry is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bisection.game import Position
from bisection.moves import (
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import ReducerParts
from bisection.points import TurnPoint
from channel.dispute.calls import function_name, move_call
from channel.dispute.cases import played
from channel.dispute.errors import MessageNotShown
from merkle import keccak256
from solidity.errors import AbiArgumentsMismatch
from tests.channel.dispute.tables import STRANGER, a_case
from tests.channel.dispute.test_events import OPENED, SHOWN
from wasm_interp.errors import RecordLengthMismatch

GAME = keccak256(b"a game")
POSITION = Position(
    asserter=STRANGER,
    challenger=STRANGER,
    channel_id=OPENED.channel_id,
    context=OPENED.claim.context(),
    points=tuple(keccak256(b"%d" % index) for index in range(4)),
)


ACCEPTED = TurnAccepted(claim=OPENED.claim, turn=1, point=OPENED.low_point)


def opening(*, siblings: int = 32) -> TurnOpened:
    channel = played(a_case(), chain_id=1)
    signed = channel.dossier(keccak256(b"claimed")).show(1)
    signed = replace(signed, path=signed.path[:siblings])
    return TurnOpened(signed=signed, reducer=ReducerParts.of(a_case().program), end=bytes(320))


def test_a_move_is_a_call_of_the_function_it_is_named_for() -> None:
    moves = [
        *(TurnsPosted(()), TurnsChosen(0), opening(), StepsPosted(()), StepsChosen(0)),
        *(ACCEPTED, TimeoutClaimed()),
    ]
    calls = {function_name(move): move_call(GAME, POSITION, move) for move in moves}
    assert len({call[:4] for call in calls.values()}) == len(moves)
    assert all(call[4:36] == GAME for call in calls.values())


def test_phases_of_two_points_show_the_first_and_the_last() -> None:
    both = replace(POSITION, points=(POSITION.points[0], POSITION.points[-1]))
    move = StepsPosted((keccak256(b"inner"),))
    assert move_call(GAME, POSITION, move) == move_call(GAME, both, move)
    choice = StepsChosen(1)
    assert move_call(GAME, POSITION, choice) != move_call(GAME, both, choice)


def test_points_of_turns_are_sent_as_pairs_of_words() -> None:
    words = POSITION.points
    assert not any(isinstance(word, TurnPoint) for word in words)
    turns = tuple(
        TurnPoint(log_root=log_root, db_root=db_root)
        for log_root, db_root in zip(words[::2], words[1::2], strict=True)
    )
    shown = replace(POSITION, points=turns)
    assert shown.hash() == POSITION.hash()
    for move in (TurnsPosted(turns), TurnsChosen(0), TimeoutClaimed(), opening()):
        assert move_call(GAME, shown, move) == move_call(GAME, POSITION, move)
    posted = move_call(GAME, shown, TurnsPosted(turns[:1]))
    # Game, four words of players, two points, and where the list begins; then its length.
    assert posted[4 + 32 * 5 :][:128] == b"".join(words)
    assert posted[4 + 32 * 11 :] == b"".join(words[:2])


def test_a_position_of_another_phase_is_sent_as_far_as_there_is_room() -> None:
    odd = replace(POSITION, points=POSITION.points[:3])
    for move in (TurnsPosted(()), TurnsChosen(0), opening(), StepsPosted(()), StepsChosen(0)):
        assert move_call(GAME, odd, move)[4:36] == GAME


def test_what_an_event_tells_of_a_turn_opens_none() -> None:
    with pytest.raises(MessageNotShown) as raised:
        move_call(GAME, POSITION, replace(opening(), signed=SHOWN))
    assert raised.value.actual == "TurnShown"


def test_records_and_words_have_their_length() -> None:
    with pytest.raises(RecordLengthMismatch):
        move_call(GAME, POSITION, replace(opening(), end=bytes(319)))
    short = opening(siblings=31)
    with pytest.raises(AbiArgumentsMismatch):
        move_call(GAME, POSITION, short)
    with pytest.raises(AbiArgumentsMismatch):
        move_call(GAME, POSITION, StepsChosen(-1))
    with pytest.raises(AbiArgumentsMismatch):
        move_call(GAME, replace(POSITION, points=()), StepsPosted(()))
