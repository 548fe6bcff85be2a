"""Facts of a dispute in words: times, amounts, and what an event read or wrote.

Not here: where they are shown (`cli.dispute.terminal`, `cli.dispute.page`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from wasm_interp import events as ev

WEI_DIGITS: Final = 18
TEXT_BYTES_MAX: Final = 64
"""Bytes of a payload that are shown as text, too."""


def ether(wei: int) -> str:
    """Return an amount in ether, without trailing zeros."""
    whole, rest = divmod(wei, 10**WEI_DIGITS)
    decimals = f"{rest:0{WEI_DIGITS}d}".rstrip("0")
    return f"{whole}.{decimals} ether" if decimals else f"{whole} ether"


def clock(seconds: int) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}"


def as_text(data: bytes) -> str | None:
    """Return bytes as text, if that is what they seem to be."""
    if not data or len(data) > TEXT_BYTES_MAX or not data.isascii():
        return None
    text = data.decode("ascii")
    return text if text.isprintable() else None


class Effect(Enum):
    """What a step did to something."""

    READ = "read"
    WRITTEN = "written"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One thing that a step touched. ``old`` is None where nothing was there, or it was read.

    ``new`` is what was read, or what stands there now.
    """

    effect: Effect
    what: str
    old: str | None
    new: str


def touch_of(event: ev.Event) -> Touch:
    """Return what an event tells, for people."""
    return _TOLD[type(event)](event)


def _read(what: str, value: str) -> Touch:
    return Touch(effect=Effect.READ, what=what, old=None, new=value)


def _written(what: str, old: str | None, new: str) -> Touch:
    return Touch(effect=Effect.WRITTEN, what=what, old=old, new=new)


def _memory(address: int, data: bytes) -> str:
    if len(data) == 1:
        return f"memory at {address}"
    return f"memory {address} to {address + len(data) - 1}"


def _neighbour(event: ev.RowSought) -> str:
    way = "before" if event.backwards else "after"
    return f"the row {'' if event.strict else 'at or '}{way} {_bytes(event.query)}"


def _numbers(values: tuple[int, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _bytes(data: bytes) -> str:
    text = as_text(data)
    return _hex(data) if text is None else f"'{text}'"


def _row(data: bytes | None) -> str:
    return "(none)" if data is None else _hex(data)


_TOLD: Final[dict[type[ev.Event], Callable[[Any], Touch]]] = {
    ev.OperandsPopped: lambda e: _read("operands popped", _numbers(e.values)),
    ev.OperandsPushed: lambda e: _written("operands pushed", None, _numbers(e.values)),
    ev.LocalRead: lambda e: _read(f"local {e.index}", str(e.value)),
    ev.LocalWritten: lambda e: _written(f"local {e.index}", str(e.old), str(e.new)),
    ev.GlobalRead: lambda e: _read(f"global {e.index}", str(e.value)),
    ev.GlobalWritten: lambda e: _written(f"global {e.index}", str(e.old), str(e.new)),
    ev.MemoryRead: lambda e: _read(_memory(e.address, e.data), _hex(e.data)),
    ev.MemoryWritten: lambda e: _written(_memory(e.address, e.new), _hex(e.old), _hex(e.new)),
    ev.MemoryGrown: lambda e: _written("memory pages", str(e.pages_before), str(e.pages_after)),
    ev.TableRead: lambda e: _read(f"table entry {e.index}", str(e.entry)),
    ev.Called: lambda e: _written("call", None, f"pc {e.pc}, back to pc {e.return_pc}"),
    ev.LocalsEntered: lambda e: _written("locals", None, f"fresh, a tree of depth {e.depth}"),
    ev.Returned: lambda e: _written("return", None, f"pc {e.pc}"),
    ev.RowRead: lambda e: _read(f"row {_bytes(e.key)}", _row(e.value)),
    ev.RowWritten: lambda e: _written(f"row {_bytes(e.key)}", _row(e.old), _row(e.new)),
    ev.RowSought: lambda e: _read(_neighbour(e), _row(e.found)),
    ev.MessageRead: lambda e: _read(f"message from byte {e.offset}", _hex(e.data)),
    ev.MessageFieldRead: lambda e: _read(f"the message's {e.name}", str(e.value)),
    ev.Halted: lambda e: Touch(effect=Effect.STOPPED, what="halted", old=None, new=str(e.result)),
    ev.Trapped: lambda e: Touch(effect=Effect.STOPPED, what="trapped", old=None, new=e.code.text),
}
"""What is told of each event; a test asks for each that there is."""
