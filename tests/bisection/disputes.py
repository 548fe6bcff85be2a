"""Channels to have disputes about: reducers, logs, and openings of turns, without ECDSA.

A signature here is a hash with a secret that only its signer's `Channel` method uses: it cannot be
forged by changing a message, nor moved to another turn or history, just as C-10 asks. The log, what
is appended to it and the reducer id are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from bisection.game import Address, Constants, Dispute, Game, open_game
from bisection.game_errors import ChannelIdMismatch
from bisection.opening import MessageCheck, OpenedMessage, SignedMessage
from bisection.players.knowledge import Knowledge
from bisection.points import TurnPoint
from merkle import Hash32, OrderedMap, Window, WordTree, keccak256, open_window
from merkle.errors import ChannelsError, RootMismatch
from merkle.hashing import ZERO_HASH
from tests.wasm_interp.generator import Options, seeded_module
from tests.wasm_interp.wat import program_of
from wasm_interp import Message, Program, load
from wasm_interp.abi import DB_TYPE, Form
from wasm_interp.errors import PayloadTooLong
from wasm_interp.instructions import HALT, Word
from wasm_interp.message import PAYLOAD_MAX

LOG_DEPTH: Final = 32
BOND: Final = 7
OPENED_AT: Final = 1_000_000
MOVE_SECONDS: Final = 600
CLOCK_SECONDS: Final = 20_000

COUNTER: Final = """
(module
  (import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
  (import "channel" "message_size" (func $size (result i32)))
  (memory 1) (data (i32.const 0) "count")
  (func $reduce (export "reduce") (result i32) (local $i i32)
    (drop (call $get (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 8)))
    (loop $again
      (i64.store (i32.const 16) (i64.add (i64.load (i32.const 16)) (i64.const 3)))
      (i32.store (i32.mul (local.get $i) (i32.const 36)) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.le_u (local.get $i) (i32.mul (call $size) (i32.const 8)))))
    (drop (call $put (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 8)))
    (if (i32.eq (call $size) (i32.const 13)) (then (unreachable)))
    (i32.eq (call $size) (i32.const 11))))
