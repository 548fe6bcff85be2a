"""Random expressions: compiled, they give what the executor's evaluation gives, errors included."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from merkle.ordered_map import OrderedMap
from sqlstore.compile.layout import signature
from sqlstore.plan.expressions import Const, Expr, Param
from sqlstore.plan.relations import Values
from sqlstore.plan.statements import Command, Parameter, Select, Statement
from sqlstore.plan.walk import columns_of
from sqlstore.schema import Schema
from tests.sqlstore.compile.machine import agrees_compiled, compiled
from tests.sqlstore.compile.project import Project
from tests.sqlstore.execute.expressions import COLUMNS, SOURCE, expressions
from tests.sqlstore.values import values_of

EMPTY = Schema(tables=(), text="")
PARAMETERS_MAX = 30
ROWS_PER_EXPRESSION = 4


def selected(expr: Expr) -> tuple[tuple[int, ...], Statement]:
    """Return a statement whose columns of `SOURCE` are parameters, and which columns these are."""
    used = tuple(sorted(at for _, at in columns_of(expr)))
    row = tuple(
        Param(index=used.index(at), type=kind, nullable=True) if at in used else Const(None, kind)
        for at, kind in enumerate(COLUMNS)
    )
    statement = Statement(
        name="Test",
        command=Command.ONE,
        parameters=tuple(Parameter(name=f"c{at}", type=COLUMNS[at], nullable=True) for at in used),
        columns=(),
        body=Select(relation=Values(source=SOURCE, rows=(row,), types=COLUMNS), outputs=(expr,)),
        text="",
        sources=SOURCE + 1,
        scan_max=None,
    )
    return used, statement


@settings(max_examples=150, deadline=None)
@given(expressions(), st.data())
def test_an_expression_has_the_value_that_the_executor_gives(
    expr: Expr, data: st.DataObject
) -> None:
    used, statement = selected(expr)
    assume(len(signature(statement.parameters)) <= PARAMETERS_MAX)
    program = compiled(statement, EMPTY)
    for _ in range(ROWS_PER_EXPRESSION):
        row = [data.draw(st.none() | values_of(COLUMNS[at])) for at in used]
        agrees_compiled(program, OrderedMap(), row)


WRITTEN = """
CREATE TABLE t (id INTEGER PRIMARY KEY, o INTEGER, p INTEGER);
CREATE TABLE u (k NUMERIC(5, 2) PRIMARY KEY, v INTEGER, w INTEGER);
"""
WRITTEN_QUERIES = """
-- name: PutT :exec
INSERT INTO t VALUES ($1, 0, $2);
-- name: PutU :exec
INSERT INTO u VALUES ($1, $2, $3);
-- name: Sums :one
SELECT ($1::numeric(5, 0) + 5) * $2::numeric(3, 0) AS product, -($1::numeric(5, 0) + 5) AS minus,
  abs($1::numeric(5, 0) + 5) AS size, ($1::numeric(5, 0) + 5)::numeric(10, 2) AS scaled,
  $2::numeric(3, 0) - ($1::numeric(5, 0) + 5) AS difference;
-- name: Parts :one
SELECT substr('abcdef' || $1, -2147483648) AS whole, substr('abcdef' || $1, 3) AS rest,
  substr('abcdef' || $1, -2147483648, 2147483647) AS none, substr('abcdef' || $1, 2, 2) AS two;
-- name: OfAKey :one
SELECT (k + 1.50) * 2.00 AS product, -(k + 1.50) AS minus, 1 - (k + 1.50) AS difference
FROM u WHERE k = $1;
-- name: OfKeys :many
-- scan: 5
SELECT (k + 1.50) * 2.00 AS product FROM u WHERE k >= $1;
-- name: Unknown :many
-- scan: 5
SELECT s.k, t.id FROM (SELECT k, v FROM u ORDER BY w LIMIT 5) s CROSS JOIN t
WHERE ((s.v + t.p) IS NULL) = true ORDER BY 1, 2;
-- name: Known :many
-- scan: 5
SELECT s.k, t.id FROM (SELECT k, v FROM u ORDER BY w LIMIT 5) s CROSS JOIN t
WHERE ((s.v + t.p) IS NULL) = ((t.p + s.v) IS NOT NULL) ORDER BY 1, 2;
"""


def test_a_sum_that_is_written_into_another_expression_keeps_its_brackets() -> None:
    project = Project(WRITTEN, WRITTEN_QUERIES)
    assert project.rows_of("Sums", 10, 3) == [(45, -15, 15, 1500, -12)]
    assert project.rows_of("Sums", -10, 3) == [(-15, 5, 5, -500, 8)]
    assert project.count("PutU", 250, None, 1) == 0
    assert project.rows_of("OfAKey", 250) == [(80_000, -400, -300)]
    assert project.rows_of("OfKeys", 0) == [(80_000,)]


PINNED = "CREATE TABLE t (id INTEGER PRIMARY KEY, s SMALLINT NOT NULL, UNIQUE (s));"
PINNED_QUERIES = """
-- name: Put :exec
INSERT INTO t VALUES ($1, $2);
""" + "".join(
    f"-- name: {name} :one\nSELECT {text} AS x FROM t WHERE {column} = {value};\n"
    for name, column, value, text in (
        ("Twice", "id", "-2147483648", "id + id"),
        ("Square", "id", "-2147483648", "id * id"),
        ("Minus", "id", "-2147483648", "-id"),
        ("Size", "id", "-2147483648", "abs(id)"),
        ("None", "id", "-2147483648", "id - id"),
        ("One", "id", "-2147483648", "id / id"),
        ("Rest", "id", "-2147483648", "id % (-1)"),
        ("More", "id", "2147483647", "id + 1"),
        ("Small", "s", "-32768", "s + s"),
    )
)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        *(("Twice", "22003"), ("Square", "22003"), ("Minus", "22003"), ("Size", "22003")),
        *(("None", 0), ("One", 1), ("Rest", 0), ("More", "22003"), ("Small", "22003")),
    ],
)
def test_columns_that_are_pinned_to_constants_are_computed_with(
    name: str, outcome: int | str
) -> None:
    project = Project(PINNED, PINNED_QUERIES)
    assert project.count("Put", -(2**31), -(2**15)) == 0
    assert project.count("Put", 2**31 - 1, 0) == 0
    if isinstance(outcome, str):
        assert project.fails(name) == outcome
    else:
        assert project.rows_of(name) == [(outcome,)]


def test_a_part_begins_at_any_constant() -> None:
    project = Project(WRITTEN, WRITTEN_QUERIES)
    assert project.rows_of("Parts", "g") == [("abcdefg", "cdefg", "", "bc")]


def test_whether_a_value_is_null_is_0_or_1_wherever_it_was_read() -> None:
    project = Project(WRITTEN, WRITTEN_QUERIES)
    for at, (v, p) in enumerate(((1, 1), (None, 1), (1, None), (None, None))):
        assert project.count("PutU", at, v, -at) == 0
        assert project.count("PutT", at, p) == 0
    both = [(at, key) for at in range(4) for key in range(4)]
    absent = [(k, at) for k, at in both if k in (1, 3) or at in (2, 3)]
    assert project.rows_of("Unknown") == absent
    assert project.rows_of("Known") == []
