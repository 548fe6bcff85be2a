"""SQL types and values.

Spec: docs/spec/sql.md, Q-1 and on. Not here: how values are written into keys and rows
(`sqlstore.keys`, `sqlstore.rows`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

Value: TypeAlias = bool | int | str | bytes | None
"""NULL, BOOLEAN, integers and scaled NUMERIC, TEXT and VARCHAR, BYTEA."""

PRECISION_MAX: Final = 18
"""Digits of a NUMERIC: its scaled integer is then an i64."""


class Kind(Enum):
    """The types, as SQL writes them."""

    SMALLINT = "smallint"
    INTEGER = "integer"
    BIGINT = "bigint"
    BOOLEAN = "boolean"
    TEXT = "text"
    VARCHAR = "varchar"
    BYTEA = "bytea"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlType:
    """A type: ``length`` (code points) is VARCHAR's, ``precision`` and ``scale`` are NUMERIC's."""

    kind: Kind
    length: int = 0
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        match self.kind:
            case Kind.VARCHAR:
                return f"varchar({self.length})"
            case Kind.NUMERIC:
                return f"numeric({self.precision},{self.scale})"
            case _:
                return str(self.kind.value)

    @property
    def is_integer(self) -> bool:
        """Whether this is SMALLINT, INTEGER or BIGINT."""
        return self.kind in BITS

    @property
    def is_text(self) -> bool:
        """Whether this is TEXT or VARCHAR."""
        return self.kind in (Kind.TEXT, Kind.VARCHAR)

    @property
    def is_bytes(self) -> bool:
        """Whether values have no fixed size: TEXT, VARCHAR, BYTEA."""
        return self.kind in (Kind.TEXT, Kind.VARCHAR, Kind.BYTEA)

    @property
    def is_wide(self) -> bool:
        """Whether a value is an i64 of a machine: BIGINT and NUMERIC. Spec: Q-71."""
        return self.kind in (Kind.BIGINT, Kind.NUMERIC)

    @property
    def fixed_bytes(self) -> int:
        """The bytes of a number or BOOLEAN in keys and rows; of others, those of their length.

        Spec: Q-21, Q-25.
        """
        match self.kind:
            case Kind.BOOLEAN:
                return 1
            case Kind.TEXT | Kind.VARCHAR | Kind.BYTEA:
                return LENGTH_BYTES
            case kind:
                return BITS.get(kind, NUMERIC_BITS) // 8

    @property
    def least(self) -> int:
        """The least value of an integer type, a NUMERIC (scaled) or BOOLEAN (as 0)."""
        match self.kind:
            case Kind.NUMERIC:
                return 1 - int(10**self.precision)
            case Kind.BOOLEAN:
                return 0
            case kind:
                return -(1 << (BITS[kind] - 1))

    @property
    def greatest(self) -> int:
        """The greatest value of an integer type, a NUMERIC (scaled) or BOOLEAN (as 1)."""
        match self.kind:
            case Kind.NUMERIC:
                return int(10**self.precision) - 1
            case Kind.BOOLEAN:
                return 1
            case kind:
                return (1 << (BITS[kind] - 1)) - 1


LENGTH_BYTES: Final = 2
"""The length of a text or byte string in a row. Spec: Q-25."""

NUMERIC_BITS: Final = 64
"""A scaled integer's: PRECISION_MAX digits fit."""

BITS: Final[dict[Kind, int]] = {Kind.SMALLINT: 16, Kind.INTEGER: 32, Kind.BIGINT: 64}

SMALLINT: Final = SqlType(kind=Kind.SMALLINT)
INTEGER: Final = SqlType(kind=Kind.INTEGER)
BIGINT: Final = SqlType(kind=Kind.BIGINT)
BOOLEAN: Final = SqlType(kind=Kind.BOOLEAN)
TEXT: Final = SqlType(kind=Kind.TEXT)
BYTEA: Final = SqlType(kind=Kind.BYTEA)


def varchar(length: int) -> SqlType:
    """Return VARCHAR(length)."""
    return SqlType(kind=Kind.VARCHAR, length=length)


def numeric(precision: int, scale: int) -> SqlType:
    """Return NUMERIC(precision, scale)."""
    return SqlType(kind=Kind.NUMERIC, precision=precision, scale=scale)


def numeric_text(value: int, scale: int) -> str:
    """Return a scaled integer with its decimal point, as PostgreSQL prints a NUMERIC."""
    digits = f"{abs(value):0{scale + 1}}"
    sign = "-" if value < 0 else ""
    return f"{sign}{digits}" if scale == 0 else f"{sign}{digits[:-scale]}.{digits[-scale:]}"
