"""FROM: tables, WITH queries, subqueries and joins, and the scopes that they make.

Spec: docs/spec/sql.md, Q-40, Q-63. Not here: what stands behind FROM (`sqlstore.bind.queries`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from sqlstore.bind.coercion import Coercion
from sqlstore.bind.expressions import ExpressionBinder
from sqlstore.bind.operators import Operators
from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.syntax import Connective, JoinForm
from sqlstore.bind.scope import (
    Scope,
    ScopeColumn,
    joined_scope,
    nullable_scope,
    relation_scope,
    table_scope,
)
from sqlstore.bind.terms import Term, any_failure, make_junction
from sqlstore.errors import (
    AmbiguousColumn,
    InvalidColumnReference,
    InvalidSyntax,
    SqlError,
    UndefinedColumn,
)
from sqlstore.plan.relations import Join, JoinKind, Relation, Scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.bound import BoundQuery
    from sqlstore.bind.context import Context
    from sqlstore.bind.queries import QueryBinder, Withs
    from sqlstore.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundSource:
    """A relation and what names stand for in it.

    ``tables`` are the schema's tables among the sources, by number.
    """

    relation: Relation
    scope: Scope
    tables: dict[int, Table] = field(default_factory=dict)
    failure: SqlError | None = None


@dataclass(frozen=True, slots=True)
class FromBinder:
    """Binds the FROM of one query, whose own names are in ``parent`` and around."""

    queries: QueryBinder
    withs: Withs
    parent: Scope | None

    @property
    def context(self) -> Context:
        """The statement's."""
        return self.queries.context

    def bind(self, item: syntax.FromItem) -> BoundSource:
        """Return a source of FROM.

        Raises `SqlError`.

        Spec: Q-40.
        """
        match item:
            case syntax.TableName():
                return self._table(item)
            case syntax.DerivedTable():
                bound = self.queries.bind(item.query, self.parent, self.withs)
                if item.alias is None:
                    raise self.context.source.error(
                        InvalidSyntax, "a subquery in FROM needs an alias", item.at
                    )
                return self.derived(bound, item.alias, item.at)
            case syntax.ParenJoin():
                return self.bind(item.join)
            case syntax.Joined():
                return self._joined(item)
            case _:
                assert_never(item)

    def _table(self, item: syntax.TableName) -> BoundSource:
        name = item.name.text
        bound = self.queries.with_query(self.withs, name)
        if bound is not None:
            alias = item.alias or syntax.Alias(name=item.name, columns=())
            return self.derived(bound, alias, item.at)
        table = self.context.tables.get(name)
        if table is None:
            raise self.context.source.undefined_table(name, item.at)
        source = self.context.new_source(item.at)
        alias_name = name if item.alias is None else item.alias.name.text
        scope = table_scope(alias_name, table, source, self.parent)
        if item.alias is not None:
            scope = self._renamed(scope, item.alias, source)
        columns = tuple(range(len(table.columns)))
        scan = Scan(source=source, table=table, columns=columns)
        return BoundSource(relation=scan, scope=scope, tables={source: table})

    def _renamed(self, scope: Scope, alias: syntax.Alias, source: int) -> Scope:
        columns = self._with_names(scope.columns, alias)
        return relation_scope(alias.name.text, columns, source, self.parent)

    def _with_names(
        self, columns: tuple[ScopeColumn, ...], alias: syntax.Alias
    ) -> tuple[ScopeColumn, ...]:
        """Return ``columns`` under the names of an alias, those that it gives."""
        if len(alias.columns) > len(columns):
            raise self.context.source.error(
                InvalidColumnReference,
                f'"{alias.name.text}" has {len(columns)} columns, not {len(alias.columns)}',
                alias.columns[-1].at,
            )
        given = tuple(
            replace(column, name=name.text)
            for column, name in zip(columns, alias.columns, strict=False)
        )
        return given + columns[len(given) :]

    def derived(self, bound: BoundQuery, alias: syntax.Alias, at: int) -> BoundSource:
        """Return a query as a source of its own.

        Spec: Q-63.
        """
        projected = self.queries.projected(bound, at)
        source = projected.source
        assert source is not None, "a projection has one source"
        terms = [self.queries.typed(column.term) for column in projected.columns]
        columns = tuple(
            ScopeColumn(name=column.name, expr=term.expr, rescaled=term.rescaled)
            for column, term in zip(projected.columns, terms, strict=True)
        )
        scope = relation_scope(
            alias.name.text, self._with_names(columns, alias), source, self.parent
        )
        return BoundSource(relation=projected.relation, scope=scope, failure=projected.all_failure)

    # --- joins

    def _joined(self, item: syntax.Joined) -> BoundSource:
        left, right = self.bind(item.left), self.bind(item.right)
        kind = JoinKind.LEFT if item.form is JoinForm.LEFT else JoinKind.INNER
        right_scope = nullable_scope(right.scope) if kind is JoinKind.LEFT else right.scope
        merged = [self._merged(name, left.scope, right_scope) for name in item.using]
        scope = joined_scope(self.context, left.scope, right_scope, item.at, merged)
        on = self._on(item, left.scope, right.scope, item.using)
        return BoundSource(
            relation=Join(
                kind=kind,
                left=left.relation,
                right=right.relation,
                on=None if on is None else on.expr,
            ),
            scope=scope,
            tables={**left.tables, **right.tables},
            failure=any_failure(left.failure, right.failure, None if on is None else on.failure),
        )

    def _on(
        self, item: syntax.Joined, left: Scope, right: Scope, using: Sequence[syntax.Name]
    ) -> Term | None:
        """Return the condition, over columns that are as nullable as the tables' own."""
        if item.on is not None:
            binder = ExpressionBinder(
                context=self.context,
                scope=joined_scope(self.context, left, right, item.at),
                clause="JOIN … ON",
                queries=self.queries.subqueries(self.withs),
            )
            return binder.condition(item.on)
        if not using:
            return None
        operators = Operators(Coercion(self.context))
        terms = []
        for name in using:
            one, two = (self._using_term(name, scope) for scope in (left, right))
            terms.append(operators.compare("=", one, two, name.at))
        return make_junction(self.context.source, Connective.AND, terms, using[0].at)

    def _using_term(self, name: syntax.Name, scope: Scope) -> Term:
        found = scope.named(name.text)
        if not found:
            raise self.context.source.error(
                UndefinedColumn, f'the column "{name.text}" of USING is not on both sides', name.at
            )
        if len(found) > 1:
            raise self.context.source.error(
                AmbiguousColumn, f'the column "{name.text}" of USING is twice on one side', name.at
            )
        return Term(expr=found[0].expr, at=name.at, rescaled=found[0].rescaled)

    def _merged(self, name: syntax.Name, left: Scope, right: Scope) -> ScopeColumn:
        """Return the left column, of the type that both can have."""
        one, two = (self._using_term(name, scope) for scope in (left, right))
        coercion = Coercion(self.context)
        type_ = coercion.common_type([one, two], "JOIN/USING")
        column = coercion.to_common(one, type_)
        return ScopeColumn(name=name.text, expr=column.expr, rescaled=column.rescaled)
