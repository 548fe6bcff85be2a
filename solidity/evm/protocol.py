"""What every EVM of ours does, and the values that it takes and gives.

An EVM here is one account world on one chain at the rules of Cancun. Gas has no price, so balances
change by what contracts move and by nothing else. `call` changes nothing; `send` and `deploy` are
transactions, each in a block of its own. Time stands still until `advance`.

Gas is reported twice. ``gas_used`` is what the whole transaction is charged at 4 and 16 gas a byte
of calldata; ``exec_gas`` is that less what it pays before any code runs (`gas.intrinsic_gas`).
Refunds are taken off both (EIP-3529). The floor of EIP-7623 is in neither: `gas.charged_gas`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType, Protocol, TypeAlias

from solidity.errors import BalanceTooLow, DeploymentFailed, GasOutOfRange, NoContract
from solidity.gas import CREATION_BYTES_MAX, intrinsic_gas

Address = NewType("Address", bytes)
"""20 bytes."""

Topics: TypeAlias = Sequence[bytes | None]
"""What the topics of an event have to be, from the first on, each of 32 bytes; None is any.

The last is not None: nodes do not agree whether there must be a topic then.
"""

FORK: Final = "cancun"
CHAIN_ID: Final = 31_337
GENESIS_TIMESTAMP: Final = 1_700_000_000
"""When a chain of our own begins, in seconds since 1970: the same on every back end."""

GAS_MAX: Final = 30_000_000
"""The gas of a block, and of a transaction that names none."""

DEPLOYER: Final = Address(b"\xde" * 20)
CALLER: Final = Address(b"\xca" * 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """What a call gives: its output, or what it reverted with (empty if it ran out of gas)."""

    output: bytes
    reverted: bool
    exec_gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """An event that a contract emitted. ``topics`` are of 32 bytes each."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedLog:
    """An event, and where the chain has it: its block, and its index among the block's events."""

    block: int
    index: int
    log: Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction. ``output`` is as in `CallResult`; reverted, it has no logs."""

    output: bytes
    reverted: bool
    gas_used: int
    exec_gas: int
    logs: tuple[Log, ...]


class Evm(Protocol):
    """An EVM. Every method may raise `EvmError`; a contract's revert is a result, not an error."""

    @property
    def name(self) -> str:
        """Return the name of the back end."""

    @property
    def chain_id(self) -> int:
        """Return the chain's id."""

    def deploy(
        self,
        creation_code: bytes,
        *,
        args: bytes = b"",
        sender: Address = DEPLOYER,
        value: int = 0,
    ) -> Address:
        """Create a contract with encoded constructor arguments; return where it is.

        Raises `DeploymentFailed`, with what the constructor reverted with.
        """

    def call(
        self, to: Address, data: bytes, *, sender: Address = CALLER, gas: int = GAS_MAX
    ) -> CallResult:
        """Call a contract and forget what that changed. ``gas`` pays for calldata too.

        Raises `NoContract`, `GasOutOfRange`.
        """

    def send(
        self, to: Address, data: bytes, *, sender: Address, value: int = 0, gas: int = GAS_MAX
    ) -> Receipt:
        """Apply a transaction. Without ``data`` it may go to an account that is no contract.

        Raises `NoContract`, `GasOutOfRange`, `BalanceTooLow`.
        """

    def logs(
        self, address: Address, *, topics: Topics = (), from_block: int = 0
    ) -> tuple[MinedLog, ...]:
        """Return the events that the contract at ``address`` emitted, in the chain's order.

        ``topics`` are those that an event begins with, None for any. Ask for no more than is
        needed: others can fill a contract's log until a node does not give it whole.
        """

    def code(self, address: Address) -> bytes:
        """Return the code at ``address``, empty if it is no contract."""

    def balance(self, address: Address) -> int:
        """Return an account's wei."""

    def fund(self, address: Address, wei: int) -> None:
        """Add ``wei`` to an account, out of nothing."""

    def timestamp(self) -> int:
        """Return the time that calls and the next transaction see, in seconds since 1970."""

    def advance(self, seconds: int) -> None:
        """Let time pass, in an empty block."""

    def close(self) -> None:
        """Let go of processes and connections."""


def mined_logs(block: int, logs: Sequence[Log]) -> tuple[MinedLog, ...]:
    """Return the events of a block's one transaction with their places."""
    return tuple(MinedLog(block=block, index=index, log=log) for index, log in enumerate(logs))


def logs_of(
    mined: Sequence[MinedLog], address: Address, *, topics: Topics, from_block: int
) -> tuple[MinedLog, ...]:
    """Return the events of one contract with these topics, from a block on."""
    return tuple(
        one
        for one in mined
        if one.log.address == address
        and one.block >= from_block
        and len(one.log.topics) >= len(topics)
        and all(want in (None, found) for want, found in zip(topics, one.log.topics, strict=False))
    )


def check_call(evm: Evm, *, to: Address, data: bytes, gas: int) -> None:
    """Refuse a call that could only mislead. Raises `NoContract`, `GasOutOfRange`."""
    if not evm.code(to):
        raise NoContract(to)
    check_gas(data, gas)


def check_send(
    evm: Evm, *, to: Address, data: bytes, sender: Address, value: int, gas: int
) -> None:
    """Refuse what no chain would take, and data for an account that has no code to read it.

    Raises `NoContract`, `GasOutOfRange`, `BalanceTooLow`.
    """
    if data and not evm.code(to):
        raise NoContract(to)
    check_gas(data, gas)
    check_balance(evm, sender=sender, value=value)


def check_deploy(evm: Evm, *, code: bytes, sender: Address, value: int) -> None:
    """Refuse creation code that no chain takes. Raises `DeploymentFailed`, `BalanceTooLow`."""
    if len(code) > CREATION_BYTES_MAX:
        raise DeploymentFailed(b"")
    check_balance(evm, sender=sender, value=value)


def check_gas(data: bytes, gas: int) -> None:
    """Raise `GasOutOfRange` if ``gas`` does not pay for the transaction, or is not in a block."""
    if not intrinsic_gas(data) <= gas <= GAS_MAX:
        raise GasOutOfRange(gas=gas, least=intrinsic_gas(data), most=GAS_MAX)


def check_balance(evm: Evm, *, sender: Address, value: int) -> None:
    """Raise `BalanceTooLow` if ``sender`` has not what it sends."""
    if value and (balance := evm.balance(sender)) < value:
        raise BalanceTooLow(sender=sender, balance=balance, value=value)
