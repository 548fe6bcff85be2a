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

from sqlstore.compile.layout import is_wide
from sqlstore.compile.text import Machine

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
        assert machine(kind) is machine(self.type)
        return replace(self, type=kind)


def machine(kind: SqlType) -> Machine:
    """Return the type of the local that holds a value (of a text: its address). Spec: Q-71."""
    return Machine.I64 if is_wide(kind) else Machine.I32


def null_of(kind: SqlType) -> Operand:
    """Return NULL."""
    return Operand(type=kind, value="0", length="0", null=ALWAYS, zeroed=True)


_ATOM: Final = r"-?\w+|load\w+\(\w+(, \w+)?\)"
_CHEAP: Final = re.compile(rf"{_ATOM}|\w+ \+ \d+|load8\(\w+(, \d+)?\) & \d+")
_OPERAND: Final = re.compile(rf"{_ATOM}|\w+\([^()]*\)")


def is_cheap(text: str) -> bool:
    """Return whether a text may be written twice: a name, a literal, a load, a place, a flag."""
    return _CHEAP.fullmatch(text) is not None


def operand_text(text: str) -> str:
    """Return ``text`` fit to be an operator's operand."""
    return text if _OPERAND.fullmatch(text) else f"({text})"


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
    # What a record says of NULL is 0 or 1 already.
    return null if null == ALWAYS or null.startswith("load32(") else f"{operand_text(null)} != 0"


def wide(operand: Operand) -> str:
    """Return the value of an integer or NUMERIC as an i64."""
    if is_wide(operand.type):
        return operand.value
    if re.fullmatch(r"-?\d+", operand.value):
        return operand.value
    return f"i64({operand.value})"
