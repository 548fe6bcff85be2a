"""Walks visit every part once, and copies are equal."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, get_args

import pytest

from sqlstore.plan import expressions, relations
from sqlstore.plan.expressions import And, ColumnRef, Exists, InSubquery, ScalarSubquery
from sqlstore.plan.relations import Filter, Join, JoinKind, OneRow, Path
from sqlstore.plan.subqueries import depth_of, relations_in, subqueries_in
from sqlstore.plan.walk import (
    bound_sources,
    children,
    columns_of,
    expressions_of,
    free_sources,
    inputs,
    map_expressions,
    map_relations,
    rebuild,
    rebuild_relation,
    source_of,
    sources_of,
    walk,
    walk_relation,
    with_children,
    with_inputs,
)
from tests.sqlstore.plan.samples import (
    EXPRESSIONS,
    INNER,
    IS_ONE,
    PROJECT,
    RELATIONS,
    SCAN,
    TABLE,
    A,
    column,
    compare,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation

ALL = tuple(expr for expr, _ in EXPRESSIONS)
EXPRESSION_CLASSES = get_args(expressions.Expr)
RELATION_CLASSES = get_args(relations.Relation)


def nested(value: object) -> Iterator[object]:
    """Yield all dataclasses in ``value``, found by their fields alone."""
    if isinstance(value, tuple):
        for one in value:
            yield from nested(one)
    elif is_dataclass(value):
        yield value
        for field in fields(value):
            yield from nested(getattr(value, field.name))


def test_the_samples_have_every_kind() -> None:
    assert {type(expr) for expr in ALL} == set(EXPRESSION_CLASSES)
    assert {type(relation) for relation in RELATIONS} == set(RELATION_CLASSES)


@pytest.mark.parametrize("expr", ALL, ids=lambda expr: type(expr).__name__)
def test_a_walk_visits_what_the_fields_hold(expr: Expr) -> None:
    wanted = [id(one) for one in nested(expr) if isinstance(one, EXPRESSION_CLASSES)]
    assert sorted(map(id, walk(expr))) == sorted(wanted)


@pytest.mark.parametrize("expr", ALL, ids=lambda expr: type(expr).__name__)
def test_copies_of_expressions_are_equal(expr: Expr) -> None:
    assert with_children(expr, children(expr)) == expr
    assert rebuild(expr, lambda one: one) == expr


def test_children_come_in_the_order_of_evaluation() -> None:
    shown = {text: children(expr) for expr, text in EXPRESSIONS}
    case = shown["CASE WHEN a = 1 THEN a WHEN b <> 2 THEN b ELSE c END"]
    assert [getattr(one, "column", None) for one in case] == [None, 0, None, 1, 2]
    assert len(shown["a + b NOT IN (1, a + b)"]) == 3


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda one: type(one).__name__)
def test_copies_of_relations_are_equal(relation: Relation) -> None:
    assert with_inputs(relation, inputs(relation)) == relation
    assert rebuild_relation(relation, lambda one: one) == relation
    assert map_relations(relation, lambda one: one) == relation


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda one: type(one).__name__)
def test_every_expression_of_a_relation_is_mapped(relation: Relation) -> None:
    parts = [*walk_relation(relation)]
    direct = [id(one) for part in parts for one in expressions_of(part)]
    wanted = {
        id(one)
        for one in nested(relation)
        if isinstance(one, EXPRESSION_CLASSES) and not _is_operand(one, relation)
    }
    assert set(direct) == wanted

    seen: list[Expr] = []
    map_expressions(relation, lambda one: (seen.append(one), one)[1])
    assert sorted(map(id, seen)) == sorted(map(id, expressions_of(relation)))


def _is_operand(expr: object, relation: Relation) -> bool:
    """Whether ``expr`` stands in another expression of ``relation``."""
    return any(
        expr is part
        for one in nested(relation)
        if isinstance(one, EXPRESSION_CLASSES)
        for part in children(one)
    ) and not any(expr is one for part in walk_relation(relation) for one in expressions_of(part))


def test_rebuild_goes_through_subqueries() -> None:
    def moved(expr: Expr) -> Expr:
        is_column = isinstance(expr, ColumnRef) and expr.source == 1
        return replace(expr, source=5) if is_column else expr

    subquery = InSubquery(operand=A, relation=SCAN, value=INNER, correlated=True, negated=False)
    assert sources_of(subquery) == {1}
    assert sources_of(rebuild(subquery, moved)) == {5}


def test_rebuild_takes_relations_from_its_argument() -> None:
    subquery = Exists(relation=SCAN, correlated=True)
    found = rebuild(And((IS_ONE, subquery)), lambda one: one, lambda _: OneRow())
    assert found == And((IS_ONE, Exists(relation=OneRow(), correlated=True)))


def test_sources_of_a_subquery_are_what_it_takes_from_outside() -> None:
    scalar = ScalarSubquery(relation=SCAN, value=INNER, correlated=True, type=A.type)
    assert sources_of(scalar) == {1}
    assert columns_of(scalar) == {(1, 1), (7, 2)}
    assert free_sources(SCAN) == {1}
    # What a join binds on its left is not free on its right.
    left = replace(SCAN, source=1, path=Path(index=None))
    assert free_sources(Join(kind=JoinKind.INNER, left=left, right=SCAN, on=None)) == frozenset()


def test_a_value_may_be_free_where_its_relation_is_not() -> None:
    scan = replace(SCAN, path=None)
    scalar = ScalarSubquery(relation=scan, value=A, correlated=True, type=A.type)
    assert sources_of(scalar) == {1}


def test_bound_sources_end_at_what_binds() -> None:
    assert bound_sources(Filter(input=PROJECT, predicate=IS_ONE)) == {8}
    assert bound_sources(OneRow()) == frozenset()
    join = Join(kind=JoinKind.LEFT, left=SCAN, right=PROJECT, on=None)
    assert bound_sources(join) == {7, 8}
    assert source_of(join) is None
    assert source_of(PROJECT) == 8


def test_outermost_subqueries_are_found_in_operands() -> None:
    inner = Exists(relation=SCAN, correlated=True)
    outer = Exists(relation=Filter(input=SCAN, predicate=inner), correlated=True)
    assert subqueries_in(And((IS_ONE, outer))) == (outer,)
    assert relations_in(outer) == (outer.relation,)


def test_depth_counts_subqueries() -> None:
    assert depth_of(SCAN) == 1
    inner = Exists(relation=Filter(input=SCAN, predicate=IS_ONE), correlated=True)
    assert depth_of(Filter(input=SCAN, predicate=compare(A, "=", column("b")))) == 2
    assert depth_of(Filter(input=SCAN, predicate=inner)) == 3


def test_a_subquery_in_the_value_of_another_counts() -> None:
    below = Filter(input=SCAN, predicate=IS_ONE)
    deep = ScalarSubquery(relation=below, value=A, correlated=True, type=A.type)
    outer = ScalarSubquery(relation=SCAN, value=deep, correlated=True, type=A.type)
    assert subqueries_in(outer) == (outer,)
    assert relations_in(outer) == (SCAN, below)
    assert depth_of(Filter(input=SCAN, predicate=compare(outer, "=", A))) == 3


def test_columns_are_pairs_of_source_and_place() -> None:
    assert columns_of(IS_ONE) == {(1, 0)}
    assert TABLE.columns[0].name == "a"
