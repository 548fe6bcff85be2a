"""Running a machine from its beginning to its halt in wasmtime.

Only a run that halts leaves the machine changed. Whatever else happens, the caller repeats the run
on another tier. Not here: the module that is run (`wasm_interp.native.module`).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from merkle.errors import ChannelsError
from wasm_interp.encode import as_signed, as_unsigned
from wasm_interp.lower import HALT_WITH_RESULT
from wasm_interp.native.host import HostState, MemoryView, host_callbacks
from wasm_interp.native.module import (
    DEPTH,
    FUEL,
    HOST_MODULE,
    MEMORY,
    entries,
    function_name,
    global_name,
    native_binary,
)
from wasm_interp.opcodes import ValueType
from wasm_interp.profile import PROFILE_V1
from wasm_interp.rules.trap import Trap
from wasm_interp.state import Status

if TYPE_CHECKING:
    import wasmtime

    from wasm_interp.machine import Machine
    from wasm_interp.program import Function, Program

LOG: Final = logging.getLogger(__name__)

STACK_BYTES: Final = 2**21
"""What wasmtime may use of the thread's stack: 2 KiB for each of 1,024 frames."""

_NO_LOCALS: Final = [0, 0, 0, 0]


@dataclass(eq=False)
class NativeTierMissing(ChannelsError):
    """wasmtime, which the native tier runs on, is not installed."""

    sentence = "the native tier needs wasmtime: pip install 'event-sourced-channels[native]'"


class _Current(threading.local):
    """The state of the run that this thread is in."""

    host: HostState


_CURRENT: Final = _Current()


@cache
def _linker() -> tuple[Any, wasmtime.Linker]:
    """Return the engine and what knows the host functions. Raises `NativeTierMissing`."""
    try:
        import wasmtime
    except ImportError:
        raise NativeTierMissing from None
    config = wasmtime.Config()
    config.max_wasm_stack = STACK_BYTES
    engine = wasmtime.Engine(config)
    linker = wasmtime.Linker(engine)
    kinds = {ValueType.I32: wasmtime.ValType.i32, ValueType.I64: wasmtime.ValType.i64}
    for code, kind, callback in host_callbacks(lambda: _CURRENT.host):
        params, results = ([kinds[each]() for each in side] for side in (kind.params, kind.results))
        linker.define_func(HOST_MODULE, str(code), wasmtime.FuncType(params, results), callback)
    return engine, linker


class NativeProgram:
    """A program's module, compiled by wasmtime. ``module`` is None if that refuses it."""

    def __init__(self, program: Program) -> None:
        engine, self.linker = _linker()
        import wasmtime

        self.engine = engine
        self.module: wasmtime.Module | None = None
        self.by_pc = {program.functions[at].pc: program.functions[at] for at in entries(program)}
        self.globals = [each.type.value_type for each in program.module.globals]
        try:
            self.module = wasmtime.Module(engine, native_binary(program))
        except wasmtime.WasmtimeError as error:
            LOG.info("wasmtime refuses the module: %s", str(error).split("\n", 1)[0])


def run_native(m: Machine) -> bool:
    """Run ``m`` from its beginning until it halts; return False, ``m`` unchanged, if it does not.

    Raises `NativeTierMissing`.
    """
    native = m.program.native
    functions = _functions_to_run(m, native)
    if functions is None or native.module is None:
        return False
    import wasmtime

    store = wasmtime.Store(native.engine)
    try:
        instance = native.linker.instantiate(store, native.module)
        run = _Run(m, native, store, instance.exports(store))
        if not run.call(functions):
            return False
    except (wasmtime.Trap, wasmtime.WasmtimeError, Trap):
        return False
    run.finish()
    return True


def _functions_to_run(m: Machine, native: NativeProgram) -> list[Function] | None:
    """Return what runs one after the other, or None if ``m`` is not at the beginning of a run."""
    program = m.program
    pcs = [m.pc, *(pc for pc, _ in reversed(m.frames[1:]))]
    at_genesis = (
        m.steps == 0
        and m.status is Status.RUNNING
        and bool(m.frames)
        and all(pc in native.by_pc for pc in pcs)
        and all(values == _NO_LOCALS for values in (m.locals, *(each for _, each in m.frames)))
        and tuple(m.globals) == program.globals
        and m.table == program.table
        and m.memory_max == program.memory_max
        and m.memory == program.memory
    )
    if not at_genesis:
        return None
    functions = [native.by_pc[pc] for pc in pcs]
    last = functions[-1].type
    before = [each for each in functions[:-1] if each.type.params or each.type.results]
    fits = m.frames[0][0] == len(last.results) and len(m.stack) == len(last.params)
    return functions if fits and not before else None


class _Run:
    """One run: an instance and its exports."""

    def __init__(
        self, m: Machine, native: NativeProgram, store: wasmtime.Store, exports: Any
    ) -> None:
        self.m = m
        self.native = native
        self.store = store
        self.exports = exports
        self.memory = exports[MEMORY]
        self.host = HostState(m, MemoryView(self.memory, store))
        self.result = 0
        self.fuel_left = 0

    def call(self, functions: list[Function]) -> bool:
        """Run ``functions``; return whether the fuel sufficed, the halt's included."""
        m, store, exports = self.m, self.store, self.exports
        fuel, depth = exports[FUEL], exports[DEPTH]
        fuel.set_value(store, m.fuel)
        last = functions[-1]
        kinds = last.type.params
        args = [as_signed(value, kind) for value, kind in zip(m.stack, kinds, strict=True)]
        _CURRENT.host = self.host
        try:
            for i, function in enumerate(functions):
                depth.set_value(store, len(m.frames) - i)
                callee = exports[function_name(function.index)]
                result = callee(store, *(args if function is last else ()))
        finally:
            del _CURRENT.host
        if last.type.results:
            self.result = result & (
                2**64 - 1 if last.type.results[0] is ValueType.I64 else 2**32 - 1
            )
        self.fuel_left = fuel.value(store) - self.host.charged - 1
        return self.fuel_left >= 0

    def finish(self) -> None:
        """Give the machine the state in which it halts. Spec: S-3, I-10."""
        m, store = self.m, self.store
        for at, kind in enumerate(self.native.globals):
            m.globals[at] = as_unsigned(self.exports[global_name(at)].value(store), kind)
        m.memory = self.memory.read(store)
        m.untracked = True
        m.rows = self.host.rows
        m.steps = m.fuel - self.fuel_left - self.host.charged
        m.fuel = self.fuel_left
        m.stack = []
        m.pc, m.locals = m.frames[0]
        m.frames = []
        m.result = self.result
        m.status = Status.HALTED


assert HALT_WITH_RESULT == 1, "the pc of the halt is the number of results"
assert PROFILE_V1.call_depth_max * 2_048 == STACK_BYTES
