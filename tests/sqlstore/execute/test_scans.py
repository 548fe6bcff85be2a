"""Paths find the rows that they should, by the operations of Q-86 and Q-87."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle.ordered_map import OrderedMap
from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.execute import Get, Seek, SeekBack
from sqlstore.execute.environment import Environment, Execution
from sqlstore.execute.evaluate import is_true
from sqlstore.execute.operations import RowLog
from sqlstore.execute.scans import scan as rows_of_scan
from sqlstore.keys import (
    encode_columns,
    entry_key,
    key_columns,
    relation_prefix,
    row_key,
    successor,
)
from sqlstore.plan.expressions import And, ColumnRef, Const, Expr
from sqlstore.plan.relations import Bound, Path, Scan
from sqlstore.rows import SqlRow, stored_row
from sqlstore.schema import Table
from sqlstore.types import BIGINT, BOOLEAN, INTEGER, SqlType, Value
from tests.sqlstore.execute.plans import (
    PLAYERS,
    UNITS,
    column,
    compare,
    failure,
    number,
    run,
    scan,
    select,
    stored,
    text,
    words,
)
from tests.sqlstore.values import rows_for, tables, values_of

OWNER_X = UNITS.indexes[0]
NAME = PLAYERS.indexes[0]
ROWS: dict[str, list[SqlRow]] = {
    "players": [(1, "ann", 5), (2, "bob", None)],
    "units": [(1, "ann", 7), (2, "bob", 3), (3, "ann", None), (4, None, 9), (5, "ann", -2)],
}
MAP = stored(ROWS)


def key(at: int) -> bytes:
    return row_key(UNITS, (at, None, None))


def entry(row: SqlRow) -> bytes:
    return entry_key(UNITS, OWNER_X, row)


def ids(path: Path, rows: OrderedMap = MAP) -> list[Value]:
    relation = scan(UNITS, path)
    return [row[0] for row in run(select(relation, column(1, UNITS, "id")), rows).outputs]


def test_a_pinned_primary_key_is_one_get() -> None:
    for at, value in ((3, "there"), (6, None)):
        result = run(select(scan(UNITS, Path(index=None, equal=(number(at),), unique=True))), MAP)
        assert result.operations == (Get(key(at), MAP.get(key(at))),)
        assert result.count == (value is not None)


def test_a_table_is_read_from_its_first_key_to_one_beyond() -> None:
    result = run(select(scan(PLAYERS), column(1, PLAYERS, "name")), MAP)
    keys = [row_key(PLAYERS, row) for row in ROWS["players"]]
    beyond = min(row for row in (one.key for one in MAP.items()) if row >= b"\x01\x02")
    assert result.outputs == (("ann",), ("bob",))
    assert result.operations == (
        Seek(key=b"\x01\x01", strict=False, found=keys[0]),
        Get(keys[0], MAP.get(keys[0])),
        Seek(key=keys[0], strict=True, found=keys[1]),
        Get(keys[1], MAP.get(keys[1])),
        Seek(key=keys[1], strict=True, found=beyond),
    )


def test_a_table_is_read_backward_from_its_last_key() -> None:
    result = run(select(scan(PLAYERS, Path(index=None, backward=True, fetch=False))), MAP)
    keys = [row_key(PLAYERS, row) for row in ROWS["players"]]
    assert result.operations == (
        SeekBack(key=b"\x01\x02", strict=True, found=keys[1]),
        SeekBack(key=keys[1], strict=True, found=keys[0]),
        SeekBack(key=keys[0], strict=True, found=None),
    )


def test_an_index_leads_to_rows_by_their_primary_keys() -> None:
    path = Path(index=OWNER_X, equal=(text("ann"),))
    result = run(select(scan(UNITS, path), column(1, UNITS, "id")), MAP)
    assert result.outputs == ((5,), (1,), (3,))
    assert words(result.operations) == "Seek Get Seek Get Seek Get Seek"
    first, second = result.operations[:2]
    found = entry((5, "ann", -2))
    prefix = encode_columns([(UNITS.columns[1], "ann")])
    assert first == Seek(key=b"\x01\x05" + prefix, strict=False, found=found)
    assert second == Get(key(5), MAP.get(key(5)))


def test_an_index_that_has_all_columns_is_enough() -> None:
    path = Path(index=OWNER_X, equal=(text("ann"),), fetch=False)
    outputs = [column(1, UNITS, name) for name in ("id", "owner", "x")]
    result = run(select(scan(UNITS, path), *outputs), MAP)
    assert result.outputs == ((5, "ann", -2), (1, "ann", 7), (3, "ann", None))
    assert words(result.operations) == "Seek Seek Seek Seek"


def test_a_unique_path_has_no_second_seek() -> None:
    path = Path(index=NAME, equal=(text("bob"),), unique=True)
    result = run(select(scan(PLAYERS, path), column(1, PLAYERS, "id")), MAP)
    assert result.outputs == ((2,),)
    assert words(result.operations) == "Seek Get"
    path = Path(index=NAME, equal=(text("bo"),), unique=True)
    result = run(select(scan(PLAYERS, path), column(1, PLAYERS, "id")), MAP)
    assert words(result.operations) == "Seek"


def bounded(low: Value, low_in: bool, high: Value, high_in: bool, kind: SqlType = INTEGER) -> Path:
    return Path(
        index=OWNER_X,
        equal=(text("ann"),),
        low=Bound(value=Const(low, kind), inclusive=low_in),
        high=Bound(value=Const(high, kind), inclusive=high_in),
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (bounded(-2, True, 7, True), [5, 1]),
        (bounded(-2, False, 7, True), [1]),
        (bounded(-2, True, 7, False), [5]),
        (bounded(-(2**40), True, 2**40, True, BIGINT), [5, 1]),
    ],
)
def test_a_range_has_its_bounds_or_not(path: Path, found: list[int]) -> None:
    assert ids(path) == found
    assert ids(replace(path, backward=True)) == found[::-1]


@pytest.mark.parametrize(
    "path",
    [
        Path(index=OWNER_X, equal=(text(None),)),
        Path(index=None, equal=(number(2**31, BIGINT),)),
        Path(index=None, equal=(number(None),), unique=True),
        Path(index=OWNER_X, equal=(text("a" * 81),)),
        Path(index=None, low=Bound(value=number(None), inclusive=True)),
        bounded(7, True, None, True),
        bounded(7, True, 6, True),
        bounded(6, False, 7, False),
        bounded(2**31, True, 2**40, True, BIGINT),
        bounded(2**31 - 1, False, 2**40, True, BIGINT),
        bounded(-(2**40), True, -(2**31), False, BIGINT),
        Path(index=None, low=Bound(value=number(2**31, BIGINT), inclusive=True)),
    ],
)
def test_nothing_is_read_where_nothing_can_be(path: Path) -> None:
    assert run(select(scan(UNITS, path)), MAP).operations == ()


def first_key(path: Path) -> bytes:
    first = run(select(scan(UNITS, path)), MAP).operations[0]
    assert isinstance(first, Seek | SeekBack)
    return first.key


def test_a_search_begins_at_its_bound_or_at_the_tag_of_what_is_not_null() -> None:
    low = Path(index=OWNER_X, equal=(text("ann"),), low=Bound(value=number(7), inclusive=False))
    high = Path(index=OWNER_X, equal=(text("ann"),), high=Bound(value=number(7), inclusive=True))
    prefix = b"\x01\x05" + encode_columns([(UNITS.columns[1], "ann")])
    assert first_key(low) == prefix + bytes.fromhex("00" + "80000008")
    assert first_key(high) == prefix + b"\x00"
    assert first_key(replace(low, backward=True)) == prefix + b"\x01"
    assert first_key(replace(high, backward=True)) == prefix + bytes.fromhex("00" + "80000008")


def test_a_bound_beyond_the_type_is_cut_to_it() -> None:
    path = Path(index=None, low=Bound(value=number(-(2**40), BIGINT), inclusive=False))
    assert first_key(path) == bytes.fromhex("0104" + "00000000")
    path = Path(index=None, high=Bound(value=number(2**40, BIGINT), inclusive=False), backward=True)
    assert first_key(path) == successor(bytes.fromhex("0104" + "ffffffff"))


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("backward", [True, False])
def test_a_long_bound_is_cut_to_80_bytes(inclusive: bool, backward: bool) -> None:
    bound = Bound(value=text("b" * 200), inclusive=inclusive)
    below = Path(index=OWNER_X, high=bound, backward=backward)
    above = Path(index=OWNER_X, low=bound, backward=backward)
    assert sorted(map(str, ids(below))) == ["1", "3", "5"]
    assert ids(above) == [2]
    first = first_key(below if backward else above)
    assert first == b"\x01\x05\x00" + b"b" * 77


def test_one_row_more_than_the_bound_fails_before_it_is_read() -> None:
    path = Path(index=OWNER_X, equal=(text("ann"),), rows_max=2)
    failed = failure(select(scan(UNITS, path)), MAP)
    assert isinstance(failed.error, ProgramLimitExceeded)
    assert words(failed.operations) == "Seek Get Seek Get Seek"
    assert ids(replace(path, rows_max=3)) == [5, 1, 3]


def test_an_entry_without_its_row_is_corrupt() -> None:
    path = Path(index=OWNER_X, equal=(text("bob"),))
    failed = failure(select(scan(UNITS, path)), MAP.delete(key(2)))
    assert isinstance(failed.error, CorruptedData)


@st.composite
def paths(draw: st.DrawFn, table: Table) -> Path:
    """A path with some columns pinned, and perhaps a range on the next one."""
    index = draw(st.sampled_from((None, *table.indexes)))
    columns = [table.columns[at] for at in key_columns(table, index)]
    count = draw(st.integers(0, len(columns)))
    equal = tuple(Const(draw(values_of(one.type)), one.type) for one in columns[:count])

    def bound() -> Bound | None:
        if count == len(columns) or draw(st.booleans()):
            return None
        kind = columns[count].type
        return Bound(value=Const(draw(values_of(kind)), kind), inclusive=draw(st.booleans()))

    return Path(index=index, equal=equal, low=bound(), high=bound(), backward=draw(st.booleans()))


def predicate(table: Table, path: Path) -> Expr:
    """What the rows of a path have in common, as WHERE would say it."""
    places = key_columns(table, path.index)
    refs = [ColumnRef(source=1, column=at, type=table.columns[at].type) for at in places]
    parts: list[Expr] = [Const(True, BOOLEAN)]
    parts += [compare(ref, "=", value) for ref, value in zip(refs, path.equal, strict=False)]
    for bound, operator in ((path.low, ">"), (path.high, "<")):
        if bound is not None:
            word = operator + "=" * bound.inclusive
            parts.append(compare(refs[len(path.equal)], word, bound.value))
    return And(tuple(parts))


@given(st.data(), tables())
def test_a_path_finds_the_rows_in_its_range_in_the_order_of_its_key(
    data: st.DataObject, table: Table
) -> None:
    drawn = data.draw(st.lists(rows_for(table), max_size=8))
    rows = list({row_key(table, row): row for row in drawn}.values())
    path = data.draw(paths(table))
    kept = [stored_row(table, row) for row in rows]
    cells = [(one.key, one.value) for one in kept]
    cells += [(name, b"") for one in kept for name in one.entries]
    neighbours = [(b"\x00", b""), (b"\x01\x06\xff", b""), (b"\x01\x0a", b""), (b"\x02", b"")]
    environment = Environment(execution=Execution(RowLog(OrderedMap.from_rows(cells + neighbours))))
    every = tuple(range(len(table.columns)))
    node = Scan(source=1, table=table, columns=every, path=path)
    found = [one.rows[1] for one in rows_of_scan(node, environment)]
    prefix = relation_prefix(table, path.index)

    def place(row: SqlRow) -> bytes:
        if path.index is None:
            return row_key(table, row)
        return entry_key(table, path.index, row)

    fits = predicate(table, path)
    expected = sorted(
        (row for row in rows if is_true(fits, environment.bind(1, row))),
        key=place,
    )
    assert all(place(row).startswith(prefix) for row in expected)
    assert found == (expected[::-1] if path.backward else expected)
