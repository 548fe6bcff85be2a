"""Operands: values that code has at hand, as texts that may be written wherever they are used.

Conventions, which all of this package keeps to:

- A text is an expression without effects that cannot fail. It may be written more than once, but
  one that is not `is_cheap` should then be put into a local first (`Code.pin`).
- SMALLINT, INTEGER and BOOLEAN (0, 1) are i32; BIGINT and NUMERIC i64; texts and byte strings an
  address and a length, both i32.
- ``null`` is an i32 that is not 0 if the value is NULL. It is None if the value cannot be: then no
  code is written for that case. A text or byte string that is NULL is an empty one, at an address
  in memory; of other types the value means nothing then.

Not here: how operands come about (`sqlstore.compile.expressions`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.types import SqlType

ALWAYS: Final = "1"
"""The ``null`` of an operand that is known to be NULL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A value of ``type``; ``length`` is a text's or byte string's only.

    ``zeroed`` says that the value is 0 if it is NULL. ``encoded`` is a local with the bytes that
    the value had in the key it was read from, if it was, and their number.
    """

    type: SqlType
    value: str
    length: str = ""
    null: str | None = None
    zeroed: bool = False
    encoded: tuple[str, int] | None = None

    @property
    def is_null(self) -> bool:
        """Whether the value is known to be NULL."""
        return self.null == ALWAYS

    def not_null(self) -> Operand:
        """Return the same value where it is known not to be NULL."""
        return replace(self, null=None)

    def typed(self, kind: SqlType) -> Operand:
        """Return the same value as one of a type of the same representation."""
        assert value_type(kind) is value_type(self.type)
        return replace(self, type=kind)


def value_type(kind: SqlType) -> ValueType:
    """Return the type of the local that holds a value (of a text: its address). Spec: Q-71."""
    return ValueType.I64 if kind.is_wide else ValueType.I32


def null_of(kind: SqlType) -> Operand:
    """Return NULL."""
    return Operand(type=kind, value="0", length="0", null=ALWAYS, zeroed=True)


# -- texts: what is asked of them, and how they are put together ---------------------------------

_LITERAL: Final = re.compile(r"-?\d+")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_LOAD: Final = re.compile(r"load\w+\(\w+(, \w+)?\)")
_PLACE: Final = re.compile(r"[A-Za-z_]\w* \+ \d+")
_NULL_BIT: Final = re.compile(r"load8\(\w+(, \d+)?\) & (\d+)")
_RECORD_FLAG: Final = re.compile(r"load32\(\w+(, \w+)?\)")
_CALL: Final = re.compile(r"\w+\([^()]*\)")
_READ: Final = re.compile(r"\bload\d")


def is_literal(text: str) -> bool:
    """Return whether a text is a number in decimal digits."""
    return _LITERAL.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Return whether a text is a local, or a constant that is declared."""
    return _NAME.fullmatch(text) is not None


def is_load(text: str) -> bool:
    """Return whether a text is one load, and nothing else."""
    return _LOAD.fullmatch(text) is not None


def is_place(text: str) -> bool:
    """Return whether a text is a name plus a literal, as addresses are."""
    return _PLACE.fullmatch(text) is not None


def is_null_bit(text: str, mask: int | None = None) -> bool:
    """Return whether a text is one bit of a row, that of ``mask`` if this is given."""
    found = _NULL_BIT.fullmatch(text)
    return found is not None and mask in (None, int(found[2]))


def is_flag(text: str) -> bool:
    """Return whether a ``null`` is 0 or 1 for certain: a literal, or what a record says of it."""
    return text in ("0", ALWAYS) or _RECORD_FLAG.fullmatch(text) is not None


def reads_memory(text: str) -> bool:
    """Return whether what a text means changes when memory does."""
    return _READ.search(text) is not None


def is_cheap(text: str) -> bool:
    """Return whether a text may be written twice: a name, a literal, a load, a bit of a row.

    A place is, too, but for its sum: ask `is_place` of addresses.
    """
    return is_literal(text) or is_name(text) or is_load(text) or is_null_bit(text)


def operand_text(text: str) -> str:
    """Return ``text`` fit to be an operator's operand."""
    atom = is_literal(text) or is_name(text) or is_load(text) or _CALL.fullmatch(text) is not None
    return text if atom else f"({text})"


def load(bits: int, base: str, offset: int = 0, *, signed: bool = False) -> str:
    """Return the load of ``bits`` at ``offset`` from ``base``; 64 are an i64, fewer an i32.

    Its pair is `FunctionWriter.store`.
    """
    sign = "_s" if signed else ""
    return f"load{bits}{sign}({base}, {offset})" if offset else f"load{bits}{sign}({base})"


def infix(left: str, sign: str, right: str) -> str:
    """Return ``left sign right``, whatever the two are."""
    return f"{operand_text(left)} {sign} {operand_text(right)}"


def either(*nulls: str | None) -> str | None:
    """Return what is not 0 if one of ``nulls`` is; None if none of them can be."""
    present = list(dict.fromkeys(null for null in nulls if null is not None))
    if ALWAYS in present:
        return ALWAYS
    if len(present) < 2:
        return present[0] if present else None
    return " | ".join(map(operand_text, present))


def truth(null: str | None) -> str:
    """Return a ``null`` as 0 or 1."""
    if null is None:
        return "0"
    return null if is_flag(null) else infix(null, "!=", "0")


def wide(operand: Operand) -> str:
    """Return the value of an integer or NUMERIC as an i64."""
    if operand.type.is_wide:
        return operand.value
    if is_literal(operand.value):
        return operand.value
    return f"i64({operand.value})"
