"""Random statements as plans, and random rows: what planning must not change the meaning of.

No expression fails, whatever it is evaluated on: which of several errors is first is not what is
tested here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sqlstore.plan.expressions import (
    And,
    ColumnRef,
    Compare,
    Comparison,
    Const,
    Exists,
    InSubquery,
    IsNull,
    Not,
    Or,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.relations import (
    Aggregate,
    AggregateCall,
    AggregateFunction,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Project,
    Scan,
    Sort,
    SortKey,
    Union,
    Values,
)
from sqlstore.plan.subqueries import is_correlated
from sqlstore.planner import explain
from sqlstore.types import BIGINT, BOOLEAN, INTEGER, TEXT, Kind
from tests.sqlstore.planner.build import MOVES, PLAYERS, SCHEMA, UNITS, plan_naively, select, stored

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from merkle.ordered_map import OrderedMap
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Statement
    from sqlstore.types import SqlType, Value

NUMBERS = st.sampled_from([0, 1, 1, 2, 2, 3, 40_000, -70_000])
SMALL = st.integers(0, 3)
NAMES = st.sampled_from(["", "a", "a!b", "ab", "b"])
OPERATORS = st.sampled_from([Comparison.EQ] * 4 + list(Comparison))
TABLES = (PLAYERS, UNITS, MOVES)
PARAMETERS = (INTEGER, TEXT, BIGINT)
SOURCES_MAX = 8
TABLE_ROWS_MAX = 5


@dataclass(frozen=True)
class Drawn:
    """A relation with what it binds: columns by family."""

    relation: Relation
    columns: tuple[ColumnRef, ...]


def family(kind: SqlType) -> str:
    return "number" if kind.is_integer else kind.kind.value


class Plans:
    """Draws relations; ``outside`` are columns that an enclosing query has bound."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.sources = 0

    def chance(self, of: int) -> bool:
        return self.draw(st.integers(1, of)) == 1

    def source(self) -> int:
        self.sources += 1
        return self.sources

    def room(self) -> bool:
        return self.sources < SOURCES_MAX

    def table(self) -> Drawn:
        table = self.draw(st.sampled_from(TABLES))
        source = self.source()
        columns = tuple(
            ColumnRef(source=source, column=at, type=one.type, nullable=one.nullable)
            for at, one in enumerate(table.columns)
        )
        return Drawn(Scan(source=source, table=table, columns=()), columns)

    def values(self) -> Drawn:
        source = self.source()
        rows = self.draw(st.lists(st.tuples(NUMBERS, NAMES), min_size=1, max_size=2))
        types = (INTEGER, TEXT)
        relation = Values(
            source=source,
            rows=tuple((Const(a, INTEGER), Const(b, TEXT)) for a, b in rows),
            types=types,
        )
        return Drawn(relation, self.refs(source, types))

    def refs(self, source: int, types: tuple[SqlType, ...]) -> tuple[ColumnRef, ...]:
        return tuple(ColumnRef(source=source, column=at, type=one) for at, one in enumerate(types))

    def project(self, outside: tuple[ColumnRef, ...]) -> Drawn:
        below = self.query(outside)
        known = below.columns + outside
        expressions = self.draw(
            st.lists(st.sampled_from(known), min_size=1, max_size=4)
            if known
            else st.just([Const(1, INTEGER)])
        )
        expressions = [*expressions, self.leaf("number", known)]
        if self.chance(4):
            expressions.append(self.predicate(below.columns, outside, 1))
        source = self.source()
        types = tuple(one.type for one in expressions)
        relation = Project(source=source, input=below.relation, expressions=tuple(expressions))
        return Drawn(relation, self.refs(source, types))

    def sorted(self, below: Drawn) -> Drawn:
        """Return a sort of a projection by columns, all of them at last so that it is total."""
        assert isinstance(below.relation, Project)
        first = self.draw(st.lists(st.sampled_from(below.columns), max_size=2))
        down = self.draw(st.booleans())
        keys = tuple(
            SortKey(
                value=one,
                descending=down ^ self.chance(6),
                nulls_first=down ^ self.chance(6),
            )
            for one in dict.fromkeys([*first, *below.columns])
        )
        return Drawn(
            Sort(input=below.relation, source=below.relation.source, keys=keys), below.columns
        )

    def derived(self, outside: tuple[ColumnRef, ...]) -> Drawn:
        project = self.project(outside)
        relation = project.relation
        assert isinstance(relation, Project)
        match self.draw(st.integers(0, 5)):
            case 0:
                relation = Distinct(input=relation, source=relation.source)
            case 1:
                counts = [Const(None, BIGINT), *(Const(n, BIGINT) for n in range(3))]
                relation = Limit(
                    input=self.sorted(project).relation,
                    count=self.draw(st.sampled_from([None, *counts, Param(index=2, type=BIGINT)])),
                    offset=self.draw(st.sampled_from([None, *counts[:3]])),
                )
            case 2:
                return self.aggregate(project)
            case 3 if self.room():
                return self.union(project, outside)
            case _:
                pass
        return Drawn(relation, project.columns)

    def aggregate(self, below: Drawn) -> Drawn:
        keys = self.draw(st.lists(st.sampled_from(below.columns), max_size=2, unique=True))
        counted = self.draw(st.sampled_from(below.columns))
        calls = [
            AggregateCall(function=AggregateFunction.COUNT_ROWS, argument=None, type=BIGINT),
            AggregateCall(function=AggregateFunction.COUNT, argument=counted, type=BIGINT),
        ]
        source = self.source()
        types = (*(one.type for one in keys), BIGINT, BIGINT)
        relation = Aggregate(
            source=source, input=below.relation, keys=tuple(keys), aggregates=tuple(calls)
        )
        return Drawn(relation, self.refs(source, types))

    def union(self, first: Drawn, outside: tuple[ColumnRef, ...]) -> Drawn:
        types = tuple(one.type for one in first.columns)
        below = self.query(outside)
        values = tuple(self.leaf(family(one), below.columns, one) for one in types)
        second = Project(source=self.source(), input=below.relation, expressions=values)
        assert isinstance(first.relation, Project)
        source = self.source()
        relation = Union(
            source=source,
            inputs=(first.relation, second),
            sources=(first.relation.source, second.source),
            types=types,
        )
        return Drawn(relation, self.refs(source, types))

    def item(self, outside: tuple[ColumnRef, ...]) -> Drawn:
        if self.chance(8):
            return Drawn(OneRow(), ())
        if self.chance(6):
            return self.values()
        if self.room() and self.chance(3):
            return self.derived(outside)
        return self.table()

    def joined(self, outside: tuple[ColumnRef, ...]) -> Drawn:
        left = self.item(outside)
        for _ in range(self.draw(st.integers(0, 2))):
            right = self.joined(outside) if self.chance(5) else self.item(outside)
            kind = self.draw(st.sampled_from(JoinKind))
            columns = left.columns + right.columns
            on = self.predicate(columns, outside, 2) if not self.chance(6) else None
            if kind is JoinKind.LEFT and on is None:
                on = Const(True, BOOLEAN)
            relation = Join(kind=kind, left=left.relation, right=right.relation, on=on)
            left = Drawn(relation, columns)
        return left

    def query(self, outside: tuple[ColumnRef, ...]) -> Drawn:
        found = self.joined(outside)
        if self.chance(3):
            return found
        predicate = self.predicate(found.columns, outside, 3)
        return Drawn(Filter(input=found.relation, predicate=predicate), found.columns)

    def leaf(self, of: str, columns: tuple[ColumnRef, ...], type_: SqlType | None = None) -> Expr:
        """Draw a column, constant or parameter of a family; of one type, if that is given."""
        fitting = [
            one
            for one in columns
            if family(one.type) == of and (type_ is None or one.type == type_)
        ]
        if fitting and not self.chance(5):
            return self.draw(st.sampled_from(fitting))
        match of:
            case "number":
                if self.chance(3) and type_ in (None, INTEGER):
                    return Param(index=0, type=INTEGER)
                return Const(self.draw(st.none() | NUMBERS), type_ or INTEGER)
            case "text":
                if self.chance(3):
                    return Param(index=1, type=TEXT)
                return Const(self.draw(NAMES), TEXT)
            case _:
                return Const(self.draw(st.booleans()), BOOLEAN)

    def predicate(
        self, columns: tuple[ColumnRef, ...], outside: tuple[ColumnRef, ...], depth: int
    ) -> Expr:
        known = columns + outside
        choice = self.draw(st.integers(0, 9))
        if depth > 0 and choice < 4:
            operands = tuple(
                self.predicate(columns, outside, depth - 1)
                for _ in range(self.draw(st.integers(2, 3)))
            )
            return Or(operands) if choice < 2 else And(operands)
        if self.room() and choice == 4:
            return self.subquery(known)
        flags = [one for one in known if one.type.kind is Kind.BOOLEAN]
        if flags and choice == 5:
            flag = self.draw(st.sampled_from(flags))
            return Not(flag) if self.chance(2) else flag
        if known and choice == 6:
            return IsNull(operand=self.draw(st.sampled_from(known)), negated=self.chance(2))
        of = self.draw(st.sampled_from(["number", "number", "text", "boolean"]))
        fitting = [one for one in columns if family(one.type) == of]
        left = self.draw(st.sampled_from(fitting)) if fitting else self.leaf(of, known)
        right = self.leaf(of, known)
        if self.chance(6):
            left, right = right, left
        operator = Comparison.LE if left == right else self.draw(OPERATORS)
        return Compare(operator=operator, left=left, right=right)

    def subquery(self, outside: tuple[ColumnRef, ...]) -> Expr:
        kind = self.draw(st.integers(0, 2))
        if kind == 0:
            relation = self.project(outside).relation
            return Exists(relation=relation, correlated=is_correlated(relation))
        if kind == 1:
            below = self.project(outside)
            numbers = [one for one in below.columns if family(one.type) == "number"]
            value = self.selected(self.draw(st.sampled_from(numbers)), below.columns + outside)
            return InSubquery(
                operand=self.leaf("number", outside),
                relation=below.relation,
                value=value,
                correlated=is_correlated(below.relation, [value]),
                negated=self.chance(2),
            )
        left = self.leaf("number", outside)
        return Compare(operator=self.draw(OPERATORS), left=left, right=self.count(outside))

    def count(self, outside: tuple[ColumnRef, ...]) -> ScalarSubquery:
        """Draw a subquery of the number of rows of a relation."""
        below = self.project(outside)
        source = self.source()
        call = AggregateCall(function=AggregateFunction.COUNT_ROWS, argument=None, type=BIGINT)
        total = Aggregate(source=source, input=below.relation, keys=(), aggregates=(call,))
        rows = ColumnRef(source=source, column=0, type=BIGINT, nullable=False)
        value = self.selected(rows, (rows, *outside))
        correlated = is_correlated(total, [value])
        return ScalarSubquery(relation=total, value=value, correlated=correlated, type=BIGINT)

    def selected(self, column: Expr, known: tuple[ColumnRef, ...]) -> Expr:
        """Draw what a subquery selects: ``column``, or a subquery again."""
        return self.count(known) if self.room() and self.chance(3) else column


