"""Plans, explained: what a statement reads and writes, by which keys, and how much at most.

One tree of steps is both the text for readers (`explain`) and the data for programs
(`explain_data`).

Spec: docs/spec/sql.md, Q-80 to Q-92. Not here: relations (`sqlstore.planner.steps`), how plans are
found (`sqlstore.planner.statements`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.errors import printable
from sqlstore.plan.naming import StatementNaming
from sqlstore.plan.relations import OneRow
from sqlstore.plan.statements import Delete, Insert, Select, Update
from sqlstore.plan.walk import subquery_values
from sqlstore.planner.notes import delete_notes, insert_notes, returning_notes, update_notes
from sqlstore.planner.rows import statement_limit, subquery_limit
from sqlstore.planner.steps import Json, Step, Steps, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.statements import Body, Statement
    from sqlstore.plan.walk import Subquery
    from sqlstore.schema import Schema


def explain(statement: Statement, schema: Schema) -> str:
    """Return the plan of ``statement``, which has been planned, as lines of text.

    Spec: Q-80, Q-84.
    """
    lines = [_title(statement)]
    for step in _steps(statement, schema):
        lines.extend(step.lines(depth=1))
    # A literal in it may hold any character, a line break or an escape sequence, too.
    return "\n".join(map(printable, lines)) + "\n"


def explain_data(statement: Statement, schema: Schema) -> dict[str, Json]:
    """Return the plan of ``statement``, which has been planned, as JSON has it.

    Spec: Q-80, Q-84.
    """
    steps = _steps(statement, schema)
    plan, *subqueries = (step.data() for step in steps)
    return {
        "name": statement.name,
        "command": statement.command.value,
        "operations_max": statement.operations_max,
        "plan": plan,
        "subqueries": list(subqueries),
    }


def _title(statement: Statement) -> str:
    count = statement.operations_max
    operations = "row operation" if count == 1 else "row operations"
    return f"{statement.name} {statement.command.value}, at most {count:,} {operations}"


def _steps(statement: Statement, schema: Schema) -> list[Step]:
    """Return the step of the statement's body, then those of its subqueries.

    A subquery is named when it is first printed, so those of others are found as they are printed.
    """
    naming = StatementNaming(statement.body)
    steps = Steps(naming)
    rows = [steps.relation(statement.body.relation, statement_limit(statement))]
    if statement.body.relation == OneRow():
        rows = []
    found = [_body(statement.body, rows, schema=schema, steps=steps)]
    # The list grows while it is gone through.
    for number, subquery in enumerate(naming.subqueries, start=1):
        when = "for each row" if subquery.correlated else "once"
        found.append(
            Step(
                kind="subquery",
                text=f"subquery {number}, {when}",
                facts={"name": f"subquery {number}", "once": not subquery.correlated},
                inputs=(_selected(subquery, steps),),
            )
        )
    return found


def _selected(subquery: Subquery, steps: Steps) -> Step:
    """Return the step of a subquery's rows, below that of the value that it makes of them."""
    rows = steps.relation(subquery.relation, subquery_limit(subquery))
    values = subquery_values(subquery)
    return _select(values, [rows], steps) if values else rows


def _select(outputs: Sequence[Expr], rows: Sequence[Step], steps: Steps) -> Step:
    columns = steps.texts(outputs)
    text = f"select {listed(columns)}"
    return Step(kind="select", text=text, facts={"columns": columns}, inputs=tuple(rows))


def _body(body: Body, rows: list[Step], *, schema: Schema, steps: Steps) -> Step:
    """Return the step of what is returned or written, above ``rows`` that it is done for."""
    match body:
        case Select():
            return _select(body.outputs, rows, steps)
        case Insert():
            words, notes = "insert into", insert_notes(body, schema, steps)
        case Update():
            words, notes = "update", update_notes(body, schema, steps)
        case Delete():
            words, notes = "delete from", delete_notes(body.table, schema)
        case _:
            assert_never(body)
    return Step(
        kind=words.split()[0],
        text=f"{words} {body.table.name}",
        facts={"table": body.table.name, "single": body.single},
        inputs=(*notes, *returning_notes(body.returning, steps), *rows),
    )
