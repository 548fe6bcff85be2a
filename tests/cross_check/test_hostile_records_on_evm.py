"""Records that no machine reaches, and any bytes at all: contract and twin still say the same.

The strategies are those of `tests.bisection.test_hostile_records`: records, trees and operands are
drawn, and only their hashes fit, so that every rule is reached with numbers that validated code
never has.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bisection.calldata import StepProof
from bisection.verifier.one_step import step
from bisection.witness import WitnessRecorder, prove_step
from merkle import ZERO_HASH, ChannelsError, Hash32
from tests.bisection.machines import scenarios
from tests.bisection.test_hostile_records import Pretender, examples, hostile
from tests.cross_check.both import Both
from wasm_interp import State
from wasm_interp.state import RECORD_BYTES


def claim_of(case: tuple[State, bytes, Pretender]) -> StepProof:
    """Return the claim that a hostile record leads where its step does, or to zero if nowhere."""
    state, op, pretender = case
    recorder = WitnessRecorder(pretender)  # type: ignore[arg-type]
    try:
        after = step(state, op, recorder).hash()
    except ChannelsError:
        after = ZERO_HASH
    return StepProof(pre_state=state.encode(), op=op, witness=recorder.witness(), post_state=after)


@examples(400, nightly=60_000)
@given(case=hostile())
def test_hostile_records(both: Both, case: tuple[State, bytes, Pretender]) -> None:
    both.agreed(claim_of(case).calldata())


@examples(200, nightly=30_000)
@given(
    case=hostile(),
    at=st.integers(0, 2**16),
    bit=st.integers(0, 7),
    keep=st.one_of(st.none(), st.integers(0, 2_000)),
)
def test_hostile_records_with_a_witness_that_is_changed(
    both: Both, case: tuple[State, bytes, Pretender], at: int, bit: int, keep: int | None
) -> None:
    claim = claim_of(case)
    witness = bytearray(claim.witness[:keep])
    if witness:
        witness[at % len(witness)] ^= 1 << bit
    changed = StepProof(
        pre_state=claim.pre_state,
        op=claim.op,
        witness=bytes(witness),
        post_state=claim.post_state,
    )
    both.agreed(changed.calldata())


@examples(200, nightly=30_000)
@given(
    record=st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES),
    op=st.one_of(st.just(bytes(16)), st.binary(min_size=16, max_size=16)),
    witness=st.binary(max_size=600),
    header=st.booleans(),
)
def test_any_record_and_witness(
    both: Both, record: bytes, op: bytes, witness: bytes, header: bool
) -> None:
    if header:
        record = bytes([0, 0]) + record[2:26] + bytes([1, 2, 0, 3, 1, 1]) + record[32:]
    proof = StepProof(pre_state=record, op=op, witness=witness, post_state=Hash32(record[:32]))
    assert isinstance(both.agreed(proof.calldata()), ChannelsError)


@examples(200, nightly=30_000)
@given(
    name=st.sampled_from(sorted(scenarios())),
    witness=st.binary(max_size=200),
    keep=st.integers(0, 1_500),
)
def test_a_witness_with_any_end(both: Both, name: str, witness: bytes, keep: int) -> None:
    proof = prove_step(scenarios()[name], check=False)
    changed = StepProof(
        pre_state=proof.pre_state,
        op=proof.op,
        witness=proof.witness[:keep] + witness,
        post_state=proof.post_state,
    )
    answer = both.agreed(changed.calldata())
    assert isinstance(answer, State) == (changed == proof)


@examples(200, nightly=30_000)
@given(data=st.binary(max_size=1_200), selected=st.booleans())
def test_any_calldata(both: Both, data: bytes, selected: bool) -> None:
    calldata = prove_step(scenarios()["drop"], check=False).calldata()[:4] + data
    assert isinstance(both.agreed(calldata if selected else data), ChannelsError)
