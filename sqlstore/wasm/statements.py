"""Statements: control becomes blocks and branches.

Every method for a statement returns whether what follows it can be reached; what cannot is left
out. Not here: expressions (`sqlstore.wasm.expressions`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.wasm.calls import call
from sqlstore.wasm.conditions import branch_if, is_compound
from sqlstore.wasm.expressions import Expressions
from sqlstore.wasm.words import TRAP, TYPES

if TYPE_CHECKING:
    from sqlstore.wasm.body import Body


@dataclass(slots=True)
class _Loop:
    """The labels of an open loop: where ``break`` and ``continue`` lead; whether a break does."""

    end: int
    next: int
    broken: bool = False


class Statements:
    """The statements of one function, compiled into ``body``."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.expressions = Expressions(body)
        self.loops: list[_Loop] = []

    def function(self) -> None:
        """Compile the whole function, its last ``end`` included."""
        function = self.body.function
        *before, last = function.node.body
        reachable = self.block(before)
        if reachable and isinstance(last, ast.Return):
            self._result(last)
        else:
            reachable = reachable and self.block([last])
            if reachable and function.result is not None:
                raise self.body.error(last, f"'{function.name}' may end without a result")
            if not reachable and function.result is not None:
                # Nothing comes here; what is said to be on the stack must be of the result's type.
                self.body.emit_named("unreachable")
        self.body.emit_named("end")

    def block(self, statements: Sequence[ast.stmt]) -> bool:
        """Compile statements up to one that never goes on."""
        return all(map(self._statement, statements))

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assign(node, name, value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                self._assign_all(node, targets, values)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=kind)):
                self._declare(node, name, kind)
            case ast.AugAssign(target=ast.Name() as target, op=op, value=value):
                changed = ast.BinOp(left=target, op=op, right=value)
                self._assign(node, target.id, ast.copy_location(changed, node))
            case ast.Pass():
                pass
            case ast.Expr(value=value):
                return self._expression(value)
            case _:
                return self._control(node)
        return True

    def _control(self, node: ast.stmt) -> bool:
        match node:
            case ast.If():
                return self._if(node)
            case ast.While():
                return self._while(node)
            case ast.For():
                return self._for(node)
            case ast.Break() | ast.Continue():
                self.body.branch("br", self._label(node))
            case ast.Return():
                self._result(node)
                self.body.emit_named("return")
            case _:
                raise self.body.error(node, f"no statement: {ast.unparse(node)}")
        return False

    # -- assignments and expressions --------------------------------------------------------------

    def _assign(self, node: ast.stmt, name: str, value: ast.expr) -> None:
        _, known = self.body.locals.get(name, (0, None))
        kind = self.expressions.value(value, known)
        self.body.declare(node, name, kind)
        self.body.set(name)

    def _assign_all(
        self, node: ast.stmt, targets: Sequence[ast.expr], values: Sequence[ast.expr]
    ) -> None:
        """Compile ``a, b = x, y``: all values are there before the first is assigned."""
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if len(names) != len(targets) or len(names) != len(values):
            raise self.body.error(node, f"as many names as values expected: {ast.unparse(node)}")
        for name, value in zip(names, values, strict=True):
            _, known = self.body.locals.get(name, (0, None))
            self.body.declare(node, name, self.expressions.value(value, known))
        for name in reversed(names):
            self.body.set(name)

    def _declare(self, node: ast.AnnAssign, name: str, kind: str) -> None:
        if kind not in TYPES:
            raise self.body.error(node, f"no type '{kind}'")
        if node.value is not None:
            self.expressions.value(node.value, TYPES[kind])
        self.body.declare(node, name, TYPES[kind])
        if node.value is not None:
            self.body.set(name)

    def _expression(self, value: ast.expr) -> bool:
        match value:
            case ast.Constant(value=str()):
                pass  # A text is for people.
            case ast.Call(func=called):
                if call(self.expressions, value):
                    self.body.emit_named("drop")
                return not (isinstance(called, ast.Name) and called.id == TRAP)
            case _:
                raise self.body.error(value, f"the value is lost: {ast.unparse(value)}")
        return True

    def _result(self, node: ast.Return) -> None:
        result = self.body.function.result
        if (node.value is None) != (result is None):
            raise self.body.error(node, "a result too many, or one is missing")
        if node.value is not None:
            self.expressions.value(node.value, result)

    # -- control ----------------------------------------------------------------------------------

    def _if(self, node: ast.If) -> bool:
        match node:
            case ast.If(body=[ast.Break() | ast.Continue() as leaving], orelse=[]):
                branch_if(self.expressions, node.test, self._label(leaving), when=True)
                return True
        if is_compound(self.expressions, node.test):
            return self._compound_if(node)
        self.expressions.truth(node.test)
        self.body.open("if")
        reachable = self.block(node.body)
        if node.orelse:
            self.body.emit_named("else")
            reachable |= self.block(node.orelse)
        self.body.close()
        return reachable or not node.orelse

    def _compound_if(self, node: ast.If) -> bool:
        """Compile an `if` whose condition has parts: each part may lead to what is not `then`."""
        end = self.body.open("block")
        otherwise = self.body.open("block") if node.orelse else end
        branch_if(self.expressions, node.test, otherwise, when=False)
        reachable = self.block(node.body)
        if node.orelse:
            if reachable:
                self.body.branch("br", end)
            self.body.close()
            reachable |= self.block(node.orelse)
        self.body.close()
        return reachable or not node.orelse

    def _while(self, node: ast.While) -> bool:
        if node.orelse:
            raise self.body.error(node, "a loop has no else")
        endless = bool(self.expressions.constant(node.test))
        loop = _Loop(end=self.body.open("block"), next=self.body.open("loop"))
        if not endless:
            branch_if(self.expressions, node.test, loop.end, when=False)
        self.loops.append(loop)
        if self.block(node.body):
            self.body.branch("br", loop.next)
        self.loops.pop()
        self.body.close()
        self.body.close()
        return not endless or loop.broken

    def _for(self, node: ast.For) -> bool:
        name, start, stop, step = self._range(node)
        self._assign(node, name, start)
        stop = self._kept(node, stop)
        loop = _Loop(end=self.body.open("block"), next=0)
        again = self.body.open("loop")
        compare: ast.cmpop = ast.GtE() if step > 0 else ast.LtE()
        ended = ast.Compare(left=_name(name, node), ops=[compare], comparators=[stop])
        branch_if(self.expressions, ast.copy_location(ended, node), loop.end, when=True)
        loop.next = self.body.open("block")
        self.loops.append(loop)
        self.block(node.body)
        self.loops.pop()
        self.body.close()
        advanced = ast.BinOp(left=_name(name, node), op=ast.Add(), right=ast.Constant(step))
        self._assign(node, name, ast.copy_location(advanced, node))
        self.body.branch("br", again)
        self.body.close()
        self.body.close()
        return True

    def _range(self, node: ast.For) -> tuple[str, ast.expr, ast.expr, int]:
        """Return the name that counts, the first value, the end, and the step."""
        match node:
            case ast.For(
                target=ast.Name(id=name),
                iter=ast.Call(func=ast.Name(id="range"), args=[*bounds], keywords=[]),
                orelse=[],
            ) if len(bounds) in (1, 2, 3):
                pass
            case _:
                raise self.body.error(node, "a for loop goes over a range, without else")
        if _assigned(name, node.body):
            raise self.body.error(node, f"'{name}' is changed in its loop")
        step = self.expressions.constant(bounds.pop()) if len(bounds) == 3 else 1
        if not step:
            raise self.body.error(node, "the step must be a constant, not 0")
        first = bounds[0] if len(bounds) == 2 else ast.copy_location(ast.Constant(0), node)
        kind = self.expressions.common_type(first, bounds[-1])
        if kind is not None:
            self.body.declare(node, name, kind)
        return name, first, bounds[-1], step

    def _kept(self, node: ast.For, stop: ast.expr) -> ast.expr:
        """Return the end of a range as an expression that keeps its value in the loop."""
        if self.expressions.constant(stop) is not None:
            return stop
        if isinstance(stop, ast.Name) and not _assigned(stop.id, node.body):
            return stop
        name = self.body.hidden_local(self.expressions.type_of(stop) or TYPES["i32"])
        self._assign(node, name, stop)
        return _name(name, node)

    def _label(self, node: ast.Break | ast.Continue) -> int:
        """Return where ``break`` or ``continue`` leads."""
        if not self.loops:
            raise self.body.error(node, "there is no loop to leave")
        loop = self.loops[-1]
        if isinstance(node, ast.Break):
            loop.broken = True
            return loop.end
        return loop.next


def _name(name: str, node: ast.stmt) -> ast.expr:
    return ast.copy_location(ast.Name(id=name), node)


def _assigned(name: str, statements: Sequence[ast.stmt]) -> bool:
    """Return whether a name is assigned in statements."""
    for statement in statements:
        for each in ast.walk(statement):
            match each:
                case ast.Assign(targets=[target]):
                    names = target.elts if isinstance(target, ast.Tuple) else [target]
                    found = any(isinstance(one, ast.Name) and one.id == name for one in names)
                case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                    found = isinstance(target, ast.Name) and target.id == name
                case ast.For(target=target):
                    found = isinstance(target, ast.Name) and target.id == name
                case _:
                    found = False
            if found:
                return True
    return False
