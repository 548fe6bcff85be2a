"""INSERT, UPDATE and DELETE: what is checked, written, returned and undone.

Every call is held to the executor (`project.py`); here stands what it should come to.
"""

from __future__ import annotations

import pytest

from sqlstore.rows import stored_row
from sqlstore.types import Value
from tests.sqlstore.compile.game import game
from tests.sqlstore.compile.project import Project
from wasm_interp.machine import Tier


@pytest.fixture
def project() -> Project:
    return game()


def test_identity_columns_count(project: Project) -> None:
    assert project.rows_of("Join", "dan", None) == [(4,)]
    assert project.count("JoinAs", 5, "eve", 0) == 0
    assert project.fails("Join", "fay", None) == "23505"
    assert project.fails("Join", "fay", None) == "23505", "a failed INSERT takes no number"


@pytest.mark.parametrize(
    ("name", "arguments", "sqlstate"),
    [
        ("Join", ("ann", "x"), "23505"),
        ("Join", ("a" * 17, None), "22001"),
        ("JoinAs", (1, "zed", 5), "23505"),
        ("JoinAs", (70, "zed", -5), "23514"),
        ("Spawn", (1, 1, 99, 99, 1, None, None, None), "23505"),
        ("Spawn", (50, 1, 1, 2, 1, None, None, None), "23505"),
        ("Spawn", (50, 999, 50, 50, 1, None, None, None), "23503"),
        ("Spawn", (50, 1, 50, 50, 101, None, None, None), "23514"),
        ("Spawn", (50, 1, 40_000, 50, 1, None, None, None), "22003"),
        ("Spawn", (50, 1, 50, 50, 1, 10**10, None, None), "22003"),
        ("Spawn", (50, 1, 50, 50, 1, None, "n" * 75, None), "54000"),
        ("Spawn", (50, 1, 50, 50, 1, None, "n" * 60, b"s" * 1024), "54000"),
        ("Spawn", (50, 1, 50, 50, 1, None, "n" * 4097, None), "54000"),
        ("Spawn", (50, 1, 50, 50, 1, None, "\0", None), "22021"),
        ("Spawn", (50, 1, 50, 50, 1, None, "\ud800", None), "22021"),
        ("Tag", ("t1", 99, 1), "23503"),
        ("Tag", ("t" * 70, 1, 1), "54000"),
        ("Move", (2, 1, 2), "23505"),
        ("Renumber", (1, 2), "23505"),
        ("Hit", (2, 100), "23514"),
        ("Hit", (2, -(2**31)), "22003"),
        ("Rename", (2, "h" * 80, None), "54000"),
        ("HealAll", (60, "+", 1), "23514"),
        ("Give", (2, 55), "23503"),
        ("Leave", (1,), "23503"),
        ("LeaveAll", (50,), "23503"),
        ("JoinAll", (-2,), "23514"),
        ("UpsertMany", ("q1", "q1", "q2"), "21000"),
        ("Upsert", ("new", -101), "23514"),
        ("SpawnFrom", (1,), "23505"),
    ],
)
def test_a_failure_changes_nothing(
    project: Project, name: str, arguments: tuple[Value, ...], sqlstate: str
) -> None:
    if name == "SpawnFrom":
        assert project.count(name, *arguments) == 2
    assert project.fails(name, *arguments) == sqlstate


def test_spaces_that_do_not_fit_are_cut(project: Project) -> None:
    assert project.rows_of("Join", "a" * 16 + "   ", None) == [(4,)]
    assert project.rows_of("Upsert", "a" * 16, 1) == [(4, 1)]


def test_several_rows_are_inserted_and_returned(project: Project) -> None:
    assert project.rows_of("JoinAll", 2) == [(4, "x1!"), (5, "x2!"), (6, "x3!")]
    assert project.fails("JoinAll", 2) == "23505"
    assert project.count("SpawnFrom", 1) == 2
    assert project.rows_of("UnitAt", 103, 6) == [(1003, 1, 10, None)]


