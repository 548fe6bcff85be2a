"""Rows under the tables' keys that are none of theirs: what is checked of them, and that the rest
does no harm.

Spec: docs/spec/sql.md, Q-72, Q-74.
"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle.ordered_map import OrderedMap
from sqlstore.errors import CorruptedData
from sqlstore.keys import ROWS, sequence_key
from sqlstore.rows import decode_row, stored_row
from sqlstore.types import Value
from tests.sqlstore.compile.machine import agrees_compiled, called
from tests.sqlstore.compile.project import Project

SCHEMA = """
CREATE TABLE t (
  id INTEGER PRIMARY KEY, n SMALLINT, note TEXT NOT NULL, name VARCHAR(3), flag BOOLEAN NOT NULL,
  blob BYTEA, label VARCHAR(2) NOT NULL
);
CREATE INDEX t_name ON t (name);
CREATE TABLE plain (id INTEGER PRIMARY KEY, n BIGINT NOT NULL);
CREATE TABLE keys (id INTEGER PRIMARY KEY);
CREATE TABLE counted (id SMALLINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n INTEGER);
"""
QUERIES = """
-- name: All :one
SELECT * FROM t WHERE id = $1;
-- name: Number :one
SELECT n FROM t WHERE id = $1;
-- name: Label :one
SELECT label || '!' AS label, CAST(flag AS TEXT) AS flag FROM t WHERE id = $1;
-- name: There :one
SELECT id FROM t WHERE id = $1;
-- name: Scan :many
-- scan: 5
SELECT id, note, label FROM t WHERE id <= $1;
-- name: ByName :many
-- scan: 5
SELECT id, note FROM t WHERE name = 'abc' AND id <= $1;
-- name: Copy :execrows
INSERT INTO t (id, n, note, name, flag, blob, label)
SELECT id + 100, n, note, name, flag, blob, label FROM t WHERE id = $1;
-- name: Rename :one
UPDATE t SET note = note || label, name = label WHERE id = $1 RETURNING *;
-- name: Turn :execrows
UPDATE t SET flag = NOT flag WHERE id = $1;
-- name: Merge :execrows
INSERT INTO t (id, n, note, flag, label) VALUES ($1, 1, '', true, '')
ON CONFLICT (id) DO UPDATE SET name = t.label, note = t.note || '+';
-- name: Remove :execrows
DELETE FROM t WHERE id = $1;
-- name: Plain :one
SELECT n FROM plain WHERE id = $1;
-- name: PlainMore :execrows
UPDATE plain SET n = n + 1 WHERE id = $1;
-- name: Key :one
SELECT id FROM keys WHERE id = $1;
-- name: DeleteKey :execrows
DELETE FROM keys WHERE id = $1;
-- name: Count :one
INSERT INTO counted (n) VALUES (1) RETURNING id;
-- name: CountTwo :many
INSERT INTO counted (n) VALUES (1), (2) RETURNING id;
"""
ROW: tuple[Value, ...] = (1, 5, "note", "abc", True, b"\0\1", "xy")
ON_T = ("All", "Number", "Label", "Scan", "ByName", "Copy", "Rename", "Turn", "Merge", "Remove")
UNCHECKED = ("There",)


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(SCHEMA, QUERIES)


def rows_with(project: Project, value: bytes) -> tuple[OrderedMap, bool]:
    """Return one row of `t` with ``value``, and whether it is one: else it has `ROW`'s entries."""
    table = project.schema.by_name["t"]
    kept = stored_row(table, ROW)
    try:
        entries = stored_row(table, decode_row(table, kept.key, value)).entries
    except CorruptedData:
        cells = [(kept.key, value), *((entry, b"") for entry in kept.entries)]
        return OrderedMap.from_rows(cells), False
    return OrderedMap.from_rows([(kept.key, value), *((entry, b"") for entry in entries)]), True


def own_length(value: bytes) -> int | None:
    """The length that a row of `t` says it has: a byte of bits, then the fixed parts."""
    if len(value) < 12:
        return None
    _, _, note, name, _, blob, label = struct.unpack_from("<BhHHBHH", value)
    return int(12 + note + name + blob + label)


