"""The most row operations of a statement: reached, and never exceeded (Q-84)."""

from __future__ import annotations

import pytest

from merkle.ordered_map import OrderedMap
from sqlstore.errors import ProgramLimitExceeded, UniqueViolation
from sqlstore.execute import Failed, Result, attempt
from sqlstore.keys import encode_sequence, sequence_key
from sqlstore.types import Value
from tests.sqlstore.planner.build import stored
from tests.sqlstore.planner.text import SCHEMA, planned

Rows = tuple[Value, ...]

PLAYERS: tuple[Rows, ...] = ((1, "a", 1, 0), (2, "b", 1, 0), (3, "c", 1, 0))
KINDS: tuple[Rows, ...] = ((1, "pawn", 1), (2, "rook", 5), (3, "king", 9))
UNITS: tuple[Rows, ...] = tuple(
    (number, 1, 1 + number % 3, number, number, 10, True) for number in (1, 2, 3)
)
MOVES: tuple[Rows, ...] = tuple((unit, turn, "x") for unit in (1, 2, 3) for turn in (1, 2, 3))
CONTENTS = stored(
    [
        (SCHEMA.by_name[name], rows)
        for name, rows in (
            ("players", PLAYERS),
            ("kinds", KINDS),
            ("units", UNITS),
            ("moves", MOVES),
        )
    ]
)
ALL = CONTENTS.put(sequence_key(SCHEMA.by_name["players"]), encode_sequence(3))


def run(text: str, *arguments: Value, command: str = ":many", rows: OrderedMap = ALL) -> Result:
    """Run ``text``, whose scans find at most three rows, and check its bound."""
    statement = planned(text, command=command, scan=3)
    outcome = attempt(statement, SCHEMA, rows, arguments)
    assert isinstance(outcome, Result), outcome
    assert len(outcome.operations) <= statement.operations_max
    return outcome


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("SELECT 1", ()),
        ("SELECT hp FROM units WHERE id = $1", (1,)),
        ("SELECT hp FROM units WHERE x = $1 AND y = $2", (1, 1)),
        ("SELECT id FROM units WHERE x = $1 AND y = $2", (1, 1)),
        ("SELECT id FROM units", ()),
        ("SELECT x FROM units", ()),
        ("SELECT x FROM units WHERE owner = $1", (1,)),
        ("SELECT id FROM units WHERE owner = $1", (1,)),
        ("SELECT x FROM units ORDER BY id LIMIT 2", ()),
        ("SELECT x FROM units ORDER BY id DESC LIMIT 2 OFFSET 1", ()),
        ("SELECT x FROM units ORDER BY id LIMIT $1", (9,)),
        ("SELECT x FROM units ORDER BY id LIMIT 0", ()),
        ("SELECT u.x, k.name FROM units u JOIN kinds k ON k.code = u.kind", ()),
        ("SELECT u.x, k.name FROM units u LEFT JOIN kinds k ON k.code = u.kind", ()),
        ("SELECT u.x, m.note FROM units u JOIN moves m ON m.unit = u.id", ()),
        ("SELECT u.x, m.note FROM units u LEFT JOIN moves m ON m.unit = u.id", ()),
        ("SELECT count(*) FROM units a, units b, kinds c", ()),
        ("SELECT a.id FROM units a JOIN (SELECT DISTINCT x FROM units) b ON b.x > 0", ()),
        ("SELECT id FROM units UNION ALL SELECT code FROM kinds", ()),
        ("SELECT id FROM units u WHERE EXISTS (SELECT 1 FROM moves m WHERE m.unit = u.id)", ()),
        (
            "SELECT id FROM units u WHERE NOT EXISTS (SELECT 1 FROM kinds k WHERE k.strength > 50)",
            (),
        ),
        ("SELECT id, (SELECT count(*) FROM moves m WHERE m.unit = u.id) FROM units u", ()),
        ("SELECT id, (SELECT max(code) FROM kinds) FROM units u", ()),
        (
            "SELECT (SELECT max(turn) FROM moves WHERE unit = u.id) FROM units u "
            "LEFT JOIN (SELECT code FROM kinds ORDER BY code LIMIT 0) k ON true",
            (),
        ),
        ("SELECT (SELECT (SELECT max(code) FROM kinds) FROM units WHERE id = 1)", ()),
        (
            "SELECT (SELECT (SELECT max(turn) FROM moves WHERE unit = k.code) FROM kinds k "
            "WHERE code = u.id) FROM units u",
            (),
        ),
        (
            "SELECT id FROM units u WHERE id + 9 IN "
            "(SELECT (SELECT max(turn) FROM moves WHERE unit = k.code) FROM kinds k)",
            (),
        ),
        ("SELECT id FROM units u WHERE 0 IN (SELECT turn FROM moves m WHERE m.unit = u.id)", ()),
        ("SELECT id FROM units u WHERE id NOT IN (SELECT code + 9 FROM kinds)", ()),
        ("SELECT (SELECT name FROM kinds WHERE code = v.a) FROM (VALUES (1), (2)) v (a)", ()),
        ("SELECT v.a FROM (VALUES ((SELECT name FROM kinds WHERE code = 1)), ('x')) v (a)", ()),
        ("SELECT id FROM units ORDER BY (SELECT name FROM kinds WHERE code = kind)", ()),
        ("SELECT hp FROM units WHERE id = (SELECT max(unit) FROM moves WHERE unit = $1)", (2,)),
        (
            "SELECT id FROM units u WHERE hp = 10 AND EXISTS (SELECT 1 FROM moves m WHERE "
            "m.unit = u.id AND m.turn = 3 AND "
            "NOT EXISTS (SELECT 1 FROM kinds WHERE strength > 50))",
            (),
        ),
    ],
)
def test_a_query_reaches_its_bound(text: str, arguments: Rows) -> None:
    found = run(text, *arguments)
    assert len(found.operations) == planned(text, scan=3).operations_max


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("INSERT INTO kinds VALUES (9, 'x', 1)", ()),
        ("INSERT INTO kinds SELECT code + 5, name, 1 FROM kinds", ()),
        ("INSERT INTO players (name) VALUES ($1)", ("z",)),
        ("INSERT INTO players (id, name) VALUES (9, $1)", ("z",)),
        ("INSERT INTO players (name) VALUES ('x'), ('y')", ()),
        ("INSERT INTO units VALUES (9, 1, 1, 9, 9)", ()),
        ("UPDATE units SET hp = 3 WHERE owner = 1", ()),
        ("UPDATE units SET x = 9 WHERE id = 1", ()),
        ("UPDATE units SET owner = 2, kind = NULL WHERE id = 1", ()),
        ("UPDATE units SET kind = 2 WHERE id = 3", ()),
        ("DELETE FROM moves WHERE unit = 1", ()),
        ("DELETE FROM moves WHERE unit = 1 AND turn = 2", ()),
        (
            "INSERT INTO kinds VALUES (1, 'x', 2) ON CONFLICT (code) DO UPDATE SET name = 'y'"
            " WHERE kinds.strength < (SELECT strength FROM kinds k WHERE k.code = 2)",
            (),
        ),
        (
            "INSERT INTO players (id, name) VALUES (1, 'a') ON CONFLICT (name) DO UPDATE "
            "SET team = 7, name = 'z'",
            (),
        ),
    ],
)
def test_a_write_reaches_its_bound(text: str, arguments: Rows) -> None:
    found = run(text, *arguments, command=":exec")
    # NULL refers to nothing, and what conflicts is not inserted.
    spared = 1 if "NULL" in text else 0
    most = planned(text, command=":exec", scan=3).operations_max
    assert len(found.operations) + spared == most


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM units WHERE id = 1",
        "UPDATE players SET id = 9 WHERE id = 2",
        "UPDATE units SET id = 9 WHERE id = 1",
    ],
)
def test_children_are_looked_for_within_the_bound(text: str) -> None:
    rows = stored(
        [
            (SCHEMA.by_name["players"], PLAYERS),
            (SCHEMA.by_name["kinds"], KINDS),
            (SCHEMA.by_name["units"], UNITS),
        ]
    )
    found = run(text, command=":exec", rows=rows)
    assert len(found.operations) == planned(text, command=":exec", scan=3).operations_max


