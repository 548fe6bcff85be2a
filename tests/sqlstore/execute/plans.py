"""Short words for plans that are made by hand, and a schema to make them for.

Not here: plans from text (`tests.sqlstore.execute.test_statements`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from merkle.ordered_map import OrderedMap
from sqlstore.execute import (
    Delete,
    Failed,
    Get,
    Operation,
    Put,
    Result,
    Seek,
    SeekBack,
    attempt,
)
from sqlstore.keys import SEQUENCES, relation_prefix
from sqlstore.plan import statements as plan
from sqlstore.plan.expressions import ColumnRef, Compare, Comparison, Const, Expr
from sqlstore.plan.relations import Path, Relation, Scan, Values
from sqlstore.plan.statements import (
    Assignment,
    Body,
    Command,
    Insert,
    OnConflict,
    Parameter,
    Select,
    Statement,
    Update,
)
from sqlstore.rows import SqlRow, decode_row, stored_row
from sqlstore.schema import (
    Check,
    Column,
    ForeignKey,
    Identity,
    Index,
    Key,
    Schema,
    Table,
)
from sqlstore.types import INTEGER, SMALLINT, TEXT, SqlType

ROW, OLD, EXISTING, PROPOSED = 20, 21, 22, 23

PLAYERS = Table(
    name="players",
    number=1,
    columns=(
        Column(name="id", type=INTEGER, nullable=False, identity=Identity.BY_DEFAULT),
        Column(name="name", type=TEXT, nullable=False),
        Column(name="rank", type=SMALLINT, nullable=True),
    ),
    primary=(0,),
    primary_name="players_pkey",
    indexes=(
        Index(name="players_name_key", number=2, columns=(1,), unique=True, constraint=True),
        Index(name="players_rank", number=3, columns=(2,), unique=True, constraint=False),
    ),
    checks=(
        Check(
            name="players_rank_check",
            predicate=Compare(
                operator=Comparison.GE,
                left=ColumnRef(source=0, column=2, type=SMALLINT),
                right=Const(0, SMALLINT),
            ),
            text="rank >= 0",
        ),
    ),
)
UNITS = Table(
    name="units",
    number=4,
    columns=(
        Column(name="id", type=INTEGER, nullable=False),
        Column(name="owner", type=TEXT, nullable=True),
        Column(name="x", type=INTEGER, nullable=True),
    ),
    primary=(0,),
    primary_name="units_pkey",
    indexes=(
        Index(name="units_owner_x", number=5, columns=(1, 2), unique=False, constraint=False),
    ),
    foreign_keys=(
        ForeignKey(
            name="units_owner_fkey",
            columns=(1,),
            parent="players",
            parent_key=Key(PLAYERS.indexes[0]),
            child_key=Key(
                Index(
                    name="units_owner_x", number=5, columns=(1, 2), unique=False, constraint=False
                )
            ),
        ),
    ),
)
SCHEMA = Schema(tables=(PLAYERS, UNITS), text="")


def number(value: int | None, kind: SqlType = INTEGER) -> Const:
    return Const(value, kind)


def text(value: str | None) -> Const:
    return Const(value, TEXT)


def column(source: int, table: Table, name: str) -> ColumnRef:
    at = table.column(name)
    assert at is not None
    return ColumnRef(source=source, column=at, type=table.columns[at].type)


def compare(left: Expr, operator: str, right: Expr) -> Compare:
    return Compare(operator=Comparison(operator), left=left, right=right)


def scan(table: Table, path: Path | None = None, source: int = 1) -> Scan:
    columns = tuple(range(len(table.columns)))
    return Scan(source=source, table=table, columns=columns, path=path or Path(index=None))


def rows_given(*rows: Sequence[Const], source: int = 1) -> Values:
    types = tuple(one.type for one in rows[0]) if rows else ()
    return Values(source=source, rows=tuple(map(tuple, rows)), types=types)


def insert(
    table: Table,
    *rows: SqlRow,
    conflict: OnConflict | None = None,
    returning: tuple[Expr, ...] = (),
) -> Insert:
    """INSERT of rows; None for an identity column is its next number."""
    types = [one.type for one in table.columns]
    consts = [[Const(value, kind) for value, kind in zip(row, types, strict=True)] for row in rows]
    values = [
        None
        if one.identity and all(row[at] is None for row in rows)
        else ColumnRef(source=1, column=at, type=one.type)
        for at, one in enumerate(table.columns)
    ]
    return Insert(
        table=table,
        relation=rows_given(*consts),
        values=tuple(values),
        single=len(rows) <= 1,
        conflict=conflict,
        row=ROW,
        returning=returning,
    )


def on_conflict(
    arbiter: Key | None, *assignments: Assignment, where: Expr | None = None
) -> OnConflict:
    """DO UPDATE with these assignments; DO NOTHING without."""
    return OnConflict(
        arbiter=arbiter,
        existing=EXISTING,
        proposed=PROPOSED,
        assignments=assignments or None,
        where=where,
    )


def update(path: Path | None, *assignments: Assignment, returning: tuple[Expr, ...] = ()) -> Update:
    return Update(
        table=PLAYERS,
        relation=scan(PLAYERS, path, OLD),
        old=OLD,
        single=path is not None and path.unique,
        assignments=assignments,
        row=ROW,
        returning=returning,
    )


def by_id(value: int) -> Path:
    return Path(index=None, equal=(number(value),), unique=True)


def delete(path: Path | None = None, returning: tuple[Expr, ...] = ()) -> plan.Delete:
    return plan.Delete(
        table=PLAYERS, relation=scan(PLAYERS, path, OLD), old=OLD, single=False, returning=returning
    )


def statement(
    body: Body, command: Command = Command.MANY, parameters: tuple[Parameter, ...] = ()
) -> Statement:
    return Statement(
        name="Test",
        command=command,
        parameters=parameters,
        columns=(),
        body=body,
        text="",
        sources=30,
        scan_max=None,
    )


def stored(rows: Mapping[str, Iterable[SqlRow]]) -> OrderedMap:
    """The map that has these rows of `SCHEMA`, made without the executor."""
    cells: list[tuple[bytes, bytes]] = []
    for name, its_rows in rows.items():
        for one in (stored_row(SCHEMA.by_name[name], row) for row in its_rows):
            cells += [(one.key, one.value), *((entry, b"") for entry in one.entries)]
    return OrderedMap.from_rows(cells)


def contents(rows: OrderedMap) -> dict[str, list[SqlRow]]:
    """The rows of each table that has some, after a check that there is nothing else but them.

    Sequences apart: those are left out.
    """
    found: dict[str, list[SqlRow]] = {}
    for table in SCHEMA.tables:
        prefix = relation_prefix(table, None)
        its_rows = [decode_row(table, *row) for row in rows.items() if row.key.startswith(prefix)]
        if its_rows:
            found[table.name] = its_rows
    others = [row for row in rows.items() if row.key[1] == SEQUENCES]
    assert OrderedMap.from_rows([*stored(found).items(), *others]) == rows
    return found


def replayed(rows: OrderedMap, operations: Iterable[Operation]) -> OrderedMap:
    """The rows after ``operations``, each of which must have found what is there at its time."""
    for operation in operations:
        match operation:
            case Get(key, found):
                assert rows.get(key) == found
            case Seek(key=key, strict=strict, found=found):
                assert rows.seek(key, strict) == found
            case SeekBack(key=key, strict=strict, found=found):
                assert rows.seek_back(key, strict) == found
            case Put(key, value):
                rows = rows.put(key, value)
            case Delete(key):
                rows = rows.delete(key)
            case _:
                assert_never(operation)
    return rows


def run(body: Body, rows: OrderedMap, command: Command = Command.MANY) -> Result:
    """Carry out a body that succeeds."""
    outcome = attempt(statement(body, command), SCHEMA, rows, ())
    assert isinstance(outcome, Result), outcome
    assert replayed(rows, outcome.operations) == outcome.rows
    return outcome


def failure(body: Body, rows: OrderedMap) -> Failed:
    """Carry out a body that fails, and undoes what it has written."""
    outcome = attempt(statement(body), SCHEMA, rows, ())
    assert isinstance(outcome, Failed), outcome
    assert replayed(rows, outcome.operations) == rows
    return outcome


def written(operations: Iterable[Operation]) -> list[Operation]:
    return [one for one in operations if isinstance(one, Put | Delete)]


def words(operations: Iterable[Operation]) -> str:
    """The names of operations: short enough to see their order."""
    return " ".join(type(one).__name__ for one in operations)


def select(relation: Relation, *outputs: Expr) -> Select:
    return Select(relation=relation, outputs=outputs)
