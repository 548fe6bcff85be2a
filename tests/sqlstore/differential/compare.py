"""One example: statements against PostgreSQL and both back ends, after each of which all is equal.

What may differ, and how often, is counted in a `Tally`, whose shares the test bounds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from merkle import OrderedMap
from sqlstore.bind import read_queries, read_schema
from sqlstore.contents import read_contents
from sqlstore.errors import SqlError
from sqlstore.execute import Failed, attempt
from sqlstore.json_values import numeric_text
from sqlstore.plan.statements import Statement as Planned
from sqlstore.planner import plan
from sqlstore.schema import Schema
from sqlstore.types import Kind, SqlType, Value
from tests.sqlstore.compile.machine import Compiled, agrees_compiled, compiled_together
from tests.sqlstore.differential.oracle import Oracle, Outcome, Prepared
from tests.sqlstore.differential.schemas import Table
from tests.sqlstore.differential.statements import Statement

UNFIT = "\0"
"""What stands for an argument that no value of its type is."""

REFUSED = ("0A000", "54000")
"""What this has not, or must have a bound for, and PostgreSQL may take."""


@dataclass
class Tally:
    """What became of the statements."""

    statements: int = 0
    succeeded: int = 0
    failed_alike: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    another_row_first: int = 0
    """Both failed, with another SQLSTATE: of several rows, another one was first (Q-67)."""
    evaluated_more: int = 0
    """One failed on a row, or a part of WHERE, that the other had no need to look at."""
    compiled: int = 0
    """Of those with a plan: run in the machine, too, and equal to the executor's run."""
    examples: list[str] = field(default_factory=list)


