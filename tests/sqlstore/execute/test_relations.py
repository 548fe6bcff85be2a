"""Relations give their rows in the order, and by the operations, that their definitions say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlstore.errors import (
    CardinalityViolation,
    DivisionByZero,
    InvalidRowCountInLimit,
    InvalidRowCountInOffset,
    NumericValueOutOfRange,
)
from sqlstore.plan.expressions import (
    Arithmetic,
    Cast,
    ColumnRef,
    Exists,
    Expr,
    InSubquery,
    Operator,
    ScalarSubquery,
)
from sqlstore.plan.relations import (
    Aggregate,
    AggregateCall,
    AggregateFunction,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Path,
    Project,
    Relation,
    Sort,
    SortKey,
    Union,
    Values,
)
from sqlstore.rows import SqlRow
from sqlstore.types import BIGINT, INTEGER, TEXT, SqlType, Value, numeric
from tests.sqlstore.execute.plans import (
    PLAYERS,
    UNITS,
    column,
    compare,
    failure,
    number,
    rows_given,
    run,
    scan,
    select,
    stored,
    text,
    words,
)

MAP = stored(
    {
        "players": [(1, "ann", 5), (2, "bob", None)],
        "units": [(1, "ann", 7), (2, "bob", 3), (3, "ann", None), (4, None, 9), (5, "ann", 7)],
    }
)
BY_NAME = Path(index=PLAYERS.indexes[0], equal=(column(1, UNITS, "owner"),), unique=True)


def ref(source: int, at: int = 0, kind: SqlType = INTEGER) -> ColumnRef:
    return ColumnRef(source=source, column=at, type=kind)


def outputs(relation: Relation, *expressions: Expr) -> tuple[SqlRow, ...]:
    return run(select(relation, *expressions), MAP).outputs


def numbers(*values: int | None, source: int = 1) -> Values:
    return rows_given(*([number(value)] for value in values), source=source)


def reciprocal(source: int) -> Expr:
    return Arithmetic(operator=Operator.DIVIDE, left=number(12), right=ref(source), type=INTEGER)


def test_a_select_without_from_has_one_row() -> None:
    assert outputs(OneRow(), number(7)) == ((7,),)


def test_values_are_computed_when_their_turn_comes() -> None:
    failing = Arithmetic(operator=Operator.DIVIDE, left=number(1), right=number(0), type=INTEGER)
    relation = Values(source=1, rows=((number(1),), (failing,)), types=(INTEGER,))
    first = Limit(input=relation, count=number(1, BIGINT), offset=None)
    assert outputs(first, ref(1)) == ((1,),)
    assert isinstance(failure(select(relation, ref(1)), MAP).error, DivisionByZero)


def test_a_filter_keeps_what_is_true() -> None:
    relation = Filter(input=numbers(1, None, 3), predicate=compare(ref(1), ">", number(1)))
    assert outputs(relation, ref(1)) == ((3,),)


def test_an_inner_join_looks_for_each_left_row_anew() -> None:
    joined = Join(kind=JoinKind.INNER, left=scan(UNITS), right=scan(PLAYERS, BY_NAME, 2), on=None)
    result = run(select(joined, column(1, UNITS, "id"), column(2, PLAYERS, "rank")), MAP)
    assert result.outputs == ((1, 5), (2, None), (3, 5), (5, 5))
    # The fourth unit has no owner: nothing is looked for.
    assert (
        words(result.operations)
        == "Seek Get Seek Get " * 3 + "Seek Get " + "Seek Get " * 2 + "Seek"
    )


def test_a_left_join_has_every_left_row() -> None:
    on = compare(column(2, PLAYERS, "rank"), "<", column(1, UNITS, "x"))
    joined = Join(kind=JoinKind.LEFT, left=scan(UNITS), right=scan(PLAYERS, BY_NAME, 2), on=on)
    rows = outputs(joined, column(1, UNITS, "id"), column(2, PLAYERS, "name"))
    assert rows == ((1, "ann"), (2, None), (3, None), (4, None), (5, "ann"))


def test_a_left_join_has_null_for_all_sources_of_its_right_side() -> None:
    right = Join(kind=JoinKind.INNER, left=numbers(source=2), right=numbers(1, source=3), on=None)
    right = Join(kind=JoinKind.LEFT, left=right, right=numbers(1, source=4), on=None)
    joined = Join(kind=JoinKind.LEFT, left=numbers(7), right=right, on=None)
    assert outputs(joined, *map(ref, (1, 2, 3, 4))) == ((7, None, None, None),)


def test_a_projection_is_computed_row_by_row() -> None:
    projected = Project(source=2, input=numbers(2, 0), expressions=(ref(1), reciprocal(1)))
    first = Limit(input=projected, count=number(1, BIGINT), offset=None)
    assert outputs(first, ref(2), ref(2, 1)) == ((2, 6),)
    assert isinstance(failure(select(projected), MAP).error, DivisionByZero)


def sort_key(source: int, at: int, descending: bool, nulls_first: bool) -> SortKey:
    return SortKey(value=ref(source, at), descending=descending, nulls_first=nulls_first)


@pytest.mark.parametrize(
    ("descending", "nulls_first", "expected"),
    [
        (False, False, [1, 2, 3, None]),
        (False, True, [None, 1, 2, 3]),
        (True, False, [3, 2, 1, None]),
        (True, True, [None, 3, 2, 1]),
    ],
)
def test_null_is_sorted_first_or_last(
    descending: bool, nulls_first: bool, expected: list[Value]
) -> None:
    key = sort_key(1, 0, descending, nulls_first)
    relation = Sort(input=numbers(2, None, 3, 1), source=1, keys=(key,))
    assert outputs(relation, ref(1)) == tuple((one,) for one in expected)


SMALL = st.none() | st.integers(-1, 1)


@given(st.lists(st.tuples(SMALL, SMALL), max_size=8), st.tuples(*[st.booleans()] * 4))
def test_the_first_key_decides_and_equal_rows_stay_as_they_came(
    rows: list[tuple[int | None, int | None]], flags: tuple[bool, bool, bool, bool]
) -> None:
    keys = sort_key(1, 0, *flags[:2]), sort_key(1, 1, *flags[2:])
    types = (INTEGER, INTEGER, INTEGER)
    consts = tuple((number(a), number(b), number(at)) for at, (a, b) in enumerate(rows))
    relation = Sort(input=Values(source=1, rows=consts, types=types), source=1, keys=keys)

    def rank(value: Value, key: SortKey) -> tuple[int, int]:
        if not isinstance(value, int):
            return (-1 if key.nulls_first else 1), 0
        return 0, -value if key.descending else value

    ordered = sorted(
        ((*row, at) for at, row in enumerate(rows)),
        key=lambda row: (rank(row[0], keys[0]), rank(row[1], keys[1]), row[2]),
    )
    assert outputs(relation, ref(1), ref(1, 1), ref(1, 2)) == tuple(ordered)


def test_distinct_rows_come_once_in_ascending_order() -> None:
    pairs = [(2, "b"), (1, "é"), (None, "a"), (1, "z"), (2, "b"), (1, None), (None, "a")]
    values = rows_given(*([number(a), text(b)] for a, b in pairs))
    relation = Distinct(input=values, source=1)
    expected = ((1, "z"), (1, "é"), (1, None), (2, "b"), (None, "a"))
    assert outputs(relation, ref(1), ref(1, 1, TEXT)) == expected


def limit(relation: Relation, count: int | None, offset: int | None) -> Limit:
    return Limit(input=relation, count=number(count, BIGINT), offset=number(offset, BIGINT))


@pytest.mark.parametrize(
    ("count", "offset", "expected"),
    [(2, 0, [1, 2]), (2, 1, [2, 3]), (None, 1, [2, 3]), (5, None, [1, 2, 3]), (1, 2**63 - 1, [])],
)
def test_a_limit_counts_from_behind_its_offset(
    count: int | None, offset: int | None, expected: list[int]
) -> None:
    rows = outputs(limit(numbers(1, 2, 3), count, offset), ref(1))
    assert rows == tuple((one,) for one in expected)


def test_behind_the_last_row_of_a_limit_nothing_is_read() -> None:
    assert words(run(select(limit(scan(UNITS), 2, 0)), MAP).operations) == "Seek Get Seek Get"
    assert words(run(select(limit(scan(UNITS), 1, 1)), MAP).operations) == "Seek Get Seek Get"
    assert run(select(limit(scan(UNITS), 0, 1)), MAP).operations == ()


def test_a_negative_offset_fails_before_a_negative_limit() -> None:
    for count, offset, error in (
        (-1, 0, InvalidRowCountInLimit),
        (-1, -1, InvalidRowCountInOffset),
        (0, -1, InvalidRowCountInOffset),
    ):
        failed = failure(select(limit(scan(UNITS), count, offset)), MAP)
        assert isinstance(failed.error, error)
        assert failed.operations == ()


def test_a_union_is_one_input_after_the_other() -> None:
    parts = numbers(1, 2, source=2), scan(UNITS, source=3)
    relation = Union(source=1, inputs=parts, sources=(2, 3), types=(INTEGER,))
    result = run(select(limit(relation, 3, 0), ref(1)), MAP)
    assert result.outputs == ((1,), (2,), (1,))
    assert words(result.operations) == "Seek Get"


def aggregate(
    relation: Relation, *calls: AggregateCall, keys: tuple[Expr, ...] = ()
) -> tuple[SqlRow, ...]:
    grouped = Aggregate(source=9, input=relation, keys=keys, aggregates=calls)
    return outputs(grouped, *(ref(9, at) for at in range(len(keys) + len(calls))))


def call(function: str, argument: Expr | None, kind: SqlType = BIGINT) -> AggregateCall:
    return AggregateCall(function=AggregateFunction(function), argument=argument, type=kind)


CALLS = (
    call("count(*)", None),
    call("count", ref(1)),
    call("sum", ref(1)),
    call("min", ref(1), INTEGER),
    call("max", ref(1), INTEGER),
    call("avg", ref(1), numeric(6, 3)),
)


def test_aggregates_pass_over_null() -> None:
    assert aggregate(numbers(4, None, -2, 0), *CALLS) == ((4, 3, 2, -2, 4, 667),)


def test_aggregates_of_nothing_are_null_but_for_counts() -> None:
    nothing = (None, None, None, None)
    assert aggregate(numbers(), *CALLS) == ((0, 0, *nothing),)
    assert aggregate(numbers(None), *CALLS) == ((1, 0, *nothing),)
    assert aggregate(numbers(), *CALLS, keys=(ref(1),)) == ()


def test_groups_come_in_the_order_of_their_keys_null_last() -> None:
    owner, x = column(1, UNITS, "owner"), column(1, UNITS, "x")
    rows = aggregate(scan(UNITS), call("count(*)", None), call("max", x, INTEGER), keys=(owner, x))
    assert rows == (
        ("ann", 7, 2, 7),
        ("ann", None, 1, None),
        ("bob", 3, 1, 3),
        (None, 9, 1, 9),
    )


def test_a_sum_is_exact_and_checked_at_its_end() -> None:
    top = number(2**63 - 1, BIGINT)
    values = rows_given([top], [top], [number(-(2**63), BIGINT)])
    total = ref(1, 0, BIGINT)
    assert aggregate(values, call("sum", total)) == ((2**63 - 2,),)
    twice = rows_given([top], [top])
    grouped = Aggregate(source=9, input=twice, keys=(), aggregates=(call("sum", total),))
    assert isinstance(failure(select(grouped), MAP).error, NumericValueOutOfRange)


def test_an_average_is_rounded_as_a_quotient_and_then_by_its_cast() -> None:
    values = rows_given([number(1, numeric(3, 2))], [number(2, numeric(3, 2))])
    average = call("avg", ref(1, 0, numeric(3, 2)), numeric(5, 2))
    assert aggregate(values, average) == ((2,),)


def exists(relation: Relation, *, correlated: bool) -> Exists:
    return Exists(relation=relation, correlated=correlated)


def test_exists_stops_at_the_first_row() -> None:
    result = run(select(OneRow(), exists(scan(UNITS), correlated=True)), MAP)
    assert result.outputs == ((True,),)
    assert words(result.operations) == "Seek Get"


@pytest.mark.parametrize(("correlated", "expected"), [(False, 1), (True, 3)])
def test_a_subquery_that_uses_nothing_of_the_outside_is_run_once(
    correlated: bool, expected: int
) -> None:
    found = exists(
        scan(UNITS, Path(index=None, equal=(number(9),), unique=True)), correlated=correlated
    )
    result = run(select(numbers(1, 2, 3), found), MAP)
    assert result.outputs == ((False,),) * 3
    assert words(result.operations) == " ".join(["Get"] * expected)


def test_a_subquery_sees_the_row_around_it() -> None:
    same = Filter(
        input=scan(PLAYERS, source=2),
        predicate=compare(column(2, PLAYERS, "id"), "=", column(1, UNITS, "id")),
    )
    rows = outputs(scan(UNITS), column(1, UNITS, "id"), exists(same, correlated=True))
    assert rows == ((1, True), (2, True), (3, False), (4, False), (5, False))


def scalar(relation: Relation, value: Expr, *, correlated: bool = False) -> ScalarSubquery:
    return ScalarSubquery(relation=relation, value=value, correlated=correlated, type=value.type)


def test_a_scalar_subquery_is_null_without_a_row_and_fails_with_two() -> None:
    assert outputs(OneRow(), scalar(numbers(source=2), ref(2))) == ((None,),)
    assert outputs(OneRow(), scalar(numbers(7, source=2), ref(2))) == ((7,),)
    failed = failure(select(OneRow(), scalar(numbers(1, 2, source=2), ref(2))), MAP)
    assert isinstance(failed.error, CardinalityViolation)


def test_a_scalar_subquery_computes_the_first_row_before_it_looks_for_a_second() -> None:
    failed = failure(select(OneRow(), scalar(numbers(0, 1, source=2), reciprocal(2))), MAP)
    assert isinstance(failed.error, DivisionByZero)
    failed = failure(select(OneRow(), scalar(numbers(1, 0, source=2), reciprocal(2))), MAP)
    assert isinstance(failed.error, CardinalityViolation)


def contained(operand: Expr, values: Relation, *, correlated: bool, negated: bool) -> InSubquery:
    return InSubquery(
        operand=operand, relation=values, value=ref(2), correlated=correlated, negated=negated
    )


@pytest.mark.parametrize("correlated", [False, True])
@pytest.mark.parametrize(
    ("operand", "values", "expected"),
    [
        (1, [2, 1], True),
        (1, [None, 1], True),
        (1, [2], False),
        (1, [2, None], None),
        (None, [1], None),
        (None, [], False),
        (1, [], False),
    ],
)
def test_in_is_unknown_if_a_value_or_the_operand_is(
    operand: int | None, values: list[int | None], expected: bool | None, correlated: bool
) -> None:
    relation = numbers(*values, source=2)
    for negated in (False, True):
        one = contained(number(operand), relation, correlated=correlated, negated=negated)
        assert outputs(OneRow(), one) == ((None if expected is None else expected is not negated,),)


@pytest.mark.parametrize(("correlated", "expected"), [(True, "Seek Get"), (False, "Seek Get " * 5)])
def test_in_reads_on_until_it_has_found_its_value_if_it_depends_on_the_row(
    correlated: bool, expected: str
) -> None:
    one = contained(number(1), scan(UNITS, source=2), correlated=correlated, negated=False)
    result = run(select(numbers(1), one), MAP)
    assert words(result.operations) == (expected if correlated else expected + "Seek")


def test_a_relation_sees_what_the_left_side_of_its_join_has_bound() -> None:
    shifted = Project(
        source=2,
        input=OneRow(),
        expressions=(Cast(operand=ref(1), type=TEXT), ref(1)),
    )
    joined = Join(kind=JoinKind.INNER, left=numbers(1, 2), right=shifted, on=None)
    assert outputs(joined, ref(1), ref(2, 0, TEXT)) == ((1, "1"), (2, "2"))
