"""Sequences: the numbers of identity columns.

Spec: docs/spec/sql.md, Q-24, Q-26, Q-90.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.errors import SequenceGeneratorLimitExceeded
from sqlstore.keys import decode_sequence, encode_sequence, sequence_key

if TYPE_CHECKING:
    from sqlstore.execute.operations import RowLog
    from sqlstore.schema import Table
    from sqlstore.types import SqlType


class Sequence:
    """The numbers that one statement takes for the identity column of ``table``.

    They are read when the first one is needed, and written back by `save`, if any was.
    """

    def __init__(self, log: RowLog, table: Table) -> None:
        self._log = log
        self._key = sequence_key(table)
        self._before: bytes | None = None
        self._last: int | None = None

    def take(self, kind: SqlType) -> int:
        """Return the next number of a column of type ``kind``.

        Raises `SequenceGeneratorLimitExceeded`, `CorruptedData`.
        """
        if self._last is None:
            self._before = self._log.get(self._key)
            self._last = 0 if self._before is None else decode_sequence(self._before, kind)
        if self._last == kind.greatest:
            raise SequenceGeneratorLimitExceeded(f"the identity column has given {self._last}")
        self._last += 1
        return self._last

    def save(self) -> None:
        """Write the last number that was taken, if one was."""
        if self._last is not None:
            self._log.put(self._key, encode_sequence(self._last), before=self._before)
