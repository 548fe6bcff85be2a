"""The named ways to cheat on a chain, and what each leads to: `CHEATS`.

A cheat belongs to one side; the other plays honestly. Each is a player of `bisection`, with what
it needs of the channel: a forged signature, a message that the reducer refuses, a challenger who
was never shown a message.

Not here: the players themselves (`bisection.players`), playing (`channel.dispute.match`).

Spec: docs/spec/game.md, G-19, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bisection.expansion import STEPS
from bisection.game import Side
from bisection.players.asserters import HonestEnd, Liar, Withholder, WrongFuel, WrongGenesis
from bisection.players.asserters import WrongTrace as WrongTracePlayer
from bisection.players.challengers import (
    Credulous,
    FirstStep,
    LastStep,
    Quarreller,
    cut_witness,
    noisy_witness,
    nothing,
    other_instruction,
)
from bisection.players.habits import LastSecond, Meddler, Silent
from bisection.players.honest import Asserter
from channel.dispute.errors import UnknownCheat
from channel.dispute.report import HONEST
from channel.dispute.retelling import Retold

__all__ = ["CHEATS", "HONEST", "Cheat", "Scheme", "cheat_of"]

if TYPE_CHECKING:
    from bisection.players.knowledge import Knowledge
    from bisection.players.player import Player
    from channel.dispute.dossier import Dossier

STALL_MOVES: Final = 5
"""After how many moves of both sides a staller goes silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """What a cheat is told: its side's dossier, and where the lie is to begin.

    ``turn`` is the disputed turn. ``step`` is the first false step of it, None for the cheat's own
    choice. ``seed`` is what random choices are drawn from.
    """

    dossier: Dossier
    arity: int
    turn: int
    step: int | None
    seed: int

    def knowledge(self) -> Knowledge:
        """Return what a cheat knows: all messages, whoever signed them."""
        return self.dossier.knowledge(accept_all=True)

    def run_steps(self, knowledge: Knowledge) -> int:
        """Return how many steps the disputed turn truly takes."""
        return len(knowledge.run(knowledge.message(self.turn)))

    def liar(self, step: int | None = None, *, turn: int | None = None) -> Liar:
        """Return the liar from ``step`` on: the scheme's, else this one, else half way."""
        knowledge = self.knowledge()
        step = self.step if step is None else step
        if step is None:
            step = max(1, self.run_steps(knowledge) // 2)
        return Liar(
            knowledge, self.dossier.show, turn=self.turn if turn is None else turn, step=step
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheat:
    """A way to cheat. ``description`` is one line for people.

    ``retells``: what is claimed is true of another history, which has another message there.

    ``claims_truth``: what is claimed is true, and only its message, or its trace, is not shown as
    it is; the challenger does not know the message of the disputed turn. ``forges``: that message
    is not signed by its mover. ``refused``: the reducer does not accept it. ``first_turn``: the lie
    begins with the first turn after the base, otherwise with the last. ``withholds``: the
    challenger was shown no message after its own last turn.
    """

    name: str
    side: Side
    description: str
    player: Callable[[Scheme], Player] = field(repr=False)
    claims_truth: bool = False
    forges: bool = False
    refused: bool = False
    first_turn: bool = False
    withholds: bool = False
    retells: Retold | None = None


def cheat_of(name: str, side: Side) -> Cheat | None:
    """Return the cheat of ``side``; None for `HONEST`. Raises `UnknownCheat`."""
    if name == HONEST:
        return None
    found = CHEATS.get(name)
    if found is None or found.side is not side:
        known = [HONEST, *(cheat.name for cheat in CHEATS.values() if cheat.side is side)]
        raise UnknownCheat(side=side.value, name=name, known=", ".join(known))
    return found


# -- players ---------------------------------------------------------------------------------------


def _late_liar(scheme: Scheme) -> Player:
    return scheme.liar(scheme.run_steps(scheme.knowledge()) if scheme.step is None else None)


def _true_end(scheme: Scheme) -> Player:
    return HonestEnd(scheme.knowledge(), scheme.dossier.show, turn=scheme.turn, step=STEPS)


def _wrong_trace(scheme: Scheme) -> Player:
    knowledge = scheme.knowledge()
    step = scheme.run_steps(knowledge) // 2 if scheme.step is None else scheme.step
    # A lie behind the first point that is posted may never be told.
    first_point = STEPS // scheme.arity
    return WrongTracePlayer(knowledge, scheme.dossier.show, step=min(max(1, step), first_point))


def _quarreller(scheme: Scheme) -> Quarreller:
    return Quarreller(scheme.knowledge(), seed=scheme.seed)


def _garbage(scheme: Scheme) -> Player:
    garbage = (cut_witness, noisy_witness, other_instruction, nothing)
    return Quarreller(scheme.knowledge(), seed=scheme.seed, forgeries=garbage)


# -- all of them -----------------------------------------------------------------------------------

_ASSERTERS: Final = (
    Cheat(
        name="wrong-result",
        side=Side.ASSERTER,
        description="claims rows that the last message does not lead to, after a true run",
        player=lambda scheme: scheme.liar(STEPS if scheme.step is None else None),
    ),
    Cheat(
        name="wrong-midpoint",
        side=Side.ASSERTER,
        description="posts a run that is true up to a step, and invented from there",
        player=lambda scheme: scheme.liar(),
    ),
    Cheat(
        name="wrong-midpoint-early",
        side=Side.ASSERTER,
        description="posts a run that is invented from its first step on",
        player=lambda scheme: scheme.liar(1),
    ),
    Cheat(
        name="wrong-midpoint-late",
        side=Side.ASSERTER,
        description="posts a run that is true up to its last step",
        player=_late_liar,
    ),
    Cheat(
        name="wrong-db-root",
        side=Side.ASSERTER,
        description="claims wrong rows from the first turn after the base on",
        player=lambda scheme: scheme.liar(STEPS),
        first_turn=True,
    ),
    Cheat(
        name="wrong-trace",
        side=Side.ASSERTER,
        description="claims what is true, and posts an untrue run to it",
        player=_wrong_trace,
        claims_truth=True,
    ),
    Cheat(
        name="wrong-fuel",
        side=Side.ASSERTER,
        description="claims the right rows after a run that took less fuel",
        player=lambda scheme: WrongFuel(scheme.knowledge(), scheme.dossier.show),
        claims_truth=True,
    ),
    Cheat(
        name="wrong-genesis",
        side=Side.ASSERTER,
        description="opens the turn on another reducer's genesis",
        player=lambda scheme: WrongGenesis(scheme.knowledge(), scheme.dossier.show),
        claims_truth=True,
    ),
    Cheat(
        name="true-end",
        side=Side.ASSERTER,
        description="claims wrong rows, and shows the true end of the turn",
        player=_true_end,
    ),
    Cheat(
        name="withheld-message",
        side=Side.ASSERTER,
        description="never shows the message of the last turn",
        player=lambda scheme: Withholder(scheme.knowledge(), scheme.dossier.show),
        claims_truth=True,
    ),
    Cheat(
        name="withheld-messages",
        side=Side.ASSERTER,
        description="claims wrong rows after messages that the challenger was never shown",
        player=lambda scheme: scheme.liar(STEPS if scheme.step is None else None),
        withholds=True,
    ),
    Cheat(
        name="forged-message",
        side=Side.ASSERTER,
        description="builds on a message that its mover never signed",
        player=lambda scheme: Asserter(scheme.knowledge(), scheme.dossier.show),
        claims_truth=True,
        forges=True,
    ),
    Cheat(
        name="refused-message",
        side=Side.ASSERTER,
        description="counts a message as a turn that the reducer does not accept",
        player=lambda scheme: scheme.liar(STEPS if scheme.step is None else None),
        refused=True,
    ),
    Cheat(
        name="another-history",
        side=Side.ASSERTER,
        description="claims what follows a log that has another message than the base, all signed",
        player=lambda scheme: Asserter(scheme.knowledge(), scheme.dossier.show),
        retells=Retold.BASE,
    ),
    Cheat(
        name="equivocation",
        side=Side.ASSERTER,
        description="changes a message of its own that the challenger has built upon",
        player=lambda scheme: Asserter(scheme.knowledge(), scheme.dossier.show),
        retells=Retold.OWN,
    ),
    Cheat(
        name="stall-asserter",
        side=Side.ASSERTER,
        description="claims wrong rows, and goes silent after some moves",
        player=lambda scheme: Silent(scheme.liar(), after=STALL_MOVES),
    ),
    Cheat(
        name="last-second-asserter",
        side=Side.ASSERTER,
        description="claims wrong rows, and makes every move in its last second",
        player=lambda scheme: LastSecond(scheme.liar(), Side.ASSERTER),
    ),
    Cheat(
        name="nonsense-asserter",
        side=Side.ASSERTER,
        description="claims wrong rows, and sends nonsense before every move",
        player=lambda scheme: Meddler(scheme.liar(), Side.ASSERTER, seed=scheme.seed),
    ),
)
_CHALLENGERS: Final = (
    Cheat(
        name="false-challenge",
        side=Side.CHALLENGER,
        description="disputes a true claim: any segment, and forged proofs in the end",
        player=_quarreller,
    ),
    Cheat(
        name="first-step",
        side=Side.CHALLENGER,
        description="disputes the very first step of the first turn",
        player=lambda scheme: FirstStep(scheme.knowledge(), seed=scheme.seed),
    ),
    Cheat(
        name="last-step",
        side=Side.CHALLENGER,
        description="disputes the very last step of the last turn, long after the machine stopped",
        player=lambda scheme: LastStep(scheme.knowledge(), seed=scheme.seed),
    ),
    Cheat(
        name="garbage-proof",
        side=Side.CHALLENGER,
        description="disputes a true claim, and proves the step with noise",
        player=_garbage,
    ),
    Cheat(
        name="false-acceptance",
        side=Side.CHALLENGER,
        description="accepts each turn that it makes the other open, and disputes the next",
        player=lambda scheme: Credulous(scheme.knowledge(), seed=scheme.seed),
    ),
    Cheat(
        name="stall-challenger",
        side=Side.CHALLENGER,
        description="disputes a true claim, and goes silent after some moves",
        player=lambda scheme: Silent(_quarreller(scheme), after=STALL_MOVES),
    ),
    Cheat(
        name="last-second-challenger",
        side=Side.CHALLENGER,
        description="disputes a true claim, and makes every move in its last second",
        player=lambda scheme: LastSecond(_quarreller(scheme), Side.CHALLENGER),
    ),
    Cheat(
        name="nonsense-challenger",
        side=Side.CHALLENGER,
        description="disputes a true claim, and sends nonsense before every move",
        player=lambda scheme: Meddler(_quarreller(scheme), Side.CHALLENGER, seed=scheme.seed),
    ),
)
CHEATS: Final[dict[str, Cheat]] = {cheat.name: cheat for cheat in (*_ASSERTERS, *_CHALLENGERS)}
"""Every cheat by its name. Against an honest side each loses."""
