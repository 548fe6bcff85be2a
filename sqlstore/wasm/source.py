"""Sources of the language as declarations: functions with their types, constants.

Not here: what stands in a function (`sqlstore.wasm.statements`, `sqlstore.wasm.expressions`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from sqlstore.wasm.constants import constant_value
from sqlstore.wasm.errors import LanguageError
from sqlstore.wasm.words import TYPES
from wasm_interp.module import FunctionType
from wasm_interp.opcodes import ValueType


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text in the language. ``roots`` are the functions that are asked for, by name."""

    name: str
    text: str
    roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A function as it is declared. ``source`` is the name of its source."""

    name: str
    source: str
    params: tuple[tuple[str, ValueType], ...]
    result: ValueType | None
    node: ast.FunctionDef

    @property
    def type(self) -> FunctionType:
        """The type in WebAssembly."""
        results = () if self.result is None else (self.result,)
        return FunctionType(tuple(kind for _, kind in self.params), results)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a source declares."""

    functions: Mapping[str, Declaration]
    constants: Mapping[str, int]


def read_source(source: Source, constants: Mapping[str, int]) -> Scope:
    """Return what ``source`` declares; its constants may use ``constants``, too.

    Raises `LanguageError`.
    """
    reader = _Reader(source, constants)
    try:
        statements = ast.parse(source.text).body
    except SyntaxError as error:
        raise LanguageError(source.name, error.lineno or 0, error.msg) from None
    for statement in statements:
        reader.read(statement)
    return Scope(reader.functions, reader.constants)


class _Reader:
    def __init__(self, source: Source, constants: Mapping[str, int]) -> None:
        self.source = source
        self.outer = constants
        self.functions: dict[str, Declaration] = {}
        self.constants: dict[str, int] = {}

    def read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.FunctionDef():
                self._function(statement)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._constant(statement, name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._constant(statement, name, value)
            case ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                pass  # An import is for Python's tools; a text is for people.
            case _:
                raise self._error(statement, "neither a function nor a constant")

    def _constant(self, statement: ast.stmt, name: str, value: ast.expr) -> None:
        found = constant_value(value, {**self.outer, **self.constants}.get)
        if found is None:
            raise self._error(statement, f"'{name}' is not constant")
        if name in self.constants:
            raise self._error(statement, f"'{name}' is declared twice")
        self.constants[name] = found

    def _function(self, node: ast.FunctionDef) -> None:
        given = node.args
        if given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults:
            raise self._error(node, f"'{node.name}' has parameters that are not plain")
        if node.decorator_list:
            raise self._error(node, f"'{node.name}' has a decorator")
        if node.name in self.functions:
            raise self._error(node, f"'{node.name}' is declared twice")
        params = tuple((each.arg, self._type(node, each.annotation)) for each in given.args)
        nothing = isinstance(node.returns, ast.Constant) and node.returns.value is None
        self.functions[node.name] = Declaration(
            name=node.name,
            source=self.source.name,
            params=params,
            result=None if nothing else self._type(node, node.returns),
            node=node,
        )

    def _type(self, node: ast.FunctionDef, annotation: ast.expr | None) -> ValueType:
        if isinstance(annotation, ast.Name) and annotation.id in TYPES:
            return TYPES[annotation.id]
        raise self._error(node, f"'{node.name}' lacks a type: i32, i64, or None for no result")

    def _error(self, node: ast.stmt, reason: str) -> LanguageError:
        return LanguageError(self.source.name, node.lineno, reason)
