"""Another history of a channel, as the mover of its claimed turn could tell it: for cheats.

It signs its own turns over the other log. The others' signatures it cannot make, so theirs stay
what they were: they hold over the true log only.

Not here: who tells it (`channel.dispute.cheats`).

Spec: docs/spec/channel.md, C-10; docs/spec/game.md, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from channel.dispute.cases import PlayedChannel, reduced
from channel.dispute.dossier import SignedPayload
from channel.dispute.errors import CaseNotDisputable
from channel.ids import mover_index
from channel.signatures import sign_message
from wasm_interp import Message
from wasm_interp.message import PAYLOAD_MAX

if TYPE_CHECKING:
    from channel.dispute.cases import DisputeCase

LAST_BYTES: Final = 256
"""How many other payloads are tried: every last byte."""


class Retold(Enum):
    """Which message is another one in the history that is told."""

    BASE = "the last message of the base"
    OWN = "a message of the asserter's own, which the challenger has built upon"

    def turn(self, case: DisputeCase) -> int:
        """Return the turn of that message. Raises `CaseNotDisputable` if there is none."""
        if self is Retold.BASE:
            if case.base < 1:
                raise CaseNotDisputable(
                    "no message comes before turn 0: let a later turn be the base"
                )
            return case.base
        turn = case.claim_turn - len(case.keys)
        if turn <= case.base:
            raise CaseNotDisputable("the asserter has one turn after the base: let more be claimed")
        return turn


def retold(channel: PlayedChannel, *, turn: int) -> PlayedChannel:
    """Return the channel with another message for ``turn``, and the base as all have signed it.

    Turns after the base are accepted in this history, too. Raises `CaseNotDisputable` if no such
    message is found.
    """
    case = channel.case
    for payload in _others(case.payloads[turn - 1]):
        payloads = (*case.payloads[: turn - 1], payload, *case.payloads[turn:])
        other = replace(case, payloads=payloads)
        rows = reduced(other, channel.rows[: case.base + 1])
        if len(rows) > case.claim_turn:
            return _signed_anew(replace(channel, case=other, rows=rows), turn)
    raise CaseNotDisputable(f"the reducer accepts no other message of turn {turn} that was tried")


def _others(payload: bytes) -> Iterator[bytes]:
    """Yield payloads that differ in the last byte, or have one more if they have none."""
    head = payload[:-1]
    yield from (
        head + bytes([last]) for last in range(LAST_BYTES) if head + bytes([last]) != payload
    )
    if len(payload) < PAYLOAD_MAX:
        yield payload + b" "


def _signed_anew(channel: PlayedChannel, turn: int) -> PlayedChannel:
    """Return the channel with the log of its payloads; own turns are signed over that."""
    case, count = channel.case, len(channel.case.keys)
    teller = mover_index(case.claim_turn, participants=count)
    log, logs = channel.logs[turn - 1], list(channel.logs)
    messages = list(channel.messages)
    for number in range(turn, case.claim_turn + 1):
        sender, payload = mover_index(number, participants=count), case.payloads[number - 1]
        signature = messages[number - 1].signature
        if sender == teller:
            signature = sign_message(
                case.keys[sender],
                channel_id=channel.fixed.channel_id(),
                turn=number,
                previous_log_root=log.root,
                payload=payload,
            )
        messages[number - 1] = SignedPayload(payload, signature)
        log = log.append(Message(turn=number, sender=sender, payload=payload).hash())
        if number > case.base:
            # Up to the base the log is as all have signed it: a game is opened with that.
            logs[number] = log
    return replace(channel, messages=tuple(messages), logs=tuple(logs))
