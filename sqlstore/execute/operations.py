"""Row operations: what a statement asks of the ordered map, one by one, and how it is undone.

Spec: docs/spec/sql.md, Q-85 and Q-93; docs/spec/turn.md, T-12 to T-16. Not here: which operations a
plan makes (`sqlstore.execute.scans`, `sqlstore.execute.changes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from merkle.ordered_map import OrderedMap


@dataclass(frozen=True, slots=True)
class Get:
    """The value of the row ``key``: ``found``, or None."""

    key: bytes
    found: bytes | None


@dataclass(frozen=True, slots=True)
class Put:
    """The row ``key`` was set to ``value``."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    """The row ``key`` was removed."""

    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seek:
    """The least key at or after ``key`` (``strict``: after it): ``found``, or None."""

    key: bytes
    strict: bool
    found: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeekBack:
    """The greatest key at or before ``key`` (``strict``: before it): ``found``, or None."""

    key: bytes
    strict: bool
    found: bytes | None


Operation: TypeAlias = Get | Put | Delete | Seek | SeekBack


@dataclass(slots=True)
class RowLog:
    """The rows as they are now, the operations made so far, and how to undo the writes.

    Whoever writes a row has read it, and says what was there ``before``: the compiled program
    knows it the same way, so undoing costs no read.
    """

    rows: OrderedMap
    operations: list[Operation]
    _undo: list[tuple[bytes, bytes | None]]

    def __init__(self, rows: OrderedMap) -> None:
        self.rows = rows
        self.operations = []
        self._undo = []

    def get(self, key: bytes) -> bytes | None:
        """Return the value of the row ``key``, or None. Spec: T-12."""
        found = self.rows.get(key)
        self.operations.append(Get(key, found))
        return found

    def seek(self, key: bytes, *, strict: bool) -> bytes | None:
        """Return the least key at or after ``key``, or None. Spec: T-15."""
        found = self.rows.seek(key, strict)
        self.operations.append(Seek(key=key, strict=strict, found=found))
        return found

    def seek_back(self, key: bytes, *, strict: bool) -> bytes | None:
        """Return the greatest key at or before ``key``, or None. Spec: T-16."""
        found = self.rows.seek_back(key, strict)
        self.operations.append(SeekBack(key=key, strict=strict, found=found))
        return found

    def put(self, key: bytes, value: bytes, *, before: bytes | None) -> None:
        """Set the row ``key`` to ``value`` where ``before`` was. Spec: T-13."""
        self._undo.append((key, before))
        self._write(key, value)

    def delete(self, key: bytes, *, before: bytes) -> None:
        """Remove the row ``key`` where ``before`` was. Spec: T-14."""
        self._undo.append((key, before))
        self._write(key, None)

    def undo(self) -> None:
        """Undo all writes, the last one first. Spec: Q-93."""
        while self._undo:
            self._write(*self._undo.pop())

    def _write(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self.rows = self.rows.delete(key)
            self.operations.append(Delete(key))
        else:
            self.rows = self.rows.put(key, value)
            self.operations.append(Put(key, value))
