"""wasmtime as a second opinion: run a call on a fresh instance and tell everything that is visible.

`Outcome` is what both sides are compared by; `our_outcome` makes it from a `Machine`,
`Peer.outcome` from wasmtime. The host functions of the peer are a model on a dict of rows, written
from docs/spec/turn.md and not from the rules under test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from merkle import OrderedMap
from wasm_interp.machine import Machine
from wasm_interp.message import Message
from wasm_interp.state import Status, TrapCode

wasmtime = pytest.importorskip("wasmtime", reason="wasmtime is the peer of these tests")

PEER_FUEL = 2**62
MEMORY_BYTES_MAX = 256 * 65_536

TRAPS = {
    "STACK_OVERFLOW": TrapCode.CALL_STACK_EXHAUSTED,
    "MEMORY_OUT_OF_BOUNDS": TrapCode.MEMORY_OUT_OF_BOUNDS,
    "TABLE_OUT_OF_BOUNDS": TrapCode.TABLE_OUT_OF_BOUNDS,
    "INDIRECT_CALL_TO_NULL": TrapCode.NULL_TABLE_ENTRY,
    "BAD_SIGNATURE": TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
    "INTEGER_OVERFLOW": TrapCode.INTEGER_OVERFLOW,
    "INTEGER_DIVISION_BY_ZERO": TrapCode.DIVIDE_BY_ZERO,
    "UNREACHABLE": TrapCode.UNREACHABLE,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a call leaves. ``memory`` and ``globals`` are None where the peer cannot tell them."""

    trap: TrapCode
    result: int | None
    memory: bytes | None
    globals: tuple[int, ...] | None
    rows: tuple[tuple[bytes, bytes], ...] = ()

    def difference(self, other: Outcome) -> str:
        """Say in which fields the two differ: an empty string if in none."""
        parts = []
        for name in ("trap", "result", "globals", "rows"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                parts.append(f"{name}: {mine} != {theirs}")
        if self.memory != other.memory:
            parts.append(_memory_difference(self.memory or b"", other.memory or b""))
        return "; ".join(parts)


def _memory_difference(mine: bytes, theirs: bytes) -> str:
    if len(mine) != len(theirs):
        return f"memory: {len(mine)} bytes != {len(theirs)}"
    at = next(i for i, (x, y) in enumerate(zip(mine, theirs, strict=True)) if x != y)
    return f"memory from 0x{at:x}: {mine[at : at + 16].hex()} != {theirs[at : at + 16].hex()}"


class _HostTrap(Exception):
    def __init__(self, code: TrapCode) -> None:
        super().__init__(code)
        self.code = code


@cache
def _engine() -> Any:
    config = wasmtime.Config()
    config.consume_fuel = True
    config.parallel_compilation = False
    config.cranelift_opt_level = "none"
    return wasmtime.Engine(config)


class Peer:
    """A module compiled by wasmtime. Raises `wasmtime.WasmtimeError` if it is not valid."""

    def __init__(self, wasm: bytes) -> None:
        self.module = wasmtime.Module(_engine(), wasm)
        self.fuel_used = 0

    def outcome(
        self,
        export: str,
        args: Sequence[int],
        *,
        rows: dict[bytes, bytes] | None = None,
        message: Message | None = None,
    ) -> Outcome:
        """Instantiate, call ``export``, and return what is visible afterwards."""
        store = wasmtime.Store(_engine())
        store.set_fuel(PEER_FUEL)
        store.set_limits(memory_size=MEMORY_BYTES_MAX)
        host = _Host(dict(rows or {}), message or Message())
        trap, result, exports = TrapCode.NONE, None, None
        try:
            imports = [host.function(store, entry) for entry in self.module.imports]
            exports = wasmtime.Instance(store, self.module, imports).exports(store)
            function = exports[export]
            results = list(function.type(store).results)
            result = function(store, *args)
            if result is not None:
                result &= 2 ** (64 if str(results[0]) == "i64" else 32) - 1
        except _HostTrap as error:
            trap = error.code
        except wasmtime.Trap as error:
            trap = TRAPS[error.trap_code.name]
        self.fuel_used = PEER_FUEL - store.get_fuel()
        return Outcome(
            trap=trap,
            result=result,
            memory=_memory(store, exports),
            globals=_globals(store, exports),
            rows=tuple(sorted(host.rows.items())),
        )


def _memory(store: Any, exports: Any) -> bytes | None:
    if exports is None:
        return None
    memory = exports.get("m")
    return bytes(memory.read(store)) if memory is not None else b""


def _globals(store: Any, exports: Any) -> tuple[int, ...] | None:
    if exports is None:
        return None
    values = []
    while (entry := exports.get(f"g{len(values)}")) is not None:
        bits = 64 if str(entry.type(store).content) == "i64" else 32
        values.append(entry.value(store) & (1 << bits) - 1)
    return tuple(values)


def our_outcome(m: Machine, *, has_result: bool, globals_count: int) -> Outcome:
    """Return what a machine that has stopped leaves."""
    assert m.status is not Status.RUNNING
    return Outcome(
        trap=m.trap,
        result=m.result if has_result and m.status is Status.HALTED else None,
        memory=bytes(m.memory),
        globals=tuple(m.globals[:globals_count]),
        rows=tuple(m.rows.items()),
    )


def as_map(rows: dict[bytes, bytes]) -> OrderedMap:
    """Return the ordered map of ``rows``."""
    made = OrderedMap()
    for key, value in rows.items():
        made = made.put(key, value)
    return made


class _Host:
    """The model: host functions over a dict of rows. Spec: docs/spec/turn.md."""

    def __init__(self, rows: dict[bytes, bytes], message: Message) -> None:
        self.rows = rows
        self.message = message
        self.memory: bytes = b""
        self.write: Callable[[int, bytes], None] = lambda _at, _data: None

    def function(self, store: Any, entry: Any) -> Any:
        """Return the function that an import asks for."""
        body = getattr(self, f"{entry.module}_{entry.name}")

        def call(caller: Any, *args: int) -> int | None:
            memory = caller["m"]
            self.memory = bytes(memory.read(caller))
            self.write = lambda at, data: memory.write(caller, data, at)
            unsigned = [value & 0xFFFFFFFF for value in args]
            result = body(*unsigned)
            return (
                None if result is None else _as_i64(result) if _is_i64(entry) else _as_i32(result)
            )

        return wasmtime.Func(store, entry.type, call, access_caller=True)

    def buffer(self, at: int, size: int) -> bytes:
        if at + size > len(self.memory):
            raise _HostTrap(TrapCode.MEMORY_OUT_OF_BOUNDS)
        return self.memory[at : at + size]

    def key(self, size: int, *, least: int) -> None:
        if size < least or size > 80:
            raise _HostTrap(TrapCode.KEY_LENGTH)

    def deliver(self, found: bytes | None, out: int, cap: int) -> int:
        if found is None:
            return -1
        if len(found) <= cap and found:
            self.write(out, found)
        return len(found)

    def db_get(self, key: int, key_len: int, out: int, cap: int) -> int:
        self.key(key_len, least=1)
        wanted = self.buffer(key, key_len)
        self.buffer(out, cap)
        return self.deliver(self.rows.get(wanted), out, cap)

    def db_put(self, key: int, key_len: int, value: int, value_len: int) -> int:
        self.key(key_len, least=1)
        if value_len > 1_024:
            raise _HostTrap(TrapCode.VALUE_LENGTH)
        row, data = self.buffer(key, key_len), self.buffer(value, value_len)
        existed = row in self.rows
        self.rows[row] = data
        return int(existed)

    def db_delete(self, key: int, key_len: int) -> int:
        self.key(key_len, least=1)
        return int(self.rows.pop(self.buffer(key, key_len), None) is not None)

    def db_seek(self, key: int, key_len: int, strict: int, out: int, cap: int) -> int:
        self.key(key_len, least=0)
        bound = self.buffer(key, key_len)
        self.buffer(out, cap)
        found = [row for row in self.rows if row > bound or (row == bound and not strict)]
        return self.deliver(min(found, default=None), out, cap)

    def db_seek_back(self, key: int, key_len: int, strict: int, out: int, cap: int) -> int:
        self.key(key_len, least=0)
        bound = self.buffer(key, key_len)
        self.buffer(out, cap)
        found = [row for row in self.rows if row < bound or (row == bound and not strict)]
        return self.deliver(max(found, default=None), out, cap)

    def channel_message_size(self) -> int:
        return len(self.message.payload)

    def channel_message_read(self, out: int, offset: int, size: int) -> None:
        if size > 1_024:
            raise _HostTrap(TrapCode.READ_TOO_LONG)
        part = self.message.payload[offset : offset + size]
        if offset > len(self.message.payload) or len(part) < size:
            raise _HostTrap(TrapCode.MESSAGE_OUT_OF_BOUNDS)
        self.buffer(out, size)
        if part:
            self.write(out, part)

    def channel_sender(self) -> int:
        return self.message.sender

    def channel_turn(self) -> int:
        return self.message.turn


def _is_i64(entry: Any) -> bool:
    return [str(kind) for kind in entry.type.results] == ["i64"]


def _as_i32(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def _as_i64(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
