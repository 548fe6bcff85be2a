"""Conditions that lead a branch: compiled to branches, without a value where none is needed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from sqlstore.wasm.comparisons import in_pairs
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.wasm.expressions import Expressions


def is_compound(expressions: Expressions, node: ast.expr) -> bool:
    """Return whether a condition has parts that are evaluated or not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return is_compound(expressions, node.operand)
    return isinstance(in_pairs(expressions.body, node), ast.BoolOp)


def branch_if(expressions: Expressions, node: ast.expr, label: int, *, when: bool) -> None:
    """Branch to ``label`` if the truth of the condition ``node`` is ``when``; else go on."""
    match in_pairs(expressions.body, node):
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            branch_if(expressions, operand, label, when=not when)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.Or) == when:
            # Each operand alone can decide for the branch.
            for each in values:
                branch_if(expressions, each, label, when=when)
        case ast.BoolOp(values=[*firsts, last]):
            # Each operand but the last can only decide against it.
            past = expressions.body.open("block")
            for each in firsts:
                branch_if(expressions, each, past, when=not when)
            branch_if(expressions, last, label, when=when)
            expressions.body.close()
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if (
            not when
            and expressions.constant(right) == 0
            and expressions.type_of(left) is ValueType.I32
        ):
            expressions.value(left)
            expressions.body.branch("br_if", label)
        case _:
            if when:
                expressions.truth(node)
            else:
                expressions.negation(node)
            expressions.body.branch("br_if", label)
