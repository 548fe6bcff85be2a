"""Ad-hoc queries: the rows of one turn in an embedded engine, to read and to throw away.

The engine is DuckDB (extra `sql`), with every query that a person may think of. Its dialect is near
PostgreSQL's and is not the same: `1/2` is 0.5, AVG is a double, and names that differ in case alone
are one. Nothing here is proven or part of a channel: what a reducer computes with is
`sqlstore.compile`. The engine has a copy of the rows in memory, no files, no extensions and no
network, and one SELECT is all that it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlstore.types import Kind, numeric_text
from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from sqlstore.contents import Contents
    from sqlstore.rows import SqlRow
    from sqlstore.schema import Schema, Table
    from sqlstore.types import SqlType, Value

_CONFIGURATION: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 1,
}

_MISSING: Final = "ad-hoc queries need DuckDB: pip install 'event-sourced-channels[sql]'"

_TIME_ZONES: Final = "a timestamp with time zone is not shown: cast it to TIMESTAMP or to TEXT"

_NAMES: Final = {Kind.TEXT: "VARCHAR", Kind.VARCHAR: "VARCHAR", Kind.BYTEA: "BLOB"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns' names and the rows of a query, in Python's own types (`Decimal` for NUMERIC)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def query(schema: Schema, contents: Contents, sql: str) -> Answer:
    """Return the answer to one SELECT over ``contents``.

    Raises `InputError`, with the engine's own words, for what is not one or fails.
    """
    try:
        import duckdb
    except ImportError:
        raise InputError(_MISSING) from None
    if not _is_utf8(sql):
        raise InputError("the query is not UTF-8")
    _check_names("in the schema", list(schema.by_name))
    for table in schema.tables:
        names = [column.name for column in table.columns]
        _check_names(f'in the table "{printable(table.name)}"', names)
    try:
        with duckdb.connect(":memory:", config=_CONFIGURATION) as engine:
            for table in schema.tables:
                _fill(engine, table, contents.tables.get(table.name, ()))
            engine.execute("SET lock_configuration = true")
            statements = engine.extract_statements(sql)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise InputError("an ad-hoc query is one SELECT")
            found = engine.execute(statements[0])
            columns = tuple(column[0] for column in found.description or ())
            return Answer(columns, tuple(found.fetchall()))
    except duckdb.Error as error:
        # The engine makes Python's values of these with a package that is not installed with it.
        words = _TIME_ZONES if "'pytz'" in str(error) else _one_line(str(error))
        raise InputError(words) from None


def _is_utf8(sql: str) -> bool:
    """Return whether a text from the command line was UTF-8: other bytes become lone surrogates."""
    try:
        sql.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_names(where: str, names: Sequence[str]) -> None:
    """Refuse names of one kind that the engine takes for one name. Raises `InputError`."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.lower(), name)
        if first != name:
            raise InputError(
                f'{where}, the engine does not tell "{printable(first)}" from "{printable(name)}"'
            )


def _fill(engine: DuckDBPyConnection, table: Table, rows: Sequence[SqlRow]) -> None:
    """Create ``table`` and put ``rows`` in, a column at a time: that is the fast way in."""
    name = _quoted(table.name)
    columns = (f"{_quoted(column.name)} {_type(column.type)}" for column in table.columns)
    engine.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    if rows:
        lists = ", ".join(f"unnest(?::{_type(column.type)}[])" for column in table.columns)
        values = [
            [_value(column.type, value) for value in cells]
            for column, cells in zip(table.columns, zip(*rows, strict=True), strict=True)
        ]
        engine.execute(f"INSERT INTO {name} SELECT {lists}", values)


def _type(kind: SqlType) -> str:
    if kind.kind is Kind.NUMERIC:
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _NAMES.get(kind.kind) or str(kind)


def _value(kind: SqlType, value: Value) -> object:
    if kind.kind is Kind.NUMERIC and isinstance(value, int):
        return Decimal(numeric_text(value, kind.scale))
    return value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _one_line(words: str) -> str:
    """Return the engine's words without the picture of the place, which takes several lines."""
    sentence, _, _ = words.partition("\n\nLINE ")
    line = "; ".join(line.strip() for line in sentence.splitlines() if line.strip())
    return "".join(char if char.isprintable() else "\ufffd" for char in line)
