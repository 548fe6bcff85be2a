"""Calls of the verifier that are refused: each part of a witness, of the record, of the claim.

Not here: honest steps (`conformance.corpus.steps`), which these are made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from bisection.calldata import NO_INSTRUCTION, StepProof
from bisection.errors import (
    MessageMismatch,
    OperandOutOfRange,
    PayloadMismatch,
    PostStateMismatch,
    UnexpectedInstruction,
    WitnessLengthMismatch,
)
from bisection.witness import prove_step
from conformance.corpus import proofs
from conformance.corpus.steps import (
    CODE,
    KEY,
    ROWS,
    StepCase,
    machines,
    standing,
)
from conformance.format import BugType, Flag, VectorSet
from merkle import Hash32, keccak256
from merkle.errors import (
    BitOnPath,
    ChainMismatch,
    ChannelsError,
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
from wasm_interp.errors import (
    PayloadTooLong,
    RecordVersionMismatch,
    ResultOutOfRange,
    StatusOutOfRange,
    TrapCodeOutOfRange,
)
from wasm_interp.instructions import Word
from wasm_interp.state import State, Status, TrapCode

CLAIM: Final = Flag(
    "claim", BugType.MISSING_CHECK, "The step leads to another state than the one claimed (V-8)."
)
RECORD: Final = Flag("record", BugType.MISSING_CHECK, "A record that there is not (V-4).")
INSTRUCTION: Final = Flag(
    "other_instruction", BugType.MISSING_CHECK, "Another instruction than the one at pc (V-5, V-6)."
)
WITNESS: Final = Flag(
    "wrong_witness",
    BugType.MISSING_CHECK,
    "A part of the witness is not the state's (V-9 to V-14).",
)
WITNESS_LENGTH: Final = Flag(
    "witness_length", BugType.MALLEABILITY, "The witness is longer or shorter than is read (V-3)."
)
OPERAND: Final = Flag(
    "operand_range", BugType.MISSING_CHECK, "An operand of more bits than its type has (V-16)."
)
ROW_PROOF: Final = Flag(
    "row_proof", BugType.MISSING_CHECK, "A wrong proof about rows within a witness (V-15)."
)
ORDER: Final = Flag(
    "order",
    BugType.WRONG_ORDER,
    "Two things are wrong; the error is that of the first (V-4 to V-8).",
)

Change = Callable[[StepProof], StepProof]


def _case(
    name: str,
    proof: StepProof,
    error: type[ChannelsError],
    flag: Flag,
    comment: str,
) -> StepCase:
    return StepCase(
        name=f"refused_{name}", proof=proof, comment=comment, flags=(flag,), error=error
    )


def _flipped(data: bytes, at: int) -> bytes:
    """Return ``data`` with one bit of the byte at ``at`` changed."""
    at %= len(data)
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def wrong_claims(kind: VectorSet) -> Iterator[StepCase]:
    """Yield claims of other states after honest steps, also of steps that trap or stay."""
    names = [
        *("i32.add", "call", "stopped halted", "stopped trapped", "stopped out of fuel"),
        *("i32.div_s by zero", "i32.store", "db.put insert", "db.get absent"),
        *("stopped pc outside", "no instruction", "channel.message_read", "memory.grow by 1"),
    ]
    for name in names if kind is VectorSet.FULL else names[:5]:
        proof = prove_step(machines()[name])
        wrong = replace(proof, post_state=Hash32(_flipped(proof.post_state, -1)))
        which = name.replace(".", "_").replace(" ", "_")
        comment = f"{name}: the last bit of the state after"
        yield _case(f"claim_{which}", wrong, PostStateMismatch, CLAIM, comment)
    yield from _plausible_claims()


def _plausible_claims() -> Iterator[StepCase]:
    """Yield the states that a verifier with one mistake would come to."""
    machine = machines()["i32.div_s by zero"].copy()
    before = machine.state()
    proof = prove_step(machine)
    machine.step()
    after = machine.state()
    for name, wrong, comment in (
        ("no_trap", before, "a trap changes nothing"),
        ("trap_pc", replace(after, pc=before.pc + 1), "a trap advances pc (S-9)"),
        ("trap_fuel", replace(after, fuel=before.fuel), "a trap takes no fuel (S-12)"),
        ("trap_no_fuel", replace(after, fuel=0), "a trap takes all fuel (S-12)"),
        (
            "trap_code",
            replace(after, trap=TrapCode.INTEGER_OVERFLOW),
            "the trap code of another cause",
        ),
        ("trap_status", replace(after, status=Status.HALTED), "a trap halts"),
        ("trap_result", replace(after, result=7), "a trap leaves a result"),
    ):
        claim = replace(proof, post_state=wrong.hash())
        yield _case(f"claim_{name}", claim, PostStateMismatch, CLAIM, comment)
    stopped = prove_step(machines()["stopped halted"])
    state = State.decode(stopped.pre_state)
    claim = replace(stopped, post_state=replace(state, fuel=state.fuel - 1).hash())
    comment = "a halted machine takes fuel (S-8)"
    yield _case("claim_halted_fuel", claim, PostStateMismatch, CLAIM, comment)


def wrong_records(kind: VectorSet) -> Iterator[StepCase]:
    """Yield records that there are not, and their order."""
    proof = prove_step(machines()["i32.add"])

    def with_bytes(*changes: tuple[int, int]) -> StepProof:
        record = bytearray(proof.pre_state)
        for at, value in changes:
            record[at] = value
        return replace(proof, pre_state=bytes(record))

    for name, changes, error, flag in (
        ("version_0", ((31, 0),), RecordVersionMismatch, RECORD),
        ("version_2", ((31, 2),), RecordVersionMismatch, RECORD),
        ("status_3", ((0, 3),), StatusOutOfRange, RECORD),
        ("trap_15", ((1, 15),), TrapCodeOutOfRange, RECORD),
        ("trap_while_running", ((1, 3),), TrapCodeOutOfRange, RECORD),
        ("result_while_running", ((9, 1),), ResultOutOfRange, RECORD),
        ("trap_before_result", ((1, 3), (9, 1)), TrapCodeOutOfRange, ORDER),
        *((f"depth_at_{at}", ((at, 33),), DepthOutOfRange, RECORD) for at in range(26, 31)),
        ("version_before_status", ((31, 2), (0, 3)), RecordVersionMismatch, ORDER),
        ("status_before_trap", ((0, 3), (1, 15)), StatusOutOfRange, ORDER),
        ("trap_before_depth", ((1, 15), (26, 33)), TrapCodeOutOfRange, ORDER),
        ("depth_before_status_stays", ((0, 1), (30, 255)), DepthOutOfRange, ORDER),
    ):
        changed = with_bytes(*changes)
        yield _case(f"record_{name}", changed, error, flag, "bytes of the record are changed")
    fields = (10, 14, 18, 40, 80, 120, 160, 200, 230, 300)
    for at in fields[:: 1 if kind is VectorSet.FULL else 4]:
        record = _flipped(proof.pre_state, at)
        name = f"record_byte_{at}"
        yield _case(
            name, replace(proof, pre_state=record), ChannelsError, RECORD, f"one bit of byte {at}"
        )


def wrong_instructions(_: VectorSet) -> Iterator[StepCase]:
    """Yield other instructions than the one at pc."""
    proof = prove_step(machines()["i32.add"])
    sub = Word(CODE["i32.sub"]).encode()
    other = INSTRUCTION
    for name, word, comment in (
        ("other", sub, "i32.sub for i32.add"),
        ("zero", NO_INSTRUCTION, "no instruction"),
        ("padding", _flipped(proof.op, 1), "a byte of padding is set"),
    ):
        changed = replace(proof, op=word)
        yield _case(f"op_{name}", changed, RootMismatch, other, comment)
    other_half, siblings = proof.witness[:16], proof.witness[16:]
    swapped = replace(proof, op=other_half, witness=proof.op + siblings)
    yield _case("op_of_the_pair", swapped, RootMismatch, other, "the other half of the code leaf")
    for name in ("stopped halted", "stopped trapped", "stopped out of fuel", "stopped pc outside"):
        stays = prove_step(machines()[name])
        which = name.replace(" ", "_")
        changed = replace(stays, op=sub)
        comment = f"{name}: an instruction where none is fetched"
        yield _case(f"op_{which}", changed, UnexpectedInstruction, other, comment)
        longer = replace(stays, witness=bytes(1))
        yield _case(
            f"witness_{which}", longer, WitnessLengthMismatch, WITNESS_LENGTH, "a witness of a byte"
        )


def wrong_witnesses(kind: VectorSet) -> Iterator[StepCase]:
    """Yield witnesses with one bit changed in each part, cut, and with bytes behind them."""
    # The code tree has depth 1: 16 bytes of the pair, 32 of a sibling; then the step's own parts.
    first = 48
    parts: list[tuple[str, int, type[ChannelsError]]] = [
        ("i32.add", 0, RootMismatch),
        ("i32.add", 16, RootMismatch),
        ("i32.add", first, ChainMismatch),
        ("i32.add", first + 32, ChainMismatch),
        ("return", first, ChainMismatch),
        ("return", first + 32, ChainMismatch),
        ("return", -1, ChainMismatch),
        ("local.get", first, RootMismatch),
        ("local.get", -1, RootMismatch),
        ("global.set", -1, RootMismatch),
        ("call_indirect", -1, RootMismatch),
        ("i32.load", -1, RootMismatch),
        ("i64.store", 100, RootMismatch),
        ("channel.turn", first, MessageMismatch),
        ("channel.sender", -1, MessageMismatch),
        ("channel.message_read", first + 56, MessageMismatch),
        ("channel.message_read", first + 56 + 48, PayloadMismatch),
        ("channel.message_read", -1, RootMismatch),
        ("db.get found", first + 64, RootMismatch),
        ("db.put update", -1, RootMismatch),
        ("db.delete present", -1, RootMismatch),
    ]
    for name, at, error in parts if kind is VectorSet.FULL else parts[::2]:
        proof = prove_step(machines()[name])
        wrong = replace(proof, witness=_flipped(proof.witness, at))
        which = f"{name}_{at if at >= 0 else 'last'}".replace(".", "_").replace(" ", "_")
        comment = f"{name}: one bit of the witness's byte {at}"
        yield _case(f"witness_{which}", wrong, error, WITNESS, comment)
    lengths: list[tuple[str, Callable[[bytes], bytes], type[ChannelsError]]] = [
        ("byte_more", lambda witness: witness + b"\0", WitnessLengthMismatch),
        ("word_more", lambda witness: witness + bytes(32), WitnessLengthMismatch),
        ("cut", lambda witness: witness[:-1], ChannelsError),
        ("empty", lambda _: b"", ChannelsError),
    ]
    cut = ("i32.add", "i32.const", "return", "i64.load", "db.put insert", "channel.turn")
    for name in cut if kind is VectorSet.FULL else cut[:2]:
        proof = prove_step(machines()[name])
        which = name.replace(".", "_").replace(" ", "_")
        for change, changed, error in lengths:
            wrong = replace(proof, witness=changed(proof.witness))
            yield _case(
                f"length_{which}_{change}", wrong, error, WITNESS_LENGTH, f"{name}: {change}"
            )
    both = prove_step(machines()["i32.add"])
    wrong = replace(both, witness=both.witness + b"\0", post_state=Hash32(bytes(32)))
    comment = "length and claim are wrong"
    yield _case("length_before_claim", wrong, WitnessLengthMismatch, ORDER, comment)
    wrong = replace(both, op=Word(0xE0).encode(), post_state=Hash32(bytes(32)))
    yield _case("op_before_claim", wrong, RootMismatch, ORDER, "instruction and claim are wrong")


def made_up_states(_: VectorSet) -> Iterator[StepCase]:
    """Yield records that no run reaches: nobody agrees to them, and no witness saves them."""
    for name, operands, comment in (
        ("lower", (2**32, 1), "the lower operand of i32.add has 33 bits"),
        ("upper", (1, 2**64 - 1), "the upper operand of i32.add has 64 bits"),
    ):
        proof = _with_operands(prove_step(machines()["i32.add"]), operands)
        yield _case(f"operand_{name}", proof, OperandOutOfRange, OPERAND, comment)
    proof = prove_step(machines()["i32.div_s by zero"])
    wrong = _with_operands(proof, (2**32, 0))
    comment = "an operand of 33 bits and a division by zero"
    yield _case("operand_before_trap", wrong, OperandOutOfRange, ORDER, comment)
    beyond = standing(Word(CODE["local.get"], 16), (42,))
    beyond.locals += [0] * 16
    proof = prove_step(beyond)
    state = State.decode(proof.pre_state)
    shallow = replace(state, locals_depth=2).encode()
    comment = "a local beyond the tree of locals"
    yield _case(
        "local_beyond", replace(proof, pre_state=shallow), WindowOutOfRange, WITNESS, comment
    )
    proof = prove_step(machines()["channel.message_read"])
    yield _case("payload_length", _with_long_message(proof), PayloadTooLong, WITNESS, "4,097 bytes")


def _with_operands(proof: StepProof, operands: tuple[int, ...]) -> StepProof:
    """Return the proof of a binary instruction with other operands, the stack made to fit."""
    items = [value.to_bytes(8, "big") for value in operands]
    previous = proof.witness[48:80]
    chain = Hash32(previous)
    for item in items:
        chain = keccak256(chain + item)
    state = replace(State.decode(proof.pre_state), stack=chain)
    witness = proof.witness[:80] + b"".join(items)
    return replace(proof, pre_state=state.encode(), witness=witness)


def _with_long_message(proof: StepProof) -> StepProof:
    """Return the proof of a message read with a message that claims 4,097 bytes."""
    at = 48 + 32 + 24
    message = bytearray(proof.witness[at : at + 48])
    message[12:16] = (4_097).to_bytes(4, "big")
    state = replace(State.decode(proof.pre_state), message=keccak256(bytes(message)))
    witness = proof.witness[:at] + bytes(message) + proof.witness[at + 48 :]
    return replace(proof, pre_state=state.encode(), witness=witness)


# -- proofs about rows within a witness ------------------------------------------------------------


def _row_proof_at(operands: int, *, has_key: bool) -> int:
    """Return where the row proof begins: behind code, operands, and the key's window."""
    # A key lies in leaves 0 and 1 of a memory tree of depth 11; an empty one has no window.
    leaves, siblings = (2, 10) if has_key else (0, 0)
    return 48 + 32 + 8 * operands + 32 * (leaves + siblings)


