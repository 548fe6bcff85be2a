"""Random schemas and statements against real PostgreSQL, for both back ends.

The same rows, in the same order where it is total, the same SQLSTATE, the same contents after every
statement; and the compiled program makes the executor's row operations, one by one. Daily 2,000
statements, nightly 20,000 and more.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.sqlstore.differential.compare import Example, Tally
from tests.sqlstore.differential.draws import Draws
from tests.sqlstore.differential.features import COMMON, RARE
from tests.sqlstore.differential.oracle import Oracle
from tests.sqlstore.differential.schemas import draw_schema
from tests.sqlstore.differential.statements import draw_statement

STATEMENTS = 20
"""In one example: what one writes, the next ones read."""

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EXAMPLES = 275 if NIGHTLY else 27
"""In one share. Of the statements drawn, some are refused (0A000) and not counted."""

SHARES = 4
"""Run side by side."""

REFUSED_SHARE_MAX = 0.08
UNLIKE_SHARE_MAX = 0.03
"""Of failures that depend on which row, or which part of a condition, is looked at first."""


def run_examples(
    conninfo: str, *, examples: int, first_seed: int, ascii_only: bool = False
) -> tuple[Tally, Counter[str]]:
    """Run as many examples as asked for; return what became of them and what was generated."""
    tally, seen = Tally(), Counter[str]()

    @seed(first_seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        # The random is one draw: there is nothing to shrink but the seed.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=True))
    def run(random: Random) -> None:
        draws = Draws(random, seen, ascii_only=ascii_only)
        tables = draw_schema(draws)
        example = Example(oracle, tables, tally)
        if example.begin():
            example.run_all([draw_statement(draws, tables) for _ in range(STATEMENTS)])

    with Oracle(conninfo) as oracle:
        run()
    return tally, seen


def check_tally(tally: Tally, *, least: int) -> None:
    """Check that what was run, what succeeded and what differed is in proportion."""
    refused = sum(tally.refused.values())
    assert tally.statements - refused >= least, tally
    assert tally.compiled >= 0.75 * tally.statements, tally
    assert tally.succeeded >= tally.statements / 2, tally
    assert refused <= REFUSED_SHARE_MAX * tally.statements, tally.refused
    unlike = tally.another_row_first + tally.evaluated_more
    assert unlike <= UNLIKE_SHARE_MAX * tally.statements, tally.examples


@pytest.mark.parametrize("share", range(SHARES))
def test_statements_do_what_postgresql_does(postgres: str, share: int) -> None:
    tally, seen = run_examples(postgres, examples=EXAMPLES, first_seed=share)
    check_tally(tally, least=500 if not NIGHTLY else 5_000)
    asked = COMMON | RARE if NIGHTLY else COMMON
    assert asked <= seen.keys(), f"never generated: {sorted(asked - seen.keys())}"
    assert seen.keys() <= COMMON | RARE, "every production is in the list"


def test_statements_do_what_pglite_does(pglite: str) -> None:
    tally, _ = run_examples(pglite, examples=EXAMPLES // 5, first_seed=99, ascii_only=True)
    check_tally(tally, least=80 if not NIGHTLY else 800)
