"""Sequences: the numbers of identity columns.

Spec: docs/spec/sql.md, Q-24, Q-90. Mirror: `sqlstore.execute.sequences`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.compile.layout import is_wide
from sqlstore.compile.operands import Operand
from sqlstore.compile.text import Machine
from sqlstore.errors import SequenceGeneratorLimitExceeded
from sqlstore.keys import ROWS, SEQUENCE_BYTES, SEQUENCES

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.schema import Table
    from sqlstore.types import SqlType

_KEY_BYTES: Final = 3


class Sequence:
    """The numbers that a statement takes for the identity column of ``table``.

    ``last`` is the local with the last one. If ``several`` rows may take one, it is read when the
    first does.
    """

    def __init__(self, code: Code, table: Table, *, several: bool) -> None:
        self._code = code
        self._table = table
        self._several = several
        self._last: str | None = None
        self._key = ""
        self._row = ""

    def take(self, kind: SqlType) -> Operand:
        """Write the taking of the next number."""
        code, text = self._code, self._code.text
        if self._last is None:
            self._begin()
        if self._several:
            with text.block(f"if {self._last} < 0"):
                self._read()
        else:
            self._read()
        assert self._last is not None
        code.fail_if(f"{self._last} == {kind.greatest}", SequenceGeneratorLimitExceeded)
        text.assign(self._last, Machine.I64, f"{self._last} + 1")
        return Operand(type=kind, value=self._last if is_wide(kind) else f"i32({self._last})")

    def _begin(self) -> None:
        code, table = self._code, self._table
        self._key = code.buffer("sequence_key", table.number, _KEY_BYTES, "sequence_key")
        self._row = code.buffer("sequence", table.number, SEQUENCE_BYTES, "sequence")
        self._last = code.text.fresh("last", Machine.I64, keep=True)
        if self._several:
            code.setup.append(f"{self._last}: i64 = -1")

    def _read(self) -> None:
        text = self._code.text
        assert self._last is not None
        text.add(f"store16({self._key}, {SEQUENCES << 8 | ROWS:#06x})")
        text.add(f"store8({self._key}, {self._table.number}, 2)")
        size = f"db_get({self._key}, {_KEY_BYTES}, {self._row}, {SEQUENCE_BYTES})"
        text.assign(self._last, Machine.I64, "0")
        with text.block(f"if {size} >= 0"):
            text.assign(self._last, Machine.I64, f"load64({self._row})")

    def save(self) -> None:
        """Write the last number that was taken to its row, if one was."""
        text = self._code.text
        if self._last is None:
            return
        put = f"db_put({self._key}, {_KEY_BYTES}, {self._row}, {SEQUENCE_BYTES})"
        if self._several:
            with text.block(f"if {self._last} >= 0"):
                text.add(f"store64({self._row}, {self._last})")
                text.add(put)
        else:
            text.add(f"store64({self._row}, {self._last})")
            text.add(put)
