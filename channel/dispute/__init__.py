"""Disputes on a chain: the player that drives the contract, and what it needs of the channel.

- `channel.dispute.message`: a message as it is shown to a chain, and the check of it;
- `channel.dispute.claim`: what a game is opened with: two states, and who signed them;
- `channel.dispute.calls`, ``events``, ``refusals``: moves, events and errors, from the twin's form
  to the contract's and back;
- `channel.dispute.manager`: a deployment, and games as the chain tells of them;
- `channel.dispute.dossier`: what a side must keep to dispute, in memory and on disk;
- `channel.dispute.driver`: one side of one game, which can be stopped and made again at any move;
- `channel.dispute.cases`, ``cheats``, ``retelling``, ``match``, ``report``, ``deciding``: whole
  disputes, for demonstrations, benches and tests.

The rules are `bisection.game`'s and the contract's. Keys are used by `channel.dispute.cases` and
``retelling`` alone, and for what participants signed before a dispute: a move needs no signature
but its transaction's.

Spec: docs/spec/game.md.
"""

from channel.dispute.cases import DisputeCase
from channel.dispute.cheats import CHEATS, HONEST, Cheat
from channel.dispute.claim import DisputedClaim, dispute_of
from channel.dispute.dossier import Dossier, SignedPayload
from channel.dispute.driver import Driver, honest_player
from channel.dispute.manager import Manager
from channel.dispute.match import play_on_chain
from channel.dispute.message import ShownMessage, check_message
from channel.dispute.report import DisputeReport

__all__ = [
    "CHEATS",
    "HONEST",
    "Cheat",
    "DisputeCase",
    "DisputeReport",
    "DisputedClaim",
    "Dossier",
    "Driver",
    "Manager",
    "ShownMessage",
    "SignedPayload",
    "check_message",
    "dispute_of",
    "honest_player",
    "play_on_chain",
]
