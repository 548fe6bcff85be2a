"""Constraints: NOT NULL and CHECK of a row, unique keys, foreign keys.

Spec: docs/spec/sql.md, Q-64 to Q-66, Q-90, Q-91. Mirror: `sqlstore.execute.constraints`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlstore.backends import CHECKED_SOURCE
from sqlstore.compile.changes import Change, ChangeKind, Entry, under_condition
from sqlstore.compile.code import ARENA
from sqlstore.compile.keys import KeyWriter, as_sought, buffer_bytes, can_overflow
from sqlstore.compile.logic import condition
from sqlstore.compile.operands import Operand, either, is_literal, operand_text
from sqlstore.errors import CheckViolation, ForeignKeyViolation, NotNullViolation
from sqlstore.keys import key_columns
from sqlstore.plan.walk import columns_of
from sqlstore.schema import KEY_BYTES_MAX, Key
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.schema import Column, ForeignKey, Table


def check_row(
    code: Code, table: Table, columns: Mapping[int, Operand], assigned: frozenset[int] | None
) -> dict[int, Operand]:
    """Write the checks of a row's columns: NOT NULL, then CHECK. Return the columns as then known.

    ``assigned`` None is a new row; else no more is checked than what has changed.

    Spec: Q-64.
    """
    checked = dict(columns)
    for at, column in enumerate(table.columns):
        null = checked[at].null
        if column.nullable or null is None:
            continue
        code.fail_if(null, NotNullViolation)
        checked[at] = checked[at].not_null()
    outer = code.rows.get(CHECKED_SOURCE)
    code.rows[CHECKED_SOURCE] = checked
    for check in table.checks:
        used = {at for _, at in columns_of(check.predicate)}
        if assigned is None or used & assigned:
            code.fail_if(condition(code, check.predicate, False), CheckViolation)
    if outer is None:
        del code.rows[CHECKED_SOURCE]
    else:
        code.rows[CHECKED_SOURCE] = outer
    return checked


# -- unique keys -------------------------------------------------------------------------------


@contextmanager
def if_entry_exists(
    code: Code, entry: Entry, values: Sequence[Operand]
) -> Iterator[tuple[str, str]]:
    """Write the ``seek`` of an entry with the same unique key, and what follows if there is one.

    Gives the locals of the entry that was found, and of its length. Spec: Q-90.
    """
    null = either(*(value.null for value in values))
    if any(value.is_null for value in values):
        with code.out.discarded():
            yield "0", "0"
        return
    with code.unless(null):
        key = code.buffer("found", 0, KEY_BYTES_MAX, "found_key")
        found = _seek(code, entry.key, entry.prefix_length, key)
        with code.out.block(f"if {found} >= 0 and {begins(key, found, entry)}"):
            yield key, found


def _seek(code: Code, prefix: str, length: str, out: str) -> str:
    call = f"db_seek({prefix}, {length}, 0, {out}, {KEY_BYTES_MAX})"
    return code.out.local("found", call)


def begins(key: str, length: str, entry: Entry) -> str:
    """Return whether a key that was found begins with the columns of ``entry``."""
    if not is_literal(entry.prefix_length):
        return f"has_prefix({key}, {length}, {entry.key}, {entry.prefix_length})"
    # Its relation's number makes it long enough, if that is the same.
    tests = []
    at, rest = 0, int(entry.prefix_length)
    for size in (8, 4, 2, 1):
        while rest >= size:
            place = f", {at}" if at else ""
            bits = 8 * size
            tests.append(f"load{bits}({key}{place}) == load{bits}({entry.key}{place})")
            at, rest = at + size, rest - size
    return " and ".join(tests)


# -- foreign keys ------------------------------------------------------------------------------


def foreign_keys_matter(code: Code, kind: ChangeKind) -> bool:
    """Return whether a change of this kind may violate a foreign key."""
    return bool(_own(kind)) or bool(_referring(code, kind))


def _own(kind: ChangeKind) -> list[ForeignKey]:
    """Return the table's own foreign keys that a change may touch."""
    if not kind.has_new:
        return []
    keys = kind.table.foreign_keys
    return [key for key in keys if not kind.has_old or kind.assigned & set(key.columns)]


