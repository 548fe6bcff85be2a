"""The order of joins, and where predicates are evaluated (Q-80)."""

from __future__ import annotations

import pytest

from sqlstore.errors import ProgramLimitExceeded
from sqlstore.planner.filters import FILTERS_MAX
from tests.sqlstore.planner.text import planned, steps


def tables(text: str) -> list[str]:
    """Return the names of the tables, in the order in which they are read."""
    lines = (line.strip() for line in steps(text).splitlines())
    return [line.split(" ")[0] for line in lines if " by " in line and ", at most " in line]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        # The text's order among equals.
        ("units u, players p, kinds k WHERE u.hp = p.gold AND k.name = p.name",
         ["units", "players", "kinds"]),
        # A table that can be looked up comes before one that has to be read.
        ("units u, players p, kinds k WHERE k.code = u.kind", ["units", "kinds", "players"]),
        ("moves m, units u, players p WHERE u.id = m.unit AND p.id = u.owner AND p.name = 'x'",
         ["players", "units", "moves"]),
        # More pinned columns, then a range.
        ("units u, moves m WHERE u.owner = 1 AND m.unit = 1 AND m.turn > 1", ["moves", "units"]),
        ("units u, moves m WHERE u.owner = 1 AND u.hp = 2 AND m.unit = 1 AND m.turn > 1",
         ["units", "moves"]),
        ("kinds k, units u WHERE u.owner > 1 AND k.strength > 1", ["units", "kinds"]),
        # A grouping is better than a whole table, and worse than a key.
        ("kinds k, (SELECT kind, count(*) AS n FROM units GROUP BY 1) s WHERE k.strength = s.n",
         ["units", "kinds"]),
        ("(SELECT owner, count(*) AS n FROM units GROUP BY owner) s, kinds k WHERE k.code = 1",
         ["kinds", "units"]),
        # Values are there already.
        ("kinds k, (VALUES (1), (2)) v (c) WHERE k.code = v.c", ["kinds"]),
    ],
)  # fmt: skip
def test_the_best_path_comes_first(text: str, order: list[str]) -> None:
    assert tables(f"SELECT 1 FROM {text}") == order


def test_values_come_before_what_they_pin() -> None:
    text = "SELECT k.name FROM kinds k, (VALUES (1), (2)) v (c) WHERE k.code = v.c"
    assert "kinds by kinds_pkey: code = column1, at most 1 row" in steps(text)


def test_a_left_join_waits_for_all_to_its_left() -> None:
    text = (
        "SELECT 1 FROM units u, (moves m LEFT JOIN kinds k ON k.code = m.turn), players p "
        "WHERE p.id = 1"
    )
    assert tables(text) == ["players", "units", "moves", "kinds"]


def test_a_left_join_is_as_good_as_its_path() -> None:
    text = (
        "SELECT 1 FROM units u LEFT JOIN kinds k ON k.code = u.kind, players p "
        "WHERE u.id = 1 AND p.gold > 3"
    )
    assert tables(text) == ["units", "kinds", "players"]


def test_the_order_of_the_outermost_table_counts() -> None:
    text = "SELECT 1 FROM units u, players p WHERE p.id = u.owner ORDER BY {}"
    assert "sort by" not in steps(text.format("u.id"))
    assert "sort by" in steps(text.format("u.kind"))
    # The table whose order is asked for comes first.
    assert tables(text.format("p.id"))[0] == "players"
    # What is joined later cannot have the order.
    assert "sort by" in steps(text.format("u.id DESC, p.gold"))
    assert tables("SELECT 1 FROM moves m, units u ORDER BY u.id, m.turn") == ["moves", "units"]


def test_an_order_by_two_tables_is_sorted() -> None:
    text = "SELECT 1 FROM units u, moves m WHERE m.unit = u.id ORDER BY u.id, m.turn"
    assert "sort by units.id, moves.turn" in steps(text)
    # Unless one has a single row.
    text = "SELECT 1 FROM units u, moves m WHERE m.unit = u.id AND u.id = 5 ORDER BY u.id, m.turn"
    assert "sort by" not in steps(text)


def test_the_order_may_be_that_of_a_left_join_of_one_row() -> None:
    text = (
        "SELECT m.turn FROM units u LEFT JOIN moves m ON m.unit = u.id WHERE u.id = 5 "
        "ORDER BY m.turn DESC LIMIT 2"
    )
    assert "moves by moves_pkey backward: moves.unit = units.id" in steps(text, scan=None)


def test_predicates_are_evaluated_where_their_sources_are() -> None:
    text = (
        "SELECT 1 FROM units u JOIN players p ON p.id = u.owner AND u.hp > 1 "
        "WHERE p.gold > u.hp AND u.x = u.y AND $1::integer > 5 AND u.owner = 3"
    )
    assert steps(text) == (
        "select 1\n"
        "  join\n"
        "    only if $1 > 5\n"
        "    where units.x = units.y\n"
        "      units by units_owner_hp_idx: units.owner = 3, units.hp > 1,"
        " at most 10 rows (else 54000)\n"
        "    where players.gold > units.hp::numeric(12,2)\n"
        "      players by players_pkey: players.id = units.owner, at most 1 row"
    )


def test_a_predicate_behind_a_left_join_stays_there() -> None:
    text = "SELECT 1 FROM units u LEFT JOIN kinds k ON k.code = u.kind WHERE k.name IS NULL"
    lines = steps(text).splitlines()
    assert lines[1].strip() == "where kinds.name IS NULL"
    assert lines[2].strip() == "left join"


def test_subqueries_are_evaluated_after_other_predicates() -> None:
    text = (
        "SELECT 1 FROM units u WHERE EXISTS (SELECT 1 FROM moves m WHERE m.unit = u.id) AND hp > 3"
    )
    assert "where units.hp > 3 and then EXISTS (subquery 1)" in steps(text)


def test_a_predicate_of_the_outside_alone_is_a_gate_of_the_subquery() -> None:
    text = (
        "SELECT 1 FROM units u WHERE EXISTS "
        "(SELECT 1 FROM moves m WHERE u.alive AND m.turn > 5 AND u.hp = 1)"
    )
    assert "only if units.alive and then units.hp = 1" in steps(text)


def test_many_predicates_make_few_filters() -> None:
    many = " AND ".join(f"hp <> {number}" for number in range(FILTERS_MAX + 3))
    shown = steps(f"SELECT 1 FROM units WHERE {many}")
    assert shown.count(" and then ") == FILTERS_MAX
    assert "hp <> 16 IS TRUE AND hp <> 17 IS TRUE AND hp <> 18 IS TRUE" in shown


def test_a_plan_is_not_too_deep() -> None:
    joins = " ".join(f"LEFT JOIN kinds k{at} ON k{at}.code = k{at - 1}.code" for at in range(1, 21))
    where = " AND ".join(f"k{at}.name <> 'a{n}'" for at in range(1, 21) for n in range(10))
    with pytest.raises(ProgramLimitExceeded, match="relations deep, the most are 200"):
        planned(f"SELECT 1 FROM kinds k0 {joins} WHERE {where}", scan=1)
