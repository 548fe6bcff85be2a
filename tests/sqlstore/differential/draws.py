"""Random choices that count which productions of the grammar were taken.

A generator takes a `Draws`; each production names itself with `feature`, and the test asserts at
its end that every feature of `features` was there. Not here: the productions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

TEXTS = (
    *("", "a", "b", "ab", "Ab ", "a  ", "é", "%", "_x", "o'k", "a\\b", "zzz", "12", " 7 ", "true"),
    "x" * 90,
)


class Draws:
    """A source of choices: a seeded random, so that a failure is found again.

    ``ascii_only`` is for an oracle that knows the case of other letters, as PGlite does.
    """

    def __init__(self, random: Random, seen: Counter[str], *, ascii_only: bool = False) -> None:
        self.random = random
        self.seen = seen
        self.ascii_only = ascii_only

    def text(self) -> str:
        """Return a text: short ones that meet each other, and those with something about them."""
        return self.one([text for text in TEXTS if text.isascii() or not self.ascii_only])

    def feature(self, name: str) -> None:
        """Count a production."""
        self.seen[name] += 1

    def chance(self, share: float) -> bool:
        """Return True in about that share of cases."""
        return self.random.random() < share

    def one(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.random.randrange(len(items))]

    def some(self, items: Sequence[T], least: int = 1, most: int | None = None) -> list[T]:
        """Return between ``least`` and ``most`` of the items, in random order."""
        most = len(items) if most is None else min(most, len(items))
        return self.random.sample(list(items), self.random.randint(min(least, most), most))

    def count(self, least: int, most: int) -> int:
        """Return a number between the two, both included."""
        return self.random.randint(least, most)
