"""Relations: nested loops, with what is done with a row in the middle of them.

`produce` writes the rows of a relation; ``body`` is written once, or, where rows come from several
places in the code (UNION, a left join), once in each.

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
from sqlstore.compile.operands import Operand, either
from sqlstore.compile.scans import Body, scan
from sqlstore.compile.shape import at_most_one, columns_of_source
from sqlstore.compile.text import Machine
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

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.expressions import Expr


def produce(code: Code, relation: Relation, body: Body) -> None:
    """Write the rows of ``relation``, with ``body`` for each: its sources are bound there.

    Spec: Q-88.
    """
    match relation:
        case Scan():
            scan(code, relation, body)
        case Values():
            _values(code, relation, body)
        case OneRow():
            body()
        case Filter():
            produce(code, relation.input, lambda: _filtered(code, relation.predicate, body))
        case Join():
            _join(code, relation, body)
        case Project():
            produce(code, relation.input, lambda: _projected(code, relation, body))
        case Aggregate():
            aggregate(code, relation, body)
        case Sort():
            sort(code, relation, body)
        case Distinct():
            distinct(code, relation, body)
        case Limit():
            _limit(code, relation, body)
        case Union():
            _union(code, relation, body)
        case _:
            assert_never(relation)


def _filtered(code: Code, predicate: Expr, body: Body) -> None:
    holds = condition(code, predicate)
    if holds == "1":
        body()
    elif holds != "0":
        with code.text.block(f"if {holds}"):
            body()


def computed(code: Code, expressions: tuple[Expr, ...], base: str) -> dict[int, Operand]:
    """Write the evaluation of ``expressions``; return their values."""
    from sqlstore.compile.expressions import emit

    values = {}
    for at, expr in enumerate(expressions):
        values[at] = code.pin(emit(code, expr), base)
    return values


def _projected(code: Code, node: Project, body: Body) -> None:
    code.rows[node.source] = computed(code, node.expressions, "column")
    body()


def _values(code: Code, node: Values, body: Body) -> None:
    """Write given rows: one as it is, several in a loop that evaluates one after the other."""
    if not node.rows:
        return
    if len(node.rows) == 1:
        code.rows[node.source] = computed(code, node.rows[0], "column")
        body()
        return
    from sqlstore.compile.expressions import emit
    from sqlstore.compile.variables import Variable

    text = code.text
    number = text.fresh("number")
    with code.loop(f"for {number} in range({len(node.rows)})"):
        columns = [Variable(code, kind, "column") for kind in node.types]
        last = len(node.rows) - 1
        for at, row in enumerate(node.rows):
            head = "else" if at == last else f"{'elif' if at else 'if'} {number} == {at}"
            with text.block(head):
                values = [code.pin(emit(code, value)) for value in row]
                for column, value in zip(columns, values, strict=True):
                    column.set(value)
        code.rows[node.source] = {at: column.operand() for at, column in enumerate(columns)}
        body()


# -- joins -------------------------------------------------------------------------------------


def _join(code: Code, node: Join, body: Body) -> None:
    if node.kind is JoinKind.INNER:
        produce(code, node.left, lambda: _matches(code, node, body))
    elif at_most_one(node.right):
        produce(code, node.left, lambda: _single_partner(code, node, body))
    else:
        produce(code, node.left, lambda: _partners(code, node, body))


def _matches(code: Code, node: Join, body: Body) -> None:
    """Write the rows of the right side that match, with ``body`` for each."""
    if node.on is None:
        produce(code, node.right, body)
    else:
        predicate = node.on
        produce(code, node.right, lambda: _filtered(code, predicate, body))


def _single_partner(code: Code, node: Join, body: Body) -> None:
    """Write a left join whose right side has at most one row: ``body`` stands behind the search.

    The columns of the right side are NULL if no row was found.
    """
    missing = code.text.local("missing", "1")
    found: dict[int, dict[int, Operand]] = {}
    lengths = {
        source: {
            at: code.text.local("joined_length", "0")
            for at, column in columns_of_source(node.right, source).items()
            if column.type.is_bytes
        }
        for source in sorted(bound_sources(node.right))
    }

    def match() -> None:
        code.text.assign(missing, Machine.I32, "0")
        for source, texts in lengths.items():
            row = dict(code.rows[source] or {})
            for at, length in texts.items():
                if at in row:
                    code.text.assign(length, Machine.I32, row[at].length)
                    row[at] = replace(row[at], length=length)
            found[source] = row

    _matches(code, node, match)
    for source in lengths:
        code.rows[source] = found.get(source) and {
            at: code.pin(replace(value, null=either(missing, value.null), zeroed=False))
            for at, value in found[source].items()
        }
    body()


def _partners(code: Code, node: Join, body: Body) -> None:
    """Write a left join: ``body`` stands once more behind the right side, for no partner."""
    alone = code.text.local("alone", "1")

    def match() -> None:
        code.text.assign(alone, Machine.I32, "0")
        body()

    _matches(code, node, match)
    with code.text.block(f"if {alone}"):
        for source in sorted(bound_sources(node.right)):
            code.rows[source] = None
        body()


# -- limits and unions -------------------------------------------------------------------------


def _limit(code: Code, node: Limit, body: Body) -> None:
    """Write LIMIT and OFFSET: counters that run down, and the way out behind the last row."""
    skip = _counter(code, node.offset, "skip", InvalidRowCountInOffset)
    left = _counter(code, node.count, "left", InvalidRowCountInLimit)
    if left == "0":
        return
    with ExitStack() as blocks:
        if left is not None and not left.isdigit():
            blocks.enter_context(code.text.block(f"if {left} != 0"))
        if left == "1":
            left = None if at_most_one(node.input) else left
        elif left is not None and left.isdigit():
            left = code.text.local("left", left, Machine.I64)
        target = code.text.exit_here()
        if skip is not None and skip.isdigit():
            skip = None if skip == "0" else code.text.local("skip", skip, Machine.I64)

        def counted() -> None:
            with ExitStack() as inside:
                if skip is not None:
                    with code.text.block(f"if {skip} > 0"):
                        code.text.assign(skip, Machine.I64, f"{skip} - 1")
                    inside.enter_context(code.text.block("else"))
                body()
                if left == "1":
                    code.text.leave(target)
                elif left is not None:
                    code.text.assign(left, Machine.I64, f"{left} - 1")
                    with code.text.block(f"if {left} == 0"):
                        code.text.leave(target)

        produce(code, node.input, counted)


def _counter(code: Code, expr: Expr | None, base: str, negative: type[SqlError]) -> str | None:
    """Write the evaluation of LIMIT or OFFSET; return a literal or a local, None for none.

    In a local, -1 stands for a LIMIT of NULL: it is not 0 however often 1 is taken away.
    """
    from sqlstore.compile.expressions import emit

    if expr is None:
        return None
    operand = emit(code, expr)
    if operand.is_null:
        return None
    known = literal(operand)
    if known is not None and known >= 0:
        return str(known)
    counter = code.text.local(base, operand.value, Machine.I64)
    with code.unless(operand.null):
        code.fail_if(f"{counter} < 0", negative)
    if operand.null is not None:
        with code.text.block(f"if {operand.null}"):
            code.text.assign(counter, Machine.I64, "-1")
    return counter


def _union(code: Code, node: Union, body: Body) -> None:
    """Write the inputs one behind the other: leaving one has to leave all."""

    def bound(source: int) -> None:
        code.rows[node.source] = code.rows[source]
        body()

    with code.once():
        for relation, source in zip(node.inputs, node.sources, strict=True):
            with code.text.scope():
                produce(code, relation, partial(bound, source))