def test_a_row_that_is_there_is_updated_instead(project: Project) -> None:
    assert project.rows_of("Upsert", "ann", 50) == [(1, 50)]
    assert project.rows_of("Upsert", "new", 99) == [(5, 99)]
    assert project.rows_of("Upsert", "new", 1) == [(5, 100)]
    assert project.rows_of("Upsert", "new", 1) == []
    rows = project.rows_of("UpsertMany", "q1", "ann", "q2")
    assert [row[1:] for row in rows] == [("q1", 1), ("ann", 2), ("q2", 3)]


def test_a_row_that_is_there_is_passed_over(project: Project) -> None:
    assert project.count("Ignore", 1, "k1", 90, "k2") == 1
    assert project.count("Ignore", 91, "k3", 91, "k4") == 1
    assert project.count("Ignore", 92, "k3", 93, "k5") == 1


def test_updates_by_key(project: Project) -> None:
    assert project.count("Move", 1, 70, 70) == 1
    assert project.rows_of("UnitAt", 70, 70) == [(1, 2, 10, "avocado")]
    assert project.count("Move", 1, 70, 70) == 1, "its own key is not in its way"
    assert project.count("Move", 99, 1, 1) == 0
    assert project.rows_of("Hit", 2, 5) == [(15, True)]
    assert project.rows_of("Rename", 2, "hello", b"\0\1") == [("hello?", b"\0\1", 6)]
    assert project.rows_of("Rename", 2, "h" * 60, None)[0][2] == 61


def test_a_new_primary_key(project: Project) -> None:
    assert project.count("Tag", "t", 1, 1) == 0
    assert project.count("Renumber", 3, 33) == 1
    assert project.count("Renumber", 33, 33) == 1
    assert project.rows_of("UnitById", 33)[0][:2] == (33, 1)
    assert project.fails("Renumber", 1, 34) == "23503", "a tag refers to it"


def test_updates_of_several_rows(project: Project) -> None:
    rows = project.rows_of("HealAll", 3, "+", 1)
    assert rows == [(3, 33, "berry+"), (6, 63, "n+")]
    assert project.count("Give", 1, 2) == 2
    assert [row[0] for row in project.rows_of("ByOwner", 2)] == [7, 6, 4, 3, 1]


def test_deletes(project: Project) -> None:
    assert project.rows_of("Kill", 4) == [(4, "apple")]
    assert project.rows_of("Kill", 4) == []
    assert [row[0] for row in project.rows_of("KillAll", 60)] == [1, 2, 3, 5, 6]
    assert project.count("Leave", 1) == 1
    assert project.fails("LeaveAll", 50) == "23503"


LADDER = """
CREATE TABLE rungs (
  id INTEGER PRIMARY KEY, up INTEGER REFERENCES rungs, note TEXT, price NUMERIC(6, 2), UNIQUE (note)
);
CREATE INDEX rungs_up ON rungs (up);
"""
LADDER_QUERIES = """
-- name: Put :exec
INSERT INTO rungs VALUES ($1, $2, $3, $4);
-- name: PutTwo :execrows
INSERT INTO rungs (id, up) VALUES ($1, $2), ($3, $4);
-- name: Cut :execrows
DELETE FROM rungs WHERE id = $1;
-- name: CutAll :execrows
-- scan: 20
DELETE FROM rungs WHERE id >= $1;
-- name: Turn :execrows
UPDATE rungs SET id = $2, up = $3 WHERE id = $1;
-- name: Swap :many
-- scan: 20
UPDATE rungs SET up = NULLIF(up, $1), price = price * 2 WHERE id > $2 RETURNING id, up, price;
-- name: Merge :one
INSERT INTO rungs (id, note) VALUES ($1, $2)
ON CONFLICT (id) DO UPDATE SET id = excluded.id + 100, note = excluded.note || '*'
RETURNING id, up, note;
-- name: MergeNotes :many
INSERT INTO rungs (id, up, note) VALUES ($1, $2, 'n'), ($3, $4, 'm')
ON CONFLICT (note) DO UPDATE SET up = excluded.up, price = 1 WHERE rungs.price IS NULL
RETURNING id, up, price;
"""


