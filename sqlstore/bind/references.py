"""Foreign keys: REFERENCES to a key of another table, or of the table itself.

Spec: docs/spec/sql.md, Q-14. Not here: how rows are checked (Q-90 to Q-92).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.errors import (
    DatatypeMismatch,
    InvalidForeignKey,
    UndefinedColumn,
)
from sqlstore.schema import ForeignKey, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlstore.bind.object_names import ObjectNames
    from sqlstore.bind.parse.source import Source
    from sqlstore.bind.parse.syntax import Name, Reference
    from sqlstore.schema import Column, Table

_OPTIONS: Final = frozenset(
    (
        "MATCH SIMPLE",
        "ON DELETE NO ACTION",
        "ON DELETE RESTRICT",
        "ON UPDATE NO ACTION",
        "ON UPDATE RESTRICT",
    )
)
"""What may stand behind a reference: these are all one here."""


def read_reference(
    source: Source,
    tree: Reference,
    table: Table,
    tables: Mapping[str, Table],
    names: ObjectNames,
) -> ForeignKey:
    """Return the foreign key ``tree`` of ``table``, its columns in the order of the parent's key.

    Raises `UndefinedTable`, `UndefinedColumn`, `InvalidForeignKey`, `DatatypeMismatch`,
    `FeatureNotSupported`.

    Spec: Q-14.
    """
    _check_options(source, tree)
    parent = tables.get(tree.parent.text)
    if parent is None:
        raise source.undefined_table(tree.parent.text, tree.parent.at, "declare it before this one")
    assert tree.columns is not None, "a column's reference has its column"
    columns = _places(source, table, tree.columns)
    if len({*columns}) < len(columns):
        raise source.unsupported("a foreign key with a column twice", tree.columns[0].at)
    key, ordered = _parent_key(source, tree, parent, columns)
    places = parent.key_columns(key)
    for at, place in zip(ordered, places, strict=True):
        _check_type(source, tree.parent.at, table.columns[at], parent.columns[place])
    return ForeignKey(
        name=names.foreign_key(tree.name, table.name, [one.text for one in tree.columns]),
        columns=ordered,
        parent=parent.name,
        parent_key=key,
        child_key=None,
    )


def _check_options(source: Source, tree: Reference) -> None:
    for option in tree.options:
        if option not in _OPTIONS:
            raise source.unsupported(
                option, tree.parent.at, "write RESTRICT, and the change in the reducer"
            )


def _places(source: Source, table: Table, names: Sequence[Name]) -> tuple[int, ...]:
    places = []
    for name in names:
        at = table.column(name.text)
        if at is None:
            raise source.error(
                UndefinedColumn, f'the table "{table.name}" has no column "{name.text}"', name.at
            )
        places.append(at)
    return tuple(places)


def _parent_key(
    source: Source, tree: Reference, parent: Table, columns: tuple[int, ...]
) -> tuple[Key, tuple[int, ...]]:
    """Return the key that is referenced, and the referring columns in its order."""
    wanted = parent.primary
    if tree.parent_columns is not None:
        wanted = _places(source, parent, tree.parent_columns)
    if len(wanted) != len(columns):
        raise source.error(
            InvalidForeignKey,
            f"{len(columns)} columns refer to {len(wanted)}",
            tree.parent.at,
        )
    by_parent = dict(zip(wanted, columns, strict=True))
    if set(parent.primary) == by_parent.keys():
        return Key(None), tuple(by_parent[at] for at in parent.primary)
    for index in parent.indexes:
        if index.unique and set(index.columns) == by_parent.keys():
            return Key(index), tuple(by_parent[at] for at in index.columns)
    raise source.error(
        InvalidForeignKey,
        f'no unique key of "{parent.name}" has just these columns',
        tree.parent.at,
        "reference its primary key, or declare UNIQUE",
    )


def _check_type(source: Source, at: int, child: Column, parent: Column) -> None:
    if child.type != parent.type:
        raise source.error(
            DatatypeMismatch,
            f'"{child.name}" is {child.type}, "{parent.name}" is {parent.type}',
            at,
            f"declare it {parent.type}",
        )


def child_key(table: Table, columns: tuple[int, ...]) -> Key | None:
    """Return the first key of ``table`` that begins with ``columns``, in whatever order.

    Spec: Q-14, Q-66.
    """
    wanted = {*columns}
    if {*table.primary[: len(columns)]} == wanted:
        return Key(None)
    for index in sorted(table.indexes, key=lambda one: one.number):
        if {*index.columns[: len(columns)]} == wanted:
            return Key(index)
    return None
