"""Price a whole dispute: ``python -m bench.dispute``.

A turn of 2^24 steps, and in it the dearest plain step, an ``i64.store`` across the two leaves in
the middle of 256 pages. The run writes to the 64 KiB around there and to nothing else. The last
line is one JSON object:

- ``arity``: the k with the least gas, which the figures that follow are for;
- ``rounds``; ``total_gas``: what both sides are charged, from the opening to the verdict, with the
  floor of EIP-7623 in every transaction, deployment excluded (bar: 1,000,000);
- ``honest_cpu_vs_run``: the CPU time of all hashes of all rounds and of the witness, of the side
  that needs more, over one plain run on the compiled tier (bar: 4); of each side;
- ``total_gas_largest_code``: a bound of the gas for a program of 2^20 instructions;
- ``wall_s_py_evm``, ``wall_s_anvil``: both sides and the chain in one process, from the opening
  to the verdict;
- ``by_arity``: the same for every k.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from bench.dispute import chain, cpu, scene
from bisection.game import Side

ARITIES: Final = (2, 4, 8, 16, 32, 64)


def main() -> None:
    """Print a table and, last, the figures as one JSON object."""
    run_s = cpu.run_seconds()
    print(f"one run: {run_s:.3f} s of CPU; the disputed step is {scene.dearest_step():,}")
    print(
        " k  rounds  transactions   total gas  asserter  challenger     CPU: asserter  challenger"
    )
    rows = [measure(arity, run_s) for arity in ARITIES]
    best = min(rows, key=lambda row: row["total_gas"])
    on_anvil = chain.price(best["arity"], evm="anvil")
    assert on_anvil.total_gas == best["total_gas"], "py-evm and anvil count gas alike"
    print(
        json.dumps(
            {
                "arity": best["arity"],
                "rounds": best["rounds"],
                "total_gas": best["total_gas"],
                "total_gas_largest_code": best["largest_code_gas"],
                "honest_cpu_vs_run": max(best["asserter_cpu"], best["challenger_cpu"]),
                "asserter_cpu_vs_run": best["asserter_cpu"],
                "challenger_cpu_vs_run": best["challenger_cpu"],
                "wall_s_py_evm": best["wall_s"],
                "wall_s_anvil": on_anvil.wall_s,
                "run_s": round(run_s, 3),
                "disputed_step": scene.dearest_step(),
                "by_arity": rows,
            }
        )
    )


def measure(arity: int, run_s: float) -> dict[str, Any]:
    """Return the figures of one k, and print them."""
    paid = chain.price(arity, evm="py-evm")
    cpus = {side: round(cpu.side_seconds(side, arity=arity) / run_s, 2) for side in Side}
    print(
        f"{arity:2} {paid.rounds:7} {paid.transactions:13} {paid.total_gas:11,} "
        f"{paid.asserter_gas:9,} {paid.challenger_gas:11,} {cpus[Side.ASSERTER]:17.2f} "
        f"{cpus[Side.CHALLENGER]:11.2f}",
        flush=True,
    )
    return {
        "arity": arity,
        **asdict(paid),
        "asserter_cpu": cpus[Side.ASSERTER],
        "challenger_cpu": cpus[Side.CHALLENGER],
    }


if __name__ == "__main__":
    main()
