"""Calls: of words, and of functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from sqlstore.wasm import words
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.wasm.body import Callee
    from sqlstore.wasm.expressions import Expressions
    from wasm_interp.opcodes import Opcode

I32: Final = ValueType.I32
I64: Final = ValueType.I64


def call_type(expressions: Expressions, node: ast.Call) -> ValueType:
    """Return the type of a call that has a value."""
    name = _callee_name(expressions, node)
    results = _results(expressions, node, name)
    if not results:
        raise expressions.body.error(node, f"'{name}' has no value")
    return results[0]


def _callee_name(expressions: Expressions, node: ast.Call) -> str:
    if not isinstance(node.func, ast.Name):
        raise expressions.body.error(node, f"no function: {ast.unparse(node.func)}")
    return node.func.id


def _results(expressions: Expressions, node: ast.Call, name: str) -> Sequence[ValueType]:
    if name in words.LOADS:
        return words.LOADS[name].pushes
    if name in words.CONVERSIONS:
        return words.CONVERSIONS[name].pushes
    if name in words.OPERATORS:
        return words.OPERATORS[name][expressions.common_type(*node.args) or I32].pushes
    if name in words.INSTRUCTIONS:
        return words.INSTRUCTIONS[name].pushes
    if name in words.STORES or name == words.TRAP:
        return ()
    return _function(expressions, node, name).type.results


def _function(expressions: Expressions, node: ast.Call, name: str) -> Callee:
    found = expressions.body.callees.get(name)
    if found is None:
        raise expressions.body.error(node, f"no function '{name}'")
    return found


def call(expressions: Expressions, node: ast.Call) -> bool:
    """Compile a call; return whether it leaves a value."""
    name = _callee_name(expressions, node)
    if node.keywords and name not in words.LOADS and name not in words.STORES:
        raise expressions.body.error(node, f"'{name}' takes no argument by its name")
    if name in words.LOADS:
        _load(expressions, node, words.LOADS[name])
    elif name in words.STORES:
        _store(expressions, node, name)
    elif name in words.CONVERSIONS:
        _conversion(expressions, node, name)
    elif name in words.OPERATORS:
        kind = expressions.common_type(*node.args) or I32
        opcode = words.OPERATORS[name][kind]
        _arguments(expressions, node, node.args, opcode.pops)
        expressions.body.emit(opcode)
    elif name in words.INSTRUCTIONS:
        opcode = words.INSTRUCTIONS[name]
        _arguments(expressions, node, node.args, opcode.pops)
        expressions.body.emit(opcode)
    elif name == words.TRAP:
        _arguments(expressions, node, node.args, ())
        expressions.body.emit_named("unreachable")
    else:
        callee = _function(expressions, node, name)
        _arguments(expressions, node, node.args, callee.type.params)
        expressions.body.emit_named("call", callee.place)
    return bool(_results(expressions, node, name))


def _arguments(
    expressions: Expressions, node: ast.Call, given: Sequence[ast.expr], kinds: Sequence[ValueType]
) -> None:
    if len(given) != len(kinds):
        raise expressions.body.error(node, f"{len(kinds)} arguments expected: {ast.unparse(node)}")
    for argument, kind in zip(given, kinds, strict=True):
        expressions.value(argument, kind)


def _offset(expressions: Expressions, node: ast.Call, before: int) -> tuple[list[ast.expr], int]:
    """Return the arguments before the offset, of which there are ``before``, and the offset."""
    arguments = list(node.args)
    offset: ast.expr | None = None
    match node.keywords:
        case []:
            offset = arguments.pop() if len(arguments) > before else None
        case [ast.keyword(arg="offset", value=offset)]:
            pass
        case _:
            raise expressions.body.error(node, "an argument of that name is not known")
    value = 0 if offset is None else expressions.constant(offset)
    if value is None or value not in range(2**32):
        raise expressions.body.error(
            node, f"the offset must be a constant u32: {ast.unparse(node)}"
        )
    return arguments, value


def _load(expressions: Expressions, node: ast.Call, opcode: Opcode) -> None:
    arguments, offset = _offset(expressions, node, 1)
    _arguments(expressions, node, arguments, opcode.pops)
    expressions.body.emit(opcode, 0, offset)


def _store(expressions: Expressions, node: ast.Call, name: str) -> None:
    arguments, offset = _offset(expressions, node, 2)
    if len(arguments) != 2:
        raise expressions.body.error(node, f"an address and a value expected: {ast.unparse(node)}")
    kinds = words.STORES[name]
    kind = expressions.type_of(arguments[1]) or next(iter(kinds))
    if kind not in kinds:
        raise expressions.body.error(node, f"'{name}' takes no {kind.text}")
    _arguments(expressions, node, arguments, (I32, kind))
    expressions.body.emit(kinds[kind], 0, offset)


def _conversion(expressions: Expressions, node: ast.Call, name: str) -> None:
    if len(node.args) != 1:
        raise expressions.body.error(node, f"one argument expected: {ast.unparse(node)}")
    (argument,) = node.args
    inner = argument.func if isinstance(argument, ast.Call) else None
    widened = words.WIDENED_LOADS.get((name, inner.id)) if isinstance(inner, ast.Name) else None
    if widened is not None and isinstance(argument, ast.Call):
        _load(expressions, argument, widened)
        return
    opcode = words.CONVERSIONS[name]
    expressions.value(argument, opcode.pops[0])
    expressions.body.emit(opcode)
