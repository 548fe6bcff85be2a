"""The contents of a database: all rows of a schema as values, from an ordered map and back.

What comes from outside (a snapshot, genesis rows) is not believed: it must be the one encoding of
its contents (Q-26), and keep every constraint.

Spec: docs/spec/sql.md, Q-20 to Q-26. Not here: files (`sqlstore.snapshot`), queries
(`sqlstore.adhoc`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from merkle import OrderedMap
from sqlstore.errors import (
    CheckViolation,
    CorruptedData,
    ForeignKeyViolation,
    NotNullViolation,
    UniqueViolation,
)
from sqlstore.execute.environment import Environment
from sqlstore.execute.evaluate import evaluate
from sqlstore.keys import ROWS, decode_sequence, encode_sequence, relation_prefix, sequence_key
from sqlstore.rows import ENTRY_VALUE, SqlRow, decode_row, stored_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlstore.schema import Schema, Table
    from sqlstore.types import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A database: rows by table, in the order of primary keys; the sequences that have begun.

    ``others`` are the rows of the map that are no schema's: the reducer's own.
    """

    tables: dict[str, tuple[SqlRow, ...]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    others: tuple[tuple[bytes, bytes], ...] = ()


def read_contents(schema: Schema, rows: OrderedMap) -> Contents:
    """Return what ``rows`` hold. Raises `CorruptedData` unless they are its one encoding.

    Spec: Q-26.
    """
    prefixes = {relation_prefix(table, None): table for table in schema.tables}
    sequences = {sequence_key(table): table for table in schema.tables if table.identity_type}
    found: dict[str, list[SqlRow]] = {table.name: [] for table in schema.tables}
    last: dict[str, int] = {}
    others = []
    for key, value in rows.items():
        if key[0] != ROWS:
            others.append((key, value))
        elif table := prefixes.get(key[:2]):
            found[table.name].append(decode_row(table, key, value))
        elif table := sequences.get(key):
            kind = table.identity_type
            assert kind is not None, "only tables with an identity column are looked up"
            last[table.name] = decode_sequence(value, kind)
    contents = Contents(
        tables={name: tuple(each) for name, each in found.items()},
        sequences=last,
        others=tuple(others),
    )
    _check_same(write_contents(schema, contents), rows)
    return contents


def _check_same(expected: OrderedMap, actual: OrderedMap) -> None:
    """Raise `CorruptedData` for the first row in which the maps differ."""
    if expected.root == actual.root:
        return
    wanted, there = dict(expected.items()), dict(actual.items())
    key = min(key for key in wanted.keys() | there.keys() if wanted.get(key) != there.get(key))
    if key not in there:
        raise CorruptedData(f"the row 0x{key.hex()}, an index entry, is missing")
    raise CorruptedData(f"the row 0x{key.hex()} is none of this schema")


def write_contents(schema: Schema, contents: Contents) -> OrderedMap:
    """Return the rows of the ordered map for ``contents``: index entries and all.

    Raises `ProgramLimitExceeded`; `UniqueViolation` for a primary key that stands twice.

    Spec: Q-22 to Q-26.
    """
    rows: dict[bytes, bytes] = dict(contents.others)
    for table in schema.tables:
        for row in contents.tables.get(table.name, ()):
            stored = stored_row(table, row)
            if stored.key in rows:
                raise UniqueViolation(f"two rows of {table.name} have one primary key")
            rows[stored.key] = stored.value
            rows.update((entry, ENTRY_VALUE) for entry in stored.entries)
        if (last := contents.sequences.get(table.name)) is not None:
            rows[sequence_key(table)] = encode_sequence(last)
    return OrderedMap.from_rows(rows.items())


def check_constraints(schema: Schema, contents: Contents) -> None:
    """Check every constraint of every table.

    Raises `NotNullViolation`, `CheckViolation`, `UniqueViolation`, `ForeignKeyViolation`.
    """
    for table in schema.tables:
        rows = contents.tables.get(table.name, ())
        for row in rows:
            _check_row(table, row)
        for index in table.indexes:
            if index.unique and (value := _repeated(rows, index.columns)) is not None:
                raise UniqueViolation(f"{index.name}: {value} stands twice")
        for foreign in table.foreign_keys:
            parent = schema.by_name[foreign.parent]
            parents = contents.tables.get(parent.name, ())
            there = set(_values(parents, parent.key_columns(foreign.parent_key)))
            for value in _values(rows, foreign.columns):
                if None not in value and value not in there:
                    raise ForeignKeyViolation(f"{foreign.name}: no row of {parent.name} is {value}")


def _check_row(table: Table, row: SqlRow) -> None:
    for column, value in zip(table.columns, row, strict=True):
        if value is None and not column.nullable:
            raise NotNullViolation(f"{table.name}.{column.name} is NULL")
    for check in table.checks:
        if evaluate(check.predicate, Environment(rows={0: row})) is False:
            raise CheckViolation(f"{check.name} is false for a row of {table.name}: {row}")


def _values(rows: tuple[SqlRow, ...], columns: tuple[int, ...]) -> Iterator[tuple[Value, ...]]:
    return (tuple(row[at] for at in columns) for row in rows)


def _repeated(rows: tuple[SqlRow, ...], columns: tuple[int, ...]) -> tuple[Value, ...] | None:
    """Return a value without NULL that two rows have in ``columns``."""
    seen = set()
    for value in _values(rows, columns):
        if None in value:
            continue
        if value in seen:
            return value
        seen.add(value)
    return None
