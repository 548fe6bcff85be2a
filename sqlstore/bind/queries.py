"""QueryBinder: WITH, VALUES, UNION, ORDER BY and LIMIT as relations.

Spec: docs/spec/sql.md, Q-33, Q-40, Q-42, Q-63. Not here: SELECT (`sqlstore.bind.selects`), FROM
(`sqlstore.bind.relations`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from sqlstore.bind.bound import BoundQuery, OutputColumn, result_column
from sqlstore.bind.coercion import Coercion
from sqlstore.bind.expressions import ExpressionBinder
from sqlstore.bind.ordering import Ordering
from sqlstore.bind.parse import syntax
from sqlstore.bind.scope import Scope
from sqlstore.bind.selects import SelectBinder
from sqlstore.bind.terms import Term, any_failure, first_failure
from sqlstore.errors import (
    DatatypeMismatch,
    DuplicateAlias,
    InvalidColumnReference,
    InvalidSyntax,
)
from sqlstore.plan.expressions import Const
from sqlstore.plan.relations import Distinct, Limit, Project, Relation, Sort, Union, Values
from sqlstore.plan.walk import columns_of
from sqlstore.types import BIGINT, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.context import Context
    from sqlstore.bind.terms import AnyTerm


@dataclass(slots=True)
class WithQuery:
    """A WITH query. ``unused`` is what binding it for its errors has given, until it is used."""

    tree: syntax.With
    withs: Withs
    parent: Scope | None
    unused: BoundQuery | None = None


@dataclass(frozen=True, slots=True)
class Withs:
    """The WITH queries that are visible somewhere, by name."""

    by_name: dict[str, WithQuery]


NO_WITHS = Withs({})


@dataclass(frozen=True, slots=True)
class QueryBinder:
    """Binds the queries of one statement."""

    context: Context

    @property
    def coercion(self) -> Coercion:
        """What gives types to terms."""
        return Coercion(self.context)

    def typed(self, term: AnyTerm) -> Term:
        """Return a column's value with a type: TEXT if nothing gives it another.

        Spec: Q-41.
        """
        return self.coercion.as_text(term)

    def subqueries(self, withs: Withs) -> SubqueryBinder:
        """Return what binds the subqueries of expressions where ``withs`` are visible.

        Spec: Q-41.
        """
        return SubqueryBinder(self, withs)

    def bind(
        self,
        query: syntax.Query,
        parent: Scope | None,
        withs: Withs = NO_WITHS,
        *,
        rows_only: bool = False,
        keep_untyped: bool = False,
    ) -> BoundQuery:
        """Return ``query``; with ``rows_only`` nothing but whether it has rows counts.

        With ``keep_untyped``, what has no type in a SELECT's list is left without where it can be:
        an INSERT gives it that of its column.

        Raises `SqlError`.

        Spec: Q-33, Q-40, Q-62, Q-63.
        """
        query = self._unwrapped(query)
        inner = self._with_queries(query.withs, parent, withs)
        if not isinstance(query.body, syntax.Select):
            bound = self._ordered(self._body(query.body, parent, inner), query.order)
            counts = self._counts(query, Scope(parent=parent), inner)
        else:
            binder = SelectBinder(
                queries=self, withs=inner, parent=parent, keep_untyped=keep_untyped
            )
            clauses = binder.clauses(query.body, query.order)
            counts = self._counts(query, clauses.scope, inner)
            bound = clauses.rows() if rows_only and counts.keep_first else clauses.result()
        if rows_only:
            return bound if counts.keep_first else counts.limited(bound)
        self._check_ordered(query)
        return counts.limited(bound)

    def _unwrapped(self, query: syntax.Query) -> syntax.Query:
        """Take a query out of parentheses, and what stands around these with it."""
        while isinstance(query.body, syntax.ParenQuery):
            inside = query.body.query
            for name in ("withs", "order", "limit", "offset"):
                outer = getattr(query, name)
                if outer and getattr(inside, name):
                    raise self.context.source.error(
                        InvalidSyntax, f"there are two clauses {_CLAUSES[name]}", inside.at
                    )
                if outer:
                    inside = replace(inside, **{name: outer})
            query = inside
        return query

    # --- WITH

    def _with_queries(
        self, trees: Sequence[syntax.With], parent: Scope | None, withs: Withs
    ) -> Withs:
        names: set[str] = set()
        for tree in trees:
            name = tree.alias.name.text
            if name in names:
                raise self.context.source.error(
                    DuplicateAlias, f'there are two WITH queries "{name}"', tree.at
                )
            names.add(name)
            entry = WithQuery(tree, withs, parent)
            entry.unused = self._bind_with(entry)
            withs = Withs({**withs.by_name, name: entry})
        return withs

    def _bind_with(self, entry: WithQuery) -> BoundQuery:
        bound = self.bind(entry.tree.query, entry.parent, entry.withs)
        names = entry.tree.alias.columns
        if len(names) > len(bound.columns):
            raise self.context.source.error(
                InvalidColumnReference,
                f'"{entry.tree.alias.name.text}" has {len(bound.columns)} columns',
                names[-1].at,
            )
        # What has no type is TEXT, before anybody uses it.
        columns = [replace(one, term=self.typed(one.term)) for one in bound.columns]
        for at, name in enumerate(names):
            columns[at] = replace(columns[at], name=name.text)
        return replace(bound, columns=tuple(columns))

    def with_query(self, withs: Withs, name: str) -> BoundQuery | None:
        """Return the WITH query ``name``, with sources of its own for each use, or None.

        Spec: Q-63.
        """
        entry = withs.by_name.get(name)
        if entry is None:
            return None
        bound, entry.unused = entry.unused, None
        return self._bind_with(entry) if bound is None else bound

    # --- bodies

    def _body(self, body: syntax.QueryBody, parent: Scope | None, withs: Withs) -> BoundQuery:
        match body:
            case syntax.Select():
                binder = SelectBinder(queries=self, withs=withs, parent=parent)
                return binder.clauses(body, ()).result()
            case syntax.ValuesList():
                return self._values(body, parent, withs)
            case syntax.SetOperation():
                return self._union(body, parent, withs)
            case syntax.ParenQuery():
                return self.bind(body.query, parent, withs)
            case _:
                assert_never(body)

    def _values(self, body: syntax.ValuesList, parent: Scope | None, withs: Withs) -> BoundQuery:
        binder = self.binder(Scope(parent=parent), "VALUES", withs)
        rows = [[binder.bind(one) for one in row] for row in body.rows]
        self.check_widths(body)
        columns = [self.coercion.common(column, "VALUES") for column in zip(*rows, strict=True)]
        types = tuple(column[0].type for column in columns)
        source = self.context.new_source(body.at)
        values = Values(
            source=source,
            rows=tuple(tuple(term.expr for term in row) for row in zip(*columns, strict=True)),
            types=types,
        )
        outputs = tuple(
            OutputColumn(f"column{at + 1}", result_column(source, at, column, body.at))
            for at, column in enumerate(columns)
        )
        return BoundQuery(
            relation=values,
            columns=outputs,
            source=source,
            exact=True,
            list_failure=first_failure(term for column in columns for term in column),
        )

    def check_widths(self, body: syntax.ValuesList) -> None:
        """Refuse rows of VALUES that are not equally long.

        Spec: Q-42.
        """
        for row in body.rows:
            if len(row) != len(body.rows[0]):
                raise self.context.source.error(
                    InvalidSyntax, "the rows of VALUES are not equally long", row[0].at
                )

    def binder(self, scope: Scope, clause: str, withs: Withs) -> ExpressionBinder:
        """Return what binds the expressions of a clause without aggregates.

        Spec: Q-41.
        """
        return ExpressionBinder(
            context=self.context, scope=scope, clause=clause, queries=self.subqueries(withs)
        )

    def _union(self, body: syntax.SetOperation, parent: Scope | None, withs: Withs) -> BoundQuery:
        sides = [self._body(one, parent, withs) for one in (body.left, body.right)]
        left, right = sides
        if len(left.columns) != len(right.columns):
            raise self.context.source.error(
                InvalidSyntax, "both sides of UNION need as many columns", body.right.at
            )
        pairs = [
            self.coercion.common([one.term, two.term], "UNION")
            for one, two in zip(left.columns, right.columns, strict=True)
        ]
        parts = [
            self._as_source(side, [pair[at] for pair in pairs], body.at)
            for at, side in enumerate(sides)
        ]
        source = self.context.new_source(body.at)
        relation: Relation = Union(
            source=source,
            inputs=tuple(relation for relation, _ in parts),
            sources=tuple(number for _, number in parts),
            types=tuple(pair[0].type for pair in pairs),
        )
        if not body.all:
            relation = Distinct(input=relation, source=source)
        failure = first_failure(term for pair in pairs for term in pair)
        return BoundQuery(
            relation=relation,
            columns=tuple(
                OutputColumn(column.name, result_column(source, at, pair, column.term.at))
                for at, (column, pair) in enumerate(zip(left.columns, pairs, strict=True))
            ),
            source=source,
            exact=True,
            list_failure=any_failure(left.all_failure, right.all_failure, failure),
        )

    def _as_source(self, bound: BoundQuery, terms: Sequence[Term], at: int) -> tuple[Relation, int]:
        """Return a relation whose one source has just ``terms``, values over ``bound``."""
        same = all(
            term.expr == column.term.expr
            for term, column in zip(terms, bound.columns, strict=True)
            if isinstance(column.term, Term)
        )
        if bound.exact and bound.source is not None and same:
            return bound.relation, bound.source
        source = self.context.new_source(at)
        expressions = tuple(term.expr for term in terms)
        return Project(source=source, input=bound.relation, expressions=expressions), source

    def projected(self, bound: BoundQuery, at: int) -> BoundQuery:
        """Return ``bound`` with a source that has its columns.

        Spec: Q-40.
        """
        if bound.source is not None:
            return bound
        terms = [self.typed(column.term) for column in bound.columns]
        relation, source = self._as_source(replace(bound, exact=False), terms, at)
        columns = tuple(
            OutputColumn(column.name, result_column(source, place, [term], term.at))
            for place, (column, term) in enumerate(zip(bound.columns, terms, strict=True))
        )
        return BoundQuery(
            relation=relation,
            columns=columns,
            source=source,
            exact=True,
            failure=bound.failure,
            list_failure=bound.all_failure,
        )

    # --- ORDER BY and LIMIT

    def _ordered(self, bound: BoundQuery, order: Sequence[syntax.OrderKey]) -> BoundQuery:
        """Order VALUES or UNION: by their own columns only."""
        if not order:
            return bound
        assert bound.source is not None, "VALUES and UNION have a source"
        ordering = Ordering(self.context, bound.columns)
        keys = tuple(ordering.by_output(key) for key in order)
        return replace(bound, relation=Sort(input=bound.relation, source=bound.source, keys=keys))

    def _check_ordered(self, query: syntax.Query) -> None:
        """Refuse LIMIT and OFFSET of rows in no order: which they keep would depend on a plan."""
        first = query.offset if query.limit is None else query.limit
        if first is not None and not query.order:
            raise self.context.source.unsupported(
                "LIMIT or OFFSET without ORDER BY", first.at, "order by the primary key"
            )

    def _counts(self, query: syntax.Query, scope: Scope, withs: Withs) -> _Counts:
        offset = self._count(query.offset, "OFFSET", scope, withs)
        return _Counts(offset=offset, count=self._count(query.limit, "LIMIT", scope, withs))

    def _count(
        self, tree: syntax.Expression | None, clause: str, scope: Scope, withs: Withs
    ) -> Term | None:
        """Return the number of LIMIT or OFFSET, which has no columns of the query itself."""
        if tree is None:
            return None
        term = self.binder(scope, clause, withs).bind(tree)
        if isinstance(term, Term) and any(
            source in scope.sources for source, _ in columns_of(term.expr)
        ):
            raise self.context.source.error(
                InvalidColumnReference, f"{clause} has no columns of its query", term.at
            )
        found = self.coercion.resolve(term, BIGINT)
        if not found.type.is_integer and found.type.kind is not Kind.NUMERIC:
            raise self.context.source.error(
                DatatypeMismatch, f"the argument of {clause} has to be a number", found.at
            )
        count = self.coercion.cast(found, BIGINT, assignment=True)
        return None if count.expr == Const(None, BIGINT) else count


@dataclass(frozen=True, slots=True)
class SubqueryBinder:
    """Binds the subqueries of expressions."""

    queries: QueryBinder
    withs: Withs

    def __call__(self, query: syntax.Query, parent: Scope | None, *, rows_only: bool) -> BoundQuery:
        """Return ``query``, whose outer names are those of ``parent``."""
        return self.queries.bind(query, parent, self.withs, rows_only=rows_only)


_CLAUSES = {"withs": "WITH", "order": "ORDER BY", "limit": "LIMIT", "offset": "OFFSET"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """LIMIT and OFFSET of a query; None is one that is not there, or is the constant NULL."""

    offset: Term | None
    count: Term | None

    @property
    def keep_first(self) -> bool:
        """Whether the first row is kept, whatever parameters are: EXISTS need not count then."""
        if self.offset is not None:
            return False
        match self.count:
            case None:
                return True
            case Term(expr=Const(value=int(count)), failure=None):
                return count > 0
            case _:
                return False

    def limited(self, bound: BoundQuery) -> BoundQuery:
        """Return ``bound`` with as many of its rows."""
        if self.offset is None and self.count is None:
            return bound
        relation = Limit(
            input=bound.relation,
            count=None if self.count is None else self.count.expr,
            offset=None if self.offset is None else self.offset.expr,
        )
        failure = any_failure(bound.failure, first_failure((self.offset, self.count)))
        return replace(bound, relation=relation, failure=failure)
