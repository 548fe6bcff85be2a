"""The channel's libraries against their Python twins: same results, same errors, same fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channel import (
    Address,
    MessageLog,
    appended_root,
    check_prefix,
    mover_index,
    open_message,
    recover,
    sign_state,
    verify_unanimous,
)
from channel.ids import check_participants
from channel.signatures import S_MAX, message_signing_hash, signing_digest, verify_signature
from merkle import ChannelsError, Hash32, keccak256
from solidity.abi import Revert, decode_output, decode_revert, encode_call
from solidity.artifacts import Artifact
from solidity.compile import CONTRACTS, compile_contracts, standard_input
from solidity.errors import CompilerUnavailable
from solidity.evm import Evm, open_evm
from tests.channel.parties import ADDRESSES, KEYS, a_hash, fixed_part, state_of
from tests.channel.test_ids import fixed_parts
from tests.channel.test_signatures import NOBODYS, SIGNED
from tests.languages import missing
from tests.solidity.games import fixed_values, state_values
from tools.solidity import camel_case
from wasm_interp import Message

HARNESS = Path(__file__).parent / "harness" / "ChannelLibraries.sol"

RUNS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
U64 = st.integers(1, 2**64 - 1)
HASHES = st.binary(min_size=32, max_size=32).map(Hash32)


@cache
def harness() -> Artifact:
    """Return the harness, compiled with what it imports; without a compiler skip, in CI fail."""
    project = json.loads(standard_input(CONTRACTS))["sources"]
    sources = {HARNESS.name: {"content": HARNESS.read_text(encoding="utf-8")}}
    wanted = [HARNESS.name]
    while wanted:
        text = sources[wanted.pop()]["content"]
        for name in re.findall(r'from "\./(\w+\.sol)"', text):
            if name not in sources:
                sources[name] = project[name]
                wanted.append(name)
    task = json.loads(standard_input(CONTRACTS)) | {"sources": sources}
    try:
        (made,) = compile_contracts(json.dumps(task)).artifacts
    except CompilerUnavailable as error:
        missing(str(error))
    return made


class Libraries:
    """The harness, deployed: `call` gives the result of a function, or why it reverted."""

    def __init__(self, evm: Evm) -> None:
        self.evm = evm
        self.at = evm.deploy(harness().creation_code)

    def call(self, name: str, *values: object) -> Any:
        result = self.evm.call(self.at, encode_call(harness().abi, name, *values))
        if result.reverted:
            return decode_revert(harness().abi, result.output)
        found = decode_output(harness().abi, name, result.output)
        return found[0] if found else None


@pytest.fixture(scope="module")
def libraries() -> Iterator[Libraries]:
    with open_evm() as evm:
        yield Libraries(evm)


def outcome(function: Callable[[], object]) -> object:
    """Return what a function of ours gives, or its error as a contract would revert with it."""
    try:
        return function()
    except ChannelsError as error:
        facts = {camel_case(field.name): getattr(error, field.name) for field in fields(error)}  # type: ignore[arg-type]
        return Revert(type(error).__name__, facts)


# -- ids and states --------------------------------------------------------------------------------


@RUNS
@given(fixed_parts)
def test_ids_are_the_same(libraries: Libraries, fixed: Any) -> None:
    assert libraries.call("channelId", fixed_values(fixed)) == fixed.channel_id()


@RUNS
@given(
    st.lists(
        st.sampled_from([Address(bytes(20)), *(Address(bytes([at]) * 20) for at in range(1, 9))]),
        max_size=6,
    )
)
def test_participants_are_checked_the_same(
    libraries: Libraries, participants: list[Address]
) -> None:
    expected = outcome(lambda: check_participants(participants))
    assert libraries.call("checkParticipants", participants) == expected


@pytest.mark.parametrize("count", [2, 255, 256])
def test_many_participants_are_checked_the_same(libraries: Libraries, count: int) -> None:
    participants = [Address(bytes([1, at // 256, at % 256]) + bytes(17)) for at in range(count)]
    expected = outcome(lambda: check_participants(participants))
    assert libraries.call("checkParticipants", participants) == expected
    if count == 255:
        participants[254] = participants[0]
        expected = Revert("ParticipantRepeated", {"index": 254})
        assert libraries.call("checkParticipants", participants) == expected


@RUNS
@given(U64, st.integers(2, 255))
def test_movers_are_the_same(libraries: Libraries, turn: int, participants: int) -> None:
    expected = mover_index(turn, participants=participants)
    assert libraries.call("moverIndex", turn, participants) == expected


@RUNS
@given(U64, st.tuples(HASHES, HASHES, HASHES), st.booleans())
def test_state_hashes_are_the_same(
    libraries: Libraries, turn: int, hashes: tuple[Hash32, Hash32, Hash32], is_final: bool
) -> None:
    facts = dict(zip(("log_root", "outcome_hash", "db_root"), hashes, strict=True))
    state = state_of(fixed_part(), turn=turn, is_final=is_final, **facts)
    assert libraries.call("stateHash", state.channel_id, state_values(state)) == state.hash()


@RUNS
@given(U64, st.integers(0, 2**32 - 1), st.binary(max_size=100))
def test_message_hashes_are_the_same(
    libraries: Libraries, turn: int, sender: int, payload: bytes
) -> None:
    message = Message(turn=turn, sender=sender, payload=payload)
    facts = (turn, sender, len(payload), keccak256(payload))
    assert libraries.call("messageHash", *facts) == message.hash()


# -- the log ---------------------------------------------------------------------------------------

LEAVES = [a_hash(f"message {index}") for index in range(9)]


@pytest.mark.parametrize("length", range(1, 10))
def test_messages_open_the_same(libraries: Libraries, length: int) -> None:
    log = MessageLog.of(LEAVES[:length])
    for index in range(length):
        path = log.path(index)
        before = libraries.call("openMessage", log.root, LEAVES[index], index, path)
        assert before == MessageLog.of(LEAVES[:index]).root
        facts = (before, log.root, index, LEAVES[index], path)
        assert libraries.call("checkPrefix", *facts) is None


@pytest.mark.parametrize("length", [*range(8), 2**31, 2**32 - 1])
def test_appending_gives_the_same(libraries: Libraries, length: int) -> None:
    log = MessageLog.of(LEAVES[: length % 8]) if length < 8 else MessageLog()
    path = log.path(length)
    expected = appended_root(log.root, LEAVES[8], turn=length, path=path)
    assert libraries.call("appendedRoot", log.root, LEAVES[8], length, path) == expected


@RUNS
@given(st.integers(0, 8), st.one_of(st.integers(0, 40), st.integers(0, 2**33)), st.data())
def test_changed_proofs_are_refused_the_same(
    libraries: Libraries, index: int, shown_index: int, data: st.DataObject
) -> None:
    log = MessageLog.of(LEAVES)
    words = bytearray(b"".join((LEAVES[index], log.root, *log.path(index))))
    words[data.draw(st.integers(0, len(words) - 1))] ^= data.draw(st.integers(0, 255))
    leaf, root, *path = (Hash32(bytes(words[at : at + 32])) for at in range(0, len(words), 32))
    calls: list[tuple[str, tuple[object, ...], Callable[[], object]]] = [
        (
            "openMessage",
            (root, leaf, shown_index, path),
            lambda: open_message(root, leaf, index=shown_index, path=path),
        ),
        (
            "checkPrefix",
            (leaf, root, shown_index, leaf, path),
            lambda: check_prefix(leaf, root, turn=shown_index, message_hash=leaf, path=path),
        ),
        (
            "appendedRoot",
            (root, leaf, shown_index, path),
            lambda: appended_root(root, leaf, turn=shown_index, path=path),
        ),
    ]
    for name, values, twin in calls:
        assert libraries.call(name, *values) == outcome(twin)


def test_another_prefix_is_refused_the_same(libraries: Libraries) -> None:
    log, other = MessageLog.of(LEAVES), MessageLog.of(LEAVES[:3]).root
    path = log.path(4)
    expected = outcome(
        lambda: check_prefix(other, log.root, turn=4, message_hash=LEAVES[4], path=path)
    )
    assert libraries.call("checkPrefix", other, log.root, 4, LEAVES[4], path) == expected
    fields = {"expected": other, "actual": MessageLog.of(LEAVES[:4]).root}
    assert expected == Revert("RootMismatch", fields)


# -- signatures ------------------------------------------------------------------------------------


@RUNS
@given(HASHES, U64, HASHES, HASHES)
def test_signing_hashes_are_the_same(
    libraries: Libraries, channel_id: Hash32, turn: int, root: Hash32, payload_hash: Hash32
) -> None:
    expected = message_signing_hash(
        channel_id=channel_id, turn=turn, previous_log_root=root, payload_hash=payload_hash
    )
    facts = (channel_id, turn, root, payload_hash)
    assert libraries.call("messageSigningHash", *facts) == expected
    assert libraries.call("signingDigest", expected) == signing_digest(expected)


def hostile_signatures() -> dict[str, bytes]:
    state = state_of(fixed_part())
    good = sign_state(KEYS[0], state)
    return NOBODYS | {
        "good": good,
        "the greatest s": good[:32] + S_MAX.to_bytes(32, "big") + good[64:],
        "a greater s": good[:32] + (S_MAX + 1).to_bytes(32, "big") + good[64:],
        "v 0": good[:64] + b"\0",
        "v 26": good[:64] + bytes([26]),
        "v 29": good[:64] + bytes([29]),
        "the other v": good[:64] + bytes([55 - good[64]]),
        "short": good[:64],
        "long": good + b"\0",
        "empty": b"",
    }


@pytest.mark.parametrize("kind", hostile_signatures())
def test_signatures_recover_the_same(libraries: Libraries, kind: str) -> None:
    signature = hostile_signatures()[kind]
    for signed in (SIGNED, state_of(fixed_part()).hash()):
        expected = outcome(lambda signed=signed: recover(signed, signature))
        assert libraries.call("recover", signed, signature) == expected
        for signer in (ADDRESSES[0], Address(bytes(20))):
            expected = outcome(
                lambda signed=signed, signer=signer: verify_signature(
                    signed, signature, signer=signer
                )
            )
            assert libraries.call("verifySignature", signed, signature, signer) == expected


@RUNS
@given(HASHES, st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
def test_any_signature_recovers_the_same(
    libraries: Libraries, signed: Hash32, rs: bytes, v: int
) -> None:
    signature = rs[:32] + bytes([rs[32] & 0x3F]) + rs[33:] + bytes([v])
    expected = outcome(lambda: recover(signed, signature))
    assert libraries.call("recover", signed, signature) == expected


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (0, 1), (0, 1, 2, 0), (), (0, 0, 0)])
def test_unanimous_states_are_the_same(libraries: Libraries, order: tuple[int, ...]) -> None:
    fixed = fixed_part(3)
    state = state_of(fixed)
    signatures = [sign_state(KEYS[index], state) for index in order]
    expected = outcome(lambda: verify_unanimous(fixed, state, signatures))
    found = libraries.call("verifyUnanimous", state.hash(), fixed.participants, signatures)
    assert found == expected
    assert (found is None) == (order == (0, 1, 2))
