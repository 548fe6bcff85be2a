"""Errors of compiling the contracts, of their artifacts, and of the EVMs that run them.

Not here: what a contract reverts with, which is data (`solidity.abi.decode_revert`).
"""

from __future__ import annotations

from dataclasses import dataclass

from merkle.errors import ChannelsError


class CompilationError(ChannelsError):
    """The contracts cannot be compiled, or are not what their artifacts say."""


@dataclass(eq=False)
class CompilerUnavailable(CompilationError):
    """The pinned compiler is not here. ``what`` says what to install."""

    sentence = "no Solidity compiler: {what}"

    what: str


@dataclass(eq=False)
class CompilationFailed(CompilationError):
    """The compiler has an error or a warning; both are refused."""

    sentence = "solc: {message}"

    message: str


@dataclass(eq=False)
class ContractTooLarge(CompilationError):
    """A contract could not be deployed (EIP-170, EIP-3860)."""

    sentence = "{name}: {what} of {size} bytes, more than the {limit} that a chain takes"

    name: str
    what: str
    size: int
    limit: int


@dataclass(eq=False)
class ContractNameRepeated(CompilationError):
    """Two sources hold deployable contracts of one name."""

    sentence = "contract {name} stands in {first} and in {second}"

    name: str
    first: str
    second: str


@dataclass(eq=False)
class LibraryNotLinked(CompilationError):
    """A contract needs the address of a library: only internal libraries are allowed."""

    sentence = "{name} refers to a library that would have to be deployed"

    name: str


@dataclass(eq=False)
class ArtifactsStale(CompilationError):
    """The artifacts are not what the sources compile to."""

    sentence = "{what}: run `make contracts`"

    what: str


@dataclass(eq=False)
class ArtifactNotFound(ChannelsError):
    """There is no artifact of this name."""

    sentence = "no contract '{name}'; known are: {known}"

    name: str
    known: str


class AbiError(ChannelsError):
    """A call or a result does not have the types that an ABI says."""


@dataclass(eq=False)
class AbiEntryNotFound(AbiError):
    """An ABI has no such function, or more than one: then the whole signature is asked for."""

    sentence = "the ABI has {count} functions '{name}'; known are: {known}"

    name: str
    count: int
    known: str


@dataclass(eq=False)
class AbiArgumentsMismatch(AbiError):
    """Arguments are not of a function's types."""

    sentence = "arguments of {signature}: {reason}"

    signature: str
    reason: str


@dataclass(eq=False)
class AbiDataMismatch(AbiError):
    """Bytes are no encoding of a function's results, or of a log's fields."""

    sentence = "{signature}: {length} bytes are not an encoding of its values"

    signature: str
    length: int


class EvmError(ChannelsError):
    """An EVM is not to be had, or refuses to do what is asked of it."""


@dataclass(eq=False)
class UnknownEvm(EvmError):
    """No EVM has this name."""

    sentence = "no EVM '{name}'; known are: {known}"

    name: str
    known: str


@dataclass(eq=False)
class EvmUnavailable(EvmError):
    """An EVM is not installed. ``what`` says how to come by it."""

    sentence = "{name} is not here: {what}"

    name: str
    what: str


@dataclass(eq=False)
class NodeFailed(EvmError):
    """A node does not answer, or answers with an error."""

    sentence = "the node at {url}: {what}"

    url: str
    what: str


@dataclass(eq=False)
class AnswerMalformed(EvmError):
    """A node answers with something else than its method gives."""

    sentence = "a node's answer has {value} where {what} should be"

    value: str
    what: str


@dataclass(eq=False)
class WrongChain(EvmError):
    """A node serves another chain than the one asked for."""

    sentence = "chain {actual}, not {expected}"

    expected: int
    actual: int


@dataclass(eq=False)
class NoContract(EvmError):
    """There is no code at an address: a call there would succeed, and show nothing."""

    sentence = "no contract at {address}"

    address: bytes


@dataclass(eq=False)
class GasOutOfRange(EvmError):
    """A transaction has less gas than it costs before any code runs, or more than a block has."""

    sentence = "gas {gas} is not between {least}, which the transaction itself takes, and {most}"

    gas: int
    least: int
    most: int


@dataclass(eq=False)
class BalanceTooLow(EvmError):
    """A sender has less than it sends."""

    sentence = "{sender} has {balance} wei and cannot send {value}"

    sender: bytes
    balance: int
    value: int


@dataclass(eq=False)
class DeploymentFailed(EvmError):
    """Creation code reverted, ran out of gas, or made no code or too much of it (EIP-170).

    ``output`` is what it reverted with (`solidity.abi.decode_revert`), empty otherwise.
    """

    sentence = "creation code made no contract; it reverted with {output}"

    output: bytes
