"""anvil behind the protocol: a node of our own, as a child process, or one that runs already.

A node of our own begins at the rules of Cancun, where no floor on calldata (EIP-7623) hides what
execution costs, and with gas at no price. Not here: how it is spoken to (`solidity.evm.rpc`).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

from solidity.errors import DeploymentFailed, EvmUnavailable, NodeFailed, WrongChain
from solidity.evm.protocol import (
    CALLER,
    DEPLOYER,
    FORK,
    GAS_MAX,
    GENESIS_TIMESTAMP,
    Address,
    CallResult,
    Log,
    MinedLog,
    Receipt,
    Topics,
    check_call,
    check_deploy,
    check_send,
)
from solidity.evm.rpc import JsonRpc, field, from_hex, items, to_hex, to_int
from solidity.gas import intrinsic_gas

NODE_MODULES: Final = Path(__file__).parents[1] / "compiler" / "node_modules"
HOW_TO_INSTALL: Final = "run `npm ci` in solidity/compiler/, or put Foundry's anvil into the PATH"

START_SECONDS_MAX: Final = 20.0
RECEIPT_SECONDS_MAX: Final = 60.0
POLL_SECONDS: Final = 0.002
STOP_SECONDS_MAX: Final = 5.0

WATCH: Final = """
exec 3<&0
"$@" </dev/null & node=$!
{ read -r _ <&3; kill $node; } & watch=$!
wait $node; status=$?
kill $watch
exit $status
"""
"""Runs a node until our end of the pipe closes, which it does however this process ends."""

TRACER: Final = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
"""The one answer of a node that holds both the output and the exact gas of a call."""

REVERTED: Final = "execution reverted"
"""What a trace says of a call that ended with REVERT."""


class Anvil:
    """A chain served by an anvil node. Made by `start` or `connect`."""

    name: Final = "anvil"

    def __init__(
        self, rpc: JsonRpc, *, chain_id: int, node: subprocess.Popen[bytes] | None
    ) -> None:
        self.chain_id: Final = chain_id
        self._rpc = rpc
        self._node = node
        self._contracts: dict[Address, bytes] = {}

    @property
    def url(self) -> str:
        """Where the node listens, for other processes."""
        return self._rpc.url

    @classmethod
    def start(cls, *, chain_id: int) -> Anvil:
        """Start a node on a free loopback port. Raises `EvmUnavailable`, `NodeFailed`."""
        port = _free_port()
        node = _spawn(find_anvil(), port=port, chain_id=chain_id)
        rpc = JsonRpc(f"http://127.0.0.1:{port}")
        evm = cls(rpc, chain_id=chain_id, node=node)
        try:
            evm._wait_until_up(node)
            evm._check_chain()
            # Time stands still between transactions, as on the other back ends.
            rpc("anvil_setBlockTimestampInterval", 0)
        except BaseException:
            evm.close()
            raise
        return evm

    @classmethod
    def connect(cls, url: str, *, chain_id: int) -> Anvil:
        """Use a running node. Raises `NodeFailed`, `WrongChain`."""
        evm = cls(JsonRpc(url), chain_id=chain_id, node=None)
        try:
            evm._check_chain()
        except BaseException:
            evm.close()
            raise
        return evm

    def deploy(
        self,
        creation_code: bytes,
        *,
        args: bytes = b"",
        sender: Address = DEPLOYER,
        value: int = 0,
    ) -> Address:
        """Create a contract; `Evm.deploy`."""
        code = creation_code + args
        check_deploy(self, code=code, sender=sender, value=value)
        receipt, trace = self._transact(
            {"from": to_hex(sender), "data": to_hex(code), "value": hex(value), "gas": hex(GAS_MAX)}
        )
        if to_int(field(receipt, "status")) != 1:
            raise DeploymentFailed(_output(trace))
        address = Address(from_hex(field(receipt, "contractAddress")))
        if not self.code(address):
            raise DeploymentFailed(b"")
        return address

    def call(
        self, to: Address, data: bytes, *, sender: Address = CALLER, gas: int = GAS_MAX
    ) -> CallResult:
        """Call a contract and forget what that changed; `Evm.call`."""
        check_call(self, to=to, data=data, gas=gas)
        call = {"from": to_hex(sender), "to": to_hex(to), "data": to_hex(data), "gas": hex(gas)}
        trace = self._rpc("debug_traceCall", call, "latest", TRACER)
        return CallResult(
            output=_output(trace),
            reverted=_failed(trace),
            exec_gas=to_int(field(trace, "gasUsed")) - intrinsic_gas(data),
        )

    def send(
        self, to: Address, data: bytes, *, sender: Address, value: int = 0, gas: int = GAS_MAX
    ) -> Receipt:
        """Apply a transaction; `Evm.send`."""
        check_send(self, to=to, data=data, sender=sender, value=value, gas=gas)
        receipt, trace = self._transact(
            {
                **{"from": to_hex(sender), "to": to_hex(to), "data": to_hex(data)},
                **{"value": hex(value), "gas": hex(gas)},
            }
        )
        gas_used = to_int(field(receipt, "gasUsed"))
        return Receipt(
            output=_output(trace),
            reverted=to_int(field(receipt, "status")) != 1,
            gas_used=gas_used,
            exec_gas=gas_used - intrinsic_gas(data),
            logs=tuple(_log(entry) for entry in items(field(receipt, "logs"))),
        )

    def logs(
        self, address: Address, *, topics: Topics = (), from_block: int = 0
    ) -> tuple[MinedLog, ...]:
        """Return the events of a contract; `Evm.logs`."""
        wanted = {
            "address": to_hex(address),
            "topics": [None if topic is None else to_hex(topic) for topic in topics],
            "fromBlock": hex(from_block),
            "toBlock": "latest",
        }
        found = [_mined_log(entry) for entry in items(self._rpc("eth_getLogs", wanted))]
        return tuple(sorted(found, key=lambda mined: (mined.block, mined.index)))

    def code(self, address: Address) -> bytes:
        """Return the code at ``address``; `Evm.code`."""
        # Code that is there once stays there, so that each contract is asked for once only.
        if address not in self._contracts:
            code = from_hex(self._rpc("eth_getCode", to_hex(address), "latest"))
            if not code:
                return b""
            self._contracts[address] = code
        return self._contracts[address]

    def balance(self, address: Address) -> int:
        """Return an account's wei; `Evm.balance`."""
        return to_int(self._rpc("eth_getBalance", to_hex(address), "latest"))

    def fund(self, address: Address, wei: int) -> None:
        """Add ``wei`` to an account, out of nothing; `Evm.fund`."""
        self._rpc("anvil_setBalance", to_hex(address), hex(self.balance(address) + wei))

    def timestamp(self) -> int:
        """Return the time that contracts see; `Evm.timestamp`."""
        return to_int(field(self._rpc("eth_getBlockByNumber", "latest", False), "timestamp"))

    def advance(self, seconds: int) -> None:
        """Let time pass, in an empty block; `Evm.advance`."""
        self._rpc("evm_setNextBlockTimestamp", hex(self.timestamp() + seconds))
        self._rpc("evm_mine")

    def close(self) -> None:
        """Close the connection, and end the node if it is ours."""
        self._rpc.close()
        if self._node is None:
            return
        assert self._node.stdin is not None
        self._node.stdin.close()
        try:
            self._node.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(self._node.pid, signal.SIGKILL)
            self._node.wait()

    def _transact(self, transaction: dict[str, str]) -> tuple[object, object]:
        """Send a transaction; return its receipt and its trace, which alone has the output."""
        if self._node is not None:
            # The sender needs no balance for gas, so that balances are what contracts move.
            transaction["gasPrice"] = "0x0"
        hash_ = self._rpc("eth_sendTransaction", transaction)
        receipt = self._receipt(hash_)
        return receipt, self._rpc("debug_traceTransaction", hash_, TRACER)

    def _receipt(self, hash_: str) -> object:
        deadline = time.monotonic() + RECEIPT_SECONDS_MAX
        while True:
            receipt: object = self._rpc("eth_getTransactionReceipt", hash_)
            if receipt is not None:
                return receipt
            if time.monotonic() > deadline:
                what = f"no receipt of transaction {hash_} in {RECEIPT_SECONDS_MAX:g} s"
                raise NodeFailed(url=self._rpc.url, what=what)
            time.sleep(POLL_SECONDS)

    def _check_chain(self) -> None:
        actual = to_int(self._rpc("eth_chainId"))
        if actual != self.chain_id:
            raise WrongChain(expected=self.chain_id, actual=actual)

    def _wait_until_up(self, node: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self._rpc("eth_chainId")
                return
            except NodeFailed:
                if node.poll() is not None:
                    what = f"anvil ended at once, with exit status {node.returncode}"
                    raise NodeFailed(url=self._rpc.url, what=what) from None
                if time.monotonic() > deadline:
                    raise
            time.sleep(POLL_SECONDS)


def find_anvil() -> Path:
    """Return the path of anvil: the pinned one, else one in the PATH. Raises `EvmUnavailable`."""
    pinned = NODE_MODULES / ".bin" / "anvil"
    if pinned.exists():
        return pinned
    if found := shutil.which("anvil"):
        return Path(found)
    raise EvmUnavailable(name="anvil", what=HOW_TO_INSTALL)


def _spawn(path: Path, *, port: int, chain_id: int) -> subprocess.Popen[bytes]:
    command = [
        *("sh", "-c", WATCH, "sh"),
        *(str(path), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)),
        *("--hardfork", FORK, "--gas-limit", str(GAS_MAX)),
        *("--timestamp", str(GENESIS_TIMESTAMP)),
        *("--base-fee", "0", "--gas-price", "0", "--accounts", "0", "--auto-impersonate"),
        "--silent",
    ]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A Ctrl-C in the terminal is ours to handle: `close` ends the node.
            start_new_session=True,
            env=os.environ | {"RUST_LOG": "off"},
        )
    except OSError as error:
        what = f"{path}: {error.strerror or error}; {HOW_TO_INSTALL}"
        raise EvmUnavailable(name="anvil", what=what) from None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _output(trace: object) -> bytes:
    """Return what a call gave or reverted with: nothing, if it failed in another way."""
    if isinstance(trace, dict) and trace.get("error") in (None, REVERTED):
        return from_hex(trace.get("output", "0x"))
    return b""


def _failed(trace: object) -> bool:
    return isinstance(trace, dict) and "error" in trace


def _log(entry: object) -> Log:
    return Log(
        address=Address(from_hex(field(entry, "address"))),
        topics=tuple(from_hex(topic) for topic in items(field(entry, "topics"))),
        data=from_hex(field(entry, "data")),
    )


def _mined_log(entry: object) -> MinedLog:
    return MinedLog(
        block=to_int(field(entry, "blockNumber")),
        index=to_int(field(entry, "logIndex")),
        log=_log(entry),
    )
