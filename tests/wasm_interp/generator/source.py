"""Where the generator's choices come from: a Hypothesis strategy, or a seeded `random.Random`.

Hypothesis shrinks choices toward 0, so wherever there is a choice, the simplest comes first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

SMALL_EDGES = (0, 1, -1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, -2, -128, -129)


class Source(Protocol):
    """A maker of choices."""

    def below(self, count: int) -> int:
        """Return a number in ``range(count)``."""


class SeededSource:
    """Choices from a seed: fast and repeatable."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, count: int) -> int:
        return self._random.randrange(count)


class DrawnSource:
    """Choices that Hypothesis makes, and shrinks."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return int(self._draw(_integers(count)))


_STRATEGIES: dict[int, st.SearchStrategy[int]] = {}


def _integers(count: int) -> st.SearchStrategy[int]:
    if count not in _STRATEGIES:
        _STRATEGIES[count] = st.integers(0, count - 1)
    return _STRATEGIES[count]


def pick(source: Source, choices: Sequence[T]) -> T:
    """Pick one of ``choices``."""
    return choices[source.below(len(choices))]


def pick_weighted(source: Source, choices: Sequence[tuple[int, T]]) -> T:
    """Pick one of (weight, choice) pairs."""
    at = source.below(sum(weight for weight, _ in choices))
    for weight, choice in choices:
        if at < weight:
            return choice
        at -= weight
    raise AssertionError


def chance(source: Source, numerator: int, denominator: int) -> bool:
    """Return True with the given probability; False is the simpler choice."""
    return source.below(denominator) >= denominator - numerator


def edge_integer(source: Source, bits: int) -> int:
    """Return an unsigned integer of ``bits`` bits, most likely one at some edge."""
    match source.below(8):
        case 0 | 1 | 2:
            value = pick(source, SMALL_EDGES)
        case 3:
            value = source.below(256)
        case 4 | 5:
            value = (1 << source.below(bits)) + source.below(3) - 1
        case 6:
            value = (1 << (bits - 1)) - source.below(2)
        case _:
            value = sum(source.below(1 << 16) << at for at in range(0, bits, 16))
    return value & ((1 << bits) - 1)
