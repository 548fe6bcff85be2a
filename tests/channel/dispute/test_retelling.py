"""Other histories, as an asserter can tell them: what it can sign, and what it cannot."""

from __future__ import annotations

from functools import cache

import pytest

from channel.dispute.cases import PlayedChannel, played
from channel.dispute.errors import CaseNotDisputable
from channel.dispute.retelling import Retold, retold
from channel.errors import SignatureMismatch
from channel.ids import mover_index
from channel.signatures import verify_message
from tests.channel.dispute.tables import a_case
from tests.wasm_interp.wat import program_of

PAYLOADS = tuple(b"turn %d" % turn for turn in range(1, 7))
FIRST_BYTE = """
(module
  (import "channel" "message_read" (func $read (param i32 i32 i32)))
  (memory 1)
  (func (export "reduce") (result i32)
    (call $read (i32.const 0) (i32.const 0) (i32.const 1))
    (i32.ne (i32.load8_u (i32.const 0)) (i32.const 7))))
"""
"""Accepts messages that begin with one byte."""


LAST_BYTE = """
(module
  (import "channel" "message_size" (func $size (result i32)))
  (import "channel" "message_read" (func $read (param i32 i32 i32)))
  (memory 1)
  (func (export "reduce") (result i32)
    (call $read (i32.const 0) (i32.sub (call $size) (i32.const 1)) (i32.const 1))
    (i32.ne (i32.load8_u (i32.const 0)) (i32.const 7))))
"""
"""Accepts messages that end with one byte."""


@cache
def true(participants: int = 2, base: int = 2) -> PlayedChannel:
    return played(a_case(PAYLOADS, participants=participants, base=base), chain_id=1)


def is_signed(channel: PlayedChannel, turn: int) -> bool:
    """Return whether the mover of ``turn`` has signed its message over the log that is told."""
    log = channel.logs[turn - 1]
    try:
        verify_message(
            channel.messages[turn - 1].signature,
            signer=channel.fixed.mover(turn),
            channel_id=channel.fixed.channel_id(),
            turn=turn,
            previous_log_root=log.root,
            payload=channel.messages[turn - 1].payload,
        )
    except SignatureMismatch:
        return False
    return True


@pytest.mark.parametrize("participants", [2, 3])
@pytest.mark.parametrize("turn", [3, 4, 5])
def test_the_teller_signs_its_own_turns_and_no_others(participants: int, turn: int) -> None:
    channel = true(participants)
    assert all(is_signed(channel, number) for number in range(1, 7))
    told = retold(channel, turn=turn)
    teller = mover_index(6, participants=participants)
    for number in range(1, 7):
        changed = told.messages[number - 1].payload != channel.messages[number - 1].payload
        assert changed == (number == turn)
        own = mover_index(number, participants=participants) == teller
        assert is_signed(told, number) == (own or number < turn)
        assert (told.logs[number].root == channel.logs[number].root) == (number < turn)
    assert len(told.rows) == 7


def test_the_base_stays_as_all_have_signed_it() -> None:
    channel = true()
    told = retold(channel, turn=2)
    assert told.messages[1].payload != channel.messages[1].payload
    assert [log.root for log in told.logs[:3]] == [log.root for log in channel.logs[:3]]
    assert told.logs[3].root != channel.logs[3].root
    root = told.true_root
    assert root == channel.true_root is not None
    disputed = told.dossier(root).disputed
    assert disputed.base == channel.dossier(root).disputed.base
    assert disputed.claim.log_root != channel.logs[6].root


def test_the_turn_that_is_another_is_the_last_of_the_base_or_the_tellers_own() -> None:
    case = true().case
    assert (Retold.BASE.turn(case), Retold.OWN.turn(case)) == (2, 4)
    assert Retold.OWN.turn(true(3).case) == 3
    with pytest.raises(CaseNotDisputable):
        Retold.BASE.turn(true(base=0).case)
    with pytest.raises(CaseNotDisputable):
        Retold.OWN.turn(true(base=4).case)


def test_a_reducer_may_accept_no_other_message() -> None:
    case = a_case((b"\7", b"\7", b"\7"), program=program_of(FIRST_BYTE))
    channel = played(case, chain_id=1)
    assert channel.true_root is not None
    # One byte more is another message, which begins as it should.
    assert retold(channel, turn=1).case.payloads[0] == b"\7 "
    full = a_case((b"\7" * 4_096,) * 3, program=program_of(FIRST_BYTE))
    assert len(retold(played(full, chain_id=1), turn=1).case.payloads[0]) == 4_096


@pytest.mark.parametrize("length", [1, 4_096])
def test_where_none_is_accepted_there_is_no_other_history(length: int) -> None:
    payload = b"\7" * length
    channel = played(a_case((payload,) * 3, program=program_of(LAST_BYTE)), chain_id=1)
    assert channel.true_root is not None
    with pytest.raises(CaseNotDisputable, match="accepts no other message of turn 1"):
        retold(channel, turn=1)
