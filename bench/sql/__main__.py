"""SQL through the compiled program: ``python -m bench.sql``.

One statement a message, one message a turn, the root of the rows after each: the reducer of
`bench/sql/reducer`, on the compiled tier, which is the fastest for runs as short as these. Peers in
the same run: PGlite (Node, in memory, autocommit) and SQLite (in memory, Python's module,
autocommit), neither of which has a root. The last line is one JSON object:

- ``select_vs_pglite``, ``update_vs_pglite`` (aim 1.0), ``insert_vs_pglite``: turns a second over
  its statements a second, at 1,000 rows; ``…_vs_sqlite`` likewise;
- ``per_s``, ``pglite_per_s``, ``sqlite_per_s``: the rates themselves; ``by_rows``: ours at 10,000
  and 100,000 rows;
- ``statements``: ``steps``, ``row_operations`` and ``fuel`` of each;
- ``cold_start_ms``: from the bytes of the reducer to the end of the first message;
  ``pglite_cold_start_ms``: from nothing to PGlite's first answer;
- ``witnesses``: bytes and gas of the steps that are row operations, at 10,000 and 100,000 rows.
"""

from __future__ import annotations

import json

from bench.sql import peers, turns, witnesses
from bench.sql.workload import STATEMENTS

ROWS = 1_000
LARGER = (10_000, 100_000)


def main() -> None:
    """Print tables and, last, the figures as one JSON object."""
    ours = turns.rates(ROWS)
    pglite = peers.pglite(ROWS)
    sqlite = peers.sqlite(ROWS)
    print(f"{'statements a second':<24}" + "".join(f"{each:>10}" for each in STATEMENTS))
    by_rows = {str(rows): turns.rates(rows) for rows in LARGER}
    named = {"ours, 1,000 rows": ours, "PGlite": pglite.rates, "SQLite": sqlite}
    named |= {f"ours, {int(rows):,} rows": rates for rows, rates in by_rows.items()}
    for name, rates in named.items():
        cells = "".join(f"{rates[each]:>10,.0f}" for each in STATEMENTS)
        print(f"{name:<24}{cells}")
    priced = [one for rows in LARGER for one in witnesses.priced(rows)]
    print(f"\n{'row operation':<16}{'rows':>9}{'witness':>9}{'gas':>9}{'charged':>9}")
    for one in priced:
        print(
            f"{one['operation']:<16}{one['rows']:>9,}{one['witness_bytes']:>9,}"
            f"{one['total_gas']:>9,}{one['charged_gas']:>9,}"
        )
    figures = {
        f"{name}_vs_pglite": round(ours[name] / pglite.rates[name], 3) for name in STATEMENTS
    }
    figures |= {f"{name}_vs_sqlite": round(ours[name] / sqlite[name], 4) for name in STATEMENTS}
    print(
        json.dumps(
            figures
            | {
                "per_s": {name: round(rate) for name, rate in ours.items()},
                "pglite_per_s": {name: round(rate) for name, rate in pglite.rates.items()},
                "sqlite_per_s": {name: round(rate) for name, rate in sqlite.items()},
                "by_rows": by_rows,
                "statements": turns.work(ROWS),
                "cold_start_ms": round(turns.cold_start_ms(), 1),
                "pglite_cold_start_ms": round(pglite.cold_ms),
                "witnesses": priced,
            }
        )
    )


if __name__ == "__main__":
    main()
