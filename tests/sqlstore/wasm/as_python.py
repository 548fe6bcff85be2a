"""Sources run as the Python that they look like: integers of a size in place of Python's.

An independent reading of the language: Python's own control flow, names and precedence.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


class Sized(int):
    """An integer of ``bits`` bits, signed: an operation gives one of the size that it has."""

    bits = 32

    @classmethod
    def of(cls, value: int) -> Sized:
        half = 1 << (cls.bits - 1)
        return cls((int(value) + half) % (2 * half) - half)

    @property
    def plain(self) -> int:
        """The value, unsigned."""
        return int(self) % (1 << self.bits)


class I32(Sized):
    """An i32."""


class I64(Sized):
    """An i64."""

    bits = 64


def _binary(name: str, meaning: Callable[[int, int], int]) -> None:
    def method(self: Sized, other: int) -> Sized:
        assert not isinstance(other, Sized) or type(self) is type(other), "i32 and i64 do not mix"
        return type(self).of(meaning(int(self), int(type(self).of(other))))

    def swapped(self: Sized, other: int) -> Sized:
        return type(self).of(meaning(int(type(self).of(other)), int(self)))

    setattr(Sized, f"__{name}__", method)
    setattr(Sized, f"__r{name}__", swapped)


for _name in ("add", "sub", "mul", "and", "or", "xor"):
    _binary(_name, getattr(operator, f"{_name}_" if _name in ("and", "or") else _name))


def _shift(name: str, meaning: Callable[[int, int], int]) -> None:
    def method(self: Sized, other: int) -> Sized:
        return type(self).of(meaning(int(self), int(other) % self.bits))

    setattr(Sized, f"__{name}__", method)


_shift("lshift", operator.lshift)
_shift("rshift", operator.rshift)
Sized.__neg__ = lambda self: type(self).of(-int(self))  # type: ignore[method-assign, assignment]
Sized.__invert__ = lambda self: type(self).of(~int(self))  # type: ignore[method-assign, assignment]


def unsigned(meaning: Callable[[int, int], int]) -> Callable[[Sized, int], Any]:
    """Return a word that reads its operands as unsigned."""

    def word(left: Sized, right: int) -> Any:
        kind = type(left) if isinstance(left, Sized) else type(right)
        assert issubclass(kind, Sized)
        found = meaning(kind.of(left).plain, kind.of(right).plain)
        return I32(found) if isinstance(found, bool) else kind.of(found)

    return word


WORDS = {
    "i32": I32.of,
    "i64": I64.of,
    "u64": lambda value: I64.of(I32.of(value).plain),
    "lt_u": unsigned(operator.lt),
    "le_u": unsigned(operator.le),
    "gt_u": unsigned(operator.gt),
    "ge_u": unsigned(operator.ge),
    "div_u": unsigned(operator.floordiv),
    "rem_u": unsigned(operator.mod),
    "shr_u": lambda value, count: type(value).of(value.plain >> int(count) % value.bits),
    "popcnt": lambda value: type(value).of(value.plain.bit_count()),
    "clz": lambda value: type(value).of(value.bits - value.plain.bit_length()),
}


def run(text: str, name: str, *args: Sized) -> int:
    """Return what the function ``name`` of ``text`` returns, run by Python."""
    namespace: dict[str, Any] = dict(WORDS)
    exec(compile(f"from __future__ import annotations\n{text}", "source", "exec"), namespace)
    return int(namespace[name](*args))
