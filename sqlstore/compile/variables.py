"""Variables: locals that hold a value of a type, set in several places.

Not here: values that are at hand already (`sqlstore.compile.operands`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.compile.operands import Operand, machine, null_of, truth
from sqlstore.compile.text import Machine

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.compile.text import Line
    from sqlstore.types import SqlType


class Variable:
    """A value of ``kind``, in as many locals as it needs.

    That for NULL is written only if some operand that is set may be NULL.
    """

    def __init__(self, code: Code, kind: SqlType, base: str, *, keep: bool = False) -> None:
        self._code = code
        self._type = kind
        self._value = code.text.fresh(base, machine(kind), keep=keep)
        self._length = code.text.fresh(f"{base}_length", keep=keep) if kind.is_bytes else ""
        self._null = code.text.fresh(f"{base}_null", keep=keep)
        self._nullable = False
        self._has_value = False
        self._nulls: list[tuple[Line, str]] = []

    def set(self, operand: Operand) -> None:
        """Write the assignment of ``operand``."""
        text = self._code.text
        if not operand.is_null:
            self._has_value = True
            text.assign(self._value, machine(self._type), operand.value)
        if self._length:
            text.assign(self._length, Machine.I32, operand.length)
        self._nullable |= operand.null is not None
        self._nulls.append((text.place(), truth(operand.null)))
        if self._nullable:
            self._fill()

    def move(self, address: str) -> None:
        """Write that the text, which stays the same, is now somewhere else."""
        self._code.text.assign(self._value, Machine.I32, address)

    def _fill(self) -> None:
        """Write the assignments that say whether the value is NULL, where they were left out."""
        while self._nulls:
            line, null = self._nulls.pop()
            line.text = f"{self._null} = {null}"

    def operand(self) -> Operand:
        """Return the value. What is set afterwards may be NULL only if this one may."""
        if not self._has_value:
            return null_of(self._type)
        null = self._null if self._nullable else None
        return Operand(type=self._type, value=self._value, length=self._length, null=null)
