"""What one step read and wrote, as typed events.

`observe` takes a step of a machine and tells what happened: a closed union, for tracing, for
people, and for whoever must prove the step. It looks at the machine before and after; the rules
themselves know no tracing.

Not here: sequences of steps (`wasm_interp.trace`, `wasm_interp.timeline`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wasm_interp import instructions as code
from wasm_interp import opcodes as wasm
from wasm_interp.commitments import common_prefix
from wasm_interp.instructions import INSTRUCTIONS, Family, Word
from wasm_interp.profile import PAGE_BYTES
from wasm_interp.rules.host import KEY_MAX
from wasm_interp.state import Status, TrapCode

if TYPE_CHECKING:
    from wasm_interp.machine import Machine


@dataclass(frozen=True, slots=True)
class OperandsPopped:
    """Operands taken off the stack, the top one last."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OperandsPushed:
    """Operands put on the stack, the top one last."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRead:
    """A local was read."""

    index: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWritten:
    """A local was written."""

    index: int
    old: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalRead:
    """A global was read."""

    index: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalWritten:
    """A global was written."""

    index: int
    old: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRead:
    """Bytes of memory were read."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryWritten:
    """Bytes of memory were written."""

    address: int
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryGrown:
    """Memory grew; both in pages."""

    pages_before: int
    pages_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """A table entry was read."""

    index: int
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A frame was pushed; execution goes on at ``pc``."""

    pc: int
    return_pc: int


@dataclass(frozen=True, slots=True)
class LocalsEntered:
    """A function got fresh locals: the zero tree of ``depth``."""

    depth: int


@dataclass(frozen=True, slots=True)
class Returned:
    """A frame was popped: the caller's locals are back, and execution goes on at ``pc``."""

    pc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRead:
    """A row was looked up; ``value`` is None if it is absent."""

    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWritten:
    """A row was put or deleted; None stands for an absent row."""

    key: bytes
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSought:
    """A neighbour of ``query`` was looked for; ``found`` is its key."""

    query: bytes
    strict: bool
    backwards: bool
    found: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRead:
    """Part of the message's payload was read."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFieldRead:
    """The message's length, sender or turn was read."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Halted:
    """The machine halted with ``result``."""

    result: int


@dataclass(frozen=True, slots=True)
class Trapped:
    """The machine trapped."""

    code: TrapCode


Event = (
    OperandsPopped
    | OperandsPushed
    | LocalRead
    | LocalWritten
    | GlobalRead
    | GlobalWritten
    | MemoryRead
    | MemoryWritten
    | MemoryGrown
    | TableRead
    | Called
    | LocalsEntered
    | Returned
    | RowRead
    | RowWritten
    | RowSought
    | MessageRead
    | MessageFieldRead
    | Halted
    | Trapped
)


def observe(m: Machine) -> tuple[Event, ...]:
    """Take one step of ``m``; return what it read and wrote. Empty if it had stopped."""
    if not m.running:
        return ()
    word = m.word()
    stack = m.stack[:]
    # What the step is going to touch is known from its operands; a trap touches nothing else.
    events = list(_before(m, word)) if word is not None else []
    m.step()
    if m.status is Status.TRAPPED:
        return (Trapped(m.trap),)
    kept = _kept(stack, m.stack, word)
    popped, pushed = tuple(stack[kept:]), tuple(m.stack[kept:])
    result: list[Event] = [OperandsPopped(popped)] if popped else []
    result += [event() if callable(event) else event for event in events]
    result += [OperandsPushed(pushed)] if pushed else []
    result += [Halted(m.result)] if m.status is Status.HALTED else []
    return tuple(result)


def _kept(before: list[int], after: list[int], word: Word | None) -> int:
    """Return how many operands a step left alone."""
    kept = common_prefix(before, after)
    if word is not None and INSTRUCTIONS[word.code].family is not Family.CONTROL:
        # An operand replaced by an equal one was popped and pushed all the same.
        kept = min(kept, len(before) - _POPS.get(word.code, 0))
    return kept


_POPS: Final = {
    **{row.code: len(row.pops) for row in wasm.BY_NAME.values()},
    **{wasm.DROP: 1, wasm.SELECT: 3, wasm.LOCAL_SET: 1, wasm.GLOBAL_SET: 1, code.DROP_UNDER: 2},
    **{code.DB_GET: 4, code.DB_PUT: 4, code.DB_DELETE: 2, code.DB_SEEK: 5, code.DB_SEEK_BACK: 5},
    **{code.CHANNEL_MESSAGE_READ: 3},
}
"""How many operands an instruction takes off; `local.tee` leaves its own where it is."""

_Late = Callable[[], Event]
"""An event that is complete only after the step: it is called then."""


def _before(m: Machine, word: Word) -> Iterator[Event | _Late]:
    """Yield what the step at ``m.pc`` reads and writes, should it not trap."""
    match INSTRUCTIONS[word.code].family:
        case Family.VARIABLE:
            yield from _variable(m, word)
        case Family.MEMORY:
            yield from _memory(m, word)
        case Family.CONTROL:
            yield from _control(m, word)
        case Family.HOST:
            yield from _host(m, word)
        case Family.NUMERIC:
            return


