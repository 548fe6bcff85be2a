"""Random expressions: compiled, they give what the executor's evaluation gives, errors included."""

from __future__ import annotations

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
