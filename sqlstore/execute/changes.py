"""Changes of rows: a row before and after, and the operations that make one of the other.

Spec: docs/spec/sql.md, Q-90 to Q-92. Not here: which changes a statement makes
(`sqlstore.execute.writes`), which are allowed (`sqlstore.execute.constraints`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from sqlstore.rows import ENTRY_VALUE

if TYPE_CHECKING:
    from sqlstore.execute.operations import RowLog
    from sqlstore.rows import StoredRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of a table before and after: an INSERT has no ``old`` one, a DELETE no ``new`` one."""

    old: StoredRow | None
    new: StoredRow | None


class Pair(NamedTuple):
    """A key of the ordered map and its value."""

    key: bytes
    value: bytes


def write(log: RowLog, change: Change) -> None:
    """Write a row, then its entries by the numbers of their indexes.

    The row itself is written even if it is as it was, an entry only if it is another.

    Spec: Q-90 to Q-92.
    """
    for at, (old, new) in enumerate(zip_longest(_pairs(change.old), _pairs(change.new))):
        is_row = at == 0
        if is_row or old != new:
            _replace(log, old, new)


def _pairs(row: StoredRow | None) -> list[Pair]:
    if row is None:
        return []
    return [Pair(row.key, row.value), *(Pair(entry, ENTRY_VALUE) for entry in row.entries)]


def _replace(log: RowLog, old: Pair | None, new: Pair | None) -> None:
    """Put ``new`` in the place of ``old``, which has to go if its key is another."""
    stays = old is not None and new is not None and old.key == new.key
    if old is not None and not stays:
        log.delete(old.key, before=old.value)
    if new is not None:
        log.put(new.key, new.value, before=old.value if old is not None and stays else None)
