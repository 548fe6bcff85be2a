"""No bit of a call is free: whatever is changed, the call is refused.

But for one thing, which is no fault: a step that sets a field without a look at what was there
leads to the same state from records that differ in it. Such a record is another claim, and true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bisection.verifier.one_step import verify_call
from bisection.witness import prove_step
from merkle import ChannelsError
from tests.bisection.machines import scenarios

FIRST_OF_EACH = {name.split(":")[0]: name for name in reversed(scenarios())}
"""One scenario of each instruction, and of each other beginning of a name."""

SPARSELY = 23

RECORD_AT = 164
LOCALS = {*range(96, 128), 30}
OVERWRITTEN = {"enter": LOCALS, "return": LOCALS}
"""Offsets in the record of what an instruction sets unseen."""
FUEL = set(range(14, 18))


def calldata_of(name: str) -> bytes:
    calldata = prove_step(scenarios()[name]).calldata()
    verify_call(calldata)
    return calldata


def assert_refused(calldata: bytes) -> None:
    with pytest.raises(ChannelsError):
        verify_call(calldata)


def overwritten(name: str) -> set[int]:
    """Return the offsets in the calldata of what the step of a scenario sets unseen (V-20)."""
    instruction, _, _ = name.partition(":")
    offsets = set(OVERWRITTEN.get(instruction, ()))
    if name.endswith("no fuel"):
        # A surcharge that is not covered takes whatever fuel there is.
        offsets |= FUEL
    return {RECORD_AT + at for at in offsets}


def assert_no_flip_is_accepted(name: str, *, start: int = 0, step: int = 1) -> None:
    """Assert that no call of a scenario is accepted with one bit flipped, each ``step``th tried."""
    calldata = calldata_of(name)
    accepted = accepted_flips(calldata, range(start, 8 * len(calldata), step))
    assert {bit >> 3 for bit in accepted} <= overwritten(name), name


def accepted_flips(calldata: bytes, bits: range) -> Iterator[int]:
    """Yield those of ``bits`` that can be flipped without a refusal."""
    flipped = bytearray(calldata)
    for bit in bits:
        flipped[bit >> 3] ^= 1 << (bit & 7)
        try:
            verify_call(bytes(flipped))
        except ChannelsError:
            pass
        else:
            yield bit
        flipped[bit >> 3] ^= 1 << (bit & 7)


@pytest.mark.parametrize("name", FIRST_OF_EACH.values())
def test_a_bit_of_each_byte_of_each_instruction(name: str) -> None:
    # Nine bits further each time: another bit of the next byte.
    assert_no_flip_is_accepted(name, start=len(name) % 8, step=9)


def test_some_bits_of_each_way_in_which_instructions_go() -> None:
    for at, name in enumerate(scenarios()):
        assert_no_flip_is_accepted(name, start=at % SPARSELY, step=8 * SPARSELY + 1)


EACH_KIND = (
    *("jump_if: zero", "local.tee", "i32.const", "i32.add", "i64.load", "i64.store: across leaves"),
    *("call", "call_indirect", "return", "channel.message_read", "stopped: out of fuel"),
    *("db.get: found", "db.get: absent", "db.put: insert", "db.delete: present"),
    "db.seek: between",
)


@pytest.mark.parametrize("name", EACH_KIND)
def test_every_bit(name: str) -> None:
    assert_no_flip_is_accepted(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", scenarios())
def test_every_bit_of_everything(name: str) -> None:
    assert_no_flip_is_accepted(name)


@pytest.mark.parametrize("name", ["drop", "db.seek: between", "stopped: halted"])
def test_every_truncation_and_extension(name: str) -> None:
    calldata = calldata_of(name)
    for length in range(len(calldata)):
        assert_refused(calldata[:length])
    for more in range(1, 70):
        assert_refused(calldata + bytes(more))


def test_what_is_overwritten_is_a_claim_of_its_own() -> None:
    calldata = bytearray(calldata_of("enter"))
    calldata[RECORD_AT + 96] ^= 1
    before = scenarios()["enter"].state()
    after = verify_call(bytes(calldata))
    assert after.locals_root != before.locals_root
    assert after == verify_call(calldata_of("enter"))


def test_a_longer_or_shorter_witness() -> None:
    for name, machine in scenarios().items():
        proof = prove_step(machine, check=False)
        others = [proof.witness + b"\0", proof.witness + bytes(32)]
        others += [proof.witness[:-1], proof.witness[:-32]] if proof.witness else []
        for witness in others:
            with pytest.raises(ChannelsError):
                assert not verify_call(replace(proof, witness=witness).calldata()), name
