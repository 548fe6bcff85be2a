"""A message as it is shown to a chain: payload, path in the log, signature; and the check of it.

`ShownMessage` and `check_message` are the channel's part of opening a turn: `bisection.opening` has
the other, and knows no signatures.

Spec: docs/spec/game.md, G-11; docs/spec/channel.md, C-7, C-10. Mirror:
``TurnOpening.sol:checkMessage``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bisection.game_errors import ChannelIdMismatch
from bisection.opening import OpenedMessage
from channel.dispute.errors import MessageNotShown
from channel.ids import mover_index
from channel.log import appended_root
from channel.signatures import verify_message
from merkle.display import Shown
from merkle.errors import RootMismatch
from wasm_interp import Message
from wasm_interp.errors import PayloadTooLong
from wasm_interp.message import PAYLOAD_MAX

if TYPE_CHECKING:
    from bisection.opening import SignedMessage
    from channel.ids import FixedPart
    from merkle import Hash32


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownMessage(Shown):
    """A message, the path by which the log before it is appended to, and its mover's signature.

    ``path`` has 32 siblings, the leaf's own first. Spec: G-11.
    """

    fixed: FixedPart
    payload: bytes
    path: tuple[Hash32, ...]
    signature: bytes


def check_message(
    signed: SignedMessage,
    *,
    channel_id: Hash32,
    turn: int,
    previous_log_root: Hash32,
    log_root: Hash32,
) -> OpenedMessage:
    """Return the message of ``turn``, shown to lead from log to log and to be its mover's there.

    Raises `MessageNotShown`, `ChannelIdMismatch`, `PayloadTooLong`; `RootMismatch` for the log
    before, then for the log after; `SignatureMalformed`, `SignatureMismatch`; for a path that the
    ABI cannot carry `SiblingCountMismatch`, `WordLengthMismatch`.

    Spec: G-11. Mirror: ``TurnOpening.sol:checkMessage``.
    """
    if not isinstance(signed, ShownMessage):
        raise MessageNotShown(actual=type(signed).__name__)
    shown_id = signed.fixed.channel_id()
    if shown_id != channel_id:
        raise ChannelIdMismatch(expected=channel_id, actual=shown_id)
    if len(signed.payload) > PAYLOAD_MAX:
        raise PayloadTooLong(length=len(signed.payload), limit=PAYLOAD_MAX)
    sender = mover_index(turn, participants=len(signed.fixed.participants))
    message = Message(turn=turn, sender=sender, payload=signed.payload)
    actual = appended_root(previous_log_root, message.hash(), turn=turn - 1, path=signed.path)
    if actual != log_root:
        raise RootMismatch(expected=log_root, actual=actual)
    verify_message(
        signed.signature,
        signer=signed.fixed.participants[sender],
        channel_id=channel_id,
        turn=turn,
        previous_log_root=previous_log_root,
        payload=signed.payload,
    )
    return OpenedMessage(message, signed.fixed.reducer_id)
