"""Schemas, rows and plans written by hand. Not here: random ones (`random_plans.py`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from merkle.ordered_map import OrderedMap
from sqlstore.plan.bodies import map_body
from sqlstore.plan.expressions import ColumnRef, Compare, Comparison, Const, Param
from sqlstore.plan.relations import Path, Project, Scan, SortKey
from sqlstore.plan.statements import Command, Output, Parameter, Select, Statement
from sqlstore.plan.walk import map_expressions, map_relations, rebuild
from sqlstore.rows import ENTRY_VALUE, stored_row
from sqlstore.schema import Column, ForeignKey, Index, Key, Schema, Table
from sqlstore.types import BIGINT, BOOLEAN, INTEGER, SMALLINT, TEXT, SqlType, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Body

ROWS_MAX = 65_535


def column(name: str, type_: SqlType, *, nullable: bool = False) -> Column:
    return Column(name=name, type=type_, nullable=nullable)


def index(name: str, number: int, *columns: int, unique: bool = False) -> Index:
    return Index(name=name, number=number, columns=columns, unique=unique, constraint=unique)


PLAYERS_NAME = index("players_name_key", 2, 1, unique=True)
PLAYERS = Table(
    name="players",
    number=1,
    columns=(
        column("id", INTEGER),
        column("name", TEXT, nullable=True),
        column("score", SMALLINT, nullable=True),
    ),
    primary=(0,),
    primary_name="players_pkey",
    indexes=(PLAYERS_NAME,),
)
UNITS_PLACE = index("units_x_y_key", 4, 2, 3, unique=True)
UNITS_OWNER = index("units_owner_hp_idx", 5, 1, 4)
UNITS_ALIVE = index("units_alive_idx", 6, 5)
UNITS = Table(
    name="units",
    number=3,
    columns=(
        column("id", BIGINT),
        column("owner", INTEGER, nullable=True),
        column("x", SMALLINT, nullable=True),
        column("y", SMALLINT),
        column("hp", INTEGER, nullable=True),
        column("alive", BOOLEAN),
    ),
    primary=(0,),
    primary_name="units_pkey",
    indexes=(UNITS_PLACE, UNITS_OWNER, UNITS_ALIVE),
    foreign_keys=(
        ForeignKey(
            name="units_owner_fkey",
            columns=(1,),
            parent="players",
            parent_key=Key(None),
            child_key=Key(UNITS_OWNER),
        ),
    ),
)
MOVES_NOTE = index("moves_note_idx", 8, 2)
MOVES = Table(
    name="moves",
    number=7,
    columns=(
        column("unit", BIGINT),
        column("turn", INTEGER),
        column("note", TEXT, nullable=True),
        column("from_place", SMALLINT, nullable=True),
    ),
    primary=(0, 1),
    primary_name="moves_pkey",
    indexes=(MOVES_NOTE,),
    foreign_keys=(
        ForeignKey(
            name="moves_note_fkey",
            columns=(2,),
            parent="players",
            parent_key=Key(PLAYERS_NAME),
            child_key=None,
        ),
    ),
)
SCHEMA = Schema(tables=(PLAYERS, UNITS, MOVES), text="")


def scan(source: int, table: Table) -> Scan:
    return Scan(source=source, table=table, columns=())


def ref(scan: Scan, name: str) -> ColumnRef:
    at = scan.table.column(name)
    assert at is not None, name
    found = scan.table.columns[at]
    return ColumnRef(source=scan.source, column=at, type=found.type, nullable=found.nullable)


def out(project: Project, at: int) -> ColumnRef:
    return ColumnRef(source=project.source, column=at, type=project.expressions[at].type)


def number(value: int | None) -> Const:
    return Const(value, INTEGER)


def param(at: int, type_: SqlType = INTEGER) -> Param:
    return Param(index=at, type=type_)


def compare(left: Expr, operator: str, right: Expr) -> Compare:
    return Compare(operator=Comparison(operator), left=left, right=right)


def by(value: Expr, *, descending: bool = False, nulls_first: bool | None = None) -> SortKey:
    first = descending if nulls_first is None else nulls_first
    return SortKey(value=value, descending=descending, nulls_first=first)


def statement(
    body: Body,
    *,
    command: Command = Command.MANY,
    scan_max: int | None = None,
    parameters: Sequence[SqlType] = (),
) -> Statement:
    return Statement(
        name="Test",
        command=command,
        parameters=tuple(
            Parameter(name=f"p{at + 1}", type=one, nullable=False)
            for at, one in enumerate(parameters)
        ),
        columns=(),
        body=body,
        text="",
        sources=100,
        scan_max=scan_max,
    )


def select(relation: Relation, *outputs: Expr, **options: object) -> Statement:
    body = Select(relation=relation, outputs=outputs)
    columns = tuple(
        Output(name=f"c{at}", type=one.type, nullable=True) for at, one in enumerate(outputs)
    )
    return replace(statement(body, **options), columns=columns)  # type: ignore[arg-type]


def plan_naively(statement: Statement) -> Statement:
    """Return ``statement`` as the text has it, every table read from its first row to its last."""

    def relation(relation: Relation) -> Relation:
        return map_relations(relation, part)

    def part(relation: Relation) -> Relation:
        relation = map_expressions(relation, expr)
        if not isinstance(relation, Scan):
            return relation
        columns = tuple(range(len(relation.table.columns)))
        return replace(relation, columns=columns, path=Path(index=None, rows_max=ROWS_MAX))

    def expr(expr: Expr) -> Expr:
        return rebuild(expr, lambda node: node, lambda subquery: relation(subquery.relation))

    return replace(statement, body=map_body(statement.body, relation, expr))


def stored(contents: Iterable[tuple[Table, Iterable[tuple[Value, ...]]]]) -> OrderedMap:
    cells: list[tuple[bytes, bytes]] = []
    for table, rows in contents:
        for row in rows:
            one = stored_row(table, row)
            cells.append((one.key, one.value))
            cells.extend((entry, ENTRY_VALUE) for entry in one.entries)
    return OrderedMap.from_rows(cells)
