"""Changes of rows: a row before and after, the keys and bytes that stand for it, how it is written.

Not here: what is checked before (`constraints`), where rows come from (`insert`, `modify`).

Spec: docs/spec/sql.md, Q-90 to Q-93. Mirror: `sqlstore.execute.changes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlstore.compile.code import ARENA, Code, StoredRow
from sqlstore.compile.keys import KeyReader, KeyWriter, buffer_bytes
from sqlstore.compile.logic import comparison, equal_or_both_null
from sqlstore.compile.operands import Operand, is_literal
from sqlstore.compile.rows import (
    read_bytes_max,
    stored_columns,
    variable_length,
    write_stored_row,
)
from sqlstore.compile.shape import ValueShape
from sqlstore.errors import ProgramLimitExceeded
from sqlstore.plan.expressions import Comparison
from sqlstore.types import BYTEA

if TYPE_CHECKING:
    from sqlstore.schema import Index, Table


STORED_CELLS = (ValueShape(BYTEA, False), ValueShape(BYTEA, False))
"""A row's key and its value, as they are stored: two columns of a record."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of a table: its columns, and where it lies as it is stored."""

    columns: Mapping[int, Operand]
    stored: StoredRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The key of a row in an index, and how much of it are the index' own columns."""

    key: str
    length: str
    prefix_length: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKind:
    """Whether there is a row before and after, and which columns may be others than before."""

    table: Table
    has_old: bool
    has_new: bool
    assigned: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row before and after; an INSERT has no ``old`` one, a DELETE no ``new`` one.

    ``assigned`` are the columns that may be others than before.
    """

    table: Table
    old: RowView | None
    new: RowView | None
    assigned: frozenset[int] = frozenset()

    def difference_test(self, columns: Iterable[int]) -> str | None:
        """Return whether the row has other values in ``columns`` than before; None: it does."""
        if self.old is None or self.new is None:
            return None
        changed = [at for at in columns if at in self.assigned]
        pairs = [(self.old.columns[at], self.new.columns[at]) for at in changed]
        return " or ".join(_differ(old, new) for old, new in pairs) or "0"

    @property
    def kind(self) -> ChangeKind:
        """What is known of the change when the statement is compiled."""
        return ChangeKind(
            table=self.table,
            has_old=self.old is not None,
            has_new=self.new is not None,
            assigned=self.assigned,
        )

    @property
    def indexes(self) -> tuple[Index, ...]:
        """The indexes whose entries may be others than before."""
        if self.old is None or self.new is None:
            return self.table.indexes
        return tuple(
            index
            for index in self.table.indexes
            if self.assigned & {*index.columns, *self.table.primary}
        )


def _differ(old: Operand, new: Operand) -> str:
    if old.null is None and new.null is None:
        return comparison(Comparison.NE, old, new)
    return f"not ({equal_or_both_null(old, new)})"


def under_condition(code: Code, condition: str | None) -> AbstractContextManager[None]:
    """Write what follows under a condition; None: under none."""
    return nullcontext() if condition is None else code.out.block(f"if {condition}")


# -- keys and rows -----------------------------------------------------------------------------


def all_columns(
    code: Code, table: Table, stored: StoredRow, known: Mapping[int, Operand]
) -> dict[int, Operand]:
    """Write what is needed to have all columns of a row; some are ``known``."""
    columns = dict(known)
    if not columns.keys() >= set(table.primary):
        reader = KeyReader(code, stored.key, table)
        for at in table.primary:
            columns[at] = reader.read(table.columns[at], table.columns[at].name)
    missing = [at for at in table.stored if at not in columns]
    return columns | stored_columns(code, table, stored.row, missing)


def stored_operands(stored: StoredRow) -> list[Operand]:
    """Return a row's key and value as two byte strings."""
    return [
        Operand(type=BYTEA, value=stored.key, length=stored.key_length),
        Operand(type=BYTEA, value=stored.row, length=stored.row_length),
    ]


def stored_view(code: Code, table: Table, key: Operand, row: Operand) -> RowView:
    """Write what is needed to have a row that was kept as two byte strings."""
    out = code.out
    stored = StoredRow(
        out.local("old_key", key.value),
        out.local("old_key_length", key.length),
        out.local("old_row", row.value),
        out.local("old_row_length", row.length),
    )
    return RowView(all_columns(code, table, stored, {}), stored)


