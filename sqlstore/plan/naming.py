"""What the sources of a statement are called when its expressions are printed.

A table has its own name, with a number behind if it is read more than once; where there is only
one, columns stand without it. A computed column is the expression that it stands for, if that is
short.

Spec: docs/spec/sql.md, Q-40. Not here: how expressions are printed (`sqlstore.plan.show`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.plan.bodies import body_expressions
from sqlstore.plan.expressions import ColumnRef, Const, Param
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    Limit,
    OneRow,
    Project,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.show import show, show_call
from sqlstore.plan.statements import Delete, Insert, Select, Update
from sqlstore.plan.subqueries import relations_in
from sqlstore.plan.walk import expressions_of, walk_relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Body
    from sqlstore.plan.walk import Subquery
    from sqlstore.schema import Table

SHOWN_MAX: Final = 60
"""Characters of an expression that is printed in place of a column's name."""


class StatementNaming:
    """The names of one statement's sources and subqueries. Spec: Q-40."""

    def __init__(self, body: Body) -> None:
        self.subqueries: list[Subquery] = []
        self._tables: dict[int, tuple[str, Table]] = {}
        self._derived: dict[int, Relation] = {}
        self._texts: dict[tuple[int, int], str] = {}
        for relation in _relations(body):
            self._name(relation)
        self._qualified = len(self._tables) > 1
        self._name_written(body)

    def column(self, source: int, column: int) -> str:
        """Return the name of a column, or the expression that it stands for."""
        if source in self._tables:
            label, table = self._tables[source]
            name = table.columns[column].name
            return f"{label}.{name}" if self._qualified or label == "excluded" else name
        key = (source, column)
        if key not in self._texts:
            self._texts[key] = self._computed(self._derived[source], column)
        return self._texts[key]

    def subquery(self, subquery: Subquery) -> str:
        """Return the name of a subquery: they are numbered as they are first asked for."""
        for number, one in enumerate(self.subqueries, start=1):
            if one is subquery:
                return f"subquery {number}"
        self.subqueries.append(subquery)
        return f"subquery {len(self.subqueries)}"

    def table(self, source: int) -> str:
        """Return what the table is called that ``source`` reads."""
        return self._tables[source][0]

    def _name(self, relation: Relation) -> None:
        match relation:
            case Scan():
                name = relation.table.name
                times = sum(table is relation.table for _, table in self._tables.values())
                label = name if times == 0 else f"{name}_{times + 1}"
                self._tables[relation.source] = (label, relation.table)
            case Values() | Project() | Aggregate() | Union():
                self._derived[relation.source] = relation
            case OneRow() | Filter() | Join() | Sort() | Distinct() | Limit():
                pass
            case _:
                assert_never(relation)

    def _name_written(self, body: Body) -> None:
        """Name the sources of a row that is written: they are no tables that are read."""
        match body:
            case Select() | Delete():
                pass
            case Update():
                self._tables[body.row] = (body.table.name, body.table)
            case Insert():
                self._tables[body.row] = (body.table.name, body.table)
                if body.conflict is not None:
                    self._tables[body.conflict.existing] = (body.table.name, body.table)
                    self._tables[body.conflict.proposed] = ("excluded", body.table)
            case _:
                assert_never(body)

    def _computed(self, relation: Relation, column: int) -> str:
        match relation:
            case Project():
                return self._shortened(relation.expressions[column], column)
            case Aggregate() if column < len(relation.keys):
                return self._shortened(relation.keys[column], column)
            case Aggregate():
                return show_call(relation.aggregates[column - len(relation.keys)], self)
            case Union():
                return self.column(relation.sources[0], column)
            case _:
                return f"column{column + 1}"

    def _shortened(self, expr: Expr, column: int) -> str:
        text = show(expr, self)
        if len(text) > SHOWN_MAX:
            return f"column{column + 1}"
        return text if isinstance(expr, ColumnRef | Const | Param) else f"({text})"


def _relations(body: Body) -> Iterator[Relation]:
    """Yield the relations of ``body``, those of subqueries included, in the order of the plan."""
    pending = [body.relation]
    for expr in body_expressions(body):
        pending.extend(relations_in(expr))
    while pending:
        for part in walk_relation(pending.pop(0)):
            yield part
            for expr in expressions_of(part):
                pending.extend(relations_in(expr))
