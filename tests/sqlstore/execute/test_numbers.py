"""Arithmetic of integers and NUMERIC, beside PostgreSQL's."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest

from sqlstore.errors import DivisionByZero, NumericValueOutOfRange
from sqlstore.execute.casts import printed
from sqlstore.execute.numbers import (
    arithmetic,
    divided,
    division_scale,
    leading_digit,
    rescaled,
    rounded_quotient,
)
from sqlstore.plan.expressions import Operator
from sqlstore.types import BIGINT, INTEGER, SMALLINT, SqlType, numeric
from tests.sqlstore.execute.oracle import Oracle, literal, our_answer

QUOTIENTS = 4_000


def edges(kind: SqlType) -> list[int]:
    return [kind.least, kind.least + 1, -7, -2, -1, 0, 1, 2, 7, kind.greatest - 1, kind.greatest]


@pytest.mark.parametrize("kind", [SMALLINT, INTEGER, BIGINT])
@pytest.mark.parametrize("operator", Operator)
def test_integers_compute_and_overflow_as_in_postgresql(
    oracle: Oracle, kind: SqlType, operator: Operator
) -> None:
    pairs = [(left, right) for left in edges(kind) for right in edges(kind)]
    asked = [f"{literal(one, kind)} {operator.value} {literal(two, kind)}" for one, two in pairs]
    ours = [our_answer(partial(arithmetic, operator, *pair, kind), kind) for pair in pairs]
    assert ours == oracle.answers(asked)


def test_the_least_integer_has_no_quotient_by_minus_one_but_a_remainder() -> None:
    with pytest.raises(NumericValueOutOfRange):
        arithmetic(Operator.DIVIDE, SMALLINT.least, -1, SMALLINT)
    assert arithmetic(Operator.REMAINDER, SMALLINT.least, -1, SMALLINT) == 0
    assert arithmetic(Operator.REMAINDER, -7, 3, SMALLINT) == -1


@pytest.mark.parametrize("operator", [Operator.DIVIDE, Operator.REMAINDER])
def test_nothing_is_divided_by_zero(operator: Operator) -> None:
    with pytest.raises(DivisionByZero):
        arithmetic(operator, 1, 0, INTEGER)
    with pytest.raises(DivisionByZero):
        divided(1, 0, scales=(0, 0), kind=INTEGER)


def a_number(random: Random) -> tuple[int, int]:
    """A NUMERIC and its scale: of any size, or near where a digit to base 10,000 begins."""
    scale = random.randint(0, 18)
    if random.random() < 0.3:
        number = 10 ** random.randint(0, 17) * random.randint(1, 9) + random.randint(-1, 1)
    else:
        number = random.randrange(10 ** random.randint(1, 18))
    return random.choice((1, -1)) * min(number, 10**18 - 1), scale


def test_quotients_have_the_scale_and_digits_of_postgresql(oracle: Oracle) -> None:
    random = Random(47)
    pairs = [(a_number(random), a_number(random)) for _ in range(QUOTIENTS)]
    pairs = [(left, right) for left, right in pairs if right[0]]
    texts = [tuple(printed(number, numeric(18, scale)) for number, scale in pair) for pair in pairs]
    asked = [f"'{left}'::numeric / '{right}'::numeric" for left, right in texts]
    ours = []
    for (left, left_scale), (right, right_scale) in pairs:
        scales = left_scale, right_scale
        scale = division_scale(left, right, scales=scales)
        numerator = left * 10 ** (scale + right_scale)
        exact = rounded_quotient(numerator, right * 10**left_scale)
        ours.append("=" + printed(exact, numeric(18, scale)))
    assert ours == oracle.answers(asked)


def test_quotients_are_rounded_again_by_their_cast(oracle: Oracle) -> None:
    random = Random(48)
    asked, ours = [], []
    for _ in range(QUOTIENTS):
        (left, left_scale), (right, right_scale) = a_number(random), a_number(random)
        precision = random.randint(1, 18)
        kind = random.choice((SMALLINT, BIGINT, numeric(precision, random.randint(0, precision))))
        operands = (
            printed(left, numeric(18, left_scale)),
            printed(right, numeric(18, right_scale)),
        )
        asked.append(f"('{operands[0]}'::numeric / '{operands[1]}'::numeric)::{kind}")
        scales = left_scale, right_scale
        ours.append(our_answer(partial(divided, left, right, scales=scales, kind=kind), kind))
    answers = oracle.answers(asked)
    assert ours == answers
    assert {"22003", "22012"} <= set(answers)


@pytest.mark.parametrize(
    ("number", "scale", "expected"),
    [
        (0, 5, (0, 0)),
        (1, 0, (0, 1)),
        (9_999, 0, (0, 9_999)),
        (10_000, 0, (1, 1)),
        (1, 1, (-1, 1_000)),
        (1, 4, (-1, 1)),
        (1, 5, (-2, 1_000)),
        (-123_456, 2, (0, 1_234)),
    ],
)
def test_the_leading_digit_is_counted_from_the_point(
    number: int, scale: int, expected: tuple[int, int]
) -> None:
    assert leading_digit(number, scale) == expected


@pytest.mark.parametrize(
    ("number", "scale", "to", "expected"),
    [
        (15, 1, 0, 2),
        (-15, 1, 0, -2),
        (14, 1, 0, 1),
        (-14, 1, 0, -1),
        (15, 1, 3, 1500),
        (5, 1, 0, 1),
    ],
)
def test_a_half_is_rounded_away_from_zero(number: int, scale: int, to: int, expected: int) -> None:
    assert rescaled(number, scale=scale, to=to) == expected
