"""Unique keys that a predicate pins by equality."""

from __future__ import annotations

import pytest

from sqlstore.plan.keys_pinned import pinned_columns, pins_unique_key
from sqlstore.plan.statements import Select
from tests.sqlstore.bind.tables import bound, game

UNITS = game().by_name["units"]


@pytest.mark.parametrize(
    ("where", "columns", "pinned"),
    [
        ("id = 5", {0}, True),
        ("5 = id", {0}, True),
        ("x = 1 and $1 = y", {2, 3}, True),
        ("x = 1 and y > 1", {2}, False),
        ("id = hp", set(), False),
        ("id <> 1", set(), False),
        ("alive and not alive", {5}, False),
        ("x = 1 or y = 1", set(), False),
        ("id = 1.5", set(), False),
        ("id = (select max(v.id) from units v where v.x = units.x)", set(), False),
    ],
)
def test_columns_equal_to_what_is_known_are_pinned(
    where: str, columns: set[int], pinned: bool
) -> None:
    body = bound(f"select id from units where {where}").body
    assert isinstance(body, Select)
    predicate = body.relation.predicate  # type: ignore[union-attr]
    assert pinned_columns(predicate, 0) == columns
    assert pins_unique_key(UNITS, predicate, 0) is pinned


def test_nothing_is_pinned_without_a_predicate() -> None:
    assert not pins_unique_key(UNITS, None, 0)
