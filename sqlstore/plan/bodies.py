"""Walks over what statements do: the relation and the expressions of a body.

Not here: walks within them (`sqlstore.plan.walk`).

Spec: docs/spec/sql.md, Q-60 and on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from sqlstore.plan.statements import Delete, Insert, Select, Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Assignment, Body, OnConflict


def body_expressions(body: Body) -> tuple[Expr, ...]:
    """Return the expressions that stand in ``body`` itself, not those of its relation.

    Spec: Q-60.
    """
    match body:
        case Select():
            return body.outputs
        case Insert():
            values = (value for value in body.values if value is not None)
            return (*values, *_conflict_expressions(body.conflict), *body.returning)
        case Update():
            return (*(one.value for one in body.assignments), *body.returning)
        case Delete():
            return body.returning
        case _:
            assert_never(body)


def map_body(
    body: Body, on_relation: Callable[[Relation], Relation], on_expr: Callable[[Expr], Expr]
) -> Body:
    """Return ``body`` with its relation and then its own expressions replaced.

    Spec: Q-60.
    """
    relation = on_relation(body.relation)
    match body:
        case Select():
            return replace(body, relation=relation, outputs=tuple(map(on_expr, body.outputs)))
        case Insert():
            return replace(
                body,
                relation=relation,
                values=tuple(value and on_expr(value) for value in body.values),
                conflict=body.conflict and _map_conflict(body.conflict, on_expr),
                returning=tuple(map(on_expr, body.returning)),
            )
        case Update():
            return replace(
                body,
                relation=relation,
                assignments=_map_assignments(body.assignments, on_expr),
                returning=tuple(map(on_expr, body.returning)),
            )
        case Delete():
            return replace(body, relation=relation, returning=tuple(map(on_expr, body.returning)))
        case _:
            assert_never(body)


def _conflict_expressions(conflict: OnConflict | None) -> tuple[Expr, ...]:
    if conflict is None:
        return ()
    where = () if conflict.where is None else (conflict.where,)
    return (*where, *(one.value for one in conflict.assignments or ()))


def _map_conflict(conflict: OnConflict, on_expr: Callable[[Expr], Expr]) -> OnConflict:
    assignments = conflict.assignments and _map_assignments(conflict.assignments, on_expr)
    where = conflict.where and on_expr(conflict.where)
    return replace(conflict, assignments=assignments, where=where)


def _map_assignments(
    assignments: tuple[Assignment, ...], on_expr: Callable[[Expr], Expr]
) -> tuple[Assignment, ...]:
    return tuple(replace(one, value=on_expr(one.value)) for one in assignments)