def test_a_row_beyond_the_bound_of_a_scan_fails() -> None:
    statement = planned("SELECT id FROM units WHERE owner = 1", scan=2)
    found = attempt(statement, SCHEMA, ALL, ())
    assert isinstance(found, Failed)
    assert isinstance(found.error, ProgramLimitExceeded)
    assert len(found.operations) == statement.operations_max


def test_undoing_is_not_in_the_bound() -> None:
    statement = planned("INSERT INTO kinds VALUES (9, 'x', 1), (1, 'y', 1)", command=":exec")
    found = attempt(statement, SCHEMA, ALL, ())
    assert isinstance(found, Failed)
    assert isinstance(found.error, UniqueViolation)
    # Two looks and one of the two writes, which is undone.
    assert (len(found.operations), statement.operations_max) == (4, 4)


@pytest.mark.parametrize(
    ("text", "single"),
    [
        ("INSERT INTO kinds VALUES (9, 'x', 1)", True),
        ("INSERT INTO kinds VALUES (8, 'x', 1), (9, 'x', 1)", False),
        ("INSERT INTO kinds SELECT code + 5, name, 1 FROM kinds WHERE code = 1", True),
        ("INSERT INTO kinds SELECT max(code) + 5, 'x', 1 FROM kinds", True),
        ("INSERT INTO kinds SELECT code + 5, name, 1 FROM kinds ORDER BY code LIMIT 1", True),
        ("INSERT INTO kinds SELECT code + 5, name, 1 FROM kinds ORDER BY code LIMIT 2", False),
        ("UPDATE units SET hp = 1 WHERE x = 1 AND y = 2", True),
        ("UPDATE units SET hp = 1 WHERE x = 1", False),
        ("DELETE FROM moves WHERE unit = 1", False),
        ("DELETE FROM moves WHERE unit = 1 AND turn = 2", True),
    ],
)
def test_a_write_of_at_most_one_row_is_known(text: str, single: bool) -> None:
    body = planned(text, command=":exec").body
    assert getattr(body, "single") is single  # noqa: B009


@pytest.mark.parametrize(
    "text",
    [
        "SELECT u.id FROM (SELECT id FROM units ORDER BY hp LIMIT 5) AS u"
        " JOIN (SELECT code FROM kinds ORDER BY code LIMIT 0) AS k ON true ORDER BY u.id LIMIT 2",
        "SELECT count(*) FROM (SELECT u.id FROM (SELECT id FROM units ORDER BY hp LIMIT 5) AS u"
        " JOIN (SELECT code FROM kinds ORDER BY code LIMIT 0) AS k ON true ORDER BY 1 LIMIT 2) n",
    ],
)
def test_what_gives_no_rows_may_have_read_some(text: str) -> None:
    assert run(text).operations
