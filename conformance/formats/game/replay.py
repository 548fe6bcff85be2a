"""The reference's answer to a transcript: every call is made of a `ProofManager`, as a chain would.

Whether a claim is signed, and a message, is asked of `channel`; the game itself is `bisection`'s.

Not here: shapes (`conformance.formats.game.shapes`), who plays (`conformance.corpus.disputes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bisection.calldata import StepProof
from bisection.game import Address, Claim, Constants, Game, Position
from bisection.manager import ProofManager
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import ReducerParts
from bisection.points import TurnPoint
from channel import ChannelState, FixedPart
from channel.dispute.claim import DisputedClaim, dispute_of
from channel.dispute.message import ShownMessage, check_message
from conformance.errors import MalformedVector, code_of
from merkle import Hash32
from merkle.errors import ChannelsError

OPEN: Final = "open"
WITHDRAW: Final = "withdraw"


def play(
    *,
    constants: dict[str, int],
    fixed: dict[str, Any],
    base: dict[str, Any],
    base_signatures: tuple[bytes, ...],
    claim: dict[str, Any],
    claim_signature: bytes,
    challenger: Address,
    calls: tuple[dict[str, Any], ...],
) -> dict[str, Any]:
    """Return what became of each call, and what is owed in the end."""
    disputed = disputed_of(
        fixed=fixed,
        base=base,
        base_signatures=base_signatures,
        claim=claim,
        claim_signature=claim_signature,
    )
    table = _Table(
        chain_id=constants["chain_id"],
        disputed=disputed,
        game_id=disputed.game_id(challenger),
    )
    manager = ProofManager(constants_of(constants))
    results, now = [], 0
    for call in calls:
        if call["at"] < now:
            raise MalformedVector("the calls of a transcript must be in order of time")
        now = call["at"]
        error = None
        try:
            manager = table.called(manager, **call)
        except MalformedVector:
            raise
        except ChannelsError as refusal:
            error = _code(refusal)
        game = manager.games.get(table.game_id) if error is None else None
        results.append({"error": error, "game": None if game is None else facts_of(game)})
    owed = ((who, amount) for who, amount in sorted(manager.credits.items()) if amount)
    credited = [{"owner": who, "amount": amount} for who, amount in owed]
    return {"game_id": table.game_id, "results": results, "credits": credited}


def disputed_of(
    *,
    fixed: Mapping[str, Any],
    base: Mapping[str, Any],
    base_signatures: tuple[bytes, ...],
    claim: Mapping[str, Any],
    claim_signature: bytes,
) -> DisputedClaim:
    """Return what a transcript's game is opened with. Raises as `FixedPart` does."""
    part = fixed_part(fixed)
    channel_id = part.channel_id()
    return DisputedClaim(
        fixed=part,
        base=ChannelState(channel_id=channel_id, **base),
        base_signatures=base_signatures,
        claim=ChannelState(channel_id=channel_id, **claim),
        claim_signature=claim_signature,
    )


def _code(refusal: ChannelsError) -> str:
    code = code_of(type(refusal))
    if code is None:
        raise MalformedVector(f"{type(refusal).__name__} has no code: {refusal}") from refusal
    return code


def facts_of(game: Game) -> dict[str, Any]:
    """Return a game as ``game()`` of the contract shows it."""
    names = ("phase", "low", "high", "asserter_clock", "challenger_clock", "moved", "paid")
    facts = {name: getattr(game, name) for name in names}
    return {**facts, "position": game.position.hash(), "winner": game.winner}


def fixed_part(fields: Mapping[str, Any]) -> FixedPart:
    """Return a channel's fixed part. Raises as `FixedPart` does."""
    return FixedPart(**{**fields, "participants": tuple(fields["participants"])})


# -- calls -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """What all calls of a transcript are about."""

    chain_id: int
    disputed: DisputedClaim
    game_id: Hash32

    def called(
        self,
        manager: ProofManager,
        *,
        at: int,
        by: Address,
        value: int,
        shown: dict[str, Any] | None,
        does: tuple[str, Any],
    ) -> ProofManager:
        """Return what there is after one call. Raises what refuses it."""
        kind, given = does
        if kind == OPEN:
            dispute = dispute_of(self.disputed, chain_id=self.chain_id)
            return manager.open(dispute, challenger=by, now=at, value=value)[0]
        if kind == WITHDRAW:
            return manager.withdraw(by)[0]
        return manager.move(
            self.game_id,
            move_of(kind, given),
            mover=by,
            now=at,
            value=value,
            shown=None if shown is None else position_of(shown),
        )


def position_of(shown: Mapping[str, Any]) -> Position:
    """Return the position that is shown with a move: its points are words, as they are hashed."""
    return Position(**{**shown, "points": tuple(shown["points"])})


def move_of(kind: str, given: Any) -> Move:
    """Return the move that a call makes."""
    if kind == "post_turns":
        return TurnsPosted(tuple(TurnPoint(**point) for point in given))
    if kind == "open_turn":
        return turn_opened(given)
    if kind == "accept_turn":
        return turn_accepted(given)
    if kind == "prove_step":
        return StepProven(StepProof(**given))
    if kind == "claim_timeout":
        return TimeoutClaimed()
    return _MOVES[kind](given)


_MOVES: Final[dict[str, Callable[[Any], Move]]] = {
    "choose_turns": TurnsChosen,
    "post_steps": StepsPosted,
    "choose_steps": StepsChosen,
}


def turn_opened(parts: Mapping[str, Any]) -> TurnOpened:
    """Return the move that opens a turn."""
    return TurnOpened(
        signed=ShownMessage(
            fixed=fixed_part(parts["fixed"]),
            payload=parts["payload"],
            path=tuple(parts["path"]),
            signature=parts["signature"],
        ),
        reducer=ReducerParts(
            wasm_hash=parts["wasm_hash"],
            profile_hash=parts["profile_hash"],
            genesis=parts["genesis"],
        ),
        end=parts["end"],
    )


def turn_accepted(given: Mapping[str, Any]) -> TurnAccepted:
    """Return the move that accepts the turn that was opened."""
    return TurnAccepted(
        claim=Claim(
            participants=given["participants"],
            turn=given["claim_turn"],
            point=TurnPoint(**given["claim"]),
        ),
        turn=given["turn"],
        point=TurnPoint(**given["point"]),
    )


def constants_of(fields: Mapping[str, int]) -> Constants:
    """Return what a deployment fixes."""
    names = ("arity", "move_seconds", "clock_seconds", "bond")
    return Constants(check_message=check_message, **{name: fields[name] for name in names})