@dataclass(frozen=True, repr=False)
class Query:
    """A statement that Hypothesis prints as a plan."""

    statement: Statement

    def __repr__(self) -> str:
        return explain(plan_naively(self.statement), SCHEMA)


@st.composite
def selects(draw: DrawFn) -> Query:
    """Draw a SELECT, half of them sorted, some of those with LIMIT."""
    plans = Plans(draw)
    match draw(st.integers(0, 3)):
        case 0:
            found = plans.query(())
        case 1:
            found = plans.derived(())
        case 2:
            found = plans.sorted(plans.project(()))
        case _:
            ordered = plans.sorted(plans.project(()))
            count = draw(st.sampled_from([Const(2, BIGINT), Param(index=2, type=BIGINT)]))
            offset = draw(st.sampled_from([None, Const(1, BIGINT)]))
            limit = Limit(input=ordered.relation, count=count, offset=offset)
            found = Drawn(limit, ordered.columns)
    outputs = found.columns or (Const(1, INTEGER),)
    statement = select(found.relation, *outputs, parameters=PARAMETERS, scan_max=TABLE_ROWS_MAX)
    return Query(statement)


@st.composite
def contents(draw: DrawFn) -> OrderedMap:
    """Draw the rows of all tables."""
    small, names = st.none() | SMALL, st.none() | NAMES

    def rows(*columns: st.SearchStrategy[Value], keys: list[list[int]]) -> list[tuple[Value, ...]]:
        found = draw(st.lists(st.tuples(*columns), max_size=TABLE_ROWS_MAX))
        for key in keys:
            first = {tuple(row[at] for at in key): row for row in found}
            with_null = [row for row in found if None in (row[at] for at in key)]
            found = list(dict.fromkeys([*first.values(), *with_null]))
        return found

    return stored(
        [
            (PLAYERS, rows(SMALL, names, small, keys=[[1], [0]])),
            (UNITS, rows(SMALL, small, small, SMALL, small, st.booleans(), keys=[[2, 3], [0]])),
            (MOVES, rows(SMALL, SMALL, names, small, keys=[[0, 1]])),
        ]
    )


ARGUMENTS = st.tuples(NUMBERS, NAMES, st.integers(0, 3))
__all__ = ["ARGUMENTS", "SCHEMA", "contents", "selects"]
