"""Scans: the rows of a table through a path, and the operations that find them.

Forward, the first key is sought at the low end of the range, and each other one behind the one
before; backward, the first is sought below the high end.

Spec: docs/spec/sql.md, Q-86, Q-87. Not here: which path is taken (`sqlstore.planner`), which keys
are in its range (`sqlstore.execute.ranges`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.execute.ranges import key_range
from sqlstore.keys import decode_key, row_key
from sqlstore.rows import decode_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlstore.execute.environment import Environment
    from sqlstore.execute.operations import RowLog
    from sqlstore.execute.ranges import KeyRange
    from sqlstore.plan.relations import Path, Scan
    from sqlstore.rows import SqlRow
    from sqlstore.schema import Index


def scan(node: Scan, environment: Environment) -> Iterator[Environment]:
    """Yield the rows of the table that the path finds, in the path's order.

    Spec: Q-86, Q-87.
    """
    path = node.path
    assert path is not None, "the planner gives every scan a path"
    keys = key_range(node.table, path, environment)
    if keys is None:
        return
    log = environment.running.log
    rows = _point(node, keys.low, log) if is_point(node, path) else _found(node, path, keys, log)
    for row in rows:
        yield environment.bind(node.source, row)


def is_point(node: Scan, path: Path) -> bool:
    """Return whether a path is one ``get``: all columns of the primary key are pinned."""
    return path.index is None and len(path.equal) == len(node.table.primary)


def _point(node: Scan, key: bytes, log: RowLog) -> Iterator[SqlRow]:
    value = log.get(key)
    if value is None:
        return
    if set(node.columns) <= set(node.table.primary):
        # Of a row of which only the key is used, it is asked only whether it is there.
        yield _key_alone(node, None, key)
    else:
        yield decode_row(node.table, key, value)


def _found(node: Scan, path: Path, keys: KeyRange, log: RowLog) -> Iterator[SqlRow]:
    for count, key in enumerate(_keys_found(path, keys, log), start=1):
        if path.rows_max is not None and count > path.rows_max:
            raise ProgramLimitExceeded(
                f"the scan of {node.table.name} found more than {path.rows_max} rows"
            )
        yield _row_at(node, path, key, log)


def _keys_found(path: Path, keys: KeyRange, log: RowLog) -> Iterator[bytes]:
    if path.backward:
        found = log.seek_back(keys.high, strict=True)
    else:
        found = log.seek(keys.low, strict=False)
    while found is not None and keys.low <= found < keys.high:
        yield found
        if path.unique:
            return
        found = (log.seek_back if path.backward else log.seek)(found, strict=True)


def _key_alone(node: Scan, index: Index | None, key: bytes) -> SqlRow:
    """Return the row that has ``key`` with the columns that stand there; the others are NULL."""
    values = decode_key(node.table, index, key)
    return tuple(values.get(at) for at in range(len(node.table.columns)))


def _row_at(node: Scan, path: Path, key: bytes, log: RowLog) -> SqlRow:
    """Return the row that ``key`` leads to: what is not read of it is NULL.

    Raises `CorruptedData` if there is none.
    """
    table = node.table
    row = _key_alone(node, path.index, key)
    if not path.fetch:
        return row
    place = key if path.index is None else row_key(table, row)
    value = log.get(place)
    if value is None:
        raise CorruptedData(f"the index entry {key.hex()} has no row")
    return decode_row(table, place, value)
