"""UPDATE and DELETE.

Spec: docs/spec/sql.md, Q-65, Q-66, Q-91, Q-92. Mirror: `sqlstore.execute.writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlstore.compile.changes import (
    Change,
    ChangeKind,
    Entry,
    RowView,
    all_columns,
    new_row,
    where,
    write_entry,
    write_key,
)
from sqlstore.compile.code import ARENA, Code, StoredRow
from sqlstore.compile.constraints import check_row, foreign_keys_matter, sought, unique_keys
from sqlstore.compile.operands import Operand
from sqlstore.compile.records import RecordList
from sqlstore.compile.relations import produce
from sqlstore.compile.rows import assign_columns
from sqlstore.compile.shape import Cell, at_most_one, cells
from sqlstore.compile.writes import (
    CarryOut,
    Returning,
    Several,
    carry_out_several,
    carry_out_single,
)
from sqlstore.errors import UniqueViolation
from sqlstore.plan.statements import Delete, Update
from sqlstore.types import BYTEA

if TYPE_CHECKING:
    from sqlstore.plan.statements import Assignment
    from sqlstore.schema import Table

KEY, ROW = 0, 1
"""The first columns of a record: a row's key, and its value, as they are stored."""

STORED_CELLS = (Cell(BYTEA, False), Cell(BYTEA, False))


def modify(code: Code, body: Update | Delete) -> None:
    """Write an UPDATE or DELETE.

    Spec: Q-60, Q-65, Q-66.
    """
    code.targets.add(body.old)
    if not at_most_one(body.relation):
        _several(code, body)
        return
    produce(code, body.relation, lambda: _single(code, body))
    code.text.add("return 0")


def _kind(body: Update | Delete) -> ChangeKind:
    if isinstance(body, Delete):
        return ChangeKind(table=body.table, has_old=True, has_new=False)
    assigned = frozenset(one.column for one in body.assignments)
    return ChangeKind(table=body.table, has_old=True, has_new=True, assigned=assigned)


def _returning(body: Update | Delete) -> Returning:
    source = body.row if isinstance(body, Update) else body.old
    return Returning(source=source, expressions=body.returning)


def _single(code: Code, body: Update | Delete) -> None:
    """Write the change of the row that was found."""
    stored = code.stored[body.old]
    old = RowView(all_columns(code, body.table, stored, code.row(body.old)), stored)
    code.rows[body.old] = old.columns
    returning = _returning(body)

    def carry_out(change: Change, entries: Mapping[int, Entry]) -> None:
        carry_out_single(code, change, entries, returning=returning, save=lambda: None)

    if isinstance(body, Delete):
        carry_out(Change(table=body.table, old=old, new=None), {})
        return
    values = assigned_values(code, body.assignments)
    in_place = not foreign_keys_matter(code, _kind(body))
    update_row(code, body.table, old, values, carry_out, in_place=in_place)


def assigned_values(code: Code, assignments: tuple[Assignment, ...]) -> dict[int, Operand]:
    """Write the evaluation of assignments; return the new values by column."""
    from sqlstore.compile.expressions import emit

    return {one.column: code.pin(emit(code, one.value), "assigned") for one in assignments}


def update_row(
    code: Code,
    table: Table,
    old: RowView,
    values: Mapping[int, Operand],
    carry_out: CarryOut,
    *,
    in_place: bool,
) -> None:
    """Write the update of a row: its checks, and what is to be written.

    ``in_place`` says that the buffer of the old row may become that of the new one.

    Spec: Q-65, Q-91.
    """
    assigned = frozenset(values)
    columns = check_row(code, table, {**old.columns, **values}, assigned)
    change = Change(table=table, old=old, new=None, assigned=assigned)
    moves = bool(assigned & set(table.primary))
    key = write_key(code, table, columns) if moves else (old.stored.key, old.stored.key_length)
    if in_place and not moves and not any(table.columns[at].type.is_bytes for at in assigned):
        old = _without_buffer(code, table, old, assigned)
        assign_columns(code, table, {at: columns[at] for at in assigned}, old.stored.row)
        new = RowView(columns, old.stored)
    else:
        new = new_row(code, table, columns, key)
    change = Change(table=table, old=old, new=new, assigned=assigned)
    entries = {
        index.number: write_entry(code, table, index, new, "new") for index in change.indexes
    }
    for unique in unique_keys(table):
        own = table.primary if unique.index is None else unique.index.columns
        if not assigned & set(own):
            continue
        with where(code, change.differs(own)):
            if unique.index is None:
                taken = f"db_get({new.stored.key}, {new.stored.key_length}, {ARENA}, 0) >= 0"
                code.fail_if(taken, UniqueViolation)
            else:
                values_there = [columns[at] for at in own]
                with sought(code, entries[unique.index.number], values_there):
                    code.fail(UniqueViolation)
    carry_out(change, entries)


def _without_buffer(code: Code, table: Table, old: RowView, assigned: frozenset[int]) -> RowView:
    """Write to locals what is needed of the old row when its buffer is going to be changed."""
    indexed = {at for index in table.indexes for at in index.columns} & assigned
    kept = {
        at: code.keep(old.columns[at], f"old_{table.columns[at].name}") for at in sorted(indexed)
    }
    return replace(old, columns={**old.columns, **kept})


# -- several rows ------------------------------------------------------------------------------


def _several(code: Code, body: Update | Delete) -> None:
    """Write the change of several rows: all are found first, with their new values."""
    assignments = body.assignments if isinstance(body, Update) else ()
    new_cells = cells(one.value for one in assignments)
    records = RecordList(code, [*STORED_CELLS, *new_cells], "found_row", keep=True)
    records.begin()

    def collect() -> None:
        stored = code.stored[body.old]
        known = all_columns(code, body.table, stored, code.row(body.old))
        code.rows[body.old] = known
        values = assigned_values(code, assignments)
        records.append([*stored_operands(stored), *values.values()])

    produce(code, body.relation, collect)

    def view(record: str) -> tuple[RowView, dict[int, Operand]]:
        fields = records.operands(record)
        old = stored_view(code, body.table, fields[KEY], fields[ROW])
        values = {one.column: fields[2 + at] for at, one in enumerate(assignments)}
        return old, values

    def each(record: str, carry_out: CarryOut) -> None:
        old, values = view(record)
        if isinstance(body, Delete):
            carry_out(Change(table=body.table, old=old, new=None), {})
        else:
            update_row(code, body.table, old, values, carry_out, in_place=False)

    def changes(record: str, use: Callable[[Change], None]) -> None:
        old, values = view(record)
        new = None if isinstance(body, Delete) else RowView({**old.columns, **values}, old.stored)
        use(Change(table=body.table, old=old, new=new, assigned=frozenset(values)))

    carry_out_several(
        Several(
            code=code,
            kinds=(_kind(body),),
            returning=_returning(body),
            found=records,
            each=each,
            made=records,
            changes=changes,
            keep=None,
            save=lambda: None,
        )
    )


def stored_operands(stored: StoredRow) -> list[Operand]:
    """Return a row's key and value as two byte strings."""
    return [
        Operand(type=BYTEA, value=stored.key, length=stored.key_length),
        Operand(type=BYTEA, value=stored.row, length=stored.row_length),
    ]


def stored_view(code: Code, table: Table, key: Operand, row: Operand) -> RowView:
    """Write what is needed to have a row that was kept as two byte strings."""
    text = code.text
    stored = StoredRow(
        text.local("old_key", key.value),
        text.local("old_key_length", key.length),
        text.local("old_row", row.value),
        text.local("old_row_length", row.length),
    )
    return RowView(all_columns(code, table, stored, {}), stored)
