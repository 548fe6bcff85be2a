"""CREATE TABLE and CREATE INDEX: definitions to a schema.

Names that are not given are chosen as PostgreSQL chooses them when it makes a table: those of
CHECKs, then of keys, then of foreign keys (`sqlstore.bind.object_names`).

Spec: docs/spec/sql.md, Q-10 to Q-15. Not here: the text of definitions
(`sqlstore.bind.parse.schema_reader`), foreign keys (`sqlstore.bind.references`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from sqlstore.bind.coercion import Coercion
from sqlstore.bind.context import Context
from sqlstore.bind.expressions import ExpressionBinder
from sqlstore.bind.object_names import ObjectNames
from sqlstore.bind.parameters import Parameters
from sqlstore.bind.parse import syntax
from sqlstore.bind.references import child_key, read_reference
from sqlstore.bind.scope import SYSTEM_COLUMNS, Scope, table_scope
from sqlstore.bind.terms import Term
from sqlstore.errors import (
    DuplicateColumn,
    DuplicateTable,
    FeatureNotSupported,
    InvalidParameterValue,
    InvalidSyntax,
    InvalidTableDefinition,
    ProgramLimitExceeded,
    UndefinedColumn,
)
from sqlstore.keys import END
from sqlstore.plan.expressions import ColumnRef, Const, Expr
from sqlstore.plan.walk import walk
from sqlstore.schema import (
    COLUMNS_MAX,
    KEY_BYTES_MAX,
    RELATIONS_MAX,
    Check,
    Column,
    Identity,
    Index,
    Schema,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.parse.source import Source
    from sqlstore.bind.parse.syntax import ColumnDefinition, Name

Constraint = TypeVar("Constraint", bound=syntax.ColumnConstraint)

KEY_PREFIX_BYTES: Final = 2


@dataclass(slots=True)
class SchemaBuilder:
    """A schema while its statements are read."""

    source: Source
    tables: dict[str, Table] = field(default_factory=dict)
    names: ObjectNames = field(init=False)
    relations: int = 0

    def __post_init__(self) -> None:
        self.names = ObjectNames(self.source)

    def add(self, tree: syntax.SchemaStatement) -> None:
        """Take up what ``tree`` declares.

        Raises `SqlError`.

        Spec: Q-10.
        """
        match tree:
            case syntax.CreateTable():
                self.tables[tree.name.text] = _TableBuilder(self, tree).build()
            case syntax.CreateIndex():
                self._index(tree)

    def finish(self) -> Schema:
        """Return the schema: with the keys by which rows that refer to others are found.

        Spec: Q-14, Q-66.
        """
        tables = tuple(
            replace(
                table,
                foreign_keys=tuple(
                    replace(key, child_key=child_key(table, key.columns))
                    for key in table.foreign_keys
                ),
            )
            for table in self.tables.values()
        )
        return Schema(tables=tables, text=self.source.text)

    def new_number(self, at: int) -> int:
        """Return the next relation's number.

        Raises `ProgramLimitExceeded`.

        Spec: Q-13.
        """
        if self.relations >= RELATIONS_MAX:
            raise self.source.error(
                ProgramLimitExceeded, f"a schema has at most {RELATIONS_MAX} tables and indexes", at
            )
        self.relations += 1
        return self.relations

    def _index(self, tree: syntax.CreateIndex) -> None:
        table = self.tables.get(tree.table.text)
        if table is None:
            raise self.source.undefined_table(tree.table.text, tree.table.at)
        columns = key_places(self.source, table.name, table.columns, tree.columns)
        if len({*columns}) < len(columns):
            raise self.source.unsupported("an index with a column twice", tree.table.at)
        names = [table.columns[at].name for at in columns]
        name = self.names.index(tree.name, table.name, names)
        index = Index(
            name=name,
            number=self.new_number(tree.at),
            columns=columns,
            unique=tree.unique,
            constraint=False,
        )
        check_key_bytes(self.source, table.columns, (*columns, *table.primary), tree.table.at)
        self.tables[table.name] = replace(table, indexes=(*table.indexes, index))


@dataclass(slots=True)
class _TableBuilder:
    """One table while its elements are read."""

    schema: SchemaBuilder
    tree: syntax.CreateTable

    @property
    def source(self) -> Source:
        """The file."""
        return self.schema.source

    def build(self) -> Table:
        """Return the table."""
        name = self.tree.name.text
        self._check_new(name)
        number = self.schema.new_number(self.tree.at)
        self.schema.names.add_table(name)
        columns = self._columns()
        keys = self._keys()
        primary = self._primary(keys, columns)
        columns = tuple(
            replace(column, nullable=column.nullable and at not in primary)
            for at, column in enumerate(columns)
        )
        table = Table(name=name, number=number, columns=columns, primary=primary, primary_name="")
        checks = self._checks(table)
        table = replace(table, primary_name=self._primary_name(keys))
        table = replace(table, checks=checks, indexes=self._indexes(table, keys))
        return self._with_references(table)

    def _check_new(self, name: str) -> None:
        if self.schema.names.is_relation(name):
            raise self.source.error(
                DuplicateTable, f'there is a relation "{name}" already', self.tree.at
            )

    # --- columns

    @property
    def _definitions(self) -> list[ColumnDefinition]:
        return [one for one in self.tree.elements if isinstance(one, syntax.ColumnDefinition)]

    def _columns(self) -> tuple[Column, ...]:
        columns: list[Column] = []
        for definition in self._definitions:
            name = definition.name
            if name.text in SYSTEM_COLUMNS or any(one.name == name.text for one in columns):
                raise self.source.error(
                    DuplicateColumn, f'there is a column "{name.text}" already', name.at
                )
            if len(columns) >= COLUMNS_MAX:
                raise self.source.error(
                    ProgramLimitExceeded, f"a table has at most {COLUMNS_MAX} columns", name.at
                )
            columns.append(self._column(definition))
        if sum(column.identity is not None for column in columns) > 1:
            raise self.source.unsupported("a second identity column", self.tree.at)
        return tuple(columns)

    def _column(self, definition: ColumnDefinition) -> Column:
        type_ = definition.type.type
        identity = self._only(definition, syntax.IdentityColumn)
        default = self._only(definition, syntax.DefaultValue)
        nulls = [one for one in definition.constraints if isinstance(one, syntax.NotNull)]
        if identity is not None and default is not None:
            raise self.source.error(
                InvalidSyntax, "a column has a DEFAULT or is an identity, not both", default.at
            )
        if identity is not None and not type_.is_integer:
            raise self.source.error(
                InvalidParameterValue,
                "an identity column is SMALLINT, INTEGER or BIGINT",
                definition.type.at,
            )
        required = identity is not None or any(one.negated for one in nulls)
        if required and any(not one.negated for one in nulls):
            raise self.source.error(
                InvalidSyntax, "a column cannot be NULL and NOT NULL", definition.name.at
            )
        column = Column(name=definition.name.text, type=type_, nullable=not required)
        if identity is not None:
            kind = Identity.ALWAYS if identity.always else Identity.BY_DEFAULT
            return replace(column, identity=kind)
        return (
            column if default is None else replace(column, default=self._default(default, column))
        )

    def _only(self, definition: ColumnDefinition, kind: type[Constraint]) -> Constraint | None:
        found = [one for one in definition.constraints if isinstance(one, kind)]
        if len(found) > 1:
            raise self.source.error(
                InvalidSyntax, "a column has one DEFAULT, and one identity", found[1].at
            )
        return found[0] if found else None

    def _default(self, tree: syntax.DefaultValue, column: Column) -> Expr | None:
        binder = self._binder(None, "DEFAULT")
        term = Coercion(binder.context).assign(
            binder.bind(tree.expression), column.type, f'the column "{column.name}"'
        )
        _raise(term)
        return None if term.expr == Const(None, column.type) else term.expr

    def _binder(self, scope: Scope | None, clause: str) -> ExpressionBinder:
        parameters = Parameters(self.source, allowed=False)
        context = Context(self.source, self.schema.tables, parameters, sources=1)
        return ExpressionBinder(context=context, scope=scope, clause=clause)

    # --- keys

    def _keys(self) -> list[syntax.UniqueKey]:
        """Return primary and unique keys with their columns: columns' own, then the table's."""
        keys = [
            replace(one, columns=(definition.name,))
            for definition in self._definitions
            for one in definition.constraints
            if isinstance(one, syntax.UniqueKey)
        ]
        return [*keys, *(one for one in self.tree.elements if isinstance(one, syntax.UniqueKey))]

    def _primary(
        self, keys: Sequence[syntax.UniqueKey], columns: tuple[Column, ...]
    ) -> tuple[int, ...]:
        found = [key for key in keys if key.primary]
        if len(found) > 1:
            raise self.source.error(
                InvalidTableDefinition, "a table has one primary key", found[1].at
            )
        if not found:
            raise self.source.error(
                FeatureNotSupported,
                f'the table "{self.tree.name.text}" has no primary key',
                self.tree.at,
                "write PRIMARY KEY (columns): rows are kept by it",
            )
        places = self._key_places(found[0], columns)
        check_key_bytes(
            self.source,
            tuple(replace(column, nullable=False) for column in columns),
            places,
            found[0].at,
        )
        return places

    def _key_places(self, key: syntax.UniqueKey, columns: tuple[Column, ...]) -> tuple[int, ...]:
        assert key.columns is not None, "a column's key has its column"
        places = key_places(self.source, self.tree.name.text, columns, key.columns)
        for at, name in zip(places, key.columns, strict=True):
            if places.count(at) > 1:
                raise self.source.error(
                    DuplicateColumn, f'the column "{name.text}" stands twice in a key', name.at
                )
        return places

    def _primary_name(self, keys: Sequence[syntax.UniqueKey]) -> str:
        key = next(key for key in keys if key.primary)
        return self.schema.names.key(key.name, self.tree.name.text, [], "pkey")

    def _indexes(self, table: Table, keys: Sequence[syntax.UniqueKey]) -> tuple[Index, ...]:
        indexes = []
        for key in keys:
            if key.primary:
                continue
            columns = self._key_places(key, table.columns)
            check_key_bytes(self.source, table.columns, (*columns, *table.primary), key.at)
            names = [table.columns[at].name for at in columns]
            indexes.append(
                Index(
                    name=self.schema.names.key(key.name, table.name, names, "key"),
                    number=self.schema.new_number(key.at),
                    columns=columns,
                    unique=True,
                    constraint=True,
                )
            )
        return tuple(indexes)

    # --- CHECK and REFERENCES

    def _checks(self, table: Table) -> tuple[Check, ...]:
        checks = []
        for clause in self._constraints(syntax.CheckClause):
            scope = table_scope(table.name, table, 0, None)
            predicate = self._binder(scope, "CHECK").condition(clause.predicate)
            _raise(predicate)
            used = {one.column for one in walk(predicate.expr) if isinstance(one, ColumnRef)}
            names = [table.columns[at].name for at in used]
            name = self.schema.names.check(clause.name, table.name, names)
            checks.append(Check(name=name, predicate=predicate.expr, text=clause.text))
        return tuple(sorted(checks, key=lambda check: check.name.encode()))

    def _constraints(self, kind: type[Constraint]) -> list[Constraint]:
        """Return the constraints of a kind, of columns and of the table, in the text's order."""
        found: list[Constraint] = []
        for element in self.tree.elements:
            inside = (
                element.constraints if isinstance(element, syntax.ColumnDefinition) else (element,)
            )
            found.extend(one for one in inside if isinstance(one, kind))
        return found

    def _with_references(self, table: Table) -> Table:
        keys = []
        for element in self.tree.elements:
            if isinstance(element, syntax.ColumnDefinition):
                keys += [
                    replace(one, columns=(element.name,))
                    for one in element.constraints
                    if isinstance(one, syntax.Reference)
                ]
            elif isinstance(element, syntax.Reference):
                keys.append(element)
        tables = {**self.schema.tables, table.name: table}
        return replace(
            table,
            foreign_keys=tuple(
                read_reference(self.source, key, table, tables, self.schema.names) for key in keys
            ),
        )


