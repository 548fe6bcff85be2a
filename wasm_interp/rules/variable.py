"""Operands, locals and globals.

Spec: docs/spec/instructions.md, I-3. Mirror: ``Variable.sol``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wasm_interp.machine import Machine


def drop(m: Machine) -> None:
    """Pop an operand."""
    m.stack.pop()


def drop_under(m: Machine) -> None:
    """Remove the operand below the top: what branches that carry a value unwind with."""
    top = m.stack.pop()
    m.stack[-1] = top


def select(m: Machine) -> None:
    """Pop a condition and two operands; push the first if the condition is not zero."""
    condition = m.stack.pop()
    second = m.stack.pop()
    if not condition:
        m.stack[-1] = second


def const(m: Machine, value: int) -> None:
    """Push ``value``."""
    m.stack.append(value)


def local_get(m: Machine, index: int) -> None:
    """Push local ``index``."""
    m.stack.append(m.locals[index])


def local_set(m: Machine, index: int) -> None:
    """Pop into local ``index``."""
    m.locals[index] = m.stack.pop()


def local_tee(m: Machine, index: int) -> None:
    """Copy the operand on top into local ``index``."""
    m.locals[index] = m.stack[-1]


def global_get(m: Machine, index: int) -> None:
    """Push global ``index``."""
    m.stack.append(m.globals[index])


def global_set(m: Machine, index: int) -> None:
    """Pop into global ``index``."""
    m.globals[index] = m.stack.pop()
