"""pyrevm in this process: revm in Rust, for development (its licence is not stated).

pyrevm has no end of a transaction: what one warmed or stored stays warm, and original, for the
next, which makes the gas wrong. So the accounts are kept here, each transaction gets a fresh EVM
made of them, and what it changed is read back.

Not here: SELFDESTRUCT, whose deletions pyrevm does not show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import pyrevm

from merkle.hashing import keccak256
from solidity.errors import DeploymentFailed
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
    logs_of,
    mined_logs,
)
from solidity.gas import intrinsic_gas

SPEC_IDS: Final = {"cancun": "CANCUN"}
"""pyrevm takes any name of a fork, an unknown one for its newest: only these are passed on."""

CODE_PADDING_MAX: Final = 33
"""Zero bytes that revm puts behind code which it has analysed."""

_ACCOUNT_INFO: Final[Any] = pyrevm.AccountInfo
"""Without its type: pyrevm's stub leaves out the balance."""

_REVERT: Final = re.compile(r"Revert \{ gas_used: \d+, output: 0x([0-9a-f]*) \}")
_HALT: Final = "Halt {"
_STORAGE_TOUCHED: Final = re.compile(r"StorageChange \{ address: 0x([0-9a-f]{40}), key: (\d+),")
"""How pyrevm's errors and its journal are printed; it shows neither in another way."""


@dataclass(slots=True)
class _Account:
    balance: int = 0
    nonce: int = 0
    code: bytes = b""
    storage: dict[int, int] = field(default_factory=dict)


class Pyrevm:
    """A world of accounts at the rules of Cancun, run by revm."""

    name: Final = "pyrevm"

    def __init__(self, *, chain_id: int) -> None:
        self.chain_id: Final = chain_id
        self._number = 0
        self._timestamp = GENESIS_TIMESTAMP
        self._accounts: dict[Address, _Account] = {}
        self._logs: list[MinedLog] = []
        self._idle: pyrevm.EVM | None = None
        """An EVM with the accounts as they are, if there is one."""

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
        self._mine()
        evm = self._evm()
        try:
            created = evm.deploy(_hex(sender), code, value, GAS_MAX)
        except RuntimeError as error:
            self._read_back(evm)
            raise DeploymentFailed(_revert_data(error)) from None
        self._logs += mined_logs(self._number, _logs(_result(evm)))
        self._read_back(evm)
        address = Address(bytes.fromhex(created[2:]))
        if not self.code(address):
            raise DeploymentFailed(b"")
        return address

    def call(
        self, to: Address, data: bytes, *, sender: Address = CALLER, gas: int = GAS_MAX
    ) -> CallResult:
        """Call a contract and forget what that changed; `Evm.call`."""
        check_call(self, to=to, data=data, gas=gas)
        evm = self._evm()
        before = evm.snapshot()
        output = _run(evm, to, data, sender=sender, value=0, gas=gas)
        result = _result(evm)
        evm.revert(before)
        return CallResult(
            output=output,
            reverted=not result.is_success,
            exec_gas=result.gas_used - intrinsic_gas(data),
        )

    def send(
        self, to: Address, data: bytes, *, sender: Address, value: int = 0, gas: int = GAS_MAX
    ) -> Receipt:
        """Apply a transaction; `Evm.send`."""
        check_send(self, to=to, data=data, sender=sender, value=value, gas=gas)
        self._mine()
        evm = self._evm()
        output = _run(evm, to, data, sender=sender, value=value, gas=gas)
        result = _result(evm)
        self._read_back(evm)
        # pyrevm counts the transactions that create contracts, but not those that call them.
        self._account(sender).nonce += 1
        logs = _logs(result) if result.is_success else ()
        self._logs += mined_logs(self._number, logs)
        return Receipt(
            output=output,
            reverted=not result.is_success,
            gas_used=result.gas_used,
            exec_gas=result.gas_used - intrinsic_gas(data),
            logs=logs,
        )

    def logs(
        self, address: Address, *, topics: Topics = (), from_block: int = 0
    ) -> tuple[MinedLog, ...]:
        """Return the events of a contract; `Evm.logs`."""
        return logs_of(self._logs, address, topics=topics, from_block=from_block)

    def code(self, address: Address) -> bytes:
        """Return the code at ``address``; `Evm.code`."""
        account = self._accounts.get(address)
        return account.code if account else b""

    def balance(self, address: Address) -> int:
        """Return an account's wei; `Evm.balance`."""
        account = self._accounts.get(address)
        return account.balance if account else 0

    def fund(self, address: Address, wei: int) -> None:
        """Add ``wei`` to an account, out of nothing; `Evm.fund`."""
        self._account(address).balance += wei
        self._idle = None

    def timestamp(self) -> int:
        """Return the time that contracts see; `Evm.timestamp`."""
        return self._timestamp

    def advance(self, seconds: int) -> None:
        """Let time pass, in an empty block; `Evm.advance`."""
        self._timestamp += seconds
        self._mine()

    def close(self) -> None:
        """Do nothing: all of it is memory of this process."""

    def _account(self, address: Address) -> _Account:
        return self._accounts.setdefault(address, _Account())

    def _mine(self) -> None:
        self._number += 1
        self._idle = None

    def _evm(self) -> pyrevm.EVM:
        """Return an EVM with the accounts as they are, nothing of which is warm."""
        if self._idle is None:
            block = pyrevm.BlockEnv(number=self._number, timestamp=self._timestamp, basefee=0)
            env = pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=self.chain_id), block=block)
            self._idle = pyrevm.EVM(env=env, gas_limit=GAS_MAX, spec_id=SPEC_IDS[FORK])
            for address, account in self._accounts.items():
                _insert(self._idle, _hex(address), account)
        return self._idle

    def _read_back(self, evm: pyrevm.EVM) -> None:
        """Take over what a transaction changed; its EVM is not used again."""
        self._idle = None
        for text, info in evm.journal_state.items():
            account = self._account(_address(text))
            account.balance, account.nonce = info.balance, info.nonce
            account.code = _without_padding(info.code or b"", info.code_hash or b"")
        for digits, key in _STORAGE_TOUCHED.findall(evm.journal_str):
            address = Address(bytes.fromhex(digits))
            self._account(address).storage[int(key)] = evm.storage(_hex(address), int(key))


