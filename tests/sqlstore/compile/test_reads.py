"""SELECT: what is read and in which order, by every kind of path and relation.

Every call is held to the executor (`project.py`); here stands what it should come to.
"""

from __future__ import annotations

import pytest

from sqlstore.types import Value
from tests.sqlstore.compile.game import game
from tests.sqlstore.compile.project import Project

LONG = "n" * 60


@pytest.fixture(scope="module")
def full() -> Project:
    project = game()
    assert project.count("Spawn", 50, 1, 50, 50, 1, None, LONG, b"s" * 900) == 0
    for name, unit, weight in (("t1", 1, 5), ("t0", 1, None), ("t1", 2, 1)):
        assert project.count("Tag", name, unit, weight) == 0
    return project


def test_a_row_by_its_primary_key(full: Project) -> None:
    assert full.rows_of("UnitById", 2) == [(2, 3, 2, 4, 20, 250, True, None, b"\0\2\0")]
    assert full.rows_of("UnitById", 50)[0][7:] == (LONG, b"s" * 900)
    assert full.rows_of("UnitById", 77) == []


def test_a_row_by_a_unique_key(full: Project) -> None:
    assert full.rows_of("UnitAt", 2, 4) == [(2, 3, 20, None)]
    assert full.rows_of("UnitAt", 2, 5) == []


@pytest.mark.parametrize(
    ("name", "arguments", "ids"),
    [
        ("ByOwner", (1,), [6, 3, 50]),
        ("ByOwner", (4,), []),
        ("Weak", (1, 40), [50, 3]),
        ("Weak", (1, -(2**31)), []),
        ("Strong", (1, 30), [6, 3]),
        ("Strong", (1, 2**31 - 1), []),
        ("ByNote", ("apple",), [4]),
        ("ByNote", (LONG,), [50]),
        ("ByNote", ("n" * 100,), []),
        ("NoteFrom", ("a", "b"), [4, 1, 5]),
        ("NoteFrom", ("apple", "berry"), [1, 5, 3, 7]),
        ("NoteFrom", ("n" * 70, "n" * 200), []),
    ],
)
def test_rows_of_a_range(
    full: Project, name: str, arguments: tuple[Value, ...], ids: list[int]
) -> None:
    assert [row[0] for row in full.rows_of(name, *arguments)] == ids


def test_groups_with_limits(full: Project) -> None:
    board = full.rows_of("Board", 10, 0)
    assert [row[0] for row in board] == ["bob", "ann", "cyd"]
    assert board[0] == ("bob", 3, 120, "apple", 875, 40_000)
    assert full.rows_of("Board", 1, 1) == board[1:2]
    assert full.rows_of("Board", 0, 0) == []
    assert full.fails("Board", -1, 0) == "2201W"
    assert full.fails("Board", 1, -1) == "2201X"


def test_aggregates_of_all_rows(full: Project) -> None:
    assert full.rows_of("Totals") == [(8, 2375, LONG)]
    assert Project(*_texts()).rows_of("Totals") == [(0, None, None)]


def _texts() -> tuple[str, str]:
    from tests.sqlstore.compile.game import QUERIES, SCHEMA

    return SCHEMA, QUERIES


def test_subqueries_and_set_operations(full: Project) -> None:
    assert full.rows_of("Names", 30) == [("ann",), ("bob",), ("cyd",), ("t0",), ("t1",)]
    assert full.rows_of("Alone") == []
    assert full.rows_of("Pairs") == []
    assert full.rows_of("TagsOf", 1) == [("t0", None), ("t1", 5)]


def test_expressions_in_a_result(full: Project) -> None:
    assert full.rows_of("Fancy")[:3] == [
        (1, "AVOCADO", "voc", "t0"),
        (2, "2.50", None, "t1"),
        (3, None, "err", None),
    ]
    assert full.rows_of("Divide", 1, 7, 3) == [(17_857, 3, 1)]
    assert full.fails("Divide", 1, 0, 3) == "22012"
    assert full.fails("Divide", 1, 7, 0) == "22012"


