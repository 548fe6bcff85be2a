"""Drivers that are stopped: at any move, on either side, in this process or in two others."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bisection.arena import at_once
from bisection.game import Phase, Side, deadline
from bisection.moves import TimeoutClaimed
from bisection.players.player import Player, Submission, View
from channel.dispute import driver as driver_module
from channel.dispute.cheats import HONEST
from channel.dispute.dossier import Dossier
from channel.dispute.driver import Attempt, Driver, honest_player, play_out
from channel.dispute.match import Match
from solidity.evm import Evm, open_evm
from solidity.evm.anvil import Anvil
from solidity.evm.protocol import Address as EvmAddress
from tests.channel.dispute.side import player_of
from tests.channel.dispute.tables import a_case, a_match, fast_evm, honest_side
from tests.languages import ROOT
from tests.solidity.evms import evm_or_skip

GAMES = (
    *("wrong-midpoint", "wrong-result", "forged-message", "withheld-message", "false-challenge"),
    *("another-history", "equivocation", "withheld-messages", "false-acceptance"),
)
SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def evm() -> Iterator[Evm]:
    with fast_evm() as opened:
        yield opened


class Reborn:
    """A player that is made anew whenever it is asked, from a file and the program."""

    def __init__(self, path: Path, side: Side, strategy: str, *, arity: int) -> None:
        self.path, self.side, self.strategy, self.arity = path, side, strategy, arity

    def next(self, view: View) -> Submission | None:
        dossier = Dossier.read(self.path, a_case().program)
        return player_of(dossier, self.side, self.strategy, arity=self.arity).next(view)


def dossiers(match: Match, folder: Path) -> dict[Side, Path]:
    """Write what each side has."""
    paths = {side: folder / f"{side.value}.json" for side in Side}
    for side, path in paths.items():
        match.dossiers[side].write(path)
    return paths


@pytest.mark.parametrize("cheat", GAMES)
def test_both_sides_can_be_stopped_before_every_look(evm: Evm, tmp_path: Path, cheat: str) -> None:
    match = a_match(evm, cheat)
    paths = dossiers(match, tmp_path)
    drivers = [
        Driver(
            manager=match.manager,
            game_id=match.game_id,
            side=side,
            player=Reborn(paths[side], side, match.strategies[side], arity=16),
        )
        for side in Side
    ]
    final = play_out(drivers, times=at_once)
    assert final.game.winner == final.game.position.address(honest_side(cheat))


@pytest.mark.parametrize("cheat", ["wrong-midpoint", "false-challenge"])
def test_an_honest_side_is_made_again_at_any_one_move(evm: Evm, tmp_path: Path, cheat: str) -> None:
    honest = honest_side(cheat)
    moves = 0
    stop_at = 0
    while stop_at <= moves:
        match = a_match(evm, cheat)
        path = dossiers(match, tmp_path)[honest]
        drivers = dict(match.drivers)
        made: list[Attempt] = []
        for _ in range(200):
            view = drivers[honest].look()
            if view.game.phase is Phase.FINISHED:
                break
            if len(made) == stop_at:
                # What is left of the driver that was: its file, and the chain.
                again: Player = honest_player(Dossier.read(path, a_case().program), honest)
                drivers[honest] = Driver(
                    manager=match.manager, game_id=match.game_id, side=honest, player=again
                )
            attempts = [drivers[side].act() for side in (honest.other, honest)]
            taken = [one for one in attempts if one is not None and one.sent.refusal is None]
            made += taken
            if not taken:
                now = evm.timestamp()
                due = deadline(drivers[honest].look().game)
                evm.advance(max(1, due - now))
        final = drivers[honest].look().game
        assert final.winner == final.position.address(honest), f"stopped at move {stop_at}"
        moves = len(made)
        stop_at += 1
    assert moves >= 10


def test_a_challenger_needs_the_chain_alone_besides_the_base(evm: Evm, tmp_path: Path) -> None:
    """It has seen no message, and wins: the liar must show the one that is disputed."""
    match = a_match(evm, "wrong-result", case=a_case((b"one",)))
    nothing = match.channel.dossier(match.dossier.disputed.claim.db_root, known=0)
    assert nothing.messages == ()
    challenger = Driver(
        manager=match.manager,
        game_id=match.game_id,
        side=Side.CHALLENGER,
        player=honest_player(nothing, Side.CHALLENGER),
    )
    final = play_out([match.drivers[Side.ASSERTER], challenger], times=at_once)
    assert final.game.winner == final.game.position.challenger


def test_two_processes_of_one_side_do_not_hurt_it(evm: Evm) -> None:
    match = a_match(evm, "wrong-midpoint")
    asserter, challenger = match.drivers[Side.ASSERTER], match.drivers[Side.CHALLENGER]
    asserter.act()
    view = challenger.look()
    first = challenger.act()
    submission = challenger.player.next(view)
    assert first is not None
    assert submission is not None
    late = match.manager.move(
        match.game_id,
        submission.move,
        shown=view.game.position,
        sender=view.game.position.challenger,
    )
    assert late.refusal is not None
    final = play_out([asserter, challenger], times=at_once)
    assert final.game.winner == final.game.position.challenger


class Babbler:
    """Claims the other's time, always."""

    def next(self, view: View) -> Submission | None:
        return Submission(TimeoutClaimed())


