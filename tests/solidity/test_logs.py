"""The events of a contract, as every EVM lists them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from solidity.evm import EVM_NAMES, Address, Evm, MinedLog
from solidity.evm.protocol import Topics
from tests.solidity.assembly import contract
from tests.solidity.evms import ALICE, evm_or_skip

COUNTER = contract("0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 7 9 32 0 LOG2 32 0 RETURN")
"""Adds 1 to what it stores, and logs it."""
TWICE = contract("1 0 MSTORE 32 0 LOG0 2 0 MSTORE 32 0 LOG0 STOP")
LOGS_AND_REVERTS = contract("1 0 MSTORE 32 0 LOG0 0 0 REVERT")


@pytest.fixture(scope="module", params=EVM_NAMES)
def evm(request: pytest.FixtureRequest) -> Iterator[Evm]:
    with evm_or_skip(request.param) as opened:
        yield opened


def numbers(mined: tuple[MinedLog, ...]) -> list[int]:
    return [int.from_bytes(one.log.data, "big") for one in mined]


def test_events_are_listed_in_the_order_in_which_they_were_emitted(evm: Evm) -> None:
    counter, twice = evm.deploy(COUNTER), evm.deploy(TWICE)
    assert evm.logs(counter) == ()
    for _ in range(3):
        evm.send(counter, b"", sender=ALICE)
        evm.send(twice, b"", sender=ALICE)
    mined = evm.logs(counter)
    assert numbers(mined) == [1, 2, 3]
    assert {one.log.address for one in mined} == {counter}
    assert [len(one.log.topics) for one in mined] == [2, 2, 2]
    assert numbers(evm.logs(twice)) == [1, 2] * 3
    places = [(one.block, one.index) for one in evm.logs(twice)]
    assert places == sorted(set(places))
    assert [index for _, index in places] == [0, 1] * 3


def test_events_from_a_block_on_are_those_of_it_and_later(evm: Evm) -> None:
    counter = evm.deploy(COUNTER)
    for _ in range(3):
        evm.send(counter, b"", sender=ALICE)
        evm.advance(1)
    mined = evm.logs(counter)
    assert evm.logs(counter, from_block=mined[1].block) == mined[1:]
    assert evm.logs(counter, from_block=mined[2].block + 1) == ()


def test_events_can_be_asked_for_by_their_topics(evm: Evm) -> None:
    counter, twice = evm.deploy(COUNTER), evm.deploy(TWICE)
    for _ in range(2):
        evm.send(counter, b"", sender=ALICE)
    evm.send(twice, b"", sender=ALICE)
    mined = evm.logs(counter)
    first, second = mined[0].log.topics
    assert first != second
    other = b"\x66" * 32
    asked: list[tuple[Topics, tuple[MinedLog, ...]]] = [
        ((), mined),
        ((first,), mined),
        ((None, second), mined),
        ((first, second), mined),
        ((second,), ()),
        ((None, other), ()),
    ]
    for topics, expected in asked:
        assert evm.logs(counter, topics=topics) == expected, topics
    # These have no topics at all.
    assert evm.logs(twice, topics=(first,)) == ()


def test_what_did_not_happen_emitted_nothing(evm: Evm) -> None:
    reverts, counter = evm.deploy(LOGS_AND_REVERTS), evm.deploy(COUNTER)
    assert evm.send(reverts, b"", sender=ALICE).reverted
    assert evm.logs(reverts) == ()
    evm.call(counter, b"")
    assert evm.logs(counter) == ()
    assert evm.logs(Address(b"\x77" * 20)) == ()
