"""Snapshots: the rows of a channel at one turn as lines of JSON, with the root that they must have.

    {"format": "channels-snapshot/1", "root": "0x…", "schema": "0x…"}
    {"table": "units", "row": {"id": 1, "owner": 0, "kind": "guard"}}
    {"sequence": "units", "last": 1}
    {"key": "0x…", "value": "0x…"}

Rows stand in the order of tables and primary keys; then sequences, then rows of the reducer's own.
``schema`` is the hash of schema.sql, or null without one: then all rows are of the last kind. Index
entries are not written: the import makes them, checks every constraint, and compares the root.

Not here: values (`sqlstore.json_values`), where a snapshot comes from (`cli`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from merkle import Hash32, OrderedMap, keccak256
from sqlstore.contents import (
    Contents,
    check_constraints,
    read_contents,
    write_contents,
)
from sqlstore.json_values import from_json, named_row
from sqlstore.keys import ROWS
from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlstore.rows import SqlRow
    from sqlstore.schema import Schema, Table

FORMAT: Final = "channels-snapshot/1"
LINE_CHARACTERS_MAX: Final = 65_536

_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*")


def export_snapshot(schema: Schema | None, rows: OrderedMap) -> Iterator[str]:
    """Yield the lines of a snapshot of ``rows``, without line ends. Raises `CorruptedData`."""
    contents = _contents(schema, rows)
    yield _line(format=FORMAT, root=_hex(rows.root), schema=_schema_hash(schema))
    for table in schema.tables if schema else ():
        for row in contents.tables[table.name]:
            yield _line(table=table.name, row=named_row(table, row))
    for name, last in contents.sequences.items():
        yield _line(sequence=name, last=last)
    for key, value in contents.others:
        yield _line(key=_hex(key), value=_hex(value))


def _contents(schema: Schema | None, rows: OrderedMap) -> Contents:
    if schema is None:
        return Contents(others=tuple((key, value) for key, value in rows.items()))
    return read_contents(schema, rows)


def import_snapshot(
    schema: Schema | None,
    lines: Iterable[str],
    *,
    root: Hash32 | None = None,
    file: str = "snapshot",
) -> OrderedMap:
    """Return the rows of a snapshot, whose root is the one that it names, and ``root`` if given.

    ``file`` is what errors call the snapshot; what is wrong with a line has its number behind.
    Raises `InputError` for a line that is not of the format, another schema's snapshot, or another
    root; what breaks a constraint raises that error of SQL.
    """
    numbered = ((f"{file}:{number}", line) for number, line in enumerate(lines, start=1))
    head = next((_parsed(line, what=what) for what, line in numbered), {})
    claimed = _claimed_root(schema, head, file=file)
    if root is not None and root != claimed:
        raise InputError(f"{file}: the snapshot is of the root {_hex(claimed)}, not {_hex(root)}")
    reader = _Reader(schema)
    for what, line in numbered:
        reader.read(_parsed(line, what=what), what=what)
    contents = reader.contents()
    if schema is not None:
        check_constraints(schema, contents)
        rows = write_contents(schema, contents)
    else:
        rows = OrderedMap.from_rows(contents.others)
    if rows.root != claimed:
        raise InputError(f"{file}: the rows have the root {_hex(rows.root)}, not {_hex(claimed)}")
    return rows


def _claimed_root(schema: Schema | None, head: dict[str, Any], *, file: str) -> Hash32:
    if set(head) != {"format", "root", "schema"} or head["format"] != FORMAT:
        raise InputError(f"{file}:1: not the head of a snapshot of the format {FORMAT}")
    if head["schema"] != _schema_hash(schema):
        raise InputError(f"{file}:1: the snapshot was made with another schema")
    root = _bytes(head["root"], what=f"{file}:1: root")
    if len(root) != 32:
        raise InputError(f"{file}:1: root is not of 32 bytes")
    return Hash32(root)


class _Reader:
    """Collects the lines behind the head."""

    def __init__(self, schema: Schema | None) -> None:
        self._tables = {} if schema is None else schema.by_name
        self._rows: dict[str, list[SqlRow]] = {name: [] for name in self._tables}
        self._sequences: dict[str, int] = {}
        self._others: dict[bytes, bytes] = {}

    def read(self, line: dict[str, Any], *, what: str) -> None:
        match line:
            case {"table": str(name), "row": dict(row)} if len(line) == 2:
                table = self._table(name, what=what)
                self._rows[name].append(_row(table, row, what=what))
            case {"sequence": str(name), "last": int(last)} if len(line) == 2:
                self._add_sequence(self._table(name, what=what), last, what=what)
            case {"key": key, "value": value} if len(line) == 2:
                raw = _bytes(key, what=f"{what}: key")
                if raw in self._others:
                    raise InputError(f"{what}: the key stands twice")
                if self._tables and raw[:1] == bytes([ROWS]):
                    raise InputError(f"{what}: the key is one of the schema's")
                self._others[raw] = _bytes(value, what=f"{what}: value")
            case _:
                raise InputError(f"{what}: neither a row, a sequence nor a key")

    def _table(self, name: str, *, what: str) -> Table:
        table = self._tables.get(name)
        if table is None:
            raise InputError(f"{what}: there is no table '{printable(name)}'")
        return table

    def _add_sequence(self, table: Table, last: int, *, what: str) -> None:
        kind = table.identity_type
        if kind is None or not 1 <= last <= kind.greatest or isinstance(last, bool):
            raise InputError(
                f"{what}: no sequence of {table.name} can have given {printable(str(last))}"
            )
        if table.name in self._sequences:
            raise InputError(f"{what}: the sequence of {table.name} stands twice")
        self._sequences[table.name] = last

    def contents(self) -> Contents:
        return Contents(
            tables={name: tuple(rows) for name, rows in self._rows.items()},
            sequences=self._sequences,
            others=tuple(self._others.items()),
        )


def _row(table: Table, row: dict[str, object], *, what: str) -> SqlRow:
    names = {column.name for column in table.columns}
    if row.keys() != names:
        raise InputError(
            f"{what}: a row of {table.name} has the columns {', '.join(sorted(names))}"
        )
    return tuple(
        from_json(column.type, row[column.name], what=f"{what}: {column.name}")
        for column in table.columns
    )


def _parsed(line: str, *, what: str) -> dict[str, Any]:
    if len(line) > LINE_CHARACTERS_MAX:
        raise InputError(f"{what}: more than {LINE_CHARACTERS_MAX} characters")
    try:
        value = json.loads(
            line, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what}: not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{what}: not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_float(text: str) -> float:
    raise ValueError(f"{printable(text)} is not an integer")


def _bytes(text: object, *, what: str) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise InputError(f"{what} is not hexadecimal with 0x")
    return bytes.fromhex(text[2:])


def _schema_hash(schema: Schema | None) -> str | None:
    return None if schema is None else _hex(keccak256(schema.text.encode()))


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _line(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
