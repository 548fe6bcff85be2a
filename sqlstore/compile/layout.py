"""Where the columns of a result row stand, and what crosses the border as parameters.

Shared by the code generator and by the bindings of all languages, which declare a row as a struct
of their own: natural alignment, in the order of the columns.

Spec: docs/spec/sql.md, Q-70 to Q-73. Not here: how rows are stored (`sqlstore.rows`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from sqlstore.plan.statements import Parameter
    from sqlstore.types import SqlType

ROW_ALIGNMENT: Final = 8
POINTER_BYTES: Final = 4


class Typed(Protocol):
    """What has a type and may be NULL: `Output`, `Parameter`, `Column`."""

    @property
    def type(self) -> SqlType:
        """The type."""

    @property
    def nullable(self) -> bool:
        """Whether a value may be NULL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column's places in a row, in bytes from its beginning.

    ``value`` is that of the i32 or i64, or of the address, where ``length`` is that of its length;
    ``null`` that of the u32 that says whether the value is NULL. None: there is none.
    """

    value: int
    length: int | None
    null: int | None


@dataclass(frozen=True, slots=True)
class RowLayout:
    """A row: one field for each column, and how many bytes there are, a multiple of 8."""

    fields: tuple[Field, ...]
    size: int


def aligned(size: int, alignment: int = ROW_ALIGNMENT) -> int:
    """Return the least multiple of ``alignment`` that is not below ``size``."""
    return -(-size // alignment) * alignment


def layout(columns: Iterable[Typed]) -> RowLayout:
    """Return where the columns of a result row stand.

    Spec: Q-73.
    """
    fields = []
    end = 0
    for column in columns:
        value = aligned(end, 8 if column.type.is_wide else POINTER_BYTES)
        end = value + (8 if column.type.is_wide or column.type.is_bytes else 4)
        null = end if column.nullable else None
        end += 4 * column.nullable
        length = value + POINTER_BYTES if column.type.is_bytes else None
        fields.append(Field(value=value, length=length, null=null))
    return RowLayout(tuple(fields), aligned(end))


def signature(parameters: Sequence[Parameter]) -> tuple[bool, ...]:
    """Return for each WebAssembly parameter behind the arena's two whether it is an i64.

    Spec: Q-70, Q-71.
    """
    wide: list[bool] = []
    for parameter in parameters:
        wide += [False, False] if parameter.type.is_bytes else [parameter.type.is_wide]
        wide += [False] * parameter.nullable
    return tuple(wide)
