"""Many games at once, and what their winners are owed."""

from __future__ import annotations

from functools import cache

import pytest

from bisection.arena import play
from bisection.game import Address, Phase, deadline, game_id
from bisection.game_errors import (
    BondMismatch,
    ChallengerNotParticipant,
    GameExists,
    GameFinished,
    GameUnknown,
)
from bisection.manager import ProofManager
from bisection.moves import TimeoutClaimed
from bisection.players.asserters import Liar, untrue
from bisection.players.honest import Challenger
from merkle import Hash32, keccak256
from tests.bisection.disputes import BOND, OPENED_AT, Scene, counter, scene


@cache
def table() -> Scene:
    wrong = untrue("db_root", 4)
    return scene(counter(), [b"", b"a", b"b", b""], participants=4, claim_root=wrong)


def manager() -> ProofManager:
    return ProofManager(table().constants())


def opened(games: ProofManager, challenger: int, *, now: int = 0) -> tuple[ProofManager, Hash32]:
    dispute = table().dispute
    who = dispute.participants[challenger]
    return games.open(dispute, challenger=who, now=OPENED_AT + now, value=BOND)


def test_the_id_is_that_of_claim_and_challenger() -> None:
    dispute = table().dispute
    _, identifier = opened(manager(), 1)
    challenger = bytes(12) + dispute.participants[1]
    assert identifier == keccak256(dispute.claim_hash + challenger)
    assert identifier == game_id(dispute.claim_hash, dispute.participants[1])


def test_a_challenger_has_one_game_against_a_claim() -> None:
    games, identifier = opened(manager(), 1)
    with pytest.raises(GameExists) as caught:
        opened(games, 1)
    assert caught.value.game_id == identifier
    late = deadline(games.game(identifier)) + 1
    challenger = table().dispute.participants[1]
    games = games.move(identifier, TimeoutClaimed(), mover=challenger, now=late)
    with pytest.raises(GameExists):
        opened(games, 1, now=10**6)


def test_the_order_of_checks_of_an_opening() -> None:
    games, _ = opened(manager(), 1)
    dispute = table().dispute
    with pytest.raises(ChallengerNotParticipant):
        games.open(dispute, challenger=Address(bytes(20)), now=0, value=0)
    with pytest.raises(BondMismatch):
        games.open(dispute, challenger=dispute.participants[1], now=0, value=0)


def test_a_game_that_was_never_opened_is_unknown() -> None:
    games, _ = opened(manager(), 1)
    with pytest.raises(GameUnknown) as caught:
        games.move(Hash32(bytes(32)), TimeoutClaimed(), mover=Address(bytes(20)), now=0)
    assert caught.value.game_id == bytes(32)


def test_games_of_several_challengers_do_not_touch_each_other() -> None:
    games, first = opened(manager(), 1)
    games, second = opened(games, 2, now=100)
    dispute = table().dispute
    before = games.game(second)
    late = deadline(games.game(first)) + 1
    games = games.move(first, TimeoutClaimed(), mover=dispute.participants[1], now=late)
    assert games.game(second) is before
    assert games.game(first).phase is Phase.FINISHED
    with pytest.raises(GameFinished):
        games.move(first, TimeoutClaimed(), mover=dispute.participants[1], now=late + 1)


def test_the_winner_is_owed_what_was_paid_in_once() -> None:
    at = table()
    asserter = Liar(at.fresh(), at.channel.show, turn=2, step=50)
    outcome = play(at.open(), asserter=asserter, challenger=Challenger(at.fresh()))
    games, identifier = manager().open(
        at.dispute, challenger=at.challenger(), now=OPENED_AT, value=BOND
    )
    for entry in outcome.entries:
        assert not games.credits
        games = games.move(
            identifier,
            entry.submission.move,
            mover=outcome.opening.position.address(entry.side),
            now=entry.at,
            value=entry.submission.value,
        )
    winner = games.game(identifier).winner
    assert winner == at.challenger()
    assert games.credits == {winner: 2 * BOND}
    games, taken = games.withdraw(winner)
    assert (taken, games.credits) == (2 * BOND, {})
    assert games.withdraw(winner) == (games, 0)


def test_credits_of_several_games_add_up_and_belong_to_their_owners() -> None:
    games, first = opened(manager(), 1)
    games, second = opened(games, 2)
    one, two = table().dispute.participants[1:3]
    late = deadline(games.game(first)) + 1
    games = games.move(first, TimeoutClaimed(), mover=one, now=late)
    games = games.move(second, TimeoutClaimed(), mover=two, now=late)
    assert games.credits == {one: BOND, two: BOND}
    other = scene(counter(), [b"x", b"y", b"z", b""], participants=4)
    games, third = games.open(other.dispute, challenger=one, now=late, value=BOND)
    games = games.move(third, TimeoutClaimed(), mover=one, now=late + 10**6)
    assert games.credits == {one: 2 * BOND, two: BOND}
    games, taken = games.withdraw(one)
    assert (taken, games.credits) == (2 * BOND, {two: BOND})
