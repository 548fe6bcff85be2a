"""Every scan has a bound, or the statement is refused (Q-84)."""

from __future__ import annotations

import pytest

from sqlstore.errors import FeatureNotSupported, ProgramLimitExceeded
from tests.sqlstore.planner.text import planned, steps

LIMIT_HINT = "or LIMIT with an ORDER BY that an index serves"


@pytest.mark.parametrize(
    ("text", "table", "index"),
    [
        ("SELECT id FROM units", "units", None),
        ("SELECT id FROM units WHERE owner = 3", "units", None),
        ("SELECT id FROM units WHERE kind = 3", "units", "units (kind)"),
        ("SELECT id FROM units WHERE 3 = kind AND hp > 4", "units", "units (kind, hp)"),
        ("SELECT id FROM units WHERE kind = 1 ORDER BY x DESC LIMIT 1", "units",
         "units (kind, x, y)"),
        ("SELECT id FROM units WHERE kind = 1 ORDER BY id LIMIT 1", "units", "units (kind, id)"),
        ("SELECT id FROM units WHERE owner = 1 ORDER BY x LIMIT 1", "units", "units (owner, x)"),
        ("SELECT id FROM units ORDER BY hp LIMIT 1", "units", "units (hp)"),
        # No index would end the scan in time.
        ("SELECT id FROM units WHERE kind = 1 AND hp <> 2 ORDER BY x LIMIT 1", "units", None),
        ("SELECT id FROM units ORDER BY hp + 1 LIMIT 1", "units", None),
        ("SELECT id FROM units WHERE kind > 1 ORDER BY hp LIMIT 1", "units", None),
        ("SELECT k.name FROM kinds k, units u WHERE u.id = 1 AND k.strength = u.hp", "kinds",
         "kinds (strength)"),
        ("SELECT name FROM kinds WHERE code IN (SELECT kind FROM units)", "kinds", None),
        ("SELECT 1 WHERE 1 IN (SELECT kind FROM units)", "units", None),
        ("SELECT count(*) FROM units WHERE owner = 1", "units", None),
        ("SELECT owner FROM units GROUP BY owner ORDER BY owner LIMIT 1", "units", None),
        ("SELECT id FROM units ORDER BY id OFFSET 5", "units", None),
        ("UPDATE units SET hp = 1 WHERE owner = 1", "units", None),
        ("DELETE FROM moves WHERE turn = 1", "moves", "moves (turn)"),
        ("INSERT INTO kinds SELECT code, name, 1 FROM kinds", "kinds", None),
    ],
)  # fmt: skip
def test_a_scan_without_a_bound_is_refused(text: str, table: str, index: str | None) -> None:
    command = ":many" if text.startswith("SELECT") else ":exec"
    with pytest.raises(ProgramLimitExceeded) as caught:
        planned(text, command=command, scan=None)
    error = caught.value
    assert str(error.place) == "queries.sql:1:1"
    assert error.reason == f"nothing bounds how many rows of {table} are read"
    hint = (
        f"write `-- scan: N` before the statement, if it reads at most N rows of {table}, "
        f"{LIMIT_HINT}"
    )
    assert error.hint == hint + ("" if index is None else f": CREATE INDEX ON {index}")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT id FROM units WHERE id = 1", "at most 1 row"),
        ("SELECT id FROM units ORDER BY id LIMIT 7", "at most 7 rows"),
        ("SELECT id FROM units ORDER BY id LIMIT 7 OFFSET 3", "at most 10 rows"),
        ("SELECT id FROM units ORDER BY id LIMIT 7 OFFSET NULL", "at most 7 rows"),
        ("SELECT id FROM units ORDER BY id LIMIT 0", "at most 0 rows"),
        ("SELECT id FROM units ORDER BY id LIMIT $1", "at most 1024 rows (else 54000)"),
        ("SELECT id FROM units ORDER BY id LIMIT 2 OFFSET $1", "at most 1024 rows (else 54000)"),
        ("SELECT EXISTS (SELECT 1 FROM units WHERE owner = 1)", "at most 1 row"),
        ("SELECT (SELECT id FROM units WHERE owner = 1)", "at most 2 rows"),
        (
            "SELECT EXISTS (SELECT 1 FROM units WHERE owner = 1 ORDER BY hp LIMIT 5 OFFSET 2)",
            "at most 3 rows",
        ),
        (
            "SELECT EXISTS (SELECT 1 FROM units WHERE owner = 1 ORDER BY hp LIMIT $1)",
            "at most 1 row",
        ),
        (
            "SELECT EXISTS (SELECT 1 FROM units WHERE owner = 1 ORDER BY hp OFFSET $1)",
            "at most 1024 rows (else 54000)",
        ),
        (
            "SELECT 1 FROM (SELECT id FROM units ORDER BY id LIMIT 4) s WHERE s.id > 3",
            "at most 4 rows",
        ),
        ("SELECT x FROM (SELECT id, x FROM units) s ORDER BY id LIMIT 3", "at most 3 rows"),
    ],
)
def test_what_stops_in_time_is_a_bound(text: str, rows: str) -> None:
    last = steps(text, scan=None).splitlines()[-1]
    assert f", {rows}" in last
    assert last.endswith((rows, f"{rows}, of the key alone"))


