"""Why the verifier refuses: every error, and which comes first."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from bisection import errors
from bisection.calldata import SELECTOR, StepProof
from bisection.errors import (
    CalldataNotCanonical,
    MessageMismatch,
    OperandOutOfRange,
    PayloadMismatch,
    PostStateMismatch,
    UnexpectedInstruction,
    UnknownSelector,
    VerifierError,
    WitnessLengthMismatch,
)
from bisection.verifier.one_step import step, verify_call, verify_step
from bisection.verifier.source import MESSAGE_HEAD_BYTES
from bisection.witness import WitnessRecorder, instruction_word, prove_step
from merkle import ZERO_HASH, ChannelsError, Hash32, keccak256
from merkle.errors import (
    ChainMismatch,
    DepthOutOfRange,
    MapNotEmpty,
    ProofKindOutOfRange,
    RootMismatch,
    ValueTooLong,
    WindowOutOfRange,
    WordLengthMismatch,
)
from tests.bisection.machines import CODE, MESSAGE, scenarios, standing
from wasm_interp import Machine, State
from wasm_interp.errors import (
    PayloadTooLong,
    RecordLengthMismatch,
    RecordVersionMismatch,
    ResultOutOfRange,
    StatusOutOfRange,
    TrapCodeOutOfRange,
)
from wasm_interp.instructions import Word

CODE_PATH = 16 + 32
"""Bytes of a witness that fetch the instruction: the code of every scenario has two leaves."""
OPERANDS = CODE_PATH
"""Where the operands' part begins: 32 bytes of ``previous`` first."""


def proof_of(name: str) -> StepProof:
    return prove_step(scenarios()[name])


def flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


Error = TypeVar("Error", bound=ChannelsError)


def refused(error: type[Error], proof: StepProof, **changes: Any) -> Error:
    """Return the error with which the changed proof is refused, as bytes and as calldata."""
    changed = replace(proof, **changes)
    with pytest.raises(error) as as_call:
        verify_call(changed.calldata())
    with pytest.raises(error) as refusal:
        verify_step(changed.pre_state, changed.op, changed.witness, changed.post_state)
    assert type(refusal.value) is type(as_call.value) is error
    assert vars(refusal.value) == vars(as_call.value)
    return refusal.value


# -- the sentences ---------------------------------------------------------------------------------

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, VerifierError) and found is not VerifierError
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_sentences_name_every_fact(error: type[VerifierError]) -> None:
    facts = {field.name: f"<{field.name}>" for field in dataclasses.fields(error)}
    shown = str(error(**facts))
    assert all(fact in shown for fact in facts.values())


# -- the record ------------------------------------------------------------------------------------


def test_a_record_of_another_length_is_refused() -> None:
    proof = proof_of("drop")
    for length in (0, 319, 321):
        record = proof.pre_state.ljust(321, b"\0")[:length]
        with pytest.raises(RecordLengthMismatch) as refusal:
            verify_step(record, proof.op, proof.witness, proof.post_state)
        assert refusal.value.actual == length


def test_an_instruction_of_another_length_is_refused() -> None:
    proof = proof_of("drop")
    for op in (proof.op[:15], proof.op + b"\0", b""):
        with pytest.raises(CalldataNotCanonical):
            verify_step(proof.pre_state, op, proof.witness, proof.post_state)


def test_a_claim_that_is_no_hash_is_refused() -> None:
    proof = proof_of("drop")
    with pytest.raises(WordLengthMismatch):
        verify_step(proof.pre_state, proof.op, proof.witness, Hash32(proof.post_state + b"\0"))


def test_a_record_of_another_version_is_refused() -> None:
    proof = proof_of("drop")
    error = refused(RecordVersionMismatch, proof, pre_state=flipped(proof.pre_state, 31, 3))
    assert error.actual == 2


def test_a_status_that_there_is_not_is_refused() -> None:
    proof = proof_of("drop")
    assert refused(StatusOutOfRange, proof, pre_state=flipped(proof.pre_state, 0, 3)).status == 3