def test_a_side_that_is_only_refused_ends_the_play_not_the_process(
    evm: Evm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver_module, "REFUSALS_MAX", 3)
    match = a_match(evm, "wrong-midpoint")
    babblers = [
        Driver(manager=match.manager, game_id=match.game_id, side=side, player=Babbler())
        for side in Side
    ]
    final = play_out(babblers, times=lambda game: [game.moved])
    assert final.game.winner is None


# -- processes -------------------------------------------------------------------------------------


def start(node: str, match: Match, side: Side, path: Path) -> subprocess.Popen[bytes]:
    command = [
        *(sys.executable, "-m", "tests.channel.dispute.side", node),
        *(match.manager.address.hex(), match.game_id.hex(), side.value),
        *(match.strategies[side], str(path)),
    ]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize("cheat", ["wrong-midpoint", "first-step"])
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(2, 12))]
)
def test_two_processes_are_killed_at_any_move_and_the_honest_one_wins(
    tmp_path: Path, seed: int, cheat: str
) -> None:
    rng = random.Random(seed)
    with evm_or_skip("anvil") as evm:
        assert isinstance(evm, Anvil)
        match = a_match(evm, cheat)
        for side in Side:
            position = match.drivers[side].look().game.position
            evm.fund(EvmAddress(position.address(side)), 10**18)
        paths = dossiers(match, tmp_path)
        processes = {side: start(evm.url, match, side, paths[side]) for side in Side}
        try:
            wait_for_end(evm, match, paths, processes, rng)
        finally:
            for process in processes.values():
                process.kill()
                process.wait()
        final = match.drivers[Side.CHALLENGER].look().game
        assert final.winner == final.position.address(honest_side(cheat))


def wait_for_end(
    evm: Anvil,
    match: Match,
    paths: dict[Side, Path],
    processes: dict[Side, subprocess.Popen[bytes]],
    rng: random.Random,
) -> None:
    """Kill either process once at a move that is drawn for it, and start it again.

    Who can prove nothing tries until its time is up.
    """
    kill_at = {side: rng.randrange(1, 10) for side in Side}
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        view = match.drivers[Side.CHALLENGER].look()
        if view.game.phase is Phase.FINISHED:
            assert not kill_at, "both were killed on the way"
            return
        for side, at in list(kill_at.items()):
            if len(view.moves) >= at:
                os.kill(processes[side].pid, signal.SIGKILL)
                processes[side].wait()
                processes[side] = start(evm.url, match, side, paths[side])
                del kill_at[side]
        if match.strategies[Side.CHALLENGER] != HONEST and view.game.phase is Phase.STEP_PROVE:
            evm.advance(max(1, deadline(view.game) + 1 - evm.timestamp()))
        time.sleep(0.01)
    raise AssertionError("the game did not end")


def test_strategies_of_a_match_are_those_of_its_sides(evm: Evm) -> None:
    match = a_match(evm, "wrong-midpoint")
    assert match.strategies == {Side.ASSERTER: "wrong-midpoint", Side.CHALLENGER: HONEST}


def test_a_game_is_played_on_an_evm_that_is_closed_after(tmp_path: Path) -> None:
    with open_evm("py-evm") as evm:
        match = a_match(evm, "stall-asserter")
        final = play_out(match.drivers.values(), times=at_once)
        assert final.game.winner == final.game.position.challenger