SHAPES_SCHEMA = """
CREATE TABLE a (k SMALLINT PRIMARY KEY, v TEXT, n INTEGER);
CREATE TABLE b (x BYTEA, y TEXT, k SMALLINT, flag BOOLEAN, PRIMARY KEY (x, y));
CREATE INDEX b_flag ON b (flag, k);
CREATE INDEX b_text ON b (y, k);
CREATE UNIQUE INDEX a_v ON a (v);
"""
SHAPES = """
-- name: PutA :exec
INSERT INTO a VALUES ($1, $2, $3);
-- name: PutB :exec
INSERT INTO b VALUES ($1, $2, $3, $4);
-- name: LeftOne :many
-- scan: 20
SELECT b.y, a.v, a.n FROM b LEFT JOIN a ON a.k = b.k ORDER BY b.y, b.x;
-- name: LeftMany :many
-- scan: 20
SELECT a.k, b.y, b.x FROM a LEFT JOIN b ON b.k = a.k AND b.flag ORDER BY a.k, b.y, b.x;
-- name: LeftTwice :many
-- scan: 20
SELECT a.k, b.y, c.y AS z FROM a LEFT JOIN b ON b.flag AND b.k = a.k LEFT JOIN b c ON c.k = b.k
ORDER BY a.k, b.y, b.x, c.y, c.x;
-- name: ByBytes :many
-- scan: 20
SELECT x, y FROM b WHERE x = $1 AND y >= $2 ORDER BY y DESC;
-- name: ByFlag :many
-- scan: 20
SELECT k, x FROM b WHERE flag AND k BETWEEN $1 AND $2 ORDER BY k DESC;
-- name: ByText :many
-- scan: 20
SELECT k FROM b WHERE y = $1 AND k < $2 ORDER BY k;
-- name: Unflagged :many
-- scan: 20
SELECT y FROM b WHERE flag IS NULL ORDER BY y LIMIT 2;
-- name: Latest :many
SELECT k FROM a ORDER BY k DESC LIMIT 2;
-- name: Unions :many
-- scan: 20
SELECT v FROM a UNION ALL SELECT y FROM b UNION ALL SELECT 'z';
-- name: Both :many
-- scan: 20
SELECT DISTINCT k, flag FROM b ORDER BY k NULLS FIRST, flag DESC;
-- name: Within :many
-- scan: 20
SELECT k FROM a WHERE (SELECT count(*) FROM b WHERE b.k = a.k) > $1 ORDER BY k;
-- name: NotIn :many
-- scan: 20
SELECT k FROM a WHERE k NOT IN (SELECT b.k FROM b WHERE b.y = $1) ORDER BY k;
-- name: InMatching :many
-- scan: 20
SELECT y FROM b WHERE k IN (SELECT a.k FROM a WHERE a.v = b.y OR a.n > $1) ORDER BY y;
-- name: Single :one
-- scan: 20
SELECT (SELECT v FROM a WHERE n = $1) AS v;
-- name: Longest :many
-- scan: 20
SELECT k, (SELECT max(y) FROM b WHERE b.k = a.k) AS y, coalesce(v, 'none') AS v FROM a ORDER BY k;
-- name: FirstOf :one
-- scan: 20
SELECT k, v FROM a WHERE n > $1 ORDER BY n;
-- name: Given :many
SELECT x, y FROM (VALUES (1, 'a'), ($1, $2), (NULL, 'c')) AS t (x, y);
"""


@pytest.fixture(scope="module")
def shapes() -> Project:
    project = Project(SHAPES_SCHEMA, SHAPES)
    rows = [(1, "a", 5), (2, None, 7), (3, "ccc", None), (-4, "dd", 5)]
    for row in rows:
        assert project.count("PutA", *row) == 0
    bs: list[tuple[Value, ...]] = [
        (b"", "", 1, True),
        (b"\0", "a", 1, None),
        (b"\0\xff", "a", 2, True),
        (b"\0", "ccc", 3, False),
        (b"\xff" * 30, "ccc", 3, True),
        (b"x", "", None, None),
    ]
    for b in bs:
        assert project.count("PutB", *b) == 0
    assert project.fails("PutB", b"\0" * 40, "", 1, True) == "54000"
    assert project.fails("PutB", b"x" * 70, "long", 1, True) == "54000"
    return project