def test_a_trap_code_that_there_is_not_is_refused() -> None:
    proof = proof_of("drop")
    assert refused(TrapCodeOutOfRange, proof, pre_state=flipped(proof.pre_state, 1, 15)).code == 15


def test_a_trap_code_that_is_not_the_status_s_is_refused() -> None:
    running, trapped = proof_of("drop"), proof_of("stopped: trapped")
    code = running.pre_state[:1] + b"\3" + running.pre_state[2:]
    assert refused(TrapCodeOutOfRange, running, pre_state=code).code == 3
    none = trapped.pre_state[:1] + b"\0" + trapped.pre_state[2:]
    assert refused(TrapCodeOutOfRange, trapped, pre_state=none).code == 0


@pytest.mark.parametrize("name", ["drop", "stopped: trapped"])
def test_a_result_of_a_machine_that_has_not_halted_is_refused(name: str) -> None:
    proof = proof_of(name)
    result = proof.pre_state[:2] + (77).to_bytes(8, "big") + proof.pre_state[10:]
    assert refused(ResultOutOfRange, proof, pre_state=result).result == 77


@pytest.mark.parametrize("at", range(26, 31))
def test_a_depth_above_32_is_refused(at: int) -> None:
    proof = proof_of("stopped: halted")
    deepest = proof.pre_state[:at] + bytes([32]) + proof.pre_state[at + 1 :]
    # Of a machine that has stopped no tree is looked at, so a depth of 32 is as good as another.
    post_state = keccak256(deepest)
    assert verify_call(replace(proof, pre_state=deepest, post_state=post_state).calldata())
    too_deep = proof.pre_state[:at] + bytes([33]) + proof.pre_state[at + 1 :]
    assert refused(DepthOutOfRange, proof, pre_state=too_deep).depth == 33


def test_the_first_depth_of_the_record_is_the_one_refused() -> None:
    proof = proof_of("drop")
    for at in range(26, 31):
        depths = bytes(at - 26) + bytes(range(100 + at, 131))
        record = proof.pre_state[:26] + depths + proof.pre_state[31:]
        assert refused(DepthOutOfRange, proof, pre_state=record).depth == 100 + at


# -- steps without an instruction ------------------------------------------------------------------

NO_FETCH = [name for name in scenarios() if name.startswith("stopped")]


@pytest.mark.parametrize("name", NO_FETCH)
def test_an_instruction_where_none_is_fetched_is_refused(name: str) -> None:
    proof = proof_of(name)
    assert (proof.op, proof.witness) == (bytes(16), b"")
    op = Word(CODE["drop"]).encode()
    assert refused(UnexpectedInstruction, proof, op=op).op == op
    # Nor does a witness make it good.
    assert refused(UnexpectedInstruction, proof, op=op, witness=bytes(48)).op == op


@pytest.mark.parametrize("name", NO_FETCH)
def test_a_witness_where_nothing_is_read_is_refused(name: str) -> None:
    error = refused(WitnessLengthMismatch, proof_of(name), witness=b"\0")
    assert (error.expected, error.actual) == (0, 1)


# -- fetch -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 15, 16, 47])
def test_a_code_path_that_leads_elsewhere_is_refused(at: int) -> None:
    proof = proof_of("drop")
    error = refused(RootMismatch, proof, witness=flipped(proof.witness, at))
    assert error.expected == State.decode(proof.pre_state).code_root != error.actual


def test_another_instruction_is_refused() -> None:
    proof = proof_of("i32.add")
    refused(RootMismatch, proof, op=Word(CODE["i32.sub"]).encode())


def test_the_instruction_beside_it_is_refused() -> None:
    # pc 1 is the second half of its leaf. With the halves exchanged, the leaf is another.
    proof = proof_of("drop")
    refused(RootMismatch, proof, op=proof.witness[:16], witness=proof.op + proof.witness[16:])


