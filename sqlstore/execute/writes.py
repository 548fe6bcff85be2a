"""INSERT, UPDATE and DELETE.

Each finds all its rows and computes their new values first. Then, row by row, it checks the row,
computes what it returns and writes it; at last it checks foreign keys, row by row.

Spec: docs/spec/sql.md, Q-60 to Q-66, Q-90 to Q-92. Not here: the checks
(`sqlstore.execute.constraints`), undoing (`sqlstore.execute.operations`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.backends import unique_keys
from sqlstore.errors import CardinalityViolation, CorruptedData, UniqueViolation
from sqlstore.execute.changes import Change, write
from sqlstore.execute.constraints import (
    Holder,
    check_foreign_keys,
    checked_row,
    holder_of,
    part,
)
from sqlstore.execute.evaluate import evaluate, is_true
from sqlstore.execute.relations import computed, rows_of
from sqlstore.execute.sequences import Sequence
from sqlstore.plan.statements import Delete, Insert, Update
from sqlstore.rows import decode_row, stored_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from sqlstore.execute.environment import Environment
    from sqlstore.execute.operations import RowLog
    from sqlstore.plan.statements import Assignment
    from sqlstore.rows import SqlRow, StoredRow
    from sqlstore.schema import Key, Schema, Table


def insert(body: Insert, schema: Schema, outside: Environment) -> list[SqlRow]:
    """Insert rows. Return what RETURNING gives for each that was inserted or updated.

    Raises `SqlError`; what was written is then still to be undone.

    Spec: Q-64, Q-90.
    """
    sequence = Sequence(outside.running.log, body.table)
    proposed = [_proposed(body, sequence, row) for row in rows_of(body.relation, outside)]
    returned = _carried_out(body, schema, _insertions(body, proposed, outside), outside)
    sequence.save()
    return returned


def update(body: Update, schema: Schema, outside: Environment) -> list[SqlRow]:
    """Update rows. Return what RETURNING gives for each.

    Raises `SqlError`; what was written is then still to be undone.

    Spec: Q-65, Q-91.
    """
    found = [
        (row.current(body.old), _assigned(row.current(body.old), body.assignments, row))
        for row in rows_of(body.relation, outside)
    ]
    log = outside.running.log
    assigned = {one.column for one in body.assignments}
    changes = (_updated(log, body.table, old=old, new=new, assigned=assigned) for old, new in found)
    return _carried_out(body, schema, changes, outside)


def delete(body: Delete, schema: Schema, outside: Environment) -> list[SqlRow]:
    """Delete rows. Return what RETURNING gives for each.

    Raises `SqlError`; what was written is then still to be undone.

    Spec: Q-66, Q-92.
    """
    found = [row.current(body.old) for row in rows_of(body.relation, outside)]
    changes = (Change(old=stored_row(body.table, row), new=None) for row in found)
    return _carried_out(body, schema, changes, outside)


def _carried_out(
    body: Insert | Update | Delete,
    schema: Schema,
    changes: Iterator[Change],
    outside: Environment,
) -> list[SqlRow]:
    """Make ``changes``, each of which is checked when the one before is written.

    What RETURNING gives of a row is computed before the row is written: a subquery in it then sees
    the rows as they were, if the statement is about one row only.
    """
    log = outside.running.log
    made: list[Change] = []
    returned: list[SqlRow] = []
    for change in changes:
        returned.append(computed(body.returning, _returning(body, change, outside)))
        write(log, change)
        made.append(change)
    for change in made:
        check_foreign_keys(log, schema, body.table, change)
    return returned


def _returning(body: Insert | Update | Delete, change: Change, outside: Environment) -> Environment:
    """Return the environment of RETURNING: the row as written, or as it was deleted."""
    match body:
        case Delete():
            assert change.old is not None, "a DELETE has old rows"
            return outside.bind(body.old, change.old.row)
        case Insert() | Update():
            assert change.new is not None, "an INSERT or UPDATE has new rows"
            return outside.bind(body.row, change.new.row)
        case _:
            assert_never(body)


def _proposed(body: Insert, sequence: Sequence, row: Environment) -> SqlRow:
    """Return the row to insert: its values in the order of columns, the next number for None."""
    return tuple(
        sequence.take(column.type) if value is None else evaluate(value, row)
        for column, value in zip(body.table.columns, body.values, strict=True)
    )


def _insertions(body: Insert, proposed: Iterable[SqlRow], outside: Environment) -> Iterator[Change]:
    """Yield what becomes of each proposed row, if anything."""
    written: set[bytes] = set()
    for row in proposed:
        new = checked_row(body.table, row)
        change = _inserted(body, new, written, outside)
        if change is not None:
            yield change
            assert change.new is not None, "an INSERT has new rows"
            written.add(change.new.key)


def _inserted(
    body: Insert, new: StoredRow, written: Set[bytes], outside: Environment
) -> Change | None:
    """Return what inserting ``new`` comes to: None if ON CONFLICT passes over it."""
    log, conflict = outside.running.log, body.conflict
    for key in _in_order(body):
        holder = holder_of(log, body.table, key, new)
        if holder is None:
            continue
        if conflict is None or conflict.arbiter not in (None, key):
            raise _taken(body.table, key)
        if conflict.assignments is None:
            return None
        if holder.key in written:
            raise CardinalityViolation("ON CONFLICT DO UPDATE would touch a row a second time")
        proposed = outside.bind(conflict.proposed, new.row)
        return _updated_instead(body, holder, conflict.assignments, proposed)
    return Change(old=None, new=new)


def _in_order(body: Insert) -> list[Key]:
    """Return the unique keys of the table, that of ON CONFLICT before the others."""
    keys = unique_keys(body.table)
    arbiter = None if body.conflict is None else body.conflict.arbiter
    return sorted(keys, key=lambda key: key != arbiter)


def _updated_instead(
    body: Insert, holder: Holder, assignments: Iterable[Assignment], outside: Environment
) -> Change | None:
    """Return the update of the row that has the key: None if WHERE passes over it."""
    log, table, conflict = outside.running.log, body.table, body.conflict
    assert conflict is not None, "only ON CONFLICT updates instead"
    value = log.get(holder.key) if holder.value is None else holder.value
    if value is None:
        raise CorruptedData(f"an index of {table.name} has an entry without a row")
    old = decode_row(table, holder.key, value)
    there = outside.bind(conflict.existing, old)
    if conflict.where is not None and not is_true(conflict.where, there):
        return None
    new = _assigned(old, assignments, there)
    assigned = {one.column for one in assignments}
    return _updated(log, table, old=old, new=new, assigned=assigned)


def _updated(log: RowLog, table: Table, *, old: SqlRow, new: SqlRow, assigned: Set[int]) -> Change:
    """Return the change of a row, checked: of unique keys those whose values are others."""
    after = checked_row(table, new, assigned)
    for key in unique_keys(table):
        columns = table.key_columns(key)
        if part(old, columns) != part(new, columns) and holder_of(log, table, key, after):
            raise _taken(table, key)
    return Change(old=stored_row(table, old), new=after)


def _assigned(old: SqlRow, assignments: Iterable[Assignment], there: Environment) -> SqlRow:
    """Return ``old`` with the new values of its columns, computed in the order of the text."""
    new = list(old)
    for assignment in assignments:
        new[assignment.column] = evaluate(assignment.value, there)
    return tuple(new)


def _taken(table: Table, key: Key) -> UniqueViolation:
    return UniqueViolation(f"a row of {table.name} has this key: {table.key_name(key)}")
