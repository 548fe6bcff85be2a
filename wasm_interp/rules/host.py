"""Host functions: rows and the message. Each is one step.

Every rule checks in one order: lengths, then buffers in the order of the parameters, then it
charges its surcharge, and only then reads and writes. What it reads, it reads before it writes. A
buffer must lie in memory whether or not the row exists, so that a fault does not depend on the
rows.

Spec: docs/spec/turn.md, rules T-10 and on. Mirror: ``Rows.sol``, ``MessageAccess.sol``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wasm_interp.profile import PROFILE_V1
from wasm_interp.rules.integer import mask
from wasm_interp.rules.trap import Trap
from wasm_interp.state import TrapCode

if TYPE_CHECKING:
    from wasm_interp.machine import Machine

KEY_MAX: Final = PROFILE_V1.key_bytes_max
VALUE_MAX: Final = PROFILE_V1.value_bytes_max
READ_MAX: Final = PROFILE_V1.message_read_bytes_max

ROW_READ_FUEL: Final = 512
ROW_WRITE_FUEL: Final = 2_048
MESSAGE_READ_FUEL: Final = 32

NOT_FOUND: Final = mask(32)
"""-1 as an i32."""


def db_get(m: Machine) -> None:
    """Read a row: ``(key, key_len, out, out_cap) -> len | -1``.

    Writes the value to ``out`` if it fits ``out_cap``; otherwise writes nothing.
    Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then out), `OUT_OF_FUEL`.

    Spec: T-12.
    """
    key, key_len, out, out_cap = m.stack[-4:]
    check_key_length(key_len, least=1)
    check_buffer(m, key, key_len)
    check_buffer(m, out, out_cap)
    m.charge(ROW_READ_FUEL + key_len + min(out_cap, VALUE_MAX))
    value = m.rows.get(read(m, key, key_len))
    del m.stack[-3:]
    m.stack[-1] = deliver(m, value, out, out_cap)


def db_put(m: Machine) -> None:
    """Write a row: ``(key, key_len, value, value_len) -> existed``.

    Traps: `KEY_LENGTH`, `VALUE_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then value), `OUT_OF_FUEL`.

    Spec: T-13.
    """
    key, key_len, value, value_len = m.stack[-4:]
    check_key_length(key_len, least=1)
    if value_len > VALUE_MAX:
        raise Trap(TrapCode.VALUE_LENGTH)
    check_buffer(m, key, key_len)
    check_buffer(m, value, value_len)
    m.charge(ROW_WRITE_FUEL + key_len + value_len)
    row_key = read(m, key, key_len)
    existed = 1 if row_key in m.rows else 0
    m.rows = m.rows.put(row_key, read(m, value, value_len))
    del m.stack[-3:]
    m.stack[-1] = existed


def db_delete(m: Machine) -> None:
    """Delete a row: ``(key, key_len) -> existed``.

    Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS`, `OUT_OF_FUEL`.

    Spec: T-14.
    """
    key, key_len = m.stack[-2:]
    check_key_length(key_len, least=1)
    check_buffer(m, key, key_len)
    m.charge(ROW_WRITE_FUEL + key_len)
    row_key = read(m, key, key_len)
    existed = 1 if row_key in m.rows else 0
    if existed:
        m.rows = m.rows.delete(row_key)
    m.stack.pop()
    m.stack[-1] = existed


def db_seek(m: Machine) -> None:
    """Find the least key at or above one: ``(key, key_len, strict, out, out_cap) -> len | -1``.

    With ``strict`` not zero: above. The given key may be empty. Writes the key found to ``out`` if
    it fits ``out_cap``; otherwise writes nothing.
    Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then out), `OUT_OF_FUEL`.

    Spec: T-15.
    """
    key, key_len, strict, out, out_cap = check_seek(m)
    found = m.rows.seek(read(m, key, key_len), strict=strict != 0)
    del m.stack[-4:]
    m.stack[-1] = deliver(m, found, out, out_cap)


def db_seek_back(m: Machine) -> None:
    """Find the greatest key at or below a given one (strict: below); otherwise as `db_seek`.

    Spec: T-16.
    """
    key, key_len, strict, out, out_cap = check_seek(m)
    found = m.rows.seek_back(read(m, key, key_len), strict=strict != 0)
    del m.stack[-4:]
    m.stack[-1] = deliver(m, found, out, out_cap)


def channel_message_size(m: Machine) -> None:
    """Push the length of the message's payload: ``() -> i32``. Spec: T-17."""
    m.stack.append(len(m.message.payload))


def channel_message_read(m: Machine) -> None:
    """Copy part of the payload to memory: ``(out, offset, len)``.

    Traps: `READ_TOO_LONG`, `MESSAGE_OUT_OF_BOUNDS`, `MEMORY_OUT_OF_BOUNDS`, `OUT_OF_FUEL`.

    Spec: T-18.
    """
    out, offset, length = m.stack[-3:]
    if length > READ_MAX:
        raise Trap(TrapCode.READ_TOO_LONG)
    if offset + length > len(m.message.payload):
        raise Trap(TrapCode.MESSAGE_OUT_OF_BOUNDS)
    check_buffer(m, out, length)
    m.charge(MESSAGE_READ_FUEL + length)
    write(m, out, m.message.payload[offset : offset + length])
    del m.stack[-3:]


def channel_sender(m: Machine) -> None:
    """Push the sender's index among the participants: ``() -> i32``. Spec: T-19."""
    m.stack.append(m.message.sender)


def channel_turn(m: Machine) -> None:
    """Push the turn that the message makes: ``() -> i64``. Spec: T-19."""
    m.stack.append(m.message.turn)


def check_key_length(key_len: int, *, least: int) -> None:
    """Raise the trap `KEY_LENGTH` unless ``least <= key_len <= 80``."""
    if not least <= key_len <= KEY_MAX:
        raise Trap(TrapCode.KEY_LENGTH)


def check_buffer(m: Machine, address: int, length: int) -> None:
    """Raise the trap `MEMORY_OUT_OF_BOUNDS` unless the buffer ends within memory. Spec: T-10."""
    if address + length > len(m.memory):
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS)


def check_seek(m: Machine) -> tuple[int, int, int, int, int]:
    """Check and charge a seek; return its operands."""
    key, key_len, strict, out, out_cap = m.stack[-5:]
    check_key_length(key_len, least=0)
    check_buffer(m, key, key_len)
    check_buffer(m, out, out_cap)
    m.charge(ROW_READ_FUEL + key_len + min(out_cap, KEY_MAX))
    return key, key_len, strict, out, out_cap


def read(m: Machine, address: int, length: int) -> bytes:
    """Return ``length`` bytes of memory, already checked."""
    return bytes(m.memory[address : address + length])


def write(m: Machine, address: int, data: bytes) -> None:
    """Write bytes to memory, already checked."""
    if data:
        m.memory[address : address + len(data)] = data
        m.dirty.update(range(address >> 5, (address + len(data) - 1 >> 5) + 1))


def deliver(m: Machine, found: bytes | None, out: int, out_cap: int) -> int:
    """Write ``found`` to ``out`` if it is there and fits; return its length, or -1. Spec: T-11."""
    if found is None:
        return NOT_FOUND
    if len(found) <= out_cap:
        write(m, out, found)
    return len(found)
