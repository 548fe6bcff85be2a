"""Chance that is the same everywhere: numbers and bytes from Keccak-256 in counter mode.

Python's own generator is not promised to give one sequence in all versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from merkle import keccak256

T = TypeVar("T")


class Chance:
    """A stream of bytes that ``seed``, a text, determines."""

    def __init__(self, seed: str) -> None:
        self._seed = keccak256(seed.encode())
        self._counter = 0
        self._left = b""

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        while len(self._left) < count:
            self._left += keccak256(self._seed + self._counter.to_bytes(8, "big"))
            self._counter += 1
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def below(self, limit: int) -> int:
        """Return a number in ``range(limit)``; ``limit`` is far below 2^64."""
        return int.from_bytes(self.bytes(16), "big") % limit

    def pick(self, items: Sequence[T]) -> T:
        """Return one of ``items``."""
        return items[self.below(len(items))]
