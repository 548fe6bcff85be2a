"""Compiling programs: from sources to function bodies, those only that are reached.

Not here: what stands in a function (`sqlstore.wasm.statements`), modules (`sqlstore.wasm.link`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from sqlstore.wasm.body import Body, Callee
from sqlstore.wasm.errors import LanguageError
from sqlstore.wasm.source import Declaration, Scope, Source, read_source
from sqlstore.wasm.statements import Statements
from sqlstore.wasm.words import HOST_WORDS, WORDS
from wasm_interp.host import HOST_TYPES
from wasm_interp.module import FunctionType, Instr
from wasm_interp.opcodes import ValueType

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFunction:
    """A function: a body as in a module, but that calls name a place in its program.

    ``source`` and ``name`` say where it is declared.
    """

    source: str
    name: str
    type: FunctionType
    local_runs: tuple[tuple[int, ValueType], ...]
    body: tuple[Instr, ...]


@dataclass(frozen=True, slots=True)
class CompiledProgram:
    """Functions with what they call: ``call``'s index counts ``hosts`` first, then ``functions``.

    ``hosts`` are the host functions that are called, by module and name.
    """

    hosts: tuple[tuple[str, str], ...]
    functions: tuple[CompiledFunction, ...]


def compile_program(
    sources: Sequence[Source], *, library: Sequence[Source] = ()
) -> CompiledProgram:
    """Return the functions of ``sources`` and ``library`` that are reached from their roots.

    Each of ``sources`` is a namespace of its own; what ``library`` declares is known to all. The
    functions come in the order of the texts, sources before the library; host functions in the
    order of docs/spec/turn.md. Raises `LanguageError`.

    Spec: Q-95.
    """
    return _Program(sources, library).compile()


class _Program:
    """The declarations of a program, and who is meant by a name."""

    def __init__(self, sources: Sequence[Source], library: Sequence[Source]) -> None:
        self.shared = _shared_scope(tuple(library))
        own = {source.name: read_source(source, self.shared.constants) for source in sources}
        self.scopes = own | {source.name: self.shared for source in library}
        assert len(self.scopes) == len(sources) + len(library), "two sources of one name"
        self.declared = [
            each for scope in (*own.values(), self.shared) for each in scope.functions.values()
        ]
        self.roots = [
            self.scopes[source.name].functions[root]
            for source in (*sources, *library)
            for root in source.roots
        ]

    def compile(self) -> CompiledProgram:
        reached, words = self._reach()
        hosts = tuple(host for word, host in HOST_WORDS.items() if word in words)
        functions = [each for each in self.declared if id(each) in reached]
        places = {id(each): len(hosts) + at for at, each in enumerate(functions)}
        host_words = {
            word: Callee(hosts.index(host), HOST_TYPES[host])
            for word, host in HOST_WORDS.items()
            if host in hosts
        }
        compiled = (self._function(each, {**host_words}, places) for each in functions)
        return CompiledProgram(hosts, tuple(compiled))

    def _reach(self) -> tuple[set[int], set[str]]:
        """Return the declarations that are reached, by identity, and the words that they use."""
        waiting = list(self.roots)
        reached = {id(each) for each in waiting}
        words: set[str] = set()
        while waiting:
            function = waiting.pop()
            for name in _called(function.node):
                callee = self._resolve(function, name)
                if callee is None:
                    words.add(name)
                elif id(callee) not in reached:
                    reached.add(id(callee))
                    waiting.append(callee)
        return reached, words

    def _resolve(self, caller: Declaration, name: str) -> Declaration | None:
        """Return what ``name`` calls; None if that is a word, or nothing that is known.

        The library's functions come before the caller's own: a statement may have any name, that of
        a word or of a function of the library, and what it calls is not itself.
        """
        if name in WORDS:
            return None
        own = self.scopes[caller.source].functions
        return self.shared.functions.get(name) or own.get(name)

    def _function(
        self, function: Declaration, callees: dict[str, Callee], places: Mapping[int, int]
    ) -> CompiledFunction:
        for name in _called(function.node):
            callee = self._resolve(function, name)
            if callee is not None:
                callees[name] = Callee(places[id(callee)], callee.type)
        constants = {**self.shared.constants, **self.scopes[function.source].constants}
        body = Body(function, callees=callees, constants=constants)
        Statements(body).function()
        return CompiledFunction(
            source=function.source,
            name=function.name,
            type=function.type,
            local_runs=body.local_runs(),
            body=tuple(body.code),
        )


def _called(node: ast.FunctionDef) -> Iterable[str]:
    """Return the names that are called in a function."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
            yield each.func.id


@lru_cache(maxsize=1)
def _shared_scope(library: tuple[Source, ...]) -> Scope:
    """Return what all sources of a library declare, as one scope. It is not to be changed.

    The library is the same for every program: it is read once.
    """
    functions: dict[str, Declaration] = {}
    constants: dict[str, int] = {}
    for source in library:
        scope = read_source(source, constants)
        _merge(source, functions, scope.functions)
        _merge(source, constants, scope.constants)
    return Scope(functions, constants)


def _merge(source: Source, into: dict[str, T], declared: Mapping[str, T]) -> None:
    for name, value in declared.items():
        if name in WORDS:
            raise LanguageError(source.name, 0, f"'{name}' is a word of the language")
        if name in into:
            raise LanguageError(source.name, 0, f"'{name}' is declared twice in the library")
        into[name] = value
