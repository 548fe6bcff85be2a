"""Walks over expressions and relations: what they are made of, what they use, copies of them.

Conventions: *children* of an expression are the operands it has itself, in the order in which they
are evaluated; what stands in its subquery is not among them. *Free* sources of an expression or
relation are those that it uses and does not bind itself. Functions that go all the way down go
through subqueries, too.

Collections are made iteratively. `rebuild` recurses: the binder bounds how deep a statement nests.

Not here: what the nodes mean (`sqlstore.plan.expressions`, `sqlstore.plan.relations`).
Spec: docs/spec/sql.md, Q-40 and on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

from sqlstore.plan.expressions import (
    And,
    Arithmetic,
    Call,
    Case,
    Cast,
    Coalesce,
    ColumnRef,
    Compare,
    Concat,
    Const,
    Exists,
    Extremum,
    InList,
    InSubquery,
    IsDistinct,
    IsNull,
    IsTruth,
    Like,
    Negate,
    Not,
    NumericDivide,
    Or,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    Limit,
    OneRow,
    Path,
    Project,
    Scan,
    Sort,
    Union,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Bound, Relation

Subquery: TypeAlias = Exists | ScalarSubquery | InSubquery
"""The expressions that have a relation."""

ColumnKey: TypeAlias = tuple[int, int]
"""A source and a column of it."""


def children(expr: Expr) -> tuple[Expr, ...]:  # noqa: PLR0911
    """Return the operands of ``expr``, in the order of their evaluation.

    Spec: Q-45.
    """
    match expr:
        case Const() | Param() | ColumnRef() | Exists() | ScalarSubquery():
            return ()
        case Negate() | Not() | IsNull() | IsTruth() | Cast() | InSubquery():
            return (expr.operand,)
        case Arithmetic() | NumericDivide() | Compare() | IsDistinct() | Concat():
            return (expr.left, expr.right)
        case And() | Or() | Coalesce() | Extremum():
            return expr.operands
        case Case():
            parts = (part for branch in expr.branches for part in branch)
            return (*parts, expr.default)
        case Like():
            return (expr.operand, expr.pattern)
        case InList():
            return (expr.operand, *expr.items)
        case Call():
            return expr.arguments
        case _:
            assert_never(expr)


def with_children(expr: Expr, new: tuple[Expr, ...]) -> Expr:  # noqa: PLR0911
    """Return ``expr`` with other operands: as many as `children` gives, in that order."""
    match expr:
        case Const() | Param() | ColumnRef() | Exists() | ScalarSubquery():
            return expr
        case Negate() | Not() | IsNull() | IsTruth() | Cast() | InSubquery():
            return replace(expr, operand=new[0])
        case Arithmetic() | NumericDivide() | Compare() | IsDistinct() | Concat():
            return replace(expr, left=new[0], right=new[1])
        case And() | Or() | Coalesce() | Extremum():
            return replace(expr, operands=new)
        case Case():
            branches = tuple(zip(new[:-1:2], new[1::2], strict=True))
            return replace(expr, branches=branches, default=new[-1])
        case Like():
            return replace(expr, operand=new[0], pattern=new[1])
        case InList():
            return replace(expr, operand=new[0], items=new[1:])
        case Call():
            return replace(expr, arguments=new)
        case _:
            assert_never(expr)


def inputs(relation: Relation) -> tuple[Relation, ...]:
    """Return the relations that ``relation`` takes its rows from, in the order of the text."""
    match relation:
        case Scan() | Values() | OneRow():
            return ()
        case Filter() | Project() | Aggregate() | Sort() | Distinct() | Limit():
            return (relation.input,)
        case Join():
            return (relation.left, relation.right)
        case Union():
            return relation.inputs
        case _:
            assert_never(relation)


def with_inputs(relation: Relation, new: tuple[Relation, ...]) -> Relation:
    """Return ``relation`` with other inputs: as many as `inputs` gives, in that order."""
    match relation:
        case Scan() | Values() | OneRow():
            return relation
        case Filter() | Project() | Aggregate() | Sort() | Distinct() | Limit():
            return replace(relation, input=new[0])
        case Join():
            return replace(relation, left=new[0], right=new[1])
        case Union():
            return replace(relation, inputs=new)
        case _:
            assert_never(relation)


def expressions_of(relation: Relation) -> tuple[Expr, ...]:  # noqa: PLR0911
    """Return the expressions that stand in ``relation`` itself, not those of its inputs."""
    match relation:
        case OneRow() | Distinct() | Union():
            return ()
        case Scan():
            return () if relation.path is None else path_expressions(relation.path)
        case Values():
            return tuple(value for row in relation.rows for value in row)
        case Filter():
            return (relation.predicate,)
        case Join():
            return () if relation.on is None else (relation.on,)
        case Project():
            return relation.expressions
        case Aggregate():
            arguments = (call.argument for call in relation.aggregates)
            return (*relation.keys, *(one for one in arguments if one is not None))
        case Sort():
            return tuple(key.value for key in relation.keys)
        case Limit():
            return tuple(one for one in (relation.offset, relation.count) if one is not None)
        case _:
            assert_never(relation)


def path_expressions(path: Path) -> tuple[Expr, ...]:
    """Return the expressions of ``path``, in the order of their evaluation.

    Spec: Q-86.
    """
    bounds = (bound.value for bound in (path.low, path.high) if bound is not None)
    return (*path.equal, *bounds)


def source_of(relation: Relation) -> int | None:
    """Return the source that ``relation`` itself binds, not those of its inputs."""
    match relation:
        case Scan() | Values() | Project() | Aggregate() | Union():
            return relation.source
        case OneRow() | Filter() | Join() | Sort() | Distinct() | Limit():
            return None
        case _:
            assert_never(relation)


def bound_sources(relation: Relation) -> frozenset[int]:
    """Return the sources of the rows of ``relation``: what those above it may use."""
    match relation:
        case Scan() | Values() | Project() | Aggregate() | Union():
            return frozenset((relation.source,))
        case OneRow() | Filter() | Join() | Sort() | Distinct() | Limit():
            return frozenset().union(*(bound_sources(one) for one in inputs(relation)))
        case _:
            assert_never(relation)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield ``expr`` and what it is made of, the whole before its parts, through subqueries."""
    pending: list[Expr] = [expr]
    while pending:
        one = pending.pop()
        yield one
        if isinstance(one, Subquery):
            pending.extend(reversed(inside(one)))
        pending.extend(reversed(children(one)))


