"""Every bit of a call counts: with one changed, contract and twin refuse it for the same reason.

The same reason is the same error with the same fields, to the byte. What both accept is what
`tests.bisection.test_flips` lists: a field of the record that the step sets unseen, so that the
changed call claims something else, and that is true.

Not here: other changes than of single bits (`test_forms_on_evm`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from bisection.witness import prove_step
from merkle import ChannelsError
from tests.bisection.machines import scenarios
from tests.bisection.test_flips import FIRST_OF_EACH, overwritten
from tests.cross_check.both import Both
from wasm_interp import State

BATCHES = 12
"""How many tests the scenarios are dealt to: enough to keep all processes busy to the end."""

KINDS = list(FIRST_OF_EACH.values())
OTHERS = sorted({*scenarios()} - {*KINDS})
APART = 6
"""Of the other ways in which an instruction can go, every sixth byte, and other ones in each."""


def assert_flips_are_agreed(both: Both, name: str, bits: Iterable[int]) -> Counter[type]:
    """Assert that both say the same of each call that is one of ``bits`` away; count what."""
    calldata = bytearray(prove_step(scenarios()[name], check=False).calldata())
    may_be_accepted = overwritten(name)
    said: Counter[type] = Counter()
    for bit in bits:
        calldata[bit >> 3] ^= 1 << (bit & 7)
        answer = both.agreed(bytes(calldata), f"{name}, bit {bit & 7} of byte {bit >> 3}")
        assert isinstance(answer, ChannelsError) or bit >> 3 in may_be_accepted, (name, bit)
        said[type(answer)] += 1
        calldata[bit >> 3] ^= 1 << (bit & 7)
    return said


def size_of(name: str) -> int:
    return prove_step(scenarios()[name], check=False).calldata_bytes


def bits_of(name: str, *, every: int = 1) -> Iterator[int]:
    """Yield a bit of each byte, or of one in ``every``: another one of the next byte."""
    # What is begun with depends on the name: together, all eight bits are flipped.
    shift = sum(name.encode())
    for at in range(shift % every, size_of(name), every):
        yield 8 * at + (at + shift) % 8


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_bit_of_every_byte_of_each_instruction(both: Both, batch: int) -> None:
    for name in KINDS[batch::BATCHES]:
        assert_flips_are_agreed(both, name, bits_of(name))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_bits_of_each_way_in_which_instructions_go(both: Both, batch: int) -> None:
    for name in OTHERS[batch::BATCHES]:
        assert_flips_are_agreed(both, name, bits_of(name, every=APART))


@pytest.mark.nightly
@pytest.mark.parametrize("name", scenarios())
def test_every_bit(both: Both, name: str) -> None:
    assert_flips_are_agreed(both, name, range(8 * size_of(name)))


def test_flips_meet_the_errors_of_every_part(both: Both) -> None:
    said: Counter[str] = Counter()
    for name in ("i32.add", "db.seek: between", "db.get: found", "channel.message_read"):
        bits = range(0, 8 * size_of(name), 9)
        for kind, count in assert_flips_are_agreed(both, name, bits).items():
            said[kind.__name__] += count
    assert set(said) >= {
        *("UnknownSelector", "CalldataNotCanonical", "PostStateMismatch"),
        *("RecordVersionMismatch", "StatusOutOfRange", "DepthOutOfRange"),
        *("RootMismatch", "ChainMismatch", "MessageMismatch", "PayloadMismatch"),
        *("PathNotDescending", "KeyOutOfOrder", "TrapCodeOutOfRange", "ResultOutOfRange"),
    }


@pytest.mark.parametrize("name", ["enter", "return", "db.get: no fuel"])
def test_what_a_step_sets_unseen_is_another_claim_and_true(both: Both, name: str) -> None:
    calldata = prove_step(scenarios()[name], check=False).calldata()
    # The last: a byte of the locals' root, or the lowest of the fuel, which still does not suffice.
    place = max(overwritten(name))
    changed = calldata[:place] + bytes([calldata[place] ^ 1]) + calldata[place + 1 :]
    one, other = (both.agreed(data, name) for data in (calldata, changed))
    assert isinstance(one, State)
    assert one == other
