"""The cases of games in which calls are refused: each error, their order, and the edges of time.

A `Tape` says of each call what must become of it; a transcript that the reference answers otherwise
is not filled.

Not here: whole games (`conformance.formats.game.cases`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from bisection.errors import PostStateMismatch, WitnessLengthMismatch
from bisection.game import Address, Game, Phase, Position, Side, deadline, update
from bisection.game_errors import (
    BondMismatch,
    ChallengerIsAsserter,
    ChallengerNotParticipant,
    ChannelIdMismatch,
    ClaimNotLater,
    ClaimTurnOutOfRange,
    DeadlineNotPassed,
    DeadlinePassed,
    EndNotAccepted,
    GameExists,
    GameFinished,
    GameUnknown,
    NotYourMove,
    PhaseMismatch,
    PointCountMismatch,
    PositionMismatch,
    PostStateAgreed,
    PreStateMismatch,
    ReducerIdMismatch,
    SegmentOutOfRange,
    WrongChainId,
)
from bisection.moves import (
    Move,
    StepProven,
    StepsPosted,
    TimeoutClaimed,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.opening import ReducerParts
from bisection.players.asserters import untrue, untrue_point
from bisection.witness import prove_step
from channel.dispute.message import ShownMessage
from channel.errors import SignatureCountMismatch, SignatureMalformed, SignatureMismatch
from channel.signatures import GROUP_ORDER
from conformance.corpus import players
from conformance.corpus.disputes import BOND, CHAIN_ID, OPENED_AT, STRANGER, Scene, a_call, does_of
from conformance.errors import code_of
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from conformance.formats.game.cases import CLAIM, CLOCK, false_scene, lie
from conformance.formats.game.replay import play
from merkle.errors import ChannelsError, RootMismatch
from wasm_interp.errors import PayloadTooLong
from wasm_interp.message import PAYLOAD_MAX
from wasm_interp.state import FUEL_AT

REFUSED: Final = Flag(
    "refused", BugType.MISSING_CHECK, "A call that is refused, and changes nothing (G-6)."
)
ORDER: Final = Flag(
    "order", BugType.WRONG_ORDER, "Two things are wrong: the first check says so (G-6, G-11, G-13)."
)
OPENING: Final = Flag("opening", BugType.MISSING_CHECK, "An opening that is refused (G-3).")


class Tape:
    """Calls about one game, each with the error that must come of it, if any.

    ``game`` is what the moves taken so far have made of it.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.game: Game = scene.opened()
        self.now = OPENED_AT
        self.calls: list[dict[str, Any]] = []
        self.expected: list[str | None] = []

    def call(self, call: dict[str, Any], error: type[ChannelsError] | None = None) -> None:
        """Make a call."""
        self.calls.append(call)
        self.expected.append(None if error is None else code_of(error))

    def open(self, error: type[ChannelsError] | None = None, **facts: Any) -> None:
        """Open the game."""
        self.call(self.scene.open_call(at=self.now, **facts), error)

    def take(self, move: Move, *, after: int = 1, by: Address | None = None) -> None:
        """Make a move that is taken, some seconds after the call before it."""
        self.now += after
        side = self._side(move)
        by = self.game.position.address(side) if by is None else by
        value = self._due(move)
        self.game = update(self.game, move, mover=by, now=self.now, value=value)
        self.call(a_call(does_of(move), at=self.now, by=by, value=value))

    def refuse(self, error: type[ChannelsError], move: Move, **facts: Any) -> None:
        """Make a move that is refused; ``facts`` replace those that would be right."""
        call = {
            "by": self.game.position.address(self._side(move)),
            "value": self._due(move),
            "at": self.now,
            **facts,
        }
        self.now = call["at"]
        self.call(a_call(does_of(move), **call), error)

    def play_until(self, phase: Phase, moves: tuple[Move, ...]) -> None:
        """Make the first of ``moves``, until the game is in ``phase``."""
        for move in moves:
            if self.game.phase is phase:
                return
            self.take(move, after=2)
        assert self.game.phase is phase, f"the game ends in {self.game.phase}"

    def case(self, name: str, comment: str, *flags: Flag, **changes: Any) -> Case:
        """Return the case. The reference must answer as is expected."""
        asked = self.scene.transcript(self.calls, **changes)
        found = [result["error"] for result in play(**asked)["results"]]
        assert found == self.expected, f"{name}: {found} where {self.expected} is expected"
        return Case(name=name, function="play", input=asked, comment=comment, flags=flags)

    def _side(self, move: Move) -> Side:
        waited_for = self.game.to_move or Side.ASSERTER
        return waited_for.other if isinstance(move, TimeoutClaimed) else waited_for

    def _due(self, move: Move) -> int:
        return 0 if isinstance(move, TimeoutClaimed) else self.game.value_due