def _referring(code: Code, kind: ChangeKind) -> list[tuple[Table, ForeignKey]]:
    """Return the foreign keys that refer to what a change may take away."""
    if not kind.has_old:
        return []
    return [
        (child, key)
        for child, key in code.unit.schema.referencing(kind.table)
        if not kind.has_new or kind.assigned & set(kind.table.key_columns(key.parent_key))
    ]


def check_foreign_keys(code: Code, change: Change) -> None:
    """Write the checks of a change's foreign keys, when all rows are written.

    Spec: Q-66, Q-90 to Q-92.
    """
    for key in _own(change.kind):
        with under_condition(code, change.difference_test(key.columns)):
            _check_parent(code, change, key)
    for child, key in _referring(code, change.kind):
        with under_condition(
            code, change.difference_test(change.table.key_columns(key.parent_key))
        ):
            _check_children(code, change, child, key)


def _check_parent(code: Code, change: Change, key: ForeignKey) -> None:
    assert change.new is not None
    parent = code.unit.schema.by_name[key.parent]
    values = [change.new.columns[at] for at in key.columns]
    if any(value.is_null for value in values):
        return
    with code.unless(either(*(value.null for value in values))):
        there = _is_there(code, parent, key.parent_key, values)
        code.fail_if(f"not {operand_text(there)}", ForeignKeyViolation)


def _check_children(code: Code, change: Change, child: Table, key: ForeignKey) -> None:
    """Write the search for rows that refer to a key, unless some row has that key again."""
    assert change.old is not None
    assert key.child_key is not None, "the binder refuses what cannot be checked"
    columns = change.table.key_columns(key.parent_key)
    values = [change.old.columns[at] for at in columns]
    if any(value.is_null for value in values):
        return
    referring = dict(zip(key.columns, values, strict=True))
    order = key_columns(child, key.child_key.index)[: len(referring)]
    with code.unless(either(*(value.null for value in values))):
        there = _is_there(code, change.table, key.parent_key, values)
        with code.out.block(f"if not {operand_text(there)}"):
            parts = [child.columns[at] for at in order]
            number = child.number if key.child_key.index is None else key.child_key.index.number
            found = _first_with(code, number, parts, [referring[at] for at in order], point=False)
            code.fail_if(found, ForeignKeyViolation)


def _is_there(code: Code, table: Table, key: Key, values: Sequence[Operand]) -> str:
    """Write the search for a row with these values of a unique key; return whether there is one."""
    columns = [table.columns[at] for at in table.key_columns(key)]
    number = table.number if key.index is None else key.index.number
    return _first_with(code, number, columns, values, point=key.index is None)


def _first_with(
    code: Code, number: int, columns: Sequence[Column], values: Sequence[Operand], *, point: bool
) -> str:
    """Write one ``seek`` of keys that begin with ``values``, or one ``get`` of a ``point``.

    Return whether there is such a key. None is sought that would be longer than keys are.

    Spec: Q-90, Q-91.
    """
    out = code.out
    columns = as_sought(columns)
    key = code.buffer("sought", number, buffer_bytes(columns), "sought_key")
    parts = list(zip(columns, values, strict=True))
    if not can_overflow(columns):
        return _found_with(code, number, key, parts, None, point=point)
    there = out.local("there", "0")
    with code.once() as leave:
        found = _found_with(code, number, key, parts, leave, point=point)
        out.assign(there, ValueType.I32, found)
    return there


def _found_with(
    code: Code,
    number: int,
    key: str,
    parts: Sequence[tuple[Column, Operand]],
    leave: Callable[[], None] | None,
    *,
    point: bool,
) -> str:
    """Write the search key and the search; return whether there is what is sought."""
    columns = [column for column, _ in parts]
    writer = KeyWriter(code, key, number, columns=columns, overflow=leave)
    for column, value in parts:
        writer.column(column, value.not_null())
    length = writer.finish()
    if point:
        return f"db_get({key}, {length}, {ARENA}, 0) >= 0"
    out = code.buffer("found", 0, KEY_BYTES_MAX, "found_key")
    found = _seek(code, key, length, out)
    entry = Entry(key=key, length=length, prefix_length=length)
    return f"{found} >= 0 and {begins(out, found, entry)}"
