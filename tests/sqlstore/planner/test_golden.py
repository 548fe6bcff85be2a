"""Every plan of the golden file, as it is printed and as it is carried out."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlstore.bind import read_queries
from sqlstore.execute import Failed, attempt
from sqlstore.planner import explain_data, plan
from sqlstore.types import Kind
from tests.sqlstore.planner.build import plan_naively, stored
from tests.sqlstore.planner.golden_plans import GOLDEN, PLANS, plans, schema

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

    from merkle.ordered_map import OrderedMap
    from sqlstore.plan.statements import Statement
    from sqlstore.types import Value

SCHEMA = schema()
QUERIES = {one.name: one for one in read_queries((GOLDEN / "queries.sql").read_text(), SCHEMA)}
SMALL = st.integers(0, 3)


def test_plans_are_those_of_the_golden_file() -> None:
    written = dict(_by_name(PLANS.read_text()))
    for name, text in plans().items():
        assert text.strip() == written.pop(name), name
    assert not written


def _by_name(text: str) -> list[tuple[str, str]]:
    return [(one.split(" ", 1)[0], one.strip()) for one in text.split("\n\n")]


@pytest.mark.parametrize("name", QUERIES)
def test_a_plan_is_json_with_the_same_steps(name: str) -> None:
    planned = plan(QUERIES[name], SCHEMA)
    data = json.loads(json.dumps(explain_data(planned, SCHEMA)))
    assert data["operations_max"] == planned.operations_max
    tables = Counter(_tables(data))
    lines = plans()[name].splitlines()
    assert tables == Counter(
        line.split()[0] for line in lines if " by " in line and ", at most " in line
    )


def _tables(data: object) -> list[str]:
    """Return the tables of all scans in JSON."""
    match data:
        case {"step": "scan", "table": str(table)}:
            return [table]
        case dict():
            return [one for value in data.values() for one in _tables(value)]
        case list():
            return [one for value in data for one in _tables(value)]
        case _:
            return []


@st.composite
def contents(draw: st.DrawFn) -> OrderedMap:
    """Draw rows, most of which refer to rows that are there."""

    def rows(
        name: str, *columns: st.SearchStrategy[Value], unique: tuple[tuple[int, ...], ...]
    ) -> tuple[object, list[tuple[Value, ...]]]:
        found = draw(st.lists(st.tuples(*columns), max_size=5))
        for key in unique:
            found = list({tuple(row[at] for at in key): row for row in found}.values())
        return SCHEMA.by_name[name], found

    names = st.sampled_from(["a", "ab", "b", ""])
    null = st.none()
    return stored(
        [
            rows("players", SMALL, names, null | SMALL, SMALL, unique=((1,), (0,))),
            rows("kinds", SMALL, names, SMALL, unique=((0,),)),
            rows(
                "units",
                SMALL,
                SMALL,
                null | SMALL,
                SMALL,
                SMALL,
                null | st.sampled_from([0, 1, 3, 60]),
                st.booleans(),
                unique=((3, 4), (0,)),
            ),
            rows("moves", SMALL, SMALL, null | names, unique=((0, 1),)),
        ]  # type: ignore[arg-type]
    )


def arguments(statement: Statement) -> st.SearchStrategy[tuple[Value, ...]]:
    """Draw arguments, some of them out of reach."""
    by_kind: dict[Kind, st.SearchStrategy[Value]] = {
        Kind.TEXT: st.sampled_from(["a", "b", "x"]),
        Kind.VARCHAR: st.sampled_from(["a", "b"]),
    }
    numbers = st.sampled_from([0, 1, 1, 2, 3, 5])
    return st.tuples(*(by_kind.get(one.type.kind, numbers) for one in statement.parameters))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(QUERIES)), contents(), st.data())
def test_a_planned_statement_does_what_it_says(
    name: str, rows: OrderedMap, data: DataObject
) -> None:
    statement = QUERIES[name]
    given_arguments = data.draw(arguments(statement))
    planned = plan(statement, SCHEMA)
    wanted = attempt(plan_naively(statement), SCHEMA, rows, given_arguments)
    found = attempt(planned, SCHEMA, rows, given_arguments)
    if isinstance(found, Failed) or isinstance(wanted, Failed):
        assert isinstance(found, Failed)
        assert isinstance(wanted, Failed)
        assert type(found.error) is type(wanted.error)
        return
    assert len(found.operations) <= planned.operations_max
    assert found.rows.root == wanted.rows.root
    if "ORDER BY" in statement.text:
        assert found.outputs == wanted.outputs
    else:
        assert Counter(found.outputs) == Counter(wanted.outputs)
