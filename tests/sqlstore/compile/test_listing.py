"""What statements compile to: texts to read, and the steps that the common ones take."""

from __future__ import annotations

import pytest

from sqlstore.errors import ProgramLimitExceeded
from tests.sqlstore.compile.game import game
from tests.sqlstore.compile.project import Project

SCHEMA = """
CREATE TABLE units (
  id INTEGER PRIMARY KEY, x SMALLINT NOT NULL, hp INTEGER, name VARCHAR(8) NOT NULL
);
"""
QUERIES = """
-- name: UnitById :one
SELECT id, x, hp, name FROM units WHERE id = $1;
-- name: MoveUnit :execrows
UPDATE units SET x = $2 WHERE id = $1;
"""
UNIT_BY_ID = """\
CORRUPTED_DATA = 16779816  # XX001
EVEN = 0x00FF00FF
ODD = 0xFF00FF00
OUT_OF_MEMORY = 8389  # 53200


# SELECT id, x, hp, name FROM units WHERE id = $1
def unit_by_id(arena: i32, arena_bytes: i32, id: i32) -> i32:
    if lt_u(arena_bytes, 168):
        return -OUT_OF_MEMORY
    units_key = arena + 8
    units_row = arena + 88
    store16(units_key, 0x0101)
    store32(units_key, (rotl(id, 8) & EVEN | rotl(id, 24) & ODD) ^ 0x80, 2)
    units_length = db_get(units_key, 6, units_row, 41)
    if units_length == (9 + load16(units_row, 7)):
        if load16(units_row, 7) > 32:
            return -CORRUPTED_DATA
        store32(arena, arena + 136)
        store32(arena, arena + 144, 136)
        store32(arena, id, 144)  # id
        store32(arena, load16_s(units_row, 1), 148)  # x
        store32(arena, load32(units_row, 3), 152)  # hp
        store32(arena, (load8(units_row) & 1) != 0, 156)
        store32(arena, units_row + 9, 160)  # name
        store32(arena, load16(units_row, 7), 164)
        return 1
    elif units_length >= 0:
        return -CORRUPTED_DATA
    return 0
"""


def test_a_select_by_primary_key_is_one_get() -> None:
    text = Project(SCHEMA, QUERIES).compiled("UnitById").text
    assert text == UNIT_BY_ID


def test_an_update_by_primary_key_changes_the_row_where_it_was_read() -> None:
    text = Project(SCHEMA, QUERIES).compiled("MoveUnit").text
    assert "store16(units_row, x, 1)" in text
    assert "db_put(units_key, 6, units_row, units_length)" in text
    assert "new_units" not in text


@pytest.mark.parametrize(
    ("name", "arguments", "steps_max"),
    [
        ("UnitById", (1,), 160),
        ("UnitById", (99,), 70),
        ("UnitAt", (1, 2), 200),
        ("Move", (1, 70, 70), 220),
        ("Hit", (1, 1), 230),
    ],
)
def test_what_a_game_does_every_turn_takes_few_steps(
    name: str, arguments: tuple[int, ...], steps_max: int
) -> None:
    call = game().call(name, *arguments)
    assert call.sqlstate is None
    assert call.steps <= steps_max


def test_a_statement_whose_program_is_too_large_is_refused() -> None:
    joins = " ".join(f"LEFT JOIN units u{at} ON u{at}.x = u0.x" for at in range(1, 16))
    queries = f"-- name: Many :many\n-- scan: 2\nSELECT u0.id FROM units u0 {joins};"
    with pytest.raises(ProgramLimitExceeded, match="program is too large"):
        Project(SCHEMA, queries).compiled("Many")
