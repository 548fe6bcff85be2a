"""Rows as the ordered map has them: a table's row as bytes, and back.

Decoding is strict: of one row there is one encoding.

Spec: docs/spec/sql.md, Q-22 to Q-26. Not here: what stands in keys (`sqlstore.keys`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.keys import (
    checked_number,
    decode_boolean,
    decode_key,
    decode_text,
    entry_key,
    row_key,
)
from sqlstore.schema import ROW_BYTES_MAX
from sqlstore.types import Kind, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.schema import Column, Table
    from sqlstore.types import SqlType

SqlRow: TypeAlias = tuple[Value, ...]
"""A row: one value for each column of its table."""

ENTRY_VALUE: Final = b""
"""The value of every index entry. Spec: Q-23."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row and all that the ordered map has of it: ``entries`` are its keys in the indexes."""

    row: SqlRow
    key: bytes
    value: bytes
    entries: tuple[bytes, ...]


def stored_row(table: Table, row: SqlRow) -> StoredRow:
    """Return ``row`` as it is stored. Raises `ProgramLimitExceeded`.

    Spec: Q-22, Q-23.
    """
    return StoredRow(
        row=row,
        key=row_key(table, row),
        value=encode_row(table, row),
        entries=tuple(entry_key(table, index, row) for index in table.indexes),
    )


def encode_row(table: Table, row: Sequence[Value]) -> bytes:
    """Return the value under the key of ``row``. Raises `ProgramLimitExceeded` above 1,024 bytes.

    Spec: Q-25.
    """
    columns = [(table.columns[at], row[at]) for at in table.stored]
    nulls = [value is None for column, value in columns if column.nullable]
    bits = sum(is_null << at for at, is_null in enumerate(nulls))
    fixed = [_encode_fixed(column.type, value) for column, value in columns]
    variable = [_bytes_of(value) for column, value in columns if column.type.is_bytes]
    value = b"".join((bits.to_bytes(_bytes_for(len(nulls)), "little"), *fixed, *variable))
    if len(value) > ROW_BYTES_MAX:
        raise ProgramLimitExceeded(f"a row of {len(value)} bytes is longer than {ROW_BYTES_MAX}")
    return value


def decode_row(table: Table, key: bytes, value: bytes) -> SqlRow:
    """Return the row of ``table`` with this key and value.

    Raises `CorruptedData` unless they are what `row_key` and `encode_row` return for it.

    Spec: Q-22, Q-25.
    """
    if len(value) > ROW_BYTES_MAX:
        raise CorruptedData(f"a row of {len(value)} bytes is longer than {ROW_BYTES_MAX}")
    values = decode_key(table, None, key)
    values.update(_decode_stored(table, value))
    return tuple(values[at] for at in range(len(table.columns)))


def _bytes_for(bits: int) -> int:
    return (bits + 7) // 8


def _encode_fixed(kind: SqlType, value: Value) -> bytes:
    size = kind.fixed_bytes
    match value:
        case None:
            return bytes(size)
        case int():
            return value.to_bytes(size, "little", signed=kind.kind is not Kind.BOOLEAN)
        case str() | bytes():
            length = len(_bytes_of(value))
            if length > ROW_BYTES_MAX:
                raise ProgramLimitExceeded(f"a value of {length} bytes is longer than a row")
            return length.to_bytes(size, "little")
        case _:
            assert_never(value)


def _bytes_of(value: Value) -> bytes:
    match value:
        case str():
            return value.encode()
        case bytes():
            return value
        case _:
            return b""


def _decode_stored(table: Table, value: bytes) -> dict[int, Value]:
    """Return the values of the columns outside the primary key, by place."""
    nullable = [at for at in table.stored if table.columns[at].nullable]
    start = _bytes_for(len(nullable))
    bits = int.from_bytes(value[:start], "little")
    if bits >> len(nullable):
        raise CorruptedData(f"the row {value.hex()} has a NULL bit of no column")
    absent = {at for place, at in enumerate(nullable) if bits >> place & 1}
    parts = _parts(table, value, start)
    return {at: _decode(table.columns[at], parts[at], at in absent) for at in table.stored}


def _parts(table: Table, value: bytes, start: int) -> dict[int, bytes]:
    """Return the bytes that each column outside the primary key has, from ``start`` on.

    Of a text or byte string these are its own, of others the fixed part.
    """
    fixed: dict[int, bytes] = {}
    at = start
    for place in table.stored:
        size = table.columns[place].type.fixed_bytes
        fixed[place] = value[at : at + size]
        at += size
    if at > len(value):
        raise CorruptedData(f"the row {value.hex()} is too short")
    parts: dict[int, bytes] = {}
    for place, part in fixed.items():
        if not table.columns[place].type.is_bytes:
            parts[place] = part
            continue
        length = int.from_bytes(part, "little")
        parts[place] = value[at : at + length]
        at += length
    if at != len(value):
        raise CorruptedData(f"the row {value.hex()} has {len(value)} bytes, not {at}")
    return parts


def _decode(column: Column, part: bytes, absent: bool) -> Value:
    if absent:
        if any(part) or (part and column.type.is_bytes):
            raise CorruptedData(f"{column.name} is NULL and has the value {part.hex()}")
        return None
    kind = column.type
    match kind.kind:
        case Kind.BOOLEAN:
            return decode_boolean(part[0])
        case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT | Kind.NUMERIC:
            return checked_number(kind, int.from_bytes(part, "little", signed=True))
        case Kind.TEXT | Kind.VARCHAR:
            return decode_text(kind, part)
        case Kind.BYTEA:
            return part
        case _:
            assert_never(kind.kind)
