"""VALUES of many rows: the program is no deeper than the number of digits that counts them."""

from __future__ import annotations

import pytest

from tests.sqlstore.compile.project import Project

SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT);"


@pytest.mark.parametrize("count", [2, 3, 196, 600])
def test_rows_of_values_are_all_written_in_their_order(count: int) -> None:
    values = ", ".join(f"({at}, {at * at})" for at in range(count))
    queries = f"""\
-- name: Put :execrows
INSERT INTO t (id, n) VALUES {values};

-- name: Given :many
SELECT v.a FROM (VALUES {values}) AS v (a, b) WHERE v.a < 4 ORDER BY v.b DESC;

-- name: All :one
-- scan: 1000
SELECT count(*) FROM t WHERE n = id * id;
"""
    project = Project(SCHEMA, queries)
    assert project.count("Put") == count
    assert project.rows_of("All") == [(count,)]
    assert project.rows_of("Given") == [(at,) for at in reversed(range(min(count, 4)))]
