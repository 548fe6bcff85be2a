"""SELECT, and the rows that a statement returns.

Spec: docs/spec/sql.md, Q-72, Q-73.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlstore.compile.code import ARENA
from sqlstore.compile.layout import layout
from sqlstore.compile.records import LINK_BYTES, RecordList, write_result_row
from sqlstore.compile.relations import computed
from sqlstore.compile.shape import columns_of_source, is_single_pass
from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.relations import Limit, Sort
from sqlstore.plan.statements import Command
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.statements import Select


def select(code: Code, body: Select) -> None:
    """Write a SELECT.

    Spec: Q-72.
    """
    command = code.unit.statement.command
    if command is Command.ONE or (command is Command.MANY and is_single_pass(body.relation)):

        def first() -> None:
            write_single(code, body.outputs)
            code.out.add("return 1")

        code.produce(body.relation, first)
        code.out.add("return 0")
        return
    source = _source_of_records(code, body)
    if source is not None:
        _select_records(code, body, source)
        return
    returned = Returned(code)
    code.produce(body.relation, lambda: returned.add(body.outputs))
    code.out.add(f"return {returned.finish()}")


def _source_of_records(code: Code, body: Select) -> int | None:
    """Return the source of a sort whose records can be the rows of the result, or None.

    They can if a record begins with the columns of the result, laid out in the same way.
    """
    relation = body.relation
    while isinstance(relation, Limit):
        relation = relation.input
    if code.unit.statement.command is not Command.MANY or not isinstance(relation, Sort):
        return None
    places = [one.column for one in body.outputs if isinstance(one, ColumnRef)]
    sources = {one.source for one in body.outputs if isinstance(one, ColumnRef)}
    if sources != {relation.source} or len(set(places)) < len(body.outputs):
        return None
    kept = columns_of_source(relation.input, relation.source)
    same = all(
        (kept[at].type, kept[at].nullable) == (column.type, column.nullable)
        for at, column in zip(places, code.unit.statement.columns, strict=True)
    )
    return relation.source if same else None


def _select_records(code: Code, body: Select, source: int) -> None:
    """Write a SELECT whose rows are the records of a sort: their array becomes that of the result.

    As many rows of it have been taken as were read, so that none is written over before.
    """
    out = code.out
    code.first_columns[source] = tuple(
        one.column for one in body.outputs if isinstance(one, ColumnRef)
    )
    count = out.local("result_count", "0")

    def keep() -> None:
        one = code.sorted_records[source]
        out.add(f"store32({one.items} + ({count} << 2), {one.record} + {LINK_BYTES})")
        out.assign(count, ValueType.I32, f"{count} + 1")

    code.produce(body.relation, keep)
    if source in code.sorted_records:
        out.add(f"store32({ARENA}, {code.sorted_records[source].items})")
    out.add(f"return {count}")


def write_single(code: Code, outputs: Sequence[Expr]) -> None:
    """Write the result of one row, at a fixed place.

    Spec: Q-73.
    """
    columns = code.unit.statement.columns
    values = list(computed(code, tuple(outputs), "output").values())
    values = [code.made_durable(value) for value in values]
    at = code.unit.place(8 + layout(columns).size)
    out = code.out
    out.add(f"store32({ARENA}, {ARENA} + {at})")
    out.add(f"store32({ARENA}, {ARENA} + {at + 8}, {at})")
    write_result_row(code, columns, values, base=ARENA, offset=at + 8, copied=False)


class Returned:
    """The rows that a statement returns or affects, one after the other.

    ``count`` is the local with their number; rows are kept only if the caller gets them.
    """

    def __init__(self, code: Code) -> None:
        self._code = code
        statement = code.unit.statement
        self._command = statement.command
        self._records: RecordList | None = None
        self._count = ""
        if statement.command in (Command.ONE, Command.MANY):
            self._records = RecordList(code, statement.columns, "result", keep=True)
            self._records.begin()
        elif statement.command is Command.EXECROWS:
            self._count = code.out.fresh("count", keep=True)
            code.out.assign(self._count, ValueType.I32, "0")

    def add(self, outputs: Sequence[Expr]) -> None:
        """Write the evaluation of ``outputs``, and that they are one row more."""
        code = self._code
        values = list(computed(code, tuple(outputs), "output").values())
        if self._records is not None:
            self._records.append(values)
        elif self._count:
            code.out.assign(self._count, ValueType.I32, f"{self._count} + 1")

    def finish(self) -> str:
        """Write the list of the rows; return what the statement returns. Nothing fails after it."""
        if self._records is None:
            return self._count or "0"
        items = self._records.array(row_offset=LINK_BYTES)
        self._code.out.add(f"store32({ARENA}, {items})")
        count = self._records.count
        return f"{count} != 0" if self._command is Command.ONE else count
