"""Relations: nested loops, with what is done with a row in the middle of them.

`produce` writes the rows of a relation; ``on_row`` is called once, or, where rows come from
several places in the code (UNION, a left join), once for each.

Spec: docs/spec/sql.md, Q-60 to Q-63, Q-88. Not here: scans, sorts, aggregates.
Mirror: `sqlstore.execute.relations`.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from sqlstore.compile.aggregates import aggregate
from sqlstore.compile.arithmetic import literal
from sqlstore.compile.blocking import distinct, sort
from sqlstore.compile.logic import condition
from sqlstore.compile.operands import Operand, either, is_literal
from sqlstore.compile.scans import scan
from sqlstore.compile.shape import columns_of_source, is_single_pass
from sqlstore.compile.variables import Variable
from sqlstore.errors import InvalidRowCountInLimit, InvalidRowCountInOffset, SqlError
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Project,
    Relation,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.walk import bound_sources
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.compile.code import Code, OnRow
    from sqlstore.plan.expressions import Expr


def produce(code: Code, relation: Relation, on_row: OnRow) -> None:
    """Write the rows of ``relation``, with ``on_row`` for each: its sources are bound there.

    Spec: Q-88.
    """
    match relation:
        case Scan():
            scan(code, relation, on_row)
        case Values():
            _values(code, relation, on_row)
        case OneRow():
            on_row()
        case Filter():
            code.produce(relation.input, lambda: _filtered(code, relation.predicate, on_row))
        case Join():
            _join(code, relation, on_row)
        case Project():
            code.produce(relation.input, lambda: _projected(code, relation, on_row))
        case Aggregate():
            aggregate(code, relation, on_row)
        case Sort():
            sort(code, relation, on_row)
        case Distinct():
            distinct(code, relation, on_row)
        case Limit():
            _limit(code, relation, on_row)
        case Union():
            _union(code, relation, on_row)
        case _:
            assert_never(relation)


def _filtered(code: Code, predicate: Expr, on_row: OnRow) -> None:
    holds = condition(code, predicate)
    if holds == "1":
        on_row()
    elif holds != "0":
        with code.out.block(f"if {holds}"):
            on_row()


def computed(code: Code, expressions: tuple[Expr, ...], base: str) -> dict[int, Operand]:
    """Write the evaluation of ``expressions``; return their values."""
    values = {}
    for at, expr in enumerate(expressions):
        values[at] = code.pin(code.emit(expr), base)
    return values


def _projected(code: Code, node: Project, on_row: OnRow) -> None:
    code.rows[node.source] = computed(code, node.expressions, "column")
    on_row()


def _values(code: Code, node: Values, on_row: OnRow) -> None:
    """Write given rows: one as it is, several in a loop that evaluates one after the other."""
    if not node.rows:
        return
    if len(node.rows) == 1:
        code.rows[node.source] = computed(code, node.rows[0], "column")
        on_row()
        return
    out = code.out
    number = out.fresh("number")
    with code.loop(f"for {number} in range({len(node.rows)})"):
        columns = [Variable(code, kind, "column") for kind in node.types]
        _row_of_values(code, number, 0, node.rows, columns)
        code.rows[node.source] = {at: column.operand() for at, column in enumerate(columns)}
        on_row()


def _row_of_values(
    code: Code,
    number: str,
    first: int,
    rows: Sequence[Sequence[Expr]],
    columns: Sequence[Variable],
) -> None:
    """Write the evaluation of row ``number``, one of ``rows``, the first of which is ``first``.

    It is found by halves: one after the other, a thousand rows would take half a million tests.
    """
    if len(rows) == 1:
        values = [code.pin(code.emit(value)) for value in rows[0]]
        for column, value in zip(columns, values, strict=True):
            column.set(value)
        return
    half = len(rows) // 2
    with code.out.block(f"if {number} < {first + half}"):
        _row_of_values(code, number, first, rows[:half], columns)
    with code.out.block("else"):
        _row_of_values(code, number, first + half, rows[half:], columns)


# -- joins -------------------------------------------------------------------------------------


def _join(code: Code, node: Join, on_row: OnRow) -> None:
    if node.kind is JoinKind.INNER:
        code.produce(node.left, lambda: _matches(code, node, on_row))
    elif is_single_pass(node.right):
        code.produce(node.left, lambda: _single_partner(code, node, on_row))
    else:
        code.produce(node.left, lambda: _partners(code, node, on_row))


def _matches(code: Code, node: Join, on_row: OnRow) -> None:
    """Write the rows of the right side that match, with ``on_row`` for each."""
    if node.on is None:
        code.produce(node.right, on_row)
    else:
        predicate = node.on
        code.produce(node.right, lambda: _filtered(code, predicate, on_row))


def _single_partner(code: Code, node: Join, on_row: OnRow) -> None:
    """Write a left join whose right side has at most one row: ``on_row`` stands behind the search.

    The columns of the right side are NULL if no row was found.
    """
    missing = code.out.local("missing", "1")
    found: dict[int, dict[int, Operand]] = {}
    texts = {
        source: {
            # Without a match they are empty, at an address in memory.
            at: (code.out.local("joined", "0"), code.out.local("joined_length", "0"))
            for at, column in columns_of_source(node.right, source).items()
            if column.type.is_bytes
        }
        for source in sorted(bound_sources(node.right))
    }

    def match() -> None:
        code.out.assign(missing, ValueType.I32, "0")
        for source, places in texts.items():
            row = dict(code.rows[source] or {})
            for at, (address, length) in places.items():
                if at in row:
                    code.out.assign(address, ValueType.I32, row[at].value)
                    if code.is_durable(row[at].value):
                        code.out.durable.add(address)
                    code.out.assign(length, ValueType.I32, row[at].length)
                    row[at] = replace(row[at], value=address, length=length)
            found[source] = row

    _matches(code, node, match)
    for source in texts:
        code.rows[source] = found.get(source) and {
            at: code.pin(replace(value, null=either(missing, value.null), zeroed=False))
            for at, value in found[source].items()
        }
    on_row()


def _partners(code: Code, node: Join, on_row: OnRow) -> None:
    """Write a left join: ``on_row`` stands once more behind the right side, for no partner."""
    alone = code.out.local("alone", "1")

    def match() -> None:
        code.out.assign(alone, ValueType.I32, "0")
        on_row()

    _matches(code, node, match)
    with code.out.block(f"if {alone}"):
        for source in sorted(bound_sources(node.right)):
            code.rows[source] = None
        on_row()


# -- limits and unions -------------------------------------------------------------------------


def _limit(code: Code, node: Limit, on_row: OnRow) -> None:
    """Write LIMIT and OFFSET: counters that run down, and the way out behind the last row."""
    skip = _counter(code, node.offset, "skip", InvalidRowCountInOffset)
    left = _counter(code, node.count, "left", InvalidRowCountInLimit)
    if left == "0":
        return
    with ExitStack() as blocks:
        if left is not None and not is_literal(left):
            blocks.enter_context(code.out.block(f"if {left} != 0"))
        if left == "1":
            left = None if is_single_pass(node.input) else left
        elif left is not None and is_literal(left):
            left = code.out.local("left", left, ValueType.I64)
        target = code.out.exit_here()
        if skip is not None and is_literal(skip):
            skip = None if skip == "0" else code.out.local("skip", skip, ValueType.I64)

        def counted() -> None:
            with ExitStack() as inside:
                if skip is not None:
                    with code.out.block(f"if {skip} > 0"):
                        code.out.assign(skip, ValueType.I64, f"{skip} - 1")
                    inside.enter_context(code.out.block("else"))
                on_row()
                if left == "1":
                    code.out.leave(target)
                elif left is not None:
                    code.out.assign(left, ValueType.I64, f"{left} - 1")
                    with code.out.block(f"if {left} == 0"):
                        code.out.leave(target)

        code.produce(node.input, counted)


def _counter(code: Code, expr: Expr | None, base: str, negative: type[SqlError]) -> str | None:
    """Write the evaluation of LIMIT or OFFSET; return a literal or a local, None for none.

    In a local, -1 stands for a LIMIT of NULL: it is not 0 however often 1 is taken away.
    """
    if expr is None:
        return None
    operand = code.emit(expr)
    if operand.is_null:
        return None
    known = literal(operand)
    if known is not None and known >= 0:
        return str(known)
    counter = code.out.local(base, operand.value, ValueType.I64)
    with code.unless(operand.null):
        code.fail_if(f"{counter} < 0", negative)
    if operand.null is not None:
        with code.out.block(f"if {operand.null}"):
            code.out.assign(counter, ValueType.I64, "-1")
    return counter


def _union(code: Code, node: Union, on_row: OnRow) -> None:
    """Write the inputs one behind the other: leaving one has to leave all."""

    def bound(source: int) -> None:
        code.rows[node.source] = code.rows[source]
        on_row()

    with code.once():
        for relation, source in zip(node.inputs, node.sources, strict=True):
            with code.out.scope():
                code.produce(relation, partial(bound, source))
