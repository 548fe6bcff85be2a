"""Loading hostile modules takes time and memory in proportion to their size (P-13)."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from tests.wasm_interp.wat import wasm_of
from wasm_interp import load

COUNT = 4_000

HOSTILE = {
    "functions and exports": "".join(f'(func (export "{i}"))' for i in range(COUNT)),
    "imports and elements": '(import "channel" "sender" (func (result i32)))' * COUNT
    + f"(table 4096 funcref) (elem (i32.const 0) {'0 ' * COUNT})",
    "bulk memory in dead code": "(memory 1) (func (unreachable)"
    + "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))" * COUNT
    + ")",
    "nested blocks": "(func " + "(block " * COUNT + ")" * COUNT + ")",
    "branches out of dead code": "(func (unreachable) " + "(block (br 0))" * COUNT + ")",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_loading_takes_little_more_than_its_size(name: str) -> None:
    wasm = wasm_of(f"(module {HOSTILE[name]})")
    begin = time.perf_counter()
    load(wasm)
    seconds = time.perf_counter() - begin
    assert seconds < 50e-6 * len(wasm) + 0.3, f"{len(wasm)} bytes took {seconds:.2f} s"


def test_memory_is_at_most_a_few_hundred_times_the_module() -> None:
    wasm = wasm_of("(module (func " + "(nop)" * 50_000 + "))")
    tracemalloc.start()
    try:
        load(wasm)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 300 * len(wasm)
