"""Every numeric instruction on every pair of edge operands: the contract computes as the rules do.

The expected values are those of `wasm_interp.rules.integer`, by way of the machine: what the
official suite and wasmtime agree with. The claim is the state that the machine comes to, so that
the contract's arithmetic has no other way to be accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from bisection.calldata import StepProof
from bisection.errors import OperandOutOfRange
from bisection.verifier.transition import push_operand, trapped
from bisection.witness import prove_step
from merkle import Hash32
from tests.bisection.machines import standing
from tests.cross_check.both import Both
from wasm_interp import State, TrapCode
from wasm_interp.instructions import INSTRUCTIONS, Family, Instruction, Shape, Word
from wasm_interp.opcodes import OPCODES, ValueType
from wasm_interp.rules.trap import Trap

NUMERIC = [row for row in INSTRUCTIONS.values() if row.family is Family.NUMERIC]
PREVIOUS_AT = 48
"""Where the operands' part of a witness is: behind half a leaf of code, and a sibling."""
BATCH = 4


def bits_of(row: Instruction) -> int:
    return 32 if OPCODES[row.code].pops[0] is ValueType.I32 else 64


def edges(bits: int) -> tuple[int, ...]:
    """Return operands at which arithmetic of ``bits`` bits tends to go wrong."""
    least = 1 << (bits - 1)
    mask = (1 << bits) - 1
    return (
        *(0, 1, 2, 7, bits - 1, bits, bits + 1),
        *(0x80, 0xFF, 0x7FFF, 0x8000, least - 1, least, least + 1),
        *(mask - 1, mask),
        # What a narrower or a wider type would make something else of.
        *((2**31, 2**32 - 1, 2**32, 2**63 - 1) if bits == 64 else (0x8765_4321,)),
    )


def cases(row: Instruction) -> Iterator[tuple[int, ...]]:
    values = edges(bits_of(row))
    return product(values, repeat=2 if row.shape is Shape.BINARY else 1)


def after_step(
    before: State, row: Instruction, previous: Hash32, operands: tuple[int, ...]
) -> State:
    """Return the state after a numeric step, by its rule alone. Spec: S-9, I-3, M-13."""
    spent = replace(before, fuel=before.fuel - 1)
    try:
        result = row.rule(*operands, **row.params)
    except Trap as trap:
        return trapped(spent, trap.code)
    return replace(spent, pc=before.pc + 1, stack=push_operand(previous, result))


def claims(row: Instruction) -> Iterator[tuple[tuple[int, ...], StepProof, State]]:
    """Yield operands, the claim that the instruction makes of them what its rule does, and that."""
    machine = standing(Word(row.code), (0,) * len(OPCODES[row.code].pops))
    honest = prove_step(machine)
    before = machine.state()
    code_path, previous = honest.witness[:PREVIOUS_AT], Hash32(honest.witness[48:80])
    for operands in cases(row):
        stack = previous
        for operand in operands:
            stack = push_operand(stack, operand)
        state = replace(before, stack=stack)
        after = after_step(state, row, previous, operands)
        shown = previous + b"".join(operand.to_bytes(8, "big") for operand in operands)
        proof = StepProof(
            pre_state=state.encode(),
            op=honest.op,
            witness=code_path + shown,
            post_state=after.hash(),
        )
        yield operands, proof, after


@pytest.mark.parametrize("first", range(0, len(NUMERIC), BATCH))
def test_the_contract_computes_as_the_rules_do(both: Both, first: int) -> None:
    for row in NUMERIC[first : first + BATCH]:
        for operands, proof, after in claims(row):
            assert both.agreed(proof.calldata(), f"{row.name}{operands}") == after


def test_claims_are_those_of_machines() -> None:
    """The states that this file makes up are what a machine with these operands is in."""
    for row in NUMERIC:
        for operands, proof, _ in list(claims(row))[:: 37 if row.shape is Shape.BINARY else 3]:
            assert prove_step(standing(Word(row.code), operands)) == proof


def test_edges_meet_both_traps_and_results_of_all_kinds() -> None:
    results = [after for row in NUMERIC for _, _, after in claims(row)]
    traps = {after.trap for after in results}
    assert traps == {TrapCode.NONE, TrapCode.DIVIDE_BY_ZERO, TrapCode.INTEGER_OVERFLOW}
    assert len(results) > 15_000
    assert len({after.stack for after in results}) > 700


@pytest.mark.parametrize("row", NUMERIC[::7], ids=lambda row: row.name)
def test_a_wrong_result_is_refused(both: Both, row: Instruction) -> None:
    for operands, proof, after in list(claims(row))[::19]:
        for wrong in (replace(after, stack=push_operand(after.stack, 1)), replace(after, fuel=0)):
            claim = replace(proof, post_state=wrong.hash())
            assert not isinstance(both.agreed(claim.calldata(), f"{operands}"), State)


def test_operands_of_too_many_bits(both: Both) -> None:
    """No i32 has more than 32 bits in a reachable state; if one has, both say so. Spec: V-16."""
    for row in NUMERIC:
        if bits_of(row) == 64:
            continue
        count = len(OPCODES[row.code].pops)
        for operands in ((2**32, 0), (5, 2**63), (2**64 - 1, 2**32), (2**33, 1)):
            if max(operands[:count]) >= 2**32:
                refusal = both.agreed(with_operands(row, operands[:count]), f"{row.name}{operands}")
                assert isinstance(refusal, OperandOutOfRange)
                lower, *_ = (operand for operand in operands if operand >= 2**32)
                assert (refusal.operand, refusal.bits) == (lower, 32)


def with_operands(row: Instruction, operands: tuple[int, ...]) -> bytes:
    """Return a call with any operands on the stack, and a claim that fits others."""
    honest = prove_step(standing(Word(row.code), (1,) * len(operands)))
    record = standing(Word(row.code), operands).state().encode()
    shown = b"".join(operand.to_bytes(8, "big") for operand in operands)
    witness = honest.witness[: PREVIOUS_AT + 32] + shown
    return replace(honest, pre_state=record, witness=witness).calldata()