# -- every move ------------------------------------------------------------------------------------


def _turns(kind: VectorSet) -> Iterator[Case]:
    """Yield one game of turns alone, with every mistake that can be made in it."""
    tape = Tape(false_scene(arity=2))
    inner = tape.scene.points(2)
    posted = TurnsPosted(inner)
    states = StepsPosted(tuple(point.db_root for point in inner))
    tape.refuse(GameUnknown, posted)
    tape.open(BondMismatch, value=BOND - 1)
    tape.open()
    tape.open(GameExists)
    tape.refuse(PhaseMismatch, states)
    tape.refuse(NotYourMove, posted, by=tape.scene.challenger)
    tape.refuse(BondMismatch, posted, value=0)
    tape.refuse(PositionMismatch, posted, shown=other_point(tape.game))
    tape.refuse(PointCountMismatch, TurnsPosted(()))
    tape.take(posted, after=60)
    tape.refuse(SegmentOutOfRange, TurnsChosen(2))
    tape.take(TurnsChosen(1), after=17)
    due = deadline(tape.game)
    tape.refuse(DeadlineNotPassed, TimeoutClaimed(), at=due)
    tape.refuse(DeadlinePassed, TurnsPosted(tape.scene.points(3)), at=due + 1)
    tape.take(TimeoutClaimed(), after=0)
    tape.refuse(GameFinished, TimeoutClaimed(), by=tape.scene.challenger)
    yield tape.case("mistakes_over_turns", "every mistake that can be made over turns", REFUSED)


def other_point(game: Game) -> Position:
    """Return the game's position with another last point."""
    return replace(game.position, points=(*game.points[:-1], untrue_point(game.points[-1], 0)))


def _order(kind: VectorSet) -> Iterator[Case]:
    """Yield calls in which a check and the next one fail: the order of G-6."""
    if kind is VectorSet.SMOKE:
        return
    tape = Tape(false_scene(arity=3))
    inner = tape.scene.points(1, 3)
    states = StepsPosted(tuple(point.db_root for point in inner))
    challenger = tape.scene.challenger
    wrong = other_point(tape.game)
    tape.open()
    due = deadline(tape.game)
    tape.refuse(BondMismatch, TurnsPosted(inner), value=0, shown=wrong)
    tape.refuse(PositionMismatch, TurnsPosted(()), shown=wrong)
    tape.refuse(PhaseMismatch, states, by=challenger, at=due + 1)
    tape.refuse(NotYourMove, TurnsPosted(inner), by=challenger)
    tape.refuse(DeadlinePassed, TurnsPosted(inner), value=0)
    tape.refuse(BondMismatch, TimeoutClaimed(), value=1, shown=wrong)
    tape.refuse(PositionMismatch, TimeoutClaimed(), shown=wrong)
    swapped = replace(
        tape.game.position, asserter=challenger, challenger=tape.game.position.asserter
    )
    tape.refuse(PositionMismatch, TimeoutClaimed(), by=tape.scene.asserter, shown=swapped)
    tape.take(TimeoutClaimed(), after=0)
    tape.refuse(GameFinished, states, by=STRANGER, value=5, shown=wrong)
    yield tape.case("order_of_every_move", "two things are wrong with each of these calls", ORDER)
    tape = Tape(false_scene(arity=3))
    tape.open()
    tape.refuse(
        DeadlineNotPassed, TimeoutClaimed(), value=1, shown=other_point(tape.game), at=tape.now
    )
    yield tape.case("order_of_an_early_claim", "too early, with value, of a position", ORDER)


# -- opening a game --------------------------------------------------------------------------------