def write_key(
    code: Code, table: Table, columns: Mapping[int, Operand], *, fits: bool = False
) -> tuple[str, str]:
    """Write the key of a new row; return where it lies, and its length.

    ``fits`` says that it was written before. Spec: Q-22.
    """
    parts = [table.columns[at] for at in table.primary]
    key = code.buffer("new_key", table.number, buffer_bytes(parts), f"new_{table.name}_key")
    overflow = None if fits else (lambda: _too_long(code))
    writer = KeyWriter(code, key, table.number, columns=parts, overflow=overflow)
    for at in table.primary:
        writer.column(table.columns[at], columns[at])
    return key, writer.finish()


def write_entry(
    code: Code, table: Table, index: Index, row: RowView, age: str, *, fits: bool = False
) -> Entry:
    """Write the key of a row in an index; ``age`` says whether it is an old or a new one.

    It ends as the row's own key does. ``fits`` says that it was written before. Spec: Q-23.
    """
    parts = [table.columns[at] for at in (*index.columns, *table.primary)]
    key = code.buffer(
        f"{age}_entry", index.number, buffer_bytes(parts), f"{age}_{index.name}_entry"
    )
    overflow = None if fits else (lambda: _too_long(code))
    writer = KeyWriter(code, key, index.number, columns=parts, overflow=overflow)
    for at in index.columns:
        writer.column(table.columns[at], row.columns[at])
    prefix_length = writer.length()
    if not is_literal(prefix_length):
        prefix_length = code.out.local("prefix_length", prefix_length)
    columns = [table.columns[at] for at in table.primary]
    writer.copied(columns, row.stored.key, row.stored.key_length)
    return Entry(key=key, length=writer.finish(), prefix_length=prefix_length)


def _too_long(code: Code) -> None:
    code.fail(ProgramLimitExceeded)


def new_row(
    code: Code, table: Table, columns: Mapping[int, Operand], key: tuple[str, str] | None
) -> RowView:
    """Write a row with these values, and its key unless that is known; 54000 if it is too long.

    Spec: Q-22, Q-25.
    """
    at, key_length = key or write_key(code, table, columns)
    length = variable_length(code, table, columns)
    row = code.buffer("new_row", table.number, read_bytes_max(table), f"new_{table.name}")
    write_stored_row(code, table, columns, row)
    return RowView(columns, StoredRow(at, key_length, row, length))


# -- writing -----------------------------------------------------------------------------------


def put_row(code: Code, row: StoredRow) -> None:
    """Write the ``put`` of a row."""
    code.out.add(f"db_put({row.key}, {row.key_length}, {row.row}, {row.row_length})")


def _put_entry(code: Code, entry: Entry) -> None:
    code.out.add(f"db_put({entry.key}, {entry.length}, {ARENA}, 0)")


def _delete_row(code: Code, row: StoredRow) -> None:
    code.out.add(f"db_delete({row.key}, {row.key_length})")


def _delete_entry(code: Code, entry: Entry) -> None:
    code.out.add(f"db_delete({entry.key}, {entry.length})")


def write(code: Code, change: Change, entries: Mapping[int, Entry]) -> None:
    """Write a change: the row, then its entries; ``entries`` are the new ones by index number.

    Spec: Q-90 to Q-92.
    """
    table, old, new = change.table, change.old, change.new
    if old is not None and (new is None or change.assigned & set(table.primary)):
        with under_condition(code, change.difference_test(table.primary)):
            _delete_row(code, old.stored)
    if new is not None:
        put_row(code, new.stored)
    for index in change.indexes:
        with under_condition(code, change.difference_test((*index.columns, *table.primary))):
            if old is not None:
                _delete_entry(code, write_entry(code, table, index, old, "old", fits=True))
            if new is not None:
                _put_entry(code, entries[index.number])


def undo(code: Code, change: Change) -> None:
    """Write the undoing of a change, the last write first: all keys are made anew.

    Spec: Q-93.
    """
    table, old, new = change.table, change.old, change.new
    moves = change.assigned & set(table.primary)
    if new is not None and (old is None or moves):
        key, length = write_key(code, table, new.columns, fits=True)
        new = replace(new, stored=replace(new.stored, key=key, key_length=length))
    for index in reversed(change.indexes):
        with under_condition(code, change.difference_test((*index.columns, *table.primary))):
            if new is not None:
                _delete_entry(code, write_entry(code, table, index, new, "new", fits=True))
            if old is not None:
                _put_entry(code, write_entry(code, table, index, old, "old", fits=True))
    if new is not None and (old is None or moves):
        with under_condition(code, change.difference_test(table.primary)):
            _delete_row(code, new.stored)
    if old is not None:
        put_row(code, old.stored)
