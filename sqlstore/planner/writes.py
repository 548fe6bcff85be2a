"""Writes: what INSERT, UPDATE and DELETE add to the row operations of a statement.

Also the rule of child keys: where rows may lose what refers to them, there is a key to look for
those that do.

Spec: docs/spec/sql.md, Q-64 to Q-66, Q-84, Q-90 to Q-92.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.errors import FeatureNotSupported
from sqlstore.plan.statements import Delete, Insert, Select, Update

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sqlstore.plan.statements import Assignment, Body
    from sqlstore.planner.costs import Cost, Costs
    from sqlstore.planner.rows import RowLimit
    from sqlstore.schema import ForeignKey, Schema, Table


def body_operations(body: Body, limit: RowLimit | None, *, schema: Schema, costs: Costs) -> int:
    """Return the most row operations of ``body``, of whose rows ``limit`` are asked for.

    Uncorrelated subqueries are left to ``costs``.

    Spec: Q-84.
    """
    found = costs.relation(body.relation, limit)
    match body:
        case Select():
            return found.operations + found.rows * costs.expressions(body.outputs)
        case Insert():
            return _insert_operations(body, schema, costs, found)
        case Update():
            each = (
                costs.expressions(one.value for one in body.assignments)
                + _update_operations(body.table, assigned_columns(body.assignments), schema)
                + costs.expressions(body.returning)
            )
            return found.operations + found.rows * each
        case Delete():
            each = (
                1
                + len(body.table.indexes)
                + 2 * len(schema.referencing(body.table))
                + costs.expressions(body.returning)
            )
            return found.operations + found.rows * each
        case _:
            assert_never(body)


def check_child_keys(body: Body, schema: Schema) -> None:
    """Refuse a body that may take away what is referred to, if nothing finds what refers to it.

    Raises `FeatureNotSupported`.

    Spec: Q-66.
    """
    match body:
        case Select():
            return
        case Insert():
            lost = assigned_columns(() if body.conflict is None else body.conflict.assignments)
        case Update():
            lost = assigned_columns(body.assignments)
        case Delete():
            lost = frozenset(range(len(body.table.columns)))
        case _:
            assert_never(body)
    for child, key in referring(body.table, lost, schema):
        if key.child_key is None:
            names = ", ".join(child.columns[column].name for column in key.columns)
            raise FeatureNotSupported(
                reason=f"no key finds the rows of {child.name} that refer by {key.name} "
                f"to a row of {body.table.name}",
                hint=f"CREATE INDEX ON {child.name} ({names});",
            )


def referring(table: Table, changed: Set[int], schema: Schema) -> list[tuple[Table, ForeignKey]]:
    """Return the foreign keys to ``table`` whose key there has one of the columns ``changed``.

    Spec: Q-66.
    """
    return [
        (child, key)
        for child, key in schema.referencing(table)
        if not changed.isdisjoint(table.key_columns(key.parent_key))
    ]


def assigned_columns(assignments: Sequence[Assignment] | None) -> frozenset[int]:
    """Return the columns that are assigned."""
    return frozenset(one.column for one in assignments or ())


def _insert_operations(insert: Insert, schema: Schema, costs: Costs, found: Cost) -> int:
    """Return the most row operations of INSERT: a row is inserted, or updates another.

    Spec: Q-90.
    """
    table, conflict = insert.table, insert.conflict
    unique_indexes = sum(index.unique for index in table.indexes)
    inserted = 1 + unique_indexes + 1 + len(table.indexes) + len(table.foreign_keys)
    updated = 0
    if conflict is not None and conflict.assignments is not None:
        values = [one.value for one in conflict.assignments]
        where = [] if conflict.where is None else [conflict.where]
        found_by_index = conflict.arbiter is not None and conflict.arbiter.index is not None
        updated = (
            (2 if found_by_index else 1)
            + costs.expressions((*where, *values))
            + _update_operations(table, assigned_columns(conflict.assignments), schema)
        )
    each = (
        costs.expressions(value for value in insert.values if value is not None)
        + max(inserted, updated)
        + costs.expressions(insert.returning)
    )
    sequence = 2 if None in insert.values else 0
    return found.operations + found.rows * each + sequence


def _update_operations(table: Table, assigned: Set[int], schema: Schema) -> int:
    """Return the most row operations that a row makes whose columns ``assigned`` are changed.

    Spec: Q-91.
    """
    key_changes = not assigned.isdisjoint(table.primary)
    changed = [one for one in table.indexes if not assigned.isdisjoint(one.columns)]
    checks = int(key_changes) + sum(index.unique for index in changed)
    entries = 2 * len(table.indexes if key_changes else changed)
    parents = sum(not assigned.isdisjoint(key.columns) for key in table.foreign_keys)
    children = 2 * len(referring(table, assigned, schema))
    return checks + (2 if key_changes else 1) + entries + parents + children
