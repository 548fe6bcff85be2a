"""Steps: calls of the one-step verifier, true ones and those that it refuses."""

from __future__ import annotations

from typing import Final

from bisection.errors import (
    CalldataNotCanonical,
    MessageMismatch,
    OperandOutOfRange,
    PayloadMismatch,
    PostStateMismatch,
    UnexpectedInstruction,
    UnknownSelector,
    WitnessLengthMismatch,
)
from bisection.verifier.one_step import verify_call, verify_step
from conformance.format import Format, Function
from conformance.formats.encodings import CALL
from conformance.formats.step import cases
from conformance.shapes import ACCEPTED, Bytes, Record
from merkle.errors import (
    BitOnPath,
    ChainMismatch,
    DepthOutOfRange,
    KeyLengthOutOfRange,
    KeyOutOfOrder,
    KeyPresent,
    MapNotEmpty,
    PathNotDescending,
    ProofKindOutOfRange,
    RootMismatch,
    RowNotAtEdge,
    ValueTooLong,
    WindowOutOfRange,
)
from merkle.hashing import Hash32
from wasm_interp.errors import (
    PayloadTooLong,
    RecordVersionMismatch,
    ResultOutOfRange,
    StatusOutOfRange,
    TrapCodeOutOfRange,
)


def verify(*, pre_state: bytes, op: bytes, witness: bytes, post_state: bytes) -> bool:
    """Return true if the step leads where it claims."""
    verify_step(pre_state, op, witness, Hash32(post_state))
    return True


def call(*, calldata: bytes) -> bool:
    """Return true if the call's step leads where it claims."""
    verify_call(calldata)
    return True


_RECORD: Final = (
    RecordVersionMismatch,
    StatusOutOfRange,
    TrapCodeOutOfRange,
    ResultOutOfRange,
    DepthOutOfRange,
)
_STEP: Final = (
    *(UnexpectedInstruction, OperandOutOfRange, WitnessLengthMismatch, PostStateMismatch),
    *(ChainMismatch, RootMismatch, WindowOutOfRange),
    *(MessageMismatch, PayloadMismatch, PayloadTooLong),
    *(ProofKindOutOfRange, KeyLengthOutOfRange, ValueTooLong, MapNotEmpty, KeyPresent),
    *(PathNotDescending, BitOnPath, KeyOutOfOrder, RowNotAtEdge),
)

STEP: Final = Format(
    name="step",
    version="1.0.0",
    title="Step",
    functions=(
        Function(
            name="verify",
            comment="Whether one step leads from one state to another.",
            rules=(
                *(f"V-{n}" for n in (1, *range(3, 20))),
                *("S-8", "S-9", "S-11", "S-12", "I-2", "I-3"),
            ),
            input=CALL,
            output=ACCEPTED,
            run=verify,
            errors=(*_RECORD, *_STEP),
        ),
        Function(
            name="call",
            comment="The same as calldata, as the contract gets it.",
            rules=("V-1", "V-2", "V-4"),
            input=Record({"calldata": Bytes(most=131_072)}),
            output=ACCEPTED,
            run=call,
            errors=(UnknownSelector, CalldataNotCanonical, RecordVersionMismatch),
        ),
    ),
    generators=cases.GENERATORS,
)
