"""Expressions have the values, and the errors, that PostgreSQL gives them."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlstore.errors import DivisionByZero
from sqlstore.execute import evaluate_constant
from sqlstore.execute.environment import Environment
from sqlstore.execute.evaluate import evaluate
from sqlstore.plan.expressions import (
    And,
    Arithmetic,
    Case,
    Coalesce,
    ColumnRef,
    Compare,
    Comparison,
    Const,
    Expr,
    InList,
    Operator,
    Or,
    Param,
)
from sqlstore.plan.walk import walk
from sqlstore.types import BOOLEAN, INTEGER, Value
from tests.sqlstore.execute.expressions import COLUMNS, SOURCE, expressions, row_source, sql
from tests.sqlstore.execute.oracle import NULL, Oracle, our_answer
from tests.sqlstore.values import values_of

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
ROWS = st.tuples(*(st.none() | values_of(kind) for kind in COLUMNS))

TRUE, FALSE, UNKNOWN = (Const(value, BOOLEAN) for value in (True, False, None))
ONE, ZERO, NOTHING = (Const(value, INTEGER) for value in (1, 0, None))
FAILS = Arithmetic(operator=Operator.DIVIDE, left=ONE, right=ZERO, type=INTEGER)
FAILING = Compare(operator=Comparison.EQ, left=FAILS, right=ONE)


def test_random_expressions_have_the_values_of_postgresql(oracle: Oracle) -> None:
    seen: Counter[str] = Counter()
    nodes: Counter[str] = Counter()

    @settings(
        max_examples=3_000 if NIGHTLY else 150,
        derandomize=not NIGHTLY,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(ROWS, st.lists(expressions(), min_size=20, max_size=20))
    def compare(row: tuple[Value, ...], drawn: list[Expr]) -> None:
        environment = Environment(rows={SOURCE: row})
        ours = [our_answer(partial(evaluate, one, environment), one.type) for one in drawn]
        theirs = oracle.answers([sql(one) for one in drawn], row_source(row))
        for one, our, their in zip(drawn, ours, theirs, strict=True):
            assert our == their, sql(one)
            seen[our if our[0] != "=" else "value"] += 1
            nodes.update({type(part).__name__ for part in walk(one)})

    compare()
    assert {"value", NULL, "22003", "22012", "22P02"} <= set(seen)
    assert {"InList", "Like", "IsDistinct", "IsTruth", "NumericDivide", "Extremum"} <= set(nodes)


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (And((FALSE, FAILING)), False),
        (And((UNKNOWN, FALSE, FAILING)), False),
        (Or((TRUE, FAILING)), True),
        (Or((UNKNOWN, TRUE, FAILING)), True),
        (Case(branches=((TRUE, ONE), (FAILING, ONE)), default=FAILS, type=INTEGER), 1),
        (Case(branches=((UNKNOWN, FAILS),), default=ZERO, type=INTEGER), 0),
        (Coalesce(operands=(NOTHING, ONE, FAILS), type=INTEGER), 1),
        (InList(operand=ONE, items=(NOTHING, ONE, FAILS), negated=False), True),
        (InList(operand=ONE, items=(NOTHING, ZERO), negated=True), None),
        (InList(operand=NOTHING, items=(ONE,), negated=False), None),
    ],
)
def test_what_is_known_is_not_computed_further(expr: Expr, value: Value) -> None:
    assert evaluate_constant(expr) is value


@pytest.mark.parametrize(
    "expr",
    [
        And((UNKNOWN, FAILING)),
        Or((UNKNOWN, FAILING)),
        Arithmetic(operator=Operator.ADD, left=NOTHING, right=FAILS, type=INTEGER),
        InList(operand=NOTHING, items=(FAILS,), negated=False),
        Coalesce(operands=(NOTHING, FAILS, ONE), type=INTEGER),
    ],
)
def test_null_does_not_keep_the_rest_from_being_computed(expr: Expr) -> None:
    with pytest.raises(DivisionByZero):
        evaluate_constant(expr)


def test_parameters_and_columns_come_from_the_environment() -> None:
    environment = Environment(parameters=(7, 8), rows={4: (1, 2), 5: None})
    assert evaluate(Param(index=1, type=INTEGER), environment) == 8
    assert evaluate(ColumnRef(source=4, column=1, type=INTEGER), environment) == 2
    assert evaluate(ColumnRef(source=5, column=1, type=INTEGER), environment) is None