@st.composite
def values(draw: st.DrawFn) -> bytes:
    """Rows, nearly rows, and what is none."""
    texts = [draw(st.binary(max_size=16)) for _ in range(4)]
    lengths = [len(text) for text in texts]
    if draw(st.booleans()):
        lengths[draw(st.integers(0, 3))] = draw(st.sampled_from([0, 1, 17, 255, 1012, 65_535]))
    bits, flag = draw(st.sampled_from([0, 0, 1, 7, 255])), draw(st.sampled_from([0, 1, 1, 2, 255]))
    fixed = struct.pack("<BhHHBHH", bits, 7, *lengths[:2], flag, *lengths[2:])
    value = fixed + b"".join(texts)
    if draw(st.integers(0, 3)) == 0:
        value = value[: draw(st.integers(0, len(value)))]
    return value + draw(st.sampled_from([b"", b"", b"", b"\0", bytes(200), bytes(900)]))


@settings(max_examples=60, deadline=None)
@given(values())
def test_any_value_is_a_row_or_refused_or_does_no_harm(project: Project, value: bytes) -> None:
    """`called` checks that nothing outside of the arena is written, and that nothing traps."""
    rows, is_row = rows_with(project, value)
    for name in (*ON_T, *UNCHECKED):
        it = project.compiled(name)
        if is_row or name in UNCHECKED:
            agrees_compiled(it, rows, (1,))
        elif own_length(value) != len(value):
            assert agrees_compiled(it, rows, (1,)).sqlstate == "XX001", name
        else:
            # Nobody says what the values of no row mean; but they are lent from the arena alone.
            call = called(it, rows, (1,), decoded=False)
            assert call.sqlstate in (None, "XX001", "54000"), name


@pytest.mark.parametrize("name", ["All", "Label", "Copy", "Rename", "Merge", "Scan"])
def test_a_varchar_of_more_bytes_than_it_may_have_is_refused(project: Project, name: str) -> None:
    fixed = struct.pack("<BhHHBHH", 0, 5, 0, 0, 1, 0, 200)
    rows, _ = rows_with(project, fixed + b"x" * 200)
    assert agrees_compiled(project.compiled(name), rows, (1,)).sqlstate == "XX001"


@pytest.mark.parametrize("value", [b"", b"\1", bytes(7), bytes(9), bytes(200)])
def test_a_row_without_texts_has_one_length(project: Project, value: bytes) -> None:
    key = stored_row(project.schema.by_name["plain"], (1, 5)).key
    rows = OrderedMap.from_rows([(key, value)])
    for name in ("Plain", "PlainMore"):
        assert agrees_compiled(project.compiled(name), rows, (1,)).sqlstate == "XX001"
        assert agrees_compiled(project.compiled(name), rows, (2,)).sqlstate is None


@pytest.mark.parametrize("value", [b"", b"\1", bytes(200)])
def test_a_row_of_which_only_the_key_is_used_is_not_looked_at(
    project: Project, value: bytes
) -> None:
    key = stored_row(project.schema.by_name["keys"], (1,)).key
    rows = OrderedMap.from_rows([(key, value)])
    for name in ("Key", "DeleteKey"):
        assert agrees_compiled(project.compiled(name), rows, (1,)).count == 1


@pytest.mark.parametrize(
    ("value", "sqlstate"),
    [
        (struct.pack("<Q", 1), None),
        (struct.pack("<Q", 2**15 - 1), "2200H"),
        *((struct.pack("<Q", last), "XX001") for last in (0, 2**15, 2**32 + 1, 2**64 - 1)),
        *((value, "XX001") for value in (b"", b"\1", bytes(7), b"\1" + bytes(8), bytes(200))),
    ],
)
def test_a_sequence_is_8_bytes_and_a_number_of_its_column(
    project: Project, value: bytes, sqlstate: str | None
) -> None:
    key = sequence_key(project.schema.by_name["counted"])
    assert key[0] == ROWS
    rows = OrderedMap.from_rows([(key, value)])
    for name in ("Count", "CountTwo"):
        assert agrees_compiled(project.compiled(name), rows).sqlstate == sqlstate
