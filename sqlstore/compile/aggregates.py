"""Aggregates: over all rows as they come, or over groups of rows that are kept and sorted first.

Spec: docs/spec/sql.md, Q-52, Q-88. Mirror: `sqlstore.execute.aggregates`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, assert_never

from sqlstore.compile.arithmetic import narrowed
from sqlstore.compile.blocking import Order, same, sorted_items
from sqlstore.compile.code import ARENA
from sqlstore.compile.logic import comparison
from sqlstore.compile.operands import Operand, value_type, wide
from sqlstore.compile.records import RecordList
from sqlstore.compile.shape import cells
from sqlstore.plan.expressions import Comparison
from sqlstore.plan.relations import Aggregate, AggregateCall, AggregateFunction
from sqlstore.types import BIGINT, Kind
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code, OnRow

SUM_BYTES = 16
"""An exact sum has 128 bits."""


def aggregate(code: Code, node: Aggregate, on_row: OnRow) -> None:
    """Write an aggregate, with ``on_row`` for each group.

    Spec: Q-52.
    """
    if node.keys:
        _grouped(code, node, on_row)
        return
    states = [_state(code, call, kept=False) for call in node.aggregates]
    for state in states:
        state.clear()

    def collect() -> None:
        arguments = [
            None if call.argument is None else code.pin(code.emit(call.argument), "argument")
            for call in node.aggregates
        ]
        for state, argument in zip(states, arguments, strict=True):
            state.add(argument)

    code.produce(node.input, collect)
    code.rows[node.source] = {at: state.result() for at, state in enumerate(states)}
    on_row()


def _grouped(code: Code, node: Aggregate, on_row: OnRow) -> None:
    """Write GROUP BY: rows are kept as keys and arguments, sorted, and taken a group at a time."""
    count = len(node.keys)
    arguments = [call.argument for call in node.aggregates if call.argument is not None]
    records = RecordList(code, [*cells(node.keys), *cells(arguments)], "grouped")
    records.begin()

    def collect() -> None:
        values = [code.pin(code.emit(expr)) for expr in (*node.keys, *arguments)]
        records.append(values)

    code.produce(node.input, collect)
    out = code.out
    at, end = sorted_items(code, records, [Order(column=at) for at in range(count)])
    states = [_state(code, call, kept=True) for call in node.aggregates]
    with code.loop(f"while {at} != {end}"):
        first = out.local("first", f"load32({at})")
        record = out.local("record", first)
        for state in states:
            state.clear()
        with out.loop("while True"):
            _add_record(states, node, records, record)
            out.assign(at, ValueType.I32, f"{at} + 4")
            with out.block(f"if {at} == {end}"):
                out.add("break")
            out.assign(record, ValueType.I32, f"load32({at})")
            with out.block(f"if not ({same(records, first, record, count)})"):
                out.add("break")
        row = records.operands(first)
        results = {count + at: state.result() for at, state in enumerate(states)}
        code.rows[node.source] = {at: row[at] for at in range(count)} | results
        on_row()


def _add_record(states: list[State], node: Aggregate, records: RecordList, record: str) -> None:
    """Write the addition of a record to its group."""
    row = records.operands(record)
    at = len(node.keys)
    for state, call in zip(states, node.aggregates, strict=True):
        if call.argument is None:
            state.add(None)
        else:
            state.add(row[at])
            at += 1


# -- what is known of a group so far -----------------------------------------------------------


def _state(code: Code, call: AggregateCall, *, kept: bool) -> State:
    """Return what an aggregate needs. ``kept`` says that arguments stay where they are."""
    match call.function:
        case AggregateFunction.COUNT_ROWS | AggregateFunction.COUNT:
            return _Count(code)
        case AggregateFunction.SUM | AggregateFunction.AVG:
            assert call.argument is not None, "only COUNT has no argument"
            narrow = call.argument.type.kind in (Kind.SMALLINT, Kind.INTEGER)
            if call.function is AggregateFunction.SUM and narrow and call.type.kind is Kind.BIGINT:
                return _Sum(code, call)
            return _ExactSum(code, call)
        case AggregateFunction.MIN | AggregateFunction.MAX:
            return _Extreme(code, call, kept=kept)
        case _:
            assert_never(call.function)


class State(Protocol):
    """The code for one aggregate: begin a group, add a value, take the result."""

    def clear(self) -> None:
        """Write the beginning of a group."""

    def add(self, argument: Operand | None) -> None:
        """Write the addition of a row; None is COUNT(*)'s argument."""

    def result(self) -> Operand:
        """Write the end of a group; return its value."""


