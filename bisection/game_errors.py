"""Why a move of the dispute game, or its opening, is refused.

``Errors.sol`` is generated from these classes: the contract reverts with the same names and fields.
Not here: what the verifier says of a step (`bisection.errors`), and what trees (`merkle.errors`),
records and messages (`wasm_interp.errors`) say of the parts of an opened turn.

Spec: docs/spec/game.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from merkle.errors import ChannelsError

if TYPE_CHECKING:
    from bisection.position import Address
    from merkle import Hash32


class GameError(ChannelsError):
    """A side, or a stranger, did what the game does not allow: nothing has changed."""


# -- constants and opening -------------------------------------------------------------------------


@dataclass(eq=False)
class ArityOutOfRange(GameError):
    """A deployment cuts into fewer than 2 or more than 64 segments (G-1)."""

    sentence = "arity {arity} is not between 2 and 64"

    arity: int


@dataclass(eq=False)
class DurationOutOfRange(GameError):
    """A deployment gives a side no time, or more than 2^32 - 1 seconds (G-1)."""

    sentence = "{duration} seconds are not between 1 and 2^32 - 1"

    duration: int


@dataclass(eq=False)
class BondOutOfRange(GameError):
    """A deployment asks for a bond that two of do not fit a number (G-1)."""

    sentence = "bond of {bond} wei is above 2^128 - 1"

    bond: int


@dataclass(eq=False)
class WrongChainId(GameError):
    """The channel is another chain's (G-3)."""

    sentence = "the channel is of chain {actual}, and this is chain {expected}"

    expected: int
    actual: int


@dataclass(eq=False)
class ClaimNotLater(GameError):
    """The claim's turn does not come after the base's (G-3)."""

    sentence = "claimed turn {claim} does not come after turn {base}"

    base: int
    claim: int


@dataclass(eq=False)
class ClaimTurnOutOfRange(GameError):
    """The claim's log is longer than a log can be (G-3)."""

    sentence = "claimed turn {turn} is above 2^32 - 1"

    turn: int


@dataclass(eq=False)
class ChallengerNotParticipant(GameError):
    """Whoever challenges takes no part in the channel (G-3). ``challenger`` is an address."""

    sentence = "{challenger} is no participant of the channel"

    challenger: Address


@dataclass(eq=False)
class ChallengerIsAsserter(GameError):
    """Whoever challenges has signed the claim (G-3). ``challenger`` is an address."""

    sentence = "{challenger} challenges a claim of its own"

    challenger: Address


@dataclass(eq=False)
class GameExists(GameError):
    """This challenger has had its game against this claim (G-4)."""

    sentence = "game {game_id} was opened before"

    game_id: Hash32


@dataclass(eq=False)
class GameUnknown(GameError):
    """No game of this id was ever opened (G-17)."""

    sentence = "game {game_id} was never opened"

    game_id: Hash32


# -- every move ------------------------------------------------------------------------------------


@dataclass(eq=False)
class GameFinished(GameError):
    """The game has its winner (G-17)."""

    sentence = "the game is finished"


@dataclass(eq=False)
class PhaseMismatch(GameError):
    """The move belongs to another phase (G-6): to ``expected``, and the game is in ``actual``."""

    sentence = "a move of phase {expected} in phase {actual}"

    expected: int
    actual: int


@dataclass(eq=False)
class NotYourMove(GameError):
    """Whoever moves is not the side that this move belongs to (G-6). ``mover`` is an address."""

    sentence = "{mover} is not the side to make this move"

    mover: Address


@dataclass(eq=False)
class DeadlinePassed(GameError):
    """The move comes too late (G-14). Times are in seconds."""

    sentence = "the deadline was {deadline}, and now it is {now}"

    deadline: int
    now: int


@dataclass(eq=False)
class DeadlineNotPassed(GameError):
    """The side to move still has time (G-15). Times are in seconds."""

    sentence = "the deadline is {deadline}, and now it is {now}"

    deadline: int
    now: int


@dataclass(eq=False)
class BondMismatch(GameError):
    """A move, or the opening, does not carry the value that is due (G-3, G-16)."""

    sentence = "value {actual} is sent where {expected} is due"

    expected: int
    actual: int


@dataclass(eq=False)
class PositionMismatch(GameError):
    """The position shown with a move is not the game's (G-7). Both are position hashes."""

    sentence = "the position shown hashes to {actual}, the game's to {expected}"

    expected: Hash32
    actual: Hash32


# -- one kind of move ------------------------------------------------------------------------------


@dataclass(eq=False)
class PointCountMismatch(GameError):
    """More or fewer inner points are posted than the expansion has (G-9)."""

    sentence = "{actual} points are posted where the segments have {expected}"

    expected: int
    actual: int


@dataclass(eq=False)
class SegmentOutOfRange(GameError):
    """The segment chosen is none of the expansion's (G-10)."""

    sentence = "segment {segment} is none of {count}"

    segment: int
    count: int


@dataclass(eq=False)
class ChannelIdMismatch(GameError):
    """The fixed part shown is another channel's (G-3, G-11)."""

    sentence = "the fixed part is that of channel {actual}, not {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class ReducerIdMismatch(GameError):
    """Module, profile and genesis shown are not the channel's reducer (G-11, T-30)."""

    sentence = "the reducer shown is {actual}, the channel's is {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class EndNotAccepted(GameError):
    """The end record is not that of a machine that accepted, with the root claimed (G-12)."""

    sentence = "the end record does not show a machine that accepted with the claimed db_root"


@dataclass(eq=False)
class ContextMismatch(GameError):
    """Claim and turn shown are not those of the position (G-22). Both are contexts."""

    sentence = "the claim and turn shown have context {actual}, the position has {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class StepsDisputed(GameError):
    """The challenger has chosen steps of the turn that it would accept (G-22)."""

    sentence = "steps {low} to {high} of this turn are disputed already"

    low: int
    high: int


@dataclass(eq=False)
class TurnNotAcceptable(GameError):
    """No challenger needs to accept this turn: it knew it, or it is the claim's (G-22)."""

    sentence = "turn {turn} cannot be accepted before turn {claim} of {participants} participants"

    turn: int
    claim: int
    participants: int


@dataclass(eq=False)
class PreStateMismatch(GameError):
    """The step proven begins in another state than the one agreed upon (G-13)."""

    sentence = "the step begins in state {actual}, not in {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class PostStateAgreed(GameError):
    """The step proven leads where the asserter says: it decides nothing (G-13)."""

    sentence = "the step leads to the very state that the asserter claims"
