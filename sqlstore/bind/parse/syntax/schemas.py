"""Syntax trees of definitions: CREATE TABLE and CREATE INDEX.

Not here: expressions (`sqlstore.bind.parse.syntax.expressions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sqlstore.bind.parse.syntax.expressions import Expression, TypeName
    from sqlstore.bind.parse.syntax.names import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull:
    """``NOT NULL``, or ``NULL`` if not ``negated``."""

    at: int
    negated: bool
    name: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultValue:
    """``DEFAULT expression``."""

    at: int
    expression: Expression
    name: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityColumn:
    """``GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY``."""

    at: int
    always: bool
    name: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueKey:
    """``PRIMARY KEY`` or ``UNIQUE``; ``columns`` is None in a column's definition."""

    at: int
    name: Name | None
    primary: bool
    columns: tuple[Name, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckClause:
    """``CHECK (predicate)``; ``text`` is the predicate as written."""

    at: int
    name: Name | None
    predicate: Expression
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """``[FOREIGN KEY (columns)] REFERENCES parent [(parent_columns)]``.

    ``columns`` is None in a column's definition, ``parent_columns`` where none are written.
    ``options`` are the clauses behind, in upper case: MATCH SIMPLE, ON DELETE RESTRICT, ….
    """

    at: int
    name: Name | None
    columns: tuple[Name, ...] | None
    parent: Name
    parent_columns: tuple[Name, ...] | None
    options: tuple[str, ...]


ColumnConstraint: TypeAlias = (
    NotNull | DefaultValue | IdentityColumn | UniqueKey | CheckClause | Reference
)

TableConstraint: TypeAlias = UniqueKey | CheckClause | Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDefinition:
    """``name type constraints``."""

    name: Name
    type: TypeName
    constraints: tuple[ColumnConstraint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """``CREATE TABLE name (elements)``, the elements in the order of the text."""

    at: int
    name: Name
    elements: tuple[ColumnDefinition | TableConstraint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex:
    """``CREATE [UNIQUE] INDEX [name] ON table [USING btree] (columns)``."""

    at: int
    name: Name | None
    unique: bool
    table: Name
    using: bool
    columns: tuple[Name, ...]


SchemaStatement: TypeAlias = CreateTable | CreateIndex