def test_the_directive_is_more_than_the_default_for_parameters() -> None:
    text = "SELECT id FROM units ORDER BY id LIMIT $1"
    assert "at most 5000 rows (else 54000)" in steps(text, scan=5_000)
    each = "SELECT (SELECT name FROM kinds WHERE code = u.kind) FROM units u ORDER BY id LIMIT $1"
    assert planned(each, scan=5_000).operations_max == 5_001 + 5_000 + 5_000
    # A LIMIT that is known is better than both.
    assert "at most 3 rows" in steps(text.replace("$1", "3"), scan=5_000)


def test_of_one_the_first_row_is_enough() -> None:
    text = "SELECT id FROM units WHERE owner = $1"
    assert "at most 1 row" in steps(text, command=":one", scan=None)
    with pytest.raises(ProgramLimitExceeded):
        planned(text, command=":many", scan=None)
    with pytest.raises(ProgramLimitExceeded):
        planned("DELETE FROM units WHERE owner = $1 RETURNING id", command=":one", scan=None)


def test_a_limit_ends_at_an_inner_join_but_not_at_a_left_one() -> None:
    left = "SELECT 1 FROM units u LEFT JOIN moves m ON m.unit = u.id ORDER BY u.id LIMIT 4"
    assert steps(left, scan=None).count("at most 4 rows") == 2
    with pytest.raises(ProgramLimitExceeded, match="rows of units"):
        planned(left.replace("LEFT JOIN", "JOIN"), scan=None)
    # Its right side is read for rows of the result, unless they are filtered.
    inner = "SELECT 1 FROM units u JOIN moves m ON m.unit = u.id {} ORDER BY u.id LIMIT 4"
    found = steps(inner.format(""), scan=9)
    assert "units by units_pkey, at most 9 rows (else 54000)" in found
    assert "moves by moves_pkey: moves.unit = units.id, at most 4 rows" in found
    found = steps(inner.format("AND m.note = 'x'"), scan=9)
    assert found.count("at most 9 rows (else 54000)") == 2


def test_too_many_row_operations_are_refused() -> None:
    text = "SELECT 1 FROM units a, units b"
    assert planned(text, scan=46_339).operations_max == 46_340 + 46_339 * 46_340
    with pytest.raises(ProgramLimitExceeded, match="Test may make 2147488281 row operations") as it:
        planned(text, scan=46_340)
    assert it.value.hint is not None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("DELETE FROM kinds WHERE code = 1", ":exec"),
        ("UPDATE kinds SET code = 2 WHERE code = 1", ":exec"),
        (
            "INSERT INTO kinds VALUES (1, 'a', 2) ON CONFLICT (code) DO UPDATE SET code = 5"
            " WHERE kinds.code = 1",
            ":exec",
        ),
    ],
)
def test_a_key_that_is_referenced_needs_a_child_key(text: str, command: str) -> None:
    with pytest.raises(FeatureNotSupported) as caught:
        planned(text, command=command)
    assert "no key finds the rows of units that refer by units_kind_fkey" in caught.value.reason
    assert caught.value.hint == "CREATE INDEX ON units (kind);"


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE kinds SET name = 'x' WHERE code = 1",
        "INSERT INTO kinds VALUES (1, 'a', 2) ON CONFLICT (code) DO UPDATE SET name = 'b'",
        "INSERT INTO kinds VALUES (1, 'a', 2) ON CONFLICT DO NOTHING",
    ],
)
def test_a_key_that_stays_needs_none(text: str) -> None:
    assert planned(text, command=":exec").operations_max > 0
