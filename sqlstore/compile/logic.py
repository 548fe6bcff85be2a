"""Three-valued logic: comparisons, AND, OR, NOT, CASE and their kin.

A condition is compiled in one of two ways: as a BOOLEAN that may be NULL (`emit`), or, where only
one of its three values matters, as the question whether it has that one (`condition`).

Spec: docs/spec/sql.md, Q-45.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Final

from sqlstore.compile.arithmetic import literal
from sqlstore.compile.operands import (
    Operand,
    either,
    infix,
    null_of,
    operand_text,
    truth,
    value_type,
    wide,
)
from sqlstore.compile.purity import is_plain, is_total
from sqlstore.compile.variables import Variable
from sqlstore.plan.expressions import (
    And,
    Case,
    Coalesce,
    Compare,
    Comparison,
    Const,
    Extreme,
    Extremum,
    InList,
    IsDistinct,
    IsNull,
    IsTruth,
    Not,
    Or,
)
from sqlstore.types import BOOLEAN
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.expressions import Expr

INVERSE: Final = {
    Comparison.EQ: Comparison.NE,
    Comparison.NE: Comparison.EQ,
    Comparison.LT: Comparison.GE,
    Comparison.GE: Comparison.LT,
    Comparison.GT: Comparison.LE,
    Comparison.LE: Comparison.GT,
}

_COMPARED: Final[dict[Comparison, Callable[..., bool]]] = {
    Comparison.EQ: eq,
    Comparison.NE: ne,
    Comparison.LT: lt,
    Comparison.LE: le,
    Comparison.GT: gt,
    Comparison.GE: ge,
}

_PYTHON: Final = {Comparison.EQ: "==", Comparison.NE: "!="}


# -- conditions --------------------------------------------------------------------------------


def condition(code: Code, expr: Expr, want: bool = True) -> str:  # noqa: PLR0911
    """Write the evaluation of a condition; return what is 1 if it is ``want``, else (NULL, too) 0.

    Spec: Q-45.
    """
    match expr:
        case Const(None, _):
            return "0"
        case Const(value, _):
            return "1" if value is want else "0"
        case Not(operand):
            return condition(code, operand, not want)
        case And(operands) if want:
            return _all(code, expr, operands, want)
        case Or(operands) if not want:
            return _all(code, expr, operands, want)
        case And(operands) | Or(operands):
            return _any(code, operands, want)
        case Compare() if not want:
            return _decided(compare(code, expr, inverse=True), True)
        case _:
            return _decided(code.emit(expr), want)


def _decided(operand: Operand, want: bool) -> str:
    """Return what is 1 if a BOOLEAN is ``want``."""
    if operand.is_null:
        return "0"
    value = operand.value if want else f"not {operand_text(operand.value)}"
    if operand.null is None or (operand.zeroed and want):
        return value
    return f"not {operand_text(operand.null)} and {_inside_and(value)}"


def _inside_and(text: str) -> str:
    return f"({text})" if " or " in text or " if " in text else text


def _all(code: Code, whole: Expr, operands: tuple[Expr, ...], want: bool) -> str:
    """Write whether all of ``operands`` are ``want``, which then ``whole`` is, too.

    Evaluation may stop at a NULL only if what follows could neither fail nor read rows.
    """
    if not all(map(is_total, operands[1:])):
        return _decided(code.emit(whole), want)
    return _chain(code, operands, want, "and")


def _any(code: Code, operands: tuple[Expr, ...], want: bool) -> str:
    """Write whether one of ``operands`` is ``want``."""
    return _chain(code, operands, want, "or")


def _chain(code: Code, operands: tuple[Expr, ...], want: bool, word: str) -> str:
    """Write tests of ``operands``, joined by ``and`` or ``or``: no more of them than needed.

    Where a test has statements of its own, what is known before decides whether they are run.
    """
    known = ""
    for operand in operands:
        with code.out.captured() as lines:
            text = condition(code, operand, want)
        if lines and known:
            flag = code.out.local("holds", known)
            with code.out.block(f"if {flag}" if word == "and" else f"if not {flag}"):
                code.out.paste(lines)
                code.out.assign(flag, ValueType.I32, text)
            known = flag
            continue
        code.out.paste(lines)
        part = _inside_and(text) if word == "and" else text
        known = f"{known} {word} {part}" if known else part
    return known


def compare(code: Code, node: Compare, *, inverse: bool = False) -> Operand:
    """Write ``left operator right``, or with ``inverse`` its negation."""
    left = code.pin(code.emit(node.left), "left")
    right = code.pin(code.emit(node.right), "right")
    compared = INVERSE[node.operator] if inverse else node.operator
    if left.is_null or right.is_null:
        return null_of(BOOLEAN)
    return Operand(
        type=BOOLEAN, value=comparison(compared, left, right), null=either(left.null, right.null)
    )


def comparison(compared: Comparison, left: Operand, right: Operand) -> str:
    """Return whether two values compare so; neither is NULL."""
    sign = _PYTHON.get(compared, compared.value)
    numbers = literal(left), literal(right)
    if not left.type.is_bytes and None not in numbers:
        # Two literals have no type: what they say is known now.
        return str(int(_COMPARED[compared](*numbers)))
    if not left.type.is_bytes:
        if value_type(left.type) is not value_type(right.type):
            return infix(wide(left), sign, wide(right))
        return infix(left.value, sign, right.value)
    texts = f"{left.value}, {left.length}, {right.value}, {right.length}"
    match compared:
        case Comparison.EQ:
            return f"equal_bytes({texts})"
        case Comparison.NE:
            return f"not equal_bytes({texts})"
        case _:
            return f"compare_bytes({texts}) {sign} 0"


# -- values ------------------------------------------------------------------------------------


def is_distinct(code: Code, node: IsDistinct) -> Operand:
    """Write ``left IS [NOT] DISTINCT FROM right``."""
    left = code.pin(code.emit(node.left), "left")
    right = code.pin(code.emit(node.right), "right")
    same = equal_or_both_null(left, right)
    return Operand(type=BOOLEAN, value=same if node.negated else f"not ({same})")


def equal_or_both_null(left: Operand, right: Operand) -> str:
    """Return whether two values are equal, NULL being equal to itself."""
    if left.is_null or right.is_null:
        other = right if left.is_null else left
        return "1" if other.is_null else truth(other.null)
    equal = comparison(Comparison.EQ, left, right)
    null = either(left.null, right.null)
    if null is None:
        return equal
    if left.null is None or right.null is None:
        return f"not {operand_text(null)} and {equal}"
    both = f"({truth(left.null)}) == ({truth(right.null)})"
    return f"{both} and ({operand_text(left.null)} or {equal})"


def is_null(code: Code, node: IsNull) -> Operand:
    """Write ``operand IS [NOT] NULL``."""
    null = code.emit(node.operand).null
    value = truth(null)
    if node.negated:
        value = "1" if null is None else f"not {operand_text(null)}"
    return Operand(type=BOOLEAN, value=value)


def is_truth(code: Code, node: IsTruth) -> Operand:
    """Write ``operand IS [NOT] TRUE`` or ``FALSE``."""
    value = condition(code, node.operand, node.truth)
    return Operand(type=BOOLEAN, value=f"not ({value})" if node.negated else value)


def negation(code: Code, node: Not) -> Operand:
    """Write ``NOT operand``."""
    operand = code.emit(node.operand)
    if operand.is_null:
        return operand
    return Operand(type=BOOLEAN, value=f"not {operand_text(operand.value)}", null=operand.null)


def junction(code: Code, node: And | Or) -> Operand:
    """Write a conjunction or disjunction of which it matters whether it is NULL.

    It is NULL if no operand decides it and one is NULL.
    """
    word = "and" if isinstance(node, And) else "or"
    if all(map(is_plain, node.operands)):
        plain = [code.emit(operand) for operand in node.operands]
        if all(operand.null is None for operand in plain):
            parts = [operand.value for operand in plain]
            if word == "and":
                parts = [_inside_and(part) for part in parts]
            return Operand(type=BOOLEAN, value=f" {word} ".join(parts))
    return _sequence(code, [partial(code.emit, operand) for operand in node.operands], word)


def _sequence(code: Code, operands: Sequence[Callable[[], Operand]], word: str) -> Operand:
    """Write the evaluation of operands up to the one that decides a conjunction (disjunction).

    ``result`` is 1 (0) as long as none has, and ``unknown`` is 1 if one of them was NULL.
    """
    conjunction = word == "and"
    result = code.out.local("result", "1" if conjunction else "0")
    start = code.out.place()
    unknown = code.out.fresh("unknown")
    nullable = False
    for at, operand in enumerate(operands):
        going_on = code.out.block(f"if {result}" if conjunction else f"if not {result}")
        with going_on if at else nullcontext():
            value = operand()
            nullable |= value.null is not None
            if value.null is not None:
                with code.out.block(f"if {value.null}"):
                    code.out.assign(unknown, ValueType.I32, "1")
            if not value.is_null:
                with nullcontext() if value.null is None else code.out.block("else"):
                    code.out.assign(result, ValueType.I32, value.value)
    if not nullable:
        return Operand(type=BOOLEAN, value=result)
    start.text = f"{unknown} = 0"
    null = f"{unknown} & {result}" if conjunction else f"{unknown} > {result}"
    return Operand(type=BOOLEAN, value=result, null=null)


def in_list(code: Code, node: InList) -> Operand:
    """Write ``operand [NOT] IN (items)``."""
    operand = code.pin(code.emit(node.operand), "operand")

    def equal(item: Expr) -> Operand:
        other = code.pin(code.emit(item), "item")
        if operand.is_null or other.is_null:
            return null_of(BOOLEAN)
        value = comparison(Comparison.EQ, operand, other)
        return Operand(type=BOOLEAN, value=value, null=either(operand.null, other.null))

    found = None
    if all(map(is_plain, node.items)):
        plain = [equal(item) for item in node.items]
        nulls = {one.null for one in plain}
        if nulls <= {None, operand.null} and not operand.is_null:
            value = " or ".join(one.value for one in plain)
            found = Operand(type=BOOLEAN, value=value, null=operand.null)
    if found is None:
        found = _sequence(code, [partial(equal, item) for item in node.items], "or")
    if not node.negated:
        return found
    return replace(found, value=f"not ({found.value})")


# -- choices -----------------------------------------------------------------------------------


def case(code: Code, node: Case) -> Operand:
    """Write CASE: conditions in order, up to the first that is true."""
    chosen = Variable(code, node.type, "chosen")
    with ExitStack() as blocks:
        for at, (when, value) in enumerate(node.branches):
            with code.out.captured() as lines:
                holds = condition(code, when)
            head = "elif" if at and not lines else "if"
            if at and lines:
                blocks.enter_context(code.out.block("else"))
            code.out.paste(lines)
            with code.out.block(f"{head} {holds}"):
                chosen.set(code.emit(value))
        with code.out.block("else"):
            chosen.set(code.emit(node.default))
    return chosen.operand()


def coalesce(code: Code, node: Coalesce) -> Operand:
    """Write COALESCE: operands in order, up to the first that is not NULL."""
    chosen = Variable(code, node.type, "chosen")
    with ExitStack() as open_blocks:
        for at, one in enumerate(node.operands):
            operand = code.pin(code.emit(one), "operand")
            if operand.null is None or at + 1 == len(node.operands):
                chosen.set(operand)
                break
            if operand.is_null:
                continue
            with code.out.block(f"if not {operand_text(operand.null)}"):
                chosen.set(operand.not_null())
            open_blocks.enter_context(code.out.block("else"))
    return chosen.operand()


def extremum(code: Code, node: Extremum) -> Operand:
    """Write GREATEST or LEAST: all operands, then the one that is beyond the others."""
    beyond_others = Comparison.GT if node.which is Extreme.GREATEST else Comparison.LT
    operands = [code.pin(code.emit(one), "operand") for one in node.operands]
    operands = [one for one in operands if not one.is_null]
    best = Variable(code, node.type, "best")
    best.set(operands[0] if operands else null_of(node.type))
    for operand in operands[1:]:
        current = best.operand()
        beyond = comparison(beyond_others, operand, current)
        if current.null is not None:
            beyond = f"{operand_text(current.null)} or {beyond}"
        if operand.null is not None:
            beyond = f"not {operand_text(operand.null)} and ({beyond})"
        with code.out.block(f"if {beyond}"):
            best.set(operand.not_null())
    return best.operand()
