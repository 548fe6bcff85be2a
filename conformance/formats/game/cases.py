"""The cases of games: whole ones, every dishonest side against an honest one; and clocks.

Not here: what is refused, call by call (`conformance.formats.game.refused`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from bisection.arena import Outcome
from bisection.expansion import STEPS, TURN_MAX
from bisection.game import Game, Side, deadline
from bisection.game_errors import ArityOutOfRange
from bisection.players.asserters import (
    HonestEnd,
    Liar,
    Withholder,
    WrongFuel,
    WrongGenesis,
    WrongTrace,
    untrue,
)
from bisection.players.habits import LastSecond, Silent
from bisection.players.honest import Asserter, Challenger
from bisection.players.player import Player
from conformance.corpus.disputes import PAYLOADS, REFUSED, Scene
from conformance.corpus.modules import tic_tac_toe
from conformance.corpus.players import FORGERIES, Blunderer, Forger
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from merkle import OrderedMap
from wasm_interp.abi import state_rows
from wasm_interp.link import load

EXPANSION: Final = Flag(
    "expansion", BugType.ARITHMETIC, "Where a stretch is cut: rounded down, ends included (G-8)."
)
ASSERTER_LIES: Final = Flag(
    "asserter_lies", BugType.WRONG_CHECK, "The challenger is right, and must win (G-20)."
)
CHALLENGER_LIES: Final = Flag(
    "challenger_lies", BugType.MISSING_CHECK, "The asserter is right, and must win (G-19)."
)
CLOCK: Final = Flag(
    "clock", BugType.ARITHMETIC, "Time is taken from the mover's own clock alone (G-14)."
)

CLAIM: Final = len(PAYLOADS)
OTHER_PAYLOAD: Final = b"\x09"
"""A message that the reducer accepts, but nobody has sent it in a true history."""


# -- whole games -----------------------------------------------------------------------------------


def lie(scene: Scene | None = None, *, turn: int = 3, step: int = 20, **facts: Any) -> Outcome:
    """Return the game of a liar, true up to ``step`` of ``turn``, and an honest challenger."""
    scene = false_scene(**facts) if scene is None else scene
    player = Liar(scene.knowledge(), scene.show, turn=turn, step=step)
    return scene.play(player, Challenger(scene.knowledge()))


def false_scene(**facts: Any) -> Scene:
    """Return a scene in which the claimed root is none that the log leads to."""
    payloads = facts.get("payloads", PAYLOADS)
    return Scene(claim_root=untrue("db_root", len(payloads)), **facts)


def quarrel(scene: Scene, *picks: float, forgeries: tuple[int, int] = (0, 1)) -> Outcome:
    """Return the game of an honest asserter, and a challenger of what is true."""
    chosen = [FORGERIES[at] for at in forgeries]
    forger = Forger(scene.knowledge(), picks=picks, forgeries=chosen)
    return scene.play(Asserter(scene.knowledge(), scene.show), forger)


def _case(name: str, scene: Scene, outcome: Outcome, flag: Flag, comment: str) -> Case:
    expected = Side.CHALLENGER if flag is ASSERTER_LIES else Side.ASSERTER
    assert outcome.winner is expected, f"{name}: {outcome.winner} has won"
    return Case(
        name=name,
        function="play",
        input=scene.transcript(scene.calls_of(outcome)),
        comment=comment,
        flags=(flag,),
    )


def _liars(kind: VectorSet) -> Iterator[Case]:
    if kind is VectorSet.SMOKE:
        return
    for arity, some_step in ((2, 9), (3, 14), (16, 20), (64, 26)):
        for where, turn, step in (
            ("first_step", 1, 1),
            ("some_step", 3, some_step),
            ("last_step", CLAIM, STEPS),
        ):
            scene = false_scene(arity=arity)
            yield _case(
                f"liar_{where}_arity_{arity}",
                scene,
                lie(scene, turn=turn, step=step),
                ASSERTER_LIES,
                f"the first untrue point is that of step {step} of turn {turn}",
            )
    for base in (2, CLAIM - 1):
        scene = false_scene(base=base)
        comment = f"over a base of turn {base}"
        yield _case(f"liar_base_{base}", scene, lie(scene, turn=CLAIM), ASSERTER_LIES, comment)
    scene = false_scene(participants=3)
    yield _case("liar_of_three", scene, lie(scene), ASSERTER_LIES, "three participants")
    payloads = (*PAYLOADS[:2], REFUSED, *PAYLOADS[3:])
    scene = Scene(payloads, claim_root=untrue("db_root", CLAIM))
    comment = "a message that the reducer refuses is claimed as a turn (T-6)"
    yield _case("liar_refused_message", scene, lie(scene, step=STEPS), ASSERTER_LIES, comment)


def _tic_tac_toe(kind: VectorSet) -> Iterator[Case]:
    if kind is VectorSet.SMOKE:
        return
    rows = OrderedMap.from_rows(state_rows(bytes(9) + b"\1\0"))
    scene = Scene(
        [bytes.fromhex(move) for move in ("0104", "0100", "0102")],
        claim_root=untrue("db_root", 3),
        program=load(tic_tac_toe().wasm, reducer=True),
        rows=rows,
    )
    yield _case(
        "tic_tac_toe", scene, lie(scene, turn=2, step=700), ASSERTER_LIES, "the seed's game"
    )


def _other_asserters(kind: VectorSet) -> Iterator[Case]:
    """Yield games in which what the challenger does not know, or cannot have signed, is claimed."""
    if kind is VectorSet.SMOKE:
        return
    false = false_scene()
    end = HonestEnd(false.knowledge(), false.show, turn=3, step=20)
    yield _case(
        "honest_end",
        false,
        false.play(end, Challenger(false.knowledge())),
        ASSERTER_LIES,
        "a liar shows the true end of the turn, which is refused, and has no more time",
    )
    makes: dict[str, tuple[Callable[[Scene], Player], str]] = {
        "wrong_trace": (
            lambda at: WrongTrace(at.knowledge(), at.show, step=9),
            "a true claim and an untrue trace of it: the claim is lost",
        ),
        "wrong_fuel": (
            lambda at: WrongFuel(at.knowledge(), at.show),
            "the right rows after a run that took less fuel",
        ),
        "wrong_genesis": (
            lambda at: WrongGenesis(at.knowledge(), at.show),
            "the genesis record of another reducer",
        ),
        "withheld_message": (
            lambda at: Withholder(at.knowledge(), at.show),
            "a message that is never shown",
        ),
    }
    for name, (make, comment) in makes.items():
        scene = Scene()
        outcome = scene.play(make(scene), Challenger(scene.knowledge(known=CLAIM - 1)))
        yield _case(name, scene, outcome, ASSERTER_LIES, comment)
    yield from _other_histories()
    yield from _unpublished()
    scene = Scene(forged=4)
    outcome = scene.play(
        Asserter(scene.knowledge(), scene.show), Challenger(scene.knowledge(known=3))
    )
    yield _case(
        "forged_message", scene, outcome, ASSERTER_LIES, "a message that its mover did not sign"
    )


def _other_histories() -> Iterator[Case]:
    """Yield games of whoever claims what follows another log than the challenger's.

    Turn 4 is the challenger's, which has not signed it over that log.
    """
    for name, base, changed, comment in (
        ("another_history_of_the_base", 4, 3, "a message before the base is another"),
        ("another_history_and_an_own_turn", 3, 2, "so is one before the challenger's own turn"),
        ("equivocation", 0, 3, "the asserter has signed two messages of turn 3"),
    ):
        true = Scene(base=base, arity=2)
        payloads = (*PAYLOADS[: changed - 1], OTHER_PAYLOAD, *PAYLOADS[changed:])
        told = Scene(payloads, base=base, forged=4, agreed=true.base, arity=2)
        outcome = told.play(Asserter(told.knowledge(), told.show), Challenger(true.knowledge()))
        yield _case(name, told, outcome, ASSERTER_LIES, comment)


def _unpublished() -> Iterator[Case]:
    """Yield games whose challenger was shown none of the messages after its own last turn."""
    for participants, false in ((3, CLAIM), (4, CLAIM), (4, CLAIM - 1)):
        scene = false_scene(participants=participants)
        liar = Liar(scene.knowledge(), scene.show, turn=false, step=20)
        known = scene.knowledge(known=CLAIM + 1 - participants)
        name = f"unpublished_{participants}_participants_turn_{false}"
        comment = f"what is opened is accepted, up to turn {false}, which is false (G-22)"
        yield _case(name, scene, scene.play(liar, Challenger(known)), ASSERTER_LIES, comment)


def _quarrels(kind: VectorSet) -> Iterator[Case]:
    if kind is VectorSet.SMOKE:
        return
    for arity in (2, 5, 64):
        for where, picks in (("first", (0.0,)), ("last", (1.0,)), ("mixed", (0.0, 0.6, 0.3))):
            scene = Scene(arity=arity)
            comment = f"disputes a true claim, in the {where} segments"
            outcome = quarrel(scene, *picks)
            yield _case(f"quarrel_{where}_arity_{arity}", scene, outcome, CHALLENGER_LIES, comment)
    for first in range(0, len(FORGERIES), 2):
        names = [entry.__name__ for entry in FORGERIES[first : first + 2]]
        scene = Scene(arity=64)
        # Of 2^24 steps in four rounds of 64 segments each: the 13th step of the run.
        outcome = quarrel(scene, 0, 0, 0, 0, 0, 0.2, forgeries=(first, first + 1))
        yield _case(
            f"forged_proofs_{'_'.join(names)}",
            scene,
            outcome,
            CHALLENGER_LIES,
            f"forged proofs of a step: {', '.join(names)}",
        )
    scene = Scene()
    outcome = scene.play(
        Asserter(scene.knowledge(), scene.show), Challenger(scene.knowledge(known=CLAIM - 1))
    )
    yield _case(
        "kept_from_a_true_message",
        scene,
        outcome,
        CHALLENGER_LIES,
        "the message that the challenger did not know proves true: it has nothing to say (G-20)",
    )


def _habits(kind: VectorSet) -> Iterator[Case]:
    if kind is VectorSet.SMOKE:
        return
    for after in (0, 3, 6):
        scene = false_scene()
        liar = Liar(scene.knowledge(), scene.show, turn=3, step=20)
        outcome = scene.play(Silent(liar, after=after), Challenger(scene.knowledge()))
        yield _case(
            f"silent_asserter_after_{after}",
            scene,
            outcome,
            ASSERTER_LIES,
            "says nothing any more: the challenger claims the time",
        )
    for name, habit in (("last_second", LastSecond), ("blunders", Blunderer)):
        scene = false_scene(arity=64)
        liar = Liar(scene.knowledge(), scene.show, turn=3, step=20)
        outcome = scene.play(habit(liar, Side.ASSERTER), Challenger(scene.knowledge()))
        comment = "all its moves in the last second" + ", mistakes before" * (name == "blunders")
        yield _case(f"{name}_asserter", scene, outcome, ASSERTER_LIES, comment)
        scene = Scene(arity=64)
        forger = Forger(scene.knowledge(), picks=(0.5,), forgeries=FORGERIES[:2])
        outcome = scene.play(
            Asserter(scene.knowledge(), scene.show), habit(forger, Side.CHALLENGER)
        )
        yield _case(f"{name}_challenger", scene, outcome, CHALLENGER_LIES, comment)


def _clocks(kind: VectorSet) -> Iterator[Case]:
    """Yield games of slow players: clocks of 3,600 seconds run out before there are 7 moves."""
    if kind is VectorSet.SMOKE:
        return

    def late(game: Game) -> list[int]:
        return [deadline(game), deadline(game) + 1]

    scene = false_scene(arity=2)
    liar = Liar(scene.knowledge(), scene.show, turn=3, step=20)
    outcome = scene.play(liar, Challenger(scene.knowledge()), times=late)
    assert outcome.winner is not None
    assert outcome.game.clock(outcome.opening.to_move or Side.ASSERTER) == 0
    yield Case(
        name="both_clocks_run_out",
        function="play",
        input=scene.transcript(scene.calls_of(outcome)),
        comment="each move in the last second of its time, until there is none: "
        "a side with an empty clock has the second of the other's move",
        flags=(CLOCK,),
    )


# -- the expansion ---------------------------------------------------------------------------------


def _expansions(kind: VectorSet) -> Iterator[Case]:
    full = kind is VectorSet.FULL
    for name, low, high, arity, comment in (
        ("thirds_of_10", 0, 10, 3, "rounded down: 0, 3, 6, 10"),
        ("fewer_turns_than_segments", 7, 9, 16, "two turns are two segments"),
        ("one", 5, 6, 2, "one turn is one segment"),
        ("steps_7", 0, STEPS, 7, "all steps of a turn"),
        *(
            (
                ("turns_63", 1, TURN_MAX, 63, "products above 2^32"),
                ("steps_64", 0, STEPS, 64, "the greatest arity"),
                ("high_end", TURN_MAX - 65, TURN_MAX, 64, "65 turns, the last there are"),
            )
            if full
            else ()
        ),
    ):
        asked = {"low": low, "high": high, "arity": arity}
        yield Case(
            name=name, function="expansion", input=asked, comment=comment, flags=(EXPANSION,)
        )
    for arity in (1, 65, *((0, 255) if full else ())):
        yield Case(
            name=f"arity_{arity}",
            function="expansion",
            input={"low": 0, "high": 100, "arity": arity},
            comment="no deployment has this arity (G-1)",
            flags=(EXPANSION,),
            error=ArityOutOfRange,
        )


GENERATORS: Final[tuple[Generator, ...]] = (
    *(_expansions, _liars, _tic_tac_toe, _other_asserters, _quarrels, _habits, _clocks),
)
