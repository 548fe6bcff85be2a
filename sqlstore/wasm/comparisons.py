"""Comparisons of more than two operands as what they stand for: ``and`` and ``or`` of pairs.

``a <= b < c`` is ``a <= b and b < c``; ``a in (b, c)`` is ``a == b or a == c``. So `b`, or `a`, is
written twice, which it must bear: no calls.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlstore.wasm.body import Body


def in_pairs(body: Body, node: ast.expr) -> ast.expr:
    """Return ``node``, or what it stands for if it is a comparison of more than two operands."""
    match node:
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.Tuple(elts=items)]):
            _check_pure(body, left)
            pairs = [_pair(node, left, ast.Eq(), item) for item in items]
            return ast.copy_location(ast.BoolOp(op=ast.Or(), values=pairs), node)
        case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[ast.Tuple(elts=items)]):
            _check_pure(body, left)
            pairs = [_pair(node, left, ast.NotEq(), item) for item in items]
            return ast.copy_location(ast.BoolOp(op=ast.And(), values=pairs), node)
        case ast.Compare(left=left, ops=[_, _, *_] as ops, comparators=[*rest]):
            for middle in rest[:-1]:
                _check_pure(body, middle)
            lefts = [left, *rest[:-1]]
            pairs = [_pair(node, *each) for each in zip(lefts, ops, rest, strict=True)]
            return ast.copy_location(ast.BoolOp(op=ast.And(), values=pairs), node)
        case _:
            return node


def _pair(node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Compare(left=left, ops=[op], comparators=[right]), node)


def _check_pure(body: Body, node: ast.expr) -> None:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and ast.unparse(each.func) != "ord":
            raise body.error(node, f"it would be called twice: {ast.unparse(node)}")
