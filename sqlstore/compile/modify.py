"""UPDATE and DELETE.

Spec: docs/spec/sql.md, Q-65, Q-66, Q-91, Q-92. Mirror: `sqlstore.execute.writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlstore.compile.changes import (
    STORED_CELLS,
    Change,
    ChangeKind,
    Entry,
    RowView,
    all_columns,
    stored_operands,
    stored_view,
)
from sqlstore.compile.constraints import foreign_keys_matter
from sqlstore.compile.records import RecordList
from sqlstore.compile.shape import cells, is_single_pass
from sqlstore.compile.writes import (
    CarryOut,
    Returning,
    Several,
    assigned_values,
    carry_out_several,
    carry_out_single,
    update_row,
)
from sqlstore.plan.statements import Delete, Update

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.compile.operands import Operand

KEY, ROW = 0, 1
"""The first columns of a record: a row's key, and its value, as they are stored."""


def modify(code: Code, body: Update | Delete) -> None:
    """Write an UPDATE or DELETE.

    Spec: Q-60, Q-65, Q-66.
    """
    code.targets.add(body.old)
    if not is_single_pass(body.relation):
        _several(code, body)
        return
    code.produce(body.relation, lambda: _single(code, body))
    code.out.add("return 0")


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

    code.produce(body.relation, collect)

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
