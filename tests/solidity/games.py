"""Games in an EVM for tests: real channels, keys, machines and proofs; moves are made by hand.

A `Table` is a deployment with one channel at it, and `Match` one game of that channel. Neither
plays: tests say what is posted, chosen and proven, truly or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from eth_keys.datatypes import PrivateKey

from bisection.calldata import StepProof
from bisection.expansion import STEPS, segment_end
from bisection.game import Phase
from bisection.opening import ReducerParts
from bisection.witness import prove_step
from channel import Address, ChannelState, FixedPart, MessageLog, sign_message, sign_state
from merkle import Hash32, OrderedMap, keccak256
from solidity.abi import (
    Event,
    Revert,
    decode_log,
    decode_output,
    decode_revert,
    encode_call,
    encode_constructor,
)
from solidity.artifacts import artifact
from solidity.evm import GAS_MAX, Evm, Receipt
from tests.wasm_interp.wat import program_of
from wasm_interp import Machine, Message, Program

KEYS: Final = tuple(PrivateKey(keccak256(b"player %d" % index)) for index in range(4))
PLAYERS: Final = tuple(Address(key.public_key.to_canonical_address()) for key in KEYS)
STRANGER: Final = Address(b"\x5f" * 20)

BOND: Final = 10**17
MOVE_SECONDS: Final = 600
CLOCK_SECONDS: Final = 3_600

COUNTER: Final = """
(module
  (import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
  (import "channel" "message_size" (func $size (result i32)))
  (memory 1) (data (i32.const 0) "count")
  (func $reduce (export "reduce") (result i32)
    (drop (call $get (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 8)))
    (i64.store (i32.const 16)
      (i64.add (i64.load (i32.const 16)) (i64.extend_i32_u (call $size))))
    (drop (call $put (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 8)))
    (i32.eq (call $size) (i32.const 7))))
"""
"""Adds the length of each message to a number. A message of 7 bytes is refused."""
REFUSED: Final = b"refused"

MANAGER_ABI: Final = artifact("ProofManager").abi
ABI: Final = (
    *MANAGER_ABI,
    *(entry for entry in artifact("OneStepVerifier").abi if entry["type"] == "error"),
)
"""The manager's, with the errors of the verifier that it passes on."""


TurnWords = tuple[Hash32, Hash32]
"""A point of turns, as the ABI takes it."""
TWO_POINTS: Final = {"postTurns", "openTurn", "postSteps", "proveStep"}


def a_hash(text: str) -> Hash32:
    return keccak256(text.encode())


@cache
def counter() -> Program:
    return program_of(COUNTER)


# -- channels --------------------------------------------------------------------------------------


class Channel:
    """A channel with its log, its rows after each turn, and the keys of all who take part."""

    def __init__(self, payloads: Sequence[bytes], *, chain_id: int, participants: int = 2) -> None:
        self.program = counter()
        self.fixed = FixedPart(
            chain_id=chain_id,
            adjudicator=Address(b"\xad" * 20),
            participants=PLAYERS[:participants],
            channel_nonce=1,
            app_definition=Address(bytes(20)),
            challenge_duration=86_400,
            reducer_id=self.program.reducer_id,
        )
        self.id = self.fixed.channel_id()
        self.messages: list[Message] = []
        self.signatures: list[bytes] = []
        self.logs = [MessageLog()]
        self.rows = [OrderedMap()]
        for payload in payloads:
            self.say(payload)

    def say(self, payload: bytes, *, key: PrivateKey | None = None) -> None:
        """Append a message of whose turn it is; with ``key``, it is signed by another."""
        turn = len(self.messages) + 1
        sender = (turn - 1) % len(self.fixed.participants)
        message = Message(turn=turn, sender=sender, payload=payload)
        signature = sign_message(
            key or KEYS[sender],
            channel_id=self.id,
            turn=turn,
            previous_log_root=self.logs[-1].root,
            payload=payload,
        )
        machine = self.program.start(self.rows[-1], message)
        machine.run()
        self.rows.append(machine.rows if machine.accepted else self.rows[-1])
        self.messages.append(message)
        self.signatures.append(signature)
        self.logs.append(self.logs[-1].append(message.hash()))

    def state(self, turn: int) -> ChannelState:
        return ChannelState(
            channel_id=self.id,
            turn=turn,
            log_root=self.logs[turn].root,
            outcome_hash=a_hash("outcome"),
            db_root=self.rows[turn].root,
        )

    def point(self, turn: int) -> TurnWords:
        """Return log root and db_root after ``turn``."""
        return (self.logs[turn].root, self.rows[turn].root)

    def start(self, turn: int) -> Machine:
        """Return the machine that is about to reduce the message of ``turn``."""
        return self.program.start(self.rows[turn - 1], self.messages[turn - 1])


class Run:
    """The true run of one turn: its state hashes and records at every step, to the last one."""

    def __init__(self, channel: Channel, turn: int) -> None:
        self._channel, self._turn = channel, turn
        machine = channel.start(turn)
        self.records = [machine.state().encode()]
        while machine.running:
            machine.step()
            self.records.append(machine.state().encode())

    def record(self, step: int) -> bytes:
        return self.records[min(step, len(self.records) - 1)]

    def point(self, step: int) -> Hash32:
        return keccak256(self.record(step))

    def proof(self, step: int) -> StepProof:
        """Return the proof of the step that is taken after ``step`` others."""
        machine = self._channel.start(self._turn)
        machine.run(min(step, len(self.records) - 1))
        return prove_step(machine)


# -- what the ABI takes ----------------------------------------------------------------------------


def fixed_values(fixed: FixedPart) -> tuple[object, ...]:
    return (
        *(fixed.chain_id, fixed.adjudicator, fixed.participants, fixed.channel_nonce),
        *(fixed.app_definition, fixed.challenge_duration, fixed.reducer_id),
    )


def state_values(state: ChannelState) -> tuple[object, ...]:
    return (state.turn, state.log_root, state.outcome_hash, state.db_root, state.is_final)


def record_values(record: bytes) -> tuple[object, ...]:
    words = [record[at : at + 32] for at in range(0, len(record), 32)]
    return (int.from_bytes(words[0], "big"), *words[1:])


@dataclass(kw_only=True)
class TurnParts:
    """What opens a turn: tests change what they like of it before it is sent."""

    fixed: FixedPart
    payload: bytes
    path: tuple[Hash32, ...]
    signature: bytes
    wasm_hash: Hash32
    profile_hash: Hash32
    genesis: bytes
    end: bytes

    @classmethod
    def of(cls, channel: Channel, turn: int) -> TurnParts:
        """Return what truly opens ``turn``."""
        reducer = ReducerParts.of(channel.program)
        return cls(
            fixed=channel.fixed,
            payload=channel.messages[turn - 1].payload,
            path=channel.logs[turn - 1].path(turn - 1),
            signature=channel.signatures[turn - 1],
            wasm_hash=reducer.wasm_hash,
            profile_hash=reducer.profile_hash,
            genesis=reducer.genesis,
            end=Run(channel, turn).records[-1],
        )

    def values(self) -> tuple[object, ...]:
        reducer = (self.wasm_hash, self.profile_hash, record_values(self.genesis))
        return (
            *(fixed_values(self.fixed), self.payload, self.path, self.signature),
            *(reducer, record_values(self.end)),
        )


# -- deployments and games -------------------------------------------------------------------------


class Table:
    """A deployment of the manager, with its verifier, and a channel to play about."""

    def __init__(
        self,
        evm: Evm,
        payloads: Sequence[bytes] = (b"one",),
        *,
        arity: int = 16,
        participants: int = 2,
        **constants: int,
    ) -> None:
        self.evm = evm
        self.arity = arity
        self.channel = Channel(payloads, chain_id=evm.chain_id, participants=participants)
        self.verifier = evm.deploy(artifact("OneStepVerifier").creation_code)
        self.at = deploy(evm, verifier=self.verifier, arity=arity, **constants)
        for player in (*PLAYERS, STRANGER):
            evm.fund(player, 100 * BOND)

    def send(
        self, name: str, *values: object, sender: Address, value: int = 0, gas: int = GAS_MAX
    ) -> Receipt:
        data = encode_call(ABI, name, *values)
        return self.evm.send(self.at, data, sender=sender, value=value, gas=gas)

    def ask(self, name: str, *values: object) -> Any:
        result = self.evm.call(self.at, encode_call(ABI, name, *values))
        if result.reverted:
            return decode_revert(ABI, result.output)
        (answer,) = decode_output(ABI, name, result.output)
        return answer


def deploy(evm: Evm, *, verifier: Address, **constants: int) -> Address:
    facts = {
        "arity": 16,
        "move_seconds": MOVE_SECONDS,
        "clock_seconds": CLOCK_SECONDS,
        "bond": BOND,
    }
    values = (facts | constants).values()
    made = artifact("ProofManager")
    args = encode_constructor(made.abi, verifier, *values)
    return Address(evm.deploy(made.creation_code, args=args))


OVER_TURNS = {"postTurns", "chooseTurns", "openTurn"}


class Match:
    """One game about a claim of the table's channel: by default a true one, over all its turns."""

    def __init__(
        self,
        table: Table,
        *,
        base: int = 0,
        claim_root: Hash32 | None = None,
        challenger: int | None = None,
        **changes: Any,
    ) -> None:
        self.table = table
        self.channel = table.channel
        self.base = self.channel.state(base)
        turn = len(self.channel.messages)
        root = {} if claim_root is None else {"db_root": claim_root}
        self.claim = replace(self.channel.state(turn), **(root | changes))
        participants = len(self.channel.fixed.participants)
        mover = (self.claim.turn - 1) % participants
        self.asserter = PLAYERS[mover]
        self.claim_signature = sign_state(KEYS[mover], self.claim)
        self.base_signatures = [sign_state(key, self.base) for key in KEYS[:participants]]
        self.challenger = PLAYERS[
            self.claim.turn % participants if challenger is None else challenger
        ]
        self.id: Hash32 = table.ask("gameIdOf", self.claim.hash(), self.challenger)
        self.points: list[Hash32 | TurnWords] = [
            (state.log_root, state.db_root) for state in (self.base, self.claim)
        ]
        self.low, self.high = base, self.claim.turn
        self.turn = 0
        self.reached: TurnWords | tuple[()] = ()
        self.fixed = fixed_values(self.channel.fixed)

    @property
    def players(self) -> tuple[object, ...]:
        return (self.asserter, self.challenger, self.channel.id, self.context)

    @property
    def claimed(self) -> tuple[int, int, TurnWords]:
        """The claim, as the contract has it."""
        count = len(self.channel.fixed.participants)
        return count, self.claim.turn, (self.claim.log_root, self.claim.db_root)

    @property
    def context(self) -> Hash32:
        """The hash of the claim, and of the turn that was opened, by rule G-7."""
        count, turn, words = self.claimed
        context = keccak256(b"".join((number(count), number(turn), *words)))
        if self.turn:
            context = keccak256(b"".join((context, number(self.turn), *self.reached)))
        return context

    @property
    def words(self) -> list[Hash32]:
        """The points as words."""
        return [
            Hash32(word)
            for point in self.points
            for word in (point if isinstance(point, tuple) else (point,))
        ]

    @property
    def facts(self) -> dict[str, Any]:
        """What the contract has of the game."""
        names = ("phase", "winner", "paid", "low", "high")
        clocks = ("asserter_clock", "challenger_clock", "moved", "position")
        return dict(zip((*names, *clocks), self.table.ask("game", self.id), strict=True))

    @property
    def phase(self) -> Phase:
        return Phase(self.facts["phase"])

    @property
    def position_hash(self) -> Hash32:
        """The hash of the position that was shown last, by rule G-7."""
        addresses = b"".join(
            address.rjust(32, b"\0") for address in (self.asserter, self.challenger)
        )
        return keccak256(addresses + self.channel.id + self.context + b"".join(self.words))

    def ends(self) -> list[int]:
        """Return the ends of the segments, by rule G-8."""
        count = min(self.table.arity, self.high - self.low)
        return [
            segment_end(self.low, self.high, index, arity=self.table.arity)
            for index in range(count + 1)
        ]

    def open(
        self, *, value: int = BOND, sender: Address | None = None, tail: bytes = b""
    ) -> Receipt:
        data = encode_call(ABI, "open", *self.open_values()) + tail
        return self.table.evm.send(
            self.table.at, data, sender=self.challenger if sender is None else sender, value=value
        )

    def open_values(self) -> tuple[object, ...]:
        return (
            *(self.fixed, state_values(self.base), self.base_signatures),
            *(state_values(self.claim), self.claim_signature),
        )

    def move(
        self,
        name: str,
        *values: object,
        sender: Address,
        value: int | None = None,
        gas: int = GAS_MAX,
    ) -> Receipt:
        """Make a move that shows the position; the asserter's first one carries the bond."""
        if value is None:
            value = self.value_due(sender)
        shown = (self.id, self.players, self.shown(name))
        return self.table.send(name, *shown, *values, sender=sender, value=value, gas=gas)

    def shown(self, name: str) -> tuple[object, ...]:
        """Return the points as the function ``name`` takes them, as far as it does."""
        words = self.words
        points: tuple[object, ...] = tuple(words)
        if name in OVER_TURNS:
            points = tuple(zip(words[::2], words[1::2], strict=False))
        return (points[0], points[-1]) if name in TWO_POINTS else points

    def value_due(self, sender: Address) -> int:
        return BOND if sender == self.asserter and not self.facts["paid"] else 0

    def post(self, point: Callable[[int], Hash32 | TurnWords]) -> Receipt:
        """Post what ``point`` says of each inner end."""
        name = "postTurns" if self.phase is Phase.TURNS_POST else "postSteps"
        inner = [point(end) for end in self.ends()[1:-1]]
        receipt = self.move(name, inner, sender=self.asserter)
        if not receipt.reverted:
            self.points[1:1] = inner
        return receipt

    def choose(self, segment: int) -> Receipt:
        name = "chooseTurns" if self.phase is Phase.TURNS_CHOOSE else "chooseSteps"
        receipt = self.move(name, segment, sender=self.challenger)
        if not receipt.reverted:
            self.points = self.points[segment : segment + 2]
            ends = self.ends()
            self.low, self.high = ends[segment], ends[segment + 1]
        return receipt

    def open_turn(self, parts: TurnParts | None = None, **options: Any) -> Receipt:
        """Open the turn that is left, truly unless ``parts`` say otherwise."""
        turn = self.high
        if parts is None:
            parts = self.parts()
        receipt = self.move("openTurn", parts.values(), sender=self.asserter, **options)
        if not receipt.reverted:
            message = Message(
                turn=turn,
                sender=(turn - 1) % len(self.channel.fixed.participants),
                payload=parts.payload,
            )
            self.reached = self.words[2], self.words[3]
            start = parts.genesis[:256] + self.words[1] + message.hash()
            self.points = [keccak256(start), keccak256(parts.end)]
            self.turn, self.low, self.high = turn, 0, STEPS
        return receipt

    def accept_turn(self, **options: Any) -> Receipt:
        """Accept the turn that was opened; ``options`` replace what is shown of it."""
        facts = {"claimed": self.claimed, "turn": self.turn, "reached": self.reached, **options}
        receipt = self.move("acceptTurn", *facts.values(), sender=self.challenger)
        if not receipt.reverted:
            assert len(self.reached) == 2
            self.points = [self.reached, self.claimed[2]]
            self.low, self.high = self.turn, self.claim.turn
            self.turn, self.reached = 0, ()
        return receipt

    def parts(self) -> TurnParts:
        return TurnParts.of(self.channel, self.high)

    def prove(self, proof: StepProof, **options: Any) -> Receipt:
        facts = (proof.pre_state, proof.op, proof.witness, proof.post_state)
        return self.move("proveStep", *facts, sender=self.challenger, **options)

    def claim_timeout(self, sender: Address, **options: Any) -> Receipt:
        return self.move("claimTimeout", sender=sender, value=options.pop("value", 0), **options)

    def play_to(self, phase: Phase, *, step: int = 0) -> None:
        """Play truly, but for a false claim, until the game is in ``phase``.

        The challenger goes for the last turn, and in it for the step after ``step`` others.
        """
        while (now := self.phase) is not phase:
            match now:
                case Phase.TURNS_POST:
                    accept(self.post(self.channel.point))
                case Phase.TURNS_CHOOSE:
                    accept(self.choose(len(self.points) - 2))
                case Phase.TURN_OPEN:
                    parts = self.parts()
                    parts.end = with_db_root(parts.end, self.words[-1])
                    accept(self.open_turn(parts))
                case Phase.STEPS_POST:
                    accept(self.post(liar(Run(self.channel, self.turn), step)))
                case Phase.STEPS_CHOOSE:
                    ends = self.ends()
                    inside = (end > step for end in ends[1:])
                    accept(self.choose(next(at for at, found in enumerate(inside) if found)))
                case _:
                    raise AssertionError(f"{now.name} does not lead to {phase.name}")


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def with_db_root(record: bytes, db_root: Hash32) -> bytes:
    return record[:256] + db_root + record[288:]


def liar(run: Run, truth_until: int) -> Callable[[int], Hash32]:
    """Return points that are true up to a step, and false behind it."""
    return lambda step: run.point(step) if step <= truth_until else a_hash(f"false at {step}")


def accept(receipt: Receipt) -> Receipt:
    """Return a receipt of a transaction that must not have reverted."""
    assert not receipt.reverted, decode_revert(ABI, receipt.output)
    return receipt


def refusal(receipt: Receipt) -> Revert:
    """Return why a transaction, which must have reverted, did so."""
    assert receipt.reverted
    assert receipt.logs == ()
    return decode_revert(ABI, receipt.output)


def event_of(receipt: Receipt) -> Event:
    """Return the one event of a transaction."""
    (log,) = accept(receipt).logs
    event = decode_log(ABI, log)
    assert event is not None
    return event
