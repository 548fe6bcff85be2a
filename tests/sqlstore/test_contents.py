"""Contents: what stands in the rows of a schema, all of it and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle import OrderedMap
from sqlstore.contents import Contents, check_constraints, read_contents, write_contents
from sqlstore.errors import (
    CheckViolation,
    CorruptedData,
    ForeignKeyViolation,
    NotNullViolation,
    SqlError,
    UniqueViolation,
)
from sqlstore.rows import SqlRow
from tests.sqlstore.databases import SCHEMA, contents

KINDS = (("guard", 100), ("rider", 250))
UNIT: SqlRow = (1, 0, "guard", 3, 4, True, None, b"\0")
GOOD = Contents(tables={"kinds": KINDS, "units": (UNIT,)}, sequences={"units": 1})


@given(contents())
def test_contents_come_back_from_their_rows(found: Contents) -> None:
    rows = write_contents(SCHEMA, found)
    assert read_contents(SCHEMA, rows) == found
    check_constraints(SCHEMA, found)


@given(contents(), st.randoms(use_true_random=False))
def test_the_order_of_writing_is_not_seen_in_the_root(found: Contents, random: object) -> None:
    shuffled = list(write_contents(SCHEMA, found).items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    rows = OrderedMap()
    for key, value in shuffled:
        rows = rows.put(key, value)
    assert rows.root == write_contents(SCHEMA, found).root


@given(contents(), st.data())
def test_a_row_that_is_changed_is_seen(found: Contents, data: st.DataObject) -> None:
    """Whatever byte is changed: the rows are other rows of the schema, or none."""
    rows = write_contents(SCHEMA, found)
    stored = [key for key, _ in rows.items() if key[0] == 1]
    if not stored:
        return
    key = data.draw(st.sampled_from(stored))
    value = rows.get(key)
    assert value is not None
    changed = data.draw(st.sampled_from(["dropped", "longer", "flipped"]))
    if changed == "dropped":
        rows = rows.delete(key)
    elif changed == "longer":
        rows = rows.put(key, value + b"\0")
    else:
        rows = rows.delete(key).put(key[:-1] + bytes([key[-1] ^ 1]), value)
    try:
        read = read_contents(SCHEMA, rows)
    except CorruptedData:
        return
    assert read != found
    assert write_contents(SCHEMA, read) == rows


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (b"\1\7x", b"", "is none of this schema"),  # a relation that is not there
        (b"\1", b"", "is none of this schema"),
        (b"\1\0\7", bytes(8), "is none of this schema"),  # a sequence of no table
        (b"\1\3\0\0\0\1", b"", "is none of this schema"),  # an entry without its row
        (b"\1\1a", b"", "has a text without an end"),  # a key that is cut short
        (b"\1\0\2", b"\1", "is no last number"),  # a sequence of one byte
    ],
)
def test_a_row_of_no_table_is_corrupted_data(key: bytes, value: bytes, says: str) -> None:
    rows = write_contents(SCHEMA, GOOD).put(key, value)
    with pytest.raises(CorruptedData, match=says):
        read_contents(SCHEMA, rows)


def test_a_missing_entry_is_named() -> None:
    rows = write_contents(SCHEMA, GOOD)
    entry = next(key for key, _ in rows.items() if key[:2] == b"\1\3")
    with pytest.raises(CorruptedData, match=f"0x{entry.hex()}, an index entry, is missing"):
        read_contents(SCHEMA, rows.delete(entry))


def test_one_primary_key_twice_cannot_be_written() -> None:
    with pytest.raises(UniqueViolation, match="two rows of kinds"):
        write_contents(SCHEMA, Contents(tables={"kinds": (KINDS[0], ("guard", 1))}))


@pytest.mark.parametrize(
    ("error", "tables", "says"),
    [
        (NotNullViolation, {"kinds": (("guard", None),)}, "kinds.cost is NULL"),
        (CheckViolation, {"kinds": (("guard", 0),)}, "not_free is false"),
        (ForeignKeyViolation, {"kinds": ()}, "units_kind_fkey"),
        (UniqueViolation, {"units": (UNIT, (2, *UNIT[1:]))}, "one_a_field"),
    ],
)
def test_every_constraint_is_checked(
    error: type[SqlError], tables: dict[str, tuple[SqlRow, ...]], says: str
) -> None:
    check_constraints(SCHEMA, GOOD)
    with pytest.raises(error, match=says):
        check_constraints(SCHEMA, replace(GOOD, tables={**GOOD.tables, **tables}))


def test_null_is_distinct_and_refers_to_nothing() -> None:
    unit: SqlRow = (2, 0, None, None, 4, True, None, None)
    check_constraints(SCHEMA, Contents(tables={"units": (unit, (3, *unit[1:]))}))
