"""INSERT, and what becomes of a row whose key is taken.

Spec: docs/spec/sql.md, Q-64, Q-90. Mirror: `sqlstore.execute.writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.backends import unique_keys
from sqlstore.compile.changes import (
    STORED_CELLS,
    Change,
    ChangeKind,
    Entry,
    RowView,
    all_columns,
    new_row,
    stored_operands,
    stored_view,
    write_entry,
)
from sqlstore.compile.code import ARENA, Code, StoredRow
from sqlstore.compile.constraints import check_row, if_entry_exists
from sqlstore.compile.keys import KeyReader, buffer_bytes, write_row_key
from sqlstore.compile.logic import condition
from sqlstore.compile.operands import Operand, infix
from sqlstore.compile.records import RecordList
from sqlstore.compile.rows import check_texts, own_length, read_bytes_max
from sqlstore.compile.sequences import Sequence
from sqlstore.compile.shape import ValueShape, is_single_pass
from sqlstore.compile.writes import (
    CarryOut,
    Returning,
    Several,
    assigned_values,
    carry_out_several,
    carry_out_single,
    update_row,
)
from sqlstore.errors import CardinalityViolation, CorruptedData, UniqueViolation
from sqlstore.plan.nullability import is_nullable
from sqlstore.schema import Key
from sqlstore.types import BYTEA

if TYPE_CHECKING:
    from sqlstore.plan.statements import Insert
    from sqlstore.schema import Index


def insert(code: Code, body: Insert) -> None:
    """Write an INSERT.

    Spec: Q-60, Q-64.
    """
    if is_single_pass(body.relation):
        code.produce(body.relation, lambda: _single(code, body))
        code.out.add("return 0")
    else:
        _several(code, body)


def _returning(body: Insert) -> Returning:
    return Returning(source=body.row, expressions=body.returning)


def _proposed(code: Code, body: Insert, sequence: Sequence) -> dict[int, Operand]:
    """Write the values of a row to insert, in the order of columns."""
    return {
        at: sequence.take(column.type) if value is None else code.pin(code.emit(value), column.name)
        for at, (column, value) in enumerate(zip(body.table.columns, body.values, strict=True))
    }


def _single(code: Code, body: Insert) -> None:
    """Write the insertion of the only row."""
    sequence = Sequence(code, body.table, several=False)
    proposed = _proposed(code, body, sequence)

    def carry_out(change: Change, entries: Mapping[int, Entry]) -> None:
        carry_out_single(code, change, entries, returning=_returning(body), save=sequence.save)

    def pass_over() -> None:
        sequence.save()
        code.out.add("return 0")

    _Insertion(code, body, carry_out, pass_over, None).write(proposed)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """The insertion of one row.

    ``carry_out`` writes the change that it comes to, ``pass_over`` what is done if there is none;
    nothing follows either. ``made`` are records of the changes before, if there may be some.
    """

    code: Code
    body: Insert
    carry_out: CarryOut
    pass_over: Callable[[], None]
    made: RecordList | None

    def write(self, proposed: Mapping[int, Operand]) -> None:
        """Write the checks of a proposed row, and what it comes to. Spec: Q-90."""
        code, table = self.code, self.body.table
        columns = check_row(code, table, proposed, None)
        new = new_row(code, table, columns, None)
        entries = {
            index.number: write_entry(code, table, index, new, "new") for index in table.indexes
        }
        for key in self._in_order():
            if key.index is None:
                self._check_primary(new)
            else:
                self._check_index(key, key.index, new, entries[key.index.number])
        self.carry_out(Change(table=table, old=None, new=new), entries)

    def _in_order(self) -> list[Key]:
        """Return the unique keys, that of ON CONFLICT before the others."""
        conflict = self.body.conflict
        arbiter = None if conflict is None else conflict.arbiter
        return sorted(unique_keys(self.body.table), key=lambda key: key != arbiter)

    # -- who has the key --------------------------------------------------------------------------

    def _check_primary(self, new: RowView) -> None:
        """Write the ``get`` of the row's own key; the row there is needed if it is updated."""
        code, table, stored = self.code, self.body.table, new.stored
        if not self._updates(Key(None)):
            there = f"db_get({stored.key}, {stored.key_length}, {ARENA}, 0) >= 0"
            with code.out.block(f"if {there}"):
                self._conflict(Key(None))
            return
        size = read_bytes_max(table)
        row = code.buffer("existing_row", table.number, size, f"existing_{table.name}")
        length = code.out.local(
            "existing_length", f"db_get({stored.key}, {stored.key_length}, {row}, {size})"
        )
        with code.out.block(f"if {length} >= 0"):
            key = self._kept_key(stored)
            self._check_untouched(key, stored.key_length)
            self._check_length(row, length)
            self._update(new, StoredRow(key, stored.key_length, row, length))

    def _kept_key(self, stored: StoredRow) -> str:
        """Return where the key stays if another one is written: the row's may change."""
        code, table = self.code, self.body.table
        conflict = self.body.conflict
        assert conflict is not None, "only ON CONFLICT updates instead"
        assigned = {one.column for one in conflict.assignments or ()}
        if not assigned & set(table.primary):
            return stored.key
        key = self._existing_key()
        code.out.add(f"copy({key}, {stored.key}, {stored.key_length})")
        return key

    def _existing_key(self) -> str:
        table = self.body.table
        size = buffer_bytes([table.columns[at] for at in table.primary])
        return self.code.buffer("existing_key", table.number, size, f"existing_{table.name}_key")

    def _check_index(self, key: Key, index: Index, new: RowView, entry: Entry) -> None:
        """Write the ``seek`` of an entry with the row's values, and what if there is one."""
        code, table = self.code, self.body.table
        values = [new.columns[at] for at in index.columns]
        with if_entry_exists(code, entry, values) as (found, found_length):
            if not self._updates(key):
                self._conflict(key)
                return
            reader = KeyReader(code, found, table)
            for at in index.columns:
                reader.skip(table.columns[at])
            row_key, length = write_row_key(code, table, reader, found_length, self._existing_key())
            self._check_untouched(row_key, length)
            size = read_bytes_max(table)
            row = code.buffer("existing_row", table.number, size, f"existing_{table.name}")
            row_length = code.out.local(
                "existing_length", f"db_get({row_key}, {length}, {row}, {size})"
            )
            self._check_length(row, row_length)
            self._update(new, StoredRow(row_key, length, row, row_length))

    # -- what then --------------------------------------------------------------------------------

    def _updates(self, key: Key) -> bool:
        """Return whether a row that has ``key`` is updated."""
        conflict = self.body.conflict
        return conflict is not None and conflict.assignments is not None and conflict.arbiter == key

    def _conflict(self, key: Key) -> None:
        """Write what happens if ``key`` is taken: nothing, or failure."""
        conflict = self.body.conflict
        if conflict is None or conflict.arbiter not in (None, key):
            self.code.fail(UniqueViolation)
        else:
            self.pass_over()

    def _check_untouched(self, key: str, length: str) -> None:
        """Write the check that no change before made the row what it is."""
        if self.made is None:
            return
        self.made.close()
        with self.made.each() as record:
            made = self.made.operands(record)[_NEW_KEY]
            same = f"equal_bytes({made.value}, {made.length}, {key}, {length})"
            self.code.fail_if(same, CardinalityViolation)

    def _check_length(self, row: str, length: str) -> None:
        """Write the check of a row that was read: it is there, and none of its texts too long."""
        code, table = self.code, self.body.table
        code.fail_if(infix(length, "!=", own_length(table, row)), CorruptedData)
        check_texts(code, table, row, table.stored)

    def _update(self, new: RowView, stored: StoredRow) -> None:
        """Write the update of the row that has the key."""
        code, table, conflict = self.code, self.body.table, self.body.conflict
        assert conflict is not None, "only ON CONFLICT updates instead"
        old = RowView(all_columns(code, table, stored, {}), stored)
        code.rows[conflict.existing] = old.columns
        code.rows[conflict.proposed] = new.columns
        holds = "1" if conflict.where is None else condition(code, conflict.where)
        with code.out.block(f"if {holds}"):
            values = assigned_values(code, conflict.assignments or ())
            update_row(code, table, old, values, self.carry_out, in_place=False)
        self.pass_over()


