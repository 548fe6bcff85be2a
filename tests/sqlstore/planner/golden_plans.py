"""The golden plans: `golden/plans.txt` explains each of `golden/queries.sql`.

``python -m tests.sqlstore.planner.golden_plans`` writes the file anew: a change of a plan is a
change of what statements do, to be read in the diff.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlstore.bind import read_queries, read_schema
from sqlstore.planner import explain, plan

if TYPE_CHECKING:
    from sqlstore.schema import Schema

GOLDEN = Path(__file__).parent / "golden"
PLANS = GOLDEN / "plans.txt"


def schema() -> Schema:
    return read_schema((GOLDEN / "schema.sql").read_text())


def plans() -> dict[str, str]:
    """Return what `explain` prints of each query, by its name."""
    tables = schema()
    queries = read_queries((GOLDEN / "queries.sql").read_text(), tables)
    return {one.name: explain(plan(one, tables), tables) for one in queries}


if __name__ == "__main__":
    PLANS.write_text("\n".join(plans().values()))
