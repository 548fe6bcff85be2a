"""Clocks and deadlines of the dispute game's contract: G-14, G-15."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bisection.game import Phase
from solidity.abi import Revert
from solidity.evm import Evm, open_evm
from tests.solidity.games import (
    BOND,
    CLOCK_SECONDS,
    MOVE_SECONDS,
    STRANGER,
    Address,
    Match,
    Run,
    Table,
    accept,
    event_of,
    refusal,
)
from tests.solidity.refusals import FALSE, game_in

MOVES = [phase for phase in Phase if phase is not Phase.FINISHED]


@pytest.fixture
def evm() -> Iterator[Evm]:
    with open_evm() as opened:
        yield opened


def move(match: Match) -> None:
    """Make whatever move is due."""
    match match.phase:
        case Phase.TURNS_POST:
            accept(match.post(match.channel.point))
        case Phase.TURN_OPEN:
            match.play_to(Phase.STEPS_POST)
        case Phase.STEPS_POST:
            accept(match.post(Run(match.channel, match.turn).point))
        case Phase.TURNS_CHOOSE | Phase.STEPS_CHOOSE:
            accept(match.choose(0))
        case Phase.STEP_PROVE:
            accept(match.prove(Run(match.channel, match.turn).proof(match.low)))


def sides(match: Match) -> tuple[Address, Address]:
    """Return who is to move, and who waits."""
    posts = match.phase in {Phase.TURNS_POST, Phase.TURN_OPEN, Phase.STEPS_POST}
    both = (match.asserter, match.challenger)
    return both if posts else both[::-1]


@pytest.mark.parametrize("phase", MOVES)
def test_a_move_in_the_last_second_is_taken(evm: Evm, phase: Phase) -> None:
    match = game_in(evm, phase)
    evm.advance(MOVE_SECONDS)
    move(match)
    assert match.phase is not phase
    assert match.facts["moved"] == evm.timestamp()


@pytest.mark.parametrize("phase", MOVES)
def test_a_second_later_the_other_side_may_take_the_game(evm: Evm, phase: Phase) -> None:
    match = game_in(evm, phase)
    due = evm.timestamp() + MOVE_SECONDS
    assert match.table.ask("deadline", match.id) == due
    _, waits = sides(match)
    evm.advance(MOVE_SECONDS)
    expected = Revert("DeadlineNotPassed", {"deadline": due, "now": due})
    assert refusal(match.claim_timeout(waits)) == expected
    evm.advance(1)
    with pytest.raises(AssertionError, match="DeadlinePassed"):
        move(match)
    assert event_of(match.claim_timeout(waits)).fields["winner"] == waits
    assert match.phase is Phase.FINISHED


@pytest.mark.parametrize("phase", [Phase.STEPS_POST, Phase.STEPS_CHOOSE])
def test_anybody_may_give_the_game_to_the_side_that_waits(evm: Evm, phase: Phase) -> None:
    for stranger in (True, False):
        match = game_in(evm, phase)
        late, waits = sides(match)
        evm.advance(MOVE_SECONDS + 1)
        pot, owed = 2 * BOND, match.table.ask("credits", waits)
        won = event_of(match.claim_timeout(STRANGER if stranger else late))
        assert won.fields["winner"] == waits
        assert match.table.ask("credits", waits) == owed + pot
        assert match.table.ask("credits", late) == match.table.ask("credits", STRANGER) == 0


def test_a_move_takes_time_from_its_own_clock_only(evm: Evm) -> None:
    match = game_in(evm, Phase.TURNS_POST)
    clocks = {"asserter_clock": CLOCK_SECONDS, "challenger_clock": CLOCK_SECONDS}
    for seconds in (5, 70, 11, 300, 600, 1):
        posts = sides(match)[0] == match.asserter
        evm.advance(seconds)
        move(match)
        clocks["asserter_clock" if posts else "challenger_clock"] -= seconds
        facts = match.facts
        assert {name: facts[name] for name in clocks} == clocks


def test_a_clock_runs_out_although_each_move_is_in_time(evm: Evm) -> None:
    table = Table(evm, arity=2, clock_seconds=3 * MOVE_SECONDS + 10)
    match = Match(table, claim_root=FALSE)
    accept(match.open())
    for _ in range(3):
        evm.advance(MOVE_SECONDS)
        move(match)
        if match.phase is Phase.STEPS_CHOOSE:
            move(match)
    assert match.facts["asserter_clock"] == 10
    assert match.facts["challenger_clock"] == table.ask("clockSeconds")
    due = evm.timestamp() + 10
    assert match.table.ask("deadline", match.id) == due
    evm.advance(11)
    with pytest.raises(AssertionError, match="DeadlinePassed"):
        move(match)
    accept(match.claim_timeout(match.challenger))


def test_a_clock_may_be_used_up_to_its_last_second(evm: Evm) -> None:
    table = Table(evm, arity=2, clock_seconds=MOVE_SECONDS)
    match = Match(table, claim_root=FALSE)
    accept(match.open())
    evm.advance(MOVE_SECONDS)
    move(match)
    assert match.facts["asserter_clock"] == 0
    move(match)
    move(match)
    assert (match.phase, match.facts["asserter_clock"]) == (Phase.STEPS_POST, 0)
    evm.advance(1)
    with pytest.raises(AssertionError, match="DeadlinePassed"):
        move(match)


def test_the_challengers_time_is_not_the_asserters(evm: Evm) -> None:
    """The honest side's clock is not drained by how long the other takes."""
    match = game_in(evm, Phase.STEPS_POST)
    while match.phase is not Phase.STEP_PROVE:
        if sides(match)[0] == match.challenger:
            evm.advance(MOVE_SECONDS - 10)
        move(match)
    assert match.facts["asserter_clock"] == CLOCK_SECONDS
    assert match.facts["challenger_clock"] == CLOCK_SECONDS - 6 * (MOVE_SECONDS - 10)


def test_the_bisection_of_another_game_takes_no_time_of_this_one(evm: Evm) -> None:
    table = Table(evm, [b"one", b"longer two"], participants=3)
    first, second = (Match(table, claim_root=FALSE, challenger=index) for index in (0, 2))
    accept(first.open())
    evm.advance(MOVE_SECONDS // 2)
    accept(second.open())
    evm.advance(MOVE_SECONDS // 2)
    move(first)
    assert first.facts["asserter_clock"] == CLOCK_SECONDS - 2 * (MOVE_SECONDS // 2)
    assert second.facts["asserter_clock"] == CLOCK_SECONDS
    evm.advance(MOVE_SECONDS // 2)
    move(second)
    assert second.facts["asserter_clock"] == CLOCK_SECONDS - 2 * (MOVE_SECONDS // 2)
