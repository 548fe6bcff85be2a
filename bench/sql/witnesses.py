"""The steps of a statement that are row operations: witnesses, and what they cost to verify."""

from __future__ import annotations

from typing import Any

from bench.gas.meter import instruction_name, open_meter
from bench.sql.turns import is_row_operation, message, program, rows_of
from bench.sql.workload import STATEMENTS
from bisection.witness import prove_step


def priced(count: int) -> list[dict[str, Any]]:
    """Return bytes and gas of each row operation of each statement over ``count`` rows."""
    found = []
    with open_meter() as meter:
        for name in STATEMENTS:
            machine = program().start(rows_of(count), message(name, 1, count=count))
            while machine.running:
                if is_row_operation(machine):
                    proof = prove_step(machine)
                    price = meter.price(proof)
                    found.append(
                        {
                            "operation": f"{name} {instruction_name(proof).removeprefix('db.')}",
                            "rows": count,
                            "witness_bytes": price.witness_bytes,
                            "total_gas": price.total_gas,
                            "charged_gas": price.charged_gas,
                        }
                    )
                machine.step()
    return found