# -- chains ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 31, 32, 39, 40, 47])
def test_operands_that_are_not_on_the_stack_are_refused(at: int) -> None:
    proof = proof_of("i32.add")
    error = refused(ChainMismatch, proof, witness=flipped(proof.witness, OPERANDS + at))
    assert error.expected == State.decode(proof.pre_state).stack != error.actual


def test_operands_in_another_order_are_refused() -> None:
    proof = proof_of("i32.sub")
    head, lower, upper = proof.witness[:80], proof.witness[80:88], proof.witness[88:]
    refused(ChainMismatch, proof, witness=head + upper + lower)


def test_an_empty_stack_has_no_operands() -> None:
    machine = scenarios()["drop"].copy()
    machine.stack = []
    proof = replace(proof_of("drop"), pre_state=machine.state().encode())
    assert refused(ChainMismatch, proof).expected == ZERO_HASH


@pytest.mark.parametrize("at", [0, 32, 64, 68])
def test_another_frame_is_refused(at: int) -> None:
    proof = proof_of("return")
    error = refused(ChainMismatch, proof, witness=flipped(proof.witness, CODE_PATH + at))
    assert error.expected == State.decode(proof.pre_state).frames != error.actual


# -- operands --------------------------------------------------------------------------------------


def attempt(machine: Machine) -> StepProof:
    """Return the proof that a prover would make who does not check what he proves."""
    recorder = WitnessRecorder(machine)
    op = instruction_word(machine)
    with pytest.raises(ChannelsError):
        step(machine.state(), op, recorder)
    return StepProof(
        pre_state=machine.state().encode(),
        op=op,
        witness=recorder.witness(),
        post_state=ZERO_HASH,
    )


@pytest.mark.parametrize(
    ("name", "stack", "operand"),
    [
        ("i32.clz", (2**32,), 2**32),
        ("i64.extend_i32_s", (2**63,), 2**63),
        ("i32.add", (2**32, 2**33), 2**32),
        ("i32.add", (2**32 - 1, 2**33), 2**33),
        # The range comes before the rule's own checks.
        ("i32.div_u", (2**32, 0), 2**32),
    ],
)
def test_an_operand_of_too_many_bits_is_refused(
    name: str, stack: tuple[int, ...], operand: int
) -> None:
    error = refused(OperandOutOfRange, attempt(standing(Word(CODE[name]), stack)))
    assert (error.operand, error.bits) == (operand, 32)


def test_operands_of_64_bits_have_no_more() -> None:
    machine = standing(Word(CODE["i32.wrap_i64"]), (2**64 - 1,))
    assert verify_call(prove_step(machine).calldata())
    machine = standing(Word(CODE["i64.and"]), (2**64 - 1, 2**64 - 1))
    assert verify_call(prove_step(machine).calldata())


# -- windows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "at", "root"),
    [
        ("local.get", CODE_PATH, "locals_root"),
        ("local.set", CODE_PATH + 40, "locals_root"),
        ("global.get", CODE_PATH + 32, "globals_root"),
        ("global.set", CODE_PATH + 40 + 63, "globals_root"),
        ("i32.load", CODE_PATH + 40, "memory_root"),
        ("i64.store", CODE_PATH + 48 + 383, "memory_root"),
        ("db.get: found", CODE_PATH + 64 + 63, "memory_root"),
    ],
)
def test_a_window_that_leads_elsewhere_is_refused(name: str, at: int, root: str) -> None:
    proof = proof_of(name)
    error = refused(RootMismatch, proof, witness=flipped(proof.witness, at))
    assert error.expected == getattr(State.decode(proof.pre_state), root) != error.actual


def test_the_table_is_looked_at_where_the_index_says() -> None:
    proof = proof_of("call_indirect")
    refused(RootMismatch, proof, witness=flipped(proof.witness, CODE_PATH + 40))


