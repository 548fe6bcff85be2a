"""What INSERT, UPDATE and DELETE have in common: how changes are carried out, one or several.

A statement that changes one row at most makes its change in the middle of the search for it, and
returns there. Others keep what they have found as records, and go over these: to check and write
row after row, then to check foreign keys, and, if something fails, to undo.

Spec: docs/spec/sql.md, Q-60, Q-61, Q-93. Mirror: `sqlstore.execute.writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from sqlstore.backends import unique_keys
from sqlstore.compile.changes import (
    Change,
    ChangeKind,
    Entry,
    RowView,
    new_row,
    under_condition,
    undo,
    write,
    write_entry,
    write_key,
)
from sqlstore.compile.code import ARENA
from sqlstore.compile.constraints import (
    check_foreign_keys,
    check_row,
    foreign_keys_matter,
    if_entry_exists,
)
from sqlstore.compile.purity import is_total
from sqlstore.compile.relations import computed
from sqlstore.compile.rows import assign_columns, stored_columns
from sqlstore.compile.select import Returned, write_single
from sqlstore.errors import UniqueViolation
from sqlstore.plan.statements import Command
from sqlstore.plan.walk import columns_of
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.compile.operands import Operand
    from sqlstore.compile.records import RecordList
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.statements import Assignment
    from sqlstore.schema import Table

CarryOut: TypeAlias = Callable[[Change, Mapping[int, Entry]], None]
"""Writes a change that has been checked; nothing follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """RETURNING: its expressions, and the source that the row is there."""

    source: int
    expressions: tuple[Expr, ...]


# -- one change --------------------------------------------------------------------------------


def carry_out_single(
    code: Code,
    change: Change,
    entries: Mapping[int, Entry],
    *,
    returning: Returning,
    save: Callable[[], None],
) -> None:
    """Write the only change of a statement, up to the statement's end.

    ``save`` writes what is left to do when all went well.
    """
    command = code.unit.statement.command
    if returning.expressions:
        code.rows[returning.source] = _returned_columns(code, change, returning)
    if command in (Command.ONE, Command.MANY):
        write_single(code, returning.expressions)
    else:
        evaluate(code, returning.expressions)
    can_fail = foreign_keys_matter(code, change.kind)
    with code.undoing(partial(undo, code, change) if can_fail else None):
        write(code, change, entries)
        check_foreign_keys(code, change)
        save()
        code.out.add(f"return {0 if command is Command.EXEC else 1}")


def evaluate(code: Code, expressions: Sequence[Expr]) -> None:
    """Write the evaluation of what nobody is going to see."""
    computed(code, tuple(expr for expr in expressions if not is_total(expr)), "unseen")


def _returned_columns(code: Code, change: Change, returning: Returning) -> Mapping[int, Operand]:
    """Return the columns that RETURNING sees.

    Texts are read from the row's buffer, where they stay as they are until the arena is used again:
    the values that were assigned may lie in what is not kept so long.
    """
    row = change.new or change.old
    assert row is not None, "a change has a row"
    used = {at for expr in returning.expressions for _, at in columns_of(expr)}
    texts = [at for at in used & set(change.table.stored) if change.table.columns[at].type.is_bytes]
    return {**row.columns, **stored_columns(code, change.table, row.stored.row, texts)}


# -- the update of a row -----------------------------------------------------------------------


def assigned_values(code: Code, assignments: tuple[Assignment, ...]) -> dict[int, Operand]:
    """Write the evaluation of assignments; return the new values by column."""
    return {one.column: code.pin(code.emit(one.value), "assigned") for one in assignments}


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
    moves = bool(assigned & set(table.primary))
    key = write_key(code, table, columns) if moves else (old.stored.key, old.stored.key_length)
    if in_place and not moves and not any(table.columns[at].type.is_bytes for at in assigned):
        old = _without_buffer(code, table, old, assigned)
        # New values may be read from the buffer, too: that of one column from another's place.
        new_values = {
            at: code.detached(columns[at], f"new_{table.columns[at].name}")
            for at in sorted(assigned)
        }
        columns |= new_values
        assign_columns(code, table, new_values, old.stored.row)
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
        with under_condition(code, change.difference_test(own)):
            if unique.index is None:
                taken = f"db_get({new.stored.key}, {new.stored.key_length}, {ARENA}, 0) >= 0"
                code.fail_if(taken, UniqueViolation)
            else:
                values_there = [columns[at] for at in own]
                with if_entry_exists(code, entries[unique.index.number], values_there):
                    code.fail(UniqueViolation)
    carry_out(change, entries)


def _without_buffer(code: Code, table: Table, old: RowView, assigned: frozenset[int]) -> RowView:
    """Write to locals what is needed of the old row when its buffer is going to be changed."""
    indexed = {at for index in table.indexes for at in index.columns} & assigned
    kept = {
        at: code.keep(old.columns[at], f"old_{table.columns[at].name}") for at in sorted(indexed)
    }
    return replace(old, columns={**old.columns, **kept})


# -- several changes ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A statement that may change several rows.

    ``found`` are records of what is to be done; ``each`` writes that for one, and calls what it is
    given for a change that has been checked. ``made``
    are records of changes: those found, if each of them is one; else ``keep`` writes them.
    ``changes`` writes what is done with every change that a record of ``made`` may be; ``save``
    what is left to do when all went well.
    """

    code: Code
    kinds: tuple[ChangeKind, ...]
    returning: Returning
    found: RecordList
    each: Callable[[str, CarryOut], None]
    made: RecordList
    changes: Callable[[str, Callable[[Change], None]], None]
    keep: Callable[[Change], None] | None
    save: Callable[[], None]


def carry_out_several(several: Several) -> None:
    """Write the changes of a statement, up to the statement's end.

    Spec: Q-60, Q-93.
    """
    code, out = several.code, several.code.out
    several.found.close()
    done = out.local("done", "0")
    with code.undoing(lambda: _undo_all(several, done)):
        returned = Returned(code)

        def carry_out(change: Change, entries: Mapping[int, Entry]) -> None:
            row = change.new or change.old
            assert row is not None, "a change has a row"
            code.rows[several.returning.source] = row.columns
            returned.add(several.returning.expressions)
            if several.keep is not None:
                several.keep(change)
            write(code, change, entries)
            out.assign(done, ValueType.I32, f"{done} + 1")

        with several.found.each() as record:
            several.each(record, carry_out)
        if any(foreign_keys_matter(code, kind) for kind in several.kinds):
            if several.keep is not None:
                several.made.close()
            with several.made.each() as record:
                several.changes(record, lambda change: check_foreign_keys(code, change))
        result = returned.finish()
        several.save()
        out.add(f"return {result}")


def _undo_all(several: Several, done: str) -> None:
    """Write the undoing of the changes that were made: their records are turned around first."""
    code, out = several.code, several.code.out
    before = out.local("before", "0")
    record = out.local("record", several.made.first)
    with out.loop(f"while {done}"):
        out.assign(done, ValueType.I32, f"{done} - 1")
        after = out.local("after", f"load32({record})")
        out.add(f"store32({record}, {before})")
        out.assign(before, ValueType.I32, record)
        out.assign(record, ValueType.I32, after)
    with out.loop(f"while {before}"):
        several.changes(before, lambda change: undo(code, change))
        out.assign(before, ValueType.I32, f"load32({before})")
