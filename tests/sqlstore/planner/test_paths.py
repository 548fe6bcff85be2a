"""The rules that rank paths, one by one (Q-81)."""

from __future__ import annotations

import pytest

from sqlstore.plan.relations import Filter, Scan
from sqlstore.planner import plan
from tests.sqlstore.planner.text import SCHEMA as GOLDEN_SCHEMA
from tests.sqlstore.planner.text import planned, steps

SCHEMA = """
CREATE TABLE t (
    a INTEGER, b SMALLINT, c BIGINT, d TEXT, e BOOLEAN, f NUMERIC(8, 2), g BYTEA,
    PRIMARY KEY (a, b)
);
CREATE UNIQUE INDEX t_cd ON t (c, d);
CREATE UNIQUE INDEX t_dc ON t (d, c);
CREATE INDEX t_c ON t (c);
CREATE INDEX t_ce ON t (c, e);
CREATE INDEX t_e ON t (e);
CREATE INDEX t_f ON t (f);
CREATE INDEX t_g ON t (g);
CREATE TABLE u (a INTEGER PRIMARY KEY, d VARCHAR(9) NOT NULL);
"""


def read(text: str) -> str:
    """Return the line of the scan of ``t``, up to its bound."""
    lines = steps(text, schema=SCHEMA).splitlines()
    return next(line.strip() for line in lines if line.strip().startswith("t by")).split(
        ", at most"
    )[0]


@pytest.mark.parametrize(
    ("where", "path"),
    [
        # A unique key all of whose columns are pinned, the primary key first, then by number.
        ("c = 1 AND d = 'x' AND a = 1 AND b = 2", "t by t_pkey: a = 1, b = 2"),
        ("c = 1 AND d = 'x' AND a = 1", "t by t_cd: c = 1, d = 'x'"),
        ("d = 'x' AND c = 1 AND e AND a = 1", "t by t_cd: c = 1, d = 'x'"),
        # The most pinned columns.
        ("a = 1 AND c = 2 AND e", "t by t_ce: c = 2, e = true, a = 1"),
        ("b = 1 AND c = 2 AND e", "t by t_ce: c = 2, e = true"),
        ("c = 1", "t by t_cd: c = 1"),
        # Behind the columns of an index come those of the primary key.
        ("c = 1 AND e AND a = 5", "t by t_ce: c = 1, e = true, a = 5"),
        ("e AND a = 5 AND b > 6", "t by t_e: e = true, a = 5, b > 6"),
        # Then a range on the next column.
        ("c = 1 AND a >= 2", "t by t_c: c = 1, a >= 2"),
        ("c = 1 AND e > false", "t by t_ce: c = 1, e > false"),
        ("a = 1 AND c > 2", "t by t_pkey: a = 1"),
        ("c > 2", "t by t_cd: c > 2"),
        ("f > 2.50", "t by t_f: f > 2.50"),
        # The comparisons that there are.
        ("1 = a", "t by t_pkey: a = 1"),
        ("5 > a AND 3 <= a", "t by t_pkey: a >= 3, a < 5"),
        ("a BETWEEN 1 AND 3", "t by t_pkey: a >= 1, a <= 3"),
        ("e", "t by t_e: e = true"),
        ("NOT e", "t by t_e: e = false"),
        ("e = false", "t by t_e: e = false"),
        ("g = '\\x00'", "t by t_g: g = '\\x00'"),
        ("d < 'x'", "t by t_dc: d < 'x'"),
        ("a = 3000000000", "t by t_pkey: a = 3000000000"),
        # What has another kind, or is no bare column, is none.
        ("a <> 1", "t by t_pkey"),
        ("a + 0 = 1", "t by t_pkey"),
        ("f = 2.505", "t by t_pkey"),
        ("a = 2.5", "t by t_pkey"),
        ("a = b", "t by t_pkey"),
        ("a = 1 OR a = 2", "t by t_pkey"),
        ("e IS TRUE", "t by t_pkey"),
        ("d IS NULL", "t by t_pkey"),
    ],
)
def test_the_best_path_is_taken(where: str, path: str) -> None:
    assert read(f"SELECT f FROM t WHERE {where}") == path


