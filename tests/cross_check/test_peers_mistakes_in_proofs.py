"""Mistakes that verifiers of other projects have made about proofs and encodings: none is here.

One test for each; its docstring says who made it.

Not here: mistakes about the machine (`test_peers_mistakes`).
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bisection.calldata import WITNESS_AT, StepProof, abi_word
from bisection.errors import CalldataNotCanonical, PostStateMismatch, WitnessLengthMismatch
from bisection.witness import prove_step
from merkle import ChannelsError, OrderedMap, keccak256
from merkle.errors import (
    ChainMismatch,
    DepthOutOfRange,
    KeyLengthOutOfRange,
    MapNotEmpty,
    PathNotDescending,
    RootMismatch,
    ValueTooLong,
    WindowOutOfRange,
)
from merkle.proof_bytes import encode_get, encode_put, encode_window
from solidity.evm import EVM_NAMES
from solidity.gas import intrinsic_gas
from tests.bisection.machines import (
    CODE,
    KEY,
    KEY_AT,
    MESSAGE,
    OUT,
    ROWS,
    VALUE,
    scenarios,
    standing,
)
from tests.bisection.test_flips import FIRST_OF_EACH
from tests.cross_check import states
from tests.cross_check.both import Both, opened
from tests.cross_check.states import before
from wasm_interp import Machine
from wasm_interp.errors import PayloadTooLong
from wasm_interp.instructions import Word

CODE_PATH = 16 + 32
NO_ZEROS = 0xF1F2_F3F4_F5F6_F7F8


def proof_of(name: str) -> StepProof:
    return prove_step(scenarios()[name], check=False)


def refused(both: Both, proof: StepProof, what: str = "") -> ChannelsError:
    answer = both.agreed(proof.calldata(), what)
    assert isinstance(answer, ChannelsError), what
    return answer


def with_bytes(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


# -- nested proofs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["db.get", "db.put", "db.delete", "db.seek", "db.seek_back"])
def test_proofs_within_proofs_are_where_they_are_read(both: Both, name: str) -> None:
    """Arbitrum had the offset inside a nested proof wrong.

    A row proof stands between two windows whose sizes depend on operands: every length of the key,
    at every place in a leaf, and values of many lengths, each change what comes before and behind.
    """
    for length in range(1, 81):
        key = keccak256(bytes([length]))[:1] + keccak256(b"key") * 3
        key = key[:length]
        value = bytes([length]) * (length * 12)
        rows = ROWS.put(key, value).put(key[:-1] + b"~", b"beside")
        at = 31 * length
        operands = {
            "db.get": (at, length, 5_000 + length, 1_024),
            "db.put": (at, length, 5_000 + length, 3 * length),
            "db.delete": (at, length),
        }.get(name, (at, length, 1, 5_000 + length, 80))
        machine = before(name, *operands, rows=rows)
        states.put_into_memory(machine, at, key)
        assert not both.accepted(prove_step(machine)).trap


def row_proof_at(machine: Machine, encoded: bytes) -> int:
    witness = prove_step(machine).witness
    assert witness.count(encoded) == 1
    return witness.index(encoded)


def test_a_byte_moved_from_one_part_to_the_next_is_refused(both: Both) -> None:
    """The same: no two parts can share out their bytes in another way."""
    machine = scenarios()["db.get: found"]
    proof = prove_step(machine)
    encoded = encode_get(ROWS.prove_get(KEY))
    at = row_proof_at(machine, encoded)
    assert encoded[:3] == b"\1" + len(VALUE).to_bytes(2, "big")
    for length in (*range(0, 48, 5), 48, 49, 51, 52, 53, 84, 90):
        # The value takes more or fewer of the bytes, and what follows is read from there on.
        witness = with_bytes(proof.witness, at + 1, length.to_bytes(2, "big"))
        refused(both, replace(proof, witness=witness), f"a value of {length} bytes")
    count_at = at + 3 + len(VALUE)
    branches = int.from_bytes(proof.witness[count_at : count_at + 2], "big")
    for count in range(branches + 6):
        if count != branches:
            witness = with_bytes(proof.witness, count_at, count.to_bytes(2, "big"))
            refused(both, replace(proof, witness=witness), f"{count} branches")


# -- trees -----------------------------------------------------------------------------------------

TABLE = (0, *(5 << 32 | at for at in range(1, 30)))
TREES = {
    "code": (scenarios()["drop"], 16, 26),
    "memory": (scenarios()["i64.load"], CODE_PATH + 40, 27),
    "table": (before("call_indirect", 9, a=5, table=TABLE, length=4), CODE_PATH + 40, 28),
    "globals": (scenarios()["global.get"], CODE_PATH, 29),
    "locals": (scenarios()["local.get"], CODE_PATH, 30),
}
"""A machine whose step opens the tree, where its leaf (or sibling) is, and its depth."""


@pytest.mark.parametrize("tree", TREES)
def test_the_depth_of_a_tree_is_pinned(both: Both, tree: str) -> None:
    """Arbitrum: a proof of another depth folds to the same root, and only its prefixes save it."""
    machine, at, depth_at = TREES[tree]
    proof = prove_step(machine)
    depth = proof.pre_state[depth_at]
    assert depth > 0
    before_it, behind = proof.witness[:at], proof.witness[at + 32 * (depth + 1) :]
    words = [proof.witness[at + 32 * level :][:32] for level in range(depth + 1)]
    leaf, sibling, *rest = words
    others = [
        # The node above the leaf, whichever side that is on, and the siblings above.
        *([keccak256(pair), *rest] for pair in (leaf + sibling, sibling + leaf)),
        *([leaf, more, sibling, *rest] for more in (bytes(32), leaf, keccak256(bytes(64)))),
        *([leaf, sibling, *rest, more] for more in (bytes(32), leaf, keccak256(bytes(64)))),
        words[:-1],
    ]
    for other in others:
        for padding in (b"", bytes(32)):
            witness = before_it + b"".join(other) + padding + behind
            if witness != proof.witness:
                refused(both, replace(proof, witness=witness), f"{len(other)} words")


@pytest.mark.parametrize("tree", TREES)
def test_depths_have_a_limit(both: Both, tree: str) -> None:
    """BoLD's history proofs did not validate a height: empty, the maximum level, far too high."""
    machine, _, at = TREES[tree]
    proof = prove_step(machine)
    for depth in range(256):
        if depth == proof.pre_state[at]:
            continue
        claim = replace(proof, pre_state=with_bytes(proof.pre_state, at, bytes([depth])))
        refusal = refused(both, claim, f"depth {depth}")
        assert isinstance(refusal, DepthOutOfRange) == (depth > 32)


