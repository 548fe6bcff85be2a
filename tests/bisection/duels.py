"""Duels for property tests: an honest side against one that is not, everything drawn.

A duel is numbers and names only, so that Hypothesis can shrink it and print it whole.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import assume
from hypothesis import strategies as st

from bisection.arena import Outcome, Times, play
from bisection.expansion import STEPS
from bisection.game import Game, Side, deadline
from bisection.players.asserters import (
    HonestEnd,
    Liar,
    Weaver,
    Withholder,
    WrongFuel,
    WrongGenesis,
    WrongTrace,
    untrue,
)
from bisection.players.challengers import Credulous, FirstStep, LastStep, Quarreller
from bisection.players.habits import LastSecond, Meddler, Silent
from bisection.players.honest import Asserter, Challenger
from bisection.players.player import Player, Submission, View
from merkle import OrderedMap
from tests.bisection.disputes import CLOCK_SECONDS, Scene, counter, random_reducer, scene
from wasm_interp import Program

DELAY_SECONDS_MAX: Final = 150
"""The most that players are kept waiting: what an honest side can afford at every move."""
ROWS: Final = OrderedMap.from_rows([(b"a", b"1"), (b"count", bytes(8)), (b"key", b"value")])
REDUCERS: Final = 120
"""Random reducers. The even ones accept whatever they compute, unless they trap."""

LIES: Final = ("liar", "honest end", "unpublished")
"""Asserters of what is not true; of the last, nothing was shown since the challenger's own turn."""
TRUE_CLAIMS: Final = (
    *("forged message", "withheld message", "wrong trace", "wrong fuel", "wrong genesis"),
)
"""Asserters of what the challenger does not know, or cannot have signed."""
HISTORIES: Final = ("another history", "equivocation", "weaver")
"""Asserters of what follows another log: of the base, or of a turn that was built upon."""
QUARRELS: Final = ("quarreller", "credulous", "first step", "last step", "misled")
HABITS: Final = ("none", "none", "last second", "meddler", "silent")


class Reborn:
    """A player that is made anew, from nothing, whenever it is asked."""

    def __init__(self, make: Callable[[], Player]) -> None:
        self.make = make

    def next(self, view: View) -> Submission | None:
        return self.make().next(view)


def delays(seed: int) -> Times:
    """Return times: once after a delay, once more, in the last second, and when it is over."""

    def times(game: Game) -> Iterable[int]:
        due = deadline(game)
        rng = random.Random(f"{seed} {game.moved} {game.phase}")
        first = min(game.moved + rng.randrange(DELAY_SECONDS_MAX + 1), due)
        return (first, rng.randrange(first, due + 1), due, due + 1)

    return times


