"""Rows' values: read from and written to buffers.

A column's fixed part has one place in all rows of a table, so most columns are one load or store.

Spec: docs/spec/sql.md, Q-25. Not here: keys (`sqlstore.compile.keys`). Mirror: `sqlstore.rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.compile.operands import (
    ALWAYS,
    Operand,
    infix,
    is_literal,
    is_name,
    is_null_bit,
    is_place,
    load,
    operand_text,
    truth,
)
from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.schema import ROW_BYTES_MAX
from sqlstore.types import Kind
from wasm_interp.opcodes import ValueType

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
        end += table.columns[at].type.fixed_bytes
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


def own_length(table: Table, row: str) -> str:
    """Return the length that the row at the local ``row`` says it has: none other is read.

    Where that is the row's length, no text reaches beyond it. Spec: Q-72.
    """
    shape = row_shape(table)
    lengths = (load(16, row, shape.fixed[at]) for at in shape.texts)
    return " + ".join((str(shape.variable), *lengths))


def check_texts(code: Code, table: Table, row: str, wanted: Collection[int]) -> None:
    """Write the check of the VARCHAR(n) among ``wanted``: buffers have room for 4n bytes of each.

    Spec: Q-72.
    """
    shape = row_shape(table)
    for at in shape.texts:
        most = _bytes_max(table.columns[at].type)
        if at in wanted and shape.variable + most < ROW_BYTES_MAX:
            length = load(16, row, shape.fixed[at])
            code.fail_if(infix(length, ">", str(most)), CorruptedData)


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
        length = load(16, row, shape.fixed[at])
        if at in wanted:
            if not is_place(place):
                place = code.out.local(f"{column.name}_at", place)
            code.out.durable.add(place)
            null = operands[at].null
            operands[at] = Operand(
                type=column.type, value=place, length=length, null=null, zeroed=True
            )
        place = f"{place} + {length}"
    return operands


def _fixed_column(column: Column, shape: RowShape, at: int, row: str) -> Operand:
    bit = shape.nulls.get(at)
    null = None if bit is None else f"{load(8, row, bit.byte)} & {bit.mask}"
    size = column.type.fixed_bytes
    value = load(8 * size, row, shape.fixed[at], signed=size == 2)
    return Operand(type=column.type, value=value, null=null, zeroed=True)


# -- writing -----------------------------------------------------------------------------------


def variable_length(code: Code, table: Table, values: Mapping[int, Operand]) -> str:
    """Write the length of a row with these values, and its check; return it.

    Of texts and byte strings, length is cheap to tell. Spec: Q-25.
    """
    shape = row_shape(table)
    if not shape.texts:
        return str(shape.variable)
    known = shape.variable + sum(
        int(values[at].length) for at in shape.texts if is_literal(values[at].length)
    )
    lengths = [values[at].length for at in shape.texts if not is_literal(values[at].length)]
    total = " + ".join((str(known), *map(operand_text, lengths)))
    if not lengths and known <= ROW_BYTES_MAX:
        return total
    length = code.out.local("row_length", total)
    if shape.can_overflow:
        code.fail_if(f"{length} > {ROW_BYTES_MAX}", ProgramLimitExceeded)
    return length


def write_stored_row(code: Code, table: Table, values: Mapping[int, Operand], row: str) -> None:
    """Write the row with these values to the local ``row``. Its length is checked already.

    Spec: Q-25.
    """
    shape = row_shape(table)
    _write_null_bits(code, shape, values, row)
    for at, place in shape.fixed.items():
        column = table.columns[at]
        operand = values[at]
        value = operand.length if column.type.is_bytes else value_or_zero(operand)
        code.out.store(8 * column.type.fixed_bytes, row, value, place)
    texts = [values[at] for at in shape.texts if values[at].length != "0"]
    if not texts:
        return
    end = f"{row} + {shape.variable}"
    for at, operand in enumerate(texts):
        code.out.add(f"copy({end}, {operand.value}, {operand.length})")
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
        code.out.store(8, row, " | ".join((f"{load(8, row, byte)} & {kept}", *new)), byte)
    for at, operand in sorted(values.items()):
        size_bits = 8 * table.columns[at].type.fixed_bytes
        code.out.store(size_bits, row, value_or_zero(operand), shape.fixed[at])


def advanced(code: Code, end: str, length: str) -> str:
    """Write ``end`` plus ``length`` to a local; return it."""
    if is_name(end):
        code.out.assign(end, ValueType.I32, f"{end} + {length}")
        return end
    return code.out.local("row_end", f"{end} + {length}")


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
        code.out.store(8, row, " | ".join(bits) or "0", byte)


def _null_bit(null: str, mask: int) -> str:
    """Return ``mask`` if a value is NULL, else 0."""
    if null == ALWAYS:
        return str(mask)
    if is_null_bit(null, mask):
        return null
    shift = mask.bit_length() - 1
    return f"({truth(null)}) << {shift}" if shift else f"({truth(null)})"
