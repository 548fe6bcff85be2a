"""What a caller gets of a statement: rows, a number, or a failure that has changed nothing."""

from __future__ import annotations

import pytest

from sqlstore.errors import NumericValueOutOfRange, UniqueViolation
from sqlstore.execute import Failed, Get, attempt, execute
from sqlstore.plan.expressions import Param
from sqlstore.plan.relations import Path
from sqlstore.plan.statements import Command, Parameter, Select
from sqlstore.types import SMALLINT
from tests.sqlstore.execute.plans import (
    PLAYERS,
    ROW,
    SCHEMA,
    column,
    insert,
    run,
    scan,
    select,
    statement,
    stored,
    words,
)
from wasm_interp.errors import InputError

ROWS = stored({"players": [(1, "ann", 5), (2, "bob", None)]})
ALL = select(scan(PLAYERS), column(1, PLAYERS, "id"))


@pytest.mark.parametrize(
    ("command", "outputs", "count"),
    [
        (Command.ONE, ((1,),), 1),
        (Command.MANY, ((1,), (2,)), 2),
        (Command.EXECROWS, (), 2),
        (Command.EXEC, (), 0),
    ],
)
def test_the_command_says_what_the_caller_gets(
    command: Command, outputs: tuple[tuple[int, ...], ...], count: int
) -> None:
    result = run(ALL, ROWS, command)
    assert (result.outputs, result.count) == (outputs, count)


def test_of_one_row_a_second_is_not_looked_for() -> None:
    assert words(run(ALL, ROWS, Command.ONE).operations) == "Seek Get"


def test_of_one_row_that_is_written_all_are_written_and_the_first_is_returned() -> None:
    returning = (column(ROW, PLAYERS, "id"),)
    body = insert(PLAYERS, (3, "cid", None), (4, "dan", None), returning=returning)
    result = run(body, ROWS, Command.ONE)
    assert (result.outputs, result.count) == (((3,),), 1)
    assert len(result.rows) == len(ROWS) + 6


def by_rank() -> Select:
    path = Path(
        index=PLAYERS.indexes[1], equal=(Param(index=0, type=SMALLINT),), unique=True, fetch=False
    )
    return select(scan(PLAYERS, path), column(1, PLAYERS, "id"), Param(index=0, type=SMALLINT))


def test_parameters_are_arguments() -> None:
    parameters = (Parameter(name="rank", type=SMALLINT, nullable=False),)
    one = statement(by_rank(), Command.ONE, parameters)
    assert execute(one, SCHEMA, ROWS, [5]).outputs == ((1, 5),)
    assert execute(one, SCHEMA, ROWS, [6]).outputs == ()
    with pytest.raises(NumericValueOutOfRange):
        execute(one, SCHEMA, ROWS, [2**15])
    with pytest.raises(InputError):
        execute(one, SCHEMA, ROWS, [])


def test_a_failure_is_raised_or_returned_with_its_operations() -> None:
    taken = statement(insert(PLAYERS, (1, "zoe", None)))
    with pytest.raises(UniqueViolation, match="players_pkey"):
        execute(taken, SCHEMA, ROWS, ())
    outcome = attempt(taken, SCHEMA, ROWS, ())
    assert isinstance(outcome, Failed)
    (operation,) = outcome.operations
    assert isinstance(operation, Get)
