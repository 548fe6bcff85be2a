"""What both sides of a dispute pay, and how long it takes, on an EVM."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Final

from bench.dispute import scene
from bisection.game import Side
from channel.dispute.match import play_on_chain
from channel.dispute.report import DisputeReport, Entry
from solidity.evm import open_evm
from wasm_interp.profile import PROFILE_V1

LIE: Final = "wrong-midpoint"
SIBLING_GAS_MAX: Final = 32 * 40
"""What one more sibling in calldata can cost, at the floor of EIP-7623."""
CODE_DEPTH_MAX: Final = (PROFILE_V1.code_instructions_max // 2 - 1).bit_length()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A dispute's price from the opening to the verdict. ``total_gas`` is what is charged.

    ``step_gas`` is that of the proof. ``largest_code_gas`` is a bound for the same game about a
    program of 2^20 instructions, whose code has longer paths.
    """

    rounds: int
    transactions: int
    total_gas: int
    unfloored_gas: int
    asserter_gas: int
    challenger_gas: int
    step_gas: int
    largest_code_gas: int
    calldata_bytes: int
    wall_s: float


def price(arity: int, *, evm: str) -> Paid:
    """Play a whole dispute about the dearest step; return what it took."""
    times: list[float] = []

    def told(_: Entry) -> None:
        times.append(perf_counter())

    # The liar's run is false from the state after the store on.
    step = scene.dearest_step() + 1
    with open_evm(evm) as opened:
        report = play_on_chain(
            scene.case(), evm=opened, asserter=LIE, arity=arity, step=step, told=told
        )
    assert report.verdict.winner is Side.CHALLENGER
    assert report.deciding is not None
    assert report.deciding.step.index == scene.dearest_step()
    return _paid(report, wall_s=times[-1] - times[0])


def _paid(report: DisputeReport, *, wall_s: float) -> Paid:
    both = report.totals()
    depth = scene.program().code_tree.depth
    return Paid(
        rounds=report.rounds,
        transactions=both.transactions,
        total_gas=both.charged_gas,
        unfloored_gas=both.gas_used,
        asserter_gas=report.totals(Side.ASSERTER).charged_gas,
        challenger_gas=report.totals(Side.CHALLENGER).charged_gas,
        step_gas=report.entries[-1].charged_gas,
        largest_code_gas=both.charged_gas + (CODE_DEPTH_MAX - depth) * SIBLING_GAS_MAX,
        calldata_bytes=both.calldata_bytes,
        wall_s=round(wall_s, 2),
    )
