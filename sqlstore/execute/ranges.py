"""Ranges of keys: where the rows of a path can be.

All keys from ``low`` on and below ``high`` are those of rows for which the pinned columns have
their values and the next column lies within its bounds. A search key of more than 80 bytes is cut:
no key is as long, so none lies between the cut key and the whole one.

Spec: docs/spec/sql.md, Q-86. Not here: how keys in a range are found (`sqlstore.execute.scans`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.execute.evaluate import evaluate
from sqlstore.keys import (
    PRESENT,
    encode_column,
    encode_value,
    key_columns,
    relation_prefix,
    successor,
)
from sqlstore.plan.walk import path_expressions
from sqlstore.schema import KEY_BYTES_MAX

if TYPE_CHECKING:
    from sqlstore.execute.environment import Environment
    from sqlstore.plan.relations import Path
    from sqlstore.schema import Column, Table
    from sqlstore.types import SqlType, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """The keys from ``low`` on and below ``high``."""

    low: bytes
    high: bytes


@dataclass(frozen=True, slots=True)
class End:
    """One end of a column's values; ``value`` is one of them if it is ``inclusive``."""

    value: Value
    inclusive: bool


def key_range(table: Table, path: Path, environment: Environment) -> KeyRange | None:
    """Return the keys among which ``path`` looks, or None if there can be none.

    All values are computed, from left to right, before one is looked at. Raises `SqlError`.

    Spec: Q-86.
    """
    values = [evaluate(value, environment) for value in path_expressions(path)]
    if None in values:
        return None
    columns = [table.columns[at] for at in key_columns(table, path.index)]
    pinned, rest = values[: len(path.equal)], iter(values[len(path.equal) :])
    low = None if path.low is None else End(next(rest), path.low.inclusive)
    high = None if path.high is None else End(next(rest), path.high.inclusive)

    prefix = relation_prefix(table, path.index)
    for column, value in zip(columns, pinned, strict=False):
        if not _is_possible(column, value):
            return None
        prefix += encode_column(column, value)
    if len(prefix) > KEY_BYTES_MAX:
        return None
    if low is None and high is None:
        return KeyRange(low=prefix, high=successor(prefix))
    return _bounded(prefix, columns[len(pinned)], low, high)


def _is_possible(column: Column, value: Value) -> bool:
    """Return whether a column can have ``value``, which may be of a wider type."""
    if not isinstance(value, int):
        return True
    return column.type.least <= value <= column.type.greatest


def _bounded(prefix: bytes, column: Column, low: End | None, high: End | None) -> KeyRange | None:
    """Return the keys behind ``prefix`` whose next column is between two ends, and not NULL."""
    if column.nullable:
        prefix += PRESENT
    if column.type.is_bytes:
        return _texts(prefix, column.type, low, high)
    return _numbers(prefix, column.type, low, high)


def _texts(prefix: bytes, kind: SqlType, low: End | None, high: End | None) -> KeyRange:
    first = prefix if low is None else prefix + encode_value(kind, low.value)
    last = prefix if high is None else prefix + encode_value(kind, high.value)
    return KeyRange(
        low=_edge(first, after=low is not None and not low.inclusive),
        high=_edge(last, after=high is None or high.inclusive),
    )


def _numbers(prefix: bytes, kind: SqlType, low: End | None, high: End | None) -> KeyRange | None:
    """Return the keys of integers, NUMERIC or BOOLEAN: ends beyond the type are cut to it."""
    least, greatest = kind.least, kind.greatest
    if low is not None:
        least = max(least, _integer(low.value) + (not low.inclusive))
    if high is not None:
        greatest = min(greatest, _integer(high.value) - (not high.inclusive))
    if least > greatest:
        return None
    first = prefix if low is None else prefix + encode_value(kind, least)
    last = prefix if high is None else prefix + encode_value(kind, greatest)
    return KeyRange(low=_edge(first, after=False), high=_edge(last, after=True))


def _integer(value: Value) -> int:
    assert isinstance(value, int), "a number is compared with numbers"
    return value


def _edge(key: bytes, *, after: bool) -> bytes:
    """Return ``key``, or what is ``after`` all keys that begin with it, in at most 80 bytes."""
    if len(key) > KEY_BYTES_MAX:
        return key[:KEY_BYTES_MAX]
    return successor(key) if after else key
