"""A message as it is shown to a chain: what is checked, in which order."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bisection.game_errors import ChannelIdMismatch
from bisection.opening import OpenedMessage
from channel import LOG_DEPTH
from channel.dispute.cases import PlayedChannel, played
from channel.dispute.errors import MessageNotShown
from channel.dispute.message import ShownMessage, check_message
from channel.errors import SignatureMalformed, SignatureMismatch
from merkle import keccak256
from merkle.errors import RootMismatch, SiblingCountMismatch
from tests.channel.dispute.tables import a_case
from wasm_interp.errors import PayloadTooLong

TURN = 2


@cache
def channel() -> PlayedChannel:
    return played(a_case(participants=3), chain_id=1)


def shown(turn: int = TURN) -> ShownMessage:
    truth = channel().true_root
    assert truth is not None
    return channel().dossier(truth).show(turn)


def check(signed: ShownMessage, *, turn: int = TURN, **facts: Any) -> OpenedMessage:
    usual = {
        "channel_id": channel().fixed.channel_id(),
        "previous_log_root": channel().logs[turn - 1].root,
        "log_root": channel().logs[turn].root,
    }
    return check_message(signed, turn=turn, **{**usual, **facts})


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_every_message_of_the_log_is_found_to_be_its_movers(turn: int) -> None:
    opened = check(shown(turn), turn=turn)
    assert (opened.message.turn, opened.message.sender) == (turn, (turn - 1) % 3)
    assert opened.message.payload == a_case().payloads[turn - 1]
    assert opened.reducer_id == channel().case.program.reducer_id


def test_a_message_of_another_channel_is_refused_first() -> None:
    other = replace(shown().fixed, channel_nonce=99)
    with pytest.raises(ChannelIdMismatch) as raised:
        check(replace(shown(), fixed=other, payload=bytes(4_097)))
    assert raised.value.actual == other.channel_id()


def test_a_payload_that_is_too_long_is_refused_before_its_place() -> None:
    with pytest.raises(PayloadTooLong) as raised:
        check(replace(shown(), payload=bytes(4_097)))
    assert (raised.value.length, raised.value.limit) == (4_097, 4_096)


def test_another_payload_or_place_leads_to_another_log() -> None:
    with pytest.raises(RootMismatch) as raised:
        check(replace(shown(), payload=b"else", signature=b""))
    assert raised.value.expected == channel().logs[TURN].root
    with pytest.raises(RootMismatch):
        check(shown(1), turn=TURN)


def test_the_log_before_is_asked_for_before_the_log_after() -> None:
    other = keccak256(b"another history")
    with pytest.raises(RootMismatch) as raised:
        check(shown(), previous_log_root=other, log_root=other)
    assert (raised.value.expected, raised.value.actual) == (other, channel().logs[TURN - 1].root)
    with pytest.raises(RootMismatch) as raised:
        check(replace(shown(), signature=b""), log_root=other)
    assert (raised.value.expected, raised.value.actual) == (other, channel().logs[TURN].root)


def test_the_log_after_has_one_message_more_and_no_other() -> None:
    for longer in channel().logs[TURN + 1 :]:
        with pytest.raises(RootMismatch):
            check(shown(), log_root=longer.root)
        path = longer.path(TURN - 1)
        with pytest.raises(RootMismatch):
            check(replace(shown(), path=path), log_root=longer.root)


@pytest.mark.parametrize("level", range(LOG_DEPTH))
def test_every_sibling_counts(level: int) -> None:
    path = list(shown().path)
    path[level] = keccak256(b"else")
    with pytest.raises(RootMismatch):
        check(replace(shown(), path=tuple(path)))


def test_a_path_of_another_length_is_no_path() -> None:
    with pytest.raises(SiblingCountMismatch):
        check(replace(shown(), path=shown().path[:-1]))


def test_signatures_are_checked_last() -> None:
    with pytest.raises(SignatureMalformed):
        check(replace(shown(), signature=b""))
    with pytest.raises(SignatureMismatch) as raised:
        check(replace(shown(), signature=shown(1).signature))
    assert raised.value.expected == channel().fixed.participants[1]


def test_what_is_no_message_of_a_channel_is_not_taken() -> None:
    class Payload:
        payload = b"one"

    with pytest.raises(MessageNotShown) as raised:
        check_message(
            Payload(),
            channel_id=channel().fixed.channel_id(),
            turn=1,
            previous_log_root=channel().logs[0].root,
            log_root=channel().logs[1].root,
        )
    assert raised.value.actual == "Payload"
