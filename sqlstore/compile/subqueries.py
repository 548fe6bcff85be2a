"""Subqueries in expressions: EXISTS, IN and the scalar ones.

One that uses nothing of the outside is run when it is first needed; its answer is kept in locals,
and the values of an IN in the heap.

Spec: docs/spec/sql.md, Q-62. Mirror: `sqlstore.execute.subqueries`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from sqlstore.compile.code import Answer
from sqlstore.compile.logic import comparison
from sqlstore.compile.operands import ALWAYS, Operand, either, null_of
from sqlstore.compile.records import RecordList
from sqlstore.compile.shape import cells, is_single_pass
from sqlstore.compile.variables import Variable
from sqlstore.errors import CardinalityViolation
from sqlstore.plan.expressions import Comparison, Exists, InSubquery, ScalarSubquery
from sqlstore.types import BOOLEAN
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code


def exists(code: Code, node: Exists) -> Operand:
    """Write EXISTS: up to the first row.

    Spec: Q-62.
    """
    return _answered(code, node, lambda answer: _exists(code, node, answer))


def _exists(code: Code, node: Exists, answer: Variable) -> None:
    answer.set(_flag("0"))
    target = code.out.exit_here()

    def on_row() -> None:
        answer.set(_flag("1"))
        code.out.leave(target)

    code.produce(node.relation, on_row)


def _flag(value: str) -> Operand:
    return Operand(type=BOOLEAN, value=value)


def scalar(code: Code, node: ScalarSubquery) -> Operand:
    """Write a scalar subquery: NULL without a row, 21000 with a second one.

    Spec: Q-62.
    """
    return _answered(code, node, lambda answer: _scalar(code, node, answer))


def _scalar(code: Code, node: ScalarSubquery, answer: Variable) -> None:
    out = code.out
    answer.set(null_of(node.type))
    rows = None if is_single_pass(node.relation) else out.local("single_rows", "0")

    def on_row() -> None:
        if rows is not None:
            code.fail_if(rows, CardinalityViolation)
            out.assign(rows, ValueType.I32, "1")
        operand = code.pin(code.emit(node.value), "single")
        if node.type.is_bytes and not operand.is_null:
            # What it was read from is going to be used again.
            operand = code.copied(operand)
        answer.set(operand)

    code.produce(node.relation, on_row)


def _answered(
    code: Code, node: Exists | ScalarSubquery, run: Callable[[Variable], None]
) -> Operand:
    """Write a subquery; one that uses nothing of the outside is run once in the statement."""
    if node.correlated:
        answer = Variable(code, node.type, "answer", keep=True)
        _run(code, node, answer, run)
        return answer.operand()
    if node not in code.answers:
        code.answers[node] = Answer(
            code.flag("answered"), Variable(code, node.type, "answer", keep=True)
        )
    known = code.answers[node]
    assert isinstance(known.value, Variable)
    with code.out.block(f"if not {known.flag}"):
        code.out.assign(known.flag, ValueType.I32, "1")
        _run(code, node, known.value, run)
    return known.value.operand()


def _run(
    code: Code,
    node: Exists | ScalarSubquery,
    answer: Variable,
    run: Callable[[Variable], None],
) -> None:
    """Write the run of a subquery, and what it gives back of the heap.

    A text is moved from the heap to the temporaries, if it is needed for the current row only.
    """
    if not node.type.is_bytes:
        with code.released():
            run(answer)
        return
    if not node.correlated:
        run(answer)
        code.permanent += 1
        return
    with code.released() as is_released:
        run(answer)
        if is_released():
            moved = answer.operand()
            at = code.temporary(moved.length, "moved")
            code.out.add(f"copy({at}, {moved.value}, {moved.length})")
            answer.move(at)


# -- IN ----------------------------------------------------------------------------------------


def membership(code: Code, node: InSubquery) -> Operand:
    """Write ``operand [NOT] IN (relation)``.

    It is NULL if the operand is not found, but a NULL was, or is itself one.

    Spec: Q-62.
    """
    operand = code.pin(code.emit(node.operand), "operand")
    found = code.out.local("found", "0")
    unknown = code.out.local("unknown", "0")

    def look_at(value: Operand, leave: Callable[[], None]) -> None:
        """Write the comparison with one value."""
        null = either(operand.null, value.null)
        if null is not None:
            with code.out.block(f"if {null}"):
                code.out.assign(unknown, ValueType.I32, "1")
        if null == ALWAYS:
            return
        equal = comparison(Comparison.EQ, operand, value)
        head = f"if {equal}" if null is None else f"elif {equal}"
        with code.out.block(head):
            code.out.assign(found, ValueType.I32, "1")
            leave()

    if node.correlated:
        _look_through_rows(code, node, look_at)
    else:
        _look_through_kept(code, node, look_at)
    value = f"{found} == 0" if node.negated else found
    return Operand(type=BOOLEAN, value=value, null=f"{unknown} > {found}")


LookAt: TypeAlias = Callable[[Operand, Callable[[], None]], None]
"""Writes what is done with a value, and with what it leaves the search if that was the last."""


def _look_through_rows(code: Code, node: InSubquery, look_at: LookAt) -> None:
    """Write the search among the rows of a subquery as they come."""
    target = code.out.exit_here()
    with code.released():
        code.produce(
            node.relation,
            lambda: look_at(
                code.pin(code.emit(node.value), "member"), lambda: code.out.leave(target)
            ),
        )


def _look_through_kept(code: Code, node: InSubquery, look_at: LookAt) -> None:
    """Write the search among values that are read, and kept, when they are first needed."""
    if node not in code.answers:
        values = RecordList(code, cells([node.value]), "members", keep=True)
        code.answers[node] = Answer(code.flag("answered"), values)
    known = code.answers[node]
    assert isinstance(known.value, RecordList)
    values = known.value
    with code.out.block(f"if not {known.flag}"):
        code.out.assign(known.flag, ValueType.I32, "1")
        values.begin()
        code.produce(node.relation, lambda: values.append([code.emit(node.value)]))
        values.close()
        code.permanent += 1
    target = code.out.exit_here()
    with values.each() as record:
        look_at(values.operands(record)[0], lambda: code.out.leave(target))
