"""Random SELECTs, planned: the compiled program makes the executor's row operations, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sqlstore.errors import ProgramLimitExceeded
from sqlstore.plan.bodies import map_body
from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.walk import rebuild, rebuild_relation
from sqlstore.planner import plan
from tests.sqlstore.compile.machine import agrees_compiled, compiled
from tests.sqlstore.planner.random_plans import ARGUMENTS, SCHEMA, contents, selects

if TYPE_CHECKING:
    from merkle.ordered_map import OrderedMap
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.statements import Statement
    from sqlstore.types import Value
    from tests.sqlstore.planner.random_plans import Query


OPERATIONS_MAX = 4_000
"""More, with the sorting of as many rows, may take more fuel than a message has."""


def nullable(expr: Expr) -> Expr:
    """Return a column as one that may be NULL: those drawn do not know of the joins above them."""
    return replace(expr, nullable=True) if isinstance(expr, ColumnRef) else expr


def prepared(statement: Statement) -> Statement:
    body = map_body(
        statement.body,
        lambda relation: rebuild_relation(relation, nullable),
        lambda expr: rebuild(expr, nullable),
    )
    return replace(statement, body=body)


@settings(max_examples=100, deadline=None)
@given(selects(), st.lists(contents(), min_size=1, max_size=3), ARGUMENTS)
def test_a_select_does_what_the_executor_does(
    query: Query, stores: list[OrderedMap], arguments: tuple[Value, ...]
) -> None:
    try:
        planned = prepared(plan(query.statement, SCHEMA))
    except ProgramLimitExceeded:
        return
    if planned.operations_max > OPERATIONS_MAX:
        return
    program = compiled(planned, SCHEMA)
    for rows in stores:
        agrees_compiled(program, rows, arguments)
