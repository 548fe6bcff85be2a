"""Parameters: names, types from the first place that tells, and which may be NULL."""

from __future__ import annotations

import pytest

from sqlstore.plan.expressions import Param
from sqlstore.plan.statements import Update
from sqlstore.plan.walk import walk
from tests.sqlstore.bind.tables import bound, game, shown

SCHEMA = game()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from units where id = $1 and $2 < hp", "id integer, hp integer"),
        ("select id from units where id = $1 or id = $2", "id integer, id2 integer"),
        ("select id from units u where u.x = $2 and x = $1", "x smallint, x2 smallint"),
        ("select id from units where hp + 1 = $1 and hp - $2 > 1", "p1 integer, p2 integer"),
        ("select name from players where name like $1", "name text"),
        ("select id from units where hp in ($1, $2)", "hp integer, hp2 integer"),
        ("select id from units where hp between $1 and $2", "hp integer, hp2 integer"),
        ("select 1 from units where case hp when $1 then true end", "hp integer"),
        ("select id from units order by id limit $1", "p1 bigint"),
        ("select id from players where gold > $1", "gold numeric(12,2)"),
        ("select $1::numeric(5,1), $2::varchar(3)", "p1 numeric(5,1), p2 text"),
        ("select $1 = 1.25", "p1 numeric(3,2)"),
        ("select 1 where $1", "p1 boolean"),
        ("select length($1), abs($2::int)", "p1 text, p2 integer"),
        ("select coalesce($1, $2, x) from units", "p1 smallint, p2 smallint"),
        ("select sqlc.arg(a) = x, sqlc.arg(b) = sqlc.arg(a) from units", "a smallint, b smallint"),
        ("select sqlc.narg(a)::int", "a integer?"),
        ("update units set y = $1, hp = $2 where id = $3", "y smallint?, hp integer, id integer"),
        ("update units set y = ($1)::smallint where id = 3", "y smallint?"),
        ("update units set hp = $1 + 1", "p1 integer"),
        ("update notes set body = sqlc.arg(y)", "y text"),
        ("update notes set body = sqlc.narg(y)", "y text?"),
        (
            "insert into players (note, name, id) values ($1, $2, $3)",
            "note text?, name text, id bigint",
        ),
        ("insert into players (id, name, note) select 1, $1, $2", "name text, note text?"),
        (
            "insert into units (owner, x, y, hp) values ($1, $2, $3, 4), ($4, $5, $6, 4)",
            "owner bigint, x smallint, y smallint?, owner4 bigint, x5 smallint, y6 smallint?",
        ),
        (
            "insert into notes (body) values ('a') on conflict (id) do update set body = $1",
            "body text?",
        ),
    ],
)
def test_parameters_are_named_and_typed(sql: str, expected: str) -> None:
    assert shown(bound(sql, SCHEMA).parameters) == expected


def test_a_parameter_is_one_expression_wherever_it_stands() -> None:
    statement = bound("update notes set body = $1 where body = $1", SCHEMA)
    body = statement.body
    assert isinstance(body, Update)
    parameters = {
        one
        for expr in (body.assignments[0].value, body.relation.predicate)  # type: ignore[union-attr]
        for one in walk(expr)
        if isinstance(one, Param)
    }
    (only,) = parameters
    assert only.nullable


def test_a_name_that_is_taken_gets_numbers_until_it_is_free() -> None:
    sql = "select 1 from (select 1 as id3, 2 as id) t where id3 = $1 and id = $2 and id = $3"
    assert shown(bound(sql, SCHEMA).parameters) == "id3 integer, id integer, id33 integer"
