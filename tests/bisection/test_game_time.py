"""Clocks and deadlines: nobody pays for the other's time, and no time is paid for twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from bisection.game import Address, Game, Phase, Side, deadline, update
from bisection.game_errors import (
    BondMismatch,
    DeadlineNotPassed,
    DeadlinePassed,
    GameFinished,
    PositionMismatch,
)
from bisection.moves import Move, StepsChosen, TimeoutClaimed, TurnsChosen, TurnsPosted
from tests.bisection.disputes import BOND, CLOCK_SECONDS, MOVE_SECONDS, OPENED_AT, counter, scene

STRANGER = Address(b"\x5f" * 20)


@cache
def opened() -> Game:
    return scene(counter(), [b"", b"", b"", b"", b""]).open()


def posted(game: Game, *, after: int) -> Game:
    """Return the game after the asserter has posted, ``after`` seconds later."""
    points = (game.turn_points[-1],) * (game.segments - 1)
    return moved(game, TurnsPosted(points), after=after)


def chosen(game: Game, *, after: int) -> Game:
    """Return the game after the challenger has chosen the longest segment."""
    return moved(game, TurnsChosen(game.segments - 1), after=after)


def moved(game: Game, move: Move, *, after: int) -> Game:
    assert game.to_move is not None
    mover = game.position.address(game.to_move)
    return update(game, move, mover=mover, now=game.moved + after, value=game.value_due)


def claimed(game: Game, side: Side, *, now: int) -> Game:
    return update(game, TimeoutClaimed(), mover=game.position.address(side), now=now)


def long_game(game: Game, clock: int) -> Game:
    """Return the game with another clock, over a stretch that lasts for many moves."""
    return replace(game, high=2**30, asserter_clock=clock, challenger_clock=clock)


def test_both_clocks_begin_full() -> None:
    game = opened()
    assert game.asserter_clock == game.challenger_clock == CLOCK_SECONDS
    assert deadline(game) == OPENED_AT + MOVE_SECONDS


def test_a_move_takes_its_time_from_its_own_side_only() -> None:
    game = posted(opened(), after=100)
    assert (game.asserter_clock, game.challenger_clock) == (CLOCK_SECONDS - 100, CLOCK_SECONDS)
    game = chosen(game, after=30)
    assert (game.asserter_clock, game.challenger_clock) == (CLOCK_SECONDS - 100, CLOCK_SECONDS - 30)
    assert game.moved == OPENED_AT + 130


def test_a_slow_side_never_costs_the_other_anything() -> None:
    game = long_game(opened(), 5 * MOVE_SECONDS)
    for rounds in range(1, 6):
        game = posted(game, after=MOVE_SECONDS)
        game = chosen(game, after=0)
        assert game.challenger_clock == 5 * MOVE_SECONDS
        assert game.asserter_clock == (5 - rounds) * MOVE_SECONDS
    assert deadline(game) == game.moved, "the asserter has no second left"


def test_a_move_in_the_last_second_counts_and_one_after_it_does_not() -> None:
    game = opened()
    assert posted(game, after=MOVE_SECONDS).phase is Phase.TURNS_CHOOSE
    with pytest.raises(DeadlinePassed) as caught:
        posted(game, after=MOVE_SECONDS + 1)
    due = OPENED_AT + MOVE_SECONDS
    assert (caught.value.deadline, caught.value.now) == (due, due + 1)


def test_a_short_clock_ends_before_the_limit_of_a_move() -> None:
    game = replace(opened(), asserter_clock=40)
    assert deadline(game) == OPENED_AT + 40
    assert posted(game, after=40).asserter_clock == 0
    with pytest.raises(DeadlinePassed):
        posted(game, after=41)


def test_a_clock_at_zero_leaves_the_second_of_the_last_move() -> None:
    game = replace(posted(opened(), after=5), challenger_clock=0)
    assert chosen(game, after=0).challenger_clock == 0
    with pytest.raises(DeadlinePassed):
        chosen(game, after=1)


def test_time_is_taken_when_a_move_is_made_not_when_one_is_refused() -> None:
    game = opened()
    with pytest.raises(BondMismatch):
        update(game, TurnsPosted(()), mover=game.position.asserter, now=OPENED_AT + 50)
    assert game.asserter_clock == CLOCK_SECONDS


def test_the_waiting_side_takes_the_game_once_the_time_is_up() -> None:
    game = opened()
    due = deadline(game)
    for now in (OPENED_AT, due):
        with pytest.raises(DeadlineNotPassed) as caught:
            claimed(game, Side.CHALLENGER, now=now)
        assert (caught.value.deadline, caught.value.now) == (due, now)
    won = claimed(game, Side.CHALLENGER, now=due + 1)
    assert (won.phase, won.winner) == (Phase.FINISHED, game.position.challenger)
    assert won.pot == BOND, "the asserter never paid"


def test_either_side_can_run_out_of_time() -> None:
    game = posted(opened(), after=1)
    won = claimed(game, Side.ASSERTER, now=deadline(game) + 1)
    assert won.winner == game.position.asserter
    assert won.pot == 2 * BOND


@pytest.mark.parametrize("late", [-1, 0, 1, 10**9])
def test_whoever_says_that_time_is_up_the_side_that_waits_has_won(late: int) -> None:
    for game in (opened(), posted(opened(), after=3)):
        assert game.to_move is not None
        waiting = game.position.address(game.to_move.other)
        for mover in (*map(game.position.address, Side), STRANGER):
            now = deadline(game) + late
            if late < 1:
                with pytest.raises(DeadlineNotPassed):
                    update(game, TimeoutClaimed(), mover=mover, now=now)
            else:
                won = update(game, TimeoutClaimed(), mover=mover, now=now)
                assert won.winner == waiting


def test_a_claim_carries_no_value_and_shows_the_position() -> None:
    game = opened()
    mover, now = game.position.challenger, deadline(game) + 1
    with pytest.raises(BondMismatch) as caught:
        update(game, TimeoutClaimed(), mover=mover, now=now, value=BOND)
    assert (caught.value.expected, caught.value.actual) == (0, BOND)
    shown = replace(game.position, points=game.points[::-1])
    with pytest.raises(PositionMismatch):
        update(game, TimeoutClaimed(), mover=mover, now=now, shown=shown)


def test_a_timeout_is_claimed_once() -> None:
    game = opened()
    won = claimed(game, Side.CHALLENGER, now=deadline(game) + 1)
    for side in Side:
        for late in (1, MOVE_SECONDS + 2, 10**9):
            with pytest.raises(GameFinished):
                claimed(won, side, now=won.moved + late)


def test_a_game_that_is_lost_on_time_cannot_be_won_by_a_late_move() -> None:
    game = opened()
    late = deadline(game) + 1
    with pytest.raises(DeadlinePassed):
        posted(game, after=late - OPENED_AT)
    won = claimed(game, Side.CHALLENGER, now=late)
    with pytest.raises(GameFinished):
        update(won, TurnsPosted(()), mover=game.position.asserter, now=late, value=BOND)


def test_one_moment_belongs_to_one_side_only() -> None:
    """At every second either the move can be made or its time be claimed, never both."""
    game = opened()
    for now in range(deadline(game) - 2, deadline(game) + 3):
        in_time = allowed(lambda: posted(game, after=now - OPENED_AT))  # noqa: B023
        over = allowed(lambda: claimed(game, Side.CHALLENGER, now=now))  # noqa: B023
        assert in_time != over


def allowed(attempt: Callable[[], Game]) -> bool:
    try:
        attempt()
    except (DeadlinePassed, DeadlineNotPassed):
        return False
    return True


def test_the_time_between_a_move_and_the_claim_is_nobodys() -> None:
    game = posted(opened(), after=MOVE_SECONDS)
    won = claimed(game, Side.ASSERTER, now=game.moved + 10**6)
    assert won.asserter_clock == CLOCK_SECONDS - MOVE_SECONDS
    assert won.challenger_clock == CLOCK_SECONDS


def test_time_does_not_run_backwards() -> None:
    game = posted(opened(), after=10)
    with pytest.raises(AssertionError, match="backwards"):
        update(game, StepsChosen(0), mover=game.position.challenger, now=OPENED_AT)
