"""Linear memory.

Every rule here is the one of the same name in `wasm_interp.rules.memory`.

Spec: docs/spec/instructions.md, I-5, I-6; docs/spec/verifier.md, V-17. Mirror: ``Memory.sol``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bisection.verifier.parts import open_operands, read_buffer, write_buffer
from bisection.verifier.transition import advance, next_pc, push_operand
from merkle import Hash32, depth_for, keccak256, zero_root
from wasm_interp.commitments import LEAF_BYTES
from wasm_interp.profile import PAGE_BYTES
from wasm_interp.rules.integer import mask, sign_extend
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, TrapCode

if TYPE_CHECKING:
    from bisection.verifier.source import WitnessSource
    from wasm_interp.instructions import Word

LEAVES_PER_PAGE: Final = PAGE_BYTES // LEAF_BYTES


def load(state: State, word: Word, source: WitnessSource, *, width: int) -> State:
    """Replace the base by the ``width`` bytes at ``base + a``, zero-extended.

    Traps: `MEMORY_OUT_OF_BOUNDS`. Spec: I-5. Mirror: ``Memory.sol:load``.
    """
    operands = open_operands(state, source, 1)
    [base] = operands.values
    check_buffer(state, base + word.a, width)
    value = int.from_bytes(read_buffer(state, source, base + word.a, width), "little")
    return advance(state, stack=push_operand(operands.previous, value))


def load_signed(state: State, word: Word, source: WitnessSource, *, width: int, n: int) -> State:
    """Replace the base by the ``width`` bytes at ``base + a``, sign-extended to ``n`` bits.

    Traps: `MEMORY_OUT_OF_BOUNDS`. Spec: I-5. Mirror: ``Memory.sol:loadSigned``.
    """
    operands = open_operands(state, source, 1)
    [base] = operands.values
    check_buffer(state, base + word.a, width)
    value = int.from_bytes(read_buffer(state, source, base + word.a, width), "little")
    extended = sign_extend(value, n, width * 8)
    return advance(state, stack=push_operand(operands.previous, extended))


def store(state: State, word: Word, source: WitnessSource, *, width: int) -> State:
    """Pop a value and a base; write the low ``width`` bytes of the value at ``base + a``.

    Traps: `MEMORY_OUT_OF_BOUNDS`. Spec: I-5. Mirror: ``Memory.sol:store``.
    """
    operands = open_operands(state, source, 2)
    base, value = operands.values
    check_buffer(state, base + word.a, width)
    data = (value & mask(8 * width)).to_bytes(width, "little")
    root = write_buffer(state, source, base + word.a, data)
    return replace(state, pc=next_pc(state), stack=operands.previous, memory_root=root)


def memory_size(state: State, word: Word, source: WitnessSource) -> State:
    """Push the number of pages. Mirror: ``Memory.sol:memorySize``."""
    return advance(state, stack=push_operand(state.stack, state.memory_pages))


def memory_grow(state: State, word: Word, source: WitnessSource) -> State:
    """Pop pages to add; push the number before, or -1 if the maximum would be exceeded.

    Spec: I-6, S-5. Mirror: ``Memory.sol:memoryGrow``.
    """
    operands = open_operands(state, source, 1)
    [delta] = operands.values
    pages = state.memory_pages
    if pages + delta > state.memory_max:
        return advance(state, stack=push_operand(operands.previous, mask(32)))
    # The sum is at most memory_max, a u16.
    depth = max(state.memory_depth, depth_for((pages + delta) * LEAVES_PER_PAGE))
    return replace(
        state,
        pc=next_pc(state),
        stack=push_operand(operands.previous, pages),
        memory_pages=pages + delta,
        memory_depth=depth,
        memory_root=deepened_root(state.memory_root, old=state.memory_depth, new=depth),
    )


def deepened_root(root: Hash32, *, old: int, new: int) -> Hash32:
    """Return the root of the tree of depth ``new`` with zeros behind that of depth ``old``.

    Spec: M-35. Mirror: ``WordTree.sol:deepenedRoot``.
    """
    for depth in range(old, new):
        root = keccak256(root + zero_root(depth))
    return root


def check_buffer(state: State, address: int, length: int) -> None:
    """Raise the trap `MEMORY_OUT_OF_BOUNDS` unless the buffer ends within memory.

    Spec: I-5, T-10. Mirror: ``Memory.sol:checkBuffer``.
    """
    if address + length > state.memory_pages * PAGE_BYTES:
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS)
