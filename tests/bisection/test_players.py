"""The honest sides: whoever is right wins, whatever the other does, on its own time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bisection.arena import Outcome, play
from bisection.expansion import STEPS, moves_max
from bisection.game import Phase, Side, update
from bisection.moves import (
    StepProven,
    StepsPosted,
    TimeoutClaimed,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.players import knowledge
from bisection.players.asserters import Liar, untrue
from bisection.players.challengers import FirstStep, Quarreller
from bisection.players.honest import Asserter, Challenger
from bisection.players.knowledge import RUNS_MAX, Run
from bisection.players.player import Submission, View
from cli.files import read_messages, read_rows
from merkle import Hash32, keccak256
from merkle.errors import ChannelsError
from tests.bisection.disputes import CLOCK_SECONDS, MOVE_SECONDS, counter, scene
from tests.bisection.duels import (
    HISTORIES,
    LIES,
    QUARRELS,
    TRUE_CLAIMS,
    Duel,
    delays,
    duels,
    seconds_left,
    seconds_used,
)
from tests.wasm_interp.wat import program_of
from wasm_interp import load
from wasm_interp.machine import Machine, Tier

EXAMPLE = Path(__file__).parents[2] / "examples" / "tic_tac_toe"

DEFAULT = settings(
    max_examples=250,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LONG = settings(DEFAULT, max_examples=5_000, derandomize=False)

LIARS = (*LIES, *TRUE_CLAIMS, *HISTORIES)


def check(duel: Duel, outcome: Outcome) -> None:
    """Assert that the honest side of ``duel`` won as it should."""
    honest = duel.dishonest.other
    assert outcome.winner is honest, duel
    assert len(outcome.moves) + 1 <= moves_max(duel.arity, participants=duel.participants)
    for entry in outcome.entries:
        assert entry.side is duel.dishonest or entry.refusal is None, "an honest move is taken"
        assert entry.refusal is None or isinstance(entry.refusal, ChannelsError)
    # Its clock ran for its own moves only, and it never had to hurry.
    game = outcome.game
    last = outcome.entries[-1].submission.move
    if not isinstance(last, TimeoutClaimed):
        assert game.clock(honest) == seconds_left(outcome, honest)
    assert game.clock(honest) >= CLOCK_SECONDS - 150 * len(outcome.moves) > 0
    assert game.phase is Phase.FINISHED
    assert game.pot == game.constants.bond * (1 + game.paid)


@DEFAULT
@given(duels(LIARS))
def test_an_honest_challenger_wins_against_every_dishonest_asserter(duel: Duel) -> None:
    check(duel, duel.play())


@DEFAULT
@given(duels(QUARRELS))
def test_an_honest_asserter_wins_against_every_dishonest_challenger(duel: Duel) -> None:
    check(duel, duel.play())


@pytest.mark.nightly
@LONG
@given(duels((*LIARS, *QUARRELS)))
def test_the_honest_side_wins_in_many_more_duels(duel: Duel) -> None:
    check(duel, duel.play())


@settings(DEFAULT, max_examples=30)
@given(duels((*LIARS, *QUARRELS)))
def test_players_that_are_made_anew_before_each_move_play_the_same_game(duel: Duel) -> None:
    reborn = duel.play(reborn=True)
    check(duel, reborn)
    told = [(entry.at, entry.side, repr(entry.submission)) for entry in duel.play().entries]
    assert told == [(entry.at, entry.side, repr(entry.submission)) for entry in reborn.entries]


TURNS = {"another history": 2, "equivocation": 4, "weaver": 4}
"""Where each kind begins to tell something else; the others do it in the last turn."""


@pytest.mark.parametrize("kind", [*LIARS, *QUARRELS])
@pytest.mark.parametrize("arity", [2, 5, 64])
def test_every_kind_of_dishonesty_loses(kind: str, arity: int) -> None:
    duel = Duel(
        kind=kind,
        reducer=None,
        payloads=(b"abc", b"", b"xx", b"", b"yy", b"z"),
        base=3 if kind == "another history" else 1,
        turn=TURNS.get(kind, 6),
        step=60,
        participants=2,
        arity=arity,
        seed=arity,
        habit="none",
        first=Side.ASSERTER,
    )
    outcome = duel.play()
    check(duel, outcome)
    proven = isinstance(outcome.moves[-1], StepProven)
    assert proven == (kind in {"liar", "unpublished", "wrong trace", "wrong fuel"})


@pytest.mark.parametrize("step", [1, 2, 59, 60, 61, 200, 2**20, STEPS - 1, STEPS])
@pytest.mark.parametrize("arity", [2, 3, 64])
def test_a_lie_that_begins_at_any_step_is_found_there(step: int, arity: int) -> None:
    at = scene(counter(), [b"abc", b"12"], claim_root=untrue("db_root", 2))
    liar = Liar(at.fresh(), at.channel.show, turn=2, step=step)
    outcome = play(at.open(arity), asserter=liar, challenger=Challenger(at.fresh()))
    assert outcome.winner is Side.CHALLENGER
    assert (outcome.game.low, outcome.game.high) == (step - 1, step)


@pytest.mark.parametrize("turn", range(2, 9))
@pytest.mark.parametrize("arity", [2, 3, 64])
def test_a_lie_that_begins_at_any_turn_is_found_there(turn: int, arity: int) -> None:
    payloads = [b"x" * index for index in range(8)]
    at = scene(counter(), payloads, base=1, claim_root=untrue("db_root", 8))
    liar = Liar(at.fresh(), at.channel.show, turn=turn, step=5)
    outcome = play(at.open(arity), asserter=liar, challenger=Challenger(at.fresh()))
    assert outcome.winner is Side.CHALLENGER
    view = View(opening=outcome.opening, moves=outcome.moves, game=outcome.game, now=0)
    assert view.turn() == turn
    assert view.payload() == payloads[turn - 1]


def test_whatever_an_honest_asserter_is_driven_to_is_true() -> None:
    at = scene(counter(), [b"abc", b"12", b""])
    run = at.fresh().run(at.channel.messages[2])
    for seed in range(20):
        player = Quarreller(at.fresh(), seed=seed)
        honest = Asserter(at.fresh(), at.channel.show)
        outcome = play(at.open(4), asserter=honest, challenger=player, times=delays(seed))
        low, high = outcome.game.low, outcome.game.high
        turn = View(opening=outcome.opening, moves=outcome.moves, game=outcome.game, now=0).turn()
        if turn == 3:
            assert outcome.game.points == (run.state_hash(low), run.state_hash(high))
    assert high - low == 1


# -- what an honest side does not do ---------------------------------------------------------------


def test_a_challenger_that_knows_the_truth_does_not_dispute_it() -> None:
    at = scene(counter(), [b"abc", b"12"])
    quarrel = play(
        at.open(2),
        asserter=Asserter(at.fresh(), at.channel.show),
        challenger=Challenger(at.fresh()),
    )
    assert quarrel.winner is Side.ASSERTER
    assert [type(move) for move in quarrel.moves] == [TurnsPosted, TimeoutClaimed]


def test_a_challenger_that_learns_the_truth_says_nothing_more() -> None:
    """A turn that was withheld is opened after all, and claimed rightly: that settles it."""
    at = scene(counter(), [b"abc", b"12", b"x"])
    asserter = Asserter(at.fresh(), at.channel.show)
    outcome = play(at.open(3), asserter=asserter, challenger=Challenger(at.fresh(known=2)))
    assert outcome.winner is Side.ASSERTER
    assert not outcome.refusals
    assert [type(move) for move in outcome.moves[-3:]] == [TurnOpened, StepsPosted, TimeoutClaimed]


def test_a_challenger_that_can_vouch_for_all_points_chooses_none() -> None:
    at = scene(counter(), [b"abc", b"12", b"x"])
    opening = at.open()
    inner = at.truth.point(1)
    assert inner is not None
    points = TurnsPosted((inner,))
    asserter = opening.position.asserter
    game = update(opening, points, mover=asserter, now=opening.moved, value=opening.value_due)
    view = View(opening=opening, moves=(points,), game=game, now=game.moved)
    assert Challenger(at.fresh()).next(view) is None
    assert Challenger(at.fresh(known=2)).next(view) == Submission(TurnsChosen(1))


def test_a_challenger_that_has_lost_what_it_signed_says_nothing_of_it() -> None:
    """It takes its own turn for a forged one; opened, that is past what it can run."""
    at = scene(counter(), [b"abc", b"12", b"x", b"yy", b"z"])
    lost = Challenger(at.fresh(known=1))
    asserter = Asserter(at.fresh(), at.channel.show)
    outcome = play(at.open(2), asserter=asserter, challenger=lost)
    assert outcome.winner is Side.ASSERTER
    assert [type(move) for move in outcome.moves[-3:]] == [TurnOpened, StepsPosted, TimeoutClaimed]
    view = View(opening=outcome.opening, moves=outcome.moves, game=outcome.game, now=0)
    assert lost.knowledge.root(view.turn() - 1) is None


def test_a_challenger_has_no_proof_of_a_step_that_is_true() -> None:
    """Whoever takes over from one who disputed what is true cannot win either."""
    at = scene(counter(), [b"abc"])
    asserter = Asserter(at.fresh(), at.channel.show)
    outcome = play(at.open(), asserter=asserter, challenger=FirstStep(at.fresh(), seed=0))
    moves = outcome.moves[:-1]
    game = replace(outcome.game, phase=Phase.STEP_PROVE, winner=None)
    view = View(opening=outcome.opening, moves=moves, game=game, now=game.moved)
    assert Challenger(at.fresh()).next(view) is None


def test_nobody_moves_after_the_deadline_or_the_end() -> None:
    at = scene(counter(), [b"abc", b"12", b"x"])
    asserter, challenger = Asserter(at.fresh(), at.channel.show), Challenger(at.fresh())
    opening = at.open()
    late = View(opening=opening, moves=(), game=opening, now=opening.moved + MOVE_SECONDS + 1)
    assert asserter.next(late) is None
    assert challenger.next(replace(late, now=opening.moved)) is None
    claim = challenger.next(late)
    assert claim is not None
    assert claim.move == TimeoutClaimed()
    chosen = replace(opening, phase=Phase.TURNS_CHOOSE)
    assert challenger.next(replace(late, game=chosen)) is None
    over = replace(opening, phase=Phase.FINISHED, winner=opening.position.asserter)
    ended = View(opening=opening, moves=(), game=over, now=opening.moved)
    assert asserter.next(ended) is None
    assert challenger.next(ended) is None


# -- what it costs ---------------------------------------------------------------------------------

BUSY = """
(module (memory 2)
  (func (export "reduce") (result i32) (local $i i32)
    (loop $again
      (i32.store (i32.and (i32.mul (local.get $i) (i32.const 52)) (i32.const 0x1fffc))
                 (local.get $i))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (i32.const 80000))))
    (i32.const 0)))
