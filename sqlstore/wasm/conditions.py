"""Conditions that lead a branch: compiled to branches, without a value where none is needed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from sqlstore.wasm.comparisons import in_pairs
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.wasm.expressions import Expressions


def is_compound(to: Expressions, node: ast.expr) -> bool:
    """Return whether a condition has parts that are evaluated or not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return is_compound(to, node.operand)
    return isinstance(in_pairs(to.body, node), ast.BoolOp)


def branch_if(to: Expressions, node: ast.expr, label: int, *, when: bool) -> None:
    """Branch to ``label`` if the truth of the condition ``node`` is ``when``; else go on."""
    match in_pairs(to.body, node):
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            branch_if(to, operand, label, when=not when)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.Or) == when:
            # Each operand alone can decide for the branch.
            for each in values:
                branch_if(to, each, label, when=when)
        case ast.BoolOp(values=[*firsts, last]):
            # Each operand but the last can only decide against it.
            past = to.body.open("block")
            for each in firsts:
                branch_if(to, each, past, when=not when)
            branch_if(to, last, label, when=when)
            to.body.close()
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if (
            not when and to.constant(right) == 0 and to.type_of(left) is ValueType.I32
        ):
            to.value(left)
            to.body.branch("br_if", label)
        case _:
            if when:
                to.truth(node)
            else:
                to.negation(node)
            to.body.branch("br_if", label)
