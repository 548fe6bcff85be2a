"""Run an export of a module in the peers: pywasm, whose time is compared, and wasmtime, the judge.

In this file: one call with integer arguments in each, the time of pywasm's parts, and how many
instructions pywasm executes. `python bench/peers.py bench/programs/fib.wasm run 23` prints these.
Not in this file: our own tiers, the programs and their sizes (`programs/reference.py`), imports (a
module here has none), floats.

Values are as both peers give them: i32 and i64 are signed.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import pywasm
import wasmtime

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What a call returned, and the wall time of each part.

    A number to quote says which parts it covers: `call_s` alone is execution, `total_s` what a user
    who has only the bytes waits for.
    """

    results: tuple[int, ...]
    decode_s: float
    instantiate_s: float
    call_s: float

    @property
    def total_s(self) -> float:
        return self.decode_s + self.instantiate_s + self.call_s


def run_pywasm(wasm: bytes, export: str, args: Sequence[int]) -> Timed:
    """Call ``export`` in a new pywasm instance.

    Instantiation includes the start function. pywasm does not validate, so none of its time is for
    that; a trap leaves it as an `AssertionError` or as whatever Python raised.
    """
    runtime = pywasm.Runtime()
    begin = perf_counter()
    module = pywasm.ModuleDesc.from_reader(io.BytesIO(wasm))
    decoded = perf_counter()
    instance = runtime.instance(module)
    instantiated = perf_counter()
    results = runtime.invocate(instance, export, list(args))
    end = perf_counter()
    return Timed(
        results=tuple(results),
        decode_s=decoded - begin,
        instantiate_s=instantiated - decoded,
        call_s=end - instantiated,
    )


def count_pywasm_instructions(wasm: bytes, export: str, args: Sequence[int]) -> int:
    """Return how many instructions a call of ``export`` executes in pywasm, exactly.

    pywasm hands every instruction to its debug log before executing it; the log is replaced by a
    counter meanwhile. `end` and `else` are no instructions in pywasm; `block` and `loop` are.
    Instantiation is not counted. The call is slower than a timed one.
    """
    runtime = pywasm.Runtime()
    instance = runtime.instance(pywasm.ModuleDesc.from_reader(io.BytesIO(wasm)))
    count = 0

    def tally(indent: object, *_: object) -> None:
        nonlocal count
        count += indent == "    "  # other lines of the log begin with a word

    original = pywasm.log.debugln
    pywasm.log.debugln = tally
    try:
        runtime.invocate(instance, export, list(args))
    finally:
        pywasm.log.debugln = original
    return count


def run_wasmtime(wasm: bytes, export: str, args: Sequence[int]) -> tuple[int, ...]:
    """Return the results of ``export`` in a new wasmtime instance. Raises `wasmtime.Trap`."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    instance = wasmtime.Instance(store, wasmtime.Module(engine, wasm), [])
    function = instance.exports(store)[export]
    if not isinstance(function, wasmtime.Func):
        raise TypeError(f"the export {export!r} is no function")
    returned = function(store, *args)
    if returned is None:
        return ()
    return (returned,) if isinstance(returned, int) else tuple(returned)


def main(file: str, export: str, *args: str) -> None:
    """Print what ``export`` of ``file`` returns, and pywasm's times and rate."""
    wasm = Path(file).read_bytes()
    numbers = [int(arg) for arg in args]
    timed = run_pywasm(wasm, export, numbers)
    expected = run_wasmtime(wasm, export, numbers)
    if timed.results != expected:
        raise SystemExit(f"pywasm returned {timed.results}, wasmtime {expected}")
    count = count_pywasm_instructions(wasm, export, numbers)
    print(f"results         {timed.results}")
    print(f"instructions    {count:,}")
    print(f"decode          {timed.decode_s * 1000:.2f} ms")
    print(f"instantiate     {timed.instantiate_s * 1000:.2f} ms")
    print(f"call            {timed.call_s:.3f} s")
    print(f"instructions/s  {count / timed.call_s:,.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
