"""py-evm in this process: a state that persists, and no chain around it.

Not here: headers, signatures and fees, which py-evm's chain classes would bring and which no
contract of ours can see.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

import solidity.evm.quiet_eth  # noqa: F401 - before anything of py-evm  # isort: skip
from eth._utils.address import generate_contract_address
from eth.abc import ComputationAPI
from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS, ZERO_ADDRESS, ZERO_HASH32
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.state import CancunState
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.message import Message
from eth_typing import Address as CanonicalAddress
from eth_typing import BlockNumber

from solidity.errors import DeploymentFailed
from solidity.evm.protocol import (
    CALLER,
    DEPLOYER,
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
from solidity.gas import CREATION_GAS, intrinsic_gas

REFUND_QUOTIENT: Final = 5
"""A refund is at most a fifth of the gas (EIP-3529)."""

FRAMES_PER_CALL: Final = 12
CALL_DEPTH_MAX: Final = 1_024
"""Python frames that py-evm takes for a call of one contract by another, and how deep they go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What py-evm knows of a message and of all that it called, which it gathers recursively.

    ``spent`` is the gas of the execution, ``refund`` what is given back of it, before the cap.
    """

    output: bytes
    reverted: bool
    spent: int
    refund: int
    deleted: tuple[CanonicalAddress, ...]
    logs: tuple[Log, ...]

    def gas_used(self, intrinsic: int) -> int:
        """Return what the transaction is charged, given what it paid before any code ran."""
        total = intrinsic + self.spent
        return total - min(self.refund, total // REFUND_QUOTIENT)


class PyEvm:
    """A world of accounts at the rules of Cancun, in py-evm's state class."""

    name: Final = "py-evm"

    def __init__(self, *, chain_id: int) -> None:
        self.chain_id: Final = chain_id
        self._number = 0
        self._timestamp = GENESIS_TIMESTAMP
        self._state = CancunState(AtomicDB(), self._block(), BLANK_ROOT_HASH)
        self._logs: list[MinedLog] = []

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
        created = generate_contract_address(
            CanonicalAddress(sender), self._state.get_nonce(CanonicalAddress(sender))
        )
        message = Message(
            # py-evm itself takes the gas for the words of creation code (EIP-3860).
            gas=GAS_MAX - intrinsic_gas(code) - CREATION_GAS,
            to=CREATE_CONTRACT_ADDRESS,
            sender=CanonicalAddress(sender),
            value=value,
            data=b"",
            code=code,
            create_address=created,
        )
        outcome = self._apply(message)
        if outcome.reverted or not self.code(Address(created)):
            raise DeploymentFailed(outcome.output if outcome.reverted else b"")
        return Address(created)

    def call(
        self, to: Address, data: bytes, *, sender: Address = CALLER, gas: int = GAS_MAX
    ) -> CallResult:
        """Call a contract and forget what that changed; `Evm.call`."""
        check_call(self, to=to, data=data, gas=gas)
        before = self._state.snapshot()
        outcome = self._execute(self._message(to, data, sender=sender, gas=gas))
        self._state.revert(before)
        self._state.clear_transient_storage()
        gas_used = outcome.gas_used(intrinsic_gas(data))
        return CallResult(
            output=outcome.output,
            reverted=outcome.reverted,
            exec_gas=gas_used - intrinsic_gas(data),
        )

    def send(
        self, to: Address, data: bytes, *, sender: Address, value: int = 0, gas: int = GAS_MAX
    ) -> Receipt:
        """Apply a transaction; `Evm.send`."""
        check_send(self, to=to, data=data, sender=sender, value=value, gas=gas)
        self._mine()
        self._state.increment_nonce(CanonicalAddress(sender))
        outcome = self._apply(self._message(to, data, sender=sender, value=value, gas=gas))
        gas_used = outcome.gas_used(intrinsic_gas(data))
        return Receipt(
            output=outcome.output,
            reverted=outcome.reverted,
            gas_used=gas_used,
            exec_gas=gas_used - intrinsic_gas(data),
            logs=outcome.logs,
        )

    def logs(
        self, address: Address, *, topics: Topics = (), from_block: int = 0
    ) -> tuple[MinedLog, ...]:
        """Return the events of a contract; `Evm.logs`."""
        return logs_of(self._logs, address, topics=topics, from_block=from_block)

    def code(self, address: Address) -> bytes:
        """Return the code at ``address``; `Evm.code`."""
        return self._state.get_code(CanonicalAddress(address))

    def balance(self, address: Address) -> int:
        """Return an account's wei; `Evm.balance`."""
        return self._state.get_balance(CanonicalAddress(address))

    def fund(self, address: Address, wei: int) -> None:
        """Add ``wei`` to an account, out of nothing; `Evm.fund`."""
        self._state.delta_balance(CanonicalAddress(address), wei)

    def timestamp(self) -> int:
        """Return the time that contracts see; `Evm.timestamp`."""
        return self._timestamp

    def advance(self, seconds: int) -> None:
        """Let time pass, in an empty block; `Evm.advance`."""
        self._timestamp += seconds
        self._mine()

    def close(self) -> None:
        """Do nothing: all of it is memory of this process."""

    def _block(self) -> ExecutionContext:
        return ExecutionContext(
            coinbase=ZERO_ADDRESS,
            timestamp=self._timestamp,
            block_number=BlockNumber(self._number),
            difficulty=0,
            mix_hash=ZERO_HASH32,
            gas_limit=GAS_MAX,
            prev_hashes=(),
            chain_id=self.chain_id,
            base_fee_per_gas=0,
            excess_blob_gas=0,
        )

    def _mine(self) -> None:
        """Begin the next block: transactions run in it, and so do calls until another begins."""
        self._number += 1
        self._state.execution_context = self._block()

    def _message(
        self, to: Address, data: bytes, *, sender: Address, gas: int, value: int = 0
    ) -> Message:
        return Message(
            gas=gas - intrinsic_gas(data),
            to=CanonicalAddress(to),
            sender=CanonicalAddress(sender),
            value=value,
            data=data,
            code=self.code(to),
        )

    def _execute(self, message: Message) -> _Outcome:
        """Run a transaction's message, with the accounts warm that a transaction warms."""
        state = self._state
        state.mark_address_warm(message.sender)
        state.mark_address_warm(message.storage_address)
        context = CancunTransactionContext(gas_price=0, origin=message.sender)
        computation = state.computation_class
        apply = computation.apply_create_message if message.is_create else computation.apply_message
        with _room_for_calls():
            return _outcome(apply(state, message, context))

    def _apply(self, message: Message) -> _Outcome:
        """Run a transaction's message and end the transaction."""
        if message.is_create:
            self._state.increment_nonce(message.sender)
        outcome = self._execute(message)
        for account in outcome.deleted:
            self._state.delete_account(account)
        self._logs += mined_logs(self._number, outcome.logs)
        self._state.clear_transient_storage()
        # What is stored now is the next transaction's original value; nothing is warm to it.
        self._state.lock_changes()
        return outcome