class _Count:
    """COUNT: of rows, or of values that are not NULL."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._count = code.out.fresh("count", ValueType.I64)

    def clear(self) -> None:
        self._code.out.assign(self._count, ValueType.I64, "0")

    def add(self, argument: Operand | None) -> None:
        if argument is not None and argument.is_null:
            return
        with self._code.unless(None if argument is None else argument.null):
            self._code.out.assign(self._count, ValueType.I64, f"{self._count} + 1")

    def result(self) -> Operand:
        return Operand(type=BIGINT, value=self._count)


class _Sum:
    """SUM of SMALLINT or INTEGER: no machine takes enough steps to leave an i64."""

    def __init__(self, code: Code, call: AggregateCall) -> None:
        self._code = code
        self._type = call.type
        self._sum = code.out.fresh("sum", ValueType.I64)
        self._none = code.out.fresh("sum_of_none")

    def clear(self) -> None:
        self._code.out.assign(self._sum, ValueType.I64, "0")
        self._code.out.assign(self._none, ValueType.I32, "1")

    def add(self, argument: Operand | None) -> None:
        assert argument is not None
        if argument.is_null:
            return
        with self._code.unless(argument.null):
            self._code.out.assign(self._sum, ValueType.I64, f"{self._sum} + {wide(argument)}")
            self._code.out.assign(self._none, ValueType.I32, "0")

    def result(self) -> Operand:
        return Operand(type=self._type, value=self._sum, null=self._none, zeroed=True)


class _ExactSum:
    """SUM of wider types, and AVG: a sum of 128 bits, brought to the call's type at the end."""

    def __init__(self, code: Code, call: AggregateCall) -> None:
        assert call.argument is not None, "only COUNT has no argument"
        self._code = code
        self._call = call
        self._scale = call.argument.type.scale
        self._sum = f"{ARENA} + {code.unit.place(SUM_BYTES)}"
        self._count = code.out.fresh("summed", ValueType.I64)

    def clear(self) -> None:
        self._code.out.add(f"sum_clear({self._sum})")
        self._code.out.assign(self._count, ValueType.I64, "0")

    def add(self, argument: Operand | None) -> None:
        assert argument is not None
        if argument.is_null:
            return
        with self._code.unless(argument.null):
            self._code.out.add(f"sum_add({self._sum}, {wide(argument)})")
            self._code.out.assign(self._count, ValueType.I64, f"{self._count} + 1")

    def result(self) -> Operand:
        code, kind = self._code, self._call.type
        none = code.out.local("sum_of_none", f"{self._count} == 0")
        out = code.scratch()
        scales = f"{self._scale}, {out}, {kind.scale}"
        call = f"sum_round({self._sum}, {scales})"
        if self._call.function is AggregateFunction.AVG:
            call = f"sum_average({self._sum}, {self._count}, {scales})"
        value = code.out.fresh("sum", value_type(kind))
        with code.unless(none):
            code.check_call(call)
            exact = code.out.local("exact", f"load64({out})", ValueType.I64)
            code.out.assign(value, value_type(kind), narrowed(code, exact, kind))
        return Operand(type=kind, value=value, null=none)


class _Extreme:
    """MIN or MAX: the value that is before, or behind, all others."""

    def __init__(self, code: Code, call: AggregateCall, *, kept: bool) -> None:
        self._code = code
        self._type = call.type
        minimum = call.function is AggregateFunction.MIN
        self._operator = Comparison.LT if minimum else Comparison.GT
        base = call.function.value
        self._value = code.out.fresh(base, value_type(call.type))
        self._none = code.out.fresh(f"{base}_of_none")
        self._length = code.out.fresh(f"{base}_length") if call.type.is_bytes else ""
        copied = call.type.is_bytes and not kept
        self._room = code.out.fresh(f"{base}_room") if copied else None

    @property
    def _best(self) -> Operand:
        return Operand(type=self._type, value=self._value, length=self._length, null=self._none)

    def clear(self) -> None:
        self._code.out.assign(self._value, value_type(self._type), "0")
        for name in (self._length, self._room):
            if name:
                self._code.out.assign(name, ValueType.I32, "0")
        self._code.out.assign(self._none, ValueType.I32, "1")

    def add(self, argument: Operand | None) -> None:
        assert argument is not None
        if argument.is_null:
            return
        code = self._code
        beyond = f"{self._none} or {comparison(self._operator, argument, self._best)}"
        with code.unless(argument.null), code.out.block(f"if {beyond}"):
            code.out.assign(self._none, ValueType.I32, "0")
            if self._room is not None:
                self._copy(argument)
                return
            code.out.assign(self._value, value_type(self._type), argument.value)
            if self._length:
                code.out.assign(self._length, ValueType.I32, argument.length)

    def _copy(self, argument: Operand) -> None:
        """Write the copying of a out, in place of the one before if it is not longer."""
        code, out = self._code, self._code.out
        assert self._room is not None
        with out.block(f"if {argument.length} > {self._room}"):
            out.assign(self._room, ValueType.I32, f"{argument.length} + 7 & -8")
            place = code.allocate(self._room)
            out.assign(self._value, ValueType.I32, place)
        out.add(f"copy({self._value}, {argument.value}, {argument.length})")
        out.assign(self._length, ValueType.I32, argument.length)

    def result(self) -> Operand:
        return self._best