# -- several rows ------------------------------------------------------------------------------

_NEW_KEY, _OLD_KEY, _OLD_ROW, _COLUMNS = range(4)
"""The columns of the record of a change: a key of length 0 is that of no row."""


def _several(code: Code, body: Insert) -> None:
    """Write the insertion of several rows: the values of all are computed first."""
    sequence = Sequence(code, body.table, several=True)
    nullable = [value is not None and is_nullable(value) for value in body.values]
    columns = body.table.columns
    proposed_cells = [
        ValueShape(column.type, null) for column, null in zip(columns, nullable, strict=True)
    ]
    found = RecordList(code, proposed_cells, "proposed", keep=True)
    found.begin()
    code.produce(body.relation, lambda: found.append([*_proposed(code, body, sequence).values()]))
    made = found
    if body.conflict is not None:
        own = [ValueShape(column.type, column.nullable) for column in columns]
        made = RecordList(code, [ValueShape(BYTEA, False), *STORED_CELLS, *own], "made", keep=True)
        made.begin()

    def each(record: str, carry_out: CarryOut) -> None:
        proposed = found.operands(record)
        if body.conflict is None:
            _Insertion(code, body, carry_out, _never, None).write(proposed)
            return
        with code.once() as leave:

            def carry_out_and_leave(change: Change, entries: Mapping[int, Entry]) -> None:
                carry_out(change, entries)
                leave()

            _Insertion(code, body, carry_out_and_leave, leave, made).write(proposed)

    def changes(record: str, use: Callable[[Change], None]) -> None:
        _each_change(code, body, made, record, use)

    carry_out_several(
        Several(
            code=code,
            kinds=_kinds(body),
            returning=_returning(body),
            found=found,
            each=each,
            made=made,
            changes=changes,
            keep=None if body.conflict is None else (lambda change: _keep(made, change)),
            save=sequence.save,
        )
    )


