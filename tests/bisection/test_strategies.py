"""Every game over turns that a challenger can be led into, in a small model.

An asserter may say anything at any end: the challenger's own log and rows, its log and other rows,
or another log. Whatever it says, the challenger ends at a turn that nobody can open, at one whose
run is false, or at one that it did not know. If that proves true it accepts it and goes on. It may
be left without an answer for one reason: the very last turn was opened, and is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import TypeAlias

import pytest

from bisection.expansion import segment_ends
from bisection.players.histories import Standing, chosen_segment
from bisection.points import TurnPoint
from bisection.position import Claim
from merkle import ZERO_HASH

OWN, OTHER_ROWS, OTHER_LOG = Standing.OWN, Standing.OTHER_ROWS, Standing.OTHER_LOG
NO_POINT = TurnPoint(log_root=ZERO_HASH, db_root=ZERO_HASH)
Stretch: TypeAlias = tuple[int, int]
Points: TypeAlias = tuple[Standing, Standing]
TRUE_CLAIM = "the claimed turn was opened, and is true"


@dataclass(frozen=True)
class Play:
    """A challenger, by its index, that knows the messages up to turn ``known`` of those claimed."""

    participants: int
    challenger: int
    claim: int
    arity: int

    def is_own(self, turn: int) -> bool:
        return (turn - 1) % self.participants == self.challenger

    def may_accept(self, turn: int) -> bool:
        claim = Claim(participants=self.participants, turn=self.claim, point=NO_POINT)
        return claim.may_accept(turn)


@cache
def losses(game: Play, known: int, stretch: Stretch, points: Points) -> frozenset[str]:
    """Return every reason for which the challenger may have no answer from here on."""
    (low, high), (first, last) = stretch, points
    if high - low == 1:
        return leaf(game, high, first, last)
    ends = segment_ends(low, high, arity=game.arity)
    own_turns = [any(map(game.is_own, range(a + 1, b + 1))) for a, b in pairwise(ends)]
    found: set[str] = set()
    for inner in product(*(stands(known, end) for end in ends[1:-1])):
        posted = (first, *inner, last)
        at = chosen_segment(posted, own_turns)
        if at is None:
            found.add(f"nothing to choose of {posted} at {ends}")
        else:
            found |= losses(game, known, (ends[at], ends[at + 1]), (posted[at], posted[at + 1]))
    return frozenset(found)


def stands(known: int, turn: int) -> tuple[Standing, ...]:
    """Return what may be said after ``turn``: a log that is not known is another one."""
    return (OWN, OTHER_ROWS, OTHER_LOG) if turn <= known else (OTHER_LOG,)


def leaf(game: Play, turn: int, first: Standing, last: Standing) -> frozenset[str]:
    """Return why the challenger may have no answer once ``turn`` was opened."""
    match first, last:
        case Standing.OWN, Standing.OTHER_ROWS:
            return frozenset()  # Its run is known, and false.
        case Standing.OTHER_LOG, Standing.OWN | Standing.OTHER_ROWS:
            return frozenset()  # Logs only grow.
        case ((Standing.OWN | Standing.OTHER_LOG), Standing.OTHER_LOG) if game.is_own(turn):
            return frozenset()  # It is not signed there.
        case Standing.OWN, Standing.OTHER_LOG if turn == game.claim:
            return frozenset({TRUE_CLAIM})
        case Standing.OWN, Standing.OTHER_LOG if game.may_accept(turn):
            # Its log is its own from now on, and it knows none behind it.
            return losses(game, turn, (turn, game.claim), (OWN, OTHER_LOG))
        case _:
            return frozenset({f"turn {turn} of {game} from {first} to {last}"})


def plays(claims: range, arities: tuple[int, ...]) -> Iterator[tuple[Play, int]]:
    """Yield each challenger, with each turn up to which it may know the messages."""
    for participants, claim, arity in product((2, 3, 4), claims, arities):
        for challenger in range(participants):
            game = Play(participants, challenger, claim, arity)
            if game.is_own(claim):
                continue
            for known in range(claim + 1):
                # What it has signed, and built upon, it knows.
                if not any(game.is_own(turn) for turn in range(known + 1, claim + 1)):
                    yield game, known


def check_all(claims: range, arities: tuple[int, ...]) -> int:
    """Assert that no challenger loses but to what is true; return how many games had that end."""
    true = 0
    for game, known in plays(claims, arities):
        for base in range(min(known, game.claim - 1) + 1):
            ends = (OTHER_ROWS, OTHER_LOG) if game.claim <= known else (OTHER_LOG,)
            for last in ends:
                why = losses(game, known, (base, game.claim), (OWN, last))
                assert why <= {TRUE_CLAIM}, (game, known, base, last)
                true += bool(why)
    return true


def test_a_challenger_loses_to_what_is_true_alone() -> None:
    assert check_all(range(1, 6), (2, 3)) > 0


@pytest.mark.nightly
def test_a_challenger_loses_to_what_is_true_alone_in_all_small_games() -> None:
    assert check_all(range(1, 9), (2, 3, 4)) > 0