def key_places(
    source: Source, table: str, columns: Sequence[Column], names: Sequence[Name]
) -> tuple[int, ...]:
    """Return the places of the columns ``names``.

    Raises `UndefinedColumn`.

    Spec: Q-11.
    """
    known = [column.name for column in columns]
    for name in names:
        if name.text not in known:
            raise source.error(
                UndefinedColumn, f'the table "{table}" has no column "{name.text}"', name.at
            )
    return tuple(known.index(name.text) for name in names)


def check_key_bytes(
    source: Source, columns: Sequence[Column], places: Sequence[int], at: int
) -> None:
    """Refuse a key whose shortest encoding is too long.

    Raises `ProgramLimitExceeded`.

    Spec: Q-20, Q-21.
    """
    shortest = KEY_PREFIX_BYTES + sum(_shortest(columns[place]) for place in places)
    if shortest > KEY_BYTES_MAX:
        raise source.error(
            ProgramLimitExceeded,
            f"this key has at least {shortest} bytes, {KEY_BYTES_MAX} are allowed",
            at,
            "use fewer columns; an entry of an index ends with the primary key",
        )


def _shortest(column: Column) -> int:
    """Return the bytes of the shortest value in a key: NULL, or an empty text."""
    if column.nullable:
        return 1
    return len(END) if column.type.is_bytes else column.type.fixed_bytes


def _raise(term: Term) -> None:
    """Raise the error of a constant in a DEFAULT or CHECK, if there is one. Spec: Q-16."""
    if term.failure is not None:
        raise term.failure