def _openings(kind: VectorSet) -> Iterator[Case]:
    if kind is VectorSet.SMOKE:
        return
    scene = Scene(participants=3)
    disputed = scene.disputed()
    input_ = scene.transcript([])
    fixed, base, claim = input_["fixed"], input_["base"], input_["claim"]
    good = disputed.claim_signature
    high_s = (GROUP_ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    malleable = good[:32] + high_s + bytes([55 - good[64]])
    signatures = disputed.base_signatures
    asserter = scene.asserter
    for name, error, comment, by, changes in (
        ("chain", WrongChainId, "another chain's", b"", {"fixed": {**fixed, "chain_id": 1}}),
        ("not_later", ClaimNotLater, "the claim is the base", b"", {"claim": base}),
        (
            *("turn_out_of_range", ClaimTurnOutOfRange, "a log of 2^32 messages", b""),
            {"claim": {**claim, "turn": 2**32}},
        ),
        (
            *("two_of_three", SignatureCountMismatch, "one has not signed the base", b""),
            {"base_signatures": signatures[:2]},
        ),
        (
            *("order_of_signers", SignatureMismatch, "in another order", b""),
            {"base_signatures": (signatures[1], signatures[0], signatures[2])},
        ),
        (
            *("base_not_signed", SignatureMismatch, "another base was signed", b""),
            {"base": {**base, "db_root": untrue("base", 0)}},
        ),
        (
            *("claim_not_signed", SignatureMismatch, "signed by another participant", b""),
            {"claim_signature": signatures[0]},
        ),
        (
            *("high_s", SignatureMalformed, "a signature whose s is high (C-9)", b""),
            {"claim_signature": malleable},
        ),
        ("stranger", ChallengerNotParticipant, "the challenger takes no part", STRANGER, {}),
        ("own_claim", ChallengerIsAsserter, "the asserter challenges itself", asserter, {}),
    ):
        tape = Tape(scene)
        tape.open(error, by=by)
        yield tape.case(f"opening_{name}", comment, OPENING, **changes)
    yield from _opening_order(scene, claim)


def _opening_order(scene: Scene, claim: dict[str, Any]) -> Iterator[Case]:
    for name, error, comment, by, changes in (
        (
            *("chain_before_turns", WrongChainId, "chain and turn are wrong", b""),
            {
                "constants": {**scene.constants(), "chain_id": CHAIN_ID + 1},
                "claim": {**claim, "turn": 0},
            },
        ),
        (
            *("turns_before_signatures", ClaimNotLater, "turn and signature are wrong", b""),
            {"claim": {**claim, "turn": 0}, "claim_signature": bytes(65)},
        ),
        (
            *("signatures_before_challenger", SignatureMismatch, "a stranger, unsigned", STRANGER),
            {"claim_signature": bytes(64) + b"\x1b"},
        ),
    ):
        tape = Tape(scene)
        tape.open(error, by=by, value=0)
        yield tape.case(f"opening_{name}", comment, OPENING, ORDER, **changes)
    tape = Tape(scene)
    tape.open(ChallengerIsAsserter, by=scene.asserter, value=0)
    yield tape.case("opening_challenger_before_bond", "the asserter, no bond", OPENING, ORDER)
    tape = Tape(scene)
    tape.open()
    tape.open(BondMismatch, value=0)
    yield tape.case("opening_bond_before_game", "no bond, and there is a game", OPENING, ORDER)


# -- opening a turn --------------------------------------------------------------------------------


def _turn_openings(kind: VectorSet) -> Iterator[Case]:
    """Yield one game of a turn alone, its opening refused for every reason there is."""
    if kind is VectorSet.SMOKE:
        return
    scene = Scene(base=CLAIM - 1)
    tape = Tape(scene)
    tape.open()
    true = true_opening(scene)
    message, reducer = true.signed, true.reducer
    assert isinstance(message, ShownMessage)
    other = replace(message.fixed, channel_nonce=2)
    long = replace(message, payload=bytes(PAYLOAD_MAX + 1))
    path = (untrue("sibling", 0), *message.path[1:])
    behind = (*message.path[:-1], untrue("sibling", 1))
    unsigned = replace(message, signature=message.signature[:64] + b"\x1d")
    moved = replace(message, signature=scene.signatures[0])
    genesis = reducer.genesis[:FUEL_AT] + bytes(4) + reducer.genesis[FUEL_AT + 4 :]
    poorer = replace(reducer, genesis=genesis)
    trapped = b"\2" + true.end[1:]
    for error, signed, parts, end in (
        (ChannelIdMismatch, replace(message, fixed=other), reducer, true.end),
        (PayloadTooLong, long, reducer, true.end),
        (RootMismatch, replace(message, payload=message.payload + b"\0"), reducer, true.end),
        (RootMismatch, replace(message, path=path), reducer, true.end),
        (RootMismatch, replace(message, path=behind), reducer, true.end),
        (SignatureMalformed, unsigned, reducer, true.end),
        (SignatureMalformed, replace(message, signature=b""), reducer, true.end),
        (SignatureMismatch, moved, reducer, true.end),
        (ReducerIdMismatch, message, poorer, true.end),
        (ReducerIdMismatch, message, replace(reducer, wasm_hash=untrue("wasm", 0)), true.end),
        (EndNotAccepted, message, reducer, trapped),
        (EndNotAccepted, message, reducer, true.end[:9] + b"\1" + true.end[10:]),
        (EndNotAccepted, message, reducer, true.end[:256] + bytes(32) + true.end[288:]),
    ):
        tape.refuse(error, TurnOpened(signed=signed, reducer=parts, end=end))
    tape.take(true)
    yield tape.case("mistakes_in_opening_a_turn", "every part is wrong once", REFUSED)
    tape = Tape(scene)
    tape.open()
    for error, signed, parts in (
        (ChannelIdMismatch, replace(long, fixed=other), reducer),
        (PayloadTooLong, replace(long, path=path), reducer),
        (RootMismatch, replace(unsigned, path=path), reducer),
        (SignatureMalformed, unsigned, poorer),
        (ReducerIdMismatch, message, poorer),
    ):
        tape.refuse(error, TurnOpened(signed=signed, reducer=parts, end=trapped))
    yield tape.case("order_in_opening_a_turn", "two parts are wrong at a time", ORDER)


def true_opening(scene: Scene, turn: int | None = None) -> TurnOpened:
    """Return what opens ``turn`` as it truly was, by default the claim's."""
    turn = scene.claim.turn if turn is None else turn
    run = scene.knowledge().run(scene.messages[turn - 1])
    return TurnOpened(
        signed=scene.show(turn),
        reducer=ReducerParts.of(scene.program),
        end=run.machine(len(run)).state().encode(),
    )


# -- proving a step --------------------------------------------------------------------------------


def _steps(kind: VectorSet) -> Iterator[Case]:
    if kind is VectorSet.SMOKE:
        return
    scene = false_scene(arity=64)
    outcome = lie(scene)
    tape = Tape(scene)
    tape.open()
    tape.play_until(Phase.STEP_PROVE, outcome.moves)
    run = scene.knowledge().run(scene.messages[2])
    low, agreed = tape.game.low, tape.game.state_hashes[1]
    true = prove_step(run.machine(low))
    for error, proof in (
        (PreStateMismatch, players.other_fuel(true, run, low)),
        (PreStateMismatch, players.next_step(true, run, low)),
        (PostStateAgreed, replace(true, post_state=agreed)),
        (PostStateMismatch, players.other_end(true, run, low)),
        (WitnessLengthMismatch, players.long_witness(true, run, low)),
        (RootMismatch, players.no_instruction(true, run, low)),
    ):
        tape.refuse(error, StepProven(proof))
    tape.take(StepProven(true))
    tape.refuse(GameFinished, StepProven(true), by=scene.challenger)
    yield tape.case("mistakes_in_proving", "proofs that do not hold, then the true one", REFUSED)
    tape = Tape(scene)
    tape.open()
    tape.play_until(Phase.STEP_PROVE, outcome.moves)
    both = replace(players.other_fuel(true, run, low), post_state=agreed)
    tape.refuse(PreStateMismatch, StepProven(both))
    tape.refuse(PostStateAgreed, StepProven(replace(true, post_state=agreed, witness=b"")))
    yield tape.case("order_in_proving", "two parts are wrong at a time", ORDER)


# -- time ------------------------------------------------------------------------------------------


def _timeouts(kind: VectorSet) -> Iterator[Case]:
    """Yield, for every phase, a side that lets its time pass, and the game that a stranger ends."""
    if kind is VectorSet.SMOKE:
        return
    scene = false_scene(arity=64)
    outcome = lie(scene)
    assert outcome.opening.phase is Phase.TURNS_POST
    for phase in list(Phase)[:-1]:
        tape = Tape(scene)
        tape.open()
        tape.play_until(phase, outcome.moves)
        due = deadline(tape.game)
        late, waiting = tape.game.to_move, tape.game.position
        assert late is not None
        tape.refuse(DeadlineNotPassed, TimeoutClaimed(), at=due)
        tape.take(TimeoutClaimed(), after=1, by=STRANGER)
        for by in (waiting.address(late), waiting.address(late.other)):
            tape.call(a_call(("withdraw", True), at=tape.now, by=by))
        yield tape.case(f"time_up_in_{phase.name.lower()}", f"the time of {phase.name}", CLOCK)


def _last_seconds(kind: VectorSet) -> Iterator[Case]:
    """Yield a game in which a move comes in the last second, and one that comes a second later."""
    if kind is VectorSet.SMOKE:
        return
    tape = Tape(false_scene(arity=2))
    tape.open()
    clock = tape.game.asserter_clock
    moves: tuple[Move, ...] = (
        TurnsPosted(tape.scene.points(2)),
        TurnsChosen(1),
        TurnsPosted(tape.scene.points(3)),
        TurnsChosen(1),
    )
    for number, move in enumerate(moves):
        asserter = number % 2 == 0
        after = deadline(tape.game) - tape.now if asserter else 1
        tape.take(move, after=after)
    assert tape.game.asserter_clock == clock - 1_200
    due = deadline(tape.game)
    tape.refuse(DeadlinePassed, TurnsPosted(tape.scene.points(4)), at=due + 1)
    yield tape.case(
        "last_seconds", "the deadline is inclusive, and each side has its own clock", CLOCK
    )


GENERATORS: Final[tuple[Generator, ...]] = (
    *(_turns, _order, _openings, _turn_openings, _steps, _timeouts, _last_seconds),
)
