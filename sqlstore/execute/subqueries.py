"""Subqueries in expressions: EXISTS, IN and the scalar ones.

One that uses nothing of the outside is run once in an execution, when it is first needed, and its
answer is kept.

Spec: docs/spec/sql.md, Q-62. Not here: how rows are found (`sqlstore.execute.relations`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.errors import CardinalityViolation
from sqlstore.execute.evaluate import evaluate, member
from sqlstore.execute.relations import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlstore.execute.environment import Answer, Environment
    from sqlstore.plan.expressions import Exists, InSubquery, ScalarSubquery
    from sqlstore.plan.walk import Subquery
    from sqlstore.types import Value


def exists(subquery: Exists, environment: Environment) -> Value:
    """Return whether there is a row. A second one is not looked for.

    Spec: Q-62.
    """

    def answer() -> Answer:
        return (any(True for _ in rows_of(subquery.relation, environment)),)

    return _once(subquery, environment, answer)[0]


def scalar(subquery: ScalarSubquery, environment: Environment) -> Value:
    """Return the value of the one row, NULL without one. Raises `CardinalityViolation` for two.

    The first row's value is computed before a second row is looked for.

    Spec: Q-62.
    """

    def answer() -> Answer:
        rows = rows_of(subquery.relation, environment)
        first = next(rows, None)
        if first is None:
            return (None,)
        value = evaluate(subquery.value, first)
        if next(rows, None) is not None:
            raise CardinalityViolation("a subquery used as an expression has more than one row")
        return (value,)

    return _once(subquery, environment, answer)[0]


def in_subquery(subquery: InSubquery, environment: Environment) -> bool | None:
    """Return whether the operand is among the values, without NOT.

    A subquery that depends on the outside is read until the operand is found.

    Spec: Q-62.
    """
    operand = evaluate(subquery.operand, environment)

    def values() -> Iterator[Value]:
        for row in rows_of(subquery.relation, environment):
            yield evaluate(subquery.value, row)

    if subquery.correlated:
        return member(operand, values())
    return member(operand, _once(subquery, environment, lambda: tuple(values())))


def _once(subquery: Subquery, environment: Environment, answer: Callable[[], Answer]) -> Answer:
    """Return the answer, kept from an earlier time if it cannot have changed."""
    if subquery.correlated:
        return answer()
    answers = environment.running.answers
    if subquery not in answers:
        answers[subquery] = answer()
    return answers[subquery]
