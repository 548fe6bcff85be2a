"""Records: rows that are kept in the heap, in a list, and in an array when they are all there.

A record is the u32 address of the next one, then, 8 bytes behind its beginning, a row laid out as
results are (`sqlstore.compile.layout`), then the bytes of its texts and byte strings.

Not here: what is kept (`sqlstore.compile.blocking`, `aggregates`, `select`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlstore.compile.code import ARENA, HEAP
from sqlstore.compile.layout import Field, layout
from sqlstore.compile.operands import Operand, load, operand_text, truth
from sqlstore.compile.rows import advanced, value_or_zero
from sqlstore.plan.statements import Output
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.compile.layout import Typed

LINK_BYTES: Final = 8
"""Before the row: the address of the next record, and what keeps the row aligned to 8."""


class RecordList:
    """A list of records that is being written: their columns are ``cells``.

    ``last`` is a local with the address where that of the next record goes, ``count`` one with
    their number.
    """

    def __init__(
        self, code: Code, cells: Sequence[Typed], base: str, *, keep: bool = False
    ) -> None:
        self.code = code
        self.cells = tuple(cells)
        self.layout = layout(self.cells)
        self._base = base
        self._head = code.unit.place(4)
        self._last = code.out.fresh(f"{base}_last", keep=keep)
        self.count = code.out.fresh(f"{base}_count", keep=keep)

    def begin(self) -> None:
        """Write the beginning of an empty list."""
        self.code.out.assign(self._last, ValueType.I32, f"{ARENA} + {self._head}")
        self.code.out.assign(self.count, ValueType.I32, "0")

    def append(self, operands: Sequence[Operand]) -> None:
        """Write a record with the values ``operands``, its texts copied."""
        code = self.code
        out = code.out
        operands = [code.pin(operand) for operand in operands]
        size = self._size(operands)
        code.allocations += 1
        code.check_room(size)
        out.add(f"store32({self._last}, {HEAP})")
        out.assign(self._last, ValueType.I32, HEAP)
        out.assign(HEAP, ValueType.I32, f"{HEAP} + {operand_text(size)}")
        write_result_row(
            code, self.cells, operands, base=self._last, offset=LINK_BYTES, copied=True
        )
        out.assign(self.count, ValueType.I32, f"{self.count} + 1")

    def _size(self, operands: Sequence[Operand]) -> str:
        """Write the size of a record; return it."""
        fixed = LINK_BYTES + self.layout.size
        lengths = [
            operand.length
            for cell, operand in zip(self.cells, operands, strict=True)
            if cell.type.is_bytes and operand.length != "0"
        ]
        if not lengths:
            return str(fixed)
        total = " + ".join((str(fixed + 7), *lengths))
        return self.code.out.local("size", f"{total} & -8")

    def close(self) -> None:
        """Write the end of the list."""
        self.code.out.add(f"store32({self._last}, 0)")

    @property
    def first(self) -> str:
        """The address of the first record, or 0."""
        return f"load32({ARENA}, {self._head})"

    @contextmanager
    def each(self) -> Iterator[str]:
        """Write a loop over the list, which is closed; give the local of the record."""
        out = self.code.out
        record = out.local(self._base, self.first)
        with self.code.loop(f"while {record}"):
            yield record
            out.assign(record, ValueType.I32, f"load32({record})")

    def array(self, *, scratch: bool = False, row_offset: int = 0) -> str:
        """Write an array of all records' addresses, each plus ``row_offset``; return its local.

        ``scratch`` asks for as much room behind it.
        """
        out = self.code.out
        self.close()
        words = f"{self.count} << {3 if scratch else 2}"
        items = self.code.allocate(f"({words}) + 7 & -8", f"{self._base}_items")
        at = out.local(f"{self._base}_at", items)
        with self.each() as record:
            address = f"{record} + {row_offset}" if row_offset else record
            out.add(f"store32({at}, {address})")
            out.assign(at, ValueType.I32, f"{at} + 4")
        return items

    def operands(self, record: str) -> dict[int, Operand]:
        """Return the columns of a record."""
        return {
            at: column_at(cell, field, base=record, offset=LINK_BYTES)
            for at, (cell, field) in enumerate(zip(self.cells, self.layout.fields, strict=True))
        }


def column_at(cell: Typed, field: Field, *, base: str, offset: int) -> Operand:
    """Return a column of the row that is ``offset`` behind the local ``base``."""
    return Operand(
        type=cell.type,
        value=load(64 if cell.type.is_wide else 32, base, offset + field.value),
        length="" if field.length is None else load(32, base, offset + field.length),
        null=None if field.null is None else load(32, base, offset + field.null),
        zeroed=True,
    )


def write_result_row(
    code: Code,
    cells: Sequence[Typed],
    operands: Sequence[Operand],
    *,
    base: str,
    offset: int,
    copied: bool,
) -> None:
    """Write a row of a result, ``offset`` behind the local ``base``; all of a NULL is zero.

    ``copied`` says that texts are copied to behind the row; else they stay where they are.

    Spec: Q-73.
    """
    places = layout(cells)
    out = code.out
    end = f"{base} + {offset + places.size}"
    moved = sum(_moves(operand, copied) for operand in operands)
    for cell, field, operand in zip(cells, places.fields, operands, strict=True):
        if field.length is None:
            bits = 64 if cell.type.is_wide else 32
            value = value_or_zero(operand)
            out.store(bits, base, value, offset + field.value, note=_note(cell))
        else:
            moves = _moves(operand, copied)
            address = replace(operand, value=end if moves else operand.value, zeroed=False)
            value = value_or_zero(address)
            out.store(32, base, value, offset + field.value, note=_note(cell))
            out.store(32, base, operand.length, offset + field.length)
            if moves:
                out.add(f"copy({end}, {operand.value}, {operand.length})")
                moved -= 1
                end = advanced(code, end, operand.length) if moved else end
        if field.null is not None:
            out.store(32, base, truth(operand.null), offset + field.null)


def _moves(operand: Operand, copied: bool) -> bool:
    """Return whether the bytes of a text are copied."""
    return copied and operand.length not in ("", "0")


def _note(cell: Typed) -> str:
    """Return the name of a column of the result, if it may stand in a comment."""
    return cell.name if isinstance(cell, Output) and cell.name.isidentifier() else ""
