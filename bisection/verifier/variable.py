"""Operands, locals and globals.

Every rule here is the one of the same name in `wasm_interp.rules.variable`.

Spec: docs/spec/verifier.md, V-17. Mirror: ``Variable.sol``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bisection.verifier.parts import open_operands, open_slot
from bisection.verifier.source import Tree
from bisection.verifier.transition import advance, next_pc, push_operand

if TYPE_CHECKING:
    from bisection.verifier.source import WitnessSource
    from wasm_interp.instructions import Word
    from wasm_interp.state import State


def drop(state: State, word: Word, source: WitnessSource) -> State:
    """Pop an operand. Mirror: ``Variable.sol:drop``."""
    operands = open_operands(state, source, 1)
    return advance(state, stack=operands.previous)


def drop_under(state: State, word: Word, source: WitnessSource) -> State:
    """Remove the operand below the top. Mirror: ``Variable.sol:dropUnder``."""
    operands = open_operands(state, source, 2)
    _, top = operands.values
    return advance(state, stack=push_operand(operands.previous, top))


def select(state: State, word: Word, source: WitnessSource) -> State:
    """Pop a condition and two operands; push the first if the condition is not zero.

    Mirror: ``Variable.sol:select``.
    """
    operands = open_operands(state, source, 3)
    first, second, condition = operands.values
    chosen = first if condition != 0 else second
    return advance(state, stack=push_operand(operands.previous, chosen))


def const(state: State, word: Word, source: WitnessSource) -> State:
    """Push the immediate. Mirror: ``Variable.sol:const``."""
    return advance(state, stack=push_operand(state.stack, word.b))


def local_get(state: State, word: Word, source: WitnessSource) -> State:
    """Push a local. Mirror: ``Variable.sol:localGet``."""
    slot = open_slot(state, source, Tree.LOCALS, word.a)
    return advance(state, stack=push_operand(state.stack, slot.value))


def local_set(state: State, word: Word, source: WitnessSource) -> State:
    """Pop into a local. Mirror: ``Variable.sol:localSet``."""
    operands = open_operands(state, source, 1)
    [value] = operands.values
    slot = open_slot(state, source, Tree.LOCALS, word.a)
    root = slot.updated_root(value)
    return replace(state, pc=next_pc(state), stack=operands.previous, locals_root=root)


def local_tee(state: State, word: Word, source: WitnessSource) -> State:
    """Copy the operand on top into a local. Mirror: ``Variable.sol:localTee``."""
    operands = open_operands(state, source, 1)
    [value] = operands.values
    slot = open_slot(state, source, Tree.LOCALS, word.a)
    return replace(state, pc=next_pc(state), locals_root=slot.updated_root(value))


def global_get(state: State, word: Word, source: WitnessSource) -> State:
    """Push a global. Mirror: ``Variable.sol:globalGet``."""
    slot = open_slot(state, source, Tree.GLOBALS, word.a)
    return advance(state, stack=push_operand(state.stack, slot.value))


def global_set(state: State, word: Word, source: WitnessSource) -> State:
    """Pop into a global. Mirror: ``Variable.sol:globalSet``."""
    operands = open_operands(state, source, 1)
    [value] = operands.values
    slot = open_slot(state, source, Tree.GLOBALS, word.a)
    root = slot.updated_root(value)
    return replace(state, pc=next_pc(state), stack=operands.previous, globals_root=root)