@pytest.fixture
def ladder() -> Project:
    project = Project(LADDER, LADDER_QUERIES)
    rows: list[tuple[Value, ...]] = [
        *((1, 1, None, 100), (2, 1, None, None), (3, 2, "n", 250)),
    ]
    for row in rows:
        assert project.count("Put", *row) == 0
    return project


def test_rows_may_refer_to_one_another(ladder: Project) -> None:
    assert ladder.fails("Put", 4, 5, None, None) == "23503"
    assert ladder.count("PutTwo", 4, 5, 5, 4) == 2
    assert ladder.fails("PutTwo", 6, 7, 8, 9) == "23503"
    assert ladder.fails("Cut", 4) == "23503"
    assert ladder.count("CutAll", 2) == 4
    assert ladder.count("Cut", 1) == 1


def test_a_key_that_is_referred_to_stays(ladder: Project) -> None:
    assert ladder.fails("Turn", 2, 20, 1) == "23503"
    assert ladder.count("Turn", 3, 30, 30) == 1
    assert ladder.count("Turn", 30, 3, None) == 1
    assert ladder.count("Turn", 2, 20, 20) == 1


def test_rows_are_undone_to_what_they_were(ladder: Project) -> None:
    assert ladder.rows_of("Swap", 1, 1) == [(2, None, None), (3, 2, 500)]
    assert ladder.count("Put", 4, 3, "m", None) == 0
    assert ladder.fails("Cut", 3) == "23503"


def test_what_is_merged_may_move(ladder: Project) -> None:
    assert ladder.rows_of("Merge", 3, "x") == [(103, 2, "x*")]
    assert ladder.rows_of("Merge", 7, "x") == [(7, None, "x")]
    assert ladder.fails("Merge", 1, "y") == "23503"
    assert ladder.fails("Merge", 7, "x") == "23505"
    assert ladder.fails("MergeNotes", 8, 1, 9, 77) == "23503"
    assert ladder.rows_of("MergeNotes", 8, 1, 9, 1) == [(8, 1, None), (9, 1, None)]
    assert ladder.fails("MergeNotes", 10, 2, 11, 77) == "23503"
    assert ladder.rows_of("MergeNotes", 10, 2, 11, None) == [(8, 2, 100), (9, None, 100)]
    assert ladder.rows_of("MergeNotes", 10, 2, 11, None) == []


def test_the_stepper_runs_them_as_the_compiled_tier_does(project: Project) -> None:
    project.tier = Tier.STEPPER
    assert project.rows_of("Join", "dan", None) == [(4,)]
    assert project.rows_of("Hit", 2, 5) == [(15, True)]
    assert len(project.rows_of("ByOwner", 1)) == 2
    assert project.fails("Spawn", 50, 999, 50, 50, 1, None, None, None) == "23503"
    assert project.rows_of("Kill", 4) == [(4, "apple")]


