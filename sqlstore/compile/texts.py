"""Operators and functions of texts and byte strings, and ABS.

Spec: docs/spec/sql.md, Q-49, Q-50.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.compile.arithmetic import strict, typed_local
from sqlstore.compile.casts import strict_text
from sqlstore.compile.operands import Operand
from sqlstore.compile.text import Machine
from sqlstore.errors import InvalidEscapeSequence, NumericValueOutOfRange, SubstringError
from sqlstore.plan.expressions import Builtin, Call, Concat, Like
from sqlstore.types import BOOLEAN, Kind

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.expressions import Expr


def _pinned(code: Code, expr: Expr, base: str) -> Operand:
    from sqlstore.compile.expressions import emit

    return code.pin(emit(code, expr), base)


def concat(code: Code, node: Concat) -> Operand:
    """Write ``left || right`` as a new text."""
    left = _pinned(code, node.left, "left")
    right = _pinned(code, node.right, "right")

    def compute() -> tuple[str, str]:
        length = code.text.local("joined_length", f"{left.length} + {right.length}")
        at = code.temporary(length, "joined")
        code.text.add(f"copy({at}, {left.value}, {left.length})")
        code.text.add(f"copy({at} + {left.length}, {right.value}, {right.length})")
        return at, length

    return strict_text(code, node.type, (left, right), compute)


def like(code: Code, node: Like) -> Operand:
    """Write ``operand [NOT] LIKE pattern``. Spec: Q-50."""
    text = _pinned(code, node.operand, "operand")
    pattern = _pinned(code, node.pattern, "pattern")
    escape = ord(node.escape) if node.escape else -1

    def compute() -> str:
        arguments = f"{text.value}, {text.length}, {pattern.value}, {pattern.length}, {escape}"
        matches = code.text.local("matches", f"like({arguments})")
        code.fail_if(f"{matches} < 0", InvalidEscapeSequence)
        return f"{matches} == 0" if node.negated else matches

    return strict(code, BOOLEAN, (text, pattern), compute)


def call(code: Code, node: Call) -> Operand:
    """Write a call of a built-in function. Spec: Q-49."""
    arguments = tuple(_pinned(code, one, "argument") for one in node.arguments)
    first = arguments[0]
    match node.function:
        case Builtin.ABS:
            number = typed_local(code, first)
            return strict(code, node.type, (number,), lambda: _abs(code, number))
        case Builtin.LENGTH | Builtin.OCTET_LENGTH | Builtin.STRPOS:
            return strict(code, node.type, arguments, lambda: _count(node.function, arguments))
        case Builtin.LOWER | Builtin.UPPER:

            def compute() -> tuple[str, str]:
                at = code.temporary(first.length, node.function.value)
                code.text.add(f"{node.function.value}({at}, {first.value}, {first.length})")
                return at, first.length

            return strict_text(code, node.type, arguments, compute)
        case Builtin.SUBSTR:
            return strict_text(code, node.type, arguments, lambda: _substr(code, arguments))
        case _:
            assert_never(node.function)


def _abs(code: Code, operand: Operand) -> str:
    if operand.type.kind is not Kind.NUMERIC:
        code.fail_if(f"{operand.value} == {operand.type.least}", NumericValueOutOfRange)
    return f"0 - {operand.value} if {operand.value} < 0 else {operand.value}"


def _count(function: Builtin, arguments: tuple[Operand, ...]) -> str:
    texts = ", ".join(f"{one.value}, {one.length}" for one in arguments)
    if function is Builtin.STRPOS:
        return f"strpos({texts})"
    if function is Builtin.LENGTH and arguments[0].type.is_text:
        return f"code_points({texts})"
    return arguments[0].length


def _substr(code: Code, arguments: tuple[Operand, ...]) -> tuple[str, str]:
    """Write SUBSTR: what would stand before the beginning counts, but is not there."""
    operand, start, *rest = arguments
    if rest:
        code.fail_if(f"{rest[0].value} < 0", SubstringError)
    dropped = code.text.local("dropped", f"{start.value} - 1 if {start.value} > 1 else 0")
    skipped = code.text.local("skipped", _prefix(operand, dropped))
    part = code.text.local("part", f"{operand.value} + {skipped}")
    length = code.text.local("part_length", f"{operand.length} - {skipped}")
    if rest:
        end = f"i64({start.value}) + i64({rest[0].value}) - 1"
        taken = code.text.local("taken", f"{end} - i64({dropped})", Machine.I64)
        # A text has no more code points than bytes.
        with code.text.block(f"if {taken} < i64({length})"):
            kept = _prefix(Operand(type=operand.type, value=part, length=length), f"i32({taken})")
            code.text.assign(length, Machine.I32, f"{kept} if {taken} > 0 else 0")
    return part, length


def _prefix(operand: Operand, count: str) -> str:
    """Return how many bytes the first ``count`` characters have."""
    if operand.type.is_text:
        return f"prefix_bytes({operand.value}, {operand.length}, {count})"
    if count.startswith("i32"):
        return count
    return f"{count} if {count} < {operand.length} else {operand.length}"
