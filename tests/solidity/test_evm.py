"""The EVMs do the same: outputs, revert data, logs, balances, and gas to the unit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merkle.errors import ChannelsError
from solidity.errors import (
    BalanceTooLow,
    DeploymentFailed,
    EvmUnavailable,
    GasOutOfRange,
    NoContract,
    UnknownEvm,
)
from solidity.evm import CALLER, EVM_NAMES, Address, CallResult, Evm, Log, Receipt, open_evm
from solidity.evm.anvil import NODE_MODULES
from solidity.evm.protocol import CHAIN_ID, GENESIS_TIMESTAMP
from solidity.gas import CODE_BYTES_MAX, CREATION_BYTES_MAX
from tests.languages import ROOT, missing
from tests.solidity.assembly import assemble, contract, creation
from tests.solidity.evms import ALICE, BOB, evm_or_skip

NOBODY = Address(b"\x99" * 20)

COUNTER = contract("0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 7 9 32 0 LOG2 32 0 RETURN")
"""Adds 1 to what it stores, logs it, and returns it."""

ECHO = contract("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 RETURN")
REFUSER = contract("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 REVERT")
BURNER = contract("1 0 SSTORE 1 2 3 LOG0 INVALID")
LOOP = contract("JUMPDEST 0 JUMP")
HASHER = contract("200 JUMPDEST 64 0 KECCAK256 0 MSTORE 1 SWAP1 SUB DUP1 2 JUMPI 32 0 RETURN")

STORE = contract("32 CALLDATALOAD 0 CALLDATALOAD SSTORE 0 CALLDATALOAD SLOAD POP")
"""Stores the second word of calldata in the slot that the first names."""

TRANSIENT = contract("0 TLOAD 0 MSTORE 7 0 TSTORE 32 0 RETURN")
"""Returns what the transaction stored before, which is nothing, and stores 7."""

FACTS = "ORIGIN CALLER CALLVALUE TIMESTAMP NUMBER GASPRICE BASEFEE CHAINID GASLIMIT COINBASE"
ENVIRONMENT = contract(
    " ".join(f"{fact} {32 * place} MSTORE" for place, fact in enumerate(FACTS.split()))
    + " SELFBALANCE 320 MSTORE ADDRESS 352 MSTORE 384 0 RETURN"
)

FORWARD = contract(
    # CALL(gas, address = word 0, value = CALLVALUE, the rest of calldata), then its own balance of
    # results: the callee's output behind a word that says whether it succeeded.
    "32 CALLDATASIZE SUB 32 0 CALLDATACOPY "
    "0 0 32 CALLDATASIZE SUB 0 CALLVALUE 0 CALLDATALOAD GAS CALL "
    "0 MSTORE RETURNDATASIZE 0 32 RETURNDATACOPY 32 RETURNDATASIZE ADD 0 RETURN"
)

SELF = contract(
    # Calls itself with one more than it was called with, until the gas is gone; returns how deep.
    "1 0 CALLDATALOAD ADD 0 MSTORE 32 0 32 0 0 ADDRESS GAS CALL POP 32 0 RETURN"
)

PARENT = contract(
    # Creates a contract whose code is one STOP, and returns its address.
    f"{int.from_bytes(creation(assemble('STOP')), 'big')} 0 MSTORE "
    f"{len(creation(assemble('STOP')))} {32 - len(creation(assemble('STOP')))} 0 CREATE "
    "0 MSTORE 32 0 RETURN"
)


@pytest.fixture(params=EVM_NAMES)
def evm(request: pytest.FixtureRequest) -> Iterator[Evm]:
    with evm_or_skip(request.param) as opened:
        yield opened


def word(value: int | bytes) -> bytes:
    return (value if isinstance(value, bytes) else value.to_bytes(32, "big")).rjust(32, b"\0")


Step = Callable[[Evm, dict[str, Address]], object]


@dataclass(frozen=True)
class Outcome:
    """What a step gave, or the error that it raised."""

    value: object


def outcome(step: Step, evm: Evm, at: dict[str, Address]) -> Outcome:
    try:
        return Outcome(step(evm, at))
    except ChannelsError as error:
        return Outcome(str(error))


def deploy(name: str, code: bytes, **options: int) -> Step:
    def step(evm: Evm, at: dict[str, Address]) -> object:
        at[name] = evm.deploy(code, **options)
        return at[name], evm.code(at[name])

    return step


def call(name: str, data: bytes = b"", **options: int) -> Step:
    return lambda evm, at: evm.call(at[name], data, **options)


def send(name: str, data: bytes = b"", **options: int) -> Step:
    return lambda evm, at: evm.send(at[name], data, sender=ALICE, **options)


def forward(name: str, data: bytes = b"", **options: int) -> Step:
    return lambda evm, at: evm.send(at["forward"], word(at[name]) + data, sender=ALICE, **options)


def balances(evm: Evm, at: dict[str, Address]) -> object:
    return [evm.balance(address) for address in (ALICE, BOB, CALLER, *at.values())]


STEPS: list[Step] = [
    lambda evm, _: evm.fund(ALICE, 1_000),
    *(deploy(name, code) for name, code in [("counter", COUNTER), ("echo", ECHO)]),
    *(deploy(name, code) for name, code in [("refuser", REFUSER), ("burner", BURNER)]),
    *(deploy(name, code) for name, code in [("loop", LOOP), ("hasher", HASHER)]),
    *(deploy(name, code) for name, code in [("store", STORE), ("transient", TRANSIENT)]),
    *(deploy(name, code) for name, code in [("environment", ENVIRONMENT), ("parent", PARENT)]),
    *(deploy("forward", FORWARD), deploy("self", SELF)),
    # Calls leave nothing behind; sends do, and begin with nothing warm.
    *(call("counter"), call("counter"), send("counter"), call("counter", b"\0\1\2")),
    *(send("counter", b"x"), send("counter"), call("counter")),
    # Outputs, revert data, and all gas burnt.
    *(call("echo", b"\0\1\xff" * 50), send("echo", b"\0\1\xff" * 50)),
    *(call("refuser", b"\0\1\xff" * 50), send("refuser", b"\0\1\xff" * 50), call("refuser")),
    *(call("burner", gas=50_000), send("burner", b"x", gas=50_000), call("burner", gas=21_001)),
    *(call("loop", gas=100_000), send("loop", gas=100_000), call("hasher"), send("hasher")),
    *(call("counter", gas=21_000), send("counter", gas=23_000), call("counter", gas=20_999)),
    # Refunds: a slot filled, changed, cleared; in a later transaction and in the same.
    *(send("store", word(slot) + word(7)) for slot in range(6)),
    *(send("store", word(1) + word(value)) for value in (7, 8, 0, 0, 9, 0)),
    *(call("store", word(2)), call("store", word(2) + word(3)), send("store", word(2))),
    # What is transient ends with the transaction.
    *(call("transient"), send("transient"), send("transient"), call("transient")),
    # What contracts see of their transaction and block.
    *(call("environment"), send("environment"), send("environment", value=5)),
    lambda evm, _: (evm.timestamp(), evm.advance(3_600), evm.timestamp()),
    *(call("environment"), send("environment", b"\1")),
    # Contracts that call, pay and create.
    *(forward("counter"), forward("refuser", b"why"), forward("burner", gas=200_000)),
    *(forward("echo", b"\xab" * 33, value=3), forward("transient"), forward("environment")),
    *(call("parent"), send("parent"), send("parent"), call("parent")),
    *(call("self"), send("self"), call("self", gas=100_000)),
    lambda evm, _: evm.send(BOB, b"", sender=ALICE, value=100),
    lambda evm, _: evm.send(NOBODY, b"", sender=NOBODY),
    balances,
    # Refusals.
    lambda evm, _: evm.send(BOB, b"", sender=ALICE, value=10**30),
    lambda evm, _: evm.send(BOB, b"\1", sender=ALICE),
    lambda evm, _: evm.call(BOB, b""),
    deploy("none", assemble("1 0 MSTORE 32 0 REVERT")),
    deploy("none", assemble("INVALID")),
    deploy("none", b""),
    deploy("none", COUNTER, value=1),
    deploy("again", COUNTER),
    *(call("again"), balances),
]


def run(evm: Evm) -> list[Outcome]:
    at: dict[str, Address] = {}
    return [outcome(step, evm, at) for step in STEPS]


def test_each_evm_gives_what_py_evm_gives(evm: Evm) -> None:
    with evm_or_skip("py-evm") as reference:
        expected = run(reference)
    actual = run(evm)
    for place, (left, right) in enumerate(zip(expected, actual, strict=True)):
        assert left == right, f"step {place}"
    # The script exercises what it is meant to: reverts, logs, refusals.
    values = [found.value for found in expected]
    assert sum(isinstance(value, Receipt) and value.reverted for value in values) > 3
    assert sum(isinstance(value, Receipt) and bool(value.logs) for value in values) > 3
    assert sum(isinstance(value, str) for value in values) == 8


WRITES = st.lists(
    st.tuples(st.sampled_from(["call", "send"]), st.integers(0, 2), st.integers(0, 2)), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WRITES)
def test_gas_of_storage_agrees_whatever_was_stored_before(
    writes: list[tuple[str, int, int]],
) -> None:
    results = []
    for name in ("py-evm", "pyrevm"):
        with evm_or_skip(name) as evm:
            store = evm.deploy(STORE)
            at = {"store": store}
            steps = [
                (call if how == "call" else send)("store", word(slot) + word(value))
                for how, slot, value in writes
            ]
            results.append([outcome(step, evm, at) for step in steps])
    assert results[0] == results[1]


def test_a_send_shows_its_parts(evm: Evm) -> None:
    counter = evm.deploy(COUNTER)
    assert evm.send(counter, b"\0\1", sender=ALICE) == Receipt(
        output=word(1),
        reverted=False,
        gas_used=21_000 + 4 + 16 + 23_523,
        exec_gas=23_523,
        logs=(Log(address=counter, topics=(word(9), word(7)), data=word(1)),),
    )


def test_a_call_shows_its_parts_and_changes_nothing(evm: Evm) -> None:
    counter = evm.deploy(COUNTER)
    for _ in range(3):
        assert evm.call(counter, b"") == CallResult(output=word(1), reverted=False, exec_gas=23_523)


def test_a_refund_is_at_most_a_fifth(evm: Evm) -> None:
    clears = " ".join(f"0 {slot} SSTORE" for slot in range(10))
    fills = " ".join(f"1 {slot} SSTORE" for slot in range(10))
    both = evm.deploy(contract(f"CALLDATASIZE 0x37 JUMPI {fills} STOP JUMPDEST {clears}"))
    assert not evm.send(both, b"", sender=ALICE).reverted
    cleared = evm.send(both, b"\1", sender=ALICE)
    # Each clearing costs 5,000 and 6 for its operands, and would be worth 4,800.
    spent = 21_000 + 16 + 2 + 3 + 10 + 1 + 10 * (5_000 + 6)
    assert cleared.gas_used == spent - spent // 5


def test_a_reverted_send_takes_back_what_it_changed_and_what_it_paid(evm: Evm) -> None:
    evm.fund(ALICE, 10)
    code = "1 0 SSTORE CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 REVERT"
    refuser = evm.deploy(contract(code))
    receipt = evm.send(refuser, b"why", sender=ALICE, value=10)
    assert (receipt.output, receipt.reverted, receipt.logs) == (b"why", True, ())
    assert (evm.balance(ALICE), evm.balance(refuser)) == (10, 0)
    # The slot is still empty: filling it costs as much again.
    assert evm.send(refuser, b"why", sender=ALICE).exec_gas == receipt.exec_gas


def test_constructor_arguments_stand_behind_the_code(evm: Evm) -> None:
    # Creation code that returns its own last word.
    last_word = assemble("32 32 CODESIZE SUB 0 CODECOPY 32 0 RETURN")
    address = evm.deploy(last_word, args=word(0x5F5FFD << 232))
    assert evm.code(address) == word(0x5F5FFD << 232)


def test_code_at_the_limit_is_deployed_and_one_byte_more_is_not(evm: Evm) -> None:
    most = evm.deploy(creation(bytes(CODE_BYTES_MAX)))
    assert len(evm.code(most)) == CODE_BYTES_MAX
    with pytest.raises(DeploymentFailed) as refused:
        evm.deploy(creation(bytes(CODE_BYTES_MAX + 1)))
    assert refused.value.output == b""
    with pytest.raises(DeploymentFailed):
        evm.deploy(creation(b"") + bytes(CREATION_BYTES_MAX))


def test_a_constructor_says_why_it_refuses(evm: Evm) -> None:
    with pytest.raises(DeploymentFailed, match=r"reverted with 0x0{63}7") as refused:
        evm.deploy(assemble("7 0 MSTORE 32 0 REVERT"))
    assert refused.value.output == word(7)


def test_refusals_are_named(evm: Evm) -> None:
    echo = evm.deploy(ECHO)
    with pytest.raises(NoContract, match=f"no contract at 0x{NOBODY.hex()}"):
        evm.call(NOBODY, b"\1\2\3\4")
    with pytest.raises(NoContract):
        evm.send(NOBODY, b"\1\2\3\4", sender=ALICE)
    for gas in (21_015, 30_000_001):
        with pytest.raises(GasOutOfRange, match=f"gas {gas} is not between 21016, which"):
            evm.call(echo, b"\1", gas=gas)
        with pytest.raises(GasOutOfRange):
            evm.send(echo, b"\1", sender=ALICE, gas=gas)
    with pytest.raises(BalanceTooLow, match="has 0 wei and cannot send 1"):
        evm.send(echo, b"", sender=NOBODY, value=1)


def test_time_stands_still_until_it_is_told_to_pass(evm: Evm) -> None:
    clock = evm.deploy(contract("TIMESTAMP 0 MSTORE 32 0 RETURN"))
    assert evm.timestamp() == GENESIS_TIMESTAMP
    assert evm.send(clock, b"", sender=ALICE).output == word(GENESIS_TIMESTAMP)
    evm.advance(86_400)
    assert evm.timestamp() == GENESIS_TIMESTAMP + 86_400
    for _ in range(2):
        assert evm.call(clock, b"").output == word(GENESIS_TIMESTAMP + 86_400)
        assert evm.send(clock, b"", sender=ALICE).output == word(GENESIS_TIMESTAMP + 86_400)


@pytest.mark.parametrize("name", EVM_NAMES)
def test_the_chain_has_the_id_that_is_asked_for(name: str) -> None:
    with evm_or_skip(name):
        pass
    with open_evm(name, chain_id=5) as evm:
        chain = evm.deploy(contract("CHAINID 0 MSTORE 32 0 RETURN"))
        assert (evm.name, evm.chain_id, evm.call(chain, b"").output) == (name, 5, word(5))
    assert CHAIN_ID != 5


def test_contracts_call_deeper_than_python_does_by_itself(evm: Evm) -> None:
    limit = sys.getrecursionlimit()
    depth = evm.call(evm.deploy(SELF), b"").output
    assert int.from_bytes(depth, "big") == 513
    assert sys.getrecursionlimit() == limit


def test_py_evm_leaves_the_recursion_limit_as_it_is() -> None:
    # In a process of its own: py-evm raises the limit when it is first imported.
    program = (
        "import json, sys\n"
        "from solidity.evm import open_evm\n"
        "limit = sys.getrecursionlimit()\n"
        "with open_evm('py-evm'): assert sys.getrecursionlimit() == limit\n"
        "try: json.loads('[' * 1_000_000)\n"
        "except RecursionError: print('refused')\n"
    )
    said = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True)
    assert said == "refused\n"


@pytest.mark.nightly
def test_thousands_of_calls_take_a_few_milliseconds_each() -> None:
    with evm_or_skip("py-evm") as evm:
        hasher = evm.deploy(HASHER)
        assert 10_000 < evm.call(hasher, b"").exec_gas < 20_000
        begin = time.perf_counter()
        for _ in range(200):
            evm.call(hasher, b"")
        # About 3 ms each; a state built anew for each would take ten times as long.
        assert time.perf_counter() - begin < 200 * 0.025


def test_an_unknown_evm_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(UnknownEvm, match="no EVM 'geth'; known are: py-evm, anvil, pyrevm"):
        open_evm("geth").__enter__()


@pytest.mark.parametrize(
    ("name", "module", "hint"),
    [("py-evm", "eth", r"pip install 'event"), ("pyrevm", "pyrevm", "pip install pyrevm==0.3.7")],
)
def test_an_evm_that_is_not_installed_says_how_to_come_by_it(
    name: str, module: str, hint: str
) -> None:
    # In a process of its own, where the package is hidden from the import system.
    program = (
        f"import sys; sys.modules['{module}'] = None\n"
        "from solidity.evm import open_evm\n"
        "from solidity.errors import EvmUnavailable\n"
        f"try: open_evm('{name}').__enter__()\n"
        "except EvmUnavailable as error: print(error)\n"
    )
    said = subprocess.check_output(
        [sys.executable, "-c", program], cwd=ROOT, text=True, timeout=120
    )
    assert said.startswith(f"{name} is not here: {hint}")
    assert len(said.splitlines()) == 1


def test_without_anvil_one_line_says_how_to_come_by_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.setattr("solidity.evm.anvil.NODE_MODULES", NODE_MODULES / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EvmUnavailable, match="anvil is not here: run `npm ci` in solidity/comp"):
        open_evm("anvil").__enter__()


def _anvils() -> set[int]:
    """Return the processes that run the pinned anvil."""
    found = set()
    for folder in os.listdir("/proc"):
        try:
            with open(f"/proc/{folder}/cmdline", "rb") as file:
                command = file.read().split(b"\0")
        except (OSError, ValueError):
            continue
        if command[0].endswith(b"anvil"):
            found.add(int(folder))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_the_node_ends_even_if_this_process_is_killed() -> None:
    with evm_or_skip("anvil"):
        pass
    program = (
        "from solidity.evm import open_evm\n"
        "with open_evm('anvil') as evm:\n"
        "    print(evm._rpc.url, flush=True)\n"
        "    input()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        port = child.stdout.readline().rsplit(":", 1)[1].strip()
        node = [pid for pid in _anvils() if _has_argument(pid, port)]
        assert len(node) == 1
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        deadline = time.monotonic() + 10
        while node[0] in _anvils() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert node[0] not in _anvils()
    finally:
        child.kill()
        child.communicate()


def _has_argument(pid: int, argument: str) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return argument.encode() in file.read().split(b"\0")
    except OSError:
        return False


def test_pinned_anvil_is_what_runs() -> None:
    if not (NODE_MODULES / ".bin" / "anvil").exists():
        missing("no anvil: run `npm ci` in solidity/compiler/")
    said = subprocess.check_output([NODE_MODULES / ".bin" / "anvil", "--version"], text=True)
    assert "anvil Version: 1.7.1" in said
