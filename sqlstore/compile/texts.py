"""Operators and functions of texts and byte strings, and ABS.

Spec: docs/spec/sql.md, Q-49, Q-50.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.compile.arithmetic import literal, strict, typed_local
from sqlstore.compile.casts import strict_text
from sqlstore.compile.operands import Operand, infix
from sqlstore.errors import InvalidEscapeSequence, NumericValueOutOfRange, SubstringError
from sqlstore.plan.expressions import Builtin, Call, Concat, Like
from sqlstore.types import BOOLEAN, Kind
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.expressions import Expr


def _pinned(code: Code, expr: Expr, base: str) -> Operand:
    return code.pin(code.emit(expr), base)


def concat(code: Code, node: Concat) -> Operand:
    """Write ``left || right`` as a new text."""
    left = _pinned(code, node.left, "left")
    right = _pinned(code, node.right, "right")

    def compute() -> tuple[str, str]:
        length = code.out.local("joined_length", infix(left.length, "+", right.length))
        at = code.temporary(length, "joined")
        code.out.add(f"copy({at}, {left.value}, {left.length})")
        code.out.add(f"copy({at} + {left.length}, {right.value}, {right.length})")
        return at, length

    return strict_text(code, node.type, (left, right), compute)


def like(code: Code, node: Like) -> Operand:
    """Write ``operand [NOT] LIKE pattern``. Spec: Q-50."""
    text = _pinned(code, node.operand, "operand")
    pattern = _pinned(code, node.pattern, "pattern")
    escape = ord(node.escape) if node.escape else -1

    def compute() -> str:
        arguments = f"{text.value}, {text.length}, {pattern.value}, {pattern.length}, {escape}"
        matches = code.out.local("matches", f"like({arguments})")
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
                code.out.add(f"{node.function.value}({at}, {first.value}, {first.length})")
                return at, first.length

            return strict_text(code, node.type, arguments, compute)
        case Builtin.SUBSTR:
            return strict_text(code, node.type, arguments, lambda: _substr(code, arguments))
        case _:
            assert_never(node.function)


def _abs(code: Code, operand: Operand) -> str:
    if operand.type.kind is not Kind.NUMERIC:
        least = infix(operand.value, "==", str(operand.type.least))
        code.fail_if(least, NumericValueOutOfRange)
    opposite, negative = infix("0", "-", operand.value), infix(operand.value, "<", "0")
    return f"{opposite} if {negative} else {operand.value}"


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
    first = literal(start)
    # Of the least INTEGER one less would be no i32.
    before = str(max((first or 0) - 1, 0))
    if first is None:
        before = f"{start.value} - 1 if {start.value} > 1 else 0"
    dropped = code.out.local("dropped", before)
    skipped = code.out.local("skipped", _prefix(operand, dropped))
    part = code.out.local("part", infix(operand.value, "+", skipped))
    length = code.out.local("part_length", infix(operand.length, "-", skipped))
    if rest:
        end = f"i64({start.value}) + i64({rest[0].value}) - 1"
        taken = code.out.local("taken", f"{end} - i64({dropped})", ValueType.I64)
        # A text has no more code points than bytes.
        with code.out.block(f"if {taken} < i64({length})"):
            # Of a byte string no more is asked for than there is.
            kept = f"i32({taken})"
            if operand.type.is_text:
                kept = f"prefix_bytes({part}, {length}, {kept})"
            code.out.assign(length, ValueType.I32, f"{kept} if {taken} > 0 else 0")
    return part, length


def _prefix(operand: Operand, count: str) -> str:
    """Return how many bytes the first ``count`` characters have; ``count`` is a local."""
    if operand.type.is_text:
        return f"prefix_bytes({operand.value}, {operand.length}, {count})"
    return f"{count} if {infix(count, '<', operand.length)} else {operand.length}"
