"""Aggregates, and what may stand beside them.

While a query's list is bound, an aggregate is column j of the source of its `Aggregate`, where j
counts aggregates only. When the list is complete, `Grouping.regroup` moves these behind the keys,
puts keys in the place of equal expressions, and refuses what is neither. A column of a table whose
whole primary key is grouped depends on it: it becomes a key itself, as PostgreSQL allows.

Spec: docs/spec/sql.md, Q-40, Q-52. Not here: where a query has groups (`sqlstore.bind.queries`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sqlstore.bind.coercion import Category, Coercion, category
from sqlstore.bind.parse.syntax import CallForm, FunctionCall
from sqlstore.bind.terms import Term, UntypedLiteral, UntypedParameter
from sqlstore.errors import (
    AmbiguousFunction,
    GroupingError,
    SqlError,
    UndefinedFunction,
    WrongObjectType,
)
from sqlstore.plan.expressions import ColumnRef, Const, Exists, Expr, InSubquery, ScalarSubquery
from sqlstore.plan.nullability import is_nullable
from sqlstore.plan.relations import Aggregate, AggregateCall, AggregateFunction, Relation
from sqlstore.plan.subqueries import subqueries_in
from sqlstore.plan.walk import (
    children,
    inputs,
    inside,
    map_expressions,
    walk,
    with_children,
    with_inputs,
)
from sqlstore.types import BIGINT, TEXT, Kind, SqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.context import Context
    from sqlstore.bind.scope import Scope
    from sqlstore.bind.terms import AnyTerm
    from sqlstore.schema import Table

FUNCTIONS: Final = {
    "count": AggregateFunction.COUNT,
    "sum": AggregateFunction.SUM,
    "min": AggregateFunction.MIN,
    "max": AggregateFunction.MAX,
    "avg": AggregateFunction.AVG,
}

CAST_HINT: Final = "write CAST({name}(…) AS BIGINT), or AS NUMERIC(p, s)"


@dataclass(slots=True)
class Grouping:
    """The groups of one query: its aggregates as they are found, and its keys."""

    context: Context
    scope: Scope
    tables: dict[int, Table]
    """The tables of the query's own FROM, by source."""
    source: int | None = None
    """The number of the groups, once there is an aggregate or a key."""
    keys: list[Expr] = field(default_factory=list)
    calls: list[AggregateCall] = field(default_factory=list)
    failure: SqlError | None = None

    def _number(self, at: int) -> int:
        if self.source is None:
            self.source = self.context.new_source(at)
        return self.source

    def add_key(self, key: Term) -> None:
        """Take up a key of GROUP BY.

        Spec: Q-52.
        """
        self.failure = self.failure or key.failure
        if key.expr not in self.keys:
            self.keys.append(key.expr)

    # --- aggregates

    def call(
        self, node: FunctionCall, arguments: Sequence[AnyTerm], cast_to: SqlType | None
    ) -> Term:
        """Return the aggregate ``node`` of bound ``arguments``, directly under a cast or not.

        Raises `UndefinedFunction`, `AmbiguousFunction`, `FeatureNotSupported`.

        Spec: Q-52.
        """
        source, name = self.context.source, node.name.text
        if node.form is CallForm.DISTINCT and arguments:
            raise source.unsupported(
                "DISTINCT in an aggregate", node.at, "aggregate over SELECT DISTINCT in FROM"
            )
        if node.form is CallForm.STAR:
            if name != "count":
                raise source.error(UndefinedFunction, f"there is no function {name}()", node.at)
            return self._take(_count_rows(), node.at, None)
        if len(arguments) != 1:
            raise self._wrong_count(node, arguments)
        argument = self._argument(arguments[0], name)
        type_ = self._type(node, argument, cast_to)
        call = AggregateCall(function=FUNCTIONS[name], argument=argument.expr, type=type_)
        rescaled = name in ("min", "max") and argument.rescaled
        return replace(self._take(call, node.at, argument.failure), rescaled=rescaled)

    def _wrong_count(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> SqlError:
        name = node.name.text
        if name == "count" and not arguments:
            reason = "count without an argument is count(*)"
            return self.context.source.error(WrongObjectType, reason, node.at)
        return self.context.source.error(
            UndefinedFunction, f"{name} takes one argument, not {len(arguments)}", node.at
        )

    def _argument(self, term: AnyTerm, name: str) -> Term:
        if isinstance(term, UntypedLiteral | UntypedParameter):
            if name in ("sum", "avg"):
                raise self.context.source.error(
                    AmbiguousFunction, f"the argument of {name} has no type", term.at, "cast it"
                )
            if name == "count" and isinstance(term, UntypedParameter):
                parameter = self.context.parameters.without_type(term.index, term.at)
                return Term(expr=parameter, at=term.at)
            term = Coercion(self.context).as_text(term)
        if name in ("min", "max") and term.type.is_text:
            term = Coercion(self.context).cast(term, TEXT)
        if subqueries_in(term.expr):
            raise self.context.source.unsupported(
                "a subquery in an aggregate", term.at, "compute it in a subquery in FROM"
            )
        return term

    def _type(self, node: FunctionCall, argument: Term, cast_to: SqlType | None) -> SqlType:
        """Return the aggregate's type; that of the cast around it where it has none of its own."""
        function, kind = FUNCTIONS[node.name.text], argument.type.kind
        match function:
            case AggregateFunction.COUNT:
                return BIGINT
            case AggregateFunction.MIN | AggregateFunction.MAX:
                if kind in (Kind.BOOLEAN, Kind.BYTEA):
                    raise self._no_aggregate(node, argument)
                return argument.type
            case AggregateFunction.SUM | AggregateFunction.AVG:
                if category(argument.type) is not Category.NUMBER:
                    raise self._no_aggregate(node, argument)
        if function is AggregateFunction.SUM and kind in (Kind.SMALLINT, Kind.INTEGER):
            return BIGINT
        if cast_to is None:
            raise self.context.source.unsupported(
                f"{node.name.text} of {argument.type} that is not directly under a cast",
                node.at,
                CAST_HINT.format(name=node.name.text),
            )
        return cast_to

    def _no_aggregate(self, node: FunctionCall, argument: Term) -> SqlError:
        return self.context.source.error(
            UndefinedFunction, f"there is no function {node.name.text}({argument.type})", node.at
        )

    def _take(self, call: AggregateCall, at: int, failure: SqlError | None) -> Term:
        """Return the column of an aggregate, the same for an equal one."""
        if call.argument is not None:
            self._check_level(call.argument, at)
        if call not in self.calls:
            self.calls.append(call)
        nullable = call.function not in (AggregateFunction.COUNT, AggregateFunction.COUNT_ROWS)
        column = self.calls.index(call)
        ref = ColumnRef(source=self._number(at), column=column, type=call.type, nullable=nullable)
        return Term(expr=ref, at=at, failure=failure)

    def _check_level(self, argument: Expr, at: int) -> None:
        """Refuse an aggregate of an outer query's columns alone, which would be that query's."""
        used = {one.source for one in walk(argument) if isinstance(one, ColumnRef)}
        if used and not used & self.scope.sources:
            raise self.context.source.unsupported(
                "an aggregate of an outer query", at, "compute it in a subquery in FROM"
            )

    # --- keys

    def relation(self, below: Relation, at: int) -> Relation:
        """Return the groups of the rows of ``below``.

        Spec: Q-52.
        """
        return Aggregate(
            source=self._number(at),
            input=below,
            keys=tuple(self.keys),
            aggregates=tuple(self.calls),
        )

    def regroup(self, terms: Sequence[Term]) -> list[Term]:
        """Return ``terms`` over the groups: keys, aggregates, and nothing else of the rows.

        Raises `GroupingError`.

        Spec: Q-40.
        """
        for term in terms:
            self._take_dependent(term.expr, term.at)
        if self.keys and terms:
            self._number(terms[0].at)
        return [replace(term, expr=self._grouped(term.expr)) for term in terms]

    def _take_dependent(self, expr: Expr, at: int) -> None:
        """Make keys of the columns that depend on keys; refuse others that are not grouped."""
        if self._key_of(expr) is not None:
            return
        if isinstance(expr, ColumnRef):
            if expr.source in self.scope.sources:
                self._take_column(expr, at)
            return
        for part in children(expr):
            self._take_dependent(part, at)
        if isinstance(expr, Exists | ScalarSubquery | InSubquery):
            for part in inside(expr):
                self._take_dependent(part, at)

    def _take_column(self, ref: ColumnRef, at: int) -> None:
        table = self.tables.get(ref.source)
        columns = (one for one in self.keys if isinstance(one, ColumnRef))
        keyed = {one.column for one in columns if one.source == ref.source}
        if table is None or not keyed.issuperset(table.primary):
            raise self.context.source.error(
                GroupingError,
                f"{self._column_name(ref)} is neither in GROUP BY nor in an aggregate",
                self.context.place_of(ref.source, ref.column, at),
                "add it to GROUP BY, or write MIN(…)",
            )
        self.keys.append(ref)

    def _column_name(self, ref: ColumnRef) -> str:
        """Return what the query calls a column of its FROM."""
        names = (one.name for one in self.scope.columns if _same_column(one.expr, ref))
        return next((f'the column "{name}"' for name in names), "a column")

    def _key_of(self, expr: Expr) -> int | None:
        """Return the place of the key that ``expr`` equals; a constant equals none."""
        if isinstance(expr, Const):
            return None
        same = (at for at, key in enumerate(self.keys) if key == expr or _same_column(key, expr))
        return next(same, None)

    def _grouped(self, expr: Expr) -> Expr:
        key = self._key_of(expr)
        if key is not None and self.source is not None:
            return ColumnRef(
                source=self.source, column=key, type=expr.type, nullable=is_nullable(expr)
            )
        if isinstance(expr, ColumnRef):
            moved = replace(expr, column=expr.column + len(self.keys))
            return moved if expr.source == self.source else expr
        whole = with_children(expr, tuple(self._grouped(part) for part in children(expr)))
        match whole:
            case Exists():
                return replace(whole, relation=self._grouped_relation(whole.relation))
            case ScalarSubquery() | InSubquery():
                relation = self._grouped_relation(whole.relation)
                return replace(whole, relation=relation, value=self._grouped(whole.value))
            case _:
                return whole

    def _grouped_relation(self, relation: Relation) -> Relation:
        below = tuple(self._grouped_relation(one) for one in inputs(relation))
        return map_expressions(with_inputs(relation, below), self._grouped)


def _count_rows() -> AggregateCall:
    return AggregateCall(function=AggregateFunction.COUNT_ROWS, argument=None, type=BIGINT)


def _same_column(key: Expr, expr: Expr) -> bool:
    if not isinstance(key, ColumnRef) or not isinstance(expr, ColumnRef):
        return False
    return (key.source, key.column) == (expr.source, expr.column)
