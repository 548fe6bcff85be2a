"""A planned statement gives the rows of the statement as it was written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, reject, settings

from sqlstore.errors import ProgramLimitExceeded
from sqlstore.execute import execute
from sqlstore.plan.relations import Limit, Sort
from sqlstore.planner import explain, explain_data, plan
from tests.sqlstore.planner.build import SCHEMA, plan_naively
from tests.sqlstore.planner.random_plans import ARGUMENTS, contents, selects

if TYPE_CHECKING:
    from merkle.ordered_map import OrderedMap
    from sqlstore.types import Value
    from tests.sqlstore.planner.random_plans import Query


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(selects(), contents(), ARGUMENTS)
def test_a_plan_gives_the_same_rows_within_its_bound(
    query: Query, rows: OrderedMap, arguments: tuple[Value, ...]
) -> None:
    statement = query.statement
    wanted = execute(plan_naively(statement), SCHEMA, rows, arguments)
    try:
        planned = plan(statement, SCHEMA)
    except ProgramLimitExceeded:
        reject()
    found = execute(planned, SCHEMA, rows, arguments)
    if isinstance(statement.body.relation, Sort | Limit):
        assert found.outputs == wanted.outputs
    else:
        assert Counter(found.outputs) == Counter(wanted.outputs)
    assert len(found.operations) <= planned.operations_max
    assert explain(planned, SCHEMA).startswith("Test :many, at most ")
    assert explain_data(planned, SCHEMA)["plan"]
