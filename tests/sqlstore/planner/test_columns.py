"""Which columns are read, and whether the row behind an index entry is (Q-82)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqlstore.plan.bodies import body_expressions
from sqlstore.plan.relations import Distinct, Scan, Values
from sqlstore.plan.subqueries import relations_in
from sqlstore.plan.walk import expressions_of, map_relations, walk_relation
from sqlstore.planner import plan
from sqlstore.types import INTEGER
from tests.sqlstore.planner.build import SCHEMA as HAND_MADE
from tests.sqlstore.planner.build import UNITS, number, ref, scan, select
from tests.sqlstore.planner.text import planned

if TYPE_CHECKING:
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Statement


def scans(statement: Statement) -> list[Scan]:
    """Return the scans of a statement, subqueries included, in the order of the plan."""
    found: list[Scan] = []
    pending: list[Relation] = [statement.body.relation]
    for expr in body_expressions(statement.body):
        pending.extend(relations_in(expr))
    while pending:
        for part in walk_relation(pending.pop(0)):
            if isinstance(part, Scan):
                found.append(part)
            for expr in expressions_of(part):
                pending.extend(relations_in(expr))
    return found


def read(statement: Statement) -> list[tuple[str, str, bool]]:
    """Return table, columns and whether the row is read, of every scan."""
    return [
        (
            one.table.name,
            " ".join(one.table.columns[at].name for at in one.columns),
            one.path is not None and one.path.fetch,
        )
        for one in scans(statement)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # What a path has used up is not read.
        ("SELECT hp FROM units WHERE id = 1", [("units", "hp", True)]),
        ("SELECT 1 FROM units WHERE id = 1", [("units", "", True)]),
        ("SELECT id FROM units WHERE owner = 1 AND hp > 2", [("units", "id", False)]),
        ("SELECT id FROM units WHERE owner = 1 AND hp > 2 AND hp < 3 AND hp <> 5",
         [("units", "id hp", False)]),
        ("SELECT id FROM units WHERE owner = 1 AND x > 2", [("units", "id x", True)]),
        ("SELECT id, x FROM units WHERE y = 1 AND x = 1", [("units", "id x", False)]),
        ("SELECT id FROM units ORDER BY id", [("units", "id", False)]),
        ("SELECT count(*) FROM units", [("units", "", False)]),
        ("SELECT count(hp) FROM units", [("units", "hp", True)]),
        # What a later table needs is used.
        ("SELECT p.name FROM units u JOIN players p ON p.id = u.owner WHERE u.id = 1",
         [("units", "owner", True), ("players", "name", True)]),
        ("SELECT 1 FROM units u LEFT JOIN players p ON p.id = u.owner AND u.alive",
         [("units", "owner alive", True), ("players", "", True)]),
        ("SELECT u.id FROM (SELECT (SELECT max(turn) FROM moves) AS n FROM kinds) s"
         " JOIN units u ON u.id = s.n",
         [("kinds", "", False), ("units", "id", True), ("moves", "turn", False)]),
        # What nobody asks for is not computed.
        ("SELECT a FROM (SELECT x AS a, y AS b FROM units ORDER BY hp LIMIT 3) s",
         [("units", "x hp", True)]),
        ("SELECT a FROM (SELECT id AS a, hp AS b FROM units UNION ALL SELECT code, strength"
         " FROM kinds) s", [("units", "id", False), ("kinds", "code", False)]),
        ("SELECT a FROM (SELECT id AS a, hp AS b FROM units UNION SELECT code, strength"
         " FROM kinds) s", [("units", "id hp", True), ("kinds", "code strength", True)]),
        ("SELECT a FROM (SELECT DISTINCT x AS a, y AS b FROM units) s",
         [("units", "x y", True)]),
        # Subqueries use what is outside.
        ("SELECT 1 FROM units u WHERE EXISTS (SELECT turn FROM moves m WHERE m.unit = u.x)",
         [("units", "x", True), ("moves", "", False)]),
        ("SELECT 1 FROM units u WHERE kind IN (SELECT code FROM kinds WHERE strength > u.hp)",
         [("units", "kind hp", True), ("kinds", "code strength", True)]),
        ("SELECT (SELECT name FROM kinds WHERE code = u.kind) FROM units u",
         [("units", "kind", True), ("kinds", "name", True)]),
        ("SELECT 1 FROM units ORDER BY (SELECT max(strength) FROM kinds WHERE code < hp)",
         [("units", "hp", True), ("kinds", "strength", True)]),
    ],
)  # fmt: skip
def test_only_columns_that_are_used_are_read(text: str, found: list[tuple[str, str, bool]]) -> None:
    assert read(planned(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE units SET hp = 1 WHERE owner = 1",
        "DELETE FROM units WHERE owner = 1 AND hp = 3",
    ],
)
def test_a_row_that_is_written_is_read_whole(text: str) -> None:
    (found,) = read(planned(text, command=":exec"))
    assert found == ("units", "id owner kind x y hp alive", True)


def test_a_row_that_is_changed_is_read_even_if_it_is_all_key() -> None:
    schema = "CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b)); CREATE INDEX ON t (b);"
    statement = planned("DELETE FROM t WHERE b = 1", command=":exec", schema=schema)
    assert read(statement) == [("t", "a b", True)]
    statement = planned("SELECT * FROM t WHERE b = 1", schema=schema)
    assert read(statement) == [("t", "a b", False)]


def test_distinct_rows_use_every_column() -> None:
    units = scan(1, UNITS)
    distinct = plan(select(Distinct(input=units, source=1), ref(units, "x"), scan_max=9), HAND_MADE)
    assert read(distinct) == [("units", "id owner x y hp alive", True)]
    rows = ((number(1), number(2)), (number(1), number(2)))
    values = Values(source=1, rows=rows, types=(INTEGER, INTEGER))
    statement = select(Distinct(input=values, source=1), ref(units, "id"))
    kept = plan(statement, HAND_MADE).body.relation
    assert kept == map_relations(statement.body.relation, lambda part: part)
