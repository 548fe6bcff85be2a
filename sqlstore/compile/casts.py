"""Casts, and what becomes of a value on its way into a column.

Spec: docs/spec/sql.md, Q-48.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.compile.arithmetic import narrowed, outside, strict, typed_local
from sqlstore.compile.code import ARENA
from sqlstore.compile.operands import (
    Operand,
    either,
    infix,
    is_cheap,
    null_of,
    operand_text,
    value_type,
    wide,
)
from sqlstore.errors import (
    InvalidTextRepresentation,
    NumericValueOutOfRange,
    StringDataRightTruncation,
)
from sqlstore.plan.expressions import Cast
from sqlstore.types import TEXT, Kind
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.types import SqlType

NUMBER_BYTES: Final = 24
"""Room for any integer or NUMERIC as a text."""


def cast(code: Code, node: Cast) -> Operand:
    """Write ``operand`` as ``type``."""
    operand = code.emit(node.operand)
    if operand.is_null:
        return null_of(node.type)
    operand = typed_local(code, code.pin(operand, "operand"))
    kind = node.type
    match kind.kind:
        case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT:
            return strict(code, kind, (operand,), lambda: _to_integer(code, operand, kind))
        case Kind.NUMERIC:
            return strict(code, kind, (operand,), lambda: _to_numeric(code, operand, kind))
        case Kind.BOOLEAN:
            return strict(code, kind, (operand,), lambda: _to_boolean(code, operand))
        case Kind.TEXT | Kind.VARCHAR:
            text = _to_text(code, operand)
            return _fitted(code, text, kind, assignment=node.assignment)
        case Kind.BYTEA:
            return operand
        case _:
            assert_never(kind.kind)


def strict_text(
    code: Code,
    kind: SqlType,
    operands: tuple[Operand, ...],
    compute: Callable[[], tuple[str, str]],
) -> Operand:
    """Return the text or byte string, as address and length, that ``compute`` writes; or NULL."""
    if any(operand.is_null for operand in operands):
        return null_of(kind)
    null = either(*(operand.null for operand in operands))
    if null is None:
        at, length = compute()
        return Operand(type=kind, value=at, length=length)
    # If it is NULL, an empty text, whose address must be in memory, too.
    result = code.out.local("text", "0")
    result_length = code.out.local("text_length", "0")
    with code.unless(null):
        at, length = compute()
        code.out.assign(result, ValueType.I32, at)
        code.out.assign(result_length, ValueType.I32, length)
    return Operand(type=kind, value=result, length=result_length, null=null)


def _to_integer(code: Code, operand: Operand, kind: SqlType) -> str:
    source = operand.type
    if source.is_text:
        out = code.scratch()
        code.check_call(
            f"parse_int({operand.value}, {operand.length}, {kind.least}, {kind.greatest}, {out})"
        )
        load = "load64" if kind.is_wide else "load32"
        return code.out.local("number", f"{load}({out})", value_type(kind))
    if source.kind is Kind.BOOLEAN:
        return wide(operand) if kind.is_wide else operand.value
    if source.kind is Kind.NUMERIC:
        rounded = operand.value
        if source.scale:
            quotient = f"round_div({operand.value}, {10**source.scale})"
            rounded = code.out.local("rounded", quotient, ValueType.I64)
        if source.greatest // 10**source.scale < kind.greatest:
            return rounded if kind.is_wide else f"i32({rounded})"
        return narrowed(code, rounded, kind)
    if source.greatest > kind.greatest:
        code.fail_if(outside(operand.value, kind), NumericValueOutOfRange)
    if kind.is_wide:
        return wide(operand)
    return f"i32({operand.value})" if source.is_wide else operand.value


def _to_numeric(code: Code, operand: Operand, kind: SqlType) -> str:
    """Write an integer or NUMERIC at the scale of ``kind``."""
    source = operand.type
    up = kind.scale - source.scale
    number = wide(operand)
    if up < 0:
        quotient = f"round_div({number}, {10**-up})"
        if source.greatest // 10**-up < kind.greatest:
            return quotient
        return narrowed(code, code.out.local("rounded", quotient, ValueType.I64), kind)
    factor = 10**up
    if source.greatest * factor > kind.greatest:
        if not is_cheap(number):
            number = code.out.local("number", number, ValueType.I64)
        limit = kind.greatest // factor
        beyond = f"gt_u({infix(number, '+', str(limit))}, {2 * limit})"
        code.fail_if(beyond, NumericValueOutOfRange)
    return number if factor == 1 else infix(number, "*", str(factor))


def _to_boolean(code: Code, operand: Operand) -> str:
    if not operand.type.is_text:
        is_flag = operand.type.kind is Kind.BOOLEAN
        return operand.value if is_flag else infix(operand.value, "!=", "0")
    result = code.out.local("flag", f"parse_bool({operand.value}, {operand.length})")
    code.fail_if(f"{result} < 0", InvalidTextRepresentation)
    return result


def _to_text(code: Code, operand: Operand) -> Operand:
    """Write a value as PostgreSQL prints it; texts are as they are."""
    if operand.type.is_text:
        return operand

    def compute() -> tuple[str, str]:
        match operand.type.kind:
            case Kind.BOOLEAN:
                true, false = (code.unit.text_constant(word) for word in (b"true", b"false"))
                return (
                    f"{ARENA} + {true} if {operand.value} else {ARENA} + {false}",
                    f"4 if {operand.value} else 5",
                )
            case Kind.BYTEA:
                at = code.temporary(f"2 * {operand_text(operand.length)} + 2", "text")
                call = f"format_bytea({at}, {operand.value}, {operand.length})"
            case Kind.NUMERIC:
                at = code.temporary(str(NUMBER_BYTES), "text")
                call = f"format_numeric({at}, {operand.value}, {operand.type.scale})"
            case _:
                at = code.temporary(str(NUMBER_BYTES), "text")
                call = f"format_int({at}, {wide(operand)})"
        return at, code.out.local("text_length", call)

    return code.pin(strict_text(code, TEXT, (operand,), compute), "text")


def _fitted(code: Code, text: Operand, kind: SqlType, *, assignment: bool) -> Operand:
    """Write a text as TEXT or VARCHAR(n): cut, or on assignment refused if more than spaces go.

    NULL, whose length is 0, needs nothing of its own.
    """
    source = text.type
    if kind.kind is Kind.TEXT or (source.kind is Kind.VARCHAR and source.length <= kind.length):
        return text.typed(kind)
    length = code.out.local("fitted", text.length)
    with code.out.block(f"if {infix(length, '>', str(kind.length))}"):
        prefix = f"prefix_bytes({text.value}, {text.length}, {kind.length})"
        code.out.assign(length, ValueType.I32, prefix)
        if assignment:
            rest = f"{infix(text.value, '+', length)}, {infix(text.length, '-', length)}"
            code.fail_if(f"not only_spaces({rest})", StringDataRightTruncation)
    return Operand(type=kind, value=text.value, length=length, null=text.null)
