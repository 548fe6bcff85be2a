"""A move of the twin as the call that makes it on a chain.

Every call shows the position again (G-7). Not here: sending (`channel.dispute.manager`), and what
a chain tells of a move (`channel.dispute.events`).

Spec: docs/spec/game.md, G-3, G-9 to G-15, G-22. Mirror: ``IProofManager.sol``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

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
from bisection.points import words_of
from channel.dispute.errors import MessageNotShown
from channel.dispute.message import ShownMessage
from channel.dispute.refusals import manager_abi
from solidity.abi import encode_call
from wasm_interp.errors import RecordLengthMismatch
from wasm_interp.state import RECORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bisection.game import Position
    from channel.dispute.claim import DisputedClaim
    from channel.ids import FixedPart
    from channel.states import ChannelState
    from merkle import Hash32


_NAMES: Final[dict[type[Move], str]] = {
    TurnsPosted: "postTurns",
    TurnsChosen: "chooseTurns",
    TurnOpened: "openTurn",
    TurnAccepted: "acceptTurn",
    StepsPosted: "postSteps",
    StepsChosen: "chooseSteps",
    StepProven: "proveStep",
    TimeoutClaimed: "claimTimeout",
}

_TURNS: Final = (TurnsPosted, TurnsChosen, TurnOpened)
_SHOW_ALL_POINTS: Final = (TurnsChosen, StepsChosen, TurnAccepted, TimeoutClaimed)


def open_call(disputed: DisputedClaim) -> bytes:
    """Return the call that opens a game. Raises `AbiArgumentsMismatch`. Spec: G-3."""
    return encode_call(
        manager_abi(),
        "open",
        _fixed(disputed.fixed),
        _state(disputed.base),
        disputed.base_signatures,
        _state(disputed.claim),
        disputed.claim_signature,
    )


def move_call(game_id: Hash32, shown: Position, move: Move) -> bytes:
    """Return the call that makes ``move``, with the position ``shown``.

    Functions of turns and of steps, of phases with two points and with more, have room for
    different points: those of another phase, which only a move of the wrong one shows, are sent as
    far as there is room.

    Raises `MessageNotShown`, `RecordLengthMismatch`, and `AbiArgumentsMismatch` for what the
    contract's types cannot carry.

    Spec: G-7, G-9 to G-15, G-22.
    """
    players = (shown.asserter, shown.challenger, shown.channel_id, shown.context)
    points, besides = _shown_points(shown, move), _shown_besides(move)
    return encode_call(manager_abi(), function_name(move), game_id, players, points, *besides)


def function_name(move: Move) -> str:
    """Return the name of the contract's function for a kind of move."""
    return _NAMES[type(move)]


def _shown_points(shown: Position, move: Move) -> Sequence[object]:
    """Return the points of a position, as the function for ``move`` has room for them."""
    points: list[object] = [word for point in shown.points for word in words_of(point)]
    if isinstance(move, _TURNS):
        points = list(zip(points[::2], points[1::2], strict=False))
    return points if isinstance(move, _SHOW_ALL_POINTS) else [*points[:1], *points[-1:]]


def _shown_besides(move: Move) -> tuple[object, ...]:
    """Return what a call shows besides the position."""
    match move:
        case TurnsPosted() | StepsPosted():
            turns = isinstance(move, TurnsPosted)
            return ([words_of(point) if turns else point for point in move.points],)
        case TurnsChosen(segment) | StepsChosen(segment):
            return (segment,)
        case TurnOpened():
            return (_turn_parts(move),)
        case TurnAccepted(claim=claim, turn=turn, point=point):
            claimed = (claim.participants, claim.turn, words_of(claim.point))
            return (claimed, turn, words_of(point))
        case StepProven(proof):
            return (proof.pre_state, proof.op, proof.witness, proof.post_state)
        case TimeoutClaimed():
            return ()
        case _:
            assert_never(move)


def _turn_parts(move: TurnOpened) -> tuple[object, ...]:
    signed, reducer = move.signed, move.reducer
    if not isinstance(signed, ShownMessage):
        raise MessageNotShown(actual=type(signed).__name__)
    shown = (_fixed(signed.fixed), signed.payload, signed.path, signed.signature)
    parts = (reducer.wasm_hash, reducer.profile_hash, _record(reducer.genesis))
    return (*shown, parts, _record(move.end))


def _fixed(fixed: FixedPart) -> tuple[object, ...]:
    return (
        *(fixed.chain_id, fixed.adjudicator, fixed.participants, fixed.channel_nonce),
        *(fixed.app_definition, fixed.challenge_duration, fixed.reducer_id),
    )


def _state(state: ChannelState) -> tuple[object, ...]:
    """Return a state without its channel's id, which the contract computes."""
    return (state.turn, state.log_root, state.outcome_hash, state.db_root, state.is_final)


def _record(record: bytes) -> tuple[object, ...]:
    """Return a record as the struct of its words: the header is a number."""
    if len(record) != RECORD_BYTES:
        raise RecordLengthMismatch(actual=len(record))
    words = [record[at : at + 32] for at in range(0, RECORD_BYTES, 32)]
    return (int.from_bytes(words[0], "big"), *words[1:])
