"""The table that a statement writes: values for its columns, and RETURNING.

Spec: docs/spec/sql.md, Q-11, Q-31, Q-48. Not here: the statements (`sqlstore.bind.inserts`,
`sqlstore.bind.writes`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlstore.bind.bound import OutputColumn
from sqlstore.bind.coercion import Coercion
from sqlstore.bind.expressions import ExpressionBinder
from sqlstore.bind.names import output_name
from sqlstore.bind.parameters import parameter_of
from sqlstore.bind.parse import syntax
from sqlstore.bind.queries import NO_WITHS
from sqlstore.bind.selects import star_columns
from sqlstore.bind.terms import Term, UntypedLiteral, UntypedParameter
from sqlstore.errors import GeneratedAlways, InvalidSyntax, UndefinedColumn
from sqlstore.plan.expressions import Const, Expr
from sqlstore.plan.statements import Assignment
from sqlstore.plan.subqueries import tables_read
from sqlstore.schema import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlstore.bind.context import Context
    from sqlstore.bind.queries import QueryBinder
    from sqlstore.bind.scope import Scope
    from sqlstore.bind.terms import AnyTerm
    from sqlstore.schema import Column, Table


@dataclass(frozen=True, slots=True)
class Target:
    """The table that one statement writes."""

    queries: QueryBinder
    table: Table

    @property
    def context(self) -> Context:
        """The statement's."""
        return self.queries.context

    @property
    def coercion(self) -> Coercion:
        """What gives types to terms."""
        return Coercion(self.context)

    def binder(self, scope: Scope, clause: str) -> ExpressionBinder:
        """Return what binds the expressions of a clause.

        Spec: Q-40.
        """
        return ExpressionBinder(
            context=self.context,
            scope=scope,
            clause=clause,
            queries=self.queries.subqueries(NO_WITHS),
        )

    def place(self, name: syntax.Name) -> int:
        """Return the place of the column ``name``. Raises `UndefinedColumn`.

        Spec: Q-40.
        """
        at = self.table.column(name.text)
        if at is None:
            raise self.context.source.error(
                UndefinedColumn,
                f'the table "{self.table.name}" has no column "{name.text}"',
                name.at,
            )
        return at

    # --- values

    def name_parameter(self, term: AnyTerm, at: int) -> None:
        """Name a parameter for the column that it is assigned to.

        Spec: Q-31.
        """
        index = _parameter_index(term)
        if index is not None:
            self.context.parameters.suggest_name(index, self.table.columns[at].name)

    def assigned(self, term: AnyTerm, column: Column, at: int) -> Term:
        """Return ``term``, written at ``at``, as the value of ``column``.

        Raises `GeneratedAlways`, and as `Coercion.assign`.

        Spec: Q-48, Q-65.
        """
        if column.identity is Identity.ALWAYS:
            raise self.context.source.error(
                GeneratedAlways,
                f'the column "{column.name}" is GENERATED ALWAYS',
                at,
                "leave it out, or write DEFAULT",
            )
        return self.coercion.assign(term, column.type, f'the column "{column.name}"')

    def default(self, column: Column, at: int) -> Term | None:
        """Return the default of ``column``; None is an identity's next number.

        Spec: Q-11.
        """
        if column.identity is not None:
            return None
        default = Const(None, column.type) if column.default is None else column.default
        return Term(expr=default, at=at)

    def assignments(
        self, clauses: Iterable[syntax.SetClause], scope: Scope
    ) -> tuple[tuple[Assignment, ...], list[Term]]:
        """Return SET as assignments, and their values as terms.

        Raises `SqlError`.

        Spec: Q-65.
        """
        trees = list(clauses)
        values = [self._set_value(clause, scope) for clause in trees]
        places: list[int] = []
        terms: list[Term] = []
        for clause, value in zip(trees, values, strict=True):
            at = self.place(clause.column)
            if at in places:
                raise self.context.source.error(
                    InvalidSyntax,
                    f'the column "{clause.column.text}" is set twice',
                    clause.column.at,
                )
            places.append(at)
            terms.append(self._set_term(value, self.table.columns[at], clause))
        assignments = tuple(
            Assignment(column=at, value=term.expr) for at, term in zip(places, terms, strict=True)
        )
        return assignments, terms

    def _set_value(self, clause: syntax.SetClause, scope: Scope) -> AnyTerm | None:
        """Bind the right side of one assignment, None for DEFAULT."""
        if isinstance(clause.value, syntax.Default):
            return None
        value = self.binder(scope, "SET").bind(clause.value)
        at = self.table.column(clause.column.text)
        if at is not None:
            self.name_parameter(value, at)
        return value

    def _set_term(self, value: AnyTerm | None, column: Column, clause: syntax.SetClause) -> Term:
        if value is not None:
            return self.assigned(value, column, clause.value.at)
        default = self.default(column, clause.column.at)
        if default is None:
            raise self.context.source.unsupported(
                f'SET of the identity column "{column.name}" to DEFAULT',
                clause.column.at,
                "delete the row and insert another",
            )
        return default

    def returning(
        self, items: Sequence[syntax.Item | syntax.Star], scope: Scope, *, single: bool
    ) -> tuple[OutputColumn, ...]:
        """Return the columns of RETURNING, of a statement of one row at most if ``single``.

        Raises `SqlError`.

        Spec: Q-60, Q-64.
        """
        binder = self.binder(scope, "RETURNING")
        columns: list[OutputColumn] = []
        for item in items:
            if isinstance(item, syntax.Star):
                columns.extend(star_columns(self.context, scope, item))
                continue
            name = output_name(item.expression) if item.alias is None else item.alias.text
            columns.append(OutputColumn(name, binder.bind(item.expression)))
        if not single:
            self.check_reads(column.term for column in columns)
        return tuple(replace(one, term=self.coercion.as_text(one.term)) for one in columns)

    def check_reads(self, terms: Iterable[AnyTerm | None]) -> None:
        """Refuse subqueries of the table itself, in what is computed between two rows' writes.

        They would see the first of these writes.

        Raises `SqlError`.

        Spec: Q-60.
        """
        for term in terms:
            if isinstance(term, Term) and self.table.name in tables_read(term.expr):
                raise self.context.source.unsupported(
                    f'a subquery of "{self.table.name}" here: its rows are being written',
                    term.at,
                    "write a SELECT of its own before this statement",
                )


def column_exprs(columns: Sequence[OutputColumn]) -> tuple[Expr, ...]:
    """Return the expressions of RETURNING, all of which have types.

    Spec: Q-64.
    """
    return tuple(column.term.expr for column in columns if isinstance(column.term, Term))


def _parameter_index(term: AnyTerm) -> int | None:
    """Return the parameter that ``term`` is, through casts."""
    match term:
        case UntypedParameter():
            return term.index
        case UntypedLiteral():
            return None
        case Term():
            return parameter_of(term.expr)
