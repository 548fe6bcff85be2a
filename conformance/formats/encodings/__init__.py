"""Encodings: what is hashed, byte for byte."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any, Final

from bisection.calldata import StepProof, decode_call, encode_call
from bisection.errors import CalldataNotCanonical, UnknownSelector
from conformance.format import Format, Function
from conformance.formats.encodings import cases
from conformance.shapes import (
    ACCEPTED,
    HASH,
    U8,
    U16,
    U32,
    U64,
    Bytes,
    ListOf,
    Nullable,
    Number,
    Quantity,
    Record,
    Shape,
)
from merkle import keccak256
from merkle.chain import chain_of, open_links, push
from merkle.errors import ChainMismatch
from merkle.hashing import Hash32
from wasm_interp.errors import (
    PayloadTooLong,
    RecordLengthMismatch,
    RecordVersionMismatch,
    SenderOutOfRange,
    StatusOutOfRange,
    TrapCodeOutOfRange,
    TurnOutOfRange,
)
from wasm_interp.instructions import decode_word
from wasm_interp.message import Message
from wasm_interp.profile import Profile
from wasm_interp.program import REDUCER_TAG
from wasm_interp.state import State, Status, TrapCode

FRAME: Final = Record({"locals_root": HASH, "return_pc": U32, "locals_depth": U8})
CALL: Final = Record(
    {
        "pre_state": Bytes.exactly(320),
        "op": Bytes.exactly(16),
        "witness": Bytes(most=65_536),
        "post_state": HASH,
    }
)
PREIMAGE: Final = Record({"preimage": Bytes(), "hash": HASH})
_SCALARS: Final[dict[str, Shape]] = {
    "status": Number(max(Status)),
    "trap": Number(max(TrapCode)),
    "result": U64,
    "pc": U32,
    "fuel": U32,
    "call_depth": U16,
    "memory_pages": U16,
    "memory_max": U16,
    "table_length": U16,
    "code_depth": U8,
    "memory_depth": U8,
    "table_depth": U8,
    "globals_depth": U8,
    "locals_depth": U8,
}
RECORD: Final = Record({entry.name: _SCALARS.get(entry.name, HASH) for entry in fields_of(State)})
LIMITS: Final = Record({entry.name: U32 for entry in fields_of(Profile)})


def _hashed(preimage: bytes) -> dict[str, bytes]:
    return {"preimage": preimage, "hash": keccak256(preimage)}


def instruction(*, word: bytes) -> dict[str, int] | None:
    """Return what an instruction word says, None if it is none."""
    found = decode_word(word)
    return None if found is None else found._asdict()


def record_encode(**fields: Any) -> dict[str, bytes]:
    """Return a machine record and the state hash."""
    status, trap = Status(fields.pop("status")), TrapCode(fields.pop("trap"))
    return _hashed(State(status=status, trap=trap, **fields).encode())


def record_decode(*, record: bytes) -> dict[str, Any]:
    """Return the fields of a machine record."""
    state = State.decode(record)
    return {name: getattr(state, name) for name in RECORD.fields}


def message(*, turn: int, sender: int, payload: bytes) -> dict[str, bytes]:
    """Return a message's preimage and hash."""
    return _hashed(Message(turn=turn, sender=sender, payload=payload).encode())


def reducer_id(*, wasm_hash: bytes, profile_hash: bytes, genesis_hash: bytes) -> dict[str, bytes]:
    """Return a reducer id's preimage and the id."""
    return _hashed(REDUCER_TAG + wasm_hash + profile_hash + genesis_hash)


def stack_chain(*, values: tuple[int, ...]) -> Hash32:
    """Return the chain of operands, the lowest first."""
    return chain_of(value.to_bytes(8, "big") for value in values)


def frame_chain(*, frames: tuple[dict[str, Any], ...]) -> Hash32:
    """Return the chain of frames, the outermost first."""
    return chain_of(
        frame["locals_root"]
        + frame["return_pc"].to_bytes(4, "big")
        + frame["locals_depth"].to_bytes(1, "big")
        for frame in frames
    )


def stack_open(*, chain: bytes, previous: bytes, values: tuple[int, ...]) -> bool:
    """Return true if ``values`` on ``previous`` are the top of ``chain``."""
    items = [value.to_bytes(8, "big") for value in values]
    open_links(Hash32(chain), Hash32(previous), items)
    return True


