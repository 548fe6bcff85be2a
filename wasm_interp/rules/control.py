"""Control: jumps, calls, and the two ways in which a machine stops.

Structured control is gone: lowering made it jumps (docs/spec/lowering.md). These rules set ``pc``
themselves; all other instructions go on to ``pc + 1``.

Spec: docs/spec/instructions.md, I-3, I-7 to I-10. Mirror: ``Control.sol``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wasm_interp.profile import PROFILE_V1
from wasm_interp.rules.trap import Trap
from wasm_interp.state import Status, TrapCode

if TYPE_CHECKING:
    from wasm_interp.machine import Machine

CALL_DEPTH_MAX: Final = PROFILE_V1.call_depth_max


def jump(m: Machine, target: int) -> None:
    """Go on at ``target``."""
    m.pc = target


def jump_if(m: Machine, target: int) -> None:
    """Pop a condition; go on at ``target`` if it is not zero."""
    m.pc = target if m.stack.pop() else m.pc + 1


def jump_unless(m: Machine, target: int) -> None:
    """Pop a condition; go on at ``target`` if it is zero."""
    m.pc = m.pc + 1 if m.stack.pop() else target


def jump_table(m: Machine, last: int) -> None:
    """Pop an index; go on at the jump of that index in the row of ``last + 1`` jumps that follows.

    An index beyond the row takes its last jump, br_table's default. Spec: I-7.
    """
    m.pc += 1 + min(m.stack.pop(), last)


def call(m: Machine, target: int) -> None:
    """Push a frame and go on at ``target``. Traps: `CALL_STACK_EXHAUSTED`. Spec: I-8, S-3."""
    if len(m.frames) >= CALL_DEPTH_MAX:
        raise Trap(TrapCode.CALL_STACK_EXHAUSTED)
    m.frames.append((m.pc + 1, m.locals))
    m.pc = target


def call_indirect(m: Machine, type_id: int) -> None:
    """Pop a table index and call the function there, if its type is ``type_id``.

    Traps: `TABLE_OUT_OF_BOUNDS`, `NULL_TABLE_ENTRY`, `INDIRECT_CALL_TYPE_MISMATCH`,
    `CALL_STACK_EXHAUSTED`, in this order. Spec: I-8, S-4.
    """
    index = m.stack[-1]
    if index >= len(m.table):
        raise Trap(TrapCode.TABLE_OUT_OF_BOUNDS)
    entry = m.table[index]
    if entry == 0:
        raise Trap(TrapCode.NULL_TABLE_ENTRY)
    if entry >> 32 != type_id:
        raise Trap(TrapCode.INDIRECT_CALL_TYPE_MISMATCH)
    if len(m.frames) >= CALL_DEPTH_MAX:
        raise Trap(TrapCode.CALL_STACK_EXHAUSTED)
    m.stack.pop()
    m.frames.append((m.pc + 1, m.locals))
    m.pc = entry & 0xFFFFFFFF


def enter(m: Machine, depth: int) -> None:
    """Give the function fresh locals, ``4 * 2**depth`` zeros. Parameters are moved in later.

    Spec: I-9, L-6.
    """
    m.locals = [0] * (4 << depth)


def return_(m: Machine) -> None:
    """Pop a frame: restore the caller's locals and go on after its call. Spec: S-3."""
    m.pc, m.locals = m.frames.pop()


def halt(m: Machine, results: int) -> None:
    """Stop, with the operand on top as the result if ``results`` is 1, with 0 if it is 0.

    ``pc`` stays at the halt. Spec: I-10.
    """
    m.result = m.stack.pop() if results else 0
    m.status = Status.HALTED


def trap(m: Machine, code: int) -> None:
    """Trap with ``code``: what ``unreachable`` and failed checks of generated code become.

    Spec: L-7, L-13.
    """
    raise Trap(TrapCode(code))
