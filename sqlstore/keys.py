"""Keys of rows, of index entries and of sequences: bytes whose order is the order of values.

No key of a relation begins another, so a search key, which is the first columns of a key, is not
longer than any key it finds.

Spec: docs/spec/sql.md, Q-20 to Q-24. Not here: the values of rows (`sqlstore.rows`), how tables are
searched (`sqlstore.execute.scans`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.schema import KEY_BYTES_MAX
from sqlstore.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlstore.schema import Column, Index, Table
    from sqlstore.types import SqlType, Value

ROWS: Final = 0x01
"""The first byte of every key of a schema. Spec: Q-20."""

SEQUENCES: Final = 0x00
"""The number in place of a relation's in the keys of sequences: relations count from 1."""

PRESENT: Final = b"\x00"
ABSENT: Final = b"\x01"
"""NULL, which is after all values. Spec: Q-21."""

ESCAPED_ZERO: Final = b"\x00\xff"
END: Final = b"\x00\x00"

SEQUENCE_BYTES: Final = 8


def key_columns(table: Table, index: Index | None) -> tuple[int, ...]:
    """Return the columns, in order, of which a key of ``index`` consists; None: the primary key.

    Spec: Q-22, Q-23.
    """
    return table.primary if index is None else (*index.columns, *table.primary)


def relation_prefix(table: Table, index: Index | None) -> bytes:
    """Return the two bytes with which all keys of ``index`` begin; None: of the primary key.

    Spec: Q-20.
    """
    return bytes([ROWS, table.number if index is None else index.number])


def row_key(table: Table, row: Sequence[Value]) -> bytes:
    """Return the key of ``row``. Raises `ProgramLimitExceeded` above 80 bytes.

    Spec: Q-22.
    """
    return checked_key(
        relation_prefix(table, None)
        + encode_columns((table.columns[at], row[at]) for at in table.primary)
    )


def entry_key(table: Table, index: Index, row: Sequence[Value]) -> bytes:
    """Return the key of the entry of ``row`` in ``index``. Raises `ProgramLimitExceeded`.

    Spec: Q-23.
    """
    columns = key_columns(table, index)
    return checked_key(
        relation_prefix(table, index)
        + encode_columns((table.columns[at], row[at]) for at in columns)
    )


def sequence_key(table: Table) -> bytes:
    """Return the key under which the last number that ``table`` gave stands. Spec: Q-24."""
    return bytes([ROWS, SEQUENCES, table.number])


def checked_key(key: bytes) -> bytes:
    """Return ``key``. Raises `ProgramLimitExceeded` above 80 bytes."""
    if len(key) > KEY_BYTES_MAX:
        raise ProgramLimitExceeded(f"a key of {len(key)} bytes is longer than {KEY_BYTES_MAX}")
    return key


def successor(prefix: bytes) -> bytes:
    """Return the least byte string above all that begin with ``prefix``.

    It is not as long as ``prefix`` if that ends with FF: of the same length, with zeros at its end,
    it would be above short keys of the next relation, too. The first byte of a key is not FF.

    Spec: Q-86.
    """
    shortest = prefix.rstrip(b"\xff")
    return shortest[:-1] + bytes([shortest[-1] + 1])


def encode_columns(values: Iterable[tuple[Column, Value]]) -> bytes:
    """Return columns with their values as they stand in a key. Spec: Q-21."""
    return b"".join(encode_column(column, value) for column, value in values)


def encode_column(column: Column, value: Value) -> bytes:
    """Return one column's value as it stands in a key, with its tag if it may be NULL.

    Spec: Q-21.
    """
    if not column.nullable:
        return encode_value(column.type, value)
    return ABSENT if value is None else PRESENT + encode_value(column.type, value)


def encode_value(kind: SqlType, value: Value) -> bytes:
    """Return a value that is not NULL as it stands in a key. Spec: Q-21."""
    match value:
        case int():
            if kind.kind is Kind.BOOLEAN:
                return bytes([value])
            size = kind.fixed_bytes
            return (value + (1 << 8 * size - 1)).to_bytes(size, "big")
        case str():
            return encode_value(kind, value.encode())
        case bytes():
            return value.replace(b"\x00", ESCAPED_ZERO) + END
        case None:
            raise AssertionError("a column of a key that is NOT NULL has a value")
        case _:
            assert_never(value)


