"""A row has one encoding, and every other byte string is another row's or nobody's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlstore.errors import CorruptedData, ProgramLimitExceeded
from sqlstore.keys import entry_key, row_key
from sqlstore.rows import decode_row, encode_row, stored_row
from sqlstore.schema import Column, Table
from sqlstore.types import BOOLEAN, BYTEA, INTEGER, SMALLINT, TEXT, SqlType, numeric, varchar
from tests.sqlstore.values import rows_for, tables

TABLE = Table(
    name="units",
    number=3,
    columns=(
        Column(name="name", type=TEXT, nullable=True),
        Column(name="id", type=INTEGER, nullable=False),
        Column(name="alive", type=BOOLEAN, nullable=False),
        Column(name="price", type=numeric(6, 2), nullable=True),
        Column(name="seal", type=BYTEA, nullable=False),
    ),
    primary=(1,),
    primary_name="units_pkey",
)
KEY = bytes.fromhex("0103" + "80000005")


def test_a_row_is_written_as_the_specification_says() -> None:
    row = ("aé", 5, True, -150, b"\0")
    bits, fixed = "00", "0300" + "01" + "6affffffffffffff" + "0100"
    assert row_key(TABLE, row) == KEY
    assert encode_row(TABLE, row).hex() == bits + fixed + "61c3a9" + "00"


def test_null_has_a_bit_and_a_fixed_part_of_zero() -> None:
    row = (None, 5, False, None, b"")
    assert encode_row(TABLE, row).hex() == "03" + "0000" + "00" + "00" * 8 + "0000"
    assert decode_row(TABLE, KEY, encode_row(TABLE, row)) == row


@given(st.data(), tables())
def test_rows_are_read_as_they_were_written(data: st.DataObject, table: Table) -> None:
    row = data.draw(rows_for(table))
    stored = stored_row(table, row)
    assert decode_row(table, stored.key, stored.value) == row
    assert stored.entries == tuple(entry_key(table, index, row) for index in table.indexes)


@given(st.data(), tables())
def test_another_value_is_refused_or_another_rows(data: st.DataObject, table: Table) -> None:
    row = data.draw(rows_for(table))
    key, value = row_key(table, row), bytearray(encode_row(table, row))
    if value:
        at = data.draw(st.integers(0, len(value) - 1))
        value[at] ^= data.draw(st.integers(1, 255))
        del value[data.draw(st.sampled_from([len(value), at])) :]
    changed = bytes(value) + data.draw(st.binary(max_size=2))
    try:
        other = decode_row(table, key, changed)
    except CorruptedData:
        return
    assert encode_row(table, other) == changed


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "too short"),
        ("04" + "0000" + "00" + "00" * 8 + "0000", "NULL bit"),
        ("03" + "0000" + "00" + "00" * 8 + "0000" + "00", "bytes, not"),
        ("00" + "0100" + "00" + "00" * 8 + "0000", "bytes, not"),
        ("02" + "0000" + "00" + "01" + "00" * 7 + "0000", "is NULL"),
        ("01" + "0100" + "00" + "00" * 8 + "0000" + "00", "is NULL"),
        ("03" + "0000" + "02" + "00" * 8 + "0000", "BOOLEAN"),
        ("01" + "0000" + "00" + "40420f0000000000" + "0000", "1000000 is no numeric"),
        ("02" + "0100" + "00" + "00" * 8 + "0000" + "ff", "UTF-8"),
        ("02" + "0100" + "00" + "00" * 8 + "0000" + "00", "U\\+0000"),
    ],
)
def test_a_value_of_no_row_is_corrupt(value: str, why: str) -> None:
    with pytest.raises(CorruptedData, match=why):
        decode_row(TABLE, KEY, bytes.fromhex(value))


@pytest.mark.parametrize("kind", [TEXT, BYTEA, varchar(1024)])
def test_a_row_has_at_most_1024_bytes(kind: SqlType) -> None:
    table = replace(
        TABLE,
        columns=(
            Column(name="id", type=SMALLINT, nullable=False),
            Column(name="note", type=kind, nullable=False),
        ),
        primary=(0,),
    )

    def note(size: int) -> str | bytes:
        return b"a" * size if kind is BYTEA else "a" * size

    key = bytes.fromhex("0103" + "8001")
    longest = encode_row(table, (1, note(1022)))
    assert len(longest) == 1024
    assert decode_row(table, key, longest) == (1, note(1022))
    for size in (1023, 70_000):
        with pytest.raises(ProgramLimitExceeded):
            encode_row(table, (1, note(size)))
    with pytest.raises(CorruptedData, match="longer than 1024"):
        decode_row(table, key, b"\xff\x03" + b"a" * 1023)