class Example:
    """A schema in PostgreSQL and here, and the rows that both have."""

    def __init__(self, oracle: Oracle, tables: list[Table], tally: Tally) -> None:
        self.oracle, self.tables, self.tally = oracle, tables, tally
        self.rows = OrderedMap()
        self.schema: Schema | None = None

    def begin(self) -> bool:
        """Make the tables on both sides; return whether both took them."""
        text = "\n".join(table.sql() for table in self.tables)
        expected = self.oracle.begin(self.tables)
        try:
            self.schema = read_schema(text)
        except SqlError as error:
            actual = error.sqlstate
        else:
            actual = ""
        # A DEFAULT is folded when the schema is read here, when it is needed there.
        folded = actual.startswith("22") and not expected
        assert actual == expected or actual in REFUSED or folded, (
            f"{actual}, PostgreSQL says {expected}:\n{text}"
        )
        return not actual

    def run_all(self, statements: list[Statement]) -> None:
        """Run statements, one after the other, on all sides, and compare after each."""
        assert self.schema is not None
        prepared = [
            self.oracle.prepare(f"s{number}", statement)
            for number, statement in enumerate(statements)
        ]
        planned = [self._plan(number, statement) for number, statement in enumerate(statements)]
        plans = [one for one in planned if isinstance(one, Planned)]
        programs = iter(compiled_together(plans, self.schema) if plans else ())
        for number, (statement, plan_or_error) in enumerate(zip(statements, planned, strict=True)):
            self.tally.statements += 1
            if isinstance(plan_or_error, SqlError):
                self._check_refused(number, statement, prepared[number], plan_or_error)
            else:
                code = prepared[number].sqlstate
                assert not code, f"PostgreSQL says {code}: {statement}"
                self._check_types(prepared[number].types, plan_or_error, statement)
                self._run(number, statement, next(programs))

    def _plan(self, number: int, statement: Statement) -> Planned | SqlError:
        assert self.schema is not None
        try:
            (bound,) = read_queries(queries_text(number, statement), self.schema)
            return plan(bound, self.schema)
        except SqlError as error:
            return error

    def _check_refused(
        self, number: int, statement: Statement, prepared: Prepared, error: SqlError
    ) -> None:
        if prepared.sqlstate:
            expected = Outcome(sqlstate=prepared.sqlstate)
        else:
            # Constants are folded when compiled here, when executed there.
            expected = self.oracle.execute(f"s{number}", statement)
        self._refused(error, expected, statement)

    def _refused(self, error: SqlError, expected: Outcome, statement: Statement) -> None:
        if error.sqlstate == expected.sqlstate:
            self.tally.failed_alike[error.sqlstate] += 1
        elif expected.sqlstate.startswith("22") and error.sqlstate.startswith(("22", "428C9")):
            # Two constants fail, or one and a column that may not be given: which one is seen first
            # is nobody's rule.
            self.tally.another_row_first += 1
        elif error.sqlstate.startswith("22") and not expected.sqlstate:
            # A constant in what PostgreSQL finds to be of no use, before it looks at it.
            self.tally.evaluated_more += 1
            self._repair()
        elif error.sqlstate in REFUSED:
            self.tally.refused[str(error).split(": ", 1)[-1].split("\n")[0]] += 1
            self._repair()
        else:
            raise AssertionError(f"{error}, PostgreSQL says {expected}: {statement}")

    def _repair(self) -> None:
        """Give PostgreSQL our rows again, after it has carried out what we refused."""
        # Refused statements were executed there only to see whether they fail.
        assert self.schema is not None
        contents = read_contents(self.schema, self.rows)
        for table in reversed(self.tables):
            self.oracle.connection.execute(f"DELETE FROM {table.name}")
        for table in self.tables:
            columns = self.schema.by_name[table.name].columns
            marks = ", ".join(["%s"] * len(columns))
            for row in contents.tables[table.name]:
                values = [
                    _shown(column.type, value) for column, value in zip(columns, row, strict=True)
                ]
                self.oracle.connection.execute(
                    f"INSERT INTO {table.name} OVERRIDING SYSTEM VALUE VALUES ({marks})", values
                )
        self._align_sequences()

    def _check_types(self, types: tuple[str, ...], planned: Planned, statement: Statement) -> None:
        for expected, parameter in zip(types, planned.parameters, strict=True):
            actual = parameter.type.kind.value
            alike = {"character varying": "varchar"}
            assert alike.get(expected, expected) in (actual, {"varchar": "text"}.get(actual)) or (
                actual == "text" and expected == "character varying"
            ), f"parameter {parameter}: PostgreSQL says {expected}: {statement}"

    def _run(self, number: int, statement: Statement, program: Compiled) -> None:
        assert self.schema is not None
        planned = program.statement
        arguments = _arguments(planned, statement)
        if arguments is None:
            return
        expected = self.oracle.execute(f"s{number}", statement)
        actual, rows = execute_here(planned, self.schema, self.rows, arguments)
        # Results and every row operation, in order, of the compiled program.
        agrees_compiled(program, self.rows, arguments)
        self.tally.compiled += 1
        if actual.sqlstate or expected.sqlstate:
            if not self._failures_agree(actual, expected, statement):
                raise AssertionError(f"{actual}, PostgreSQL says {expected}: {statement}")
        else:
            self.tally.succeeded += 1
            _check_rows(actual, expected, statement)
        self.rows = rows
        if actual.sqlstate != expected.sqlstate:
            self._repair()
        self._check_contents(statement)

    def _failures_agree(self, actual: Outcome, expected: Outcome, statement: Statement) -> bool:
        if actual.sqlstate == expected.sqlstate:
            self.tally.failed_alike[actual.sqlstate] += 1
            return True
        if actual.sqlstate == "54000":
            self.tally.refused["a key, a row or a scan is too large"] += 1
            return True
        self.tally.examples.append(f"{actual.sqlstate} / {expected.sqlstate}: {statement}")
        if actual.sqlstate and expected.sqlstate:
            self.tally.another_row_first += 1
            return True
        # Data exceptions depend on what is evaluated; violations of constraints do not.
        self.tally.evaluated_more += 1
        return (actual.sqlstate or expected.sqlstate).startswith("22")

    def _check_contents(self, statement: Statement) -> None:
        assert self.schema is not None
        contents = read_contents(self.schema, self.rows)
        for table in self.tables:
            columns = self.schema.by_name[table.name].columns
            ours = {
                tuple(_shown(one.type, cell) for one, cell in zip(columns, row, strict=True))
                for row in contents.tables[table.name]
            }
            theirs = {tuple(_plain(cell) for cell in row) for row in self.oracle.contents(table)}
            assert ours == theirs, f"{table.name} after {statement}"
        self._align_sequences()

    def _align_sequences(self) -> None:
        assert self.schema is not None
        contents = read_contents(self.schema, self.rows)
        for table in self.tables:
            if any(column.identity for column in table.columns):
                self.oracle.set_sequence(table, contents.sequences.get(table.name))


