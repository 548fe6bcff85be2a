"""Whether the statements in a linked module are those of the SQL that it carries.

The section of Q-96 is the word of whoever wrote the module. Here the SQL is compiled anew and
compared with the functions that are there. What the module's own functions do besides calling
them, it does not say.

Spec: docs/spec/sql.md, Q-97.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.wasm.append import SYMBOL_PREFIX, host_indices, moved
from sqlstore.wasm.errors import LinkedCodeDiffers, SqlMissing
from sqlstore.wasm.link import compiled, statement_sources
from sqlstore.wasm.sections import read_sql
from wasm_interp.binary import decode
from wasm_interp.module import ExternKind
from wasm_interp.opcodes import CALL
from wasm_interp.validate import validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.wasm.language import CompiledFunction
    from sqlstore.wasm.source import Source
    from wasm_interp.module import Function, FunctionType, Instr, Module


def verify_linked(module: bytes) -> dict[str, bool]:
    """Return the statements of the SQL in ``module`` by name, and whether they are functions of it.

    Raises `SqlMissing` if it carries none; `LinkedCodeDiffers` if a function that is named as
    linking names them is not what the SQL compiles to here; `SqlError`; `ModuleError`.

    Spec: Q-97.
    """
    decoded = decode(module)
    validate(decoded)
    found = read_sql(module)
    if found is None:
        raise SqlMissing("Q-96: no SQL was linked into this module", 0)
    added = _added(decoded)
    texts = statement_sources(*found)
    statements = _recognised(texts, added)
    program = compiled(tuple(statements.values()))
    own = len(decoded.functions) - len(added)
    first = len(decoded.imported(ExternKind.FUNCTION)) + own
    indices = (*host_indices(decoded, program.hosts), *range(first, first + len(added)))
    if len(program.functions) != len(added) or None in indices:
        raise LinkedCodeDiffers("Q-97: its SQL compiles to other functions than it has", 0)
    targets = tuple(index or 0 for index in indices)
    for index, (expected, actual) in enumerate(zip(program.functions, added, strict=True), first):
        if not _alike(expected, actual) or _calls(moved(expected.body, targets)) != _calls(
            actual.function.body
        ):
            raise LinkedCodeDiffers(
                "Q-97: the function is not what the module's SQL compiles to",
                actual.function.offset,
                index,
                symbol=actual.name,
            )
    return {name: name in statements for name in texts}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Added:
    """A function that linking has added, with its name and type."""

    name: str
    type: FunctionType
    function: Function


def _added(module: Module) -> tuple[_Added, ...]:
    """Return the functions that are named as linking names them: they stand at the end."""
    imported = len(module.imported(ExternKind.FUNCTION))
    named = [
        _Added(
            name=module.names.get(imported + at, ""),
            type=module.types[function.type_index],
            function=function,
        )
        for at, function in enumerate(module.functions)
    ]
    own = len(named)
    while own and named[own - 1].name.startswith(SYMBOL_PREFIX):
        own -= 1
    if any(one.name.startswith(SYMBOL_PREFIX) for one in named[:own]):
        raise LinkedCodeDiffers("Q-97: a function of its own is named as a statement's", 0)
    return tuple(named[own:])


def _recognised(texts: dict[str, Source], added: Sequence[_Added]) -> dict[str, Source]:
    """Return the statements that were linked: their functions stand first, in the SQL's order."""
    statements = {}
    at = 0
    for name, source in texts.items():
        functions = [one for one in compiled((source,)).functions if one.source == source.name]
        there = added[at : at + len(functions)]
        if len(there) == len(functions) and all(map(_alike, functions, there)):
            statements[name] = source
            at += len(functions)
    return statements


def _alike(expected: CompiledFunction, actual: _Added) -> bool:
    """Return whether two functions are the same, and named so, but for what they call."""
    return (
        actual.name == f"{SYMBOL_PREFIX}{expected.name}"
        and actual.type == expected.type
        and actual.function.local_runs == expected.local_runs
        and [_plain(one) for one in actual.function.body] == [_plain(one) for one in expected.body]
    )


def _plain(instr: Instr) -> tuple[object, ...]:
    target = None if instr.opcode.code == CALL else instr.a
    return (instr.opcode.code, target, instr.b, instr.block_type, instr.labels)


def _calls(body: Sequence[Instr]) -> list[int]:
    return [instr.a for instr in body if instr.opcode.code == CALL]
