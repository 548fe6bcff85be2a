"""Constraints: NOT NULL and CHECK of a row, unique keys, foreign keys.

A row is checked before it is written, foreign keys when all rows of the statement are.

Spec: docs/spec/sql.md, Q-64 to Q-66, Q-90 and Q-91. Not here: what happens to a row whose key is
taken (`sqlstore.execute.writes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.backends import CHECKED_SOURCE
from sqlstore.errors import CheckViolation, ForeignKeyViolation, NotNullViolation
from sqlstore.execute.environment import Environment
from sqlstore.execute.evaluate import evaluate
from sqlstore.keys import decode_key, encode_columns, key_columns, relation_prefix, row_key
from sqlstore.plan.walk import columns_of
from sqlstore.rows import stored_row
from sqlstore.schema import KEY_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sqlstore.execute.changes import Change
    from sqlstore.execute.operations import RowLog
    from sqlstore.rows import SqlRow, StoredRow
    from sqlstore.schema import ForeignKey, Key, Schema, Table
    from sqlstore.types import Value


def checked_row(table: Table, row: SqlRow, assigned: Set[int] | None = None) -> StoredRow:
    """Return ``row`` as it is stored, if its columns are as they must be.

    ``assigned`` are the columns that may be others than before; None: the row is a new one.

    Raises `NotNullViolation`, `CheckViolation`, then `ProgramLimitExceeded`; CHECKs may raise more.

    Spec: Q-64, Q-65.
    """
    for column, value in zip(table.columns, row, strict=True):
        if value is None and not column.nullable:
            raise NotNullViolation(f"{table.name}.{column.name} is NULL")
    environment = Environment(rows={CHECKED_SOURCE: row})
    for check in table.checks:
        used = {at for _, at in columns_of(check.predicate)}
        is_checked = assigned is None or not used.isdisjoint(assigned)
        if is_checked and evaluate(check.predicate, environment) is False:
            raise CheckViolation(f"{table.name} violates {check.name}: {check.text}")
    return stored_row(table, row)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a unique key's value: the key of its row, and the row's value if that was read."""

    key: bytes
    value: bytes | None


def part(row: SqlRow, columns: Sequence[int]) -> SqlRow:
    """Return the values that ``row`` has in ``columns``."""
    return tuple(row[at] for at in columns)


def holder_of(log: RowLog, table: Table, key: Key, row: StoredRow) -> Holder | None:
    """Return who has the value that ``row`` has of a unique key; None if nobody, or it has NULL.

    Raises `CorruptedData`.

    Spec: Q-90.
    """
    if key.index is None:
        value = log.get(row.key)
        return None if value is None else Holder(row.key, value)
    values = part(row.row, key.index.columns)
    entry = None if None in values else first_with(log, table, key, values)
    if entry is None:
        return None
    found = decode_key(table, key.index, entry)
    return Holder(row_key(table, [found.get(at) for at in range(len(table.columns))]), None)


def check_foreign_keys(log: RowLog, schema: Schema, table: Table, change: Change) -> None:
    """Check the references of a row that was written, then those to what it was before.

    Raises `ForeignKeyViolation`.

    Spec: Q-66, Q-90 to Q-92.
    """
    for key in table.foreign_keys:
        if not _has_parent(log, schema, key, change):
            raise ForeignKeyViolation(f"{table.name} violates {key.name}: no row of {key.parent}")
    for child, key in schema.referencing(table):
        if _has_children(log, table, child, key, change):
            raise ForeignKeyViolation(f"{child.name} refers to the row by {key.name}")


def _has_parent(log: RowLog, schema: Schema, key: ForeignKey, change: Change) -> bool:
    """Return whether the row refers to one that is there, or to none, or as before."""
    if change.new is None:
        return True
    values = part(change.new.row, key.columns)
    if change.old is not None and part(change.old.row, key.columns) == values:
        return True
    return None in values or _is_there(log, schema.by_name[key.parent], key.parent_key, values)


def _has_children(log: RowLog, table: Table, child: Table, key: ForeignKey, change: Change) -> bool:
    """Return whether a row of ``child`` refers to a key that is gone."""
    if change.old is None:
        return False
    columns = table.key_columns(key.parent_key)
    values = part(change.old.row, columns)
    if change.new is not None and part(change.new.row, columns) == values:
        return False
    if None in values or _is_there(log, table, key.parent_key, values):
        return False
    assert key.child_key is not None, "the binder refuses what cannot be checked"
    referring = dict(zip(key.columns, values, strict=True))
    order = key_columns(child, key.child_key.index)[: len(referring)]
    return first_with(log, child, key.child_key, [referring[at] for at in order]) is not None


def _is_there(log: RowLog, table: Table, key: Key, values: SqlRow) -> bool:
    """Return whether a row has these values of a unique key, none of them NULL."""
    if key.index is not None:
        return first_with(log, table, key, values) is not None
    place = _prefix(table, key, values)
    return len(place) <= KEY_BYTES_MAX and log.get(place) is not None


def first_with(log: RowLog, table: Table, key: Key, values: Sequence[Value]) -> bytes | None:
    """Return the first key whose first columns have ``values``, or None, by one ``seek``.

    None is sought that would be longer than keys are.

    Spec: Q-90, Q-91.
    """
    prefix = _prefix(table, key, values)
    if len(prefix) > KEY_BYTES_MAX:
        return None
    found = log.seek(prefix, strict=False)
    return found if found is not None and found.startswith(prefix) else None


def _prefix(table: Table, key: Key, values: Sequence[Value]) -> bytes:
    """Return how the keys begin whose first columns have ``values``."""
    columns = (table.columns[at] for at in key_columns(table, key.index))
    return relation_prefix(table, key.index) + encode_columns(zip(columns, values, strict=False))