def calldata_encode(*, pre_state: bytes, op: bytes, witness: bytes, post_state: bytes) -> bytes:
    """Return a call of the one-step verifier."""
    return encode_call(
        StepProof(pre_state=pre_state, op=op, witness=witness, post_state=Hash32(post_state))
    )


def calldata_decode(*, calldata: bytes) -> dict[str, bytes]:
    """Return what a call of the one-step verifier says."""
    call = decode_call(calldata)
    return {name: getattr(call, name) for name in CALL.fields}


ENCODINGS: Final = Format(
    name="encodings",
    version="1.0.0",
    title="Encodings",
    functions=(
        Function(
            name="keccak",
            comment="Keccak-256, the only hash.",
            rules=("M-1",),
            input=Record({"data": Bytes()}),
            output=HASH,
            run=lambda **asked: keccak256(asked["data"]),
        ),
        Function(
            name="instruction",
            comment="What an instruction word says; null for a word that is no instruction.",
            rules=("I-1", "I-2"),
            input=Record({"word": Bytes.exactly(16)}),
            output=Nullable(Record({"code": U8, "a": U32, "b": U64})),
            run=instruction,
        ),
        Function(
            name="record_encode",
            comment="The machine record of 320 bytes and the state hash.",
            rules=("S-1",),
            input=RECORD,
            output=PREIMAGE,
            run=record_encode,
        ),
        Function(
            name="record_decode",
            comment="The fields of a machine record.",
            rules=("S-1", "S-10", "V-4"),
            input=Record({"record": Bytes(most=1_024)}),
            output=RECORD,
            run=record_decode,
            errors=(
                RecordLengthMismatch,
                RecordVersionMismatch,
                StatusOutOfRange,
                TrapCodeOutOfRange,
            ),
        ),
        Function(
            name="message",
            comment="The preimage of a message's hash, and the hash.",
            rules=("T-1",),
            input=Record({"turn": Quantity(72), "sender": Number(), "payload": Bytes(most=8_192)}),
            output=PREIMAGE,
            run=message,
            errors=(TurnOutOfRange, SenderOutOfRange, PayloadTooLong),
        ),
        Function(
            name="profile",
            comment="The preimage of a profile's hash, and the hash.",
            rules=("P-1", "P-2"),
            input=LIMITS,
            output=PREIMAGE,
            run=lambda **limits: _hashed(Profile(**limits).encode()),
        ),
        Function(
            name="reducer_id",
            comment="The preimage of a reducer id, and the id.",
            rules=("T-30",),
            input=Record({"wasm_hash": HASH, "profile_hash": HASH, "genesis_hash": HASH}),
            output=PREIMAGE,
            run=reducer_id,
        ),
        Function(
            name="stack_chain",
            comment="The hash chain of the operand stack.",
            rules=("M-13", "S-2"),
            input=Record({"values": ListOf(U64, most=1_024)}),
            output=HASH,
            run=stack_chain,
        ),
        Function(
            name="stack_push",
            comment="The hash chain with one operand more.",
            rules=("M-13",),
            input=Record({"chain": HASH, "value": U64}),
            output=HASH,
            run=lambda chain, value: push(chain, value.to_bytes(8, "big")),
        ),
        Function(
            name="stack_open",
            comment="Whether operands on a chain are the top of the stack.",
            rules=("M-14", "V-9"),
            input=Record({"chain": HASH, "previous": HASH, "values": ListOf(U64, most=16)}),
            output=ACCEPTED,
            run=stack_open,
            errors=(ChainMismatch,),
        ),
        Function(
            name="frame_chain",
            comment="The hash chain of frames.",
            rules=("M-13", "S-3"),
            input=Record({"frames": ListOf(FRAME, most=1_024)}),
            output=HASH,
            run=frame_chain,
        ),
        Function(
            name="calldata_encode",
            comment="The one canonical call of the one-step verifier.",
            rules=("V-1", "V-2"),
            input=CALL,
            output=Bytes(),
            run=calldata_encode,
        ),
        Function(
            name="calldata_decode",
            comment="What a call of the one-step verifier says.",
            rules=("V-2",),
            input=Record({"calldata": Bytes(most=131_072)}),
            output=CALL,
            run=calldata_decode,
            errors=(UnknownSelector, CalldataNotCanonical),
        ),
    ),
    generators=cases.GENERATORS,
)
