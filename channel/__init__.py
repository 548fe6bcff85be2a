"""Channels: who takes part, what was sent, what was agreed, and who signed it.

- `channel.ids`: the fixed part of a channel, its id, whose turn it is;
- `channel.log`: the log of messages as a tree, and proofs about it;
- `channel.states`: states, and when one is supported or unanimous;
- `channel.signatures`: what is signed, and by whom;
- `channel.outcome`: who is paid what, in Nitro's encoding;
- `channel.errors`: why something of this is refused, one class per cause.

Everything here is a value or a function of values: no clock, no socket, no store. A private key is
an argument of the functions that sign, and of no other.

Spec: docs/spec/channel.md.
"""

from channel.ids import Address, FixedPart, mover_index
from channel.log import LOG_DEPTH, MessageLog, appended_root, check_prefix, open_message
from channel.signatures import recover, sign_message, verify_message, verify_signature
from channel.states import (
    ChannelState,
    sign_postfund,
    sign_state,
    verify_postfunds,
    verify_supported,
    verify_unanimous,
)

__all__ = [
    "LOG_DEPTH",
    "Address",
    "ChannelState",
    "FixedPart",
    "MessageLog",
    "appended_root",
    "check_prefix",
    "mover_index",
    "open_message",
    "recover",
    "sign_message",
    "sign_postfund",
    "sign_state",
    "verify_message",
    "verify_postfunds",
    "verify_signature",
    "verify_supported",
    "verify_unanimous",
]
