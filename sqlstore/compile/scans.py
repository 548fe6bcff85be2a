"""Scans: the rows of a table through a path, by the operations of Q-86.

Every scan has a buffer for keys and one for rows. A key is sought from the buffer that holds the
key found before, and found into it.

Spec: docs/spec/sql.md, Q-86, Q-87. Not here: keys and rows as bytes (`sqlstore.compile.keys`,
`rows`), which keys are in a range (`ranges`). Mirror: `sqlstore.execute.scans`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from sqlstore.compile.arithmetic import literal, outside
from sqlstore.compile.code import ARENA, Code, OnRow, StoredRow
from sqlstore.compile.keys import (
    KeyReader,
    KeyWriter,
    as_sought,
    buffer_bytes,
    can_overflow,
    write_row_key,
)
from sqlstore.compile.operands import Operand, either, infix, operand_text, value_type, wide
from sqlstore.compile.ranges import (
    SLACK_BYTES,
    KeyRange,
    advance,
    number_bounds,
    search,
)
from sqlstore.compile.rows import check_texts, own_length, read_bytes_max, stored_columns
from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.keys import key_columns
from sqlstore.plan.walk import path_expressions
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.plan.relations import Path, Scan
    from sqlstore.schema import Column


def scan(code: Code, node: Scan, on_row: OnRow) -> None:
    """Write the search for the rows of ``node``, with ``on_row`` for each.

    Spec: Q-86.
    """
    path = node.path
    assert path is not None, "the planner gives every scan a path"
    values = [code.pin(code.emit(value), "bound") for value in path_expressions(path)]
    if any(value.is_null for value in values):
        return
    null = either(*(value.null for value in values))
    columns = as_sought(node.table.columns[at] for at in key_columns(node.table, path.index))
    with ExitStack() as blocks:
        if null is not None:
            blocks.enter_context(code.out.block(f"if not {operand_text(null)}"))
        leave: Callable[[], None] = _never
        if can_overflow(columns[: len(path.equal)]):
            leave = blocks.enter_context(code.once())
        searched = _Scan(code, node, path, columns, leave)
        searched.write([value.not_null() for value in values], blocks, on_row)


def _never() -> None:
    raise AssertionError("a key of numbers has no room for more")


Pinned: TypeAlias = "tuple[tuple[Column, Operand], ...]"
"""The first columns of a key with their values."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """A scan that is being written.

    ``columns`` are those of the key that is sought; ``leave`` writes what ends the scan where the
    key would be too long.
    """

    code: Code
    node: Scan
    path: Path
    columns: list[Column]
    leave: Callable[[], None]

    def write(self, values: list[Operand], blocks: ExitStack, on_row: OnRow) -> None:
        """Write the scan for values that are not NULL, within ``blocks``."""
        count = len(self.path.equal)
        pinned = self._pinned(values[:count], blocks)
        if pinned is None:
            return
        if self.path.index is None and count == len(self.node.table.primary):
            self._point(pinned, on_row)
            return
        keys = self._key_range(pinned, values[count:], blocks)
        if keys is not None:
            self._each(keys, on_row)

    def _pinned(self, values: list[Operand], blocks: ExitStack) -> Pinned | None:
        """Return the pinned columns with their values, where each can have its value.

        None: one of them never can.
        """
        pairs = list(zip(self.columns, values, strict=False))
        possible = [test for column, value in pairs for test in _possible(column, value)]
        if "0" in possible:
            return None
        if possible:
            blocks.enter_context(self.code.out.block(f"if {' and '.join(possible)}"))
        return tuple(
            (column, self.code.pin(_fitted(column, value), column.name)) for column, value in pairs
        )

    # -- buffers ----------------------------------------------------------------------------------

    def _key_buffer(self, purpose: str, columns: list[Column]) -> str:
        size = buffer_bytes(columns) + (SLACK_BYTES if can_overflow(columns) else 0)
        name = f"{self.node.table.name}_{purpose}"
        return self.code.buffer(purpose, self.node.source, size, name)

    def _read_row(self, key: str, length: str) -> StoredRow:
        """Write the ``get`` of a row into the scan's buffer."""
        table, size = self.node.table, read_bytes_max(self.node.table)
        row = self.code.buffer("row", self.node.source, size, f"{table.name}_row")
        row_length = self.code.out.local(
            f"{table.name}_length", f"db_get({key}, {length}, {row}, {size})"
        )
        return StoredRow(key, length, row, row_length)

    def _bind(self, known: Mapping[int, Operand], stored: StoredRow) -> None:
        """Bind the columns that are used: ``known`` ones, and others as the row has them."""
        code, node = self.code, self.node
        code.stored[node.source] = stored
        wanted = [at for at in node.columns if at not in known]
        check_texts(code, node.table, stored.row, wanted)
        code.rows[node.source] = {
            **known,
            **stored_columns(code, node.table, stored.row, wanted),
        }

    # -- one row ----------------------------------------------------------------------------------

    def _point(self, pinned: Pinned, on_row: OnRow) -> None:
        """Write one ``get``: the whole primary key is known."""
        code, node = self.code, self.node
        columns = [column for column, _ in pinned]
        key = self._key_buffer("key", columns)
        writer = KeyWriter(code, key, node.table.number, columns=columns, overflow=self.leave)
        for column, value in pinned:
            writer.column(column, value)
        length = writer.finish()
        known = {at: value for at, (_, value) in zip(node.table.primary, pinned, strict=True)}
        looked_at = not set(node.columns) <= known.keys()
        if not looked_at and node.source not in code.targets:
            with code.out.block(f"if db_get({key}, {length}, {ARENA}, 0) >= 0"):
                code.rows[node.source] = known
                on_row()
            return
        stored = self._read_row(key, length)
        there = infix(stored.row_length, ">=", "0")
        whole = infix(stored.row_length, "==", own_length(node.table, stored.row))
        with code.out.block(f"if {whole if looked_at else there}"):
            self._bind(known, stored)
            on_row()
        if looked_at:
            # The common case, a row as it should be, takes one comparison.
            with code.out.block(f"elif {there}"):
                code.fail(CorruptedData)

    # -- several ----------------------------------------------------------------------------------

    def _key_range(self, pinned: Pinned, ends: list[Operand], blocks: ExitStack) -> KeyRange | None:
        """Write the bounds of the path; return its range, None if nothing can be in it."""
        path = self.path
        following = self.columns[len(pinned)] if ends else None
        least = ends[0] if path.low is not None else None
        greatest = ends[-1] if path.high is not None else None
        if following is not None and not following.type.is_bytes:
            bounds = number_bounds(self.code, following, path, ends, blocks)
            if bounds is None:
                return None
            least, greatest = bounds
        keys = KeyRange(
            path=path,
            number=self.node.table.number if path.index is None else path.index.number,
            pinned=pinned,
            next=following,
            least=least,
            greatest=greatest,
            key=self._key_buffer("key", self.columns),
            end="",
            leave=self.leave,
        )
        if keys.is_fixed:
            return keys
        return replace(keys, end=self._key_buffer("end", self.columns))

    def _each(self, keys: KeyRange, on_row: OnRow) -> None:
        """Write the search, and what is done with every key in the range."""
        code, out, path = self.code, self.code.out, self.path
        sought = search(code, keys)
        if path.unique:
            with out.block(f"if {sought.in_range}"):
                self._found(keys, sought.length, None)
                on_row()
            return
        count = None if path.rows_max is None else out.local("rows", "0")
        with code.loop(f"while {sought.in_range}"):
            bounded = sought.enter()
            if count is not None:
                code.fail_if(f"{count} == {path.rows_max}", ProgramLimitExceeded)
                out.assign(count, ValueType.I32, f"{count} + 1")
            self._found(keys, sought.length, bounded)
            on_row()
            out.add(advance(keys, sought.length))

    def _found(self, keys: KeyRange, length: str, bounded: Operand | None) -> None:
        """Write what is needed of a key that was found: columns, the row if it is to be read.

        ``bounded`` is the value of the bounded column, if it is known.
        """
        code, node, path, table = self.code, self.node, self.path, self.node.table
        values = [value for _, value in keys.pinned]
        values += [] if bounded is None else [bounded]
        places = key_columns(table, path.index)
        known = dict(zip(places, values, strict=False))
        wanted = {at for at in node.columns if at not in known}
        if path.fetch:
            # The row has all that is not in its own key.
            wanted &= set(table.primary)
        reader = KeyReader(code, keys.key, table)
        row_key, row_key_length = keys.key, length
        if path.index is not None and path.fetch:
            for at in path.index.columns:
                reader.skip(table.columns[at])
            own = [table.columns[at] for at in table.primary]
            buffer = self._key_buffer("row_key", own)
            row_key, row_key_length = write_row_key(code, table, reader, length, buffer)
            places = table.primary
        known |= reader.read_all(places, wanted)
        if not path.fetch:
            code.rows[node.source] = known
            return
        stored = self._read_row(row_key, row_key_length)
        whole = own_length(table, stored.row)
        code.fail_if(infix(stored.row_length, "!=", whole), CorruptedData)
        self._bind(known, stored)


def _possible(column: Column, value: Operand) -> list[str]:
    """Return what holds if a number, which may be of a wider type, is one of the column's."""
    kind = column.type
    if kind.is_bytes or (kind.least <= value.type.least and value.type.greatest <= kind.greatest):
        return []
    known = literal(value)
    if known is not None:
        return [] if kind.least <= known <= kind.greatest else ["0"]
    return [f"not {outside(value.value, kind)}"]


def _fitted(column: Column, value: Operand) -> Operand:
    """Return a value that a column can have as one of the column's type."""
    if value_type(value.type) is value_type(column.type) or literal(value) is not None:
        return replace(value, type=column.type)
    text = wide(value) if value_type(column.type) is ValueType.I64 else f"i32({value.value})"
    return Operand(type=column.type, value=text)
