"""The host functions as wasmtime calls them: the very rules, on what stands for a machine.

Not here: the rules (`wasm_interp.rules.host`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING

from wasm_interp.encode import as_signed, as_unsigned
from wasm_interp.host import HOST_FUNCTIONS
from wasm_interp.instructions import INSTRUCTIONS
from wasm_interp.module import FunctionType
from wasm_interp.rules.trap import Trap
from wasm_interp.state import TrapCode

if TYPE_CHECKING:
    import wasmtime

    from wasm_interp.machine import Machine


class MemoryView:
    """wasmtime's memory as the rules use a machine's: its length, and slices within it."""

    __slots__ = ("_memory", "_store")

    def __init__(self, memory: wasmtime.Memory, store: wasmtime.Store) -> None:
        self._memory = memory
        self._store = store

    def __len__(self) -> int:
        return self._memory.data_len(self._store)

    def __getitem__(self, at: slice) -> bytes:
        return ctypes.string_at(self._address() + at.start, at.stop - at.start)

    def __setitem__(self, at: slice, data: bytes) -> None:
        assert len(data) == at.stop - at.start <= len(self) - at.start
        ctypes.memmove(self._address() + at.start, data, len(data))

    def _address(self) -> int:
        return ctypes.cast(self._memory.data_ptr(self._store), ctypes.c_void_p).value or 0


class HostState:
    """What a rule asks of a machine: operands, memory, rows, message, fuel for surcharges.

    ``charged`` is the sum of the surcharges; more than ``fuel`` stops the run.
    """

    __slots__ = ("charged", "dirty", "fuel", "memory", "message", "rows", "stack")

    def __init__(self, machine: Machine, memory: MemoryView) -> None:
        self.memory = memory
        self.rows = machine.rows
        self.message = machine.message
        self.fuel = machine.fuel
        self.charged = 0
        self.stack: list[int] = []
        self.dirty: set[int] = set()

    def charge(self, amount: int) -> None:
        """Take a surcharge. Spec: S-12."""
        self.charged += amount
        if self.charged > self.fuel:
            raise Trap(TrapCode.OUT_OF_FUEL)


def host_callbacks(
    current: Callable[[], HostState],
) -> list[tuple[int, FunctionType, Callable[..., int | None]]]:
    """Return code, type and callback of each host function; ``current`` is the run's state."""
    return [(code, kind, _callback(code, kind, current)) for kind, code in HOST_FUNCTIONS.values()]


def _callback(
    code: int, kind: FunctionType, current: Callable[[], HostState]
) -> Callable[..., int | None]:
    rule = INSTRUCTIONS[code].rule

    def call(*args: int) -> int | None:
        state = current()
        state.stack = list(map(as_unsigned, args, kind.params))
        rule(state)
        return as_signed(state.stack[-1], kind.results[0]) if kind.results else None

    return call
