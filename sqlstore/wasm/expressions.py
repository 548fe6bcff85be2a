"""Expressions: their types, and the code that leaves their values on the stack.

Not here: conditions that lead a branch (`sqlstore.wasm.conditions`), calls (`sqlstore.wasm.calls`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from sqlstore.wasm.body import RANGES
from sqlstore.wasm.calls import call, call_type
from sqlstore.wasm.comparisons import in_pairs
from sqlstore.wasm.constants import constant_value
from sqlstore.wasm.words import INVERSE
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.wasm.body import Body

I32: Final = ValueType.I32

_OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "shr_s",
}

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt_s",
    ast.LtE: "le_s",
    ast.Gt: "gt_s",
    ast.GtE: "ge_s",
}


class Expressions:
    """The expressions of one function, compiled into ``body``."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self._constants: dict[ast.expr, int | None] = {}
        self._types: dict[ast.expr, ValueType | None] = {}

    # -- what is known of an expression -----------------------------------------------------------

    def constant(self, node: ast.expr) -> int | None:
        """Return the value of a constant expression, or None."""
        if node not in self._constants:
            self._constants[node] = constant_value(node, self._constant_named)
        return self._constants[node]

    def _constant_named(self, name: str) -> int | None:
        return None if name in self.body.locals else self.body.constants.get(name)

    def type_of(self, node: ast.expr) -> ValueType | None:
        """Return the type of an expression; None if it takes the one that is asked for.

        So does a constant, unless it is too large for an i32.
        """
        if node not in self._types:
            constant = self.constant(node)
            if constant is None:
                self._types[node] = self._type(node)
            else:
                self._types[node] = None if constant in RANGES[I32] else ValueType.I64
        return self._types[node]

    def _type(self, node: ast.expr) -> ValueType | None:
        match node:
            case ast.Name(id=name):
                if name not in self.body.locals:
                    raise self.body.error(node, f"'{name}' has no value")
                return self.body.locals[name][1]
            case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
                return self.common_type(left, right)
            case ast.UnaryOp(op=ast.USub() | ast.Invert(), operand=operand):
                return self.type_of(operand)
            case ast.UnaryOp(op=ast.Not()) | ast.Compare() | ast.BoolOp():
                return I32
            case ast.Call():
                return call_type(self, node)
        raise self.body.error(node, f"no expression: {ast.unparse(node)}")

    def common_type(self, *nodes: ast.expr) -> ValueType | None:
        """Return the one type of several expressions; None if none of them has one."""
        kinds = {kind for node in nodes if (kind := self.type_of(node)) is not None}
        if len(kinds) > 1:
            texts = " and ".join(ast.unparse(node) for node in nodes)
            raise self.body.error(nodes[0], f"i32 and i64 do not mix: {texts}")
        return kinds.pop() if kinds else None

    def is_leaf(self, node: ast.expr) -> bool:
        """Return whether an expression is a name or a constant: as cheap as can be, and pure."""
        return isinstance(node, ast.Name) or self.constant(node) is not None

    # -- values -----------------------------------------------------------------------------------

    def value(self, node: ast.expr, expected: ValueType | None = None) -> ValueType:
        """Push the value of ``node``, which must be of type ``expected``; return its type."""
        kind = self.type_of(node) or expected or I32
        if expected not in (None, kind):
            assert expected is not None
            raise self.body.error(
                node, f"{expected.text} expected: {ast.unparse(node)} is {kind.text}"
            )
        constant = self.constant(node)
        if constant is not None:
            self.body.const(node, constant, kind)
        else:
            self._value(node, kind)
        return kind

    def _value(self, node: ast.expr, kind: ValueType) -> None:
        match in_pairs(self.body, node):
            case ast.Name(id=name):
                self.body.get(name)
            case ast.BinOp(left=left, op=op, right=right):
                if type(op) not in _OPERATORS:
                    raise self.body.error(node, f"no operator: {ast.unparse(node)}")
                self._operands((left, right), kind)
                self.body.emit_named(f"{kind.text}.{_OPERATORS[type(op)]}")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                self.body.const(node, 0, kind)
                self._operands((operand,), kind)
                self.body.emit_named(f"{kind.text}.sub")
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                self._operands((operand,), kind)
                self.body.const(node, -1, kind)
                self.body.emit_named(f"{kind.text}.xor")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.negation(operand)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                self._compare(left, op, right)
            case ast.BoolOp(op=ast.And()) as both:
                self._short_circuit(both, "and")
            case ast.BoolOp(op=ast.Or()) as either:
                self._short_circuit(either, "or")
            case ast.IfExp() as choice:
                self._choice(choice, kind)
            case ast.Call() as called:
                call(self, called)
            case _:
                raise AssertionError("an expression with a type has a value")

    def _operands(self, nodes: Iterable[ast.expr], kind: ValueType) -> None:
        for node in nodes:
            self.value(node, kind)

    def negation(self, node: ast.expr) -> None:
        """Push 1 if ``node`` is 0, else 0."""
        kind = self.value(node)
        inverse = INVERSE.get(self.body.code[-1].opcode)
        if inverse is None:
            self.body.emit_named(f"{kind.text}.eqz")
        else:
            # The value is what the last instruction leaves, so this was a comparison.
            self.body.code.pop()
            self.body.emit(inverse)

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> None:
        if type(op) not in _COMPARISONS:
            raise self.body.error(left, "no comparison of integers")
        kind = self.common_type(left, right) or I32
        self.value(left, kind)
        if isinstance(op, ast.Eq) and self.constant(right) == 0:
            self.body.emit_named(f"{kind.text}.eqz")
            return
        self.value(right, kind)
        self.body.emit_named(f"{kind.text}.{_COMPARISONS[type(op)]}")

    def _short_circuit(self, node: ast.BoolOp, name: str) -> None:
        """Push the value of ``and`` or ``or``: an `if` for each operand but the last.

        Comparisons of names are evaluated in any case: that costs less than a branch.
        """
        *firsts, last = node.values
        if self._is_comparison(firsts[0]) and all(map(self._is_cheap, node.values[1:])):
            self._operands(node.values[:1], I32)
            for each in node.values[1:]:
                self.value(each, I32)
                self.body.emit_named(f"i32.{name}")
            return
        for each in firsts:
            self.truth(each)
            self.body.open("if", I32)
            if name == "or":
                self.body.const(node, 1, I32)
                self.body.emit_named("else")
        self.value(last, I32)
        for _ in firsts:
            if name == "and":
                self.body.emit_named("else")
                self.body.const(node, 0, I32)
            self.body.close()

    def _is_comparison(self, node: ast.expr) -> bool:
        """Return whether an expression is plainly 0 or 1."""
        return isinstance(node, ast.Compare) and len(node.ops) == 1

    def _is_cheap(self, node: ast.expr) -> bool:
        """Return whether an expression is 0 or 1, and made of names and constants."""
        return (
            isinstance(node, ast.Compare)
            and self._is_comparison(node)
            and self.is_leaf(node.left)
            and self.is_leaf(node.comparators[0])
        )

    def _choice(self, node: ast.IfExp, kind: ValueType) -> None:
        if self.is_leaf(node.body) and self.is_leaf(node.orelse):
            self._operands((node.body, node.orelse), kind)
            self.truth(node.test)
            self.body.emit_named("select")
            return
        self.truth(node.test)
        self.body.open("if", kind)
        self.value(node.body, kind)
        self.body.emit_named("else")
        self.value(node.orelse, kind)
        self.body.close()

    def truth(self, node: ast.expr) -> None:
        """Push an i32 that is not 0 if the condition ``node`` is true."""
        match node:
            case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right]) if (
                self.constant(right) == 0 and self.type_of(left) is I32
            ):
                self.value(left, I32)
            case _:
                self.value(node, I32)
