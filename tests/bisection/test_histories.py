"""Which turn a challenger disputes: checked against every asserter of a small model.

The model is played to its end, adaptively: of every stretch the asserter may post any points that
there are. It can open a turn if somebody could have signed its message there, and if the rows after
follow from the rows before. A challenger has signed each of its turns once, over its own log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final

import pytest

from bisection.expansion import segment_ends
from bisection.game import Address
from bisection.players.asserters import untrue
from bisection.players.histories import (
    Standing,
    disputed_segment,
    has_turn_of,
    is_false,
    standing,
)
from bisection.points import TurnPoint
from bisection.position import Claim as GameClaim
from merkle import ZERO_HASH
from tests.bisection.disputes import Scene, counter, scene

TURNS: Final = 6


@dataclass(frozen=True)
class Claim:
    """What an asserter may say after a turn.

    ``left_at`` is the turn of the first message that is not the challenger's own history's, None
    for that history; ``true`` is whether the rows follow from the log.
    """

    left_at: int | None
    true: bool


OWN: Final = Claim(None, True)
FOREIGN: Final = 0
"""Where a history has left the challenger's that none of its turns goes on from."""


@dataclass(frozen=True)
class Model:
    """A channel of ``participants``, whose challenger knows the messages up to ``known``."""

    participants: int
    challenger: int
    known: int

    @property
    def at(self) -> Scene:
        return channel(self.participants)

    def address(self) -> Address:
        return self.at.dispute.participants[self.challenger]

    def is_own_turn(self, turn: int) -> bool:
        return (turn - 1) % self.participants == self.challenger

    def may_accept(self, turn: int) -> bool:
        point = TurnPoint(log_root=ZERO_HASH, db_root=ZERO_HASH)
        claim = GameClaim(participants=self.participants, turn=TURNS, point=point)
        return claim.may_accept(turn)

    def claims(self, turn: int) -> list[Claim]:
        """Return all that can be said after ``turn``."""
        own = [None] if turn <= self.known else []
        histories = (*own, *range(1, turn + 1))
        return [Claim(left_at, true) for left_at, true in product(histories, (True, False))]

    def point(self, turn: int, claim: Claim) -> TurnPoint:
        """Return a claim as the asserter posts it."""
        known = self.at.fresh().point(turn)
        assert known is not None
        log = known.log_root if claim.left_at is None else untrue("log", 10 * claim.left_at + turn)
        rows = known.db_root if claim == OWN else untrue(f"rows {claim}", turn)
        return TurnPoint(log_root=log, db_root=rows)

    def opens(self, turn: int, before: Claim, after: Claim) -> bool:
        """Return whether an asserter can open ``turn`` and bring it to an end that is true."""
        if before.true and not after.true:
            return False
        if after.left_at is None:
            return before.left_at is None and turn <= self.known
        went_on = before.left_at == after.left_at or (
            before.left_at is None and after.left_at == turn
        )
        return went_on and not self.is_own_turn(turn)

    def could_be(self, turn: int, claim: Claim) -> bool:
        """Return whether ``claim`` is true of a history that could have been."""
        reached = {OWN}
        for at in range(1, turn + 1):
            reached = {
                after
                for before in reached
                for after in self.claims(at)
                if self.opens(at, before, after)
            }
        return claim in reached

    def chosen(self, ends: tuple[int, ...], claims: tuple[Claim, ...]) -> int | None:
        """Return the segment that the challenger disputes."""
        knowledge = self.at.fresh(known=self.known)
        points = [self.point(*end) for end in zip(ends, claims, strict=True)]
        return disputed_segment(knowledge, self.address(), ends=ends, points=points)

    def after(self, turn: int) -> Model:
        """Return the model of a challenger that has accepted a turn: it knows no later one."""
        return replace(self, known=turn)

    def told_after(self, turn: int, claim: Claim) -> Claim:
        """Return what a later claim is to a challenger that has accepted ``turn``.

        Of the history that has left its own there, it has been shown no more. Others are none that
        can go on from that turn.
        """
        if claim.left_at == turn:
            return Claim(turn + 1, claim.true)
        return Claim(FOREIGN, claim.true)

    def asserter_wins(self, claim: Claim, *, arity: int, base: int = 0) -> bool:
        """Return whether an asserter of ``claim`` has a way to win against the challenger."""

        @cache
        def wins(low: int, high: int, first: Claim, last: Claim) -> bool:
            ends = segment_ends(low, high, arity=arity)
            if high - low == 1:
                opened = self.opens(high, first, last)
                if opened and first == OWN and self.may_accept(high):
                    # It proves true, and is the challenger's own from now on.
                    told = self.told_after(high, claim)
                    return self.after(high).asserter_wins(told, arity=arity, base=high)
                return opened
            for inner in product(*(self.claims(turn) for turn in ends[1:-1])):
                claims = (first, *inner, last)
                segment = self.chosen(ends, claims)
                if segment is None or wins(
                    *ends[segment : segment + 2], *claims[segment : segment + 2]
                ):
                    return True
            return False

        return wins(base, TURNS, OWN, claim)


