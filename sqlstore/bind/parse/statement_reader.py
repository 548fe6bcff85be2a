"""sqlglot's statements as ours: INSERT, UPDATE and DELETE, or a query.

Spec: docs/spec/sql.md, Q-30, Q-32, Q-64 to Q-66. Not here: queries
(`sqlstore.bind.parse.query_reader`), names and types (`sqlstore.bind.statements`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.query_reader import QueryReader
from sqlstore.errors import UndefinedColumn

if TYPE_CHECKING:
    from sqlstore.bind.parse.nodes import Nodes


@dataclass(frozen=True, slots=True)
class StatementReader:
    """Reads the statements of one text."""

    nodes: Nodes
    queries: QueryReader = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "queries", QueryReader(self.nodes))

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
                return self.queries.query(node)

    def _target(self, node: exp.Expr) -> tuple[syntax.Name, syntax.Name | None]:
        """Read the table that is written, and its alias."""
        if not isinstance(node, exp.Table):
            raise self.nodes.unknown(node)
        if self.queries.own_joins(node):
            raise self.nodes.unknown(node)
        self.nodes.only(node, "this", "alias", "joins", "db")
        alias_node = self.nodes.optional(node, "alias")
        alias = None if alias_node is None else self.queries.alias(alias_node)
        if alias is not None and alias.columns:
            raise self.nodes.source.syntax_error(alias.columns[0].at)
        return self.queries.table_name(node), None if alias is None else alias.name

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
            query=None if query is None else self.queries.query(query),
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
        where = self.queries.clause(node, "where", exp.Where)
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
        value = self.queries.expressions.read(self.nodes.child(node, "expression"))
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
            where=self.queries.clause(node, "where", exp.Where),
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
            where=self.queries.clause(node, "where", exp.Where),
            returning=self._returning(node),
        )

    def _returning(self, node: exp.Expr) -> tuple[syntax.Item | syntax.Star, ...]:
        returning = self.nodes.optional(node, "returning")
        if returning is None:
            return ()
        self.nodes.only(returning, "expressions")
        items = self.queries.items(returning)
        if not items:
            raise self.nodes.unknown(returning)
        return items
