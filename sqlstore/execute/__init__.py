"""The executor: planned statements carried out on an ordered map of rows, operation by operation.

This is what SQL means here; the compiled program makes the same operations in the same order. It is
written to be read, not to be fast.

| file | what |
|---|---|
| `evaluate`, `numbers`, `casts`, `texts`, `subqueries` | the value of an expression |
| `relations`, `scans`, `ranges`, `aggregates`, `order` | the rows of a relation |
| `writes`, `constraints`, `changes`, `sequences` | INSERT, UPDATE, DELETE |
| `operations`, `environment`, `arguments` | what they stand on |

Spec: docs/spec/sql.md, Q-40 to Q-93. Not here: the text of SQL (`sqlstore.bind`), which plan a
statement has (`sqlstore.planner`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, assert_never

from sqlstore.errors import SqlError
from sqlstore.execute.arguments import checked_arguments
from sqlstore.execute.environment import Environment, Execution
from sqlstore.execute.evaluate import evaluate_constant
from sqlstore.execute.operations import Delete, Get, Operation, Put, RowLog, Seek, SeekBack
from sqlstore.execute.relations import computed, rows_of
from sqlstore.execute.writes import delete, insert, update
from sqlstore.plan import statements as plan
from sqlstore.plan.statements import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from merkle.ordered_map import OrderedMap
    from sqlstore.plan.statements import Statement
    from sqlstore.rows import SqlRow
    from sqlstore.schema import Schema
    from sqlstore.types import Value

__all__ = [
    "Delete",
    "Failed",
    "Get",
    "Operation",
    "Outcome",
    "Put",
    "Result",
    "Seek",
    "SeekBack",
    "attempt",
    "evaluate_constant",
    "execute",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a statement did.

    ``rows`` are all rows after it, ``outputs`` the rows that it returns, ``count`` the number that
    a call returns (Q-72).
    """

    rows: OrderedMap
    outputs: tuple[SqlRow, ...]
    count: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A statement that failed: all rows are as before; the operations end with the undoing."""

    error: SqlError
    operations: tuple[Operation, ...]


Outcome: TypeAlias = Result | Failed


def execute(
    statement: Statement, schema: Schema, rows: OrderedMap, arguments: Sequence[Value]
) -> Result:
    """Return what the planned ``statement`` does to ``rows`` when it is called with ``arguments``.

    Raises `SqlError` if it fails, and `InputError` for arguments that cannot be passed.

    Spec: Q-60 to Q-93.
    """
    outcome = attempt(statement, schema, rows, arguments)
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome


def attempt(
    statement: Statement, schema: Schema, rows: OrderedMap, arguments: Sequence[Value]
) -> Outcome:
    """Return what `execute` does, or how it failed. Raises `InputError`.

    Spec: Q-60 to Q-93.
    """
    log = RowLog(rows)
    try:
        parameters = checked_arguments(statement.parameters, arguments)
        environment = Environment(parameters=parameters, execution=Execution(log))
        outputs = _outputs(statement, schema, environment)
    except SqlError as error:
        log.undo()
        return Failed(error, tuple(log.operations))
    returned, count = _returned(statement.command, outputs)
    return Result(rows=log.rows, outputs=returned, count=count, operations=tuple(log.operations))


def _outputs(statement: Statement, schema: Schema, environment: Environment) -> list[SqlRow]:
    """Return one row for each that the statement selects or affects."""
    match statement.body:
        case plan.Select() as select:
            # Of :one, a second row is not asked for.
            most = 1 if statement.command is Command.ONE else None
            rows = islice(rows_of(select.relation, environment), most)
            return [computed(select.outputs, row) for row in rows]
        case plan.Insert() as body:
            return insert(body, schema, environment)
        case plan.Update() as body:
            return update(body, schema, environment)
        case plan.Delete() as body:
            return delete(body, schema, environment)
        case _:
            assert_never(statement.body)


def _returned(command: Command, outputs: list[SqlRow]) -> tuple[tuple[SqlRow, ...], int]:
    """Return the rows that the caller gets, and the number. Spec: Q-72."""
    match command:
        case Command.ONE:
            return tuple(outputs[:1]), len(outputs[:1])
        case Command.MANY:
            return tuple(outputs), len(outputs)
        case Command.EXECROWS:
            return (), len(outputs)
        case Command.EXEC:
            return (), 0
        case _:
            assert_never(command)
