"""Selecting cases: expressions, flags, shares."""

from __future__ import annotations

import pytest

from conformance.library import Fixture
from conformance.selection import select
from wasm_interp.errors import InputError


def ids(fixtures: list[Fixture]) -> set[str]:
    return {fixture.id for fixture in fixtures}


def chosen(smoke: list[Fixture], expression: str) -> set[str]:
    return ids(select(smoke, expression, "1/1"))


def test_words_and_operators(smoke: list[Fixture]) -> None:
    everything = ids(smoke)
    trees = chosen(smoke, "word_tree")
    assert trees == {id_ for id_ in everything if "word_tree" in id_}
    assert chosen(smoke, "not word_tree") == everything - trees
    assert chosen(smoke, "word_tree and not open") == {t for t in trees if "open" not in t}
    assert chosen(smoke, "word_tree/open or step") == {
        id_ for id_ in everything if "word_tree/open" in id_ or "step" in id_
    }
    assert chosen(smoke, "not (word_tree or step)") == {
        id_ for id_ in everything if "word_tree" not in id_ and "step" not in id_
    }
    # `and` binds before `or`, `not` before both.
    assert chosen(smoke, "step or word_tree and open") == chosen(
        smoke, "step or (word_tree and open)"
    )
    assert chosen(smoke, "not step and word_tree") == trees
    assert chosen(smoke, "") == chosen(smoke, "  ") == everything


def test_flags(smoke: list[Fixture]) -> None:
    found = chosen(smoke, "flag:order and ordered_map")
    assert found == {f.id for f in smoke if "order" in f.flags and f.format.name == "ordered_map"}
    assert found


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shares_are_disjoint_and_complete(smoke: list[Fixture], shards: int) -> None:
    shares = [select(smoke, "", f"{number}/{shards}") for number in range(1, shards + 1)]
    assert sum(map(len, shares)) == len(smoke)
    assert set.union(*map(ids, shares)) == ids(smoke)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    "expression",
    ["and", "word_tree and", "or x", "not", "(", ")", "(x", "x)", "x y", "x !", "()", "x and or y"],
)
def test_a_malformed_expression(smoke: list[Fixture], expression: str) -> None:
    with pytest.raises(InputError, match=r"out of place|missing"):
        select(smoke, expression, "1/1")


def test_an_expression_without_end(smoke: list[Fixture]) -> None:
    for expression in ("(" * 999, "not " * 249, "x" * 1_001):
        with pytest.raises(InputError):
            select(smoke, expression, "1/1")


def test_nothing_chosen(smoke: list[Fixture]) -> None:
    with pytest.raises(InputError, match="no case is meant by 'nonsense'"):
        select(smoke, "nonsense", "1/1")


@pytest.mark.parametrize(
    "shard", ["", "1", "0/2", "3/2", "a/b", "1/2/3", "-1/2", "1/99999999999", "²/3"]
)
def test_a_malformed_share(smoke: list[Fixture], shard: str) -> None:
    with pytest.raises(InputError, match="is no share"):
        select(smoke, "", shard)
