"""Witnesses: the proof of a machine's next step, made from the machine itself.

The prover runs the verifier's own rules, on a source that takes each part asked for from a machine
and writes it down. So a witness is by construction what the verifier reads, in its order, and a
part that did not belong to the state would be refused here first.

Cost. A proof takes about as long as its verification, and what `Machine.state` needs to bring the
roots up to date: little after few steps, the hashes of all that changed after many. The check
against the reference machine copies the machine, its memory included; `prove_steps` needs no copy,
because it takes the steps itself.

Spec: docs/spec/verifier.md, V-9 to V-17. Mirror: none, contracts make no witnesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bisection.calldata import NO_INSTRUCTION, StepProof
from bisection.verifier.one_step import step
from bisection.verifier.source import CodePath, Frame, MessageHead, Operands, Tree
from merkle.proof_bytes import (
    encode_delete,
    encode_get,
    encode_put,
    encode_seek,
    encode_window,
)
from wasm_interp.commitments import u64_depth
from wasm_interp.instructions import WORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from merkle import Window, WordTree
    from merkle.map_proofs import DeleteProof, GetProof, PutProof
    from merkle.seek_proofs import SeekProof
    from wasm_interp.machine import Machine
    from wasm_interp.state import State


def prove_step(machine: Machine, *, check: bool = True) -> StepProof:
    """Return the proof of the step that ``machine`` is about to take, without taking it.

    The machine may stand anywhere: nothing is replayed. With ``check``, a copy takes the step too,
    and must come to the same state.

    Spec: V-1, V-17.
    """
    proof, after = _prove(machine, machine.state())
    if check:
        reference = machine.copy()
        reference.step()
        assert reference.state() == after, f"the verifier and the machine differ: {proof}"
    return proof


def prove_steps(machine: Machine, steps: int | None = None) -> Iterator[StepProof]:
    """Take ``steps`` steps with ``machine``, or run it to its end; yield the proof of each.

    When a proof is yielded, its step has been taken. A machine that has stopped steps to itself:
    ``steps`` are taken even so, and each has its proof (S-8).

    Spec: V-1, V-17.
    """
    before = machine.state()
    taken = 0
    while machine.running if steps is None else taken < steps:
        proof, after = _prove(machine, before)
        machine.step()
        taken += 1
        before = machine.state()
        assert before == after, f"the verifier and the machine differ: {proof}"
        yield proof


def _prove(machine: Machine, before: State) -> tuple[StepProof, State]:
    """Return the proof of the next step of ``machine``, now in ``before``, and the state after."""
    op = instruction_word(machine)
    recorder = WitnessRecorder(machine)
    after = step(before, op, recorder)
    proof = StepProof(
        pre_state=before.encode(), op=op, witness=recorder.witness(), post_state=after.hash()
    )
    return proof, after


def instruction_word(machine: Machine) -> bytes:
    """Return the ``op`` of the machine's next step: zero if it fetches none. Spec: V-5."""
    code = machine.program.code_tree
    if not machine.running or machine.fuel == 0 or machine.pc >= 2 << code.depth:
        return NO_INSTRUCTION
    own, _ = _halves(code.leaf(machine.pc >> 1), machine.pc)
    return own


def _halves(leaf: bytes, pc: int) -> tuple[bytes, bytes]:
    """Return the instruction at ``pc`` and the other one of its leaf. Spec: M-8."""
    first, second = leaf[:WORD_BYTES], leaf[WORD_BYTES:]
    return (second, first) if pc & 1 else (first, second)


class WitnessRecorder:
    """The source that a prover has: a machine. What it hands out, it writes down."""

    __slots__ = ("_machine", "_parts")

    def __init__(self, machine: Machine) -> None:
        """Hand out parts of the state that ``machine`` is in."""
        self._machine = machine
        self._parts: list[bytes] = []

    def witness(self) -> bytes:
        """Return the parts handed out so far, as the verifier will read them."""
        return b"".join(self._parts)

    def code_path(self, pc: int, *, depth: int) -> CodePath:
        """Hand out the rest of the code leaf at ``pc``. Spec: V-6."""
        window = self._machine.program.code_tree.window(pc >> 1, 1)
        _, other_half = _halves(window.leaves[0], pc)
        self._parts += (other_half, *window.siblings)
        return CodePath(other_half, window.siblings)

    def operands(self, count: int) -> Operands:
        """Hand out the operands on top. Spec: V-9."""
        previous = self._machine.stack_chain(without=count)
        values = tuple(self._machine.stack[-count:])
        self._parts += (previous, *(value.to_bytes(8, "big") for value in values))
        return Operands(previous, values)

    def frame(self) -> Frame:
        """Hand out the frame on top. Spec: V-12."""
        previous, locals_root = self._machine.frame_link()
        return_pc, values = self._machine.frames[-1]
        frame = Frame(previous, locals_root, return_pc, u64_depth(values))
        self._parts.append(frame.encode())
        return frame

    def message(self) -> MessageHead:
        """Hand out the message. Spec: V-13."""
        data = self._machine.message.encode()
        self._parts.append(data)
        return MessageHead.decode(data)

    def payload(self, length: int) -> bytes:
        """Hand out the message's payload. Spec: V-14."""
        payload = self._machine.message.payload
        self._parts.append(payload)
        return payload

    def window(self, tree: Tree, *, index: int, count: int, depth: int) -> Window:
        """Hand out a window. Spec: V-10."""
        window = self._tree(tree).window(index, count)
        self._parts.append(encode_window(window))
        return window

    def _tree(self, tree: Tree) -> WordTree:
        match tree:
            case Tree.MEMORY:
                return self._machine.memory_tree()
            case Tree.TABLE:
                return self._machine.program.table_tree
            case Tree.GLOBALS:
                return self._machine.globals_tree()
            case Tree.LOCALS:
                return self._machine.locals_tree()

    def get_proof(self, key: bytes) -> GetProof:
        """Hand out what the rows have at ``key``. Spec: M-37."""
        proof = self._machine.rows.prove_get(key)
        self._parts.append(encode_get(proof))
        return proof

    def put_proof(self, key: bytes) -> PutProof:
        """Hand out where a row of ``key`` is, or will be. Spec: M-38."""
        proof = self._machine.rows.prove_put(key)
        self._parts.append(encode_put(proof))
        return proof

    def delete_proof(self, key: bytes) -> DeleteProof:
        """Hand out where the row of ``key`` is, or why there is none. Spec: M-39."""
        proof = self._machine.rows.prove_delete(key)
        self._parts.append(encode_delete(proof))
        return proof

    def seek_proof(self, query: bytes, *, strict: bool) -> SeekProof:
        """Hand out what comes at ``query`` or after it. Spec: M-40."""
        proof = self._machine.rows.prove_seek(query, strict)
        self._parts.append(encode_seek(proof))
        return proof

    def seek_back_proof(self, query: bytes, *, strict: bool) -> SeekProof:
        """Hand out what comes at ``query`` or before it. Spec: M-40."""
        proof = self._machine.rows.prove_seek_back(query, strict)
        self._parts.append(encode_seek(proof))
        return proof
