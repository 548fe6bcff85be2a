"""Opening one turn: from a claim about a turn to a claim about a run of the machine.

A turn is claimed by log and db_root before and after it. Opened, it is claimed by two state hashes:
the start follows from the reducer's genesis, the root before and the message; the end is shown to
be a machine that has accepted, with the root after.

Not here: that the message leads from one log to the other and that its sender signed it there. The
channel shows that (`SignedMessage`) and checks it (`MessageCheck`).

Spec: docs/spec/game.md, G-11, G-12; docs/spec/turn.md, T-30. Mirror: ``TurnOpening.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bisection.game_errors import EndNotAccepted, ReducerIdMismatch
from merkle import Hash32, keccak256
from merkle.hashing import check_word, short_hex
from wasm_interp.errors import RecordLengthMismatch
from wasm_interp.program import REDUCER_TAG
from wasm_interp.state import (
    DB_ROOT_AT,
    PC_AT,
    RECORD_BYTES,
    RECORD_VERSION,
    VERSION_AT,
    Status,
    TrapCode,
)

if TYPE_CHECKING:
    from wasm_interp import Message, Program


class SignedMessage(Protocol):
    """A message with what shows that a log goes on with it and that its mover signed it there.

    The channel's: the fixed part, the payload, the path in the log, the signature. Spec: G-11.
    """

    @property
    def payload(self) -> bytes:
        """What was sent."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """What a `MessageCheck` has found to be true: the message, and the channel's reducer."""

    message: Message
    reducer_id: Hash32


class MessageCheck(Protocol):
    """The channel's check of a `SignedMessage` against two logs, a constant of a deployment.

    It raises, in this order, `ChannelIdMismatch`, `PayloadTooLong`, `RootMismatch` of the log
    before and of the log after, and its own errors of signatures; it must take what the channel
    makes, and nothing else. Spec: G-11.
    """

    def __call__(
        self,
        signed: SignedMessage,
        *,
        channel_id: Hash32,
        turn: int,
        previous_log_root: Hash32,
        log_root: Hash32,
    ) -> OpenedMessage:
        """Return the message of ``turn``, shown to be all that the log has more than before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReducerParts:
    """The preimage of a reducer id: hash of the module, hash of the profile, genesis record.

    ``genesis`` is the record of a machine at genesis, ``db_root`` and ``message`` zero.

    Spec: T-30.
    """

    wasm_hash: Hash32
    profile_hash: Hash32
    genesis: bytes

    @classmethod
    def of(cls, program: Program) -> ReducerParts:
        """Return the parts of a program's id. Raises `NotAReducer`."""
        record = program.start().state().encode()
        return cls(
            wasm_hash=program.wasm_hash,
            profile_hash=program.profile.hash(),
            genesis=record[:DB_ROOT_AT].ljust(RECORD_BYTES, b"\0"),
        )

    def reducer_id(self) -> Hash32:
        """Return the id. Raises `WordLengthMismatch`. Mirror: ``TurnOpening.sol:reducerId``."""
        check_word(self.wasm_hash)
        check_word(self.profile_hash)
        genesis_hash = keccak256(self.genesis)
        return keccak256(REDUCER_TAG + self.wasm_hash + self.profile_hash + genesis_hash)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TurnOpened:
    """The move that opens a turn. ``end`` is the record of the machine that has stopped.

    Spec: G-11, G-12. Mirror: ``ProofManager.sol:openTurn``.
    """

    signed: SignedMessage
    reducer: ReducerParts
    end: bytes

    def __repr__(self) -> str:
        end = short_hex(keccak256(self.end))
        return f"TurnOpened({len(self.signed.payload)} bytes of payload, end={end})"


def open_turn(
    opened: OpenedMessage, move: TurnOpened, *, low_root: Hash32, high_root: Hash32
) -> tuple[Hash32, Hash32]:
    """Return the state hashes between which the turn runs: from ``low_root`` to ``high_root``.

    Raises `WordLengthMismatch`, `ReducerIdMismatch`, and as `end_hash` does.

    Spec: G-11, G-12. Mirror: ``TurnOpening.sol:openTurn``.
    """
    actual = move.reducer.reducer_id()
    if actual != opened.reducer_id:
        raise ReducerIdMismatch(expected=opened.reducer_id, actual=actual)
    start = start_hash(move.reducer.genesis, db_root=low_root, message=opened.message.hash())
    return start, end_hash(move.end, db_root=high_root)


def start_hash(genesis: bytes, *, db_root: Hash32, message: Hash32) -> Hash32:
    """Return the state hash of a machine about to reduce a message over the rows of ``db_root``.

    ``genesis`` is known to be the reducer's, so it has 320 bytes. Spec: G-12, T-4.
    Mirror: ``TurnOpening.sol:startHash``.
    """
    return keccak256(genesis[:DB_ROOT_AT] + db_root + message)


def end_hash(record: bytes, *, db_root: Hash32) -> Hash32:
    """Return the state hash of ``record``, shown to have accepted with the rows of ``db_root``.

    Raises `RecordLengthMismatch`, `EndNotAccepted`. Spec: G-12. Mirror:
    ``TurnOpening.sol:endHash``.
    """
    if len(record) != RECORD_BYTES:
        raise RecordLengthMismatch(actual=len(record))
    accepted = bytes([Status.HALTED, TrapCode.NONE]) + bytes(8)
    if not (
        record[:PC_AT] == accepted
        and record[VERSION_AT] == RECORD_VERSION
        and record[DB_ROOT_AT : DB_ROOT_AT + 32] == db_root
    ):
        raise EndNotAccepted
    return keccak256(record)
