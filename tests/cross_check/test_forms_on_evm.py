"""Calls that are cut, lengthened, or put together from several: contract and twin refuse alike.

Not here: single bits (`test_flips_on_evm`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise

import pytest

from bisection.calldata import SELECTOR, WITNESS_AT, StepProof, abi_word
from bisection.errors import (
    CalldataNotCanonical,
    PostStateMismatch,
    UnknownSelector,
    WitnessLengthMismatch,
)
from bisection.witness import prove_step, prove_steps
from merkle import ChannelsError, keccak256
from merkle.errors import RootMismatch
from solidity.evm import EVM_NAMES
from tests.bisection.machines import scenarios
from tests.bisection.test_flips import FIRST_OF_EACH
from tests.cross_check.both import Both, opened
from tests.cross_check.runs import GAMES
from tests.solidity.evms import ALICE
from wasm_interp import State

KINDS = list(FIRST_OF_EACH.values())
BATCHES = 8
RICH = [
    *("i32.add", "call_indirect", "return", "i64.store: across leaves", "local.set"),
    *("db.get: found", "db.put: insert", "db.delete: present", "db.seek: between"),
    *("channel.message_read", "memory.grow: by 1", "stopped: halted"),
]
"""Scenarios whose witnesses have every part that there is."""


def proof_of(name: str) -> StepProof:
    return prove_step(scenarios()[name], check=False)


def refused(both: Both, calldata: bytes, what: str) -> ChannelsError:
    answer = both.agreed(calldata, what)
    assert isinstance(answer, ChannelsError), what
    return answer


# -- shorter and longer ----------------------------------------------------------------------------


def assert_truncations_are_refused(both: Both, name: str) -> None:
    calldata = proof_of(name).calldata()
    for length in range(len(calldata)):
        answer = refused(both, calldata[:length], f"{name}, cut to {length} bytes")
        assert isinstance(answer, UnknownSelector if length < 4 else CalldataNotCanonical)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_truncation(both: Both, batch: int) -> None:
    for name in KINDS[batch::BATCHES]:
        assert_truncations_are_refused(both, name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", scenarios())
def test_every_truncation_of_everything(both: Both, name: str) -> None:
    assert_truncations_are_refused(both, name)


@pytest.mark.parametrize("fill", [b"\0", b"\x01", b"\xff"], ids=["zeros", "ones", "all bits"])
def test_extensions_by_1_to_64_bytes(both: Both, fill: bytes) -> None:
    for name in RICH:
        calldata = proof_of(name).calldata()
        for more in range(1, 65):
            answer = refused(both, calldata + fill * more, f"{name} and {more} bytes")
            assert isinstance(answer, CalldataNotCanonical)


def test_junk_in_the_padding_and_behind_it(both: Both) -> None:
    for name in RICH:
        proof = proof_of(name)
        calldata = proof.calldata()
        for at in range(WITNESS_AT + len(proof.witness), len(calldata)):
            for byte in (0x01, 0x80, 0xFF):
                changed = calldata[:at] + bytes([byte]) + calldata[at + 1 :]
                assert isinstance(refused(both, changed, name), CalldataNotCanonical)
        assert isinstance(refused(both, calldata + calldata, name), CalldataNotCanonical)


def test_longer_and_shorter_witnesses(both: Both) -> None:
    for name in scenarios():
        proof = proof_of(name)
        for more in (b"\0", b"\x01", bytes(31), bytes(32), proof.pre_state):
            longer = replace(proof, witness=proof.witness + more)
            answer = refused(both, longer.calldata(), f"{name} and {len(more)} bytes")
            assert isinstance(answer, WitnessLengthMismatch)
            assert answer.expected == len(proof.witness)
        for fewer in (1, 8, 32, len(proof.witness)):
            if proof.witness:
                shorter = replace(proof, witness=proof.witness[:-fewer])
                refused(both, shorter.calldata(), f"{name} without {fewer} bytes")


# -- encodings that are not canonical --------------------------------------------------------------

PLACES = {
    "offset of preState": 4,
    "offset of op": 36,
    "offset of witness": 68,
    "length of preState": 132,
    "length of op": 484,
    "length of witness": 548,
}


def numbers_beside(value: int) -> Iterator[int]:
    """Yield other numbers that careless arithmetic may take for ``value``."""
    for shift in (8, 32, 64, 128, 160, 192, 224, 248, 255):
        yield value + (1 << shift) & 2**256 - 1
    for distance in (1, 4, 31, 32, 64):
        yield value + distance
        yield (value - distance) & 2**256 - 1
    yield from (0, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 2**128, 2**255, 2**256 - 1)
    yield (-value) & 2**256 - 1


@pytest.mark.parametrize("place", PLACES)
def test_other_offsets_and_lengths(both: Both, place: str) -> None:
    at = PLACES[place]
    for name in RICH:
        calldata = proof_of(name).calldata()
        value = int.from_bytes(calldata[at : at + 32], "big")
        for other in numbers_beside(value):
            if other == value:
                continue
            changed = calldata[:at] + abi_word(other) + calldata[at + 32 :]
            answer = refused(both, changed, f"{name}, {place} is {other:#x}")
            # A witness whose length differs by less than the padding is another witness.
            assert isinstance(answer, CalldataNotCanonical) or place == "length of witness"


def test_the_same_parts_in_another_order_of_the_abi(both: Both) -> None:
    # A decoder of the ABI would take both: witness first, and op without its own copy of zeros.
    proof = proof_of("local.set")
    parts = [proof.pre_state, proof.op, proof.witness]
    bodies = [abi_word(len(part)) + part + bytes(-len(part) % 32) for part in parts]
    head = 128
    for order in ((2, 0, 1), (0, 2, 1), (1, 0, 2)):
        offsets, tail = {}, b""
        for part in order:
            offsets[part] = head + len(tail)
            tail += bodies[part]
        words = b"".join(abi_word(offsets[part]) for part in range(3))
        calldata = SELECTOR + words + proof.post_state + tail
        assert isinstance(refused(both, calldata, str(order)), CalldataNotCanonical)


def test_every_flip_of_the_selector(both: Both) -> None:
    calldata = proof_of("drop").calldata()
    for bit in range(32):
        other = (int.from_bytes(SELECTOR, "big") ^ 1 << bit).to_bytes(4, "big")
        answer = refused(both, other + calldata[4:], f"bit {bit}")
        assert isinstance(answer, UnknownSelector)
        assert answer.selector == other


def test_empty_and_short_calldata(both: Both) -> None:
    for length in range(5):
        for data in (bytes(length), SELECTOR[:length].ljust(length, b"\0"), b"\xff" * length):
            refused(both, data, f"{length} bytes")


@pytest.mark.parametrize("name", EVM_NAMES)
def test_value_is_refused(name: str) -> None:
    with opened(name) as contract:
        evm = contract.evm
        evm.fund(ALICE, 10)
        for data in (proof_of("drop").calldata(), b"", b"\1\2\3\4"):
            receipt = evm.send(contract.address, data, sender=ALICE, value=1)
            assert (receipt.reverted, receipt.output) == (True, b"")
        good = evm.send(contract.address, proof_of("drop").calldata(), sender=ALICE)
        assert not good.reverted
        assert (evm.balance(ALICE), evm.balance(contract.address)) == (10, 0)


# -- parts of several proofs -----------------------------------------------------------------------


def test_parts_of_the_next_step(both: Both) -> None:
    machine = next(GAMES[0].machines())
    machine.run(60)
    proofs = list(islice(prove_steps(machine), 400))
    for one, other in pairwise(proofs):
        for part in ("pre_state", "op", "witness", "post_state"):
            mixed = replace(one, **{part: getattr(other, part)})
            if mixed != one:
                refused(both, mixed.calldata(), f"{one} with the {part} of {other}")
        swapped = replace(one, post_state=keccak256(one.pre_state))
        refused(both, swapped.calldata(), f"{one} leads nowhere")


def test_the_witness_of_another_step(both: Both) -> None:
    others = [proof_of(name) for name in RICH]
    for name in KINDS:
        proof = proof_of(name)
        for other in others:
            if other.witness != proof.witness:
                mixed = replace(proof, witness=other.witness)
                refused(both, mixed.calldata(), f"{name} with a witness of {other}")


def test_other_words_in_a_witness(both: Both) -> None:
    """Every 32 bytes are replaced by zeros, by their hash, and by those behind them."""
    for name in RICH:
        proof = proof_of(name)
        witness = proof.witness
        for at in range(16, len(witness) - 32, 32):
            word, following = witness[at : at + 32], witness[at + 32 : at + 64]
            words = (bytes(32), keccak256(word), following.ljust(32, b"\0"), word[::-1])
            for other in words:
                if other != word:
                    changed = witness[:at] + other + witness[at + 32 :]
                    answer = both.agreed(replace(proof, witness=changed).calldata(), f"{name} {at}")
                    assert isinstance(answer, ChannelsError)


def test_swapped_neighbours_in_a_witness(both: Both) -> None:
    """Siblings, leaves and hashes change places: each pair of neighbouring words."""
    for name in RICH:
        proof = proof_of(name)
        witness = proof.witness
        # Behind code come words of 32 bytes at several offsets: all alignments of 8 are tried.
        for at in range(16, len(witness) - 64, 8):
            one, other = witness[at : at + 32], witness[at + 32 : at + 64]
            if one != other:
                changed = witness[:at] + other + one + witness[at + 64 :]
                refused(both, replace(proof, witness=changed).calldata(), f"{name} {at}")


# -- other depths ----------------------------------------------------------------------------------

CODE_PATH = 16 + 32
OPERAND = 40


def test_a_window_of_a_lesser_depth_is_no_proof(both: Both) -> None:
    """An inner node for a leaf, and one sibling fewer: it folds, but not at the committed depth."""
    proof = proof_of("i64.load")
    at = CODE_PATH + OPERAND
    leaf, first, rest = proof.witness[at : at + 32], proof.witness[at + 32 : at + 64], at + 64
    node = inner_node(proof, leaf, first)
    shorter = replace(proof, witness=proof.witness[:at] + node + proof.witness[rest:])
    refused(both, shorter.calldata(), "an inner node for a leaf")
    # Padded with the zeros that a reader finds anyway, it does not fold either.
    padded = replace(shorter, witness=shorter.witness + bytes(32))
    assert isinstance(refused(both, padded.calldata(), "and 32 zeros"), RootMismatch)


def inner_node(proof: StepProof, leaf: bytes, sibling: bytes) -> bytes:
    """Return the node above the leaf that an `i64.load` at END - 47 reads."""
    state = State.decode(proof.pre_state)
    index = (65_536 - 47) >> 5
    assert state.memory_depth == 11
    return keccak256(sibling + leaf if index & 1 else leaf + sibling)


DEPTHS = {"code": 26, "memory": 27, "table": 28, "globals": 29, "locals": 30}


@pytest.mark.parametrize("tree", DEPTHS)
def test_another_depth_in_the_record_is_another_record(both: Both, tree: str) -> None:
    """Depth bytes with siblings added or removed: nothing that begins in the agreed state."""
    at = DEPTHS[tree]
    name = {
        **{"code": "drop", "memory": "i64.load", "table": "call_indirect"},
        **{"globals": "global.get", "locals": "local.get"},
    }[tree]
    proof = proof_of(name)
    for depth in {0, 1, 2, 3, proof.pre_state[at] - 1, proof.pre_state[at] + 1, 31, 32, 33, 255}:
        if depth == proof.pre_state[at] or depth < 0:
            continue
        record = proof.pre_state[:at] + bytes([depth]) + proof.pre_state[at + 1 :]
        missing = 32 * (depth - proof.pre_state[at])
        witnesses = {proof.witness}
        witnesses.add(proof.witness + bytes(max(missing, 0)))
        witnesses.add(proof.witness[: len(proof.witness) + min(missing, 0)])
        for witness in witnesses:
            claim = replace(proof, pre_state=record, witness=witness)
            refused(both, claim.calldata(), f"{name}, depth {depth}")


def test_a_proof_of_a_lesser_depth_folds_but_not_from_the_agreed_state(both: Both) -> None:
    """That is why depth is committed (M-5): the very same root has such a proof.

    Both take it, for it is true of the record that it begins with. But that record has another
    hash than the one which two sides have agreed upon.
    """
    proof = proof_of("local.get")
    before = State.decode(proof.pre_state)
    leaf, first, second = (
        proof.witness[at : at + 32] for at in range(CODE_PATH, CODE_PATH + 96, 32)
    )
    # Local 6 is in leaf 1 of 4. In a tree of depth 1 leaf 1 is the node above leaves 2 and 3.
    assert keccak256(keccak256(first + leaf) + second) == before.locals_root
    witness = proof.witness[:CODE_PATH] + second + keccak256(first + leaf)
    shallow = replace(before, locals_depth=1)
    claim = replace(proof, pre_state=shallow.encode(), witness=witness)
    refusal = refused(both, claim.calldata(), "the claim of the honest step")
    assert isinstance(refusal, PostStateMismatch)
    after = both.agreed(replace(claim, post_state=refusal.actual).calldata())
    assert isinstance(after, State)
    assert (after.locals_depth, after.locals_root) == (1, before.locals_root)
    assert shallow.hash() != before.hash()
    honest = replace(claim, pre_state=proof.pre_state, post_state=refusal.actual)
    assert isinstance(refused(both, honest.calldata(), "the agreed state"), RootMismatch)
