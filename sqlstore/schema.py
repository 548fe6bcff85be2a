"""A schema: tables, keys, indexes and constraints, as CREATE statements have declared them.

Every table and index has a number, from 1, in the order of declaration; keys of rows begin with it
(Q-20). Not here: how a schema is read (`sqlstore.bind.ddl`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.types import SqlType

RELATIONS_MAX: Final = 250
COLUMNS_MAX: Final = 64
KEY_BYTES_MAX: Final = 80
ROW_BYTES_MAX: Final = 1_024


class Identity(Enum):
    """Whether a value may be given in place of the next number."""

    ALWAYS = "always"
    BY_DEFAULT = "by default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. ``default`` is a constant expression of the column's type, or None for NULL."""

    name: str
    type: SqlType
    nullable: bool
    default: Expr | None = None
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index, or a unique key: ``columns`` are places in the table. Spec: Q-23.

    ``constraint`` says that it came from UNIQUE in a table, not from CREATE INDEX.
    """

    name: str
    number: int
    columns: tuple[int, ...]
    unique: bool
    constraint: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table: that of ``index``, or the primary key if that is None."""

    index: Index | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK constraint over the columns of its table, whose source is 0."""

    name: str
    predicate: Expr
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A REFERENCES constraint: ``columns`` here equal ``parent_key`` of the table ``parent``.

    ``columns`` stand in the order of the parent key's columns. ``child_key`` is the first key of
    this table whose first columns are ``columns``, in whatever order: the primary key, else the
    index with the least number, else None. MATCH SIMPLE, NO ACTION. Spec: Q-14.
    """

    name: str
    columns: tuple[int, ...]
    parent: str
    parent_key: Key
    child_key: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. ``primary`` are the places of the primary key's columns, in the key's order.

    ``checks`` stand in the order of their names, ``indexes`` by number, foreign keys as declared.
    """

    name: str
    number: int
    columns: tuple[Column, ...]
    primary: tuple[int, ...]
    primary_name: str
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    def column(self, name: str) -> int | None:
        """Return the place of the column ``name``, or None."""
        return next((at for at, one in enumerate(self.columns) if one.name == name), None)

    def key_columns(self, key: Key) -> tuple[int, ...]:
        """Return the places of the columns of ``key``, in its order."""
        return self.primary if key.index is None else key.index.columns

    def key_name(self, key: Key) -> str:
        """Return the name of ``key``, as its constraint or index has it."""
        return self.primary_name if key.index is None else key.index.name

    @property
    def identity_type(self) -> SqlType | None:
        """The type of the identity column, if there is one. Spec: Q-24."""
        return next((column.type for column in self.columns if column.identity), None)

    @property
    def stored(self) -> tuple[int, ...]:
        """The places of the columns outside the primary key, which a value has. Spec: Q-25."""
        return tuple(at for at in range(len(self.columns)) if at not in self.primary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All tables, in the order of declaration; ``text`` is what they were read from."""

    tables: tuple[Table, ...]
    text: str
    by_name: dict[str, Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {table.name: table for table in self.tables})

    def referencing(self, parent: Table) -> tuple[tuple[Table, ForeignKey], ...]:
        """Return the foreign keys that refer to ``parent``, with their tables, as declared."""
        return tuple(
            (table, key)
            for table in self.tables
            for key in table.foreign_keys
            if key.parent == parent.name
        )