"""
"""Adds to a number. A message of 11 bytes is refused, one of 13 traps, others are accepted."""
REFUSED: Final = b"is refused!"
TRAPS: Final = b"traps and so."


@dataclass(eq=False)
class NotSigned(ChannelsError):
    """A message is not signed by its mover."""

    sentence = "the message is not signed by participant {participant}"

    participant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A channel's fixed part, as far as the game asks for it."""

    participants: tuple[Address, ...]
    reducer_id: Hash32

    def channel_id(self) -> Hash32:
        return keccak256(b"".join(self.participants) + self.reducer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message with all that shows it: the `SignedMessage` of these tests."""

    fixed: Fixed
    payload: bytes
    siblings: tuple[Hash32, ...]
    signature: bytes


class Channel:
    """A channel with its log, and the keys of all its participants."""

    def __init__(self, program: Program, *, participants: int = 2) -> None:
        self.program = program
        self.fixed = Fixed(
            participants=tuple(
                Address(keccak256(b"address %d" % index)[:20]) for index in range(participants)
            ),
            reducer_id=program.reducer_id,
        )
        self.messages: list[Message] = []
        self.signatures: list[bytes] = []

    def say(self, payload: bytes, *, signed: bool = True) -> None:
        """Append a message of whose turn it is; forged, if it is not ``signed``."""
        turn = len(self.messages) + 1
        mover = (turn - 1) % len(self.fixed.participants)
        previous = self.log_root(turn - 1)
        self.messages.append(Message(turn=turn, sender=mover, payload=payload))
        signature = self._sign(mover, turn, previous, payload)
        self.signatures.append(signature if signed else bytes(32))

    def log_root(self, turn: int) -> Hash32:
        return self._log(turn).root

    def log_roots(self, first: int, last: int) -> tuple[Hash32, ...]:
        """Return the roots of the logs of turns ``first`` to ``last``."""
        return tuple(self.log_root(turn) for turn in range(first, last + 1))

    def show(self, turn: int) -> Shown:
        """Return what opens ``turn``: its message behind the log before it."""
        window = self._log(turn - 1).window(turn - 1, 1)
        return Shown(
            fixed=self.fixed,
            payload=self.messages[turn - 1].payload,
            siblings=window.siblings,
            signature=self.signatures[turn - 1],
        )

    def check(
        self,
        signed: SignedMessage,
        *,
        channel_id: Hash32,
        turn: int,
        previous_log_root: Hash32,
        log_root: Hash32,
    ) -> OpenedMessage:
        """The `MessageCheck` of this channel, by G-11."""
        assert isinstance(signed, Shown)
        actual = signed.fixed.channel_id()
        if actual != channel_id:
            raise ChannelIdMismatch(expected=channel_id, actual=actual)
        if len(signed.payload) > PAYLOAD_MAX:
            raise PayloadTooLong(length=len(signed.payload), limit=PAYLOAD_MAX)
        mover = (turn - 1) % len(signed.fixed.participants)
        message = Message(turn=turn, sender=mover, payload=signed.payload)
        free = Window(index=turn - 1, leaves=(ZERO_HASH,), siblings=signed.siblings)
        open_window(previous_log_root, free, depth=LOG_DEPTH)
        actual = replace(free, leaves=(message.hash(),)).root(LOG_DEPTH)
        if actual != log_root:
            raise RootMismatch(expected=log_root, actual=actual)
        if signed.signature != self._sign(mover, turn, previous_log_root, signed.payload):
            raise NotSigned(participant=mover)
        return OpenedMessage(message, signed.fixed.reducer_id)

    def _log(self, turn: int) -> WordTree:
        hashes = {index: self.messages[index].hash() for index in range(turn)}
        return WordTree.zero(LOG_DEPTH).with_leaves(hashes)

    def _sign(self, mover: int, turn: int, previous: Hash32, payload: bytes) -> bytes:
        secret = keccak256(b"secret %d" % mover)
        body = self.fixed.channel_id() + turn.to_bytes(8, "big") + previous + keccak256(payload)
        return keccak256(secret + body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A channel, what is true of it after ``base``, and the claim that is disputed."""

    channel: Channel
    truth: Knowledge
    dispute: Dispute

    def fresh(self, *, known: int | None = None) -> Knowledge:
        """Return what a side knows that has just started: the messages up to turn ``known``."""
        base = self.truth.base
        messages = self.truth.messages[: None if known is None else known - base]
        return Knowledge(
            self.channel.program,
            base=base,
            rows=self.truth.rows[: len(messages) + 1],
            messages=messages,
            log_roots=self.truth.log_roots[: len(messages) + 1],
            participants=self.dispute.participants,
        )

    def told_of(self, base: TurnPoint) -> Scene:
        """Return the scene with another base: that of another history, which all have signed."""
        return replace(self, dispute=replace(self.dispute, base=base))

    def constants(self, arity: int = 2, check: MessageCheck | None = None) -> Constants:
        return Constants(
            check_message=check or self.channel.check,
            arity=arity,
            move_seconds=MOVE_SECONDS,
            clock_seconds=CLOCK_SECONDS,
            bond=BOND,
        )

    def challenger(self) -> Address:
        """Return the participant that challenges: the one after the asserter."""
        participants = self.dispute.participants
        return participants[self.dispute.claim_turn % len(participants)]

    def open(self, arity: int = 2) -> Game:
        return open_game(
            self.constants(arity),
            self.dispute,
            challenger=self.challenger(),
            now=OPENED_AT,
            value=BOND,
        )


def scene(
    program: Program,
    payloads: Sequence[bytes],
    *,
    base: int = 0,
    claim_root: Hash32 | None = None,
    rows: OrderedMap | None = None,
    base_rows: OrderedMap | None = None,
    unsigned: Iterable[int] = (),
    participants: int = 2,
) -> Scene:
    """Return the scene of a log of ``payloads`` that all is claimed of.

    The claimed root is the true one by default. Turns ``unsigned`` are forgeries. ``base_rows`` are
    those of the base, if not those that the messages before it lead to.
    """
    channel = Channel(program, participants=participants)
    for turn, payload in enumerate(payloads, start=1):
        channel.say(payload, signed=turn not in unsigned)
    claim = len(payloads)

    def replayed(first: int, last: int, rows: OrderedMap) -> Knowledge:
        return Knowledge.replayed(
            program,
            base=first,
            rows=rows,
            messages=channel.messages[first:last],
            log_roots=channel.log_roots(first, last),
            participants=channel.fixed.participants,
        )

    if base_rows is None:
        base_rows = replayed(0, base, OrderedMap() if rows is None else rows).rows[-1]
    truth = replayed(base, claim, base_rows)
    root = truth.root(claim) if claim_root is None else claim_root
    assert root is not None, "a claim that is not true needs a root"
    base_point = truth.point(base)
    assert base_point is not None
    log_root = channel.log_root(claim)
    dispute = Dispute(
        channel_id=channel.fixed.channel_id(),
        participants=channel.fixed.participants,
        base_turn=base,
        base=base_point,
        claim_turn=claim,
        claim=TurnPoint(log_root=log_root, db_root=root),
        claim_hash=keccak256(b"claim" + root + log_root),
    )
    return Scene(channel=channel, truth=truth, dispute=dispute)


@cache
def counter() -> Program:
    return program_of(COUNTER)


@cache
def random_reducer(seed: int, *, accepts: bool = True) -> Program:
    """Return a reducer made of the first fitting generated module from ``seed`` on.

    If it ``accepts``, it halts with result 0 whatever its function returns.
    """
    while True:
        generated = seeded_module(seed, Options(host=seed % 2 == 0, budget=60, counter_max=300))
        program = load(generated.wasm)
        for function in program.exports.values():
            if function.type == DB_TYPE and function.pc:
                halts = (program.words[0], Word(HALT, 0)) if accepts else program.words[:2]
                words = (*halts, *program.words[2:])
                return replace(program, entry_pc=function.pc, form=Form.DB, words=words)
        seed += 1_000