def walk_relation(relation: Relation) -> Iterator[Relation]:
    """Yield ``relation`` and its inputs all the way down, subqueries of expressions left out."""
    pending = [relation]
    while pending:
        one = pending.pop()
        yield one
        pending.extend(reversed(inputs(one)))


def subquery_values(subquery: Subquery) -> tuple[Expr, ...]:
    """Return what ``subquery`` computes of its relation's rows: its value, or nothing for EXISTS.

    Spec: Q-62.
    """
    match subquery:
        case Exists():
            return ()
        case ScalarSubquery() | InSubquery():
            return (subquery.value,)
        case _:
            assert_never(subquery)


def inside(subquery: Subquery) -> tuple[Expr, ...]:
    """Return the expressions of a subquery: its relation's, then its value.

    Spec: Q-62.
    """
    relations = walk_relation(subquery.relation)
    found = (expr for relation in relations for expr in expressions_of(relation))
    return (*found, *subquery_values(subquery))


def columns_of(expr: Expr) -> frozenset[ColumnKey]:
    """Return the columns that ``expr`` uses, those of its own subqueries' sources included.

    Spec: Q-82.
    """
    refs = (one for one in walk(expr) if isinstance(one, ColumnRef))
    return frozenset((ref.source, ref.column) for ref in refs)


def sources_of(expr: Expr) -> frozenset[int]:
    """Return the free sources of ``expr``.

    Spec: Q-62, Q-80.
    """
    used = {source for source, _ in columns_of(expr)}
    bound = {
        source_of(relation)
        for subquery in walk(expr)
        if isinstance(subquery, Subquery)
        for relation in walk_relation(subquery.relation)
    }
    return frozenset(used - bound)