def test_a_window_beyond_the_greatest_index_is_refused(both: Both) -> None:
    """The same: the last leaf of a tree is not followed by its first."""
    for name, at in (("local.get", 30), ("global.get", 29), ("i64.load", 27)):
        proof = proof_of(name)
        claim = replace(proof, pre_state=with_bytes(proof.pre_state, at, b"\0"))
        refusal = refused(both, claim, name)
        assert isinstance(refusal, WindowOutOfRange)
        assert refusal.depth == 0


@pytest.mark.parametrize("width", [2, 4, 8])
def test_a_write_to_two_leaves_is_one_write(both: Both, width: int) -> None:
    """A store to two leaves with two proofs needs the second one against the root after the first.

    Here it is one window (M-12). A state in which only one of the leaves is written is no
    post-state, whatever the siblings.
    """
    name = {2: "i32.store16", 4: "i32.store", 8: "i64.store"}[width]
    for place in range(32 - width + 1, 32):
        for first in (0, 1, 2, 7, 1_023, 1_024):
            address = 32 * first + place
            machine = standing(Word(CODE[name]), (address, NO_ZEROS % 2 ** (8 * width)))
            proof = prove_step(machine)
            after = both.accepted(proof)
            tree = machine.memory_tree()
            written = machine.copy()
            written.step()
            for leaf in (first, first + 1):
                data = bytes(written.memory[32 * leaf : 32 * leaf + 32])
                half = replace(after, memory_root=tree.with_leaves({leaf: data}).root)
                claim = replace(proof, post_state=half.hash())
                assert isinstance(refused(both, claim), PostStateMismatch)
            both_leaves = bytes(written.memory[32 * first : 32 * first + 64])
            leaves = {first: both_leaves[:32], first + 1: both_leaves[32:]}
            assert after.memory_root == tree.with_leaves(leaves).root
            stale = encode_window(written.memory_tree().window(first, 2))
            window = encode_window(tree.window(first, 2))
            claim = replace(proof, witness=proof.witness.replace(window, stale))
            assert isinstance(refused(both, claim), RootMismatch)


# -- trailing and huge -----------------------------------------------------------------------------


def test_no_byte_of_a_proof_is_unused(both: Both) -> None:
    """Arbitrum's verifier accepts junk in 11 of 12 proofs, behind them and within."""
    for name in FIRST_OF_EACH.values():
        proof = proof_of(name)
        for junk in (b"\0", b"\xff", bytes(32), b"junk" * 16):
            refusal = refused(both, replace(proof, witness=proof.witness + junk), name)
            assert isinstance(refusal, WitnessLengthMismatch)
            assert refusal.actual == len(proof.witness) + len(junk)
            if proof.witness:
                refused(both, replace(proof, witness=junk + proof.witness), name)
                middle = len(proof.witness) // 2
                witness = proof.witness[:middle] + junk + proof.witness[middle:]
                refused(both, replace(proof, witness=witness), name)


