"""Sources as programs that the machine runs, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from merkle import OrderedMap
from sqlstore.wasm import Source, compile_program
from sqlstore.wasm.append import append_functions
from sqlstore.wasm.language import CompiledProgram
from wasm_interp import Program, load
from wasm_interp.encode import encode
from wasm_interp.machine import Machine, Tier
from wasm_interp.module import Export, ExternKind, Limits, Module
from wasm_interp.state import Status, TrapCode

EMPTY = Module(memories=(Limits(1, 1),))


def program_of(text: str, *roots: str, library: Sequence[Source] = ()) -> Program:
    """Return the program of one source; its ``roots`` (by default the function `f`) are exports."""
    source = Source(name="test", text=text, roots=roots or ("f",))
    return load(exported(compile_program([source], library=library)), reducer=False)


def exported(compiled: CompiledProgram) -> bytes:
    """Return a module with one page of memory that exports every function of ``compiled``.

    Of several functions of one name the first is exported.
    """
    module = append_functions(EMPTY, compiled, {})
    first = len(module.imported(ExternKind.FUNCTION))
    indices: dict[str, int] = {}
    for at, each in enumerate(compiled.functions):
        indices.setdefault(each.name, first + at)
    exports = tuple(
        Export(name=name, kind=ExternKind.FUNCTION, index=index, offset=-1)
        for name, index in indices.items()
    )
    return encode(replace(module, exports=exports))


def call(
    program: Program,
    name: str,
    *args: int,
    memory: Mapping[int, bytes] | None = None,
    rows: OrderedMap | None = None,
    tier: Tier = Tier.COMPILED,
) -> Machine:
    """Return the machine after a call; ``memory`` is what is put there before, by address."""
    m = program.call(name, args, rows=rows or OrderedMap())
    for address, data in (memory or {}).items():
        m.memory[address : address + len(data)] = data
    m.run(tier=tier)
    return m


def result(
    program: Program, name: str, *args: int, memory: Mapping[int, bytes] | None = None
) -> int:
    """Return the result of a call that halts, signed."""
    m = call(program, name, *args, memory=memory)
    assert m.status is Status.HALTED, m
    (kind,) = program.exports[name].type.results
    bits = 32 if kind.text == "i32" else 64
    return m.result - (1 << bits) if m.result >> (bits - 1) else m.result


def trap(program: Program, name: str, *args: int) -> TrapCode:
    """Return the code of the trap in which a call ends."""
    m = call(program, name, *args)
    assert m.status is Status.TRAPPED, m
    return m.trap