def _variable(m: Machine, word: Word) -> Iterator[Event]:
    index = word.a
    match word.code:
        case wasm.LOCAL_GET:
            yield LocalRead(index=index, value=m.locals[index])
        case wasm.LOCAL_SET | wasm.LOCAL_TEE:
            yield LocalWritten(index=index, old=m.locals[index], new=m.stack[-1])
        case wasm.GLOBAL_GET:
            yield GlobalRead(index=index, value=m.globals[index])
        case wasm.GLOBAL_SET:
            yield GlobalWritten(index=index, old=m.globals[index], new=m.stack[-1])


def _memory(m: Machine, word: Word) -> Iterator[Event | _Late]:
    if word.code == wasm.MEMORY_GROW:
        pages = len(m.memory) // PAGE_BYTES
        yield lambda: MemoryGrown(pages_before=pages, pages_after=len(m.memory) // PAGE_BYTES)
    elif word.code != wasm.MEMORY_SIZE:
        width = wasm.OPCODES[word.code].width
        if wasm.OPCODES[word.code].pushes:
            address = m.stack[-1] + word.a
            yield MemoryRead(address=address, data=_bytes(m, address, width))
        else:
            yield _written(m, m.stack[-2] + word.a, width)


def _bytes(m: Machine, address: int, length: int) -> bytes:
    return bytes(m.memory[address : address + length])


def _written(m: Machine, address: int, length: int) -> _Late:
    old = _bytes(m, address, length)
    return lambda: MemoryWritten(address=address, old=old, new=_bytes(m, address, length))


def _control(m: Machine, word: Word) -> Iterator[Event | _Late]:
    return_pc = m.pc + 1
    match word.code:
        case code.CALL:
            yield Called(pc=word.a, return_pc=return_pc)
        case code.CALL_INDIRECT:
            index = m.stack[-1]
            if index < len(m.table):
                yield TableRead(index=index, entry=m.table[index])
            yield lambda: Called(pc=m.pc, return_pc=return_pc)
        case code.ENTER:
            yield LocalsEntered(word.a)
        case code.RETURN:
            yield lambda: Returned(m.pc)


def _host(m: Machine, word: Word) -> Iterator[Event | _Late]:
    match word.code:
        case code.DB_GET:
            key, key_len, out, out_cap = m.stack[-4:]
            yield MemoryRead(address=key, data=_bytes(m, key, key_len))
            value = m.rows.get(_bytes(m, key, key_len)) if 1 <= key_len <= KEY_MAX else None
            yield RowRead(key=_bytes(m, key, key_len), value=value)
            yield from _delivered(m, value, out, out_cap)
        case code.DB_PUT:
            yield from _row_written(m, *m.stack[-4:])
        case code.DB_DELETE:
            yield from _row_written(m, *m.stack[-2:])
        case code.DB_SEEK | code.DB_SEEK_BACK:
            yield from _sought(m, backwards=word.code == code.DB_SEEK_BACK)
        case code.CHANNEL_MESSAGE_SIZE:
            yield MessageFieldRead(name="length", value=len(m.message.payload))
        case code.CHANNEL_SENDER:
            yield MessageFieldRead(name="sender", value=m.message.sender)
        case code.CHANNEL_TURN:
            yield MessageFieldRead(name="turn", value=m.message.turn)
        case code.CHANNEL_MESSAGE_READ:
            out, offset, length = m.stack[-3:]
            yield MessageRead(offset=offset, data=m.message.payload[offset : offset + length])
            if length:
                yield _written(m, out, length)


def _row_written(
    m: Machine, key: int, key_len: int, value: int | None = None, value_len: int = 0
) -> Iterator[Event]:
    row_key = _bytes(m, key, key_len)
    yield MemoryRead(address=key, data=row_key)
    new = None
    if value is not None:
        new = _bytes(m, value, value_len)
        yield MemoryRead(address=value, data=new)
    old = m.rows.get(row_key) if 1 <= key_len <= KEY_MAX and len(row_key) == key_len else None
    yield RowWritten(key=row_key, old=old, new=new)


def _sought(m: Machine, *, backwards: bool) -> Iterator[Event | _Late]:
    key, key_len, strict, out, out_cap = m.stack[-5:]
    query = _bytes(m, key, key_len)
    found = None
    if len(query) <= KEY_MAX:
        seek = m.rows.seek_back if backwards else m.rows.seek
        found = seek(query, strict=strict != 0)
    yield MemoryRead(address=key, data=query)
    yield RowSought(query=query, strict=strict != 0, backwards=backwards, found=found)
    yield from _delivered(m, found, out, out_cap)


def _delivered(m: Machine, found: bytes | None, out: int, out_cap: int) -> Iterator[_Late]:
    if found and len(found) <= out_cap:
        yield _written(m, out, len(found))
