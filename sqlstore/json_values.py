"""SQL values as JSON, both ways: for snapshots and for `--json`.

Integers are numbers, BOOLEAN true and false, texts strings, NULL null; NUMERIC is a string with all
digits of its scale, BYTEA a string of hexadecimal digits after ``0x``. So nothing is a float.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlstore.types import Kind, numeric_text
from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from sqlstore.rows import SqlRow
    from sqlstore.schema import Table
    from sqlstore.types import SqlType, Value

JsonValue: TypeAlias = bool | int | str | None

_NUMERIC: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*")


def to_json(kind: SqlType, value: Value) -> JsonValue:
    """Return ``value`` of the type ``kind`` as JSON."""
    match value:
        case bytes():
            return f"0x{value.hex()}"
        case int() if kind.kind is Kind.NUMERIC:
            return numeric_text(value, kind.scale)
        case _:
            return value


def named_row(table: Table, row: SqlRow) -> dict[str, object]:
    """Return a row as a JSON object has it: values by the names of columns."""
    pairs = zip(table.columns, row, strict=True)
    return {column.name: to_json(column.type, value) for column, value in pairs}


def from_json(kind: SqlType, value: object, *, what: str) -> Value:
    """Return the value of the type ``kind`` that `to_json` writes so. Raises `InputError`."""
    found = _read(kind, value)
    if found is _NOT_ONE:
        raise InputError(f"{what}: {printable(str(value))} is no {kind}")
    return found  # type: ignore[return-value]


_NOT_ONE: Final = object()


def _read(kind: SqlType, value: object) -> object:
    match kind.kind, value:
        case _, None:
            fits = True
        case Kind.BOOLEAN, _:
            fits = isinstance(value, bool)
        case ((Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT), int()):
            fits = not isinstance(value, bool) and kind.least <= value <= kind.greatest
        case ((Kind.TEXT | Kind.VARCHAR), str()):
            fits = _is_text(kind, value)
        case Kind.NUMERIC, str():
            return _numeric(kind, value)
        case Kind.BYTEA, str() if _HEX.fullmatch(value):
            return bytes.fromhex(value[2:])
        case _:
            fits = False
    return value if fits else _NOT_ONE


def _numeric(kind: SqlType, value: str) -> object:
    found = _NUMERIC.fullmatch(value) if len(value) < 40 else None
    if found is None:
        return _NOT_ONE
    number = int(found[2] + (found[3] or "")) * (-1 if found[1] else 1)
    fits = kind.least <= number <= kind.greatest
    return number if fits and numeric_text(number, kind.scale) == value else _NOT_ONE


def _is_text(kind: SqlType, value: str) -> bool:
    if "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON can spell half a surrogate pair, which no UTF-8 can.
        return False
    return kind.kind is Kind.TEXT or len(value) <= kind.length
