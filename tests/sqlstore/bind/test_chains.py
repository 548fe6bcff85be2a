"""Long chains: what is within the limits links from a deep stack, what is beyond is 54000."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sqlstore.bind.parse.lexer import BRANCHES_MAX
from sqlstore.errors import ProgramLimitExceeded
from sqlstore.wasm.link import compiled, statement_sources
from tests.sqlstore.bind.tables import GAME, bound

FRAMES = 700
"""Frames of a caller that is deep itself, beyond those of pytest."""


def many(before: str, item: str, between: str, after: str) -> Callable[[int], str]:
    """Return what writes a chain; `#` in an item is its number."""
    return lambda count: (
        before + between.join(item.replace("#", str(at)) for at in range(count)) + after
    )


ONE = " from units where id = 1"

CHAINS = {
    "case": many("select case hp ", "when # then #", " ", f" end{ONE}"),
    "case that divides": many("select case ", "when hp / x > # then 1", " ", f" end{ONE}"),
    "case of texts": many("select case name ", "when 'a#' then 'b#'", " ", " end from players"),
    "case in set": many(
        "update units set hp = case hp ", "when # then #", " ", " end where id = 1"
    ),
    "in": many(f"select 1{ONE} and hp in (", "#", ", ", ")"),
    "in of texts": many("select id from players where name in (", "'a#'", ", ", ")"),
    "in that divides": many(f"select 1{ONE} and hp in (", "hp / #", ", ", ")"),
    "coalesce": many("select coalesce(", "y", ", ", f"){ONE}"),
    "and": many(f"select 1{ONE} and ", "hp <> #", " and ", ""),
    "or": many(f"select 1{ONE} and (", "hp = #", " or ", ")"),
    "or that divides": many("select ", "hp / x = #", " or ", ONE),
    "greatest": many("select greatest(", "hp", ", ", f"){ONE}"),
    "concat": many("select ", "name", " || ", " from players"),
    "sum": many("select ", "hp", " + ", ONE),
    "union": many("", "select #", " union all ", ""),
    "values": many("select * from (values ", "(#)", ", ", ") v"),
    "insert": many("insert into notes (body) values ", "('#')", ", ", ""),
    "list": many("select ", "hp + #", ", ", ONE),
    "tables": many("select 1 from ", "units u#", ", ", " where u0.id = 1"),
    "left joins": many(
        "select 1 from units u0 left join ",
        "units u#1 on u#1.id = #",
        " left join ",
        " where u0.id = 1",
    ),
}


def deeply(frames: int, call: Callable[[], object]) -> object:
    return call() if frames == 0 else deeply(frames - 1, call)


def link(sql: str) -> object:
    command = ":many" if sql.startswith("select") else ":exec"
    text = f"-- name: Q {command}\n-- scan: 1\n{sql}\n"
    sources = statement_sources(GAME, text)
    return compiled([*sources.values()]).functions


@pytest.mark.parametrize("chain", CHAINS)
def test_a_moderate_chain_links(chain: str) -> None:
    assert link(CHAINS[chain](30))


@pytest.mark.parametrize("count", [100, 300, 1_150])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_long_chain_links_or_is_refused(chain: str, count: int) -> None:
    try:
        outcome = bool(deeply(FRAMES, lambda: link(CHAINS[chain](count))))
    except ProgramLimitExceeded as error:
        outcome = bool(error.reason)
    assert outcome


@pytest.mark.parametrize("chain", ["case", "case of texts", "case in set"])
def test_as_many_branches_as_there_may_be_link(chain: str) -> None:
    assert deeply(FRAMES, lambda: link(CHAINS[chain](BRANCHES_MAX)))


def branches(count: int, otherwise: str) -> str:
    return "case" + " when hp = 1 then 2" * count + f" else {otherwise} end"


@pytest.mark.parametrize(
    "case",
    [
        branches(BRANCHES_MAX + 1, "1"),
        branches(60, branches(41, "1")),
        f"case when hp = (select 1 as end) then {branches(BRANCHES_MAX, '1')} end",
        f"case when hp = 1 then 2 else (select {branches(BRANCHES_MAX, '1')}) end",
    ],
)
def test_too_many_branches_are_refused(case: str) -> None:
    sql = f"select {case}{ONE}"
    with pytest.raises(ProgramLimitExceeded) as caught:
        bound(sql)
    place = caught.value.place
    assert place is not None
    assert (place.line, place.column) == (2, sql.rindex("when") + 1)
    assert caught.value.hint == "keep what it says in a table, and join that"


def test_branches_of_cases_beside_each_other_are_not_added_up() -> None:
    two = f"{branches(BRANCHES_MAX, '1')}, {branches(BRANCHES_MAX, '2')}"
    assert len(bound(f"select {two}{ONE}").columns) == 2
    nested = f"case when true then {branches(BRANCHES_MAX - 1, '1')} when false then 1 end"
    assert bound(f"select {nested}{ONE}").columns
