"""The room of a key that turns out too long: what is written before that is known stays in it."""

from __future__ import annotations

import pytest

from tests.sqlstore.compile.machine import called
from tests.sqlstore.compile.project import Project

SCHEMA = """\
CREATE TABLE notes (id BIGINT PRIMARY KEY, a TEXT, b TEXT);
CREATE INDEX notes_a ON notes (a, b);
"""
QUERIES = """\
-- name: Put :exec
INSERT INTO notes (id, a, b) VALUES ($1, $2, $3);

-- name: Add :exec
INSERT INTO notes (id, a, b) VALUES (1, 'x', NULL), (2, 'y', NULL), ($1, $2, NULL);
"""
LONGEST = "z" * 75
"""As much as its key has room for: the tag of the NULL behind it is written beyond 80 bytes."""


@pytest.mark.parametrize("low", [0, 1, 7, 64, 127, 128, 200, 255])
def test_a_statement_whose_last_entry_is_too_long_leaves_no_row(low: int) -> None:
    project = Project(SCHEMA, QUERIES)
    project.call("Put", 500, "old", None)
    # The last byte of the id would lie where the list of the rows written before it begins.
    found = called(project.compiled("Add"), project.rows, ((1 << 40) + low, LONGEST))
    assert found.sqlstate == "54000"
    assert found.rows.root == project.rows.root
