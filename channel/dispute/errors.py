"""Why a driver cannot go on: what a chain answers is not what the contract can have done.

What the contract itself refuses is not here: it has the same names and fields as the twin's errors
(`channel.dispute.refusals`).

Spec: docs/spec/game.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from channel.errors import ChannelError

if TYPE_CHECKING:
    from bisection.game import Address
    from merkle import Hash32


class DisputeError(ChannelError):
    """A chain, or a file, does not tell of a game what can be true."""


@dataclass(eq=False)
class EventUnknown(DisputeError):
    """The contract emitted what no event of its interface is, or not in its one encoding (G-18)."""

    sentence = "a log of {manager} in block {block} is no event of the dispute game"

    manager: Address
    block: int


@dataclass(eq=False)
class EventOutOfPlace(DisputeError):
    """An event tells what could not have happened in the game as it was."""

    sentence = "event {name} cannot happen in phase {phase}"

    name: str
    phase: int


@dataclass(eq=False)
class EventsDisagree(DisputeError):
    """What the events tell is not what the contract says the game is."""

    sentence = "the events lead to {what} {actual}, the contract has {expected}"

    what: str
    expected: object
    actual: object


@dataclass(eq=False)
class GameNotOnChain(DisputeError):
    """The contract has emitted no opening of this game."""

    sentence = "no game {game_id} was opened at {manager}"

    game_id: Hash32
    manager: Address


@dataclass(eq=False)
class RevertUnexplained(DisputeError):
    """A transaction reverted with no error of the contract's, as one does that runs out of gas."""

    sentence = "the contract reverted without an error of its own, with {length} bytes"

    length: int


@dataclass(eq=False)
class AnswerUnreadable(DisputeError):
    """What is at the manager's address answers as no manager does."""

    sentence = "{manager} does not answer '{function}' as the dispute game does"

    manager: Address
    function: str


@dataclass(eq=False)
class MessageNotShown(DisputeError):
    """A move opens a turn with what is no message of a channel: it has no calldata."""

    sentence = "a turn is opened with a {actual}, not with a message of a channel"

    actual: str


@dataclass(eq=False)
class DossierMalformed(DisputeError):
    """A file is no dossier of a dispute. ``what`` says where."""

    sentence = "no dossier: {what}"

    what: str


@dataclass(eq=False)
class BaseNotKept(DisputeError):
    """A game begins before the first rows that a dossier keeps, or after its messages (G-19)."""

    sentence = "a game begins with turn {turn}, and what is kept does not lead there"

    turn: int


@dataclass(eq=False)
class ClaimNotReached(DisputeError):
    """An asserter's messages do not lead to its claim: it cannot show what it has signed (G-19)."""

    sentence = "the {messages} messages that are kept do not lead to the claim of turn {turn}"

    turn: int
    messages: int


@dataclass(eq=False)
class NothingDisputed(DisputeError):
    """Two honest sides agree, so there is no game to be played."""

    sentence = "both sides are honest: there is nothing to dispute"


@dataclass(eq=False)
class UnknownCheat(DisputeError):
    """No cheat of this side has this name."""

    sentence = "no {side} plays '{name}'; known are: {known}"

    side: str
    name: str
    known: str


@dataclass(eq=False)
class CaseNotDisputable(DisputeError):
    """A channel's log does not allow the dispute asked for."""

    sentence = "{what}"

    what: str
