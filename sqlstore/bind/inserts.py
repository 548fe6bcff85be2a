"""INSERT as a plan.

A single row of VALUES is `OneRow` and expressions; several are `Values`, brought to the columns'
types row by row, as PostgreSQL does.

Spec: docs/spec/sql.md, Q-64, Q-90. Not here: queries (`sqlstore.bind.queries`), which checks a row
undergoes (`sqlstore.execute`, `sqlstore.compile`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.bind.parse import syntax
from sqlstore.bind.scope import Scope, joined_scope, table_scope
from sqlstore.bind.targets import Target, column_exprs
from sqlstore.bind.terms import Term, any_failure, first_failure
from sqlstore.errors import (
    DuplicateColumn,
    InvalidColumnReference,
    InvalidSyntax,
    SqlError,
    UndefinedObject,
)
from sqlstore.plan.expressions import ColumnRef, Expr
from sqlstore.plan.nullability import is_nullable
from sqlstore.plan.relations import OneRow, Relation, Values
from sqlstore.plan.statements import Insert, OnConflict
from sqlstore.schema import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.bound import OutputColumn
    from sqlstore.bind.context import Context
    from sqlstore.schema import Column, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows to insert: ``given`` is what is written for columns, None an identity's number."""

    relation: Relation
    given: dict[int, Expr | None]
    single: bool
    failure: SqlError | None = None