def _insert(evm: pyrevm.EVM, address: str, account: _Account) -> None:
    info = _ACCOUNT_INFO(balance=account.balance, nonce=account.nonce, code=account.code)
    evm.insert_account_info(address, info)
    for slot, value in account.storage.items():
        before = evm.snapshot()
        evm.insert_account_storage(address, slot, value)
        # The value stays; what goes is that inserting it has warmed the account, and made the next
        # one a write of the transaction.
        evm.revert(before)


def _run(
    evm: pyrevm.EVM, to: Address, data: bytes, *, sender: Address, value: int, gas: int
) -> bytes:
    try:
        output: bytes = evm.message_call(_hex(sender), _hex(to), data, value, gas)
    except RuntimeError as error:
        return _revert_data(error)
    return output


def _result(evm: pyrevm.EVM) -> pyrevm.ExecutionResult:
    assert evm.result is not None
    return evm.result


def _revert_data(error: RuntimeError) -> bytes:
    """Return what a transaction reverted with; raise what is no result of a transaction."""
    text = str(error)
    if found := _REVERT.search(text):
        return bytes.fromhex(found[1])
    if text.startswith(_HALT):
        return b""
    raise error


def _without_padding(code: bytes, code_hash: bytes) -> bytes:
    for padding in range(min(CODE_PADDING_MAX, len(code)) + 1):
        if keccak256(code[: len(code) - padding]) == code_hash:
            return code[: len(code) - padding]
    raise AssertionError("pyrevm shows code that is not of its hash")


def _logs(result: pyrevm.ExecutionResult) -> tuple[Log, ...]:
    return tuple(
        Log(address=_address(log.address), topics=tuple(log.data[0]), data=bytes(log.data[1]))
        for log in result.logs
    )


def _address(text: str) -> Address:
    return Address(bytes.fromhex(text.removeprefix("0x")))


def _hex(address: Address) -> str:
    return f"0x{address.hex()}"
