"""Keys keep the order of values, do not begin one another, and can be read in one way only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.keys import (
    decode_key,
    decode_sequence,
    encode_column,
    encode_columns,
    encode_sequence,
    encode_value,
    entry_key,
    key_columns,
    relation_prefix,
    row_key,
    sequence_key,
    successor,
)
from sqlstore.schema import Column, Index, Table
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
from tests.sqlstore.values import TYPES, column_values, rows_for, tables

COLUMNS = [
    Column(name="c", type=kind, nullable=nullable) for kind in TYPES for nullable in (False, True)
]
TABLE = Table(
    name="t",
    number=7,
    columns=(
        Column(name="id", type=SMALLINT, nullable=False),
        Column(name="name", type=TEXT, nullable=True),
    ),
    primary=(0,),
    primary_name="t_pkey",
    indexes=(Index(name="t_name", number=9, columns=(1,), unique=False, constraint=False),),
)


def sql_order(value: Value) -> tuple[bool, bytes | int]:
    """What PostgreSQL sorts a value by: NULL last, texts by their bytes."""
    match value:
        case None:
            return True, 0
        case str():
            return False, value.encode()
        case _:
            return False, value


@pytest.mark.parametrize(
    ("kind", "value", "encoded"),
    [
        (SMALLINT, -(2**15), "0000"),
        (SMALLINT, -1, "7fff"),
        (INTEGER, 0, "80000000"),
        (BIGINT, 2**63 - 1, "ffffffffffffffff"),
        (numeric(4, 2), -150, "7fffffffffffff6a"),
        (BOOLEAN, False, "00"),
        (BOOLEAN, True, "01"),
        (TEXT, "", "0000"),
        (TEXT, "aé", "61c3a90000"),
        (varchar(2), "ab", "61620000"),
        (BYTEA, b"\0\xff\0", "00ffff00ff0000"),
    ],
)
def test_values_are_written_as_the_table_of_the_specification_says(
    kind: SqlType, value: Value, encoded: str
) -> None:
    column = Column(name="c", type=kind, nullable=True)
    assert encode_value(kind, value).hex() == encoded
    assert encode_column(replace(column, nullable=False), value).hex() == encoded
    assert encode_column(column, value).hex() == "00" + encoded


def test_null_is_one_byte() -> None:
    assert encode_column(Column(name="c", type=TEXT, nullable=True), None) == b"\x01"


@given(st.data(), st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3))
def test_the_order_of_keys_is_the_order_of_values(
    data: st.DataObject, columns: list[Column]
) -> None:
    rows = st.tuples(*(column_values(column) for column in columns))
    one, other = data.draw(rows), data.draw(rows)
    keys = [encode_columns(zip(columns, row, strict=True)) for row in (one, other)]
    orders = [[sql_order(value) for value in row] for row in (one, other)]
    assert (keys[0] < keys[1]) == (orders[0] < orders[1])
    assert keys[0] == keys[1] or not keys[1].startswith(keys[0])


@given(st.data(), tables())
def test_keys_are_read_as_they_were_written(data: st.DataObject, table: Table) -> None:
    row = data.draw(rows_for(table))
    for index in (None, *table.indexes):
        key = row_key(table, row) if index is None else entry_key(table, index, row)
        expected = {at: row[at] for at in key_columns(table, index)}
        assert decode_key(table, index, key) == expected


@given(st.data(), tables())
def test_another_key_is_refused_or_another_rows(data: st.DataObject, table: Table) -> None:
    index = data.draw(st.sampled_from((None, *table.indexes)))
    row = data.draw(rows_for(table))
    key = bytearray(row_key(table, row) if index is None else entry_key(table, index, row))
    at = data.draw(st.integers(0, len(key) - 1))
    key[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(key), at]))
    changed = bytes(key[:cut]) + data.draw(st.binary(max_size=2))
    try:
        values = decode_key(table, index, changed)
    except CorruptedData:
        return
    columns = [(table.columns[place], values[place]) for place in key_columns(table, index)]
    assert relation_prefix(table, index) + encode_columns(columns) == changed


@pytest.mark.parametrize(
    ("index", "key", "why"),
    [
        (None, "0108" + "8000", "no key of"),
        (None, "0207" + "8000", "no key of"),
        (None, "0107" + "80", "too short"),
        (None, "0107" + "8000" + "00", "too long"),
        (TABLE.indexes[0], "0109" + "02" + "8000", "tag"),
        (TABLE.indexes[0], "0109" + "00" + "61" + "6162", "without an end"),
        (TABLE.indexes[0], "0109" + "00" + "610001" + "8000", "escape"),
        (TABLE.indexes[0], "0109" + "00" + "61ff0000" + "8000", "UTF-8"),
        (TABLE.indexes[0], "0109" + "00" + "6100ff0000" + "8000", "U\\+0000"),
    ],
)
def test_a_key_of_no_row_is_corrupt(index: Index | None, key: str, why: str) -> None:
    with pytest.raises(CorruptedData, match=why):
        decode_key(TABLE, index, bytes.fromhex(key))


@pytest.mark.parametrize(
    ("kind", "encoded", "why"),
    [
        (BOOLEAN, "02", "BOOLEAN"),
        (numeric(2, 0), "8000000000000064", "100 is no numeric"),
        (varchar(1), "61620000", "2 characters"),
    ],
)
def test_a_value_that_its_type_has_not_is_corrupt(kind: SqlType, encoded: str, why: str) -> None:
    table = replace(TABLE, columns=(Column(name="id", type=kind, nullable=False),))
    with pytest.raises(CorruptedData, match=why):
        decode_key(table, None, bytes.fromhex("0107" + encoded))


def test_an_entry_has_no_two_values_of_one_column() -> None:
    index = replace(TABLE.indexes[0], columns=(0,))
    assert decode_key(TABLE, index, bytes.fromhex("0109" + "8001" + "8001")) == {0: 1}
    with pytest.raises(CorruptedData, match="two values of id"):
        decode_key(TABLE, index, bytes.fromhex("0109" + "8001" + "8002"))


def test_a_key_has_at_most_80_bytes() -> None:
    index = TABLE.indexes[0]
    # Relation, tag, the end of the text and the primary key take the other seven.
    longest = entry_key(TABLE, index, (1, "a" * 73))
    assert len(longest) == 80
    with pytest.raises(ProgramLimitExceeded):
        entry_key(TABLE, index, (1, "a" * 74))
    with pytest.raises(CorruptedData):
        decode_key(TABLE, index, longest[:-4] + b"a" + longest[-4:])


@pytest.mark.parametrize(
    ("prefix", "after"),
    [("0107", "0108"), ("0107ff", "0108"), ("01ffff", "02"), ("0107ff00", "0107ff01")],
)
def test_the_successor_is_above_all_that_begin_with_a_prefix(prefix: str, after: str) -> None:
    assert successor(bytes.fromhex(prefix)).hex() == after


@given(st.binary(max_size=3), st.binary(max_size=3))
def test_only_what_begins_with_a_prefix_is_between_it_and_its_successor(
    rest: bytes, other: bytes
) -> None:
    prefix, other = b"\x01" + rest, b"\x01" + other
    assert (prefix <= other < successor(prefix)) == other.startswith(prefix)


def test_sequences_have_keys_of_their_own() -> None:
    assert sequence_key(TABLE).hex() == "010007"


def test_the_last_number_is_a_u64() -> None:
    assert encode_sequence(258).hex() == "0201000000000000"
    assert decode_sequence(encode_sequence(2**15 - 1), SMALLINT) == 2**15 - 1


@pytest.mark.parametrize("value", ["00" * 8, "0080" + "00" * 6, "01" + "00" * 6, "01" + "00" * 8])
def test_what_no_sequence_wrote_is_corrupt(value: str) -> None:
    with pytest.raises(CorruptedData):
        decode_sequence(bytes.fromhex(value), SMALLINT)