@dataclass(frozen=True, slots=True)
class InsertBinder:
    """Binds one INSERT."""

    target: Target

    @property
    def context(self) -> Context:
        """The statement's."""
        return self.target.context

    @property
    def table(self) -> Table:
        """The table that is written."""
        return self.target.table

    def bind(
        self, tree: syntax.InsertStatement
    ) -> tuple[Insert, tuple[OutputColumn, ...], SqlError | None]:
        """Return the plan, the columns of RETURNING, and the error of a constant.

        Raises `SqlError`.

        Spec: Q-64.
        """
        places = self._places(tree)
        rows = self._rows(tree, places)
        name = tree.table.text if tree.alias is None else tree.alias.text
        conflict, conflict_failure = self._conflict(tree, name, single=rows.single)
        row = self.context.new_source(tree.at)
        scope = table_scope(name, self.table, row, None)
        columns = self.target.returning(tree.returning, scope, single=rows.single)
        insert = Insert(
            table=self.table,
            relation=rows.relation,
            values=self._values(rows.given),
            single=rows.single,
            conflict=conflict,
            row=row,
            returning=column_exprs(columns),
        )
        list_failure = first_failure(column.term for column in columns)
        return insert, columns, any_failure(rows.failure, conflict_failure, list_failure)

    def _places(self, tree: syntax.InsertStatement) -> list[int]:
        """Return the columns that are written, in the order of the text."""
        if tree.columns is None:
            return list(range(len(self.table.columns)))
        places: list[int] = []
        for name in tree.columns:
            at = self.target.place(name)
            if at in places:
                raise self.context.source.error(
                    DuplicateColumn, f'the column "{name.text}" stands twice', name.at
                )
            places.append(at)
        return places

    def _values(self, given: dict[int, Expr | None]) -> tuple[Expr | None, ...]:
        """Return an expression for each column: what is given, or its default."""
        values: list[Expr | None] = []
        for at, column in enumerate(self.table.columns):
            default = self.target.default(column, 0)
            values.append(given[at] if at in given else _expr(default))
        return tuple(values)

    # --- rows

    def _rows(self, tree: syntax.InsertStatement, places: list[int]) -> _Rows:
        query = tree.query
        if query is None:
            return _Rows(relation=OneRow(), given={}, single=True)
        is_plain = not (query.withs or query.order or query.limit or query.offset)
        if isinstance(query.body, syntax.ValuesList) and is_plain:
            return self._rows_of_values(tree, query.body, places)
        return self._rows_of_query(tree, query, places)

    def _rows_of_values(
        self, tree: syntax.InsertStatement, values: syntax.ValuesList, places: list[int]
    ) -> _Rows:
        self.target.queries.check_widths(values)
        self._check_width(tree, len(values.rows[0]), places, values.rows[0][-1].at)
        rows = [self._row(row, places) for row in values.rows]
        failure = first_failure(term for row in rows for term in row)
        if len(rows) == 1:
            given = dict(zip(places, map(_expr, rows[0]), strict=False))
            return _Rows(relation=OneRow(), given=given, single=True, failure=failure)
        relation, given = self._several_rows(tree, places, rows)
        return _Rows(relation=relation, given=given, single=False, failure=failure)

    def _check_width(
        self, tree: syntax.InsertStatement, width: int, places: list[int], at: int
    ) -> None:
        if width > len(places) or (tree.columns is not None and width < len(places)):
            raise self.context.source.error(
                InvalidSyntax, f"there are {width} values for {len(places)} columns", at
            )

    def _row(self, row: Sequence[syntax.Expression], places: list[int]) -> list[Term | None]:
        """Return one row's values, None for an identity's next number.

        All are bound before the first takes its column's type, as in PostgreSQL.
        """
        binder = self.target.binder(Scope(), "VALUES")
        columns = [self.table.columns[at] for at in places]
        terms = []
        for tree, at in zip(row, places, strict=False):
            term = None if isinstance(tree, syntax.Default) else binder.bind(tree)
            if term is not None:
                self.target.name_parameter(term, at)
            terms.append(term)
        return [
            self.target.default(column, tree.at)
            if term is None
            else self.target.assigned(term, column, tree.at)
            for term, tree, column in zip(terms, row, columns, strict=False)
        ]

    def _several_rows(
        self, tree: syntax.InsertStatement, places: list[int], rows: list[list[Term | None]]
    ) -> tuple[Relation, dict[int, Expr | None]]:
        """Return VALUES of several rows, without the columns that get an identity's numbers."""
        source = self.context.new_source(tree.at)
        given: dict[int, Expr | None] = {}
        kept: list[list[Term]] = []
        types = []
        for at, terms in zip(places, zip(*rows, strict=True), strict=False):
            column = self.table.columns[at]
            given[at] = None
            values = self._column_values(tree, column, terms)
            if values:
                nullable = any(is_nullable(term.expr) for term in values)
                given[at] = ColumnRef(
                    source=source, column=len(kept), type=column.type, nullable=nullable
                )
                kept.append(values)
                types.append(column.type)
        relation = Values(
            source=source,
            rows=tuple(
                tuple(values[number].expr for values in kept) for number in range(len(rows))
            ),
            types=tuple(types),
        )
        return relation, given

    def _column_values(
        self, tree: syntax.InsertStatement, column: Column, terms: Sequence[Term | None]
    ) -> list[Term]:
        """Return one column of VALUES; nothing if each row gets an identity's number."""
        values = [term for term in terms if term is not None]
        if values and len(values) < len(terms):
            raise self.context.source.unsupported(
                f'DEFAULT for some rows of the identity column "{column.name}"',
                tree.at,
                "write two statements",
            )
        return values

    def _rows_of_query(
        self, tree: syntax.InsertStatement, query: syntax.Query, places: list[int]
    ) -> _Rows:
        bound = self.target.queries.bind(query, None, keep_untyped=True)
        self._check_width(tree, len(bound.columns), places, query.at)
        terms = []
        for column, at in zip(bound.columns, places, strict=False):
            self.target.name_parameter(column.term, at)
            terms.append(self.target.assigned(column.term, self.table.columns[at], query.at))
        return _Rows(
            relation=bound.relation,
            given={at: term.expr for at, term in zip(places, terms, strict=False)},
            single=isinstance(bound.relation, OneRow),
            failure=any_failure(bound.all_failure, first_failure(terms)),
        )

    # --- ON CONFLICT

    def _conflict(
        self, tree: syntax.InsertStatement, name: str, *, single: bool
    ) -> tuple[OnConflict | None, SqlError | None]:
        clause = tree.conflict
        if clause is None:
            return None, None
        existing, proposed = (self.context.new_source(clause.at) for _ in range(2))
        arbiter = self._arbiter(clause)
        if not clause.assignments:
            plain = OnConflict(
                arbiter=arbiter, existing=existing, proposed=proposed, assignments=None, where=None
            )
            return plain, None
        if arbiter is None:
            raise self.context.source.error(
                InvalidSyntax, "ON CONFLICT DO UPDATE needs a key", clause.at, "write (columns)"
            )
        scope = joined_scope(
            self.context,
            table_scope(name, self.table, existing, None),
            table_scope("excluded", self.table, proposed, None),
            clause.at,
        )
        assignments, terms = self.target.assignments(clause.assignments, scope)
        where = None
        if clause.where is not None:
            where = self.target.binder(scope, "WHERE").condition(clause.where)
        if not single:
            self.target.check_reads((*terms, where))
        conflict = OnConflict(
            arbiter=arbiter,
            existing=existing,
            proposed=proposed,
            assignments=assignments,
            where=None if where is None else where.expr,
        )
        return conflict, first_failure((*terms, where))

    def _arbiter(self, clause: syntax.ConflictClause) -> Key | None:
        """Return the unique key that ON CONFLICT names by its columns, or by its own name."""
        if clause.constraint is not None:
            return self._constraint(clause.constraint)
        if not clause.columns:
            return None
        columns = {self.target.place(name) for name in clause.columns}
        if columns == {*self.table.primary}:
            return Key(None)
        for index in self.table.indexes:
            if index.unique and {*index.columns} == columns:
                return Key(index)
        raise self.context.source.error(
            InvalidColumnReference,
            "no unique key has just these columns",
            clause.columns[0].at,
            "name all columns of the primary key or of a UNIQUE constraint",
        )

    def _constraint(self, name: syntax.Name) -> Key:
        if name.text == self.table.primary_name:
            return Key(None)
        for index in self.table.indexes:
            if index.constraint and index.name == name.text:
                return Key(index)
        raise self.context.source.error(
            UndefinedObject,
            f'the table "{self.table.name}" has no unique constraint "{name.text}"',
            name.at,
        )


def _expr(term: Term | None) -> Expr | None:
    return None if term is None else term.expr