def _outcome(computation: ComputationAPI) -> _Outcome:
    return _Outcome(
        output=computation.output,
        reverted=computation.is_error,
        spent=computation.get_gas_used(),
        refund=computation.get_gas_refund(),
        deleted=tuple(computation.get_accounts_for_deletion()),
        logs=tuple(
            Log(
                address=Address(address),
                topics=tuple(topic.to_bytes(32, "big") for topic in topics),
                data=data,
            )
            for address, topics, data in computation.get_log_entries()
        ),
    )


class _Recursion:
    """How many messages are under way that need CPython's recursion limit raised."""

    lock = Lock()
    running = 0
    limit = 0


@contextmanager
def _room_for_calls() -> Iterator[None]:
    """Let Python calls go as deep as contracts do; the last of several threads puts it back."""
    with _Recursion.lock:
        if _Recursion.running == 0:
            _Recursion.limit = sys.getrecursionlimit()
        _Recursion.running += 1
        needed = _Recursion.limit + FRAMES_PER_CALL * CALL_DEPTH_MAX
        sys.setrecursionlimit(max(sys.getrecursionlimit(), needed))
    try:
        yield
    finally:
        with _Recursion.lock:
            _Recursion.running -= 1
            if _Recursion.running == 0:
                sys.setrecursionlimit(_Recursion.limit)
