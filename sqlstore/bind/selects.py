"""SELECT: from FROM to the list, with groups, order and DISTINCT.

The clauses are bound in PostgreSQL's order (FROM, list, WHERE, HAVING, ORDER BY, GROUP BY), which
decides what a parameter's type is, and which of two errors is reported.

Spec: docs/spec/sql.md, Q-40, Q-52. Not here: FROM (`sqlstore.bind.relations`), what stands around a
SELECT (`sqlstore.bind.queries`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlstore.bind.aggregates import Grouping
from sqlstore.bind.bound import BoundQuery, OutputColumn, result_column
from sqlstore.bind.expressions import ExpressionBinder
from sqlstore.bind.names import output_name
from sqlstore.bind.ordering import Ordering, sort_key
from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.forms import bare
from sqlstore.bind.relations import BoundSource, FromBinder
from sqlstore.bind.scope import Scope, find_table
from sqlstore.bind.terms import Term, any_failure, first_failure
from sqlstore.errors import GroupingError, InvalidColumnReference, InvalidSyntax, SqlError
from sqlstore.plan.expressions import Const
from sqlstore.plan.relations import Distinct, Filter, OneRow, Project, Relation, Sort
from sqlstore.plan.walk import columns_of
from sqlstore.types import BOOLEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.context import Context
    from sqlstore.bind.queries import QueryBinder, Withs
    from sqlstore.bind.terms import AnyTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectBinder:
    """Binds one SELECT, whose outer names are those of ``parent``.

    With ``keep_untyped``, outputs keep having no type, unless DISTINCT or a key needs one.
    """

    queries: QueryBinder
    withs: Withs
    parent: Scope | None
    keep_untyped: bool = False

    def clauses(self, tree: syntax.Select, order: Sequence[syntax.OrderKey]) -> SelectClauses:
        """Return the SELECT with its clauses bound, those behind ORDER BY left out.

        Raises `SqlError`.

        Spec: Q-40, Q-52.
        """
        source = self._source(tree)
        grouping = Grouping(context=self.queries.context, scope=source.scope, tables=source.tables)
        clauses = SelectClauses(
            tree=tree, order=order, source=source, grouping=grouping, select=self
        )
        clauses.bind()
        return clauses

    def _source(self, tree: syntax.Select) -> BoundSource:
        if tree.source is None:
            return BoundSource(relation=OneRow(), scope=Scope(parent=self.parent))
        return FromBinder(self.queries, self.withs, self.parent).bind(tree.source)


@dataclass(slots=True, kw_only=True)
class SelectClauses:
    """A SELECT while it is bound: its clauses as terms."""

    tree: syntax.Select
    order: Sequence[syntax.OrderKey]
    source: BoundSource
    grouping: Grouping
    select: SelectBinder
    columns: list[OutputColumn] = field(default_factory=list)
    where: Term | None = None
    having: Term | None = None
    keys: list[int | Term] = field(default_factory=list)
    """Of ORDER BY: the output that it is, or an expression over the input."""

    @property
    def context(self) -> Context:
        """The statement's."""
        return self.select.queries.context

    def _binder(self, clause: str, *, aggregates: bool = False) -> ExpressionBinder:
        return ExpressionBinder(
            context=self.context,
            scope=self.source.scope,
            clause=clause,
            grouping=self.grouping if aggregates else None,
            queries=self.select.queries.subqueries(self.select.withs),
        )

    @property
    def scope(self) -> Scope:
        """What FROM makes visible."""
        return self.source.scope

    def bind(self) -> None:
        """Bind all clauses behind FROM, then bring what they hold over the groups, if any.

        Spec: Q-40, Q-52.
        """
        for item in self.tree.items:
            self.columns.extend(self._item(item))
        if self.tree.where is not None:
            self.where = self._binder("WHERE").condition(self.tree.where)
        if self.tree.having is not None:
            self.having = self._binder("HAVING", aggregates=True).condition(self.tree.having)
        self.keys = [self._order_key(key) for key in self.order]
        self._bind_group()
        if self._is_grouped:
            self._regroup()

    @property
    def _is_grouped(self) -> bool:
        return bool(self.tree.group or self.tree.having is not None or self.grouping.calls)

    # --- the list

    def _item(self, item: syntax.Item | syntax.Star) -> list[OutputColumn]:
        if isinstance(item, syntax.Star):
            return self._star(item)
        binder = self._binder("the SELECT list", aggregates=True)
        name = output_name(item.expression) if item.alias is None else item.alias.text
        return [OutputColumn(name, binder.bind(item.expression))]

    def _star(self, star: syntax.Star) -> list[OutputColumn]:
        scope = self.source.scope
        if star.table is None and not scope.tables:
            raise self.context.source.error(InvalidSyntax, "SELECT * needs a FROM", star.at)
        return star_columns(self.context, scope, star)

    # --- GROUP BY

    def _bind_group(self) -> None:
        for tree in self.tree.group:
            key = self._group_key(tree)
            if any(source == self.grouping.source for source, _ in columns_of(key.expr)):
                raise self.context.source.error(
                    GroupingError, "there are no aggregates in GROUP BY", tree.at
                )
            self.grouping.add_key(key)

    def _group_key(self, tree: syntax.Expression) -> Term:
        """Return a key: an input column before an output, an ordinal, or an expression."""
        inside = bare(tree)
        is_input = isinstance(inside, syntax.Column) and bool(
            inside.table is not None or self.source.scope.named(inside.name.text)
        )
        if not is_input:
            at = Ordering(self.context, self.columns).output(inside, "GROUP BY")
            if at is not None:
                return self._typed_column(at)
        return self._binder("GROUP BY").typed(tree)

    def _typed_column(self, at: int) -> Term:
        """Give an output a type, if it has none, and return it."""
        term = self.select.queries.typed(self.columns[at].term)
        self.columns[at] = replace(self.columns[at], term=term)
        return term

    def _regroup(self) -> None:
        """Bring the list, HAVING and ORDER BY over the groups."""
        columns = [at for at, one in enumerate(self.columns) if isinstance(one.term, Term)]
        keys = [at for at, key in enumerate(self.keys) if isinstance(key, Term)]
        terms = [self._typed_column(at) for at in columns]
        terms += [key for key in self.keys if isinstance(key, Term)]
        if self.having is not None:
            terms.append(self.having)
        grouped = iter(self.grouping.regroup(terms))
        for at in columns:
            self.columns[at] = replace(self.columns[at], term=next(grouped))
        for at in keys:
            self.keys[at] = next(grouped)
        if self.having is not None:
            self.having = next(grouped)

    # --- ORDER BY

    def _order_key(self, key: syntax.OrderKey) -> int | Term:
        at = Ordering(self.context, self.columns).output(bare(key.expression), "ORDER BY")
        if at is not None:
            self._typed_column(at)
            return at
        term = self._binder("ORDER BY", aggregates=True).typed(key.expression)
        same = (
            place
            for place, column in enumerate(self.columns)
            if isinstance(column.term, Term) and column.term.expr == term.expr
        )
        found = next(same, None)
        if found is None and self.tree.distinct:
            raise self.context.source.error(
                InvalidColumnReference,
                "ORDER BY of SELECT DISTINCT takes only what is in the list",
                term.at,
            )
        return term if found is None else found

    # --- results

    def _rows(self) -> Relation:
        """Return the relation of the rows before groups and list."""
        return where_true(self.source.relation, self.where)

    def _failure(self) -> SqlError | None:
        clauses = first_failure((self.where, self.having))
        return any_failure(self.source.failure, clauses, self.grouping.failure)

    def rows(self) -> BoundQuery:
        """Return the query as EXISTS needs it: where it can, neither list nor groups, nor order.

        Spec: Q-62.
        """
        if self.grouping.calls or self.tree.having is not None:
            return self.result()
        for at in range(len(self.columns)):
            # Nothing computes the list, but a parameter in it has a type.
            self._typed_column(at)
        failure = self.source.failure or first_failure((self.where,))
        return BoundQuery(relation=self._rows(), columns=(), failure=failure)

    def result(self) -> BoundQuery:
        """Return the query in its order.

        Spec: Q-40.
        """
        relation = self._rows()
        if self._is_grouped:
            relation = where_true(self.grouping.relation(relation, self.tree.at), self.having)
        if self.tree.distinct or self.order:
            return self._projected(relation)
        return BoundQuery(
            relation=relation,
            columns=tuple(self.columns),
            failure=self._failure(),
        )

    def _projected(self, relation: Relation) -> BoundQuery:
        """Return the query with its list and its order's keys as the columns of one source."""
        columns = self._projected_columns()
        outputs = [self._typed_column(at) for at in columns]
        hidden = [key for key in self.keys if isinstance(key, Term)]
        source = self.context.new_source(self.tree.at)
        terms = [*outputs, *hidden]
        relation = Project(
            source=source, input=relation, expressions=tuple(term.expr for term in terms)
        )
        if self.tree.distinct:
            relation = Distinct(input=relation, source=source)
        places = self._places(columns)
        if self.order:
            keys = tuple(
                sort_key(key, result_column(source, at, [terms[at]], key.at).expr)
                for key, at in zip(self.order, places, strict=True)
            )
            relation = Sort(input=relation, source=source, keys=keys)
        return BoundQuery(
            relation=relation,
            columns=tuple(
                OutputColumn(column.name, result_column(source, columns.index(at), [term], term.at))
                if isinstance(term := column.term, Term)
                else column
                for at, column in enumerate(self.columns)
            ),
            source=source,
            exact=not hidden and len(columns) == len(self.columns),
            failure=self._failure(),
            list_failure=first_failure(terms),
        )

    def _projected_columns(self) -> list[int]:
        """Return the outputs that become columns of the source: all that have a type, or get one.

        Spec: Q-41.
        """
        keeps = self.select.keep_untyped and not self.tree.distinct
        return [
            at for at, one in enumerate(self.columns) if not keeps or isinstance(one.term, Term)
        ]

    def _places(self, columns: list[int]) -> list[int]:
        """Return the column of each key of ORDER BY: of the list, or a hidden one behind it."""
        places = []
        width = len(columns)
        for key in self.keys:
            places.append(width if isinstance(key, Term) else columns.index(key))
            width += isinstance(key, Term)
        return places


def where_true(relation: Relation, condition: Term | None) -> Relation:
    """Return the rows of ``relation`` for which ``condition`` is true.

    Spec: Q-45.
    """
    if condition is None or condition.expr == Const(True, BOOLEAN):
        return relation
    return Filter(input=relation, predicate=condition.expr)


def star_columns(context: Context, scope: Scope, star: syntax.Star) -> list[OutputColumn]:
    """Return the columns that ``*`` or ``t.*`` stands for.

    Raises `UndefinedTable`.

    Spec: Q-40.
    """
    columns = (
        scope.columns if star.table is None else find_table(context, scope, star.table).columns
    )
    found: list[OutputColumn] = []
    for column in columns:
        for source, place in columns_of(column.expr):
            context.note_reference(source, place, star.at)
        term: AnyTerm = Term(expr=column.expr, at=star.at, rescaled=column.rescaled)
        found.append(OutputColumn(column.name, term))
    return found
