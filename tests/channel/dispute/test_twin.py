"""Contract and twin, move by move: they say the same of everything, and the honest side wins."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bisection.expansion import ARITY_MAX, ARITY_MIN, STEPS, segment_ends
from bisection.game import Game, Phase, Position, Side, deadline
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import ReducerParts
from bisection.players.asserters import untrue_point
from bisection.players.challengers import FORGERIES
from bisection.players.habits import as_turn_points
from bisection.players.knowledge import Knowledge
from bisection.points import TurnPoint, words_of
from bisection.witness import prove_step
from channel.dispute.cheats import CHEATS
from channel.dispute.driver import Driver
from channel.dispute.errors import CaseNotDisputable
from channel.dispute.manager import Manager
from channel.dispute.match import opened_match
from merkle import keccak256
from solidity.evm import Evm
from solidity.evm.protocol import Address as EvmAddress
from tests.bisection.disputes import REFUSED
from tests.channel.dispute.tables import (
    BOND,
    MOVE_SECONDS,
    STRANGER,
    Shadowed,
    a_case,
    accepting_reducer,
    case_for,
    cheats_of,
    deployed,
    fast_evm,
    honest_side,
)

ARITIES = (2, 3, 4, 7, 16, 64)
DELAY_SECONDS_MAX = 150
REDUCERS = 24


@pytest.fixture(scope="module")
def evm() -> Iterator[Evm]:
    with fast_evm() as opened:
        yield opened


class World:
    """One EVM for all games, and one deployment for each arity: games do not disturb each other."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.evm = self.stack.enter_context(fast_evm())
        self.managers: dict[int, Manager] = {}
        self.nonce = 0

    def manager(self, arity: int) -> Manager:
        if arity not in self.managers:
            verifier = next((made.verifier for made in self.managers.values()), None)
            self.managers[arity] = deployed(self.evm, arity=arity, verifier=verifier)
        return self.managers[arity]


WORLD: list[World] = []


def world() -> World:
    if not WORLD:
        WORLD.append(World())
    return WORLD[0]