@cache
def channel(participants: int) -> Scene:
    payloads = [b"x" * (turn % 5) for turn in range(TURNS)]
    return scene(counter(), payloads, participants=participants)


MODELS: Final = [
    Model(participants, challenger, known)
    for participants in (2, 3, 4)
    for challenger in range(participants)
    # Whoever claims the last turn does not challenge it.
    if challenger != (TURNS - 1) % participants
    for known in range(TURNS - participants + 1, TURNS + 1)
]


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("arity", [2, 3])
def test_whatever_was_withheld_only_what_could_be_wins(model: Model, arity: int) -> None:
    """Of all histories that all but the challenger may sign."""
    for claim in model.claims(TURNS):
        won = model.asserter_wins(claim, arity=arity)
        assert won == model.could_be(TURNS, claim), claim


def test_claims_of_both_kinds_are_played() -> None:
    for model in MODELS:
        claims = model.claims(TURNS)
        could = sum(model.could_be(TURNS, claim) for claim in claims)
        assert could < len(claims)
    assert sum(model.could_be(TURNS, OWN) for model in MODELS) > 3


# -- the parts -------------------------------------------------------------------------------------


def test_a_point_stands_as_log_and_rows_say() -> None:
    at = channel(2)
    known = at.fresh(known=4)
    point = at.fresh().point(3)
    assert point is not None
    assert standing(known, 3, point) is Standing.OWN
    other_rows = TurnPoint(log_root=point.log_root, db_root=untrue("rows", 3))
    assert standing(known, 3, other_rows) is Standing.OTHER_ROWS
    other_log = TurnPoint(log_root=untrue("log", 3), db_root=point.db_root)
    assert standing(known, 3, other_log) is Standing.OTHER_LOG
    beyond = at.fresh().point(5)
    assert beyond is not None
    assert standing(known, 5, beyond) is Standing.OTHER_LOG
    assert standing(known, 2, point) is Standing.OTHER_LOG


def test_a_message_that_is_not_accepted_leads_to_no_rows() -> None:
    at = scene(counter(), [b"abc", b"is refused!"], claim_root=untrue("db_root", 2))
    assert at.fresh().point(2) is None
    assert standing(at.fresh(), 2, at.dispute.claim) is Standing.OTHER_ROWS


@pytest.mark.parametrize("participants", [2, 3, 7])
def test_turns_of_a_participant_are_found(participants: int) -> None:
    at = channel(participants)
    known = at.fresh()
    for index, address in enumerate(at.dispute.participants):
        for low, high in product(range(12), range(12)):
            turns = range(low + 1, high + 1)
            expected = any((turn - 1) % participants == index for turn in turns)
            assert has_turn_of(known, address, low, high) == expected
    assert has_turn_of(known, at.dispute.participants[0], 2**31, 2**32 - 1)


def test_what_is_false_whatever_is_still_said() -> None:
    false = {
        (low, high, own)
        for low, high, own in product(Standing, Standing, (False, True))
        if is_false(low, high, own_turn=own)
    }
    either = (False, True)
    assert false == {
        *((Standing.OWN, Standing.OTHER_ROWS, own) for own in either),
        *((Standing.OTHER_LOG, Standing.OWN, own) for own in either),
        *((Standing.OTHER_LOG, Standing.OTHER_ROWS, own) for own in either),
        (Standing.OTHER_LOG, Standing.OTHER_LOG, True),
    }


def test_the_first_segment_that_is_false_is_disputed_before_one_that_is_unknown() -> None:
    model = Model(2, 1, TURNS)
    away, lie = Claim(1, True), Claim(None, False)
    assert model.chosen((0, 1, 2, 3), (OWN, OWN, OWN, OWN)) is None
    assert model.chosen((0, 1, 2, 3), (OWN, OWN, lie, OWN)) == 1
    assert model.chosen((0, 1, 2, 3), (OWN, away, OWN, lie)) == 1
    assert model.chosen((0, 1, 2, 3), (OWN, away, away, away)) == 1
    assert model.chosen((0, 1), (OWN, away)) == 0
