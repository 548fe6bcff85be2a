"""Parameters: checked, in order, before anything else.

Spec: docs/spec/sql.md, Q-70, Q-71. Mirror: `sqlstore.execute.arguments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.backends import ARGUMENT_BYTES_MAX
from sqlstore.compile.arithmetic import outside
from sqlstore.compile.code import ARENA, RESERVED
from sqlstore.compile.operands import Operand, value_type
from sqlstore.compile.writer import identifier
from sqlstore.errors import (
    CharacterNotInRepertoire,
    NumericValueOutOfRange,
    ProgramLimitExceeded,
)
from sqlstore.types import Kind
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.statements import Parameter


@dataclass(frozen=True, slots=True)
class Declared:
    """The parameters of the function: their operands, and their names with their types."""

    operands: tuple[Operand, ...]
    names: tuple[tuple[str, ValueType], ...]


def declare(parameters: Sequence[Parameter]) -> Declared:
    """Return what the parameters are called in the function.

    Spec: Q-71.
    """
    operands: list[Operand] = []
    names: list[tuple[str, ValueType]] = []
    taken = set(RESERVED)
    for parameter in parameters:
        name = _free(parameter.name, taken)
        names.append((name, value_type(parameter.type)))
        length = ""
        if parameter.type.is_bytes:
            length = _free(f"{name}_length", taken)
            names.append((length, ValueType.I32))
        null = None
        if parameter.nullable:
            null = _free(f"{name}_is_null", taken)
            names.append((null, ValueType.I32))
        operands.append(Operand(type=parameter.type, value=name, length=length, null=null))
    return Declared(tuple(operands), tuple(names))


def _free(base: str, taken: set[str]) -> str:
    plain = identifier(base)
    candidates = (plain if number == 1 else f"{plain}_{number}" for number in range(1, 100))
    name = next(name for name in candidates if name not in taken)
    taken.add(name)
    return name


def check(code: Code, operands: Sequence[Operand]) -> None:
    """Write the checks. A text that is NULL becomes an empty one, somewhere in memory.

    Spec: Q-71.
    """
    for operand in operands:
        with code.unless(operand.null):
            _check(code, operand)
        if operand.null is not None and operand.type.is_bytes:
            with code.out.block(f"if {operand.null}"):
                code.out.assign(operand.value, ValueType.I32, ARENA)
                code.out.assign(operand.length, ValueType.I32, "0")


def _check(code: Code, operand: Operand) -> None:
    kind = operand.type
    match kind.kind:
        case Kind.SMALLINT | Kind.NUMERIC:
            code.fail_if(outside(operand.value, kind), NumericValueOutOfRange)
        case Kind.BOOLEAN:
            code.out.assign(operand.value, ValueType.I32, f"{operand.value} != 0")
        case Kind.INTEGER | Kind.BIGINT:
            pass
        case Kind.TEXT | Kind.VARCHAR | Kind.BYTEA:
            too_long = f"gt_u({operand.length}, {ARGUMENT_BYTES_MAX})"
            code.fail_if(too_long, ProgramLimitExceeded)
            if kind.is_text:
                is_text = f"is_text({operand.value}, {operand.length})"
                code.fail_if(f"not {is_text}", CharacterNotInRepertoire)