@pytest.mark.parametrize(
    ("name", "word", "facts"),
    [
        ("local.get", Word(CODE["local.get"], 16), (4, 1, 2)),
        ("local.tee", Word(CODE["local.tee"], 2**32 - 1), (2**30 - 1, 1, 2)),
        ("global.set", Word(CODE["global.set"], 8), (2, 1, 1)),
    ],
)
def test_an_index_outside_its_tree_is_refused(
    name: str, word: Word, facts: tuple[int, int, int]
) -> None:
    error = refused(WindowOutOfRange, attempt(standing(word, (1,))))
    assert (error.index, error.count, error.depth) == facts


def test_a_buffer_outside_the_tree_of_memory_is_refused() -> None:
    # The record has more pages than its tree can hold, as none that a machine reaches.
    proof = proof_of("i32.load: beyond the end")
    record = proof.pre_state[:20] + bytes([0, 2]) + proof.pre_state[22:]
    error = refused(WindowOutOfRange, proof, pre_state=record)
    assert (error.index, error.count, error.depth) == (2_047, 2, 11)


# -- rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["db.get: found", "db.put: update", "db.seek: equal"])
def test_a_kind_of_row_proof_that_there_is_not_is_refused(name: str) -> None:
    proof = proof_of(name)
    at = len(proof.witness) - len(row_proof(name))
    assert proof.witness[at] in {1, 2}
    witness = proof.witness[:at] + b"\x05" + proof.witness[at + 1 :]
    assert refused(ProofKindOutOfRange, proof, witness=witness).kind == 5


def row_proof(name: str) -> bytes:
    """Return what follows in a witness from the row proof on."""
    recorder = Noting(scenarios()[name])
    step(scenarios()[name].state(), instruction_word(scenarios()[name]), recorder)
    return recorder.witness()[recorder.row_proof_at :]


class Noting(WitnessRecorder):
    """A recorder that notes where the row proof begins."""

    row_proof_at = 0

    def get_proof(self, key: bytes) -> Any:
        self.row_proof_at = len(self.witness())
        return super().get_proof(key)

    def put_proof(self, key: bytes) -> Any:
        self.row_proof_at = len(self.witness())
        return super().put_proof(key)

    def seek_proof(self, query: bytes, *, strict: bool) -> Any:
        self.row_proof_at = len(self.witness())
        return super().seek_proof(query, strict=strict)


def test_rows_are_not_absent_because_a_proof_says_so() -> None:
    proof = proof_of("db.get: found")
    before = proof.witness[: len(proof.witness) - len(row_proof("db.get: found"))]
    error = refused(MapNotEmpty, proof, witness=before + b"\0")
    assert error.root == State.decode(proof.pre_state).db_root


def test_a_value_that_no_row_has_is_refused_before_it_is_read() -> None:
    proof = proof_of("db.get: found")
    before = proof.witness[: len(proof.witness) - len(row_proof("db.get: found"))]
    assert refused(ValueTooLong, proof, witness=before + b"\1\x04\x01").length == 1_025


def test_another_value_is_refused() -> None:
    proof = proof_of("db.get: found")
    at = len(proof.witness) - len(row_proof("db.get: found"))
    error = refused(RootMismatch, proof, witness=flipped(proof.witness, at + 3))
    assert error.expected == State.decode(proof.pre_state).db_root


# -- the message -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["channel.message_size", "channel.sender", "channel.turn", "channel.message_read"]
)
def test_another_message_is_refused(name: str) -> None:
    proof = proof_of(name)
    head = proof.witness.index(MESSAGE.encode())
    for at in range(MESSAGE_HEAD_BYTES):
        error = refused(MessageMismatch, proof, witness=flipped(proof.witness, head + at))
        assert error.expected == MESSAGE.hash() != error.actual


def test_another_payload_is_refused() -> None:
    proof = proof_of("channel.message_read")
    start = proof.witness.index(MESSAGE.payload)
    for at in (0, 3, 69):
        error = refused(PayloadMismatch, proof, witness=flipped(proof.witness, start + at))
        assert error.expected == keccak256(MESSAGE.payload) != error.actual