@dataclass(frozen=True, kw_only=True)
class Duel:
    """A dishonest side of some ``kind`` against an honest one.

    ``reducer`` None is the counter. ``turn`` and ``step`` are where the lie begins, or what the
    other does not know.
    """

    kind: str
    reducer: int | None
    payloads: tuple[bytes, ...]
    base: int
    turn: int
    step: int
    participants: int
    arity: int
    seed: int
    habit: str
    first: Side

    def program(self) -> Program:
        if self.reducer is None:
            return counter()
        return random_reducer(self.reducer, accepts=self.reducer % 2 == 0)

    @property
    def dishonest(self) -> Side:
        return Side.CHALLENGER if self.kind in QUARRELS else Side.ASSERTER

    def own_turns(self, first: int) -> tuple[int, ...]:
        """Return the challenger's turns from ``first`` on."""
        claim = len(self.payloads)
        turns = range(first, claim + 1)
        return tuple(turn for turn in turns if (claim - turn + 1) % self.participants == 0)

    def scene(self) -> Scene:
        """Return the channel, and the claim about it that does not tell another history."""
        # Of what comes after a message that it has not seen the challenger has signed nothing.
        forged = self.kind == "forged message"
        return scene(
            self.program(),
            self.payloads,
            base=self.base,
            rows=ROWS,
            claim_root=untrue("db_root", len(self.payloads)) if self.kind in LIES else None,
            unsigned=(self.turn, *self.own_turns(self.turn)) if forged else (),
            participants=self.participants,
        )

    def told(self, at: Scene) -> Scene:
        """Return what the asserter claims: for another history, with its base or message."""
        if self.kind not in HISTORIES:
            return at
        other = bytes(byte ^ 1 for byte in self.payloads[self.turn - 1]) or b"!"
        payloads = (*self.payloads[: self.turn - 1], other, *self.payloads[self.turn :])
        return scene(
            self.program(),
            payloads,
            base=self.base,
            rows=ROWS,
            base_rows=at.truth.rows[0],
            claim_root=untrue("db_root", len(payloads)) if self.kind == "weaver" else None,
            unsigned=self.own_turns(self.turn),
            participants=self.participants,
        ).told_of(at.dispute.base)

    def can_be_told(self) -> bool:
        """Return whether the reducer accepts what another history has."""
        weaver = replace(self, kind="weaver")
        known = weaver.told(weaver.scene()).truth
        return len(known.rows) == len(known.log_roots)

    def asserter(self, at: Scene) -> Player:
        told = self.told(at)
        known, show = told.fresh(), told.channel.show
        # A lie that is never posted is none: in a wrong trace it begins before the first point.
        early = 1 + self.step % (STEPS // self.arity)
        histories = (
            *(Asserter(known, show), Asserter(at.fresh(), at.channel.show)),
            *(Liar(one.fresh(), one.channel.show, turn=self.turn, step=1) for one in (told, at)),
        )
        kinds: dict[str, Callable[[], Player]] = {
            "weaver": lambda: Weaver(histories, seed=self.seed),
            "unpublished": lambda: Liar(known, show, turn=self.turn, step=self.step),
            "liar": lambda: Liar(known, show, turn=self.turn, step=self.step),
            "honest end": lambda: HonestEnd(known, show, turn=self.turn, step=self.step),
            "withheld message": lambda: Withholder(known, show),
            "wrong trace": lambda: WrongTrace(known, show, step=early),
            "wrong fuel": lambda: WrongFuel(known, show),
            "wrong genesis": lambda: WrongGenesis(known, show),
        }
        return kinds.get(self.kind, lambda: Asserter(known, show))()

    def challenger(self, at: Scene) -> Player:
        match self.kind:
            case "quarreller":
                return Quarreller(at.fresh(), seed=self.seed)
            case "credulous":
                return Credulous(at.fresh(), seed=self.seed)
            case "unpublished":
                claim = len(self.payloads)
                return Challenger(at.fresh(known=max(self.base, claim + 1 - self.participants)))
            case "first step":
                return FirstStep(at.fresh(), seed=self.seed)
            case "last step":
                return LastStep(at.fresh(), seed=self.seed)
            case kind if kind in TRUE_CLAIMS or kind == "misled":
                return Challenger(at.fresh(known=self.turn - 1))
            case _:
                return Challenger(at.fresh())

    def with_habit(self, player: Player) -> Player:
        match self.habit:
            case "last second":
                return LastSecond(player, self.dishonest)
            case "meddler":
                return Meddler(player, self.dishonest, seed=self.seed)
            case "silent":
                return Silent(player, after=self.seed % 30)
            case _:
                return player

    def play(self, *, reborn: bool = False) -> Outcome:
        at = self.scene()

        def asserter() -> Player:
            player = self.asserter(at)
            return self.with_habit(player) if self.dishonest is Side.ASSERTER else player

        def challenger() -> Player:
            player = self.challenger(at)
            return self.with_habit(player) if self.dishonest is Side.CHALLENGER else player

        return play(
            self.told(at).open(self.arity),
            asserter=Reborn(asserter) if reborn else asserter(),
            challenger=Reborn(challenger) if reborn else challenger(),
            times=delays(self.seed),
            first=self.first,
        )


@st.composite
def duels(draw: st.DrawFn, kinds: tuple[str, ...]) -> Duel:
    kind = draw(st.sampled_from(kinds))
    reducer = draw(st.one_of(st.none(), st.integers(0, REDUCERS - 1)))
    payloads = tuple(draw(st.lists(st.binary(max_size=30), min_size=1, max_size=9)))
    participants = draw(st.integers(2, 4))
    accepted = _accepted(reducer, payloads, participants)
    if kind not in LIES:
        # What is claimed is true, so every message of the log is accepted.
        assume(accepted > 0)
        payloads = payloads[:accepted]
    claim = len(payloads)
    # A lie begins at a turn that is true before it: at the latest with the first one not accepted.
    first, last = 1, min(accepted + 1, claim)
    if kind in TRUE_CLAIMS and kind != "forged message":
        # What the challenger has signed it knows, and what came before that.
        first = max(1, claim + 2 - participants)
    if kind in HISTORIES:
        # There is a turn after the base that the challenger has built upon another message, or
        # after which all have signed.
        last = claim - 1 if kind == "another history" else claim + 1 - participants
        assume(last >= 1)
    turn = draw(st.integers(first, last))
    base = draw(
        st.integers(turn, claim - 1) if kind == "another history" else st.integers(0, turn - 1)
    )
    duel = Duel(
        kind=kind,
        reducer=reducer,
        payloads=payloads,
        base=base,
        turn=turn,
        step=draw(
            st.one_of(
                st.sampled_from((1, 2, STEPS - 1, STEPS)),
                st.integers(1, 3_000),
                st.integers(1, STEPS),
            )
        ),
        participants=participants,
        arity=draw(st.sampled_from((2, 2, 3, 4, 7, 16, 64))),
        seed=draw(st.integers(0, 2**32 - 1)),
        habit=draw(st.sampled_from(HABITS)),
        first=draw(st.sampled_from(Side)),
    )
    assume(kind not in HISTORIES or duel.can_be_told())
    return duel


def _accepted(reducer: int | None, payloads: tuple[bytes, ...], participants: int) -> int:
    """Return how many messages are accepted before one is not."""
    duel = Duel(
        kind="liar",
        reducer=reducer,
        payloads=payloads,
        base=0,
        turn=1,
        step=1,
        participants=participants,
        arity=2,
        seed=0,
        habit="none",
        first=Side.ASSERTER,
    )
    return len(duel.scene().truth.rows) - 1


def seconds_used(outcome: Outcome, side: Side) -> int:
    """Return how long ``side`` took for all its moves, by the times of the moves."""
    moved, used = outcome.opening.moved, 0
    for entry in outcome.entries:
        if entry.refusal is None:
            if entry.side is side:
                used += entry.at - moved
            moved = entry.at
    return used


def seconds_left(outcome: Outcome, side: Side) -> int:
    """Return what ``side`` must have left on its clock."""
    return CLOCK_SECONDS - seconds_used(outcome, side)