IN_PLACE = """
CREATE TABLE t (
  id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c SMALLINT NOT NULL, d NUMERIC(5, 2),
  e NUMERIC(6, 1), flag BOOLEAN, CHECK (a <> 13)
);
CREATE INDEX t_ab ON t (a, b);
"""
IN_PLACE_QUERIES = """
-- name: Put :exec
INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7);
-- name: Swap :one
UPDATE t SET a = b, b = a WHERE id = $1 RETURNING *;
-- name: Divide :one
UPDATE t SET a = DEFAULT, b = CAST(((-1) / t.a) AS integer) WHERE id = $1 RETURNING *;
-- name: Scale :one
UPDATE t SET d = e, e = (d + 1.50) * 2 WHERE id = $1 RETURNING *;
-- name: Flags :one
UPDATE t SET flag = a IS NULL, a = c, c = coalesce(a, 0) WHERE id = $1 RETURNING *, a < b AS less;
-- name: Add :one
UPDATE t SET a = a + $2 WHERE id = $1 RETURNING a, b;
-- name: AddC :execrows
UPDATE t SET c = c + $2 WHERE id = $1;
"""


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Swap", [(1, 3, 2, 4, 125, 5, True), (2, 7, None, 4, None, 5, None)]),
        ("Divide", [(1, None, 0, 4, 125, 5, True), (2, None, None, 4, None, 5, None)]),
        ("Scale", [(1, 2, 3, 4, 50, 55, True), (2, None, 7, 4, 50, None, None)]),
        ("Flags", [(1, 4, 3, 2, 125, 5, False, False), (2, 4, 7, 0, None, 5, True, True)]),
    ],
)
def test_assignments_see_the_old_row_though_it_is_changed_where_it_lies(
    name: str, rows: list[tuple[Value, ...]]
) -> None:
    project = Project(IN_PLACE, IN_PLACE_QUERIES)
    assert project.count("Put", 1, 2, 3, 4, 125, 5, True) == 0
    assert project.count("Put", 2, None, 7, 4, None, 5, None) == 0
    assert "    new_t = " not in project.compiled(name).text, "the row has no second buffer"
    for row in rows:
        assert project.rows_of(name, row[0]) == [row]


def test_a_sum_is_assigned_as_cheaply_as_it_was() -> None:
    project = Project(IN_PLACE, IN_PLACE_QUERIES)
    assert project.count("Put", 1, 2, 3, 4, 125, 5, True) == 0
    assert project.rows_of("Add", 1, 5) == [(7, 3)]
    call = project.call("AddC", 1, 5)
    assert call.count == 1
    assert call.steps <= 75


CHECKS = """
CREATE TABLE t (
  id INTEGER PRIMARY KEY, a INTEGER, b INTEGER,
  CHECK (a < 10), CHECK (100 / b > 1), CHECK (a <> b)
);
"""
CHECKS_QUERIES = """
-- name: SetA :execrows
UPDATE t SET a = $2 WHERE id = $1;
-- name: SetB :execrows
UPDATE t SET b = $2 WHERE id = $1;
-- name: Merge :execrows
INSERT INTO t VALUES ($1, 1, 2) ON CONFLICT (id) DO UPDATE SET a = $2;
-- name: All :execrows
-- scan: 5
UPDATE t SET a = a + 1 WHERE id > $1;
"""


def test_of_checks_those_are_made_that_use_an_assigned_column() -> None:
    """A row that breaks another can only have come otherwise than by a statement."""
    project = Project(CHECKS, CHECKS_QUERIES)
    kept = stored_row(project.schema.by_name["t"], (1, 5, 0))
    project.rows = project.rows.put(kept.key, kept.value)
    assert project.count("SetA", 1, 6) == 1
    assert project.count("Merge", 1, 7) == 1
    assert project.count("All", 0) == 1
    assert project.fails("SetA", 1, 10) == "23514"
    assert project.fails("SetA", 1, 0) == "23514"
    assert project.fails("SetB", 1, 0) == "22012"
    assert project.fails("SetB", 1, 100) == "23514"
    assert project.count("SetB", 1, 2) == 1


@pytest.mark.parametrize("type_", ["SMALLINT", "INTEGER", "NUMERIC(3, 1)"])
def test_a_constant_that_no_cast_lets_through_may_be_a_key(type_: str) -> None:
    """It is not folded, as a part of COALESCE: the statement fails when it runs."""
    project = Project(
        f"CREATE TABLE t (id {type_} PRIMARY KEY, n BIGINT);",
        f"""\
-- name: Put :exec
INSERT INTO t VALUES (1, 5);

-- name: Move :exec
UPDATE t SET id = CAST(COALESCE(n, 99999999999) * 0 + 9999999999 AS {type_}) WHERE id = 1;

-- name: Other :exec
UPDATE t SET id = CAST(CASE WHEN n > 4 THEN 9999999999 ELSE 9999999999 END AS {type_}) WHERE id = 1;
""",
    )
    project.call("Put")
    assert project.fails("Move") == "22003"
    assert project.fails("Other") == "22003"