def wrong_row_proofs(_: VectorSet) -> Iterator[StepCase]:
    """Yield witnesses whose proof about rows is wrong, one for each way to be wrong."""
    near = proofs.path_of(ROWS, KEY)
    far = proofs.path_of(ROWS, b"a")
    kind, none = bytes((9,)), proofs.EMPTY_MAP
    get = ("db.get found", 4)
    delete, seek = ("db.delete present", 2), ("db.seek equal", 5)
    foreign = b"\x5a" * 32
    for name, (step, operands), part, error, comment in (
        ("kind", get, kind, ProofKindOutOfRange, "a proof of kind 9"),
        ("kind_seek", seek, bytes((5,)), ProofKindOutOfRange, "a seek's proof of kind 5"),
        ("not_empty", get, none, MapNotEmpty, "the map has five rows"),
        ("not_empty_seek", seek, none, MapNotEmpty, "the map has five rows"),
        ("value_too_long", get, b"\1\x04\x01", ValueTooLong, "a value of 1,025 bytes"),
        ("row_key", get, b"\2\0", KeyLengthOutOfRange, "a row with an empty key"),
        ("row_key_81", delete, b"\2\x51", KeyLengthOutOfRange, "a row with a key of 81 bytes"),
        ("shows_itself", get, proofs.beside(near), KeyPresent, "the row itself, as absent"),
        ("beside_another", get, proofs.beside(far), BitOnPath, "a row that parts on its path"),
        (
            "descent",
            get,
            proofs.member(b"x", [(9_999, foreign)]),
            PathNotDescending,
            "a bit that the key has not",
        ),
        ("order", seek, proofs.beside(far), KeyOutOfOrder, "a first row before the query"),
        (
            "edge",
            ("db.seek first", 5),
            proofs.beside(near),
            RowNotAtEdge,
            "a row that is not the first",
        ),
        ("delete_another", delete, proofs.beside(far), BitOnPath, "deleted as absent"),
    ):
        proof = prove_step(machines()[step])
        at = _row_proof_at(operands, has_key=step != "db.seek first")
        wrong = replace(proof, witness=proof.witness[:at] + part)
        yield _case(f"rows_{name}", wrong, error, ROW_PROOF, f"{step}: {comment}")


GENERATORS: Final = (
    wrong_claims,
    wrong_records,
    wrong_instructions,
    wrong_witnesses,
    made_up_states,
    wrong_row_proofs,
)
