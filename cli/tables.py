"""Tables in test cases: the rows that a case expects, read with the reducer's schema, compared.

Not here: the shape of a file of cases (`cli.cases`), values as JSON (`sqlstore.json_values`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from merkle import OrderedMap
    from sqlstore.rows import SqlRow
    from sqlstore.schema import Schema, Table

Rows: TypeAlias = Sequence[Mapping[str, Any]]
"""Rows as a file has them: values by the names of columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDifference:
    """A row is missing (``actual`` None), unexpected (``expected`` None) or has other values.

    Rows are by their primary keys. Values are as JSON has them.
    """

    table: str
    expected: Mapping[str, object] | None
    actual: Mapping[str, object] | None

    @property
    def kind(self) -> str:
        """One word for it."""
        if self.actual is None:
            return "missing"
        return "unexpected" if self.expected is None else "different"

    def lines(self) -> Iterator[str]:
        """Yield what differs, for people."""
        yield f"      a row of {printable(self.table)} is {self.kind}:"
        for what, row in (("expected", self.expected), ("actual", self.actual)):
            if row is not None:
                yield f"        {what:<9} {self._shown(row)}"

    def _shown(self, row: Mapping[str, object]) -> str:
        cells = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in row.items())
        return printable(", ".join(cells))

    def report(self) -> dict[str, object]:
        """Return it as JSON-able data."""
        return {
            "table": self.table,
            "row": self.kind,
            "expected": self.expected,
            "actual": self.actual,
        }


def read_tables(
    schema: Schema | None, tables: Mapping[str, Rows], *, what: str
) -> dict[str, dict[tuple[object, ...], SqlRow]]:
    """Return the rows that a case expects by table and primary key. Raises `InputError`.

    A column that is left out is NULL.
    """
    if schema is None:
        raise InputError(f"{what}: 'tables' are for reducers with SQL: use 'rows'")
    found: dict[str, dict[tuple[object, ...], SqlRow]] = {}
    for name, rows in tables.items():
        table = schema.by_name.get(name)
        if table is None:
            raise InputError(f"{what}, tables: there is no table '{printable(name)}'")
        found[name] = {}
        for number, row in enumerate(rows, start=1):
            here = f"{what}, {printable(name)}: row {number}"
            values = _row(table, row, what=here)
            key = _key(table, values)
            if key in found[name]:
                raise InputError(f"{here} has the primary key of another")
            found[name][key] = values
    return found


def _row(table: Table, row: Mapping[str, Any], *, what: str) -> SqlRow:
    from sqlstore.json_values import from_json

    columns = [column.name for column in table.columns]
    for name in row:
        if name not in columns:
            raise InputError(f"{what}: there is no column '{printable(name)}'")
    return tuple(
        from_json(column.type, row.get(column.name), what=f"{what}: {printable(column.name)}")
        for column in table.columns
    )


def _key(table: Table, row: SqlRow) -> tuple[object, ...]:
    return tuple(row[at] for at in table.primary)


def compare_tables(
    schema: Schema, expected: Mapping[str, Mapping[tuple[object, ...], SqlRow]], rows: OrderedMap
) -> Iterator[TableDifference]:
    """Yield the differences between the expected tables and ``rows``, in the order of keys."""
    from sqlstore.contents import read_contents

    contents = read_contents(schema, rows)
    for name, wanted in expected.items():
        table = schema.by_name[name]
        there = {_key(table, row): row for row in contents.tables[name]}
        # The rows that are there come in the order of their keys; missing ones behind them.
        for key in dict.fromkeys([*there, *wanted]):
            if wanted.get(key) != there.get(key):
                yield TableDifference(
                    table=name,
                    expected=_named(table, wanted.get(key)),
                    actual=_named(table, there.get(key)),
                )


def _named(table: Table, row: SqlRow | None) -> dict[str, object] | None:
    from sqlstore.json_values import named_row

    return None if row is None else named_row(table, row)