@pytest.mark.parametrize(
    ("order", "path"),
    [
        ("a, b", "t by t_pkey"),
        ("a DESC, b DESC", "t by t_pkey backward"),
        ("e, a, b", "t by t_e"),
        ("e, a", "t by t_e"),
        ("e DESC", "t by t_e backward"),
        ("c, d, g, e", None),
        ("c, d, a, b, g, e", "t by t_cd"),
        ("a, b, g DESC", "t by t_pkey"),
        ("d, c", "t by t_dc"),
        ("a, a DESC, b", "t by t_pkey"),
        # Not an order of keys: directions differ, NULL is elsewhere, a column is missing.
        ("a, b DESC", None),
        ("e NULLS FIRST", None),
        ("e DESC NULLS LAST", None),
        ("a, c", None),
        ("b", None),
        ("a + 1", None),
        # Of a column that is never NULL it does not matter where NULL stands.
        ("a NULLS FIRST, b", "t by t_pkey"),
    ],
)
def test_a_path_that_has_the_order_needs_no_sort(order: str, path: str | None) -> None:
    text = f"SELECT a, b, c, d, e, f FROM t ORDER BY {order}"
    assert ("sort by" in steps(text, schema=SCHEMA)) is (path is None)
    assert read(text) == (path or "t by t_pkey")


@pytest.mark.parametrize(
    ("where", "order", "path"),
    [
        # More pinned columns are better than the order, the order than the number.
        ("c = 1", "a", "t by t_c: c = 1"),
        ("c = 1", "e, a", "t by t_ce: c = 1"),
        ("c = 1", "e DESC, a DESC, b DESC", "t by t_ce backward: c = 1"),
        ("c > 1", "c DESC, e DESC", "t by t_ce backward: c > 1"),
        ("c > 1", "c NULLS FIRST, a", "t by t_c: c > 1"),
        ("c = 1 AND d = 'x'", "f", "t by t_cd: c = 1, d = 'x'"),
        ("c = 1 AND e", "c, e DESC, a", "t by t_ce: c = 1, e = true"),
        ("a = 1", "$1 DESC, a, b DESC", "t by t_pkey backward: a = 1"),
    ],
)
def test_an_order_begins_behind_pinned_columns(where: str, order: str, path: str) -> None:
    text = f"SELECT a, b, c, d, e, f FROM t WHERE {where} ORDER BY {order}"
    text = text.replace("$1", "$1::integer")
    assert "sort by" not in steps(text, schema=SCHEMA)
    assert read(text) == path


@pytest.mark.parametrize(
    ("text", "is_sorted"),
    [
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a", False),
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a, b", False),
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY b", True),
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a DESC", True),
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a NULLS FIRST", True),
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY count(*)", True),
        ("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a, b, count(*)", True),
        ("SELECT a + b, count(*) FROM t GROUP BY 1 ORDER BY 1", False),
        ("SELECT count(*) FROM t ORDER BY 1 DESC", False),
        ("SELECT DISTINCT c, d FROM t ORDER BY c, d", False),
        ("SELECT DISTINCT c, d FROM t ORDER BY d, c", True),
        ("SELECT DISTINCT c, d FROM t ORDER BY c DESC", True),
        ("SELECT a FROM t UNION SELECT b FROM t ORDER BY 1", False),
        ("SELECT a FROM t UNION ALL SELECT b FROM t ORDER BY 1", True),
    ],
)
def test_groups_and_distinct_rows_have_an_order(text: str, is_sorted: bool) -> None:
    assert ("sort by" in steps(text, schema=SCHEMA)) is is_sorted


def test_text_of_two_kinds_is_one_kind() -> None:
    text = "SELECT t.f FROM u JOIN t ON t.d = u.d AND t.c = u.a WHERE u.a = $1"
    assert read(text) == "t by t_cd: t.c = u.a, t.d = u.d"


def test_what_a_path_uses_is_not_evaluated_again() -> None:
    statement = planned("SELECT a FROM t WHERE b = 2 AND a = 1 AND c > 1", schema=SCHEMA)
    found = statement.body.relation
    assert isinstance(found, Filter)
    assert isinstance(found.input, Scan)
    assert found.input.path is not None
    assert found.input.path.unique


def test_of_two_equalities_the_first_is_used() -> None:
    shown = steps("SELECT f FROM t WHERE a = 1 AND b = 2 AND a = 3", schema=SCHEMA)
    assert "where a = 3" in shown
    assert "t_pkey: a = 1, b = 2" in shown


def test_the_same_predicate_twice_is_used_up() -> None:
    assert "where" not in steps("SELECT f FROM t WHERE a = 1 AND a = 1", schema=SCHEMA)


def test_a_statement_is_planned_once() -> None:
    with pytest.raises(AssertionError, match="planned once"):
        plan(planned("SELECT id FROM units"), GOLDEN_SCHEMA)
