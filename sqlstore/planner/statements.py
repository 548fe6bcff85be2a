"""Statements: the planner's passes, one after the other.

1. Derived tables are merged (`merge`).
2. Predicates are carried to tables, joins ordered, paths chosen, sorts dropped (`relations`).
3. Columns that nobody uses are left out (`columns`).
4. Scans are bounded (`bounds`), and with that row operations (`costs`, `writes`).

Spec: docs/spec/sql.md, Q-80 to Q-84.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlstore.errors import ProgramLimitExceeded, SqlError
from sqlstore.plan.bodies import body_expressions, map_body
from sqlstore.plan.statements import Delete, Insert, Select, Update
from sqlstore.plan.subqueries import depth_of, relations_in
from sqlstore.planner.bounds import Bounder
from sqlstore.planner.columns import Used
from sqlstore.planner.costs import Costs
from sqlstore.planner.merge import Merger
from sqlstore.planner.relations import plan_expression, plan_relation
from sqlstore.planner.rows import at_most_one, statement_limit
from sqlstore.planner.writes import body_operations, check_child_keys

if TYPE_CHECKING:
    from sqlstore.plan.statements import Body, Statement
    from sqlstore.schema import Schema

OPERATIONS_MAX: Final = 2**31
"""Row operations that one statement may make at most. Spec: Q-84."""

PLAN_DEPTH_MAX: Final = 200
"""Joins, filters and others of which one takes its rows from the next."""


def plan(statement: Statement, schema: Schema) -> Statement:
    """Return ``statement`` with a path for every table and the most row operations it can make.

    Raises `ProgramLimitExceeded` if a scan has no bound, or all together make too many operations;
    `FeatureNotSupported` if a foreign key has no child key. The place is the statement's: what is
    wrong is all of it.

    Spec: Q-66, Q-80 to Q-84.
    """
    try:
        return _planned(statement, schema)
    except SqlError as error:
        error.place = error.place or statement.place
        raise


def _planned(statement: Statement, schema: Schema) -> Statement:
    check_child_keys(statement.body, schema)
    body = _merged(statement.body)
    body = map_body(body, plan_relation, plan_expression)
    _check_depth(body)
    # A projection whose sort is gone can go, too.
    body = _with_columns(_merged(body))
    bounder, limit = Bounder(statement.scan_max), statement_limit(statement)
    body = map_body(body, lambda one: bounder.relation(one, limit), bounder.expression)
    costs = Costs()
    operations_max = body_operations(body, limit, schema=schema, costs=costs)
    # Only now is it known what is run once.
    operations_max += costs.once
    if operations_max > OPERATIONS_MAX:
        raise ProgramLimitExceeded(
            reason=f"{statement.name} may make {operations_max} row operations",
            hint="write a lower `-- scan: N`, or CREATE INDEX on the columns that are compared",
        )
    return replace(statement, body=_with_single(body), operations_max=operations_max)


def _merged(body: Body) -> Body:
    merger = Merger()
    return map_body(body, merger.relation, merger.expr)


def _check_depth(body: Body) -> None:
    """Refuse a plan that is so deep that walks over it, which recurse, might fail.

    Raises `ProgramLimitExceeded`.
    """
    relations = [body.relation]
    for expr in body_expressions(body):
        relations.extend(relations_in(expr))
    depth = max(map(depth_of, relations))
    if depth > PLAN_DEPTH_MAX:
        raise ProgramLimitExceeded(
            reason=f"the plan is {depth} relations deep, the most are {PLAN_DEPTH_MAX}",
            hint="join fewer tables, or compare in fewer predicates",
        )


def _with_columns(body: Body) -> Body:
    """Return ``body`` with the columns that are used; a row that is written needs all of them."""
    used = Used()
    if isinstance(body, Update | Delete):
        used.note_all(body.old, body.table)
    for expr in body_expressions(body):
        used.note(expr)
    used.note_relation(body.relation)
    return map_body(body, used.finish, used.finish_expression)


def _with_single(body: Body) -> Body:
    """Return ``body``, known to find at most one row if its plan says so.

    Spec: Q-90.
    """
    match body:
        case Select():
            return body
        case Insert() | Update() | Delete():
            return replace(body, single=body.single or at_most_one(body.relation))