def test_huge_lengths_are_refused(both: Both) -> None:
    """Arbitrum took length fields as they came."""
    proof = proof_of("db.get: found")
    calldata = proof.calldata()
    for length in (2**31, 2**32 - 1, 2**32, 2**64 - 32, 2**255, 2**256 - 1, 2**256 - WITNESS_AT):
        changed = with_bytes(calldata, WITNESS_AT - 32, abi_word(length))
        assert isinstance(both.agreed(changed, f"{length:#x}"), CalldataNotCanonical)
    at = row_proof_at(scenarios()["db.get: found"], encode_get(ROWS.prove_get(KEY)))
    for length in (1_025, 0x7FFF, 0xFFFF):
        witness = with_bytes(proof.witness, at + 1, length.to_bytes(2, "big"))
        assert isinstance(refused(both, replace(proof, witness=witness)), ValueTooLong)
    for count in (720, 0x7FFF, 0xFFFF):
        witness = with_bytes(proof.witness, at + 3 + len(VALUE), count.to_bytes(2, "big"))
        assert isinstance(refused(both, replace(proof, witness=witness)), PathNotDescending)
    absent = scenarios()["db.put: insert"]
    inserted = prove_step(absent)
    at = row_proof_at(absent, encode_put(ROWS.prove_put(b"ke")))
    for length in (0, 81, 255):
        witness = with_bytes(inserted.witness, at + 1, bytes([length]))
        assert isinstance(refused(both, replace(inserted, witness=witness)), KeyLengthOutOfRange)


@pytest.mark.parametrize("length", [4_097, 2**16, 2**31, 2**32 - 1])
def test_a_message_of_a_huge_length_is_refused(both: Both, length: int) -> None:
    """The same, for a record made up for the purpose: its message claims a length. Spec: V-14."""
    proof = proof_of("channel.message_read")
    head = MESSAGE.encode()
    huge = head[:12] + length.to_bytes(4, "big") + head[16:]
    record = with_bytes(proof.pre_state, 288, keccak256(huge))
    claim = replace(proof, pre_state=record, witness=proof.witness.replace(head, huge))
    refusal = refused(both, claim)
    assert isinstance(refusal, PayloadTooLong)
    assert (refusal.length, refusal.limit) == (length, 4_096)


def test_a_proof_that_ends_early_is_not_completed_by_zeros(both: Both) -> None:
    """What a reader finds beyond the end counts as not given, even if it is right."""
    machine = standing(Word(CODE["drop"]), (0,))
    proof = prove_step(machine)
    assert proof.witness.endswith(bytes(8))
    for cut in range(1, 9):
        refusal = refused(both, replace(proof, witness=proof.witness[:-cut]))
        assert isinstance(refusal, WitnessLengthMismatch)
    empty = before("db.get", KEY_AT, 1, OUT, 0, rows=OrderedMap())
    proof = prove_step(empty)
    assert proof.witness.endswith(b"\0")
    assert isinstance(
        refused(both, replace(proof, witness=proof.witness[:-1])), WitnessLengthMismatch
    )


def test_an_empty_chain_or_map_shows_nothing(both: Both) -> None:
    """BoLD's prefix proofs of nothing: of an empty stack no operand, of no rows no row."""
    proof = proof_of("drop")
    record = with_bytes(proof.pre_state, 32, bytes(32))
    for witness in (proof.witness, proof.witness[:CODE_PATH] + bytes(40)):
        claim = replace(proof, pre_state=record, witness=witness)
        assert isinstance(refused(both, claim), ChainMismatch)
    proof = proof_of("db.get: found")
    at = row_proof_at(scenarios()["db.get: found"], encode_get(ROWS.prove_get(KEY)))
    witness = proof.witness[:at] + b"\0"
    assert isinstance(refused(both, replace(proof, witness=witness)), MapNotEmpty)
    record = with_bytes(proof.pre_state, 256, bytes(32))
    refused(both, replace(proof, pre_state=record), "a row of no rows")


# -- gas -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVM_NAMES)
def test_too_little_gas_is_no_answer(name: str) -> None:
    """Optimism's dispute games took a verifier that ran out of gas for a result.

    With any gas the contract either gives the answer that it gives with all gas, or reverts without
    data: it never accepts, nor names an error, because gas ran out. Spec: V-19.
    """
    asked = [
        "i32.add",
        "db.get: found",
        "memory.grow: by 3",
        "stopped: halted",
        "trap: unreachable",
    ]
    with opened(name) as both:
        for scenario in asked if name == "pyrevm" else asked[:2]:
            proof = proof_of(scenario)
            wrong = replace(proof, post_state=keccak256(b"another"))
            for calldata in (proof.calldata(), wrong.calldata()):
                assert_gas_only_silences(both, calldata, every=7 if name == "pyrevm" else 1_999)


def assert_gas_only_silences(both: Both, calldata: bytes, *, every: int) -> None:
    whole = both.contract(calldata)
    least = intrinsic_gas(calldata)
    answered = 0
    for gas in range(least, least + whole.exec_gas + 2_000, every):
        result = both.contract(calldata, gas=gas)
        if (result.reverted, result.output) != (whole.reverted, whole.output):
            assert (result.reverted, result.output) == (True, b""), gas
            assert answered == 0, "with more gas it says no less"
        else:
            answered += 1
    assert 0 < answered < 1 + (whole.exec_gas + 2_000) // every