@pytest.mark.parametrize(
    ("name", "arguments", "rows"),
    [
        (
            "LeftOne",
            (),
            [
                *(("", "a", 5), ("", None, None), ("a", "a", 5)),
                *(("a", None, 7), ("ccc", "ccc", None), ("ccc", "ccc", None)),
            ],
        ),
        (
            "LeftMany",
            (),
            [(-4, None, None), (1, "", b""), (2, "a", b"\0\xff"), (3, "ccc", b"\xff" * 30)],
        ),
        (
            "LeftTwice",
            (),
            [
                *((-4, None, None), (1, "", ""), (1, "", "a")),
                *((2, "a", "a"), (3, "ccc", "ccc"), (3, "ccc", "ccc")),
            ],
        ),
        ("ByBytes", (b"\0", "a"), [(b"\0", "ccc"), (b"\0", "a")]),
        ("ByBytes", (b"\0" * 39, ""), []),
        ("ByBytes", (b"\0" * 40, "y" * 100), []),
        ("ByBytes", (b"x" * 70, "y" * 100), []),
        ("ByFlag", (-(2**15), 2**15 - 1), [(3, b"\xff" * 30), (2, b"\0\xff"), (1, b"")]),
        ("ByFlag", (2, 1), []),
        ("ByText", ("a", 2), [(1,)]),
        ("ByText", ("a" * 100, 2), []),
        ("Unflagged", (), [("",), ("a",)]),
        ("Latest", (), [(3,), (2,)]),
        ("Both", (), [(None, None), (1, None), (1, True), (2, True), (3, True), (3, False)]),
        ("Within", (0,), [(1,), (2,), (3,)]),
        ("Within", (1,), [(1,), (3,)]),
        ("NotIn", ("a",), [(-4,), (3,)]),
        ("NotIn", ("",), []),
        ("NotIn", ("none",), [(-4,), (1,), (2,), (3,)]),
        ("InMatching", (6,), [("a",), ("a",), ("ccc",), ("ccc",)]),
        ("Single", (7,), [(None,)]),
        ("Single", (99,), [(None,)]),
        ("Longest", (), [(-4, None, "dd"), (1, "a", "a"), (2, "a", "none"), (3, "ccc", "ccc")]),
        ("FirstOf", (0,), [(-4, "dd")]),
        ("Given", (5, "b"), [(1, "a"), (5, "b"), (None, "c")]),
    ],
)
def test_relations_of_every_shape(
    shapes: Project, name: str, arguments: tuple[Value, ...], rows: list[tuple[Value, ...]]
) -> None:
    assert shapes.rows_of(name, *arguments) == rows


def test_a_union_has_the_rows_of_all_its_parts(shapes: Project) -> None:
    assert len(shapes.rows_of("Unions")) == 11


def test_a_scalar_subquery_has_no_second_row(shapes: Project) -> None:
    assert shapes.fails("Single", 5) == "21000"


STALE_SCHEMA = """
CREATE TABLE a (k INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE b (k INTEGER PRIMARY KEY, x TEXT NOT NULL, y TEXT);
CREATE TABLE names (chosen INTEGER PRIMARY KEY, y_at INTEGER NOT NULL, text INTEGER NOT NULL);
CREATE INDEX names_all ON names (y_at, text);
"""
STALE = """
-- name: PutA :exec
INSERT INTO a VALUES ($1, $2);
-- name: PutNames :exec
INSERT INTO names VALUES ($1, $1, $1);
-- name: Chosen :many
-- scan: 20
SELECT a.k, nullif(a.v, 'v') AS v FROM a
WHERE a.k IN (SELECT coalesce(chosen, 0) FROM names WHERE chosen <= a.k) ORDER BY 1;
-- name: Joined :many
-- scan: 20
SELECT a.k, b.x, b.y FROM a LEFT JOIN b ON b.k = length(a.v)
WHERE a.k IN (SELECT y_at FROM names WHERE y_at <= a.k AND text = y_at) ORDER BY 1;
-- name: Made :many
-- scan: 20
SELECT a.k, upper(nullif(a.v, 'v')) AS v, (SELECT y FROM b WHERE b.k = a.k) AS y FROM a
WHERE a.k IN (SELECT text FROM names WHERE y_at <= a.k AND text = y_at) ORDER BY 1;
"""


@pytest.mark.parametrize("name", ["Chosen", "Joined", "Made"])
def test_a_text_that_is_null_is_in_memory_whatever_its_local_was_before(name: str) -> None:
    """A copy of no bytes traps, too, if it is from beyond the memory."""
    project = Project(STALE_SCHEMA, STALE)
    for key in (-(2**31), -5, 2**31 - 1):
        assert project.count("PutA", key, "v") == 0
        assert project.count("PutNames", key) == 0
    rows = project.rows_of(name)
    assert [row[0] for row in rows] == [-(2**31), -5, 2**31 - 1]
    assert {value for row in rows for value in row[1:]} == {None}
