"""What a game is opened with: two states of a channel, and who signed them.

Spec: docs/spec/game.md, G-3; docs/spec/channel.md, C-11 to C-13. Mirror: ``ProofManager.sol:open``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bisection.expansion import TURN_MAX
from bisection.game import Dispute, game_id
from bisection.game_errors import ClaimNotLater, ClaimTurnOutOfRange, WrongChainId
from bisection.points import TurnPoint
from channel.states import verify_supported, verify_unanimous
from merkle.display import Shown

if TYPE_CHECKING:
    from bisection.game import Address
    from channel.ids import FixedPart
    from channel.states import ChannelState
    from merkle import Hash32


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DisputedClaim(Shown):
    """A state that all have signed, in their order, and a later one that its mover has signed."""

    fixed: FixedPart
    base: ChannelState
    base_signatures: tuple[bytes, ...]
    claim: ChannelState
    claim_signature: bytes

    @property
    def asserter(self) -> Address:
        """The mover of the claimed turn. Raises `TurnWithoutMover`. Spec: C-3."""
        return self.fixed.mover(self.claim.turn)

    def game_id(self, challenger: Address) -> Hash32:
        """Return the id of the one game of ``challenger`` against the claim. Spec: G-4."""
        return game_id(self.claim.hash(), challenger)


def dispute_of(disputed: DisputedClaim, *, chain_id: int) -> Dispute:
    """Return what a game on the chain ``chain_id`` is about.

    Raises `WrongChainId`, `ClaimNotLater`, `ClaimTurnOutOfRange`; then as `verify_unanimous` does
    for the base and `verify_supported` for the claim. What participants must be, the fixed part
    has checked when it was made.

    Spec: G-3. Mirror: ``ProofManager.sol:open``.
    """
    fixed, base, claim = disputed.fixed, disputed.base, disputed.claim
    if fixed.chain_id != chain_id:
        raise WrongChainId(expected=chain_id, actual=fixed.chain_id)
    if claim.turn <= base.turn:
        raise ClaimNotLater(base=base.turn, claim=claim.turn)
    if claim.turn > TURN_MAX:
        raise ClaimTurnOutOfRange(turn=claim.turn)
    verify_unanimous(fixed, base, disputed.base_signatures)
    verify_supported(fixed, claim, disputed.claim_signature)
    return Dispute(
        channel_id=claim.channel_id,
        participants=fixed.participants,
        base_turn=base.turn,
        base=turn_point(base),
        claim_turn=claim.turn,
        claim=turn_point(claim),
        claim_hash=claim.hash(),
    )


def turn_point(state: ChannelState) -> TurnPoint:
    """Return what a state claims of its turn, as far as a game is about it. Spec: G-5."""
    return TurnPoint(log_root=state.log_root, db_root=state.db_root)
