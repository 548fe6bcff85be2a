"""Limits of a statement: they end in 54000, and never in a RecursionError."""

from __future__ import annotations

import pytest

from sqlstore.bind.context import SOURCES_MAX
from sqlstore.bind.parse.grammar import TREE_DEPTH_MAX
from sqlstore.bind.parse.lexer import NESTING_MAX
from sqlstore.errors import ProgramLimitExceeded
from sqlstore.plan.expressions import And
from sqlstore.plan.relations import Filter
from tests.sqlstore.bind.tables import bound, game

SCHEMA = game()


def repeated(before: str, inside: str, after: str, count: int) -> str:
    return before * count + inside + after * count


DEEP = {
    "parentheses": lambda n: f"select {repeated('(', '1', ')', n)}",
    "prefixes": lambda n: f"select {'not ' * n} true",
    "signs": lambda n: f"select {'- ' * n} 1",
    "cases": lambda n: f"select {repeated('case when true then ', '1', ' end', n)}",
    "functions": lambda n: f"select {repeated('abs(', '1', ')', n)}",
    "scalar subqueries": lambda n: f"select {repeated('(select ', '1', ')', n)}",
    "derived tables": lambda n: f"select * from {repeated('(select * from ', 'units', ') t', n)}",
    "exists": lambda n: f"select {repeated('exists (select ', '1', ')', n)}",
    "in": lambda n: f"select {repeated('true in (select ', 'true', ')', n)}",
    "with": lambda n: f"{repeated('with a as (', 'select 1', ') select 1', n)}",
    "joins": lambda n: (
        "select 1 from "
        + "".join(f"units u{at} join " for at in range(n))
        + "players"
        + " on true" * n
    ),
    "sums": lambda n: "select 1" + " + 1" * n,
    "texts": lambda n: "select ''" + " || ''" * n,
    "casts": lambda n: "select 1" + "::int" * n,
    "unions": lambda n: "select 1" + " union select 1" * n,
    "is null": lambda n: "select 1" + " is null" * n,
}


@pytest.mark.parametrize("form", DEEP)
@pytest.mark.parametrize("count", [NESTING_MAX + 10, TREE_DEPTH_MAX + 10, 1_000])
def test_deep_nesting_is_refused(form: str, count: int) -> None:
    if count < TREE_DEPTH_MAX and form in ("joins", "sums", "texts", "casts", "unions", "is null"):
        pytest.skip("a chain this long is allowed")
    with pytest.raises(ProgramLimitExceeded) as caught:
        bound(DEEP[form](count), SCHEMA)
    assert caught.value.place is not None


@pytest.mark.parametrize("form", DEEP)
def test_moderate_nesting_is_read(form: str) -> None:
    assert bound(DEEP[form](10), SCHEMA).columns


def test_long_chains_of_one_connector_are_flat() -> None:
    statement = bound("select id from units where hp > 1" + " and hp > x" * 500, SCHEMA)
    relation = statement.body.relation
    assert isinstance(relation, Filter)
    assert isinstance(relation.predicate, And)
    assert len(relation.predicate.operands) == 501


def test_too_many_sources_are_refused() -> None:
    tables = ", ".join(f"units u{at}" for at in range(SOURCES_MAX + 1))
    with pytest.raises(ProgramLimitExceeded):
        bound(f"select 1 from {tables}", SCHEMA)


def test_queries_that_double_are_refused() -> None:
    doubled = ", ".join(
        f"q{at} as (select 1 as a from q{at - 1} x, q{at - 1} y)" for at in range(1, 20)
    )
    with pytest.raises(ProgramLimitExceeded):
        bound(f"with q0 as (select 1 as a), {doubled} select * from q19", SCHEMA)


def test_expressions_that_double_are_refused() -> None:
    with pytest.raises(ProgramLimitExceeded):
        bound(f"select {repeated('nullif(', 'hp', ', 1)', 20)} from units", SCHEMA)


def test_too_many_words_are_refused() -> None:
    with pytest.raises(ProgramLimitExceeded):
        bound("select hp in (1" + ", 1" * 2_500 + ") from units", SCHEMA)


def test_too_many_parameters_are_refused() -> None:
    assert len(bound("select " + ", ".join(f"${at + 1}::int" for at in range(30))).parameters) == 30
    for count in (31, 33):
        with pytest.raises(ProgramLimitExceeded):
            bound("select " + ", ".join(f"${at + 1}::int" for at in range(count)))
    assert (
        len(bound("select " + ", ".join(f"${at + 1}::text" for at in range(15))).parameters) == 15
    )
    with pytest.raises(ProgramLimitExceeded):
        bound("select " + ", ".join(f"${at + 1}::text" for at in range(16)))