def queries_text(number: int, statement: Statement) -> str:
    """Return a statement as queries.sql has it."""
    command = ":many" if statement.returns else ":execrows"
    return f"-- name: S{number} {command}\n-- scan: 1000\n{statement.sql};\n"


def execute_here(
    planned: Planned, schema: Schema, rows: OrderedMap, arguments: tuple[Value, ...]
) -> tuple[Outcome, OrderedMap]:
    """Run a plan with the executor, its outputs as PostgreSQL shows them."""
    result = attempt(planned, schema, rows, arguments)
    if isinstance(result, Failed):
        return Outcome(sqlstate=result.error.sqlstate), rows
    made, most = len(result.operations), planned.operations_max
    assert made <= most, f"{made} row operations, at most {most} were announced: {planned.text}"
    return shown_outcome(planned, result.outputs, result.count), result.rows


def shown_outcome(planned: Planned, outputs: tuple[tuple[Value, ...], ...], count: int) -> Outcome:
    """Return rows with their values as a client of PostgreSQL has them."""
    kinds = [column.type for column in planned.columns]
    rows = tuple(
        tuple(_shown(kind, value) for kind, value in zip(kinds, row, strict=True))
        for row in outputs
    )
    return Outcome(rows=rows, count=count)


def _check_rows(actual: Outcome, expected: Outcome, statement: Statement) -> None:
    theirs = [tuple(_plain(cell) for cell in row) for row in expected.rows]
    ours = list(actual.rows)
    message = f"{statement}\n  here       {ours}\n  PostgreSQL {theirs}"
    if statement.ordered:
        assert ours == theirs, message
    else:
        assert Counter(ours) == Counter(theirs), message
    if not statement.returns:
        assert actual.count == expected.count, message


def _shown(kind: SqlType, value: Value) -> Any:
    if kind.kind is Kind.NUMERIC and isinstance(value, int):
        return Decimal(numeric_text(value, kind.scale))
    return value


def _plain(cell: Any) -> Any:
    return bytes(cell) if isinstance(cell, memoryview) else cell


def _arguments(planned: Planned, statement: Statement) -> tuple[Value, ...] | None:
    """Return the arguments as values, or None if one cannot be passed to its parameter."""
    found = []
    for parameter, literal in zip(planned.parameters, statement.arguments, strict=False):
        if literal == "NULL" and not parameter.nullable:
            return None
        value = _value(parameter.type, literal)
        if value is UNFIT:
            return None
        # SMALLINT is passed as an i32, which may be out of its range; others cannot be.
        wide = parameter.type.kind in (Kind.BIGINT, Kind.NUMERIC)
        if isinstance(value, int) and value.bit_length() > (63 if wide else 31):
            return None
        found.append(value)
    return tuple(found)


def _value(kind: SqlType, literal: str) -> Value:
    if literal == "NULL":
        return None
    if kind.kind is Kind.BYTEA:
        return bytes.fromhex(literal.strip("'").removeprefix("\\x"))
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    if literal in ("true", "false"):
        return literal == "true"
    number = Decimal(literal.strip("()"))
    if kind.kind is not Kind.NUMERIC:
        return int(number)
    scaled = number.scaleb(kind.scale)
    # A NUMERIC parameter has its scale here, any number of digits there.
    return int(scaled) if scaled == int(scaled) else UNFIT
