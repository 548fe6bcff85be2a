"""Expressions are printed with as few parentheses as PostgreSQL needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqlstore.bind import read_queries, read_schema
from sqlstore.plan.naming import StatementNaming
from sqlstore.plan.relations import AggregateCall, AggregateFunction, SortKey
from sqlstore.plan.show import show, show_call, show_key
from sqlstore.plan.statements import Select
from sqlstore.types import BIGINT
from tests.sqlstore.plan.samples import COUNT, EXPRESSIONS, SUM, TABLE, A, Scan

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr

BODY = Select(relation=Scan(source=1, table=TABLE, columns=()), outputs=())


@pytest.mark.parametrize(("expr", "text"), EXPRESSIONS, ids=[text for _, text in EXPRESSIONS])
def test_an_expression_is_sql(expr: Expr, text: str) -> None:
    assert show(expr, StatementNaming(BODY)) == text


def test_subqueries_are_numbered_as_they_are_printed() -> None:
    naming = StatementNaming(BODY)
    subqueries = [expr for expr, text in EXPRESSIONS if "subquery" in text]
    shown = [show(expr, naming) for expr in (*subqueries, subqueries[0])]
    assert shown[0] == shown[-1] == "EXISTS (subquery 1)"
    assert shown[2] == "a NOT IN (subquery 3)"


def test_aggregates_are_sql() -> None:
    naming = StatementNaming(BODY)
    assert show_call(COUNT, naming) == "count(*)"
    total = AggregateCall(function=AggregateFunction.SUM, argument=SUM, type=BIGINT)
    assert show_call(total, naming) == "sum(a + b)"


@pytest.mark.parametrize(
    ("descending", "nulls_first", "text"),
    [
        (False, False, "a"),
        (True, True, "a DESC"),
        (False, True, "a NULLS FIRST"),
        (True, False, "a DESC NULLS LAST"),
    ],
)
def test_sort_keys_name_what_is_not_the_default(
    descending: bool, nulls_first: bool, text: str
) -> None:
    key = SortKey(value=A, descending=descending, nulls_first=nulls_first)
    assert show_key(key, StatementNaming(BODY)) == text


SCHEMA = read_schema(
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, c SMALLINT, d TEXT, e BOOLEAN, "
    "f NUMERIC(8, 2), g BYTEA)"
)


def bound(text: str) -> tuple[Expr, StatementNaming]:
    (statement,) = read_queries(f"-- name: A :many\nSELECT {text} FROM t;\n", SCHEMA)
    assert isinstance(statement.body, Select)
    return statement.body.outputs[0], StatementNaming(statement.body)


@pytest.mark.parametrize(
    "text",
    [
        "a + b * a - (b - a) % b",
        "-a * -(-b)",
        "-(a + b)",
        "(-a)::smallint::integer + a",
        "a = 1 AND (b = 2 OR e) AND NOT e",
        "NOT (e AND a = b)",
        "(a = b) = e",
        "e IS NOT TRUE OR a = b IS NULL",
        "(e AND a = 1) IS DISTINCT FROM e",
        "d || 'x' LIKE 'a%' AND d NOT LIKE '!_' ESCAPE '!'",
        "a + 1 IN (b, 2) AND a NOT IN (1, 2)",
        "a IN (b, 2) = e",
        "(a = b) IN (e, false)",
        "CASE WHEN e THEN a WHEN a > b THEN b ELSE 0 END + 1",
        "coalesce(a, b) + greatest(a, b, 3)",
        "(f * f)::numeric(9,1)",
        "(f / 3.00)::numeric(9,1)",
        "substr(d || 'x', a, 2) || a::text",
        "d = 'it''s' AND g = '\\x00ff'",
        "f = 1.50 OR f = -0.05",
    ],
)
def test_what_is_printed_is_read_as_the_same(text: str) -> None:
    expr, naming = bound(text)
    assert show(expr, naming) == text
    assert bound(show(expr, naming))[0] == expr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("((a + b)) - (a)", "a + b - a"),
        ("(a = b) AND (e)", "a = b AND e"),
        ("NOT (NOT (e))", "NOT NOT e"),
        ("(a * b) + (b % a)", "a * b + b % a"),
        ("c + a", "c::integer + a"),
        ("a BETWEEN 1 AND 3", "a >= 1 AND a <= 3"),
        ("nullif(a, b)", "CASE WHEN a = b THEN NULL ELSE a END"),
    ],
)
def test_parentheses_that_do_nothing_are_left_out(text: str, shown: str) -> None:
    expr, naming = bound(text)
    assert show(expr, naming) == shown