class Duel(RuleBasedStateMachine):
    """One game of an honest side against one that is not, with hecklers, on a chain and in Python.

    Whoever stalls, in the end both are asked until the game is over.
    """

    shadow: Shadowed
    cheat: str

    @initialize(
        cheat=st.sampled_from(sorted(CHEATS)),
        arity=st.one_of(st.sampled_from(ARITIES), st.integers(ARITY_MIN, ARITY_MAX)),
        reducer=st.one_of(st.none(), st.integers(0, REDUCERS - 1)),
        payloads=st.lists(st.binary(max_size=10), min_size=1, max_size=6),
        base=st.integers(0, 5),
        participants=st.integers(2, 4),
        step=st.one_of(st.none(), st.integers(1, 3_000), st.integers(1, STEPS)),
        seed=st.integers(0, 2**32 - 1),
    )
    def open(  # noqa: PLR0917 - Hypothesis names them
        self,
        cheat: str,
        arity: int,
        reducer: int | None,
        payloads: list[bytes],
        base: int,
        participants: int,
        step: int | None,
        seed: int,
    ) -> None:
        found = CHEATS[cheat]
        self.cheat, self.finished = cheat, False
        if found.refused:
            reducer, payloads = None, [*payloads[:-1], REFUSED]
        program = None if reducer is None else accepting_reducer(reducer)
        at = world()
        at.nonce += 1
        case = a_case(payloads, participants=participants, program=program)
        case = replace(case, base=base % len(payloads), channel_nonce=at.nonce)
        # A random reducer may trap: then less is disputed.
        manager = at.manager(arity)
        while True:
            try:
                match = opened_match(
                    case, manager=manager, cheats=cheats_of(cheat), step=step, seed=seed
                )
                break
            except CaseNotDisputable:
                fitting = case_for(cheat, participants=participants)
                case = replace(
                    case, program=fitting.program, base=fitting.base, payloads=fitting.payloads
                )
        self.shadow = Shadowed.of(match)
        self.rng = random.Random(seed)

    @property
    def game(self) -> Game:
        return self.shadow.twin.game(self.shadow.match.game_id)

    def driver(self, side: Side) -> Driver:
        return self.shadow.match.drivers[side]

    @property
    def honest(self) -> Side:
        return honest_side(self.cheat)

    @precondition(lambda self: not self.finished)
    @rule(seconds=st.integers(0, DELAY_SECONDS_MAX))
    def wait(self, seconds: int) -> None:
        """Let time pass, but not the honest side's."""
        if self.game.to_move is self.honest:
            now = self.shadow.manager.evm.timestamp()
            # It can afford some delay at every move: never the whole of its clock.
            seconds = min(seconds, max(0, deadline(self.game) - now))
            if now - self.game.moved > DELAY_SECONDS_MAX:
                return
        self.shadow.manager.evm.advance(seconds)

    @precondition(lambda self: not self.finished)
    @rule(side=st.sampled_from(Side), moves=st.integers(1, 12))
    def act(self, side: Side, moves: int) -> None:
        """Let both act, one of them first."""
        for _ in range(moves):
            for one in (side, side.other):
                self.shadow.act(self.driver(one))
        self.finished = self.game.phase is Phase.FINISHED

    @rule(data=st.data())
    def heckle(self, data: st.DataObject) -> None:
        """Send nonsense: another sender, value, position, move or game; or a true move too soon."""
        game, shadow = self.game, self.shadow
        position = game.position
        shown = data.draw(st.sampled_from(SHOWN), label="shown")(position)
        value = data.draw(st.sampled_from((0, game.value_due, BOND, BOND + 1)), label="value")
        move = data.draw(moves(self), label="move")
        identifier = data.draw(
            st.sampled_from((shadow.match.game_id, keccak256(b"no game"))), label="game"
        )
        # The honest side sends no nonsense. One that claims what is true, and hides it, must not
        # show it here: then it would be right.
        cheater = position.address(self.honest.other)
        hides = CHEATS[self.cheat].claims_truth and isinstance(move, TurnOpened)
        mover = (
            STRANGER if hides else data.draw(st.sampled_from((cheater, STRANGER)), label="mover")
        )
        shadow.send(move, mover=mover, value=value, shown=shown, game_id=identifier)
        self.finished = self.game.phase is Phase.FINISHED

    @precondition(lambda self: not self.finished)
    @rule(value=st.sampled_from((0, BOND, BOND + 1)), side=st.sampled_from(Side))
    def open_again(self, value: int, side: Side) -> None:
        """Open the same game once more."""
        for sender in (self.game.position.address(side), STRANGER):
            self.shadow.manager.evm.fund(EvmAddress(sender), value)
            self.shadow.open_again(self.shadow.match.dossier.disputed, sender=sender, value=value)

    @invariant()
    def time_is_left_to_the_honest(self) -> None:
        if not hasattr(self, "shadow"):
            return
        assert self.game.clock(self.honest) >= 0
        winner = self.game.winner
        assert winner in {None, self.game.position.address(self.honest)}

    def teardown(self) -> None:
        if not hasattr(self, "shadow"):
            return
        shadow, order = self.shadow, (self.honest, self.honest.other)
        evm = shadow.manager.evm
        for _ in range(400):
            if self.game.phase is Phase.FINISHED:
                break
            acted = [
                attempt
                for side in order
                if (attempt := shadow.act(self.driver(side))) is not None
                and attempt.sent.refusal is None
            ]
            if not acted:
                now, due = evm.timestamp(), deadline(self.game)
                evm.advance(due - now if now < due else 1)
        winner = self.game.position.address(self.honest)
        assert self.game.winner == winner
        before = evm.balance(EvmAddress(winner))
        owed = shadow.twin.credits[winner]
        assert owed == self.game.pot
        assert shadow.manager.withdraw(sender=winner).refusal is None
        shadow.twin, _ = shadow.twin.withdraw(winner)
        assert evm.balance(EvmAddress(winner)) == before + owed
        shadow.agree()


# -- what hecklers send ----------------------------------------------------------------------------

SHOWN: tuple[Callable[[Position], Position], ...] = (
    lambda position: position,
    lambda position: position,
    lambda position: replace(position, asserter=position.challenger, challenger=position.asserter),
    lambda position: replace(
        position, points=(untrue_point(position.points[0], 0), *position.points[1:])
    ),
    lambda position: replace(position, channel_id=keccak256(b"else")),
    lambda position: replace(position, asserter=STRANGER, challenger=STRANGER),
)


def moves(duel: Duel) -> st.SearchStrategy[Move]:
    points = st.integers(0, 70).map(
        lambda count: tuple(keccak256(b"%d" % index) for index in range(count))
    )
    exact = st.just(tuple(keccak256(b"%d" % at) for at in range(max(0, duel.game.segments - 1))))
    segments = st.integers(0, 70)
    return st.one_of(
        st.one_of(points, exact).map(as_turn_points).map(TurnsPosted),
        st.one_of(st.just(()), true_points(duel)).map(TurnsPosted),
        st.one_of(points, exact).map(StepsPosted),
        segments.map(TurnsChosen),
        segments.map(StepsChosen),
        st.just(TimeoutClaimed()),
        st.randoms(use_true_random=False).map(lambda rng: an_opening(duel, rng)),
        st.randoms(use_true_random=False).map(lambda rng: a_proof(duel, rng)),
    )


