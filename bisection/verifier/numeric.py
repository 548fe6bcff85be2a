"""Numeric instructions: operands, their range, dispatch.

The arithmetic itself is `wasm_interp.rules.integer`, the very functions that the machine runs: they
know no machine.

Spec: docs/spec/instructions.md, I-4; docs/spec/verifier.md, V-16. Mirror: ``Numeric.sol``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bisection.errors import OperandOutOfRange
from bisection.verifier.parts import open_operands
from bisection.verifier.transition import advance, push_operand
from wasm_interp.instructions import Shape
from wasm_interp.opcodes import OPCODES, ValueType

if TYPE_CHECKING:
    from collections.abc import Callable

    from bisection.verifier.source import WitnessSource
    from wasm_interp.instructions import Instruction, Word
    from wasm_interp.state import State


def unary(
    state: State, word: Word, source: WitnessSource, *, rule: Callable[[int], int], bits: int
) -> State:
    """Replace an operand of ``bits`` bits by what ``rule`` makes of it.

    Raises `OperandOutOfRange`. Spec: V-16. Mirror: ``Numeric.sol:unary``.
    """
    operands = open_operands(state, source, 1)
    [operand] = operands.values
    check_operand(operand, bits)
    return advance(state, stack=push_operand(operands.previous, rule(operand)))


def binary(
    state: State, word: Word, source: WitnessSource, *, rule: Callable[[int, int], int], bits: int
) -> State:
    """Replace two operands of ``bits`` bits by what ``rule`` makes of them. Traps as ``rule`` does.

    Raises `OperandOutOfRange`. Spec: V-16. Mirror: ``Numeric.sol:binary``.
    """
    operands = open_operands(state, source, 2)
    lhs, rhs = operands.values
    check_operand(lhs, bits)
    check_operand(rhs, bits)
    return advance(state, stack=push_operand(operands.previous, rule(lhs, rhs)))


def check_operand(operand: int, bits: int) -> None:
    """Raise `OperandOutOfRange` unless ``operand`` is below ``2**bits``.

    Spec: V-16. Mirror: ``Numeric.sol:checkOperand``.
    """
    if operand >> bits:
        raise OperandOutOfRange(operand=operand, bits=bits)


def rule_of(row: Instruction) -> Callable[[State, Word, WitnessSource], State]:
    """Return the rule of a numeric instruction: its shape, bound to its arithmetic.

    Mirror: ``Numeric.sol``'s dispatch.
    """
    kinds = set(OPCODES[row.code].pops)
    assert len(kinds) == 1, "the operands of a numeric instruction have one type"
    bits = 32 if kinds == {ValueType.I32} else 64
    rule = partial(row.rule, **row.params)
    if row.shape is Shape.UNARY:
        return partial(unary, rule=rule, bits=bits)
    assert row.shape is Shape.BINARY, "a numeric instruction takes one operand or two"
    return partial(binary, rule=rule, bits=bits)
