"""Bound forms: what the text becomes, before any planning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlstore.plan.expressions import (
    And,
    Cast,
    Coalesce,
    ColumnRef,
    Compare,
    Comparison,
    Const,
    Exists,
    Expr,
    InList,
    InSubquery,
    NumericDivide,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.relations import (
    Aggregate,
    AggregateFunction,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Project,
    Relation,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.statements import Delete, Insert, Select, Update
from sqlstore.plan.walk import walk, walk_relation
from sqlstore.schema import Key
from sqlstore.types import BIGINT, BOOLEAN, INTEGER, SMALLINT, TEXT, numeric
from tests.sqlstore.bind.tables import bound, game

SCHEMA = game()
PLAYERS, UNITS, NOTES = SCHEMA.tables


def select(sql: str) -> Select:
    body = bound(sql, SCHEMA).body
    assert isinstance(body, Select)
    return body


def output(sql: str) -> Expr:
    return select(sql).outputs[0]


def insert(sql: str) -> Insert:
    body = bound(sql, SCHEMA).body
    assert isinstance(body, Insert)
    return body


def update(sql: str) -> Update:
    body = bound(sql, SCHEMA).body
    assert isinstance(body, Update)
    return body


def kinds(relation: Relation) -> list[str]:
    return [type(one).__name__ for one in walk_relation(relation)]


# --- SELECT


def test_a_select_keeps_its_list_over_its_sources() -> None:
    body = select("select hp from units where id = $1")
    assert body.outputs == (ColumnRef(source=0, column=4, type=INTEGER, nullable=False),)
    assert isinstance(body.relation, Filter)
    assert body.relation.input == Scan(source=0, table=UNITS, columns=tuple(range(7)))
    assert body.relation.predicate == Compare(
        operator=Comparison.EQ,
        left=ColumnRef(source=0, column=0, type=INTEGER, nullable=False),
        right=Param(index=0, type=INTEGER),
    )


def test_without_from_there_is_one_row() -> None:
    assert select("select 1 where true").relation == OneRow()


def test_order_sorts_a_projection_with_hidden_columns() -> None:
    body = select("select hp from units order by y desc, hp limit 3")
    assert isinstance(body.relation, Limit)
    assert body.relation.count == Const(3, BIGINT)
    sort = body.relation.input
    assert isinstance(sort, Sort)
    project = sort.input
    assert isinstance(project, Project)
    assert [type(one) for one in project.expressions] == [ColumnRef, ColumnRef]
    assert sort.source == project.source
    first, second = sort.keys
    assert first.value == ColumnRef(source=project.source, column=1, type=SMALLINT)
    assert (first.descending, first.nulls_first) == (True, True)
    assert second.value == replace(
        ColumnRef(source=project.source, column=0, type=INTEGER), nullable=False
    )
    assert body.outputs == (second.value,)


def test_distinct_stands_below_the_sort() -> None:
    body = select("select distinct owner, x from units order by x")
    assert kinds(body.relation) == ["Sort", "Distinct", "Project", "Scan"]
    assert isinstance(body.relation, Sort)
    assert isinstance(body.relation.input, Distinct)
    assert body.relation.input.source == body.relation.source


def test_groups_have_keys_then_aggregates() -> None:
    body = select("select sum(hp), owner, count(*), sum(hp) + 1 from units group by owner")
    aggregate = body.relation
    assert isinstance(aggregate, Aggregate)
    assert aggregate.keys == (ColumnRef(source=0, column=1, type=BIGINT, nullable=False),)
    functions = [one.function for one in aggregate.aggregates]
    assert functions == [AggregateFunction.SUM, AggregateFunction.COUNT_ROWS]
    places = [one.column for one in body.outputs[:3] if isinstance(one, ColumnRef)]
    assert places == [1, 0, 2]
    assert all(
        one.source == aggregate.source
        for expr in body.outputs
        for one in walk(expr)
        if isinstance(one, ColumnRef)
    )


def test_columns_that_depend_on_the_grouped_primary_key_become_keys() -> None:
    body = select("select p.name, max(u.hp), p.gold from players p, units u group by p.id")
    aggregate = body.relation
    assert isinstance(aggregate, Aggregate)
    assert [one.column for one in aggregate.keys if isinstance(one, ColumnRef)] == [0, 1, 2]
    assert [one.column for one in body.outputs if isinstance(one, ColumnRef)] == [1, 3, 2]


def test_having_filters_groups() -> None:
    body = select("select 1 from units having count(*) > 1")
    assert kinds(body.relation) == ["Filter", "Aggregate", "Scan"]


def test_a_sum_under_a_cast_has_the_casts_type() -> None:
    body = select(
        "select sum(gold)::numeric(15,2), (avg((hp)))::int, sum(x)::int from players, units"
    )
    (aggregate,) = (one for one in walk_relation(body.relation) if isinstance(one, Aggregate))
    assert [one.type for one in aggregate.aggregates] == [numeric(15, 2), INTEGER, BIGINT]
    assert isinstance(body.outputs[0], ColumnRef)
    assert body.outputs[2] == Cast(
        operand=ColumnRef(source=aggregate.source, column=2, type=BIGINT), type=INTEGER
    )


def test_joins_are_in_the_order_of_the_text() -> None:
    body = select("select 1 from units u, players p left join notes n on n.id = p.id")
    whole = body.relation
    assert isinstance(whole, Join)
    assert (whole.kind, whole.on) == (JoinKind.INNER, None)
    assert isinstance(whole.left, Scan)
    right = whole.right
    assert isinstance(right, Join)
    assert right.kind is JoinKind.LEFT
    assert right.on == Compare(
        operator=Comparison.EQ,
        left=ColumnRef(source=2, column=0, type=INTEGER, nullable=False),
        right=ColumnRef(source=1, column=0, type=BIGINT, nullable=False),
    )


def test_using_merges_to_the_left_column_of_the_common_type() -> None:
    body = select("select * from notes n join players p using (id)")
    merged = body.outputs[0]
    left = ColumnRef(source=0, column=0, type=INTEGER, nullable=False)
    assert merged == Cast(operand=left, type=BIGINT)
    assert len(body.outputs) == 5


def test_a_left_joins_right_side_may_be_null() -> None:
    statement = bound("select n.id, p.id from players p left join notes n on n.id = p.id", SCHEMA)
    assert [one.nullable for one in statement.columns] == [True, False]


def test_union_brings_both_sides_to_one_type() -> None:
    body = select("select x from units union all select id from players")
    union = body.relation
    assert isinstance(union, Union)
    assert union.types == (BIGINT,)
    first, second = union.inputs
    assert isinstance(first, Project)
    assert isinstance(first.expressions[0], Cast)
    assert isinstance(second, Project)
    assert union.sources == (first.source, second.source)
    assert kinds(select("select 1 union select 2").relation)[:2] == ["Distinct", "Union"]


def test_values_have_one_type_for_each_column() -> None:
    body = select("values (1, null), (2.5, 'a')")
    assert isinstance(body.relation, Values)
    assert body.relation.types == (numeric(2, 1), TEXT)
    assert body.relation.rows[0] == (Const(10, numeric(2, 1)), Const(None, TEXT))


# --- subqueries and WITH


@pytest.mark.parametrize(
    ("sql", "correlated"),
    [
        ("select exists (select 1 from players where id = owner) from units", True),
        ("select exists (select 1 from players where id = 5) from units", False),
        ("select (select max(gold) from players) from units", False),
        ("select (select owner) from units", True),
        ("select x in (select x from units u where u.y = units.y) from units", True),
        ("select x in (select y from units) from units", False),
        ("select (select count(*) from (select owner as o) t) from units", True),
        ("select exists (select owner from players) from units", False),
        ("with a as (select id from players) select (select count(*) from a) from units", False),
    ],
)
def test_correlation_is_what_a_subquery_uses(sql: str, correlated: bool) -> None:
    subquery = output(sql)
    assert isinstance(subquery, Exists | ScalarSubquery | InSubquery)
    assert subquery.correlated is correlated


def test_exists_has_neither_list_nor_order() -> None:
    subquery = output("select exists (select 1/0 from units where hp > 1 order by hp)")
    assert isinstance(subquery, Exists)
    assert kinds(subquery.relation) == ["Filter", "Scan"]


def test_exists_keeps_aggregates_and_limits() -> None:
    one = output("select exists (select count(*) from units)")
    two = output("select exists (select 1 from units order by id limit $1)")
    assert isinstance(one, Exists)
    assert isinstance(two, Exists)
    assert kinds(one.relation) == ["Aggregate", "Scan"]
    assert kinds(two.relation)[0] == "Limit"


@pytest.mark.parametrize(
    ("clause", "kept"),
    [
        ("limit 5", False),
        ("limit null", False),
        ("limit 0.5", False),
        ("limit 1 + 1", False),
        ("limit 0", True),
        ("limit 0.4", True),
        ("limit 0e5", True),
        ("limit $1", True),
        ("limit 5 offset 1", True),
    ],
)
def test_exists_keeps_a_limit_that_may_stop_the_first_row(clause: str, kept: bool) -> None:
    subquery = output(f"select exists (select 1 from units {clause})")
    assert isinstance(subquery, Exists)
    assert kinds(subquery.relation) == (["Limit", "Scan"] if kept else ["Scan"])


def test_each_use_of_a_with_query_has_sources_of_its_own() -> None:
    statement = bound("with a as (select id from units) select 1 from a x, a y", SCHEMA)
    sources = [
        one.source for one in walk_relation(statement.body.relation) if isinstance(one, Scan)
    ]
    assert len(sources) == len({*sources}) == 2
    assert statement.sources > max(sources)


def test_an_unused_with_query_is_dropped() -> None:
    body = select("with a as (select 1/0 from units) select id from players")
    assert body.relation == Scan(source=1, table=PLAYERS, columns=(0, 1, 2, 3))


def test_between_repeats_its_operand_with_sources_of_its_own() -> None:
    predicate = output("select (select max(hp) from units) between 1 and 2")
    assert isinstance(predicate, And)
    scans = [
        part.source
        for expr in walk(predicate)
        if isinstance(expr, ScalarSubquery)
        for part in walk_relation(expr.relation)
        if isinstance(part, Scan)
    ]
    assert len({*scans}) == 2


# --- expressions


def test_integers_of_two_widths_compare_without_casts() -> None:
    expr = output("select x = id from units")
    assert isinstance(expr, Compare)
    assert [one.type for one in (expr.left, expr.right)] == [SMALLINT, INTEGER]


def test_numerics_compare_at_one_scale() -> None:
    expr = output("select gold > 1.005 from players")
    assert isinstance(expr, Compare)
    assert expr.right == Const(1005, numeric(4, 3))
    assert expr.left.type == numeric(13, 3)


def test_in_a_list_of_one_is_a_comparison() -> None:
    assert isinstance(output("select x in (1) from units"), Compare)
    several = output("select x in (1, 2) from units")
    assert isinstance(several, InList)
    assert not several.negated


def test_a_numeric_quotient_is_one_with_its_cast() -> None:
    expr = output("select cast((gold / 3) as numeric(12,4)) from players")
    gold = ColumnRef(source=0, column=2, type=numeric(12, 2), nullable=False)
    assert expr == NumericDivide(left=gold, right=Const(3, numeric(1, 0)), type=numeric(12, 4))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("1 + 2 * 3", Const(7, INTEGER)),
        ("2147483647 + 1::bigint", Const(2147483648, BIGINT)),
        ("-2147483648", Const(-2147483648, INTEGER)),
        ("'a' || 'b'", Const("ab", TEXT)),
        ("1 = 1 and 2 > 1", Const(True, BOOLEAN)),
        ("case when false then 1/0 when true then 5 else 1/0 end", Const(5, INTEGER)),
        ("coalesce(null, 5, 1/0)", Const(5, INTEGER)),
        ("false and 1/0 = 1", Const(False, BOOLEAN)),
        ("true or 1/0 = 1", Const(True, BOOLEAN)),
        ("null::int + 1", Const(None, INTEGER)),
        ("1.5 + 1", Const(25, numeric(3, 1))),
        ("'2.5'::numeric(3,2)", Const(250, numeric(3, 2))),
        ("nullif(5, 5)", Const(None, INTEGER)),
        ("greatest(1, null, 3)", Const(3, INTEGER)),
        ("length('äb')", Const(2, INTEGER)),
        ("'x' is null", Const(False, BOOLEAN)),
    ],
)
def test_constants_are_evaluated(sql: str, expected: Const) -> None:
    assert output(f"select {sql}") == expected


def test_what_is_null_for_a_null_is_folded() -> None:
    assert output("select x / 0 + null from units") == Const(None, INTEGER)


def test_coalesce_ends_at_the_first_constant() -> None:
    expr = output("select coalesce(y, null, 5, 1/0) from units")
    assert isinstance(expr, Coalesce)
    assert expr.operands[1:] == (Const(5, INTEGER),)


# --- writes


def test_one_row_of_values_is_expressions_over_one_row() -> None:
    body = insert("insert into players (name, id) values ($1, 5)")
    assert (body.relation, body.single) == (OneRow(), True)
    assert body.values[0] == Const(5, BIGINT)
    assert body.values[1] == Cast(
        operand=Param(index=0, type=TEXT), type=PLAYERS.columns[1].type, assignment=True
    )
    assert body.values[2:] == (Const(0, numeric(12, 2)), Const(None, TEXT))


def test_several_rows_are_values_of_the_columns_types() -> None:
    body = insert("insert into units (owner, x, hp) values (1, 2, 3), (4, $1, 5)")
    assert isinstance(body.relation, Values)
    assert body.relation.types == (BIGINT, SMALLINT, INTEGER)
    assert (body.single, body.values[0]) == (False, None)
    assert body.values[1] == ColumnRef(
        source=body.relation.source, column=0, type=BIGINT, nullable=False
    )


def test_an_identity_takes_its_next_number() -> None:
    assert insert("insert into notes default values").values == (None, Const("none", TEXT))
    assert insert("insert into notes values (default, 'a')").values[0] is None
    several = insert("insert into notes values (default, 'a'), (default, 'b')")
    assert several.values[0] is None
    assert isinstance(several.relation, Values)
    assert several.relation.types == (TEXT,)


def test_conflicts_name_their_key() -> None:
    body = insert(
        "insert into units (owner, x, y, hp) values (1, 2, 3, 4)"
        " on conflict (y, x) do update set hp = excluded.hp where units.alive"
    )
    conflict = body.conflict
    assert conflict is not None
    assert conflict.arbiter == Key(UNITS.indexes[0])
    assert conflict.assignments is not None
    assert conflict.assignments[0].value == ColumnRef(
        source=conflict.proposed, column=4, type=INTEGER, nullable=False
    )
    assert conflict.where == ColumnRef(
        source=conflict.existing, column=5, type=BOOLEAN, nullable=False
    )


def test_conflicts_without_a_key_are_about_any() -> None:
    body = insert("insert into players (id, name) values (1, 'a') on conflict do nothing")
    assert body.conflict is not None
    assert (body.conflict.arbiter, body.conflict.assignments) == (None, None)


def test_returning_sees_the_row_as_written() -> None:
    body = insert("insert into players (id, name) values (1, 'a') returning gold")
    assert body.returning == (
        ColumnRef(source=body.row, column=2, type=numeric(12, 2), nullable=False),
    )


@pytest.mark.parametrize(
    ("where", "single"),
    [
        ("id = $1", True),
        ("$1 = id and hp > 3", True),
        ("x = 1 and y = $1", True),
        ("x = 1", False),
        ("id > 1", False),
        ("id = 1 or id = 2", False),
        ("id = hp", False),
        ("id in (1)", True),
        ("id in (1, 2)", False),
        ("id = (select max(id) from units)", True),
        ("id = 1.5", False),
        ("true", False),
    ],
)
def test_a_statement_is_single_if_it_pins_a_unique_key(where: str, single: bool) -> None:
    assert update(f"update units set hp = 1 where {where}").single is single
    body = bound(f"delete from units where {where}", SCHEMA).body
    assert isinstance(body, Delete)
    assert body.single is single


def test_assignments_see_the_old_row() -> None:
    body = update("update units u set hp = hp - 1 where id = 5 returning hp")
    (assignment,) = body.assignments
    used = {one.source for one in walk(assignment.value) if isinstance(one, ColumnRef)}
    assert (assignment.column, used) == (4, {body.old})
    assert body.returning == (ColumnRef(source=body.row, column=4, type=INTEGER, nullable=False),)
