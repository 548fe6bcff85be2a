"""Notes: what a write does besides writing the row, for those who read its plan.

Which keys are looked for, which index entries are written, which parents and children are sought.

Spec: docs/spec/sql.md, Q-64 to Q-66, Q-90 to Q-92. Not here: how many row operations that makes
(`sqlstore.planner.writes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.plan.show import show
from sqlstore.planner.steps import Step, listed
from sqlstore.planner.writes import assigned_columns, referring

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.statements import Assignment, Insert, OnConflict, Update
    from sqlstore.planner.steps import Json, Steps
    from sqlstore.schema import ForeignKey, Index, Schema, Table


def insert_notes(insert: Insert, schema: Schema, steps: Steps) -> list[Step]:
    """Return the notes of INSERT, in the order in which things are done.

    Spec: Q-90.
    """
    table = insert.table
    values = [
        f"{column.name} = {'the next number' if value is None else show(value, steps.naming)}"
        for column, value in zip(table.columns, insert.values, strict=True)
    ]
    unique = [index for index in table.indexes if index.unique]
    keys = [table.primary_name, *(index.name for index in unique)]
    conflict = insert.conflict
    if conflict is not None and conflict.arbiter is not None:
        first = table.key_name(conflict.arbiter)
        keys.sort(key=lambda name: name != first)
    return [
        _note("values", "values", values),
        _note("look", "look for the key in", keys),
        *([] if conflict is None else _conflict_notes(table, conflict, schema, steps)),
        *_entries(table.indexes, "write"),
        *_parents(table.foreign_keys, schema),
    ]


def update_notes(update: Update, schema: Schema, steps: Steps) -> list[Step]:
    """Return the notes of UPDATE, in the order in which things are done.

    Spec: Q-91.
    """
    return [
        _assignments(update.table, update.assignments, steps),
        *_changes(update.table, assigned_columns(update.assignments), schema),
    ]


def delete_notes(table: Table, schema: Schema) -> list[Step]:
    """Return the notes of DELETE, in the order in which things are done.

    Spec: Q-92.
    """
    return [
        *_entries(table.indexes, "delete"),
        *_children(table, frozenset(range(len(table.columns))), schema),
    ]


def returning_notes(returning: Sequence[Expr], steps: Steps) -> list[Step]:
    """Return the note of RETURNING, if there is one."""
    return [_note("returning", "returning", steps.texts(returning))] if returning else []


def _conflict_notes(table: Table, conflict: OnConflict, schema: Schema, steps: Steps) -> list[Step]:
    """Return the note of ON CONFLICT, with those of the update that it makes."""
    where = "any key" if conflict.arbiter is None else table.key_name(conflict.arbiter)
    if conflict.assignments is None:
        return [_note("conflict", f"on conflict in {where}", ["do nothing"])]
    below = [
        _assignments(table, conflict.assignments, steps),
        *_changes(table, assigned_columns(conflict.assignments), schema),
    ]
    if conflict.where is not None:
        below.insert(0, _note("filter", "where", [show(conflict.where, steps.naming)]))
    text = f"on conflict in {where} update"
    return [Step(kind="conflict", text=text, facts={"key": where}, inputs=tuple(below))]


def _changes(table: Table, changed: Set[int], schema: Schema) -> list[Step]:
    """Return the notes of a row whose columns ``changed`` are assigned."""
    moves = not changed.isdisjoint(table.primary)
    indexes = [index for index in table.indexes if not changed.isdisjoint(index.columns)]
    keys = [table.primary_name] if moves else []
    keys.extend(index.name for index in indexes if index.unique)
    own = [key for key in table.foreign_keys if not changed.isdisjoint(key.columns)]
    return [
        *([_note("look", "look for the key in", keys)] if keys else []),
        *_entries(table.indexes if moves else indexes, "replace"),
        *_parents(own, schema),
        *_children(table, changed, schema),
    ]


def _assignments(table: Table, assignments: Sequence[Assignment], steps: Steps) -> Step:
    texts = [
        f"{table.columns[one.column].name} = {show(one.value, steps.naming)}" for one in assignments
    ]
    return _note("set", "set", texts)


def _entries(indexes: Sequence[Index], verb: str) -> list[Step]:
    """Return the note of the index entries that are written, replaced or deleted."""
    names = [index.name for index in indexes]
    return [_note(f"{verb} entries", f"{verb} entries of", names)] if names else []


def _parents(keys: Iterable[ForeignKey], schema: Schema) -> list[Step]:
    texts = [
        f"{key.parent} by {schema.by_name[key.parent].key_name(key.parent_key)} ({key.name})"
        for key in keys
    ]
    return [_note("parents", "look for the parent in", texts)] if texts else []


def _children(table: Table, changed: Set[int], schema: Schema) -> list[Step]:
    texts = [
        f"{child.name} by {child.key_name(key.child_key)} ({key.name})"
        for child, key in referring(table, changed, schema)
        if key.child_key is not None
    ]
    return [_note("children", "look for children in", texts)] if texts else []


def _note(kind: str, words: str, texts: Sequence[Json]) -> Step:
    """Return a step that is a line and a list."""
    return Step(kind=kind, text=f"{words} {listed(texts)}", facts={"of": list(texts)})
