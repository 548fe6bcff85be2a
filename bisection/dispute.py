"""What a game is opened with: the constants of a deployment, and two states of a channel.

Spec: docs/spec/game.md, G-1, G-3. Mirror: ``ProofManager.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bisection.expansion import ARITY_MAX, ARITY_MIN, BOND_MAX, SECONDS_MAX
from bisection.game_errors import ArityOutOfRange, BondOutOfRange, DurationOutOfRange
from bisection.opening import MessageCheck
from bisection.points import TurnPoint
from bisection.position import Address
from merkle import Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What a deployment fixes: nothing of a game's size is a player's choice.

    ``check_message`` is the channel's part of opening a turn. Times are in seconds, ``bond`` is in
    wei. Raises `ArityOutOfRange`, `DurationOutOfRange`, `BondOutOfRange`.

    Spec: G-1.
    """

    check_message: MessageCheck
    arity: int
    move_seconds: int
    clock_seconds: int
    bond: int

    def __post_init__(self) -> None:
        if not ARITY_MIN <= self.arity <= ARITY_MAX:
            raise ArityOutOfRange(arity=self.arity)
        for duration in (self.move_seconds, self.clock_seconds):
            if not 1 <= duration <= SECONDS_MAX:
                raise DurationOutOfRange(duration=duration)
        if not 0 <= self.bond <= BOND_MAX:
            raise BondOutOfRange(bond=self.bond)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """What a game is about: two states of one channel, their signatures checked by the channel.

    ``claim_hash`` is the state hash of the claim (C-11). Spec: G-3.
    """

    channel_id: Hash32
    participants: tuple[Address, ...]
    base_turn: int
    base: TurnPoint
    claim_turn: int
    claim: TurnPoint
    claim_hash: Hash32

    @property
    def asserter(self) -> Address:
        """The mover of the claimed turn, who signed the claim. Spec: C-3, G-3."""
        return self.participants[(self.claim_turn - 1) % len(self.participants)]
