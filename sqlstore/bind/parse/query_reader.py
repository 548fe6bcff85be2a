"""sqlglot's queries, INSERTs, UPDATEs and DELETEs as ours.

Spec: docs/spec/sql.md, Q-30 to Q-33. Not here: expressions
(`sqlstore.bind.parse.expression_reader`), names and types (`sqlstore.bind.statements`).
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
from sqlstore.errors import UndefinedColumn

if TYPE_CHECKING:
    from sqlstore.bind.parse.nodes import Nodes

_CLAUSES: Final = ("with_", "order", "limit", "offset")
"""What stands around a query's body."""


@dataclass(frozen=True, slots=True)
class QueryReader:
    """Reads queries and statements of one text."""

    nodes: Nodes
    expressions: ExpressionReader = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expressions", ExpressionReader(self.nodes, self.query))

    def statement(self, node: exp.Expr) -> syntax.StatementSyntax:
        """Return ``node`` as a statement.

        Raises `InvalidSyntax`, `FeatureNotSupported`.

        Spec: Q-30, Q-32.
        """
        if isinstance(node, exp.Insert | exp.Update | exp.Delete) and node.args.get("with_"):
            raise self.nodes.source.unsupported(
                "WITH before INSERT, UPDATE or DELETE",
                self.nodes.place(node),
                "write the query where its name is used",
            )
        match node:
            case exp.Insert():
                return self._insert(node)
            case exp.Update():
                return self._update(node)
            case exp.Delete():
                return self._delete(node)
            case _:
                return self.query(node)

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
            limit=self._clause(node, "limit", exp.Limit),
            offset=self._clause(node, "offset", exp.Offset),
        )

    def _withs(self, node: exp.Expr) -> tuple[syntax.With, ...]:
        if node.args.get("recursive"):
            raise self.nodes.source.unsupported("WITH RECURSIVE", self.nodes.place(node))
        self.nodes.only(node, "expressions")
        return tuple(self._with(one) for one in self.nodes.many(node))

    def _with(self, node: exp.Expr) -> syntax.With:
        self.nodes.only(node, "this", "alias", "materialized")
        alias = self._alias(self.nodes.child(node, "alias"))
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
        if (inner := _star_over_values(node)) is not None:
            self.nodes.only(inner, "expressions", "alias")
            return self._values(inner)
        return self._body(node)

    def _select(self, node: exp.Expr) -> syntax.QueryBody:
        if (inner := _star_over_values(node)) is not None:
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
            where=self._clause(node, "where", exp.Where),
            group=self._group(node),
            having=self._clause(node, "having", exp.Having),
        )

    def items(self, node: exp.Expr) -> tuple[syntax.Item | syntax.Star, ...]:
        """Read the list of a SELECT or RETURNING.

        Spec: Q-32.
        """
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

    def _clause(self, node: exp.Expr, name: str, kind: type[exp.Expr]) -> syntax.Expression | None:
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
        return self._joined(first, [*self._own_joins(first), *self.nodes.many(select, "joins")])

    def _own_joins(self, node: exp.Expr) -> list[exp.Expr]:
        """Return the joins that sqlglot has hung onto a table or subquery."""
        return self.nodes.many(node, "joins") if node.args.get("joins") else []

    def _joined(self, first: exp.Expr, joins: list[exp.Expr]) -> syntax.FromItem:
        """Fold joins to the left; a comma binds less than JOIN."""
        groups = [self._relation(first)]
        for join in joins:
            self.nodes.only(join, "this", "side", "kind", "on", "using")
            right_node = self.nodes.child(join)
            right = self._joined(right_node, self._own_joins(right_node))
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
        alias = None if alias_node is None else self._alias(alias_node)
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
            join = self._joined(inside, self._own_joins(inside))
            if alias is not None:
                raise self.nodes.source.unsupported("an alias of a join", alias.name.at)
            is_join = isinstance(join, syntax.Joined) and join.form is not JoinForm.COMMA
            if not is_join and not isinstance(join, syntax.ParenJoin):
                raise self.nodes.unknown(node)
            return syntax.ParenJoin(at=join.at, join=join)
        query = self.query(inside)
        return syntax.DerivedTable(at=query.at, query=query, alias=alias)

    def _alias(self, node: exp.Expr) -> syntax.Alias:
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

    # --- statements that write

    def _target(self, node: exp.Expr) -> tuple[syntax.Name, syntax.Name | None]:
        """Read the table that is written, and its alias."""
        if not isinstance(node, exp.Table):
            raise self.nodes.unknown(node)
        if self._own_joins(node):
            raise self.nodes.unknown(node)
        self.nodes.only(node, "this", "alias", "joins", "db")
        alias_node = self.nodes.optional(node, "alias")
        alias = None if alias_node is None else self._alias(alias_node)
        if alias is not None and alias.columns:
            raise self.nodes.source.syntax_error(alias.columns[0].at)
        return self.table_name(node), None if alias is None else alias.name

    def _insert(self, node: exp.Expr) -> syntax.InsertStatement:
        self.nodes.only(node, "this", "expression", "default", "conflict", "returning")
        target, columns = self.nodes.child(node), None
        if isinstance(target, exp.Schema):
            self.nodes.only(target, "this", "expressions")
            columns = tuple(self.nodes.column_name(one) for one in self.nodes.many(target))
            target = self.nodes.child(target)
        table, alias = self._target(target)
        query = self.nodes.optional(node, "expression")
        if (query is None) != bool(node.args.get("default")):
            raise self.nodes.source.syntax_error(table.at)
        conflict = self.nodes.optional(node, "conflict")
        return syntax.InsertStatement(
            at=table.at,
            table=table,
            alias=alias,
            columns=columns,
            query=None if query is None else self.query(query),
            conflict=None if conflict is None else self._conflict(conflict),
            returning=self._returning(node),
        )

    def _conflict(self, node: exp.Expr) -> syntax.ConflictClause:
        if node.args.get("index_predicate"):
            raise self.nodes.source.unsupported(
                "ON CONFLICT with a WHERE of the index", self.nodes.place(node)
            )
        self.nodes.only(node, "expressions", "action", "conflict_keys", "constraint", "where")
        constraint = self.nodes.optional(node, "constraint")
        assignments = self._assignments(node) if node.args.get("expressions") else ()
        where = self._clause(node, "where", exp.Where)
        keys = tuple(self._index_column(one) for one in self.nodes.many(node, "conflict_keys"))
        if str(self.nodes.child(node, "action").this) not in ("DO NOTHING", "DO UPDATE"):
            raise self.nodes.unknown(node)
        return syntax.ConflictClause(
            at=self.nodes.place(node),
            columns=keys,
            constraint=None if constraint is None else self.nodes.name(constraint),
            assignments=assignments,
            where=where,
        )

    def _index_column(self, node: exp.Expr) -> syntax.Name:
        if isinstance(node, exp.Ordered):
            self.nodes.only(node, "this", "nulls_first")
            node = self.nodes.child(node)
        if not isinstance(node, exp.Column):
            raise self.nodes.source.unsupported(
                "an expression in ON CONFLICT", self.nodes.place(node)
            )
        return self.nodes.column_name(node)

    def _assignments(self, node: exp.Expr) -> tuple[syntax.SetClause, ...]:
        return tuple(self._assignment(one) for one in self.nodes.many(node))

    def _assignment(self, node: exp.Expr) -> syntax.SetClause:
        self.nodes.only(self.nodes.as_kind(node, exp.EQ), "this", "expression")
        target = self.nodes.child(node)
        if isinstance(target, exp.Tuple | exp.Paren):
            raise self.nodes.source.unsupported(
                "SET of several columns at once", self.nodes.place(node), "write SET a = …, b = …"
            )
        value = self.expressions.read(self.nodes.child(node, "expression"))
        return syntax.SetClause(column=self._set_column(target), value=value)

    def _set_column(self, node: exp.Expr) -> syntax.Name:
        if isinstance(node, exp.Column) and node.args.get("table"):
            raise self.nodes.source.error(
                UndefinedColumn, "SET takes a column without its table", self.nodes.place(node)
            )
        return self.nodes.column_name(node)

    def _update(self, node: exp.Expr) -> syntax.UpdateStatement:
        if node.args.get("from_"):
            raise self.nodes.source.unsupported(
                "UPDATE … FROM", self.nodes.place(node), "write a subquery: SET a = (SELECT …)"
            )
        self.nodes.only(node, "this", "expressions", "where", "returning")
        table, alias = self._target(self.nodes.child(node))
        assignments = self._assignments(node)
        if not assignments:
            raise self.nodes.source.syntax_error(table.at, "UPDATE needs SET")
        return syntax.UpdateStatement(
            at=table.at,
            table=table,
            alias=alias,
            assignments=assignments,
            where=self._clause(node, "where", exp.Where),
            returning=self._returning(node),
        )

    def _delete(self, node: exp.Expr) -> syntax.DeleteStatement:
        if node.args.get("using"):
            raise self.nodes.source.unsupported(
                "DELETE … USING", self.nodes.place(node), "write WHERE … IN (SELECT …)"
            )
        self.nodes.only(node, "this", "where", "returning")
        table, alias = self._target(self.nodes.child(node))
        return syntax.DeleteStatement(
            at=table.at,
            table=table,
            alias=alias,
            where=self._clause(node, "where", exp.Where),
            returning=self._returning(node),
        )

    def _returning(self, node: exp.Expr) -> tuple[syntax.Item | syntax.Star, ...]:
        returning = self.nodes.optional(node, "returning")
        if returning is None:
            return ()
        self.nodes.only(returning, "expressions")
        items = self.items(returning)
        if not items:
            raise self.nodes.unknown(returning)
        return items


def _star_over_values(node: exp.Expr) -> exp.Values | None:
    """Return VALUES that sqlglot has put under a ``SELECT *`` that is not in the text."""
    source = node.args.get("from_")
    if not isinstance(node, exp.Select) or not isinstance(source, exp.From):
        return None
    inside, items = source.this, node.expressions
    if isinstance(inside, exp.Alias):
        inside = inside.this
    if not (isinstance(inside, exp.Values) and len(items) == 1 and isinstance(items[0], exp.Star)):
        return None
    return None if "start" in items[0].meta else inside
