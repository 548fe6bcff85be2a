"""Calls made here and in wasmtime at once, for directed tests.

Modules are written as text, which wasmtime turns into binaries; a call that the two do not agree on
fails the test, so that few expectations are ours alone.
"""

from __future__ import annotations

from functools import cache

from tests.wasm_interp.wasmtime_peer import Peer, our_outcome
from tests.wasm_interp.wat import wasm_of
from wasm_interp import Machine, Program, Status, TrapCode, load


@cache
def compiled(text: str) -> tuple[Program, Peer]:
    wasm = wasm_of(f"(module {text})")
    return load(wasm), Peer(wasm)


def call(text: str, export: str, *args: int) -> Machine:
    """Call an export here and in wasmtime; check that they agree; return our machine."""
    program, peer = compiled(text)
    m = program.call(export, args)
    m.run()
    ours = our_outcome(m, has_result=bool(program.exports[export].type.results), globals_count=0)
    theirs = peer.outcome(export, [value & 2**64 - 1 for value in args])
    assert (ours.trap, ours.result) == (theirs.trap, theirs.result)
    if theirs.memory:
        assert ours.memory == theirs.memory
    assert not m.stack or m.status is Status.TRAPPED, "a call leaves nothing but its result"
    return m


def result(text: str, export: str, *args: int) -> int:
    m = call(text, export, *args)
    assert m.status is Status.HALTED, m
    return m.result


def trap(text: str, export: str, *args: int) -> TrapCode:
    m = call(text, export, *args)
    assert m.status is Status.TRAPPED, m
    return m.trap


def function(body: str, params: str = "", results: str = "(result i32)") -> str:
    return f'(func (export "f") {params} {results} {body})'
