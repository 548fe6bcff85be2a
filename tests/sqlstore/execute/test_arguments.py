"""Arguments are checked in order, before anything else is done."""

from __future__ import annotations

import pytest

from sqlstore.errors import (
    CharacterNotInRepertoire,
    NumericValueOutOfRange,
    ProgramLimitExceeded,
    SqlError,
)
from sqlstore.execute.arguments import checked_arguments
from sqlstore.plan.statements import Parameter
from sqlstore.types import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    INTEGER,
    SMALLINT,
    TEXT,
    SqlType,
    Value,
    numeric,
    varchar,
)
from wasm_interp.errors import InputError


def parameter(kind: SqlType, *, nullable: bool = False) -> Parameter:
    return Parameter(name="p1", type=kind, nullable=nullable)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SMALLINT, -(2**15)),
        (INTEGER, 2**31 - 1),
        (BIGINT, -(2**63)),
        (numeric(3, 2), -999),
        (BOOLEAN, True),
        (TEXT, "é" * 2_048),
        (varchar(2), "abc"),
        (BYTEA, b"\0" * 4_096),
    ],
)
def test_what_a_type_has_is_taken_as_it_is(kind: SqlType, value: Value) -> None:
    assert checked_arguments([parameter(kind)], [value]) == (value,)


@pytest.mark.parametrize(("number", "truth"), [(0, False), (1, True), (-2, True)])
def test_a_boolean_that_is_not_zero_is_true(number: int, truth: bool) -> None:
    (value,) = checked_arguments([parameter(BOOLEAN)], [number])
    assert value is truth


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        (SMALLINT, 2**15, NumericValueOutOfRange),
        (INTEGER, -(2**31) - 1, NumericValueOutOfRange),
        (numeric(3, 2), 1_000, NumericValueOutOfRange),
        (TEXT, "é" * 2_049, ProgramLimitExceeded),
        (BYTEA, b"\0" * 4_097, ProgramLimitExceeded),
        (TEXT, "a\0", CharacterNotInRepertoire),
        (TEXT, "\ud800", CharacterNotInRepertoire),
    ],
)
def test_what_a_type_has_not_fails(kind: SqlType, value: Value, error: type[SqlError]) -> None:
    with pytest.raises(error):
        checked_arguments([parameter(kind)], [value])


def test_the_first_wrong_argument_is_reported() -> None:
    parameters = [parameter(TEXT), parameter(SMALLINT)]
    with pytest.raises(CharacterNotInRepertoire):
        checked_arguments(parameters, ["\0", 2**15])


def test_null_is_for_parameters_that_may_be_null() -> None:
    assert checked_arguments([parameter(TEXT, nullable=True)], [None]) == (None,)
    with pytest.raises(InputError):
        checked_arguments([parameter(TEXT)], [None])


@pytest.mark.parametrize(
    ("kind", "value"), [(INTEGER, True), (INTEGER, "1"), (TEXT, b""), (BYTEA, ""), (BOOLEAN, "t")]
)
def test_a_value_of_another_type_cannot_be_passed(kind: SqlType, value: Value) -> None:
    with pytest.raises(InputError, match="p1"):
        checked_arguments([parameter(kind)], [value])


def test_there_are_as_many_arguments_as_parameters() -> None:
    with pytest.raises(InputError, match="1 parameters, not 2"):
        checked_arguments([parameter(TEXT)], ["a", "b"])
