"""What may be NULL, as outputs of statements show it."""

from __future__ import annotations

import pytest

from tests.sqlstore.bind.tables import bound


@pytest.mark.parametrize(
    ("expression", "nullable"),
    [
        ("x", False),
        ("y", True),
        ("x + y", True),
        ("x + hp", False),
        ("y is null", False),
        ("y is distinct from x", False),
        ("alive is not true", False),
        ("y = 1", True),
        ("y = 1 and alive", True),
        ("not alive", False),
        ("coalesce(y, x)", False),
        ("coalesce(y, y + 1)", True),
        ("greatest(y, x)", False),
        ("least(y, y + 1)", True),
        ("case when y = 1 then x else hp end", False),
        ("case when alive then x end", True),
        ("exists (select 1 from players where id = owner)", False),
        ("(select 1)", True),
        ("x in (select x from units)", False),
        ("x in (select y from units)", True),
        ("x in (1, y)", True),
        ("name like 'a'", False),
        ("note like 'a'", True),
        ("name || note", True),
        ("length(name)", False),
        ("x::text", False),
        ("$1::int", False),
        ("nullif(x, 1)", True),
    ],
)
def test_an_output_may_be_null(expression: str, nullable: bool) -> None:
    statement = bound(f"select {expression} as e from units, players p (pid, name, gold, note)")
    assert statement.columns[0].nullable is nullable


@pytest.mark.parametrize(
    ("sql", "nullable"),
    [
        ("select count(*) as e from units", False),
        ("select count(y) as e from units", False),
        ("select max(x) as e from units", True),
        ("select owner as e from units group by owner", False),
        ("select y as e from units group by y", True),
        ("select e from (select x as e from units) t", False),
        ("select e from (select x as e from units union select y from units) t", True),
        ("select n.id as e from units u left join notes n on n.id = u.id", True),
        ("select sqlc.narg(a)::int as e", True),
        ("insert into notes (body) values ('a') returning body as e", True),
    ],
)
def test_a_column_of_a_relation_may_be_null(sql: str, nullable: bool) -> None:
    (column,) = bound(sql).columns
    assert (column.name, column.nullable) == ("e", nullable)
