"""The price of a step: golden figures, the cases that they are of, and the bars that they keep.

That the file is up to date, tests/test_generated.py says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bench.gas import plain, rows
from bench.gas.__main__ import KINDS, NOT_PLAIN
from bench.gas.cases import sample_keys
from bench.gas.golden import FIGURES
from bench.gas.machines import LARGE, SIZES, USUAL, Bench, filling
from bench.gas.meter import Price, kind_of, open_meter, summary
from bisection.calldata import StepProof
from bisection.witness import prove_step
from merkle import Hash32, OrderedMap
from merkle.map_proofs import Member
from merkle.seek_proofs import Between
from solidity.gas import TRANSACTION_GAS
from tools.generate import ROOT
from wasm_interp.instructions import INSTRUCTIONS

GOLDEN = json.loads((ROOT / "tests" / "golden" / "gas.json").read_text())
PLAIN_MAX = 80_000
ROW_MAX = 130_000
WORST_MAX = 1_500_000


@cache
def usual() -> Bench:
    return Bench(USUAL)


def proofs() -> Iterator[tuple[str, StepProof]]:
    for name, machine in (*plain.steps(usual()), *plain.messages(usual())):
        yield name, prove_step(machine)
    for name, machine in rows.steps(usual(), rows.all_keys()[0], place="across"):
        yield name, prove_step(machine)


def depth(held: OrderedMap, key: bytes) -> int:
    proof = held.prove_get(key)
    assert isinstance(proof, Member)
    return len(proof.branches)


def cases() -> Iterator[tuple[str, str, dict[str, int]]]:
    for where, group in GOLDEN.items():
        for name, row in group.items():
            yield where, name, row


def test_golden_plain_steps_keep_their_bar_at_every_size() -> None:
    totals = {
        (where, name): row["total_gas"]
        for where, name, row in cases()
        if name.split(":")[0] not in NOT_PLAIN
    }
    assert {where for where, _ in totals} == {USUAL.name, LARGE.name}
    assert max(totals.values()) <= PLAIN_MAX


def test_golden_rows_keep_their_bar() -> None:
    totals = {
        (where, name): row["total_gas"]
        for where, name, row in cases()
        if name.startswith("db ") and "buffers" in where
    }
    assert len(totals) == 48
    assert max(totals.values()) <= ROW_MAX


def test_the_golden_worst_keeps_its_bar() -> None:
    assert max(row["total_gas"] for _, _, row in cases()) <= WORST_MAX


def test_golden_figures_are_of_every_instruction_at_both_sizes() -> None:
    for size in (USUAL, LARGE):
        there = {
            name.split(": ")[1].split(",")[0]
            for where, group in GOLDEN.items()
            if where.startswith(size.name)
            for name in group
        }
        for row in INSTRUCTIONS.values():
            assert row.name in there, (size.name, row.name)
    for where, name, row in cases():
        assert tuple(row) == FIGURES, (where, name)
        assert row["total_gas"] > TRANSACTION_GAS + row["exec_gas"], (where, name)


def test_every_step_is_of_a_kind_that_tables_show() -> None:
    kinds = {name: kind_of(proof) for name, proof in proofs()}
    assert set(kinds.values()) == set(KINDS)
    assert kinds["i64.store, two leaves"] == "store"
    assert kinds["return"] == "call"
    assert kinds["select"] == "control"
    assert kinds["db.seek_back, strict"] == "db seek"
    assert kinds["stopped: out of fuel"] == "stopped"


def test_a_proof_that_the_verifier_refuses_has_no_price() -> None:
    proof = prove_step(usual().standing("drop"))
    wrong = replace(proof, post_state=Hash32(bytes(32)))
    with open_meter() as meter:
        price = meter.price(proof)
        assert price.witness_bytes == 320 + 16 + len(proof.witness)
        assert price.total_gas == TRANSACTION_GAS + price.calldata_gas + price.exec_gas
        assert price.charged_gas > price.total_gas
        row = GOLDEN[USUAL.name]["control: drop"]
        assert row == {name: getattr(price, name) for name in FIGURES}
        with pytest.raises(AssertionError, match="refuses"):
            meter.price(wrong)


def test_a_summary_gives_a_median_that_occurred() -> None:
    def price(gas: int) -> Price:
        facts: dict[str, Any] = dict.fromkeys(("witness_bytes", "calldata_gas", "charged_gas"), 0)
        return Price(**facts, exec_gas=gas, total_gas=gas + TRANSACTION_GAS)

    told = summary(price(gas) for gas in (7, 1, 5, 3))
    assert told["count"] == 4
    assert told["exec_gas"] == {"min": 1, "median": 3, "max": 7}
    assert told["total_gas"]["median"] == TRANSACTION_GAS + 3


def test_the_comb_has_the_longest_paths_that_there_are() -> None:
    comb = rows.comb(rows.LESSER, rows.GREATER)
    assert depth(comb, rows.LESSER) == 719
    seek = comb.prove_seek(rows.LESSER, True)
    assert isinstance(seek, Between)
    counts = [len(seek.before.branches), len(seek.after.branches), len(seek.shared)]
    assert counts == [718, 639, 0]


def test_buffers_across_the_middle_share_no_subtree() -> None:
    bench = usual()
    for length, siblings in ((2, 20), (80, 19)):
        address = bench.across(length)
        assert address < bench.middle < address + length
        first, last = address // 32, (address + length - 1) // 32
        window = bench.program.memory_tree.window(first, last - first + 1)
        assert len(window.siblings) == siblings


def test_the_sample_of_keys_holds_the_one_with_the_longest_proof() -> None:
    sample = list(sample_keys())
    held = rows.ten_thousand()
    assert len(held) == rows.ROWS
    longest = max(depth(held, key) for key in rows.all_keys())
    assert longest == max(depth(held, key) for key in sample)
    assert len(sample) > 5


def test_sizes_are_those_that_the_profile_allows() -> None:
    assert len({size.name for size in SIZES}) == 4
    assert b"\0" not in filling("anything", 4_096)
    state = usual().standing("drop").state()
    assert (state.code_depth, state.memory_depth) == (10, 11)
