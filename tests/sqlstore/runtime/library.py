"""The runtime library as a program, each function an export."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache

from sqlstore.compile.runtime import runtime_sources
from sqlstore.wasm import compile_program
from tests.sqlstore.wasm.programs import call, exported, result
from wasm_interp import Program, load
from wasm_interp.state import Status

HERE, THERE, OUT = 0x1000, 0x4000, 0x8000
"""Where tests put what a function reads, and where it writes."""

ODD = 3
"""Added to an address, so that nothing depends on alignment."""

BEHIND = (b"a%\xa5_a\\\xff\x80\0", b"%a\x5a\0_\xffb\x80\\")
"""What follows the strings, which is none of a function's business."""


@cache
def library() -> Program:
    """Return the program."""
    sources = [replace(each, roots=_functions(each.text)) for each in runtime_sources()]
    return load(exported(compile_program([], library=sources)), reducer=False)


def _functions(text: str) -> tuple[str, ...]:
    return tuple(each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef))


def run(name: str, *args: int | bytes | None) -> int:
    """Return what a function returns; a byte string in ``args`` is its address and its length."""
    memory, plain = _placed(args)
    return result(library(), name, *plain, memory=memory)


def written(name: str, *args: int | bytes | None) -> tuple[int, bytes]:
    """Return what a function returns, and what it leaves at `OUT`: None in ``args`` is `OUT`."""
    memory, plain = _placed(args)
    m = call(library(), name, *plain, memory=memory)
    assert m.status is Status.HALTED, m
    value = m.result - 2**32 if m.result >= 2**31 else m.result
    return value, bytes(m.memory[OUT:])


def number_at_out(name: str, *args: int | bytes | None) -> int | tuple[int]:
    """Return the i64 that a function leaves at `OUT`, or (the SQLSTATE's number,)."""
    failure, memory = written(name, *args)
    return (failure,) if failure else int.from_bytes(memory[:8], "little", signed=True)


def _placed(args: tuple[int | bytes | None, ...]) -> tuple[dict[int, bytes], list[int]]:
    memory: dict[int, bytes] = {}
    plain: list[int] = []
    places = zip((HERE + ODD, THERE), BEHIND, strict=True)
    for each in args:
        if isinstance(each, bytes):
            address, behind = next(places)
            memory[address] = each + behind
            plain += [address, len(each)]
        else:
            plain.append(OUT if each is None else each)
    return memory, plain
