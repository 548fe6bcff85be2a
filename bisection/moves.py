"""What the two sides of a game do: a closed set of moves, and what is sent with each.

A move is named for what has happened once the game has taken it. Not here: what it does
(`bisection.game`).

Spec: docs/spec/game.md. Mirror: the functions of ``ProofManager.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bisection.opening import TurnOpened

if TYPE_CHECKING:
    from bisection.calldata import StepProof
    from bisection.points import TurnPoint
    from bisection.position import Claim
    from merkle import Hash32

__all__ = [
    "Move",
    "StepProven",
    "StepsChosen",
    "StepsPosted",
    "TimeoutClaimed",
    "TurnAccepted",
    "TurnOpened",
    "TurnsChosen",
    "TurnsPosted",
]


@dataclass(frozen=True, slots=True)
class TurnsPosted:
    """The asserter gave log and rows at the inner ends of the segments. Spec: G-9."""

    points: tuple[TurnPoint, ...]


@dataclass(frozen=True, slots=True)
class TurnsChosen:
    """The challenger accepted where a segment begins and disputed where it ends. Spec: G-10."""

    segment: int


@dataclass(frozen=True, slots=True)
class StepsPosted:
    """The asserter gave the state hashes at the inner ends of the segments. Spec: G-9."""

    points: tuple[Hash32, ...]


@dataclass(frozen=True, slots=True)
class StepsChosen:
    """The challenger accepted where a segment begins and disputed where it ends. Spec: G-10."""

    segment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnAccepted:
    """The challenger accepted the turn that was opened, and disputed those after it.

    ``claim`` and ``turn``, which leads to ``point``, are those of the position's context.
    Spec: G-22.
    """

    claim: Claim
    turn: int
    point: TurnPoint


@dataclass(frozen=True, slots=True)
class StepProven:
    """The challenger showed that the one step left leads elsewhere. Spec: G-13."""

    proof: StepProof


@dataclass(frozen=True, slots=True)
class TimeoutClaimed:
    """Somebody has said that the time of the side to move is up: the other has won. Spec: G-15."""


Move: TypeAlias = (
    TurnsPosted
    | TurnsChosen
    | TurnOpened
    | TurnAccepted
    | StepsPosted
    | StepsChosen
    | StepProven
    | TimeoutClaimed
)
