"""Golden figures: what fixed cases cost, so that a change of gas shows in review.

Every instruction at the usual and the greatest size, every operation on one of 10,000 rows, and
the search for the worst. Figures are py-evm's, the same on every machine. Not here: the game, and
the search for the dearest of 10,000 rows (`bench.gas.cases`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from bench.gas import plain, rows
from bench.gas.cases import priced
from bench.gas.machines import LARGE, USUAL, Bench
from bench.gas.meter import Meter, Priced, open_meter

FIGURES: Final = ("witness_bytes", "exec_gas", "total_gas")


def prices(meter: Meter) -> Iterator[Priced]:
    """Price the fixed cases."""
    key = rows.all_keys()[rows.ROWS // 2]
    for size in (USUAL, LARGE):
        bench = Bench(size)
        yield from priced(meter, plain.steps(bench), where=size.name)
        yield from priced(meter, plain.messages(bench), where=size.name)
        for place in rows.PLACES:
            steps = rows.steps(bench, key, place=place)
            yield from priced(meter, steps, where=f"{size.name}, buffers {place}")
        if size is LARGE:
            yield from priced(meter, rows.long_values(bench), where=size.name)
            yield from priced(meter, rows.worst(bench), where=f"{size.name}, combs")


@cache
def gas() -> str:
    """Return the golden file: by size, by kind and case, one line each."""
    groups: dict[str, list[str]] = {}
    with open_meter() as meter:
        for one in prices(meter):
            row = {name: getattr(one.price, name) for name in FIGURES}
            line = f"  {json.dumps(f'{one.kind}: {one.operation}')}: {json.dumps(row)}"
            groups.setdefault(one.where, []).append(line)
    parts = (
        f" {json.dumps(where)}: {{\n" + ",\n".join(lines) + "\n }"
        for where, lines in groups.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


GAS: Final[dict[str, Callable[[], str]]] = {"tests/golden/gas.json": gas}
