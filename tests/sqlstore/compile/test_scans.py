"""Scans whose keys are compared with values of other types, and keys at the edge of 80 bytes.

Every call is held to the executor (`project.py`); here stands what it should come to.
"""

from __future__ import annotations

from itertools import permutations

import pytest

from sqlstore.types import Value
from tests.sqlstore.compile.project import Project

KINDS = {"s": "SMALLINT", "i": "INTEGER", "b": "BIGINT"}
GREATEST = {"s": 2**15 - 1, "i": 2**31 - 1, "b": 2**63 - 1}
PAIRS = list(permutations(KINDS, 2))


@pytest.fixture(scope="module")
def widths() -> Project:
    schema = "".join(
        f"CREATE TABLE {one} (k {kind} PRIMARY KEY, t {kind}); CREATE INDEX {one}_t ON {one} (t);\n"
        for one, kind in KINDS.items()
    )
    queries = "".join(
        f"-- name: Put{one} :exec\nINSERT INTO {one} VALUES ($1, $2);\n" for one in KINDS
    )
    for one, other in PAIRS:
        queries += (
            f"-- name: Key{one}{other} :many\n-- scan: 20\n"
            f"SELECT l.k, r.k FROM {other} r LEFT JOIN {one} l ON l.k = r.t ORDER BY 2;\n"
            f"-- name: Index{one}{other} :many\n-- scan: 20\n"
            f"SELECT l.k, r.k FROM {other} r LEFT JOIN {one} l ON l.t = r.t ORDER BY 2, 1;\n"
        )
    project = Project(schema, queries)
    for one, most in GREATEST.items():
        # -1 in the narrow types is not 65,535 or 4,294,967,295 in the wider ones.
        values: list[Value] = [-1, 0, 7, most, -most - 1]
        values += [value for value in (65_535, 65_536 + 7, 2**32 - 1, 2**32 + 7) if value <= most]
        for value in values:
            assert project.count(f"Put{one}", value, value) == 0
    return project


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_integers_of_two_widths_are_joined_by_their_values(
    widths: Project, one: str, other: str
) -> None:
    narrow = min(one, other, key=lambda name: GREATEST[name])
    both = {-1, 0, 7}
    both |= {value for value in (65_535, 65_543) if value <= GREATEST[narrow]}
    for name in (f"Key{one}{other}", f"Index{one}{other}"):
        rows = widths.rows_of(name)
        assert {right for left, right in rows if left is not None} >= both
        assert all(left in (None, right) for left, right in rows)


def test_a_bounded_search_key_of_more_than_80_bytes_is_cut() -> None:
    nine = [f"c{at}" for at in range(9)]
    schema = (
        f"CREATE TABLE t (k SMALLINT PRIMARY KEY, {' BIGINT NOT NULL, '.join(nine)} BIGINT NOT NULL"
        f", j BIGINT); CREATE INDEX t_wide ON t ({', '.join(nine)}, j);"
    )
    pinned = " AND ".join(f"{name} = $1" for name in nine)
    queries = f"-- name: Put :exec\nINSERT INTO t VALUES ($1{', $2' * 9}, $3);\n"
    for name, bound in (
        *(("From", "j >= $2"), ("To", "j < $2"), ("Between", "j BETWEEN $2 AND $3")),
        *(("Null", "j IS NULL"), ("Equal", "j = $2")),
    ):
        for order in ("ASC", "DESC"):
            queries += (
                f"-- name: {name}{order} :many\n-- scan: 20\n"
                f"SELECT k FROM t WHERE {pinned} AND {bound} ORDER BY j {order}, k {order};\n"
            )
    project = Project(schema, queries)
    assert project.count("Put", 1, 5, None) == 0
    assert project.fails("Put", 2, 5, 1) == "54000", "the entry would be longer than a key"
    for order in ("ASC", "DESC"):
        assert project.rows_of(f"Null{order}", 5) == [(1,)]
        assert project.rows_of(f"From{order}", 5, -(2**63)) == []
        assert project.rows_of(f"To{order}", 5, 2**63 - 1) == []
        assert project.rows_of(f"Between{order}", 5, 1, 2) == []
        assert project.rows_of(f"Equal{order}", 5, 1) == []
