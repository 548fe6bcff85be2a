"""Constant expressions: integers without a size, as Python computes them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Final

_BINARY: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}

_UNARY: Final[dict[type[ast.unaryop], Callable[[int], int]]] = {
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
}


def constant_value(node: ast.expr, known: Callable[[str], int | None]) -> int | None:
    """Return the value of a constant expression, or None if it is none.

    ``known`` gives the value of a name, None if that is not a constant's.
    """
    match node:
        case ast.Constant(value=bool() | int() as value):
            return int(value)
        case ast.Name(id=name):
            return known(name)
        case ast.Call(func=ast.Name(id="ord"), args=[ast.Constant(value=str() as text)]):
            return ord(text)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            inner = constant_value(operand, known)
            return None if inner is None else _UNARY[type(op)](inner)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            one, other = constant_value(left, known), constant_value(right, known)
            return None if one is None or other is None else _BINARY[type(op)](one, other)
        case _:
            return None
