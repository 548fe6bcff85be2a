"""Ad-hoc queries: the engine has the rows as they are, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings

from sqlstore.adhoc import query
from sqlstore.bind import read_schema
from sqlstore.contents import Contents
from sqlstore.types import numeric_text
from tests.sqlstore.databases import SCHEMA, contents
from tests.sqlstore.test_contents import GOOD
from wasm_interp.errors import InputError

pytest.importorskip("duckdb", reason="ad-hoc queries need DuckDB")


@settings(max_examples=20, deadline=None)
@given(contents())
def test_the_engine_has_every_value_as_it_is(found: Contents) -> None:
    prices = {
        name: Decimal(numeric_text(int(cost or 0), 2)) for name, cost in found.tables["kinds"]
    }
    assert dict(query(SCHEMA, found, "SELECT * FROM kinds").rows) == prices
    assert set(query(SCHEMA, found, "SELECT * FROM units").rows) == set(found.tables["units"])
    assert query(SCHEMA, found, 'SELECT * FROM "we""ird"').columns == ("a b", " ")
    assert set(query(SCHEMA, found, 'FROM "we""ird"').rows) == set(found.tables['we"ird'])


def test_sums_of_numerics_are_exact() -> None:
    answer = query(SCHEMA, GOOD, "SELECT sum(cost) AS total, count(*) AS n FROM kinds")
    assert answer.columns == ("total", "n")
    assert answer.rows == ((Decimal("3.50"), 2),)


def test_a_table_without_rows_is_there() -> None:
    assert query(SCHEMA, Contents(), "SELECT count(*) FROM units").rows == ((0,),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('CREATE TABLE t ("a" INTEGER PRIMARY KEY, "A" INTEGER);', 'in the table "t", the engine'),
        (
            'CREATE TABLE a (b INTEGER PRIMARY KEY); CREATE TABLE "A" (b INTEGER PRIMARY KEY);',
            "in the schema, the engine",
        ),
    ],
)
def test_names_that_the_engine_takes_for_one_are_one_line(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        query(read_schema(text), Contents(), "SELECT 1")
    assert str(caught.value) == f'{says} does not tell "a" from "A"'


def test_the_dialect_is_the_engines() -> None:
    assert query(SCHEMA, GOOD, "SELECT 1/2").rows == ((0.5,),)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE kinds",
        "INSERT INTO kinds VALUES ('x', 1)",
        "CREATE TABLE x (a INTEGER)",
        "COPY kinds TO 'kinds.csv'",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA enable_external_access",
        "EXPORT DATABASE 'x'",
        "EXPLAIN SELECT 1",
        "CALL pragma_version()",
        "SELECT * FROM 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT getenv('HOME')",
        "SELECT * FROM gods",
        "SELECT 1/",
        "SELECT error('a\x1b[2J\nb')",
    ],
)
def test_all_but_one_select_is_refused_in_one_line(sql: str) -> None:
    with pytest.raises(InputError) as caught:
        query(SCHEMA, GOOD, sql)
    assert str(caught.value).isprintable()
