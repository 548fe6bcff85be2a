"""Sequences: the numbers of identity columns.

Spec: docs/spec/sql.md, Q-24, Q-90. Mirror: `sqlstore.execute.sequences`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.compile.keys import prefix_word
from sqlstore.compile.operands import Operand
from sqlstore.errors import CorruptedData, SequenceGeneratorLimitExceeded
from sqlstore.keys import SEQUENCE_BYTES, SEQUENCES
from wasm_interp.opcodes import ValueType

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
        code, out = self._code, self._code.out
        if self._last is None:
            self._begin()
        if self._several:
            with out.block(f"if {self._last} < 0"):
                self._read(kind)
        else:
            self._read(kind)
        assert self._last is not None
        code.fail_if(f"{self._last} == {kind.greatest}", SequenceGeneratorLimitExceeded)
        out.assign(self._last, ValueType.I64, f"{self._last} + 1")
        return Operand(type=kind, value=self._last if kind.is_wide else f"i32({self._last})")

    def _begin(self) -> None:
        code, table = self._code, self._table
        self._key = code.buffer("sequence_key", table.number, _KEY_BYTES, "sequence_key")
        self._row = code.buffer("sequence", table.number, SEQUENCE_BYTES, "sequence")
        self._last = code.out.fresh("last", ValueType.I64, keep=True)
        if self._several:
            code.setup.append(f"{self._last}: i64 = -1")

    def _read(self, kind: SqlType) -> None:
        code, out = self._code, self._code.out
        assert self._last is not None
        out.add(f"store16({self._key}, {prefix_word(SEQUENCES)})")
        out.add(f"store8({self._key}, {self._table.number}, 2)")
        get = f"db_get({self._key}, {_KEY_BYTES}, {self._row}, {SEQUENCE_BYTES})"
        size = out.local("sequence_length", get)
        out.assign(self._last, ValueType.I64, "0")
        with out.block(f"if {size} >= 0"):
            out.assign(self._last, ValueType.I64, f"load64({self._row})")
            # From 1 to the greatest: zero becomes the greatest of all.
            no_number = f"gt_u({self._last} - 1, {kind.greatest - 1})"
            code.fail_if(f"{size} != {SEQUENCE_BYTES} or {no_number}", CorruptedData)

    def save(self) -> None:
        """Write the last number that was taken to its row, if one was."""
        out = self._code.out
        if self._last is None:
            return
        put = f"db_put({self._key}, {_KEY_BYTES}, {self._row}, {SEQUENCE_BYTES})"
        if self._several:
            with out.block(f"if {self._last} >= 0"):
                out.add(f"store64({self._row}, {self._last})")
                out.add(put)
        else:
            out.add(f"store64({self._row}, {self._last})")
            out.add(put)
