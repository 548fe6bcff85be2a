"""Variables: locals that hold a value of a type, set in several places.

Not here: values that are at hand already (`sqlstore.compile.operands`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.compile.operands import Operand, null_of, truth, value_type
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.compile.writer import Line
    from sqlstore.types import SqlType


class Variable:
    """A value of ``kind``, in as many locals as it needs.

    That for NULL is written only if some operand that is set may be NULL.
    """

    def __init__(self, code: Code, kind: SqlType, base: str, *, keep: bool = False) -> None:
        self._code = code
        self._type = kind
        self._value = code.out.fresh(base, value_type(kind), keep=keep)
        self._length = code.out.fresh(f"{base}_length", keep=keep) if kind.is_bytes else ""
        self._null = code.out.fresh(f"{base}_null", keep=keep)
        self._nullable = False
        self._has_value = False
        self._nulls: list[tuple[Line, str]] = []

    def set(self, operand: Operand) -> None:
        """Write the assignment of ``operand``."""
        out = self._code.out
        self._has_value |= not operand.is_null
        if not operand.is_null or self._length:
            # A text that is NULL is an empty one at address 0: its local may have had any other
            # number before, and even of no bytes a copy from beyond the memory traps.
            out.assign(self._value, value_type(self._type), operand.value)
        if self._length:
            out.assign(self._length, ValueType.I32, operand.length)
        self._nullable |= operand.null is not None
        self._nulls.append((out.place(), truth(operand.null)))
        if self._nullable:
            self._fill()

    def move(self, address: str) -> None:
        """Write that the text, which stays the same, is now somewhere else."""
        self._code.out.assign(self._value, ValueType.I32, address)

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
