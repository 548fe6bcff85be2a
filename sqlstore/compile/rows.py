"""Rows' values: read from and written to buffers.

A column's fixed part has one place in all rows of a table, so most columns are one load or store.

Spec: docs/spec/sql.md, Q-25. Not here: keys (`sqlstore.compile.keys`). Mirror: `sqlstore.rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.compile.operands import Operand, is_cheap, operand_text, truth
from sqlstore.compile.text import Machine
from sqlstore.errors import ProgramLimitExceeded
from sqlstore.rows import fixed_bytes
from sqlstore.schema import ROW_BYTES_MAX
from sqlstore.types import Kind

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.schema import Column, Table
    from sqlstore.types import SqlType


@dataclass(frozen=True, slots=True, kw_only=True)
class NullBit:
    """Where a row says that a column is NULL: the byte, and the bit in it as a number."""

    byte: int
    mask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShape:
    """How the rows of a table are laid out.

    ``fixed`` and ``nulls`` are the columns' places; ``texts`` the columns of no fixed size, in
    order, whose bytes begin at ``variable``. ``bytes_max`` is what no row exceeds.
    """

    fixed: Mapping[int, int]
    nulls: Mapping[int, NullBit]
    texts: tuple[int, ...]
    variable: int
    bytes_max: int

    @property
    def can_overflow(self) -> bool:
        """Whether a row might be longer than rows may be."""
        return self.bytes_max > ROW_BYTES_MAX


def row_shape(table: Table) -> RowShape:
    """Return the shape of a table's rows. Spec: Q-25."""
    nullable = [at for at in table.stored if table.columns[at].nullable]
    nulls = {at: NullBit(byte=place // 8, mask=1 << place % 8) for place, at in enumerate(nullable)}
    end = (len(nullable) + 7) // 8
    fixed = {}
    for at in table.stored:
        fixed[at] = end
        end += fixed_bytes(table.columns[at].type)
    texts = tuple(at for at in table.stored if table.columns[at].type.is_bytes)
    return RowShape(
        fixed=fixed,
        nulls=nulls,
        texts=texts,
        variable=end,
        bytes_max=end + sum(_bytes_max(table.columns[at].type) for at in texts),
    )


def _bytes_max(kind: SqlType) -> int:
    """Return the most bytes of a text or byte string, or one more than a row's."""
    return 4 * kind.length if kind.kind is Kind.VARCHAR else ROW_BYTES_MAX + 1


def read_bytes_max(table: Table) -> int:
    """Return the most bytes that a stored row has."""
    return min(row_shape(table).bytes_max, ROW_BYTES_MAX)


def stored_columns(
    code: Code, table: Table, row: str, wanted: Collection[int]
) -> dict[int, Operand]:
    """Write what is needed to have the columns ``wanted`` of the row at the local ``row``.

    Only texts behind the first need anything: their places depend on the lengths before.
    """
    shape = row_shape(table)
    operands = {
        at: _fixed_column(table.columns[at], shape, at, row) for at in wanted if at in shape.fixed
    }
    last = max((at for at in wanted if at in shape.texts), default=-1)
    place = f"{row} + {shape.variable}"
    for at in shape.texts:
        if at > last:
            break
        column = table.columns[at]
        length = f"load16({row}, {shape.fixed[at]})"
        if at in wanted:
            if not is_cheap(place):
                place = code.text.local(f"{column.name}_at", place)
            code.text.durable.add(place)
            null = operands[at].null
            operands[at] = Operand(
                type=column.type, value=place, length=length, null=null, zeroed=True
            )
        place = f"{place} + {length}"
    return operands


def _fixed_column(column: Column, shape: RowShape, at: int, row: str) -> Operand:
    bit = shape.nulls.get(at)
    null = None if bit is None else f"load8({_place(row, bit.byte)}) & {bit.mask}"
    load = f"{_LOADS[fixed_bytes(column.type)]}({_place(row, shape.fixed[at])})"
    return Operand(type=column.type, value=load, null=null, zeroed=True)


_LOADS = {1: "load8", 2: "load16_s", 4: "load32", 8: "load64"}


def _place(row: str, offset: int) -> str:
    return f"{row}, {offset}" if offset else row


# -- writing -----------------------------------------------------------------------------------


def variable_length(code: Code, table: Table, values: Mapping[int, Operand]) -> str:
    """Write the length of a row with these values, and its check; return it.

    Of texts and byte strings, length is cheap to tell. Spec: Q-25.
    """
    shape = row_shape(table)
    if not shape.texts:
        return str(shape.variable)
    known = shape.variable + sum(
        int(values[at].length) for at in shape.texts if values[at].length.isdigit()
    )
    lengths = [values[at].length for at in shape.texts if not values[at].length.isdigit()]
    total = " + ".join((str(known), *map(operand_text, lengths)))
    if not lengths and known <= ROW_BYTES_MAX:
        return total
    length = code.text.local("row_length", total)
    if shape.can_overflow:
        code.fail_if(f"{length} > {ROW_BYTES_MAX}", ProgramLimitExceeded)
    return length


def write_row(code: Code, table: Table, values: Mapping[int, Operand], row: str) -> None:
    """Write the row with these values to the local ``row``. Its length is checked already.

    Spec: Q-25.
    """
    shape = row_shape(table)
    _write_null_bits(code, shape, values, row)
    for at, place in shape.fixed.items():
        column = table.columns[at]
        operand = values[at]
        value = operand.length if column.type.is_bytes else value_or_zero(operand)
        store = f"store{8 * fixed_bytes(column.type)}"
        code.text.add(f"{store}({row}, {value}{f', {place}' if place else ''})")
    texts = [values[at] for at in shape.texts if values[at].length != "0"]
    if not texts:
        return
    end = f"{row} + {shape.variable}"
    for at, operand in enumerate(texts):
        code.text.add(f"copy({end}, {operand.value}, {operand.length})")
        if at + 1 < len(texts):
            end = advanced(code, end, operand.length)


def assign_columns(code: Code, table: Table, values: Mapping[int, Operand], row: str) -> None:
    """Write new values of columns of fixed size to the row at ``row``."""
    shape = row_shape(table)
    bits: dict[int, list[int]] = {}
    for at in values.keys() & shape.nulls.keys():
        bits.setdefault(shape.nulls[at].byte, []).append(at)
    for byte, columns in sorted(bits.items()):
        kept = 255 - sum(shape.nulls[at].mask for at in columns)
        new = [
            _null_bit(values[at].null or "0", shape.nulls[at].mask)
            for at in sorted(columns)
            if values[at].null is not None
        ]
        text = " | ".join((f"load8({_place(row, byte)}) & {kept}", *new))
        code.text.add(f"store8({row}, {text}{f', {byte}' if byte else ''})")
    for at, operand in sorted(values.items()):
        place = shape.fixed[at]
        store = f"store{8 * fixed_bytes(table.columns[at].type)}"
        code.text.add(f"{store}({row}, {value_or_zero(operand)}{f', {place}' if place else ''})")


def advanced(code: Code, end: str, length: str) -> str:
    """Write ``end`` plus ``length`` to a local; return it."""
    if end.isidentifier():
        code.text.assign(end, Machine.I32, f"{end} + {length}")
        return end
    return code.text.local("row_end", f"{end} + {length}")


def value_or_zero(operand: Operand) -> str:
    """Return the value, or 0 if it is NULL."""
    if operand.is_null:
        return "0"
    if operand.null is None or operand.zeroed:
        return operand.value
    return f"0 if {operand.null} else {operand.value}"


def _write_null_bits(code: Code, shape: RowShape, values: Mapping[int, Operand], row: str) -> None:
    by_byte: dict[int, list[str]] = {}
    for at, bit in shape.nulls.items():
        null = values[at].null
        bits = by_byte.setdefault(bit.byte, [])
        if null is not None:
            bits.append(_null_bit(null, bit.mask))
    for byte, bits in by_byte.items():
        text = " | ".join(bits) or "0"
        code.text.add(f"store8({row}, {text}{f', {byte}' if byte else ''})")


def _null_bit(null: str, mask: int) -> str:
    """Return ``mask`` if a value is NULL, else 0."""
    if null == "1":
        return str(mask)
    if null.startswith("load8(") and null.endswith(f") & {mask}"):
        return null
    shift = mask.bit_length() - 1
    return f"({truth(null)}) << {shift}" if shift else f"({truth(null)})"