def _never() -> None:
    raise AssertionError("only ON CONFLICT passes over a row")


def _assigned(body: Insert) -> frozenset[int] | None:
    """Return the columns that DO UPDATE assigns; None: there is none."""
    if body.conflict is None or body.conflict.assignments is None:
        return None
    return frozenset(one.column for one in body.conflict.assignments)


def _kinds(body: Insert) -> tuple[ChangeKind, ...]:
    inserted = ChangeKind(table=body.table, has_old=False, has_new=True)
    assigned = _assigned(body)
    if assigned is None:
        return (inserted,)
    updated = ChangeKind(table=body.table, has_old=True, has_new=True, assigned=assigned)
    return inserted, updated


def _keep(made: RecordList, change: Change) -> None:
    """Write the record of a change."""
    assert change.new is not None, "an INSERT has new rows"
    nothing = Operand(type=BYTEA, value="0", length="0")
    old = [nothing, nothing] if change.old is None else stored_operands(change.old.stored)
    columns = (change.new.columns[at] for at in range(len(change.table.columns)))
    made.append([stored_operands(change.new.stored)[0], *old, *columns])


def _each_change(
    code: Code, body: Insert, made: RecordList, record: str, use: Callable[[Change], None]
) -> None:
    """Write what is done with the change of a record: an insertion, or an update instead."""
    fields = made.operands(record)
    nowhere = StoredRow("", "", "", "")
    if body.conflict is None:
        use(Change(table=body.table, old=None, new=RowView(fields, nowhere)))
        return
    columns = {at: fields[_COLUMNS + at] for at in range(len(body.table.columns))}
    new = RowView(columns, nowhere)
    assigned = _assigned(body)
    if assigned is None:
        use(Change(table=body.table, old=None, new=new))
        return
    with code.out.block(f"if {fields[_OLD_KEY].length}"):
        old = stored_view(code, body.table, fields[_OLD_KEY], fields[_OLD_ROW])
        there = RowView(columns, old.stored)
        use(Change(table=body.table, old=old, new=there, assigned=assigned))
    with code.out.block("else"):
        use(Change(table=body.table, old=None, new=new))
