"""Control: jumps, calls, and the two ways in which a machine stops.

Every rule here is the one of the same name in `wasm_interp.rules.control`. Those that jump set
``pc`` themselves.

Spec: docs/spec/instructions.md, I-7 to I-10; docs/spec/verifier.md, V-17. Mirror: ``Control.sol``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bisection.verifier.parts import open_frame, open_operands, open_slot
from bisection.verifier.source import Frame, Tree
from bisection.verifier.transition import U16_MASK, U32_MASK, next_pc
from merkle import keccak256, zero_root
from wasm_interp.rules.control import CALL_DEPTH_MAX
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, Status, TrapCode

if TYPE_CHECKING:
    from bisection.verifier.source import WitnessSource
    from wasm_interp.instructions import Word


def jump(state: State, word: Word, source: WitnessSource) -> State:
    """Go on at the target. Mirror: ``Control.sol:jump``."""
    return replace(state, pc=word.a)


def jump_if(state: State, word: Word, source: WitnessSource) -> State:
    """Pop a condition; go on at the target if it is not zero. Mirror: ``Control.sol:jumpIf``."""
    operands = open_operands(state, source, 1)
    [condition] = operands.values
    pc = word.a if condition != 0 else next_pc(state)
    return replace(state, pc=pc, stack=operands.previous)


def jump_unless(state: State, word: Word, source: WitnessSource) -> State:
    """Pop a condition; go on at the target if it is zero. Mirror: ``Control.sol:jumpUnless``."""
    operands = open_operands(state, source, 1)
    [condition] = operands.values
    pc = word.a if condition == 0 else next_pc(state)
    return replace(state, pc=pc, stack=operands.previous)


def jump_table(state: State, word: Word, source: WitnessSource) -> State:
    """Pop an index; go on at that jump of the row behind, or at its last.

    Spec: I-7. Mirror: ``Control.sol:jumpTable``.
    """
    operands = open_operands(state, source, 1)
    [index] = operands.values
    pc = state.pc + 1 + min(index, word.a) & U32_MASK
    return replace(state, pc=pc, stack=operands.previous)


def call(state: State, word: Word, source: WitnessSource) -> State:
    """Push a frame and go on at the target. Traps: `CALL_STACK_EXHAUSTED`.

    Spec: I-8, S-3. Mirror: ``Control.sol:call``.
    """
    return called(state, word.a)


def call_indirect(state: State, word: Word, source: WitnessSource) -> State:
    """Pop a table index and call the function there, if its type id is the immediate.

    Traps: `TABLE_OUT_OF_BOUNDS`, `NULL_TABLE_ENTRY`, `INDIRECT_CALL_TYPE_MISMATCH`,
    `CALL_STACK_EXHAUSTED`, in this order.

    Spec: I-8, S-4. Mirror: ``Control.sol:callIndirect``.
    """
    operands = open_operands(state, source, 1)
    [index] = operands.values
    if index >= state.table_length:
        raise Trap(TrapCode.TABLE_OUT_OF_BOUNDS)
    entry = open_slot(state, source, Tree.TABLE, index).value
    if entry == 0:
        raise Trap(TrapCode.NULL_TABLE_ENTRY)
    if entry >> 32 != word.a:
        raise Trap(TrapCode.INDIRECT_CALL_TYPE_MISMATCH)
    return replace(called(state, entry & U32_MASK), stack=operands.previous)


def called(state: State, target: int) -> State:
    """Return the state at ``target``, with a frame that leads back. Traps: `CALL_STACK_EXHAUSTED`.

    Spec: I-8, S-3. Mirror: ``Control.sol:called``.
    """
    if state.call_depth >= CALL_DEPTH_MAX:
        raise Trap(TrapCode.CALL_STACK_EXHAUSTED)
    frame = Frame(
        previous=state.frames,
        locals_root=state.locals_root,
        return_pc=next_pc(state),
        locals_depth=state.locals_depth,
    )
    return replace(
        state, pc=target, call_depth=state.call_depth + 1, frames=keccak256(frame.encode())
    )


def enter(state: State, word: Word, source: WitnessSource) -> State:
    """Give the function fresh locals, zeros. Spec: I-9. Mirror: ``Control.sol:enter``."""
    depth = word.a
    return replace(state, pc=next_pc(state), locals_root=zero_root(depth), locals_depth=depth)


def return_(state: State, word: Word, source: WitnessSource) -> State:
    """Pop a frame: restore the caller's locals and go on after its call.

    Spec: S-3, V-18. Mirror: ``Control.sol:return_``.
    """
    frame = open_frame(state, source)
    return replace(
        state,
        pc=frame.return_pc,
        call_depth=state.call_depth - 1 & U16_MASK,
        frames=frame.previous,
        locals_root=frame.locals_root,
        locals_depth=frame.locals_depth,
    )


def halt(state: State, word: Word, source: WitnessSource) -> State:
    """Stop, with the operand on top as the result, or with 0. ``pc`` stays.

    Spec: I-10. Mirror: ``Control.sol:halt``.
    """
    if word.a == 0:
        return replace(state, status=Status.HALTED, result=0)
    operands = open_operands(state, source, 1)
    [result] = operands.values
    return replace(state, status=Status.HALTED, result=result, stack=operands.previous)


def trap(state: State, word: Word, source: WitnessSource) -> State:
    """Trap with the code that the immediate is; fuel stays, even for `OUT_OF_FUEL`.

    Spec: S-9. Mirror: ``Control.sol:trap``.
    """
    raise Trap(TrapCode(word.a))