def true_points(duel: Duel) -> st.SearchStrategy[tuple[TurnPoint, ...]]:
    """Return inner points of a stretch of turns, each true of what the asserter tells, or not."""
    game, knowledge = duel.game, duel.shadow.match.dossier.knowledge(accept_all=True)
    if game.phase > Phase.TURNS_CHOOSE:
        return st.just(())
    ends = segment_ends(game.low, game.high, arity=game.constants.arity)[1:-1]
    true = [knowledge.point(turn) or game.turn_points[0] for turn in ends]
    wrong = [TurnPoint(log_root=point.log_root, db_root=keccak256(b"else")) for point in true]
    return st.tuples(*(st.sampled_from(pair) for pair in zip(true, wrong, strict=True)))


def an_opening(duel: Duel, rng: random.Random) -> Move:
    """Return an opening of some turn, with at most one part of it wrong."""
    dossier, game = duel.shadow.match.dossier, duel.game
    knowledge = dossier.knowledge(accept_all=True)
    turns = range(dossier.disputed.base.turn + 1, dossier.disputed.claim.turn + 1)
    turn = game.high if game.high in turns and rng.random() < 0.8 else rng.choice(turns)
    run = knowledge.run(knowledge.message(min(turn, knowledge.base + len(knowledge.rows))))
    end = run.machine(len(run)).state().encode()
    if rng.random() < 0.5:
        end = end[:256] + words_of(game.points[-1])[-1] + end[288:]
    shown, reducer = dossier.show(turn), ReducerParts.of(dossier.program)
    fixed = shown.fixed
    match rng.randrange(10):
        case 0:
            shown = replace(shown, fixed=replace(fixed, channel_nonce=fixed.channel_nonce + 1))
        case 1:
            shown = replace(shown, payload=shown.payload + b"!")
        case 2:
            shown = replace(shown, payload=bytes(4_097))
        case 3:
            path = list(shown.path)
            path[rng.randrange(32)] = keccak256(b"else")
            shown = replace(shown, path=tuple(path))
        case 4:
            signature = bytearray(shown.signature)
            signature[rng.randrange(65)] ^= 1 << rng.randrange(8)
            shown = replace(shown, signature=bytes(signature[: rng.choice((65, 65, 64))]))
        case 5:
            reducer = replace(reducer, wasm_hash=keccak256(b"else"))
        case 6:
            at = rng.randrange(320)
            end = end[:at] + bytes([end[at] ^ 1 << rng.randrange(8)]) + end[at + 1 :]
        case _:
            pass
    return TurnOpened(signed=shown, reducer=reducer, end=end)


def a_proof(duel: Duel, rng: random.Random) -> Move:
    """Return a proof of some step of the last turn, true or forged."""
    knowledge: Knowledge = duel.shadow.match.dossier.knowledge(accept_all=True)
    run = knowledge.run(knowledge.message(knowledge.base + 1))
    step = duel.game.low if duel.game.phase is Phase.STEP_PROVE else rng.randrange(len(run) + 1)
    proof = prove_step(run.machine(step))
    forged = rng.choice((lambda proof, *_: proof, *FORGERIES))(proof, run, rng)
    # The ABI carries no end that is not of 32 bytes.
    return StepProven(forged)


def settings_for(examples: int, steps: int) -> Any:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


TestDuel: Any = Duel.TestCase
TestDuel.settings = settings_for(25, 12)


@pytest.mark.nightly
class TestDuelLong(Duel.TestCase):  # type: ignore[misc]
    settings = settings_for(400, 40)


# -- every cheat, once -----------------------------------------------------------------------------


@pytest.mark.parametrize("cheat", sorted(CHEATS))
def test_every_cheat_loses_and_the_twin_follows_every_move(evm: Evm, cheat: str) -> None:
    match = opened_match(
        case_for(cheat),
        manager=deployed(evm),
        cheats=cheats_of(cheat),
        seed=sorted(CHEATS).index(cheat),
    )
    shadow, honest = Shadowed.of(match), honest_side(cheat)
    game_id = match.game_id
    for _ in range(200):
        game = shadow.twin.game(game_id)
        if game.phase is Phase.FINISHED:
            break
        for time in (game.moved, deadline(game), deadline(game) + 1):
            now = evm.timestamp()
            evm.advance(max(0, time - now))
            attempts = [shadow.act(match.drivers[side]) for side in (honest.other, honest)]
            if any(found is not None and found.sent.refusal is None for found in attempts):
                break
    game = shadow.twin.game(game_id)
    assert game.winner == game.position.address(honest)
    assert game.clock(honest) > MOVE_SECONDS
