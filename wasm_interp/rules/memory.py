"""Linear memory.

An access of ``width`` bytes at ``base + offset`` (33 bits, never wrapped) must end within the
current pages. Memory remembers which leaves were written since its root was last computed
(``m.dirty``).

Spec: docs/spec/instructions.md, I-5 and I-6. Mirror: ``Memory.sol``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasm_interp.profile import PAGE_BYTES
from wasm_interp.rules.integer import mask, sign_extend
from wasm_interp.rules.trap import Trap
from wasm_interp.state import TrapCode

if TYPE_CHECKING:
    from wasm_interp.machine import Machine


def load(m: Machine, offset: int, width: int) -> None:
    """Replace the base by the ``width`` bytes at ``base + offset``, zero-extended.

    Traps: `MEMORY_OUT_OF_BOUNDS`.
    """
    address = m.stack[-1] + offset
    if address + width > len(m.memory):
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS)
    m.stack[-1] = int.from_bytes(m.memory[address : address + width], "little")


def load_signed(m: Machine, offset: int, width: int, n: int) -> None:
    """Replace the base by the ``width`` bytes at ``base + offset``, sign-extended to ``n`` bits.

    Traps: `MEMORY_OUT_OF_BOUNDS`.
    """
    address = m.stack[-1] + offset
    if address + width > len(m.memory):
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS)
    value = int.from_bytes(m.memory[address : address + width], "little")
    m.stack[-1] = sign_extend(value, n, width * 8)


def store(m: Machine, offset: int, width: int) -> None:
    """Pop a value and a base; write the low ``width`` bytes of the value at ``base + offset``.

    Traps: `MEMORY_OUT_OF_BOUNDS`.
    """
    address = m.stack[-2] + offset
    if address + width > len(m.memory):
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS)
    value = m.stack.pop() & mask(8 * width)
    m.stack.pop()
    m.memory[address : address + width] = value.to_bytes(width, "little")
    m.dirty.add(address >> 5)
    m.dirty.add(address + width - 1 >> 5)


def memory_size(m: Machine) -> None:
    """Push the number of pages."""
    m.stack.append(len(m.memory) // PAGE_BYTES)


def memory_grow(m: Machine) -> None:
    """Pop pages to add; push the number before, or -1 if the maximum would be exceeded.

    Spec: I-6.
    """
    delta = m.stack[-1]
    pages = len(m.memory) // PAGE_BYTES
    if pages + delta > m.memory_max:
        m.stack[-1] = mask(32)
    else:
        m.stack[-1] = pages
        m.memory.extend(bytes(delta * PAGE_BYTES))
