"""Records that no machine reaches: the verifier answers or refuses, and never fails.

The record, the trees and the operands are drawn; only their hashes fit, so that every rule is
reached with numbers that validation would never let it see.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bisection.calldata import StepProof
from bisection.verifier.one_step import step, verify_call, verify_step
from bisection.verifier.source import MessageHead
from bisection.witness import WitnessRecorder, prove_step
from merkle import ZERO_HASH, ChannelsError, Hash32, OrderedMap, WordTree, chain_of, keccak256
from merkle.chain import push
from tests.bisection.machines import CODE, scenarios
from wasm_interp import State, Status, TrapCode
from wasm_interp import instructions as ins
from wasm_interp.instructions import INSTRUCTIONS, Family, Word
from wasm_interp.message import PAYLOAD_MAX
from wasm_interp.state import RECORD_BYTES

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

U64 = st.one_of(
    st.sampled_from([0, 1, 2, 3, 4, 31, 32, 33, 64, 79, 80, 81, 255, 1_023, 1_024, 1_025]),
    st.sampled_from([2**16 - 1, 2**16, 2**16 + 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 1]),
    st.integers(0, 2**64 - 1),
)
SMALL = st.integers(0, 100)
"""What gets past the checks of the rules of rows and messages."""
U32 = U64.map(lambda value: value & 2**32 - 1)
U16 = U64.map(lambda value: value & 2**16 - 1)
DEPTH = st.one_of(st.integers(0, 3), st.integers(0, 32))
LEAF = st.binary(min_size=32, max_size=32)
HASH = LEAF.map(Hash32)
ROWS = OrderedMap.from_rows([(bytes(32), b"zeros"), (b"\0", b""), (b"\1", b"1"), (b"z", b"2")])


def examples(count: int, *, nightly: int) -> settings:
    return settings(
        max_examples=nightly if NIGHTLY else count,
        derandomize=not NIGHTLY,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass
class Pretender:
    """Says what a recorder asks of a machine, without being one."""

    program: Any
    stack: list[int]
    below: Hash32
    link: tuple[Hash32, Hash32]
    frames: list[tuple[int, list[int]]]
    message: Any
    rows: OrderedMap
    trees: dict[str, WordTree] = field(default_factory=dict)

    def stack_chain(self, *, without: int = 0) -> Hash32:
        chain = self.below
        for value in self.stack[: len(self.stack) - without]:
            chain = push(chain, value.to_bytes(8, "big"))
        return chain

    def frame_link(self) -> tuple[Hash32, Hash32]:
        return self.link

    def memory_tree(self) -> WordTree:
        return self.trees["memory"]

    def globals_tree(self) -> WordTree:
        return self.trees["globals"]

    def locals_tree(self) -> WordTree:
        return self.trees["locals"]


@st.composite
def words(draw: st.DrawFn) -> Word:
    family = draw(st.sampled_from(Family))
    codes = sorted(code for code, row in INSTRUCTIONS.items() if row.family is family)
    row = INSTRUCTIONS[draw(st.sampled_from(codes))]
    a = min(draw(U64), row.a_max)
    return Word(row.code, max(a, row.code == ins.TRAP), min(draw(U64), row.b_max))


@st.composite
def trees(draw: st.DrawFn) -> WordTree:
    depth = draw(DEPTH)
    leaves = draw(st.dictionaries(st.integers(0, min(2**depth - 1, 70)), LEAF, max_size=3))
    return WordTree.zero(depth).with_leaves(leaves)


@st.composite
def hostile(draw: st.DrawFn) -> tuple[State, bytes, Pretender]:
    """Draw a record whose hashes fit what a pretender shows."""
    op = draw(words()).encode()
    code_depth = draw(DEPTH)
    pc = draw(U32) % (2 << code_depth)
    halves = [op, draw(st.binary(min_size=16, max_size=16))]
    leaf = b"".join(halves if pc % 2 == 0 else reversed(halves))
    code = WordTree.zero(code_depth).with_leaves({pc >> 1: leaf})
    memory, table, global_tree, local_tree = (draw(trees()) for _ in range(4))
    payload = draw(st.binary(max_size=40))
    length = draw(st.one_of(st.just(len(payload)), U32))
    head = MessageHead(draw(U64), draw(U32), length, keccak256(payload))
    # As many bytes as the length says, if it says no more than a payload may have.
    shown = payload.ljust(min(length, PAYLOAD_MAX), b"\0")[:length]
    return_pc, frame_depth = draw(U32), draw(st.integers(0, 8))
    link = (draw(HASH), draw(HASH))
    frame = b"".join((*link, return_pc.to_bytes(4, "big"), bytes([frame_depth])))
    pretender = Pretender(
        program=SimpleNamespace(code_tree=code, table_tree=table),
        stack=draw(st.one_of(st.lists(values, min_size=5, max_size=5) for values in (SMALL, U64))),
        below=draw(HASH),
        link=link,
        frames=[(return_pc, [0] * (4 << frame_depth))],
        message=SimpleNamespace(payload=shown, encode=head.encode),
        rows=draw(st.sampled_from([ROWS, OrderedMap()])),
        trees={"memory": memory, "globals": global_tree, "locals": local_tree},
    )
    state = State(
        status=Status.RUNNING,
        trap=TrapCode.NONE,
        result=0,
        pc=pc,
        fuel=draw(st.sampled_from([1, 513, 700, 2_100, 2**24, 2**32 - 1])),
        call_depth=draw(U16),
        memory_pages=draw(st.one_of(st.just(1), U16)),
        memory_max=draw(U16),
        table_length=draw(U16),
        code_depth=code_depth,
        memory_depth=memory.depth,
        table_depth=table.depth,
        globals_depth=global_tree.depth,
        locals_depth=local_tree.depth,
        stack=pretender.stack_chain(),
        frames=keccak256(frame),
        locals_root=local_tree.root,
        globals_root=global_tree.root,
        memory_root=memory.root,
        table_root=table.root,
        code_root=code.root,
        db_root=pretender.rows.root,
        message=keccak256(head.encode()),
    )
    return state, op, pretender


def outcome(call: Callable[[], State]) -> State | ChannelsError:
    try:
        return call()
    except ChannelsError as refusal:
        return refusal


@examples(700, nightly=30_000)
@given(hostile())
def test_a_hostile_record_is_answered_or_refused(case: tuple[State, bytes, Pretender]) -> None:
    state, op, pretender = case
    recorder = WitnessRecorder(pretender)  # type: ignore[arg-type]
    after = outcome(lambda: step(state, op, recorder))
    if isinstance(after, ChannelsError):
        again = outcome(lambda: verify_step(state.encode(), op, recorder.witness(), ZERO_HASH))
        assert type(again) is type(after)
        assert vars(again) == vars(after)
        return
    record = after.encode()
    assert State.decode(record) == after
    assert verify_step(state.encode(), op, recorder.witness(), after.hash()) == after


@examples(300, nightly=20_000)
@given(
    record=st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES),
    op=st.one_of(st.just(bytes(16)), st.binary(min_size=16, max_size=16)),
    witness=st.binary(max_size=600),
    well_formed=st.booleans(),
)
def test_any_bytes_are_answered_or_refused(
    record: bytes, op: bytes, witness: bytes, well_formed: bool
) -> None:
    if well_formed:
        record = bytes([0, 0]) + record[2:26] + bytes([1, 2, 0, 3, 1, 1]) + record[32:]
    with pytest.raises(ChannelsError):
        verify_step(record, op, witness, ZERO_HASH)


@examples(300, nightly=20_000)
@given(
    name=st.sampled_from(sorted(scenarios())),
    witness=st.binary(max_size=200),
    keep=st.integers(0, 1_500),
)
def test_any_witness_is_answered_or_refused(name: str, witness: bytes, keep: int) -> None:
    proof = prove_step(scenarios()[name], check=False)
    changed = replace(proof, witness=proof.witness[:keep] + witness)
    if changed != proof:
        with pytest.raises(ChannelsError):
            verify_call(changed.calldata())


# -- fields that wrap, V-18 ------------------------------------------------------------------------


def at_code(state: State, word: Word, *, pc: int, **facts: Any) -> tuple[State, bytes]:
    """Return ``state`` with ``word`` at ``pc`` of a code tree of depth 32, and its code path."""
    halves = [word.encode(), bytes(16)]
    leaf = b"".join(halves if pc % 2 == 0 else reversed(halves))
    tree = WordTree.zero(32).with_leaves({pc >> 1: leaf})
    path = bytes(16) + b"".join(tree.window(pc >> 1, 1).siblings)
    return replace(state, pc=pc, code_depth=32, code_root=tree.root, **facts), path


def reached(state: State, word: Word, witness: bytes) -> State:
    proof = StepProof(
        pre_state=state.encode(), op=word.encode(), witness=witness, post_state=ZERO_HASH
    )
    with pytest.raises(ChannelsError) as refusal:
        verify_call(proof.calldata())
    return verify_call(replace(proof, post_state=refusal.value.actual).calldata())  # type: ignore[attr-defined]


STATE = scenarios()["drop"].state()


def test_pc_wraps_to_0() -> None:
    word = Word(CODE["i32.const"], b=5)
    state, path = at_code(STATE, word, pc=2**32 - 1)
    assert reached(state, word, path).pc == 0


def test_a_jump_table_wraps() -> None:
    word = Word(ins.JUMP_TABLE, 2**32 - 1)
    operand = (2**32 - 2).to_bytes(8, "big")
    state, path = at_code(STATE, word, pc=2**32 - 1, stack=chain_of([operand]))
    assert reached(state, word, path + ZERO_HASH + operand).pc == 2**32 - 2


def test_the_frame_of_a_call_at_the_last_pc_returns_to_0() -> None:
    word = Word(ins.CALL, 9)
    state, path = at_code(STATE, word, pc=2**32 - 1)
    after = reached(state, word, path)
    frame = state.frames + state.locals_root + bytes(4) + bytes([state.locals_depth])
    assert after.frames == keccak256(frame)


def test_a_return_at_call_depth_0_wraps() -> None:
    word = Word(ins.RETURN)
    frame = bytes(range(69))
    state, path = at_code(STATE, word, pc=8, call_depth=0, frames=keccak256(frame))
    after = reached(state, word, path + frame)
    assert after.call_depth == 65_535
    assert (after.frames, after.locals_root) == (frame[:32], frame[32:64])
    assert (after.pc, after.locals_depth) == (int.from_bytes(frame[64:68], "big"), frame[68])


def test_memory_grows_to_no_more_than_the_record_can_say() -> None:
    word = Word(CODE["memory.grow"])
    for pages, delta, grown in ((1, 65_534, 65_535), (1, 65_535, 1), (65_535, 0, 65_535)):
        operand = delta.to_bytes(8, "big")
        state, path = at_code(
            STATE,
            word,
            pc=8,
            stack=chain_of([operand]),
            memory_pages=pages,
            memory_max=65_535,
        )
        after = reached(state, word, path + ZERO_HASH + operand)
        assert after.memory_pages == grown
        assert after.memory_depth == (27 if grown == 65_535 else 11)


def test_a_memory_deeper_than_its_pages_need_stays_so() -> None:
    word = Word(CODE["memory.grow"])
    operand = (1).to_bytes(8, "big")
    state, path = at_code(STATE, word, pc=8, stack=chain_of([operand]), memory_depth=32)
    after = reached(state, word, path + ZERO_HASH + operand)
    assert (after.memory_pages, after.memory_depth) == (2, 32)
    assert after.memory_root == state.memory_root
