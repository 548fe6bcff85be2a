"""The numbers of the runtime are those of the SQLSTATEs, and its list of sources is whole."""

from __future__ import annotations

from pathlib import Path

from sqlstore.compile import runtime
from sqlstore.compile.runtime import sqlstates
from sqlstore.errors import DivisionByZero, InvalidTextRepresentation, NumericValueOutOfRange
from sqlstore.errors import sqlstate_number as number


def test_numbers_are_those_of_the_sqlstates() -> None:
    assert number(NumericValueOutOfRange.sqlstate) == sqlstates.NUMERIC_VALUE_OUT_OF_RANGE
    assert number(DivisionByZero.sqlstate) == sqlstates.DIVISION_BY_ZERO
    assert number(InvalidTextRepresentation.sqlstate) == sqlstates.INVALID_TEXT_REPRESENTATION


def test_every_source_is_in_the_list() -> None:
    folder = Path(runtime.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} == {*runtime.MODULES, "__init__", "sort"}
