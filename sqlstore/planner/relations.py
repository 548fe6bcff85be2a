"""Relations: predicates and requested orders are carried down to where tables are read.

Through a projection or a grouping they go in terms of what is below; a LIMIT stops them, and where
rows become fewer or more, subqueries stay above. What arrives at joins and tables is planned there
(`sqlstore.planner.joins`).

Not here: derived tables are merged before (`sqlstore.planner.merge`), bounds come after
(`sqlstore.planner.bounds`).

Spec: docs/spec/sql.md, Q-80, Q-83.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.predicates import conjuncts, has_subquery
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    Limit,
    OneRow,
    Project,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.walk import (
    columns_of,
    map_expressions,
    map_relations,
    rebuild,
)
from sqlstore.planner.filters import filtered
from sqlstore.planner.joins import Planned, plan_group
from sqlstore.planner.substitute import can_substitute, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation, SortKey


def plan_relation(relation: Relation) -> Relation:
    """Return ``relation`` with a path for every table, those in its subqueries included.

    Spec: Q-80.
    """
    prepared = map_relations(relation, lambda part: map_expressions(part, plan_expression))
    return _plan(prepared, (), ()).relation


def plan_expression(expr: Expr) -> Expr:
    """Return ``expr`` with its subqueries planned.

    Spec: Q-62, Q-80.
    """
    return rebuild(expr, lambda node: node, lambda subquery: plan_relation(subquery.relation))


def _plan(relation: Relation, predicates: Sequence[Expr], order: Sequence[SortKey]) -> Planned:  # noqa: PLR0911
    """Return ``relation``, planned, with those rows for which all ``predicates`` are true.

    ``order`` is asked for, not owed. Subqueries have been planned before.
    """
    match relation:
        case Scan() | Values() | OneRow() | Filter() | Join():
            return plan_group(relation, predicates, order, _plan)
        case Project():
            return _plan_project(relation, predicates, order)
        case Aggregate():
            return _plan_aggregate(relation, predicates, order)
        case Sort():
            return _plan_sort(relation, predicates, order)
        case Distinct():
            above, below = _split(predicates, has_subquery)
            planned = _plan(relation.input, below, ())
            kept = filtered(replace(relation, input=planned.relation), above)
            return Planned(relation=kept, ordered=_is_ascending(order, relation.source))
        case Limit():
            planned = _plan(relation.input, (), ())
            kept = filtered(replace(relation, input=planned.relation), predicates)
            return Planned(relation=kept, ordered=not order)
        case Union():
            return _plan_union(relation, predicates, order)
        case _:
            assert_never(relation)


def _plan_project(
    project: Project, predicates: Sequence[Expr], order: Sequence[SortKey]
) -> Planned:
    """Plan what is below in terms of its own columns."""
    columns = project.expressions
    below, above = _split(predicates, lambda one: can_substitute(one, project.source, columns))
    mapping = {project.source: columns}
    planned = _plan(
        project.input,
        [part for one in below for part in conjuncts(substitute(one, mapping))],
        [replace(key, value=substitute(key.value, mapping)) for key in order],
    )
    relation = filtered(replace(project, input=planned.relation), above)
    return Planned(relation=relation, ordered=planned.ordered)


def _plan_aggregate(
    aggregate: Aggregate, predicates: Sequence[Expr], order: Sequence[SortKey]
) -> Planned:
    """Plan what is below; a predicate over keys alone chooses rows as well as groups."""
    source, keys = aggregate.source, aggregate.keys

    def is_over_keys(predicate: Expr) -> bool:
        used = [column for one, column in columns_of(predicate) if one == source]
        return (
            max(used, default=len(keys)) < len(keys)
            and can_substitute(predicate, source, keys)
            and not has_subquery(predicate)
        )

    below, above = _split(predicates, is_over_keys)
    planned = _plan(aggregate.input, [substitute(one, {source: keys}) for one in below], ())
    relation = filtered(replace(aggregate, input=planned.relation), above)
    in_order = len(order) <= len(keys) and _is_ascending(order, source)
    return Planned(relation=relation, ordered=not keys or in_order)


def _plan_sort(sort: Sort, predicates: Sequence[Expr], order: Sequence[SortKey]) -> Planned:
    """Plan what is below; if it comes in order already, that is all."""
    planned = _plan(sort.input, predicates, sort.keys)
    if planned.ordered:
        return Planned(relation=planned.relation, ordered=not order)
    return Planned(relation=replace(sort, input=planned.relation), ordered=not order)


def _plan_union(union: Union, predicates: Sequence[Expr], order: Sequence[SortKey]) -> Planned:
    """Plan the parts; a predicate chooses the rows of each. One with a subquery is not copied."""
    above, below = _split(predicates, has_subquery)

    def plan_part(part: Relation, source: int) -> Relation:
        columns = [
            ColumnRef(source=source, column=column, type=kind)
            for column, kind in enumerate(union.types)
        ]
        return _plan(part, [substitute(one, {union.source: columns}) for one in below], ()).relation

    parts = tuple(map(plan_part, union.inputs, union.sources))
    relation = filtered(replace(union, inputs=parts), above)
    return Planned(relation=relation, ordered=not order)


def _is_ascending(order: Sequence[SortKey], source: int) -> bool:
    """Whether ``order`` is that of the columns of ``source``, ascending, NULL last."""
    return all(
        isinstance(key.value, ColumnRef)
        and (key.value.source, key.value.column) == (source, at)
        and not (key.descending or key.nulls_first)
        for at, key in enumerate(order)
    )


def _split(
    predicates: Sequence[Expr], chosen: Callable[[Expr], bool]
) -> tuple[list[Expr], list[Expr]]:
    """Return the predicates that are ``chosen``, and the others."""
    first = [one for one in predicates if chosen(one)]
    return first, [one for one in predicates if not chosen(one)]