"""


@contextmanager
def counted_steps() -> Iterator[list[int]]:
    """Count the steps that machines run in the block, by whoever asked for them."""
    total, inside = [0], [False]
    run = Machine.run

    def counting(m: Machine, max_steps: int | None = None, *, tier: Tier = Tier.STEPPER) -> int:
        if inside[0]:
            return run(m, max_steps, tier=tier)
        inside[0] = True
        try:
            taken = run(m, max_steps, tier=tier)
        finally:
            inside[0] = False
        total[0] += taken
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Machine, "run", counting)
        yield total


@pytest.mark.parametrize("arity", [2, 16])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.93])
def test_a_whole_game_costs_a_small_constant_times_one_run(arity: int, part: float) -> None:
    program = program_of(BUSY)
    at = scene(program, [b"x"], claim_root=untrue("db_root", 1))
    length = len(at.fresh().run(at.channel.messages[0]))
    assert length > 10**6
    liar = Liar(at.fresh(), at.channel.show, turn=1, step=int(length * part))
    challenger = Challenger(at.fresh())
    with counted_steps() as steps:
        outcome = play(at.open(arity), asserter=liar, challenger=challenger)
    assert outcome.winner is Side.CHALLENGER
    # Two sides, each with its first run and what the rounds ask for beyond it.
    assert steps[0] <= 2 * 2.5 * length


def test_times_of_moves_are_what_clocks_are_charged() -> None:
    at = scene(counter(), [b"abc", b"12"], claim_root=untrue("db_root", 2))
    liar = Liar(at.fresh(), at.channel.show, turn=1, step=50)
    outcome = play(at.open(), asserter=liar, challenger=Challenger(at.fresh()), times=delays(7))
    assert isinstance(outcome.moves[-1], StepProven)
    used = {side: seconds_used(outcome, side) for side in Side}
    assert min(used.values()) > 0
    assert sum(used.values()) == outcome.entries[-1].at - outcome.opening.moved
    for side in Side:
        assert outcome.game.clock(side) == CLOCK_SECONDS - used[side]


@given(st.integers(0, 2**32 - 1))
@settings(DEFAULT, max_examples=20)
def test_two_dishonest_sides_come_to_an_end_too(seed: int) -> None:
    at = scene(counter(), [b"abc", b"12", b"", b"x"], claim_root=untrue("db_root", 4))
    liar = Liar(at.fresh(), at.channel.show, turn=1 + seed % 4, step=1 + seed % 3_000)
    outcome = play(
        at.open(2 + seed % 5),
        asserter=liar,
        challenger=Quarreller(at.fresh(), seed=seed),
        times=delays(seed),
    )
    assert outcome.winner is not None


def test_only_a_few_runs_are_kept() -> None:
    at = scene(counter(), [b"", b"a", b"b", b"c", b"d"])
    known = at.fresh()
    first = known.run(at.channel.messages[0])
    assert known.run(at.channel.messages[0]) is first
    for message in at.channel.messages[1:]:
        known.run(message)
    again = known.run(at.channel.messages[0])
    assert again is not first
    assert again.state_hash(STEPS) == first.state_hash(STEPS)
    assert len(again) == len(first)


def test_turns_that_were_learnt_keep_no_runs_of_their_own() -> None:
    known = scene(counter(), [b"a"]).fresh()
    runs = []
    for turn, payload in enumerate([b"b", b"c", b"d", b"e"], start=1):
        message = known.opened(turn, payload)
        runs.append(weakref.ref(known.run(message)))
        known = known.learnt(message, keccak256(payload))
    gc.collect()
    assert sum(run() is not None for run in runs) == RUNS_MAX


@pytest.mark.parametrize("arity", [2, 16, 64])
def test_a_challenger_asks_for_no_more_states_however_many_are_posted(arity: int) -> None:
    at = scene(counter(), [b"abc"], claim_root=untrue("db_root", 1))
    asked: set[int] = set()

    class Asking(Run):
        def state_hash(self, step: int) -> Hash32:
            asked.add(step)
            return super().state_hash(step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(knowledge, "Run", Asking)
        liar = Liar(at.fresh(), at.channel.show, turn=1, step=150)
        challenger = Challenger(at.fresh())
        challenger.knowledge.run(at.channel.messages[0])
        patch.undo()
        outcome = play(at.open(arity), asserter=liar, challenger=challenger)
    assert outcome.winner is Side.CHALLENGER
    # Every halving of 2^24 steps, and the end of each round.
    assert len(asked) <= 24 + 24


def test_the_seeds_game_is_won_by_whoever_is_right() -> None:
    """Tic-Tac-Toe as it comes from the seed, at every turn of a whole game."""
    program = load((EXAMPLE / "tic_tac_toe.wasm").read_bytes())
    rows = read_rows(EXAMPLE / "rows.json", program)
    payloads = [entry.payload for entry in read_messages(EXAMPLE / "x_wins.jsonl")]
    true = scene(program, payloads, rows=rows)
    asserter = Asserter(true.fresh(), true.channel.show)
    outcome = play(true.open(), asserter=asserter, challenger=Quarreller(true.fresh(), seed=1))
    assert outcome.winner is Side.ASSERTER
    for turn in range(1, len(payloads) + 1):
        at = scene(program, payloads, rows=rows, claim_root=untrue("db_root", len(payloads)))
        liar = Liar(at.fresh(), at.channel.show, turn=turn, step=100 * turn)
        outcome = play(at.open(4), asserter=liar, challenger=Challenger(at.fresh()))
        assert outcome.winner is Side.CHALLENGER
        assert isinstance(outcome.moves[-1], StepProven)


def test_a_player_is_asked_for_its_own_moves_only() -> None:
    at = scene(counter(), [b"abc", b"12"])
    opening = at.open()
    view = View(opening=opening, moves=(), game=opening, now=opening.moved)
    with pytest.raises(AssertionError, match="challenger's: TURNS_POST"):
        Challenger(at.fresh()).answer(view)
    chosen = replace(view, game=replace(opening, phase=Phase.TURNS_CHOOSE))
    with pytest.raises(AssertionError, match="asserter's: TURNS_CHOOSE"):
        Asserter(at.fresh(), at.channel.show).answer(chosen)
