"""Arithmetic of 64 bits, quotients of NUMERIC, sums and averages: exact, and PostgreSQL's."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TypeAlias

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sqlstore.errors import sqlstate_number
from tests.sqlstore.runtime.library import OUT, library, number_at_out, run
from tests.sqlstore.runtime.samples import sample
from tests.sqlstore.wasm.programs import call
from wasm_interp.state import Status

OUT_OF_RANGE = (sqlstate_number("22003"),)
DIVISION_BY_ZERO = (sqlstate_number("22012"),)
LEAST, GREATEST = -(2**63), 2**63 - 1

Numeric: TypeAlias = tuple[int, int]
"""A scaled integer and its scale."""

SIGNS = st.sampled_from([1, 1, -1])
EDGES = (LEAST, LEAST + 1, -(2**32), -(2**31), -1, 0, 1, 2**31, 2**32, GREATEST)
I64 = st.one_of(
    st.integers(LEAST, GREATEST),
    st.integers(-(2**33), 2**33),
    st.sampled_from(EDGES),
    st.builds(lambda sign, bits, one: sign * ((1 << bits) + one), SIGNS, st.integers(0, 61), SIGNS),
)


@settings(deadline=None)
@given(I64, I64)
@example(LEAST, -1)
@example(-1, LEAST)
@example(LEAST, 1)
@example(3037000500, 3037000500)
@example(3037000499, 3037000499)
def test_a_product_overflows(a: int, b: int) -> None:
    assert run("mul_overflows", a, b) == (not LEAST <= a * b <= GREATEST)


@settings(deadline=None)
@given(I64, st.one_of(st.integers(0, 18).map(lambda n: 10**n), st.integers(1, GREATEST)))
@example(-5, 10)
@example(5, 10)
@example(1, 2)
@example(LEAST, 2)
@example(GREATEST, GREATEST)
def test_a_quotient_is_rounded_half_away_from_zero(value: int, divisor: int) -> None:
    rounded = (2 * abs(value) + divisor) // (2 * divisor)
    assert run("round_div", value, divisor) == (-rounded if value < 0 else rounded)


# -- division --------------------------------------------------------------------------------------


def digits(count: int) -> st.SearchStrategy[int]:
    """Integers of exactly ``count`` digits: any, nines, a one with zeros, few that are not 0."""
    least = 10 ** (count - 1)
    return st.one_of(
        st.integers(least, 10 * least - 1),
        st.sampled_from([least, 10 * least - 1, 5 * least, least + 1]),
        st.integers(1, 9).map(lambda n: n * least),
    )


NUMBERS = st.builds(int.__mul__, SIGNS, st.integers(1, 18).flatmap(digits))
SCALES = st.integers(0, 18)
NUMERICS: st.SearchStrategy[Numeric] = st.tuples(NUMBERS, SCALES)


@st.composite
def divisions(draw: st.DrawFn) -> tuple[Numeric, Numeric, int]:
    """Operands and a scale at which their quotient has some digits and mostly fits."""
    a, b = draw(NUMERICS), draw(NUMERICS)
    exponent = (decimal(a) / decimal(b)).adjusted()
    scale = draw(st.integers(-1, 18)) - exponent
    return a, b, min(max(scale, 0), 18)


def decimal(number: Numeric) -> Decimal:
    return Decimal(number[0]).scaleb(-number[1])


def first_digit(value: Decimal) -> tuple[int, int]:
    """Return the weight and the first digit of a number in base 10,000."""
    if not value:
        return 0, 0
    weight = abs(value).adjusted() // 4
    return weight, int(abs(value).scaleb(-4 * weight))


def quotient(a: Decimal, b: Decimal, scales: tuple[int, ...], scale: int) -> int | tuple[int]:
    """Return a quotient, rounded as PostgreSQL does and then to ``scale``, scaled."""
    (weight_a, first_a), (weight_b, first_b) = first_digit(a), first_digit(b)
    weight = weight_a - weight_b - (first_a <= first_b)
    with localcontext() as context:
        context.prec = 200
        rounded = half_up(a / b, max(16 - 4 * weight, *scales))
        result = int(half_up(rounded, scale).scaleb(scale))
    return result if LEAST <= result <= GREATEST else OUT_OF_RANGE


def half_up(value: Decimal, scale: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)


def divided(a: Numeric, b: Numeric, scale: int) -> int | tuple[int]:
    return number_at_out("numeric_divide", *a, *b, None, scale)


@settings(deadline=None, max_examples=300)
@given(divisions())
@example(((1, 0), (3, 0), 18))
@example(((7, 0), (6, 0), 18))
@example(((4999999999999999, 16), (1, 0), 0))
@example(((49999999999999999, 17), (1, 0), 0))
@example(((15000, 4), (1, 0), 0))
@example(((14999, 4), (1, 0), 0))
@example(((10**17, 0), (1, 0), 0))
@example(((922337203685477580, 0), (1, 0), 1))
@example(((922337203685477581, 0), (1, 0), 1))
@example(((922337203685477580, 0), (10, 1), 1))
@example(((10**18 - 1, 0), (1, 18), 0))
@example(((5, 0), (10**18 - 1, 18), 3))
@example(((2, 0), (0, 3), 3))
@example(((0, 3), (7, 0), 3))
@example(((1, 18), (10**18 - 1, 0), 18))
@example(((-1, 1), (2, 0), 1))
def test_numeric_is_divided(case: tuple[Numeric, Numeric, int]) -> None:
    a, b, scale = case
    scales = (a[1], b[1])
    expected = quotient(decimal(a), decimal(b), scales, scale) if b[0] else DIVISION_BY_ZERO
    assert divided(a, b, scale) == expected


def test_a_quotient_may_be_rounded_up_by_its_first_rounding() -> None:
    # It is 1.499999999999999995, which is 1.5 at the scale of 16 that PostgreSQL computes.
    assert divided((150000000000000001, 0), (100000000000000001, 0), 0) == 2
    assert divided((15000000000000001, 0), (10000000000000001, 0), 0) == 1


def in_postgres(postgres: str, call: str, cases: list[tuple[str, ...]]) -> list[str | None]:
    """Return the value of an expression over ``p1``, ``p2``, … for each case, or its SQLSTATE."""
    import psycopg

    names = [f"p{at}" for at, _ in enumerate(cases[0], 1)]
    with psycopg.connect(postgres) as connection:
        connection.execute(
            f"""CREATE FUNCTION pg_temp.asked({", ".join(f"{name} text" for name in names)})
            RETURNS text LANGUAGE plpgsql AS $$ DECLARE found text; BEGIN
            EXECUTE format('SELECT ({call})::text', {", ".join(names)}) INTO found; RETURN found;
            EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$"""
        )
        arrays = ", ".join("%s::text[]" for _ in names)
        rows = connection.execute(
            f"SELECT pg_temp.asked({', '.join(names)}) FROM unnest({arrays}) "
            f"WITH ORDINALITY AS x ({', '.join(names)}, n) ORDER BY n",
            [list(each) for each in zip(*cases, strict=True)],
        )
        return [each for (each,) in rows]


def as_postgres_shows(found: int | tuple[int], scale: int) -> str:
    states = {DIVISION_BY_ZERO: "22012", OUT_OF_RANGE: "22003"}
    return (
        states[found] if isinstance(found, tuple) else f"{Decimal(found).scaleb(-scale):.{scale}f}"
    )


def test_postgresql_divides_the_same(postgres: str) -> None:
    cases = sample(divisions(), 6_000)
    cases += [((0, 2), (5, 1), 3), ((5, 1), (0, 2), 3)]
    asked = [
        (str(a), str(a_scale), str(b), str(b_scale), str(scale))
        for (a, a_scale), (b, b_scale), scale in cases
    ]
    # A power of ten would bring a scale of its own: digits are put behind the point as text.
    operand = "(%{0}$s::numeric * (''1e-'' || %{1}$s)::numeric)::numeric(36, %{1}$s)"
    expression = f"({operand.format(1, 2)} / {operand.format(3, 4)})::numeric(60, %5$s)"
    answers = in_postgres(postgres, expression, asked)
    for (a, b, scale), answer in zip(cases, answers, strict=True):
        found = divided(a, b, scale)
        if found == OUT_OF_RANGE:
            assert answer is not None
            assert not LEAST <= int(answer.replace(".", "")) <= GREATEST, (a, b, scale)
        else:
            assert as_postgres_shows(found, scale) == answer, (a, b, scale)


# -- sums ------------------------------------------------------------------------------------------

VALUES = st.lists(st.one_of(I64, NUMBERS), min_size=1, max_size=12)


def summed(values: list[int]) -> bytes:
    """Return the 16 bytes of a sum."""
    memory = {OUT: b"\xff" * 16}
    memory[OUT] = bytes(call(library(), "sum_clear", OUT, memory=memory).memory[OUT : OUT + 16])
    for value in values:
        m = call(library(), "sum_add", OUT, value, memory=memory)
        memory[OUT] = bytes(m.memory[OUT : OUT + 16])
    return memory[OUT]


def of_sum(name: str, total: int, *args: int, scale: int) -> int | tuple[int]:
    """Return what a function makes of a sum, scaled, or (the SQLSTATE's number,)."""
    m = call(
        library(),
        *(name, OUT + 16, *args, OUT, scale),
        memory={OUT + 16: total.to_bytes(16, "little", signed=True)},
    )
    assert m.status is Status.HALTED
    return (
        (m.result,) if m.result else int.from_bytes(m.memory[OUT : OUT + 8], "little", signed=True)
    )


@settings(deadline=None)
@given(VALUES)
@example([GREATEST, 1])
@example([LEAST, LEAST, -1])
@example([-1, 1])
def test_a_sum_is_exact(values: list[int]) -> None:
    assert int.from_bytes(summed(values), "little", signed=True) == sum(values)


TOTALS = st.builds(
    lambda value, count, more: value * count + more, I64, st.integers(1, 2**24), st.integers(-5, 5)
)


def rounded_to(value: Decimal, scale: int) -> int | tuple[int]:
    with localcontext() as context:
        context.prec = 80
        result = int(half_up(value, scale).scaleb(scale))
    return result if LEAST <= result <= GREATEST else OUT_OF_RANGE


@settings(deadline=None)
@given(st.one_of(TOTALS, I64), SCALES, SCALES)
@example(2**64, 1, 0)
@example(-(2**64) - 5, 2, 1)
@example(-(2**64), 2, 0)
@example(5 * 10**17, 18, 0)
@example(5 * 10**17 - 1, 18, 0)
@example(GREATEST, 0, 0)
@example(2**64, 0, 0)
@example(1, 0, 18)
@example(10, 0, 18)
@example(5, 10, 9)
@example(LEAST, 0, 0)
@example(LEAST - 1, 0, 0)
@example(GREATEST + 1, 0, 0)
@example(10**27 // 2, 18, 0)
@example(10**28 + 5 * 10**9, 10, 0)
def test_a_sum_is_rounded_once(total: int, from_scale: int, to_scale: int) -> None:
    expected = rounded_to(Decimal(total).scaleb(-from_scale), to_scale)
    assert of_sum("sum_round", total, from_scale, scale=to_scale) == expected


AVERAGES = st.tuples(st.one_of(VALUES, st.lists(NUMBERS, min_size=1, max_size=3)), SCALES, SCALES)


@settings(deadline=None)
@given(AVERAGES)
@example(([1, 1, 0], 0, 18))
@example(([GREATEST] * 3, 0, 0))
@example(([LEAST + 1] * 5, 18, 18))
@example(([0], 5, 5))
@example(([1, -1], 5, 5))
@example(([10**18 - 1, 10**18 - 1, 1], 0, 0))
@example(([LEAST] * 2, 0, 0))
@example(([LEAST + 1] * 2, 0, 0))
@example(([7, 0, 0, 0, 0, 0], 0, 18))
def test_an_average_is_a_quotient(case: tuple[list[int], int, int]) -> None:
    values, scale, to_scale = case
    count = len(values)
    expected = quotient(decimal((sum(values), scale)), Decimal(count), (scale, 0), to_scale)
    assert of_sum("sum_average", sum(values), count, scale, scale=to_scale) == expected


def test_postgresql_averages_and_sums_the_same(postgres: str) -> None:
    cases = sample(AVERAGES, 3_000)
    asked = [(",".join(map(str, values)), str(scale), str(to)) for values, scale, to in cases]
    scaled = "(x * (''1e-'' || %2$s)::numeric)::numeric(40, %2$s)"
    source = "unnest(string_to_array(%1$L, '','')::numeric[]) AS y (x)"
    for name, function in (("sum_average", "avg"), ("sum_round", "sum")):
        expression = f"SELECT {function}({scaled})::numeric(60, %3$s) FROM {source}"
        answers = in_postgres(postgres, expression, asked)
        for (values, scale, to_scale), answer in zip(cases, answers, strict=True):
            args = (len(values), scale) if function == "avg" else (scale,)
            found = of_sum(name, sum(values), *args, scale=to_scale)
            assert answer is not None
            if found == OUT_OF_RANGE:
                assert not LEAST <= int(answer.replace(".", "")) <= GREATEST, (
                    values,
                    scale,
                    to_scale,
                )
            else:
                assert as_postgres_shows(found, to_scale) == answer, (values, scale, to_scale)
