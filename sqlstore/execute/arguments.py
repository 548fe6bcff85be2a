"""Arguments of a call: checked before anything else.

Spec: docs/spec/sql.md, Q-71. Not here: how a reducer passes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.backends import ARGUMENT_BYTES_MAX
from sqlstore.errors import CharacterNotInRepertoire, ProgramLimitExceeded
from sqlstore.execute.numbers import in_range
from sqlstore.types import Kind
from wasm_interp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.plan.statements import Parameter
    from sqlstore.types import Value


def checked_arguments(
    parameters: Sequence[Parameter], arguments: Sequence[Value]
) -> tuple[Value, ...]:
    """Return ``arguments``, checked in order.

    Raises `NumericValueOutOfRange`, `ProgramLimitExceeded`, `CharacterNotInRepertoire` for values
    that a reducer could pass, and `InputError` for what it could not: another count or type, or
    NULL where there is none.

    Spec: Q-71.
    """
    if len(arguments) != len(parameters):
        raise InputError(f"the statement has {len(parameters)} parameters, not {len(arguments)}")
    return tuple(
        _checked(parameter, value) for parameter, value in zip(parameters, arguments, strict=True)
    )


def _checked(parameter: Parameter, value: Value) -> Value:
    if value is None and parameter.nullable:
        return None
    kind = parameter.type
    match value:
        case bool() if kind.kind is Kind.BOOLEAN:
            return value
        case int() if not isinstance(value, bool) and not kind.is_bytes:
            # A reducer passes a BOOLEAN as an i32, of which all but 0 are true.
            return value != 0 if kind.kind is Kind.BOOLEAN else in_range(value, kind)
        case str() if kind.is_text:
            return _checked_text(value)
        case bytes() if kind.kind is Kind.BYTEA:
            _check_size(len(value))
            return value
        case _:
            raise InputError(f"{value!r} is no argument for {parameter.name}, which is {kind}")


def _checked_text(text: str) -> str:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise CharacterNotInRepertoire("a text has half of a surrogate pair") from None
    _check_size(len(encoded))
    if b"\x00" in encoded:
        raise CharacterNotInRepertoire("a text has U+0000")
    return text


def _check_size(size: int) -> None:
    if size > ARGUMENT_BYTES_MAX:
        raise ProgramLimitExceeded(
            f"an argument of {size} bytes is longer than the most, {ARGUMENT_BYTES_MAX:,}"
        )
