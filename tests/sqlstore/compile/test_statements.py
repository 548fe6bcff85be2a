"""Random statements: compiled, they do what the executor does, operation by operation.

`fuzz.py` draws them, and goes on for as long as it is told to.
"""

from __future__ import annotations

import os
from collections import Counter

from tests.sqlstore.compile.fuzz import run

SEEDS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 8


def test_random_statements_do_what_the_executor_does() -> None:
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        run(seed, seen)
    done = {f"{kind}: done" for kind in ("Select", "Insert", "Update", "Delete")}
    assert done | {"Select: 22003", "Insert: 23505", "Update: 23502"} <= set(seen)
