"""Adding functions to a module: imports give way to them, indices move.

Spec: docs/spec/sql.md, Q-95. Not here: which functions (`sqlstore.wasm.link`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wasm_interp.host import HOST_TYPES
from wasm_interp.module import ExternKind, Function, Import, Instr, Module
from wasm_interp.opcodes import CALL

if TYPE_CHECKING:
    from sqlstore.wasm.language import CompiledProgram
    from wasm_interp.module import FunctionType

SYMBOL_PREFIX: Final = "sql:"
"""Before the name of an added function, as it is shown: no name in a source has a colon."""


def append_functions(
    module: Module, program: CompiledProgram, entries: Mapping[tuple[str, str], int]
) -> Module:
    """Return ``module`` with the functions of ``program`` behind its own.

    ``entries`` are the imports, by module and name, in place of which functions of the program
    come: their places there. Host functions that the program calls are imported where they are not.
    ``module`` is valid; so is the result.

    Spec: Q-95.
    """
    types = list(module.types)
    imports = tuple(_imports(module, program, entries, types))
    indices = _indices(module, program, entries, imports, types)
    added = [
        Function(
            type_index=_type_index(types, each.type),
            local_runs=each.local_runs,
            body=moved(each.body, indices.added),
        )
        for each in program.functions
    ]
    return replace(
        _moved_module(module, indices.own),
        types=tuple(types),
        imports=imports,
        functions=(
            *(replace(each, body=moved(each.body, indices.own)) for each in module.functions),
            *added,
        ),
        names=_names(module, program, entries, indices),
    )


# -- imports and types -----------------------------------------------------------------------------


def _type_index(types: list[FunctionType], kind: FunctionType) -> int:
    """Return the index of a type, which is added if it is not there."""
    if kind not in types:
        types.append(kind)
    return types.index(kind)


def _imports(
    module: Module,
    program: CompiledProgram,
    entries: Mapping[tuple[str, str], int],
    types: list[FunctionType],
) -> Iterable[Import]:
    kept = [entry for entry in module.imports if not _gives_way(entry, entries)]
    yield from kept
    for host in program.hosts:
        if not any(_is_host(entry, host, types) for entry in kept):
            yield Import(
                module=host[0],
                name=host[1],
                kind=ExternKind.FUNCTION,
                type_index=_type_index(types, HOST_TYPES[host]),
                offset=-1,
            )


def _gives_way(entry: Import, entries: Mapping[tuple[str, str], int]) -> bool:
    return entry.kind is ExternKind.FUNCTION and (entry.module, entry.name) in entries


def _is_host(entry: Import, host: tuple[str, str], types: list[FunctionType]) -> bool:
    """Return whether an import is the host function ``host``, with the type that it has."""
    return (
        entry.kind is ExternKind.FUNCTION
        and (entry.module, entry.name) == host
        and types[entry.type_index] == HOST_TYPES[host]
    )


def host_indices(module: Module, hosts: Iterable[tuple[str, str]]) -> Iterator[int | None]:
    """Yield for each host function the index by which ``module`` calls it, None if it does not."""
    imported = module.imported(ExternKind.FUNCTION)
    types = list(module.types)
    for host in hosts:
        found = (at for at, entry in enumerate(imported) if _is_host(entry, host, types))
        yield next(found, None)


# -- indices ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Indices:
    """Indices of functions in the result, by what they were in the module and in the program."""

    own: tuple[int, ...]
    added: tuple[int, ...]


def _indices(
    module: Module,
    program: CompiledProgram,
    entries: Mapping[tuple[str, str], int],
    imports: tuple[Import, ...],
    types: list[FunctionType],
) -> _Indices:
    imported = [entry for entry in imports if entry.kind is ExternKind.FUNCTION]
    first = len(imported)
    end = first + len(module.functions)
    hosts = (
        next(at for at, entry in enumerate(imported) if _is_host(entry, host, types))
        for host in program.hosts
    )
    added = (*hosts, *range(end, end + len(program.functions)))
    kept = iter(range(first))
    own = [
        added[entries[entry.module, entry.name]] if _gives_way(entry, entries) else next(kept)
        for entry in module.imported(ExternKind.FUNCTION)
    ]
    return _Indices((*own, *range(first, end)), added)


def moved(body: tuple[Instr, ...], indices: tuple[int, ...]) -> tuple[Instr, ...]:
    """Return a body that calls the same functions by their new indices."""
    return tuple(
        replace(instr, a=indices[instr.a]) if instr.opcode.code == CALL else instr for instr in body
    )


def _moved_module(module: Module, indices: tuple[int, ...]) -> Module:
    """Return a module whose exports, elements and start name functions by their new indices."""
    return replace(
        module,
        exports=tuple(
            replace(entry, index=indices[entry.index])
            if entry.kind is ExternKind.FUNCTION
            else entry
            for entry in module.exports
        ),
        elements=tuple(
            replace(segment, functions=tuple(indices[index] for index in segment.functions))
            for segment in module.elements
        ),
        start=None if module.start is None else indices[module.start],
    )


def _names(
    module: Module,
    program: CompiledProgram,
    entries: Mapping[tuple[str, str], int],
    indices: _Indices,
) -> dict[int, str]:
    """Return the names of all functions that have one: the module's own, and the program's."""
    gone = {
        at
        for at, entry in enumerate(module.imported(ExternKind.FUNCTION))
        if _gives_way(entry, entries)
    }
    own = {
        indices.own[index]: name
        for index, name in module.names.items()
        if index < len(indices.own) and index not in gone
    }
    functions = indices.added[len(program.hosts) :]
    added = zip(functions, program.functions, strict=True)
    return own | {index: f"{SYMBOL_PREFIX}{each.name}" for index, each in added}