def decode_key(table: Table, index: Index | None, key: bytes) -> dict[int, Value]:
    """Return the columns' values that ``key`` has, by their places in ``table``.

    ``key`` is one of ``index``, or of the primary key if that is None.
    Raises `CorruptedData` for every byte string that is not the key of such values.

    Spec: Q-22, Q-23.
    """
    reader = KeyReader(key)
    if reader.take(2) != relation_prefix(table, index) or len(key) > KEY_BYTES_MAX:
        raise CorruptedData(f"{key.hex()} is no key of {table.name}")
    values: dict[int, Value] = {}
    for at in key_columns(table, index):
        value = reader.column(table.columns[at])
        if values.setdefault(at, value) != value:
            raise CorruptedData(f"{key.hex()} has two values of {table.columns[at].name}")
    reader.finish()
    return values


class KeyReader:
    """The columns of a key, one after the other. Every method raises `CorruptedData`."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        taken = self._key[self._at : self._at + count]
        if len(taken) < count:
            raise CorruptedData(f"key {self._key.hex()} is too short")
        self._at += count
        return taken

    def finish(self) -> None:
        """Check that nothing is left."""
        if self._at < len(self._key):
            raise CorruptedData(f"key {self._key.hex()} is too long")

    def column(self, column: Column) -> Value:
        """Return the next column's value."""
        if column.nullable:
            tag = self.take(1)
            if tag == ABSENT:
                return None
            if tag != PRESENT:
                raise CorruptedData(f"key {self._key.hex()} has the tag {tag.hex()}")
        return self._value(column.type)

    def _value(self, kind: SqlType) -> Value:
        match kind.kind:
            case Kind.BOOLEAN:
                return decode_boolean(self.take(1)[0])
            case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT | Kind.NUMERIC:
                size = kind.fixed_bytes
                number = int.from_bytes(self.take(size), "big") - (1 << 8 * size - 1)
                return checked_number(kind, number)
            case Kind.TEXT | Kind.VARCHAR:
                return decode_text(kind, self._bytes())
            case Kind.BYTEA:
                return self._bytes()
            case _:
                assert_never(kind.kind)

    def _bytes(self) -> bytes:
        """Return the next byte string, up to its end mark."""
        parts = []
        while True:
            zero = self._key.find(b"\x00", self._at)
            if zero < 0:
                raise CorruptedData(f"key {self._key.hex()} has a text without an end")
            parts.append(self.take(zero - self._at))
            mark = self.take(2)
            if mark == END:
                return b"\x00".join(parts)
            if mark != ESCAPED_ZERO:
                raise CorruptedData(f"key {self._key.hex()} has the escape {mark.hex()}")


def decode_boolean(byte: int) -> bool:
    """Return the BOOLEAN that ``byte`` is. Raises `CorruptedData`."""
    if byte > 1:
        raise CorruptedData(f"a BOOLEAN of {byte}")
    return byte == 1


def checked_number(kind: SqlType, number: int) -> int:
    """Return ``number`` if it is one of the type. Raises `CorruptedData`."""
    if not kind.least <= number <= kind.greatest:
        raise CorruptedData(f"{number} is no {kind}")
    return number


def decode_text(kind: SqlType, encoded: bytes) -> str:
    """Return the TEXT or VARCHAR whose UTF-8 ``encoded`` is. Raises `CorruptedData`. Spec: Q-2."""
    try:
        text = encoded.decode()
    except UnicodeDecodeError:
        raise CorruptedData(f"{encoded.hex()} is no UTF-8") from None
    if "\0" in text:
        raise CorruptedData("a text has U+0000")
    if kind.kind is Kind.VARCHAR and len(text) > kind.length:
        raise CorruptedData(f"a text of {len(text)} characters is no {kind}")
    return text


def encode_sequence(last: int) -> bytes:
    """Return the value of a sequence's row. Spec: Q-24."""
    return last.to_bytes(SEQUENCE_BYTES, "little")


def decode_sequence(value: bytes, kind: SqlType) -> int:
    """Return the last number that an identity column of type ``kind`` gave.

    Raises `CorruptedData`.

    Spec: Q-24.
    """
    last = int.from_bytes(value, "little")
    if len(value) != SEQUENCE_BYTES or not 1 <= last <= kind.greatest:
        raise CorruptedData(f"{value.hex()} is no last number of a {kind}")
    return last
