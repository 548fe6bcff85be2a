"""Names of constraints and indexes that are not given: PostgreSQL's.

Spec: docs/spec/sql.md, Q-11. Not here: what has them (`sqlstore.bind.ddl`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlstore.bind.parse.lexer import NAME_BYTES_MAX
from sqlstore.errors import DuplicateObject, DuplicateTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlstore.bind.parse.source import Source
    from sqlstore.bind.parse.syntax import Name


@dataclass(slots=True)
class ObjectNames:
    """The names that a schema has taken.

    Tables and indexes share one space. A constraint's name is its table's own, but one that is
    chosen is free in all of the schema.
    """

    source: Source
    relations: set[str] = field(default_factory=set)
    constraints: set[str] = field(default_factory=set)
    by_table: dict[str, set[str]] = field(default_factory=dict)

    def is_relation(self, name: str) -> bool:
        """Return whether a table or index has this name.

        Spec: Q-11.
        """
        return name in self.relations

    def add_table(self, name: str) -> None:
        """Take up a table.

        Spec: Q-11.
        """
        self.relations.add(name)
        self.by_table[name] = set()

    def index(self, given: Name | None, table: str, columns: Sequence[str]) -> str:
        """Return the name of an index of CREATE INDEX.

        Raises `DuplicateTable`.

        Spec: Q-11.
        """
        if given is not None:
            self._check_relation(given)
            name = given.text
        else:
            name = _free(table, "_".join(columns), "idx", self.is_relation)
        self.relations.add(name)
        return name

    def key(self, given: Name | None, table: str, columns: Sequence[str], label: str) -> str:
        """Return the name of a primary or unique key, which is an index and a constraint.

        Raises `DuplicateTable`, `DuplicateObject`.

        Spec: Q-11.
        """
        if given is not None:
            self._check_relation(given)
        name = self._constraint(
            given,
            table,
            "_".join(columns),
            label,
            lambda one: one in self.relations or one in self.constraints,
        )
        self.relations.add(name)
        return name

    def check(self, given: Name | None, table: str, columns: Sequence[str]) -> str:
        """Return the name of a CHECK over ``columns``: it has the column's name if that is one.

        Raises `DuplicateObject`.

        Spec: Q-11.
        """
        column = columns[0] if len(columns) == 1 else ""
        return self._constraint(given, table, column, "check", self.constraints.__contains__)

    def foreign_key(self, given: Name | None, table: str, columns: Sequence[str]) -> str:
        """Return the name of a foreign key.

        Raises `DuplicateObject`.

        Spec: Q-11.
        """
        taken = self.constraints.__contains__
        return self._constraint(given, table, "_".join(columns), "fkey", taken)

    def _constraint(
        self,
        given: Name | None,
        table: str,
        columns: str,
        label: str,
        is_taken: Callable[[str], bool],
    ) -> str:
        if given is not None and given.text in self.by_table[table]:
            raise self.source.error(
                DuplicateObject, f'the table has a constraint "{given.text}" already', given.at
            )
        name = _free(table, columns, label, is_taken) if given is None else given.text
        self.constraints.add(name)
        self.by_table[table].add(name)
        return name

    def _check_relation(self, name: Name) -> None:
        if name.text in self.relations:
            raise self.source.error(
                DuplicateTable, f'there is a relation "{name.text}" already', name.at
            )


def _free(table: str, columns: str, label: str, is_taken: Callable[[str], bool]) -> str:
    """Return ``table_columns_label``, with the least number that makes it free if it is taken."""
    number = 0
    while is_taken(name := _object_name(table, columns, label + str(number or ""))):
        number += 1
    return name


def _object_name(table: str, columns: str, label: str) -> str:
    """Return the joined name, the longer of the first two parts cut until it fits."""
    parts = [table, columns] if columns else [table]
    room = NAME_BYTES_MAX - len(label) - len(parts)
    while sum(map(len, parts)) > room:
        longest = 0 if len(parts) == 1 or len(parts[0]) > len(parts[1]) else 1
        parts[longest] = parts[longest][:-1]
    return "_".join((*parts, label))
