"""sqlglot's queries as ours.

Spec: docs/spec/sql.md, Q-32, Q-33. Not here: INSERT, UPDATE and DELETE
(`sqlstore.bind.parse.statement_reader`), expressions (`sqlstore.bind.parse.expression_reader`),
names and types (`sqlstore.bind.statements`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.expression_reader import ExpressionReader
from sqlstore.bind.parse.keywords import NEED_AS
from sqlstore.bind.parse.syntax import JoinForm

if TYPE_CHECKING:
    from sqlstore.bind.parse.nodes import Nodes

_CLAUSES: Final = ("with_", "order", "limit", "offset")
"""What stands around a query's body."""


@dataclass(frozen=True, slots=True)
class QueryReader:
    """Reads the queries of one text."""

    nodes: Nodes
    expressions: ExpressionReader = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expressions", ExpressionReader(self.nodes, self.query))

    # --- queries

    def query(self, node: exp.Expr) -> syntax.Query:
        """Return ``node`` as a query: its body with what stands around it.

        Raises `InvalidSyntax`, `FeatureNotSupported`.

        Spec: Q-32, Q-63.
        """
        with_ = self.nodes.optional(node, "with_")
        withs = () if with_ is None else self._withs(with_)
        body = self._body(node)
        return syntax.Query(
            at=withs[0].alias.name.at if withs else body.at,
            withs=withs,
            body=body,
            order=self._order(node),
            limit=self.clause(node, "limit", exp.Limit),
            offset=self.clause(node, "offset", exp.Offset),
        )

    def _withs(self, node: exp.Expr) -> tuple[syntax.With, ...]:
        self.nodes.only(node, "expressions")
        return tuple(self._with(one) for one in self.nodes.many(node))

    def _with(self, node: exp.Expr) -> syntax.With:
        self.nodes.only(node, "this", "alias", "materialized")
        alias = self.alias(self.nodes.child(node, "alias"))
        inside = self.nodes.child(node)
        if isinstance(inside, exp.Insert | exp.Update | exp.Delete):
            raise self.nodes.source.unsupported(
                "WITH over INSERT, UPDATE or DELETE", alias.name.at, "write two statements"
            )
        materialized = node.args.get("materialized")
        return syntax.With(
            at=alias.name.at,
            alias=alias,
            materialized=None if materialized is None else bool(materialized),
            query=self.query(inside),
        )

    def _body(self, node: exp.Expr) -> syntax.QueryBody:
        """Read a body; clauses around it are its query's, except in operands of UNION."""
        match node:
            case exp.Select():
                return self._select(node)
            case exp.Values():
                self.nodes.only(node, "expressions", *_CLAUSES)
                return self._values(node)
            case exp.Union():
                self.nodes.only(node, "this", "expression", "distinct", *_CLAUSES)
                left = self._operand(self.nodes.child(node))
                return syntax.SetOperation(
                    at=left.at,
                    left=left,
                    right=self._operand(self.nodes.child(node, "expression")),
                    all=not node.args.get("distinct"),
                )
            case exp.Subquery():
                self.nodes.only(node, "this", *_CLAUSES)
                query = self.query(self.nodes.child(node))
                return syntax.ParenQuery(at=query.at, query=query)
            case _:
                raise self.nodes.unknown(node)

    def _operand(self, node: exp.Expr) -> syntax.QueryBody:
        """Read an operand of UNION, which has clauses of its own only in parentheses."""
        if any(node.args.get(name) for name in _CLAUSES):
            raise self.nodes.unknown(node)
        if (inner := self._star_over_values(node)) is not None:
            self.nodes.only(inner, "expressions", "alias")
            return self._values(inner)
        return self._body(node)

    def _select(self, node: exp.Expr) -> syntax.QueryBody:
        if (inner := self._star_over_values(node)) is not None:
            self.nodes.only(inner, "expressions", "alias")
            return self._values(inner)
        parts = ("distinct", "expressions", "from_", "joins", "where", "group", "having")
        self.nodes.only(node, *parts, *_CLAUSES)
        distinct = self.nodes.optional(node, "distinct")
        if distinct is not None and distinct.args.get("on"):
            raise self.nodes.source.unsupported(
                "DISTINCT ON", self.nodes.place(distinct), "write GROUP BY, or a subquery"
            )
        source = self.nodes.optional(node, "from_")
        items = self.items(node)
        return syntax.Select(
            at=items[0].at if items else self.nodes.place(node),
            distinct=distinct is not None,
            items=items,
            source=None if source is None else self._from(source, node),
            where=self.clause(node, "where", exp.Where),
            group=self._group(node),
            having=self.clause(node, "having", exp.Having),
        )

    def items(self, node: exp.Expr) -> tuple[syntax.Item | syntax.Star, ...]:
        """Read the list of a SELECT or RETURNING."""
        return tuple(self._item(one) for one in self.nodes.many(node))

    def _item(self, node: exp.Expr) -> syntax.Item | syntax.Star:
        if isinstance(node, exp.Star):
            return syntax.Star(at=self.nodes.lexeme(node).start, table=None)
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            self.nodes.only(node, "this", "table")
            table = self.nodes.name(self.nodes.child(node, "table"))
            return syntax.Star(at=table.at, table=table)
        alias = None
        if isinstance(node, exp.Alias):
            self.nodes.only(node, "this", "alias")
            alias = self._label(self.nodes.child(node, "alias"))
            node = self.nodes.child(node)
        expression = self.expressions.read(node)
        return syntax.Item(at=expression.at, expression=expression, alias=alias)

    def _label(self, node: exp.Expr) -> syntax.Name:
        """Read the name of an output column: any word behind AS, most words without."""
        label = self.nodes.label(node)
        before = next(
            (one for one, two in pairwise(self.nodes.lexemes) if two.start == label.at), None
        )
        written_as = before is not None and before.is_word("as")
        if not written_as and self.nodes.by_start[label.at].is_word(*NEED_AS):
            raise self.nodes.source.syntax_error(label.at)
        return label

    def _values(self, node: exp.Expr) -> syntax.ValuesList:
        rows = []
        for one in self.nodes.many(node):
            self.nodes.only(self.nodes.as_kind(one, exp.Tuple), "expressions")
            rows.append(tuple(self.expressions.read(value) for value in self.nodes.many(one)))
        if not all(rows):
            raise self.nodes.unknown(node)
        return syntax.ValuesList(at=rows[0][0].at, rows=tuple(rows))

    def _group(self, node: exp.Expr) -> tuple[syntax.Expression, ...]:
        group = self.nodes.optional(node, "group")
        if group is None:
            return ()
        self.nodes.only(group, "expressions")
        return tuple(self.expressions.read(one) for one in self.nodes.many(group))

    def clause(self, node: exp.Expr, name: str, kind: type[exp.Expr]) -> syntax.Expression | None:
        """Read WHERE, HAVING, LIMIT or OFFSET: a node around one expression."""
        clause = self.nodes.optional(node, name)
        if clause is None:
            return None
        field_name = "expression" if name in ("limit", "offset") else "this"
        self.nodes.only(self.nodes.as_kind(clause, kind), field_name)
        inside = self.nodes.child(clause, field_name)
        if isinstance(inside, exp.Var):
            raise self.nodes.source.unsupported("LIMIT ALL", self.nodes.place(node), "leave it out")
        return self.expressions.read(inside)

    def _order(self, node: exp.Expr) -> tuple[syntax.OrderKey, ...]:
        order = self.nodes.optional(node, "order")
        if order is None:
            return ()
        self.nodes.only(order, "expressions")
        return tuple(self._order_key(one) for one in self.nodes.many(order))

    def _order_key(self, node: exp.Expr) -> syntax.OrderKey:
        self.nodes.only(self.nodes.as_kind(node, exp.Ordered), "this", "desc", "nulls_first")
        expression = self.expressions.read(self.nodes.child(node))
        return syntax.OrderKey(
            at=expression.at,
            expression=expression,
            descending=bool(node.args.get("desc")),
            nulls_first=bool(node.args.get("nulls_first")),
        )

    # --- FROM

    def _from(self, node: exp.Expr, select: exp.Expr) -> syntax.FromItem:
        self.nodes.only(node, "this")
        first = self.nodes.child(node)
        return self._joined(first, [*self.own_joins(first), *self.nodes.many(select, "joins")])

    def own_joins(self, node: exp.Expr) -> list[exp.Expr]:
        """Return the joins that sqlglot has hung onto a table or subquery."""
        return self.nodes.many(node, "joins") if node.args.get("joins") else []

    def _joined(self, first: exp.Expr, joins: list[exp.Expr]) -> syntax.FromItem:
        """Fold joins to the left; a comma binds less than JOIN."""
        groups = [self._relation(first)]
        for join in joins:
            self.nodes.only(join, "this", "side", "kind", "on", "using")
            right_node = self.nodes.child(join)
            right = self._joined(right_node, self.own_joins(right_node))
            form = self._join_form(join)
            if form is JoinForm.COMMA:
                groups.append(right)
            else:
                groups[-1] = self._join(join, form, groups[-1], right)
        whole = groups[0]
        for right in groups[1:]:
            whole = syntax.Joined(
                at=right.at, form=JoinForm.COMMA, left=whole, right=right, on=None, using=()
            )
        return whole

    def _join_form(self, join: exp.Expr) -> JoinForm:
        side, kind = join.args.get("side"), join.args.get("kind")
        match side, kind:
            case "LEFT", None | "OUTER":
                return JoinForm.LEFT
            case None, "CROSS":
                return JoinForm.CROSS
            case None, "INNER":
                return JoinForm.INNER
            case None, None:
                conditioned = join.args.get("on") or join.args.get("using")
                return JoinForm.INNER if conditioned else JoinForm.COMMA
            case _:
                raise self.nodes.unknown(join)

    def _join(
        self, join: exp.Expr, form: JoinForm, left: syntax.FromItem, right: syntax.FromItem
    ) -> syntax.FromItem:
        on = self.nodes.optional(join, "on")
        using = tuple(self.nodes.name(one) for one in self.nodes.many(join, "using"))
        if (form is JoinForm.CROSS) != (on is None and not using):
            raise self.nodes.source.syntax_error(right.at, "a join needs ON or USING")
        return syntax.Joined(
            at=right.at,
            form=form,
            left=left,
            right=right,
            on=None if on is None else self.expressions.read(on),
            using=using,
        )

    def _relation(self, node: exp.Expr) -> syntax.FromItem:
        alias_node = self.nodes.optional(node, "alias")
        alias = None if alias_node is None else self.alias(alias_node)
        match node:
            case exp.Table():
                self.nodes.only(node, "this", "alias", "joins", "db")
                name = self.table_name(node)
                return syntax.TableName(at=name.at, name=name, alias=alias)
            case exp.Values():
                self.nodes.only(node, "expressions", "alias")
                values = self._values(node)
                query = syntax.Query(
                    at=values.at, withs=(), body=values, order=(), limit=None, offset=None
                )
                return syntax.DerivedTable(at=query.at, query=query, alias=alias)
            case exp.Subquery():
                return self._derived(node, alias)
            case _:
                raise self.nodes.unknown(node)

    def _derived(self, node: exp.Expr, alias: syntax.Alias | None) -> syntax.FromItem:
        """Read what stands in parentheses in FROM: a query, or a join."""
        self.nodes.only(node, "this", "alias", "joins")
        inside = self.nodes.child(node)
        if isinstance(inside, exp.Table) or (
            isinstance(inside, exp.Subquery)
            and (inside.args.get("alias") or inside.args.get("joins"))
        ):
            join = self._joined(inside, self.own_joins(inside))
            if alias is not None:
                raise self.nodes.source.unsupported("an alias of a join", alias.name.at)
            is_join = isinstance(join, syntax.Joined) and join.form is not JoinForm.COMMA
            if not is_join and not isinstance(join, syntax.ParenJoin):
                raise self.nodes.unknown(node)
            return syntax.ParenJoin(at=join.at, join=join)
        query = self.query(inside)
        return syntax.DerivedTable(at=query.at, query=query, alias=alias)

    def alias(self, node: exp.Expr) -> syntax.Alias:
        """Read the alias of a table, with those of its columns."""
        self.nodes.only(node, "this", "columns")
        return syntax.Alias(
            name=self.nodes.name(self.nodes.child(node)),
            columns=tuple(self.nodes.name(one) for one in self.nodes.many(node, "columns")),
        )

    def table_name(self, node: exp.Expr) -> syntax.Name:
        """Read the name of a table, without a schema before it.

        Spec: Q-32.
        """
        self.nodes.as_kind(node, exp.Table)
        if node.args.get("db"):
            raise self.nodes.source.unsupported(
                "a name with a schema", self.nodes.place(node), "write the table's name alone"
            )
        inside = self.nodes.child(node)
        if isinstance(inside, exp.Anonymous | exp.Dot):
            raise self.nodes.source.unsupported("a function in FROM", self.nodes.place(node))
        return self.nodes.name(inside)

    def _star_over_values(self, node: exp.Expr) -> exp.Values | None:
        """Return VALUES that sqlglot has put under a ``SELECT *`` that is not in the text."""
        source = node.args.get("from_")
        if not isinstance(node, exp.Select) or not isinstance(source, exp.From):
            return None
        inside, items = source.this, node.expressions
        if isinstance(inside, exp.Alias):
            inside = inside.this
        if not (
            isinstance(inside, exp.Values) and len(items) == 1 and isinstance(items[0], exp.Star)
        ):
            return None
        # Its place, if it has one, is one in a text of sqlglot's own.
        star = self.nodes.by_start.get(items[0].meta.get("start", -1))
        return None if star is not None and star.is_symbol("*") else inside