def test_a_payload_longer_than_any_is_refused_before_it_is_read() -> None:
    proof = proof_of("channel.message_read")
    head = proof.witness.index(MESSAGE.encode())
    for length in (4_097, 2**32 - 1):
        message = MESSAGE.encode()[:12] + length.to_bytes(4, "big") + MESSAGE.encode()[16:]
        error = refused(
            PayloadTooLong,
            proof,
            pre_state=proof.pre_state[:288] + keccak256(message),
            witness=proof.witness[:head] + message + proof.witness[head + 48 :],
        )
        assert (error.length, error.limit) == (length, 4_096)


# -- the end ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["jump", "local.tee", "db.get: found", "channel.message_read"])
def test_more_than_the_step_reads_is_refused(name: str) -> None:
    proof = proof_of(name)
    length = len(proof.witness)
    error = refused(WitnessLengthMismatch, proof, witness=proof.witness + b"\0")
    assert (error.expected, error.actual) == (length, length + 1)


def test_zeros_left_off_at_the_end_are_refused() -> None:
    # Beyond its end a witness reads as zeros, so everything fits but the length.
    machine = standing(Word(CODE["drop"]), (0,))
    proof = prove_step(machine)
    for shorter in range(1, 9):
        error = refused(WitnessLengthMismatch, proof, witness=proof.witness[:-shorter])
        assert (error.expected, error.actual) == (88, 88 - shorter)


def test_what_is_behind_a_trap_is_no_part_of_the_witness() -> None:
    whole = proof_of("i32.load")
    trap = proof_of("i32.load: beyond the end")
    rest = whole.witness[len(trap.witness) :]
    assert len(trap.witness) == CODE_PATH + 40
    error = refused(WitnessLengthMismatch, trap, witness=trap.witness + rest)
    assert error.expected == len(trap.witness)


@pytest.mark.parametrize("name", ["drop", "stopped: halted", "trap: unreachable"])
def test_another_end_is_refused(name: str) -> None:
    proof = proof_of(name)
    claim = Hash32(flipped(proof.post_state, 31))
    error = refused(PostStateMismatch, proof, post_state=claim)
    assert (error.expected, error.actual) == (claim, proof.post_state)


# -- which comes first -----------------------------------------------------------------------------


def test_the_first_failure_is_the_error() -> None:
    good = proof_of("channel.message_read")
    head = good.witness.index(MESSAGE.encode())
    payload = good.witness.index(MESSAGE.payload)
    # Everything is wrong at once; then it is mended, one thing at a time, from the beginning.
    broken = {0: 9, 1: 99, 26: 33, 27: 34, 31: 7}
    record = bytes(broken.get(at, byte) for at, byte in enumerate(good.pre_state))
    witness = good.witness
    for at in (0, OPERANDS, head, payload, payload + 70):
        witness = flipped(witness, at)
    proof = replace(good, pre_state=record, witness=witness + b"\0", post_state=Hash32(bytes(32)))
    calldata = bytearray(flipped(proof.calldata(), 0))
    calldata[4] = 1
    with pytest.raises(UnknownSelector):
        verify_call(bytes(calldata))
    calldata[:4] = SELECTOR
    with pytest.raises(CalldataNotCanonical):
        verify_call(bytes(calldata))
    for at, error in (
        (31, RecordVersionMismatch),
        (0, StatusOutOfRange),
        (1, TrapCodeOutOfRange),
        (26, DepthOutOfRange),
        (27, DepthOutOfRange),
    ):
        refused(error, proof)
        mended = proof.pre_state[:at] + good.pre_state[at : at + 1] + proof.pre_state[at + 1 :]
        proof = replace(proof, pre_state=mended)
    for at, error in (
        (0, RootMismatch),
        (OPERANDS, ChainMismatch),
        (head, MessageMismatch),
        (payload, PayloadMismatch),
        (payload + 70, RootMismatch),
    ):
        refused(error, proof)
        proof = replace(proof, witness=flipped(proof.witness, at))
    refused(WitnessLengthMismatch, proof)
    proof = replace(proof, witness=good.witness)
    refused(PostStateMismatch, proof)
    assert verify_call(replace(proof, post_state=good.post_state).calldata())
