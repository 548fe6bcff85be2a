"""The canonical expansion: where a stretch of turns or steps is cut, and how often that can be.

Nothing of it is a player's choice: arity and stretch give every end. Not here: the points at those
ends (`bisection.game`).

Spec: docs/spec/game.md, G-8, G-21. Mirror: ``ProofManager.sol``.
"""

from __future__ import annotations

from typing import Final

STEPS: Final = 2**24
"""Steps of a turn: the most fuel, and the step that runs out of it. Spec: G-2."""
TURN_MAX: Final = 2**32 - 1
"""The last turn that a log has room for, short of its last leaf. Spec: G-3."""
ARITY_MIN: Final = 2
ARITY_MAX: Final = 64
SECONDS_MAX: Final = 2**32 - 1
BOND_MAX: Final = 2**128 - 1
"""Bounds of a deployment's constants. Spec: G-1."""


def segment_count(low: int, high: int, *, arity: int) -> int:
    """Return into how many segments the stretch from ``low`` to ``high`` is cut.

    ``low < high``. Spec: G-8. Mirror: ``ProofManager.sol:segmentCount``.
    """
    return min(arity, high - low)


def segment_end(low: int, high: int, index: int, *, arity: int) -> int:
    """Return end ``index`` of the segments: 0 gives ``low``, their count gives ``high``.

    Spec: G-8. Mirror: ``ProofManager.sol:segmentEnd``.
    """
    return low + (high - low) * index // segment_count(low, high, arity=arity)


def segment_ends(low: int, high: int, *, arity: int) -> tuple[int, ...]:
    """Return the ends of all segments, ``low`` and ``high`` among them. Spec: G-8."""
    count = segment_count(low, high, arity=arity)
    return tuple(segment_end(low, high, index, arity=arity) for index in range(count + 1))


def rounds_max(length: int, *, arity: int) -> int:
    """Return how often a stretch of ``length`` is cut, at most: the least r, arity**r >= length.

    Spec: G-21.
    """
    rounds, reached = 0, 1
    while reached < length:
        rounds, reached = rounds + 1, reached * arity
    return rounds


def moves_max(arity: int, *, participants: int) -> int:
    """Return how many moves a game has at most, its opening included. Spec: G-21."""
    accepts = participants - 2
    return (
        2 * (rounds_max(2**32, arity=arity) + rounds_max(STEPS, arity=arity))
        + accepts * (2 * rounds_max(accepts, arity=arity) + 3)
        + 3
    )