def free_sources(relation: Relation) -> frozenset[int]:
    """Return the free sources of ``relation``: what a correlated one takes from the outside.

    Spec: Q-62.
    """
    parts = tuple(walk_relation(relation))
    used = {
        source for part in parts for expr in expressions_of(part) for source in sources_of(expr)
    }
    return frozenset(used - {source_of(part) for part in parts})


def rebuild(
    expr: Expr,
    fn: Callable[[Expr], Expr],
    relation_of: Callable[[Subquery], Relation] | None = None,
) -> Expr:
    """Return ``expr`` with ``fn`` applied to every node, parts before the whole.

    ``relation_of`` gives the new relation of each subquery; without it, theirs are gone through
    with ``fn``, too.
    """
    old = children(expr)
    new = tuple(rebuild(one, fn, relation_of) for one in old)
    whole = expr if _same(old, new) else with_children(expr, new)
    match whole:
        case Exists() | ScalarSubquery() | InSubquery():
            relation = (
                rebuild_relation(whole.relation, fn) if relation_of is None else relation_of(whole)
            )
            whole = _with_relation(whole, relation, fn, relation_of)
        case _:
            pass
    return fn(whole)


def rebuild_relation(relation: Relation, fn: Callable[[Expr], Expr]) -> Relation:
    """Return ``relation`` with `rebuild` done on every expression in it and in its inputs."""
    return map_relations(
        relation, lambda part: map_expressions(part, lambda expr: rebuild(expr, fn))
    )


def map_relations(relation: Relation, fn: Callable[[Relation], Relation]) -> Relation:
    """Return ``relation`` with ``fn`` applied to it and all its inputs below, inputs first."""
    old = inputs(relation)
    new = tuple(map_relations(one, fn) for one in old)
    return fn(relation if _same(old, new) else with_inputs(relation, new))


def map_expressions(relation: Relation, fn: Callable[[Expr], Expr]) -> Relation:  # noqa: PLR0911
    """Return ``relation`` with ``fn`` applied to each of its `expressions_of`, not its inputs'."""
    match relation:
        case OneRow() | Distinct() | Union():
            return relation
        case Scan():
            return replace(relation, path=relation.path and _map_path(relation.path, fn))
        case Values():
            rows = tuple(tuple(fn(value) for value in row) for row in relation.rows)
            return replace(relation, rows=rows)
        case Filter():
            return replace(relation, predicate=fn(relation.predicate))
        case Join():
            return replace(relation, on=_map_optional(relation.on, fn))
        case Project():
            return replace(relation, expressions=tuple(map(fn, relation.expressions)))
        case Aggregate():
            calls = tuple(
                replace(call, argument=_map_optional(call.argument, fn))
                for call in relation.aggregates
            )
            return replace(relation, keys=tuple(map(fn, relation.keys)), aggregates=calls)
        case Sort():
            keys = tuple(replace(key, value=fn(key.value)) for key in relation.keys)
            return replace(relation, keys=keys)
        case Limit():
            offset = _map_optional(relation.offset, fn)
            return replace(relation, offset=offset, count=_map_optional(relation.count, fn))
        case _:
            assert_never(relation)


def _with_relation(
    subquery: Subquery,
    relation: Relation,
    fn: Callable[[Expr], Expr],
    relation_of: Callable[[Subquery], Relation] | None,
) -> Subquery:
    match subquery:
        case Exists():
            return replace(subquery, relation=relation)
        case ScalarSubquery() | InSubquery():
            value = rebuild(subquery.value, fn, relation_of)
            return replace(subquery, relation=relation, value=value)
        case _:
            assert_never(subquery)


def _map_path(path: Path, fn: Callable[[Expr], Expr]) -> Path:
    return replace(
        path,
        equal=tuple(map(fn, path.equal)),
        low=_map_bound(path.low, fn),
        high=_map_bound(path.high, fn),
    )


def _map_bound(bound: Bound | None, fn: Callable[[Expr], Expr]) -> Bound | None:
    return None if bound is None else replace(bound, value=fn(bound.value))


def _map_optional(expr: Expr | None, fn: Callable[[Expr], Expr]) -> Expr | None:
    return None if expr is None else fn(expr)


def _same(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    return all(a is b for a, b in zip(old, new, strict=True))
