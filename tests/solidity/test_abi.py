"""Calls, results, logs and reverts: what a compiled contract takes and gives, and hostile bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle.hashing import keccak256
from solidity.abi import (
    NO_REASON,
    REVERT_BYTES_MAX,
    UNKNOWN,
    Event,
    Revert,
    decode_log,
    decode_output,
    decode_revert,
    encode_call,
    encode_constructor,
    selector,
)
from solidity.artifacts import Abi
from solidity.errors import (
    AbiArgumentsMismatch,
    AbiDataMismatch,
    AbiEntryNotFound,
    DeploymentFailed,
)
from solidity.evm import EVM_NAMES, Address, Evm, Log
from tests.solidity.evms import ALICE, compiled, evm_or_skip


def parameters(*types: str, indexed: tuple[str, ...] = ()) -> list[dict[str, object]]:
    """Return parameters ``name:type``, those in ``indexed`` topics of an event."""
    pairs = [text.split(":") for text in types]
    return [{"name": name, "type": type_, "indexed": name in indexed} for name, type_ in pairs]


ABI: Abi = (
    {"type": "constructor", "inputs": parameters("owner:address")},
    {"type": "fallback"},
    {
        "type": "function",
        "name": "get",
        "inputs": parameters("key:bytes"),
        "outputs": parameters("value:bytes32", ":address"),
    },
    {"type": "function", "name": "twice", "inputs": parameters("x:uint256"), "outputs": []},
    {"type": "function", "name": "twice", "inputs": parameters("x:uint64"), "outputs": []},
    {"type": "error", "name": "Plain", "inputs": []},
    {"type": "error", "name": "Unpaid", "inputs": parameters("payer:address", "value:uint64")},
    {"type": "error", "name": "Named", "inputs": parameters("what:string", ":bytes")},
    {"type": "error", "name": "Deep", "inputs": parameters("rows:bytes[][]", "flags:bool[2]")},
    {
        "type": "event",
        "name": "Stored",
        "inputs": parameters(
            "value:bytes", "by:address", "note:string", "pair:uint8[2]", indexed=("by", "note")
        ),
    },
    {"type": "event", "name": "Hidden", "anonymous": True, "inputs": []},
)
"""Types of every kind that contracts revert with."""

X_PADDED = b"x" + bytes(31)
UNPAID = selector("Unpaid(address,uint64)")


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_a_selector_is_the_beginning_of_the_signatures_hash() -> None:
    # The ERC-20 transfer, whose selector everybody knows.
    assert selector("transfer(address,uint256)").hex() == "a9059cbb"
    assert selector("Error(string)").hex() == "08c379a0"
    assert selector("Panic(uint256)").hex() == "4e487b71"


def test_a_call_is_selector_and_arguments() -> None:
    data = encode_call(ABI, "get", b"\xab")
    assert data == selector("get(bytes)") + word(32) + word(1) + b"\xab" + bytes(31)
    assert encode_call(ABI, "twice(uint64)", 3) == selector("twice(uint64)") + word(3)
    assert encode_constructor(ABI, ALICE) == bytes(12) + ALICE
    assert encode_constructor(()) == b""


def test_a_function_that_is_not_there_or_there_twice_is_refused() -> None:
    with pytest.raises(AbiEntryNotFound, match=r"0 functions 'put'; known are: get\(bytes\), tw"):
        encode_call(ABI, "put")
    with pytest.raises(AbiEntryNotFound, match="2 functions 'twice'"):
        encode_call(ABI, "twice", 1)
    with pytest.raises(AbiEntryNotFound, match="known are: none"):
        encode_call((), "twice", 1)


@pytest.mark.parametrize("arguments", [(), ("text",), (b"", b""), (5,), (None,)])
def test_arguments_of_other_types_are_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(AbiArgumentsMismatch, match=r"arguments of get\(bytes\): "):
        encode_call(ABI, "get", *arguments)
    with pytest.raises(AbiArgumentsMismatch, match=r"arguments of constructor\(address\): "):
        encode_constructor(ABI, *arguments[:1], 7)


def test_an_output_is_read_strictly() -> None:
    data = word(7) + bytes(12) + ALICE
    assert decode_output(ABI, "get", data) == (word(7), ALICE)
    for refused in (b"", data[:-1], data + b"\0", word(7) + b"\1" * 32):
        with pytest.raises(AbiDataMismatch, match=r"get\(bytes\): \d+ bytes are not an encoding"):
            decode_output(ABI, "get", refused)


@pytest.mark.parametrize(
    ("data", "revert", "text"),
    [
        (b"", Revert(NO_REASON), "(no reason)"),
        (selector("Plain()"), Revert("Plain"), "Plain"),
        (
            UNPAID + bytes(12) + ALICE + word(7),
            Revert("Unpaid", {"payer": ALICE, "value": 7}),
            f"Unpaid(payer=0x{ALICE.hex()}, value=7)",
        ),
        (
            bytes.fromhex("08c379a0") + word(32) + word(2) + b"no" + bytes(30),
            Revert("Error", {"message": "no"}),
            "Error(message='no')",
        ),
        (
            bytes.fromhex("4e487b71") + word(0x11),
            Revert("Panic", {"code": 0x11}),
            "Panic(code=17)",
        ),
        (
            selector("Named(string,bytes)") + word(64) + word(96) + word(0) + word(1) + X_PADDED,
            Revert("Named", {"what": "", "_1": b"x"}),
            "Named(what='', _1=0x78)",
        ),
        (b"\1\2\3", Revert(UNKNOWN, {"data": b"\1\2\3"}), "(unknown)(data=0x010203)"),
    ],
)
def test_a_revert_has_a_name_and_fields(data: bytes, revert: Revert, text: str) -> None:
    assert decode_revert(ABI, data) == revert
    assert str(revert) == text


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(UNPAID, id="no fields"),
        pytest.param(UNPAID + bytes(12) + ALICE, id="a field too few"),
        pytest.param(UNPAID + bytes(12) + ALICE + word(7) + b"\0", id="a byte too many"),
        pytest.param(UNPAID + b"\1" + bytes(11) + ALICE + word(7), id="a dirty address"),
        pytest.param(UNPAID + bytes(12) + ALICE + word(2**64), id="a value out of range"),
        pytest.param(selector("Plain()") + b"\0", id="a byte where there is no field"),
        pytest.param(bytes.fromhex("08c379a0"), id="Error without text"),
        pytest.param(
            bytes.fromhex("08c379a0") + word(32) + word(1) + b"\xff" + bytes(31), id="not UTF-8"
        ),
        pytest.param(
            bytes.fromhex("08c379a0") + word(32) + word(1) + b"x\1" + bytes(30), id="dirty padding"
        ),
        pytest.param(bytes.fromhex("08c379a0") + word(2**255) + word(0), id="offset out of range"),
        pytest.param(
            bytes.fromhex("08c379a0") + word(32) + word(2**256 - 1), id="length out of range"
        ),
        pytest.param(selector("Deep(bytes[][],bool[2])") + word(96) * 40, id="offsets in circles"),
        pytest.param(
            selector("Deep(bytes[][],bool[2])") + word(96) + word(2) * 2, id="no booleans"
        ),
    ],
)
def test_bytes_that_are_not_the_one_encoding_are_no_error_of_the_name(data: bytes) -> None:
    assert decode_revert(ABI, data) == Revert(UNKNOWN, {"data": data})


def test_very_long_revert_data_is_not_taken_apart() -> None:
    head = bytes.fromhex("08c379a0") + word(32)
    longest = REVERT_BYTES_MAX - len(head) - 32
    assert longest % 32 == 28
    size = longest - 28
    for text, name in [(b"x" * size, "Error"), (b"x" * (size + 32), UNKNOWN)]:
        assert decode_revert(ABI, head + word(len(text)) + text).name == name


SELECTORS = [
    *(UNPAID, selector("Plain()"), selector("Named(string,bytes)"), selector("Error(string)")),
    *(selector("Deep(bytes[][],bool[2])"), selector("Panic(uint256)"), b""),
]
WORDS = st.one_of(
    st.binary(min_size=32, max_size=32), st.integers(0, 256).map(word), st.just(word(2**256 - 1))
)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(SELECTORS), st.lists(WORDS, max_size=16).map(b"".join), st.binary(max_size=40)
)
def test_hostile_bytes_never_raise(head: bytes, words: bytes, tail: bytes) -> None:
    revert = decode_revert(ABI, head + words + tail)
    if revert.name == UNKNOWN:
        assert revert.fields == {"data": head + words + tail}
    assert str(revert).isascii() or revert.name in {"Error", "Named"}
    log = Log(address=ALICE, topics=(head.ljust(32, b"\0"), words[:32]), data=tail)
    assert decode_log(ABI, log) is None


def test_a_log_has_topics_and_data_and_hashes_for_what_is_too_long() -> None:
    signature = b"Stored(bytes,address,string,uint8[2])"
    topics = (keccak256(signature), bytes(12) + ALICE, keccak256(b"a note"))
    data = word(96) + word(1) + word(2) + word(1) + b"v" + bytes(31)
    fields = {"value": b"v", "by": ALICE, "note": topics[2], "pair": (1, 2)}
    assert decode_log(ABI, Log(address=ALICE, topics=topics, data=data)) == Event("Stored", fields)
    assert decode_log(ABI, Log(address=ALICE, topics=topics[:2], data=data)) is None
    assert decode_log(ABI, Log(address=ALICE, topics=topics, data=data[:-1])) is None
    assert decode_log(ABI, Log(address=ALICE, topics=(), data=data)) is None
    assert decode_log(ABI, Log(address=ALICE, topics=(keccak256(b""),), data=data)) is None


@pytest.fixture(params=EVM_NAMES)
def probe(request: pytest.FixtureRequest) -> Iterator[tuple[Evm, Address, Abi]]:
    artifact = compiled()["Probe"]
    with evm_or_skip(request.param) as evm:
        at = evm.deploy(artifact.creation_code, args=encode_constructor(artifact.abi, 7))
        yield evm, at, artifact.abi


def test_a_compiled_contract_says_why_it_reverts(probe: tuple[Evm, Address, Abi]) -> None:
    evm, at, abi = probe
    evm.fund(ALICE, 5)
    expected = [
        Revert("RootMismatch", {"expected": word(1), "actual": word(0)}),
        Revert("KeyOutOfOrder", {"lesser": b"\1\2", "greater": b""}),
        Revert("Unpaid", {"payer": ALICE, "value": 5}),
        Revert("Plain"),
        Revert("Error", {"message": "a reason"}),
        Revert("Panic", {"code": 0x01}),
        Revert("Panic", {"code": 0x32}),
        *(Revert(NO_REASON), Revert(NO_REASON), Revert(NO_REASON)),
    ]
    for how, revert in enumerate(expected):
        result = evm.call(at, encode_call(abi, "refuse", how), sender=ALICE, gas=200_000)
        assert result.reverted
        assert decode_revert(abi, result.output) == revert


def test_a_compiled_contract_takes_and_gives_every_type(probe: tuple[Evm, Address, Abi]) -> None:
    evm, at, abi = probe
    assert decode_output(abi, "BORN", evm.call(at, encode_call(abi, "BORN")).output) == (7,)
    pairs = ((1, b"one"), (2**64 - 1, b""))
    given_back = evm.call(at, encode_call(abi, "pairs", pairs)).output
    assert decode_output(abi, "pairs", given_back) == (pairs, bytes(18) + b"\xca\x11", True)
    twice = evm.call(at, encode_call(abi, "twice(uint64)", 4)).output
    assert decode_output(abi, "twice(uint64)", twice) == (8,)


def test_a_compiled_contract_logs_what_it_stores(probe: tuple[Evm, Address, Abi]) -> None:
    evm, at, abi = probe
    receipt = evm.send(at, encode_call(abi, "store", 3, b"value"), sender=ALICE)
    assert decode_output(abi, "store", receipt.output) == (5,)
    (log,) = receipt.logs
    fields = {"by": ALICE, "slot": 3, "value": b"value", "note": "a note"}
    assert decode_log(abi, log) == Event("Stored", fields)
    stored = evm.call(at, encode_call(abi, "stored", 3)).output
    assert decode_output(abi, "stored", stored) == (b"value",)


def test_a_constructor_says_why_it_refuses(probe: tuple[Evm, Address, Abi]) -> None:
    evm, _, abi = probe
    code = compiled()["Probe"].creation_code
    with pytest.raises(DeploymentFailed) as refused:
        evm.deploy(code, args=encode_constructor(abi, 0))
    assert decode_revert(abi, refused.value.output) == Revert("Plain")
