"""Sort and Distinct: relations that have to read all their input before their first row.

Rows are kept as records; an array of their addresses is sorted by merging.

Spec: docs/spec/sql.md, Q-88. Mirror: `sqlstore.execute.relations`, `order`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.compile.code import SortedRecord
from sqlstore.compile.logic import equal_or_both_null
from sqlstore.compile.operands import Operand, operand_text
from sqlstore.compile.records import RecordList
from sqlstore.compile.runtime.sort import sort_function
from sqlstore.compile.shape import ValueShape, columns_of_source, is_single_pass
from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.nullability import is_nullable
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code, OnRow
    from sqlstore.plan.relations import Distinct, Sort, SortKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """By which column of a record, in which direction, and where NULL stands."""

    column: int
    descending: bool = False
    nulls_first: bool = False


def sort(code: Code, node: Sort, on_row: OnRow) -> None:
    """Write a sort: all rows of the input are kept with the values of the keys.

    Spec: Q-88.
    """
    if is_single_pass(node.input):

        def single() -> None:
            for key in node.keys:
                code.emit(key.value)
            on_row()

        code.produce(node.input, single)
        return
    columns = columns_of_source(node.input, node.source)
    first = code.first_columns.get(node.source, ())
    places = [*first, *(at for at in columns if at not in first)]
    extra = [key for key in node.keys if not _is_column(key, node.source)]
    key_cells = [ValueShape(key.value.type, is_nullable(key.value)) for key in extra]
    cells = [*(columns[at] for at in places), *key_cells]
    records = RecordList(code, cells, "sorted")
    records.begin()

    def collect() -> None:
        row = code.row(node.source)
        values = [code.emit(key.value) for key in extra]
        records.append([*(row[at] for at in places), *values])

    code.produce(node.input, collect)
    at_of = {id(key): len(places) + at for at, key in enumerate(extra)}
    orders = [
        Order(
            column=at_of[id(key)] if id(key) in at_of else places.index(_column(key)),
            descending=key.descending,
            nulls_first=key.nulls_first,
        )
        for key in node.keys
    ]
    with in_order(code, records, orders) as sorted_record:
        row = records.operands(sorted_record.record)
        code.rows[node.source] = {at: row[place] for place, at in enumerate(places)}
        code.sorted_records[node.source] = sorted_record
        on_row()


def _is_column(key: SortKey, source: int) -> bool:
    return isinstance(key.value, ColumnRef) and key.value.source == source


def _column(key: SortKey) -> int:
    assert isinstance(key.value, ColumnRef)
    return key.value.column


def distinct(code: Code, node: Distinct, on_row: OnRow) -> None:
    """Write DISTINCT: all rows are sorted, and of equal neighbours one is passed on.

    Spec: Q-88.
    """
    if is_single_pass(node.input):
        code.produce(node.input, on_row)
        return
    columns = columns_of_source(node.input, node.source)
    places = list(columns)
    records = RecordList(code, list(columns.values()), "distinct")
    records.begin()

    def collect() -> None:
        row = code.row(node.source)
        records.append([row[at] for at in places])

    code.produce(node.input, collect)
    before = code.out.local("before", "0")
    orders = [Order(column=at) for at in range(len(places))]
    with in_order(code, records, orders) as sorted_record:
        record = sorted_record.record
        fresh = f"{before} == 0 or not ({same(records, before, record, len(places))})"
        with code.out.block(f"if {fresh}"):
            code.out.assign(before, ValueType.I32, record)
            row = records.operands(record)
            code.rows[node.source] = {at: row[place] for place, at in enumerate(places)}
            on_row()


def same(records: RecordList, one: str, other: str, count: int) -> str:
    """Return whether the first ``count`` columns of two records are the same, NULL being so too."""
    left, right = records.operands(one), records.operands(other)
    tests = [equal_or_both_null(left[at], right[at]) for at in range(count)]
    return " and ".join(f"({test})" if " or " in test else test for test in tests) or "1"


@contextmanager
def in_order(code: Code, records: RecordList, orders: Sequence[Order]) -> Iterator[SortedRecord]:
    """Write the sort of records, and a loop over them; give the locals of each."""
    out = code.out
    items, end = sorted_items(code, records, orders)
    at = out.local("item", items)
    with code.loop(f"while {at} != {end}"):
        record = out.local("record", f"load32({at})")
        out.assign(at, ValueType.I32, f"{at} + 4")
        yield SortedRecord(items=items, record=record)


def sorted_items(code: Code, records: RecordList, orders: Sequence[Order]) -> tuple[str, str]:
    """Write the sort of records; return locals of where the array of addresses begins and ends."""
    out = code.out
    items = records.array(scratch=True)
    end = out.local("end", f"{items} + ({records.count} << 2)")
    compare = _compare_function(code, records, orders)
    name = code.unit.function_name("sort_rows")
    code.unit.functions.append(sort_function(name, compare))
    out.add(f"{name}({items}, {records.count}, {end})")
    return items, end


def _compare_function(code: Code, records: RecordList, orders: Sequence[Order]) -> str:
    """Write the function that compares two records: 0 is for equal ones, negative for in order."""
    name = code.unit.function_name("compare_rows")
    lines = [f"def {name}(a: i32, b: i32) -> i32:"]
    left, right = records.operands("a"), records.operands("b")
    for order in orders:
        lines += [
            f"    {line}" for line in _compared(left[order.column], right[order.column], order)
        ]
    lines.append("    return 0")
    code.unit.functions.append("\n".join(lines) + "\n")
    return name


def _compared(left: Operand, right: Operand, order: Order) -> Iterator[str]:
    """Yield what returns if two values differ."""
    sign = -1 if order.descending else 1
    values = list(_values_compared(left, right, sign))
    if left.null is None or right.null is None:
        yield from values
        return
    nulls = -1 if order.nulls_first else 1
    yield f"if {left.null} != {right.null}:"
    yield f"    return {nulls} if {left.null} else {-nulls}"
    yield f"if not {operand_text(left.null)}:"
    yield from (f"    {line}" for line in values)


def _values_compared(left: Operand, right: Operand, sign: int) -> Iterator[str]:
    if left.type.is_bytes:
        texts = f"{left.value}, {left.length}, {right.value}, {right.length}"
        yield f"order = compare_bytes({texts})"
        yield "if order:"
        yield f"    return {'order' if sign > 0 else '0 - order'}"
    else:
        yield f"if {left.value} != {right.value}:"
        yield f"    return {sign} if {left.value} > {right.value} else {-sign}"
