"""Disputes to make transcripts of: channels with real signatures, claims, and games about them.

Keys are hashes of small texts, and signatures are deterministic (RFC 6979), so that a transcript is
the same wherever it is filled.

Not here: the format (`conformance.formats.game`), players (`bisection.players`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from bisection.arena import Outcome, Times, play
from bisection.game import Game, Position, deadline, open_game
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.players.knowledge import Knowledge
from bisection.players.player import Player
from bisection.points import TurnPoint, words_of
from channel import Address, ChannelState, FixedPart, MessageLog, sign_message, sign_state
from channel.dispute.claim import DisputedClaim, dispute_of
from channel.dispute.message import ShownMessage
from conformance.corpus.modules import samples
from conformance.formats.game.replay import constants_of
from merkle import Hash32, OrderedMap, keccak256
from wasm_interp.link import load
from wasm_interp.message import Message
from wasm_interp.program import Program

if TYPE_CHECKING:
    from eth_keys.datatypes import PrivateKey

CHAIN_ID: Final = 31_337
OPENED_AT: Final = 1_000_000
MOVE_SECONDS: Final = 600
CLOCK_SECONDS: Final = 3_600
BOND: Final = 10**17
FUEL: Final = 100_000
REFUSED: Final = b"\xff"
"""What the reducer of these channels refuses."""
PAYLOADS: Final = (b"\1", b"\2", b"\3", b"\4", b"\5")
OUTCOME_HASH: Final = keccak256(b"outcome")
STRANGER: Final = Address(b"\x5f" * 20)

Call = dict[str, Any]


@cache
def keys(count: int) -> tuple[PrivateKey, ...]:
    """Return the keys of participants, the same ones always."""
    from eth_keys.datatypes import PrivateKey

    return tuple(PrivateKey(keccak256(b"participant %d" % index)) for index in range(count))


@cache
def counter() -> Program:
    """Return the reducer of these channels: a count in one row."""
    return load(samples()["counter"].wasm, reducer=True, fuel=FUEL)


class Scene:
    """A channel whose log is ``payloads``, and a claim about all of it over the state at ``base``.

    The claim is true unless ``claim_root`` says otherwise. The message of turn ``forged`` is signed
    by somebody else. ``agreed`` is the base, if another than the payloads lead to.
    """

    def __init__(
        self,
        payloads: Sequence[bytes] = PAYLOADS,
        *,
        base: int = 0,
        claim_root: Hash32 | None = None,
        forged: int | None = None,
        agreed: ChannelState | None = None,
        participants: int = 2,
        arity: int = 16,
        program: Program | None = None,
        rows: OrderedMap | None = None,
    ) -> None:
        self.arity = arity
        self.program = counter() if program is None else program
        self.keys = keys(participants)
        self.fixed = FixedPart(
            chain_id=CHAIN_ID,
            adjudicator=Address(b"\xad" * 20),
            participants=tuple(Address(key.public_key.to_canonical_address()) for key in self.keys),
            channel_nonce=1,
            app_definition=Address(bytes(20)),
            challenge_duration=86_400,
            reducer_id=self.program.reducer_id,
        )
        self.channel_id = self.fixed.channel_id()
        self.messages: list[Message] = []
        self.signatures: list[bytes] = []
        self.logs = [MessageLog()]
        for payload in payloads:
            self._say(payload, forged=forged == len(self.messages) + 1)
        whole = Knowledge.replayed(
            self.program,
            base=0,
            rows=OrderedMap() if rows is None else rows,
            messages=self.messages,
            log_roots=[log.root for log in self.logs],
            participants=self.fixed.participants,
        )
        self.rows = whole.rows
        self.base = self.state(base) if agreed is None else agreed
        self.claim = self.state(len(payloads), db_root=claim_root)

    def _say(self, payload: bytes, *, forged: bool) -> None:
        turn = len(self.messages) + 1
        sender = (turn - 1) % len(self.keys)
        signature = sign_message(
            self.keys[(sender + forged) % len(self.keys)],
            channel_id=self.channel_id,
            turn=turn,
            previous_log_root=self.logs[-1].root,
            payload=payload,
        )
        self.messages.append(Message(turn=turn, sender=sender, payload=payload))
        self.signatures.append(signature)
        self.logs.append(self.logs[-1].append(self.messages[-1].hash()))

    def state(self, turn: int, *, db_root: Hash32 | None = None) -> ChannelState:
        """Return the state of ``turn``, by default with the root that its log leads to."""
        return ChannelState(
            channel_id=self.channel_id,
            turn=turn,
            log_root=self.logs[turn].root,
            outcome_hash=OUTCOME_HASH,
            db_root=self.rows[turn].root if db_root is None else db_root,
        )

    @property
    def asserter(self) -> Address:
        """The mover of the claimed turn."""
        return self.fixed.mover(self.claim.turn)

    @property
    def challenger(self) -> Address:
        """The participant after the asserter."""
        return self.fixed.mover(self.claim.turn + 1)

    def knowledge(self, *, known: int | None = None) -> Knowledge:
        """Return what a side knows that has seen the messages up to turn ``known``, or all."""
        base = self.base.turn
        messages = self.messages[base:known]
        return Knowledge(
            self.program,
            base=base,
            rows=self.rows[base : base + len(messages) + 1],
            messages=messages,
            log_roots=[log.root for log in self.logs[base : base + len(messages) + 1]],
            participants=self.fixed.participants,
        )

    def points(self, *turns: int) -> tuple[TurnPoint, ...]:
        """Return log and rows after each of ``turns``."""
        return tuple(
            TurnPoint(log_root=self.logs[turn].root, db_root=self.rows[turn].root) for turn in turns
        )

    def show(self, turn: int) -> ShownMessage:
        """Return what shows the message of ``turn`` behind the log before it."""
        return ShownMessage(
            fixed=self.fixed,
            payload=self.messages[turn - 1].payload,
            path=self.logs[turn - 1].path(turn - 1),
            signature=self.signatures[turn - 1],
        )

    # -- games -------------------------------------------------------------------------------------

    def constants(self) -> dict[str, int]:
        """Return what the deployment fixes, as a vector has it."""
        return {
            "chain_id": CHAIN_ID,
            "arity": self.arity,
            "move_seconds": MOVE_SECONDS,
            "clock_seconds": CLOCK_SECONDS,
            "bond": BOND,
        }

    def opened(self) -> Game:
        """Return the game as it begins."""
        return open_game(
            constants_of(self.constants()),
            dispute_of(self.disputed(), chain_id=CHAIN_ID),
            challenger=self.challenger,
            now=OPENED_AT,
            value=BOND,
        )

    def disputed(self) -> DisputedClaim:
        """Return the base and the claim, signed as they must be."""
        return DisputedClaim(
            fixed=self.fixed,
            base=self.base,
            base_signatures=tuple(sign_state(key, self.base) for key in self.keys),
            claim=self.claim,
            claim_signature=sign_state(
                self.keys[(self.claim.turn - 1) % len(self.keys)], self.claim
            ),
        )

    def play(self, asserter: Player, challenger: Player, *, times: Times | None = None) -> Outcome:
        """Let two players play the game."""
        return play(
            self.opened(),
            asserter=asserter,
            challenger=challenger,
            times=thinking if times is None else times,
        )

    # -- transcripts -------------------------------------------------------------------------------

    def transcript(self, calls: Iterable[Call], **changes: Any) -> dict[str, Any]:
        """Return the input of ``play`` with these calls."""
        disputed = self.disputed()
        given = {
            "constants": self.constants(),
            "fixed": fixed_fields(self.fixed),
            "base": state_fields(self.base),
            "base_signatures": disputed.base_signatures,
            "claim": state_fields(self.claim),
            "claim_signature": disputed.claim_signature,
            "challenger": self.challenger,
            "calls": list(calls),
        }
        assert changes.keys() <= given.keys()
        return given | changes

    def open_call(self, *, at: int = OPENED_AT, value: int = BOND, by: bytes = b"") -> Call:
        """Return the call that opens the game."""
        return a_call(("open", True), at=at, by=by or self.challenger, value=value)

    def calls_of(self, outcome: Outcome) -> list[Call]:
        """Return the calls that a game was made of, those that were refused, too."""
        calls = [self.open_call()]
        for entry in outcome.entries:
            sent = entry.submission
            by = outcome.opening.position.address(entry.side)
            calls.append(
                a_call(does_of(sent.move), at=entry.at, by=by, value=sent.value, shown=sent.shown)
            )
        return calls


def thinking(game: Game) -> Iterable[int]:
    """Ask after some seconds, other ones at each move, then when time is almost up, and is up."""
    due = deadline(game)
    first = game.moved + 1 + (game.low + game.high + 7 * game.phase) % 40
    return (min(first, due), due, due + 1)


def a_call(
    does: tuple[str, Any], *, at: int, by: bytes, value: int = 0, shown: Position | None = None
) -> Call:
    """Return a call as a vector has it."""
    position = None if shown is None else position_fields(shown)
    return {"at": at, "by": by, "value": value, "shown": position, "does": does}


def position_fields(position: Position) -> dict[str, Any]:
    """Return a position as a vector has it: its points as words."""
    names = ("asserter", "challenger", "channel_id", "context")
    words = tuple(word for point in position.points for word in words_of(point))
    return {**{name: getattr(position, name) for name in names}, "points": words}


def does_of(move: Move) -> tuple[str, Any]:
    """Return what a call does that makes ``move``."""
    given: Any
    match move:
        case TurnsPosted(points):
            given = [point_fields(each) for each in points]
        case StepsPosted(hashes):
            given = hashes
        case TurnsChosen() | StepsChosen():
            given = move.segment
        case TurnOpened():
            given = turn_fields(move)
        case TurnAccepted(claim=claim, turn=turn, point=point):
            given = {
                **{"participants": claim.participants, "claim_turn": claim.turn},
                **{"claim": point_fields(claim.point), "turn": turn, "point": point_fields(point)},
            }
        case StepProven(proof):
            names = ("pre_state", "op", "witness", "post_state")
            given = {name: getattr(proof, name) for name in names}
        case TimeoutClaimed():
            given = True
    return KINDS[type(move)], given


def point_fields(point: TurnPoint) -> dict[str, Hash32]:
    """Return a point of turns, as a vector has it."""
    return {"log_root": point.log_root, "db_root": point.db_root}


KINDS: Final[dict[type[Move], str]] = {
    TurnsPosted: "post_turns",
    TurnsChosen: "choose_turns",
    TurnOpened: "open_turn",
    TurnAccepted: "accept_turn",
    StepsPosted: "post_steps",
    StepsChosen: "choose_steps",
    StepProven: "prove_step",
    TimeoutClaimed: "claim_timeout",
}


def turn_fields(move: TurnOpened) -> dict[str, Any]:
    """Return what opens a turn, as a vector has it."""
    signed, reducer = move.signed, move.reducer
    assert isinstance(signed, ShownMessage)
    return {
        "fixed": fixed_fields(signed.fixed),
        **{name: getattr(signed, name) for name in ("payload", "path", "signature")},
        **{name: getattr(reducer, name) for name in ("wasm_hash", "profile_hash", "genesis")},
        "end": move.end,
    }


def fixed_fields(fixed: FixedPart) -> dict[str, Any]:
    """Return a fixed part, as a vector has it."""
    names = ("chain_id", "adjudicator", "participants", "channel_nonce", "app_definition")
    fields = {name: getattr(fixed, name) for name in names}
    return {
        **fields,
        "challenge_duration": fixed.challenge_duration,
        "reducer_id": fixed.reducer_id,
    }


def state_fields(state: ChannelState) -> dict[str, Any]:
    """Return a state, as a vector has it: without the id of its channel."""
    names = ("turn", "log_root", "outcome_hash", "db_root", "is_final")
    return {name: getattr(state, name) for name in names}
