"""sqlglot's CREATE TABLE and CREATE INDEX as ours.

Spec: docs/spec/sql.md, Q-10 to Q-15. Not here: what they declare (`sqlstore.bind.ddl`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.expression_reader import level_of
from sqlstore.bind.parse.query_reader import QueryReader
from sqlstore.bind.parse.type_reader import read_type
from sqlstore.plan.precedence import Precedence

if TYPE_CHECKING:
    from sqlstore.bind.parse.nodes import Nodes
    from sqlstore.bind.parse.syntax import ColumnConstraint, Name, TableConstraint


@dataclass(frozen=True, slots=True)
class SchemaReader:
    """Reads the statements of a schema."""

    nodes: Nodes
    queries: QueryReader = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "queries", QueryReader(self.nodes))

    def statement(self, node: exp.Expr) -> syntax.SchemaStatement:
        """Return ``node`` as a statement of a schema.

        Raises `InvalidSyntax`, `FeatureNotSupported`.

        Spec: Q-10.
        """
        self.nodes.as_kind(node, exp.Create)
        if node.args.get("kind") == "TABLE":
            self.nodes.only(node, "this", "kind")
            return self._table(self.nodes.as_kind(self.nodes.child(node), exp.Schema))
        if node.args.get("kind") == "INDEX":
            self.nodes.only(node, "this", "kind", "unique")
            index = self.nodes.as_kind(self.nodes.child(node), exp.Index)
            return self._index(index, unique=bool(node.args.get("unique")))
        raise self.nodes.unknown(node)

    def _table(self, node: exp.Schema) -> syntax.CreateTable:
        self.nodes.only(node, "this", "expressions")
        table = self.nodes.as_kind(self.nodes.child(node), exp.Table)
        self.nodes.only(table, "this", "db")
        name = self.queries.table_name(table)
        elements = tuple(self._element(one) for one in self.nodes.many(node))
        return syntax.CreateTable(at=name.at, name=name, elements=elements)

    def _element(self, node: exp.Expr) -> syntax.ColumnDefinition | TableConstraint:
        if isinstance(node, exp.ColumnDef):
            return self._column(node)
        name = None
        if isinstance(node, exp.Constraint):
            self.nodes.only(node, "this", "expressions")
            name = self.nodes.name(self.nodes.child(node))
            inside = self.nodes.many(node)
            if len(inside) != 1:
                raise self.nodes.unknown(node)
            node = inside[0]
        return self._table_constraint(node, name)

    def _column(self, node: exp.Expr) -> syntax.ColumnDefinition:
        self.nodes.only(node, "this", "kind", "constraints")
        name = self.nodes.name(self.nodes.child(node))
        return syntax.ColumnDefinition(
            name=name,
            type=read_type(self.nodes, self.nodes.child(node, "kind")),
            constraints=tuple(
                self._column_constraint(one, name.at)
                for one in self.nodes.many(node, "constraints")
            ),
        )

    def _column_constraint(  # noqa: PLR0911
        self, node: exp.Expr, at: int
    ) -> ColumnConstraint:
        self.nodes.only(self.nodes.as_kind(node, exp.ColumnConstraint), "this", "kind")
        label = self.nodes.optional(node, "this")
        name = None if label is None else self.nodes.name(label)
        at = at if name is None else name.at
        kind = self.nodes.child(node, "kind")
        match kind:
            case exp.NotNullColumnConstraint():
                self.nodes.only(kind, "allow_null")
                return syntax.NotNull(at=at, negated=not kind.args.get("allow_null"), name=name)
            case exp.DefaultColumnConstraint():
                self.nodes.only(kind, "this")
                value = self.queries.expressions.read(self.nodes.child(kind))
                if level_of(value) is Precedence.NOT:
                    raise self.nodes.source.syntax_error(value.at, "write DEFAULT (NOT …)")
                return syntax.DefaultValue(at=value.at, expression=value, name=name)
            case exp.GeneratedAsIdentityColumnConstraint():
                return self._identity(kind, at, name)
            case exp.PrimaryKeyColumnConstraint():
                self._check_key(kind, at)
                return syntax.UniqueKey(at=at, name=name, primary=True, columns=None)
            case exp.UniqueColumnConstraint():
                self._check_key(kind, at)
                self.nodes.only(kind)
                return syntax.UniqueKey(at=at, name=name, primary=False, columns=None)
            case exp.CheckColumnConstraint():
                return self._check(kind, name)
            case exp.Reference():
                return self._reference(kind, name, None, ())
            case _:
                raise self.nodes.unknown(node)

    def _identity(self, kind: exp.Expr, at: int, name: Name | None) -> syntax.IdentityColumn:
        self.nodes.only(kind, "this")
        return syntax.IdentityColumn(at=at, always=bool(kind.this), name=name)

    def _check_key(self, kind: exp.Expr, at: int) -> None:
        """Refuse what may stand behind PRIMARY KEY or UNIQUE."""
        include = self.nodes.optional(kind, "include")
        if (include is not None and any(include.args.values())) or kind.args.get("options"):
            raise self.nodes.source.unsupported("an option of a key", at)
        kind.set("include", None)

    def _table_constraint(self, node: exp.Expr, name: Name | None) -> TableConstraint:
        match node:
            case exp.PrimaryKey():
                return self._key(node, name, self.nodes.many(node), primary=True)
            case exp.UniqueColumnConstraint():
                schema = self.nodes.as_kind(self.nodes.child(node), exp.Schema)
                self.nodes.only(schema, "expressions")
                return self._key(node, name, self.nodes.many(schema), primary=False)
            case exp.CheckColumnConstraint():
                return self._check(node, name)
            case exp.ForeignKey():
                columns = tuple(self.nodes.name(one) for one in self.nodes.many(node))
                options = tuple(
                    f"ON {event.upper()} {node.args[event]}"
                    for event in ("delete", "update")
                    if node.args.get(event)
                )
                self.nodes.only(node, "expressions", "reference", "delete", "update")
                reference = self.nodes.as_kind(self.nodes.child(node, "reference"), exp.Reference)
                return self._reference(reference, name, columns, options)
            case _:
                raise self.nodes.unknown(node)

    def _key(
        self, node: exp.Expr, name: Name | None, columns: list[exp.Expr], *, primary: bool
    ) -> syntax.UniqueKey:
        names = tuple(self.nodes.column_name(one) for one in columns)
        if not names:
            raise self.nodes.unknown(node)
        self._check_key(node, names[0].at)
        self.nodes.only(node, "expressions", "this")
        at = names[0].at if name is None else name.at
        return syntax.UniqueKey(at=at, name=name, primary=primary, columns=names)

    def _check(self, node: exp.Expr, name: Name | None) -> syntax.CheckClause:
        self.nodes.only(node, "this")
        predicate = self.queries.expressions.read(self.nodes.child(node))
        return syntax.CheckClause(
            at=predicate.at if name is None else name.at,
            name=name,
            predicate=predicate,
            text=self._inside_parentheses(predicate.at),
        )

    def _inside_parentheses(self, at: int) -> str:
        """Return the text of a CHECK whose predicate begins at ``at``."""
        lexemes = self.nodes.lexemes
        first = next(n for n, one in enumerate(lexemes) if one.start == at)
        while not lexemes[first - 2].is_word("check"):
            first -= 1
        depth, last = 1, first
        while depth > 0:
            depth += lexemes[last].is_symbol("(") - lexemes[last].is_symbol(")")
            last += 1
        return self.nodes.source.text[lexemes[first].start : lexemes[last - 2].end]

    def _reference(
        self,
        node: exp.Expr,
        name: Name | None,
        columns: tuple[Name, ...] | None,
        options: tuple[str, ...],
    ) -> syntax.Reference:
        self.nodes.only(node, "this", "options")
        target, parent_columns = self.nodes.child(node), None
        if isinstance(target, exp.Schema):
            self.nodes.only(target, "this", "expressions")
            parent_columns = tuple(self.nodes.name(one) for one in self.nodes.many(target))
            target = self.nodes.child(target)
        self.nodes.only(self.nodes.as_kind(target, exp.Table), "this", "db")
        parent = self.queries.table_name(target)
        written = node.args.get("options") or []
        return syntax.Reference(
            at=parent.at if name is None else name.at,
            name=name,
            columns=columns,
            parent=parent,
            parent_columns=parent_columns,
            options=(*(str(one).upper() for one in written), *options),
        )

    def _index(self, node: exp.Index, *, unique: bool) -> syntax.CreateIndex:
        self.nodes.only(node, "this", "table", "params")
        table = self.nodes.as_kind(self.nodes.child(node, "table"), exp.Table)
        self.nodes.only(table, "this", "db")
        params = self.nodes.child(node, "params")
        label, name = self.nodes.optional(node, "this"), self.queries.table_name(table)
        self.nodes.only(params, "using", "columns")
        using = self.nodes.optional(params, "using")
        if using is not None and str(using.this).lower() != "btree":
            raise self.nodes.source.unsupported(f"an index of method {using.this}", name.at)
        columns = tuple(self._index_column(one) for one in self.nodes.many(params, "columns"))
        if not columns:
            raise self.nodes.unknown(node)
        return syntax.CreateIndex(
            at=name.at,
            name=None if label is None else self.nodes.name(label),
            unique=unique,
            table=name,
            using=using is not None,
            columns=columns,
        )

    def _index_column(self, node: exp.Expr) -> Name:
        self.nodes.only(self.nodes.as_kind(node, exp.Ordered), "this", "desc", "nulls_first")
        inside, at = self.nodes.child(node), self.nodes.place(node)
        if node.args.get("desc") or node.args.get("nulls_first"):
            raise self.nodes.source.unsupported(
                "an index in descending order", at, "leave DESC out: indexes are read both ways"
            )
        if not isinstance(inside, exp.Column):
            raise self.nodes.source.unsupported("an index on an expression", at, "index columns")
        return self.nodes.column_name(inside)
