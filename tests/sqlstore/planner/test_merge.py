"""Derived tables become part of what surrounds them, where that changes nothing (Q-63, Q-80)."""

from __future__ import annotations

import pytest

from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.statements import Select
from sqlstore.planner.merge import MERGED_NODES_MAX
from tests.sqlstore.planner.text import planned, steps


@pytest.mark.parametrize(
    ("derived", "plain"),
    [
        (
            "SELECT s.b FROM (SELECT id AS a, hp AS b FROM units WHERE alive) s WHERE s.a = 1",
            "SELECT hp FROM units WHERE alive AND id = 1",
        ),
        (
            "WITH a AS (SELECT id, hp + 1 AS h FROM units), b AS (SELECT h, id FROM a WHERE h > 2)"
            " SELECT h FROM b WHERE id = 3",
            "SELECT hp + 1 FROM units WHERE hp + 1 > 2 AND id = 3",
        ),
        (
            "SELECT p.name FROM (SELECT $1::integer AS id) s JOIN players p ON p.id = s.id",
            "SELECT name FROM players WHERE id = $1::integer",
        ),
        (
            "SELECT p.name FROM players p JOIN (VALUES (7)) v (id) ON v.id = p.id",
            "SELECT name FROM players WHERE id = 7",
        ),
        (
            "SELECT s.h FROM players p LEFT JOIN (SELECT owner, hp AS h FROM units WHERE alive) s"
            " ON s.owner = p.id WHERE p.id = 1",
            "SELECT u.hp FROM players p LEFT JOIN units u ON u.alive AND u.owner = p.id"
            " WHERE p.id = 1",
        ),
        (
            "SELECT (SELECT m.turn FROM (SELECT id + 1 AS n FROM units u) s, moves m"
            " WHERE m.unit = s.n AND m.turn = 4 AND s.n = p.id) FROM players p WHERE p.id = 3",
            "SELECT (SELECT m.turn FROM units u, moves m"
            " WHERE m.unit = u.id + 1 AND m.turn = 4 AND u.id + 1 = p.id)"
            " FROM players p WHERE p.id = 3",
        ),
    ],
)
def test_a_derived_table_has_the_plan_of_the_text_in_its_place(derived: str, plain: str) -> None:
    assert steps(derived) == steps(plain)


@pytest.mark.parametrize(
    "kept",
    [
        # Behind a left join a constant is NULL if there is no row.
        "SELECT s.one FROM players p LEFT JOIN (SELECT owner, 1 AS one FROM units) s"
        " ON s.owner = p.id",
        "SELECT s.one FROM players p LEFT JOIN (VALUES (1)) s (one) ON s.one = p.id",
        "SELECT (SELECT max(s.o) FROM kinds k LEFT JOIN (SELECT m.unit, u.hp AS o FROM moves m) s"
        " ON s.unit = k.code) FROM units u",
        # Copies of a subquery would bind its sources twice.
        "SELECT s.n FROM (SELECT (SELECT max(turn) FROM moves) AS n FROM units) s WHERE s.n > 1",
    ],
)
def test_what_is_not_the_same_in_another_place_stays(kept: str) -> None:
    shown = steps(kept)
    assert "compute" in shown or "values" in shown


def test_a_left_join_merges_below_what_it_keeps() -> None:
    shown = steps(
        "SELECT s.one FROM players p LEFT JOIN (SELECT t.owner, 1 AS one FROM "
        "(SELECT owner FROM units) t) s ON s.owner = p.id WHERE p.id = 1"
    )
    assert shown.count("compute") == 1
    assert "units by units_owner_hp_idx: units.owner = players.id" in shown


def test_copies_of_copies_do_not_double() -> None:
    levels = 40
    parts = ["a0 AS (SELECT id, hp AS h FROM units)"]
    parts += [f"a{n} AS (SELECT id, h + h AS h FROM a{n - 1})" for n in range(1, levels)]
    shown = steps(f"WITH {', '.join(parts)} SELECT h FROM a{levels - 1} WHERE id = 1")
    assert "units by units_pkey: id = 1, at most 1 row" in shown
    assert max(map(len, shown.splitlines())) < 50 * MERGED_NODES_MAX
    # Four doublings have fifteen nodes and are copied, the fifth is computed in its place.
    assert 6 <= shown.count("compute") <= 10


@pytest.mark.parametrize(
    "text",
    [
        "SELECT s.n FROM (SELECT owner, count(*) AS n FROM units GROUP BY owner) s WHERE owner = 5",
        "SELECT s.owner FROM (SELECT DISTINCT owner, x FROM units) s WHERE owner = 5",
        "SELECT s.o FROM (SELECT owner AS o FROM units UNION ALL SELECT 1) s WHERE s.o = 5",
        "SELECT s.o FROM (SELECT owner AS o FROM units ORDER BY id, x) s WHERE s.o = 5",
        "SELECT owner FROM units GROUP BY owner HAVING owner = 5",
    ],
)
def test_predicates_go_down_to_the_table(text: str) -> None:
    assert "units_owner_hp_idx: owner = 5" in steps(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT s.n FROM (SELECT owner, count(*) AS n FROM units GROUP BY owner) s WHERE n = 5",
        "SELECT count(*) FROM units HAVING count(*) > 5",
        "SELECT s.owner FROM (SELECT owner, x FROM units ORDER BY x LIMIT 5) s WHERE owner = 5",
        "SELECT s.owner FROM (SELECT DISTINCT owner, x FROM units) s "
        "WHERE owner = (SELECT max(p.id) FROM players p WHERE p.id < s.x)",
        "SELECT s.o FROM (SELECT owner AS o FROM units UNION SELECT 1) s "
        "WHERE o = (SELECT max(p.id) FROM players p WHERE p.id < s.o)",
        "SELECT owner FROM units GROUP BY owner "
        "HAVING owner = (SELECT max(p.id) FROM players p WHERE p.id < owner)",
    ],
)
def test_predicates_stay_above_what_they_would_change(text: str) -> None:
    shown = steps(text)
    assert shown.splitlines()[1].strip().startswith("where ")
    assert shown.count("where") == 1
    assert "owner =" not in shown.splitlines()[-1]


def test_exists_drops_what_does_not_matter_for_a_row() -> None:
    text = (
        "SELECT 1 FROM players WHERE id = 1 AND "
        "EXISTS (SELECT DISTINCT hp FROM units WHERE owner = 2 ORDER BY hp LIMIT 3 OFFSET 1)"
    )
    shown = steps(text)
    assert "limit 3 offset 1" in shown
    shown = steps(text.replace(" LIMIT 3 OFFSET 1", ""))
    assert "distinct" not in shown
    assert "sort" not in shown


def test_a_column_that_may_be_null_behind_a_join_stays_so() -> None:
    body = planned(
        "SELECT s.id FROM players p LEFT JOIN (SELECT id, owner FROM units) s ON s.owner = p.id"
    ).body
    assert isinstance(body, Select)
    (output,) = body.outputs
    assert isinstance(output, ColumnRef)
    assert output.nullable


def test_a_value_from_outside_makes_a_subquery_correlated() -> None:
    text = "SELECT (SELECT u.hp FROM kinds WHERE code = 1) FROM units u"
    assert "subquery 1, for each row" in steps(text)


def test_a_subquery_that_is_given_only_constants_is_run_once() -> None:
    text = (
        "SELECT 1 FROM (SELECT 5 AS five) c, players p "
        "WHERE p.gold = 1 AND EXISTS (SELECT 1 FROM units WHERE id = c.five)"
    )
    assert "subquery 1, once" in steps(text)
