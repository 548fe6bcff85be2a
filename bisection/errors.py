"""Why the one-step verifier refuses, beside what trees (`merkle.errors`) and records
(`wasm_interp.errors`) already say.

``Errors.sol`` is generated from these classes: the contract reverts with the same names and fields.

Spec: docs/spec/verifier.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from merkle.errors import ProofError

if TYPE_CHECKING:
    from merkle import Hash32


class VerifierError(ProofError):
    """A call of the verifier does not show that the step leads where it claims."""


@dataclass(eq=False)
class UnknownSelector(VerifierError):
    """The calldata calls no function of the verifier (V-2). ``selector`` has 4 bytes."""

    sentence = "selector {selector} is not oneStepVerify's"

    selector: bytes


@dataclass(eq=False)
class CalldataNotCanonical(VerifierError):
    """An offset, a length, padding or the size of the calldata is not the one that V-2 gives."""

    sentence = "the calldata is not in its one canonical form"


@dataclass(eq=False)
class UnexpectedInstruction(VerifierError):
    """An instruction is given for a step that fetches none (V-5). ``op`` has 16 bytes."""

    sentence = "instruction {op} is given for a step that fetches none"

    op: bytes


@dataclass(eq=False)
class OperandOutOfRange(VerifierError):
    """An operand has more bits than its type: a state that validated code never reaches (V-16)."""

    sentence = "operand {operand} has more than {bits} bits"

    operand: int
    bits: int


@dataclass(eq=False)
class MessageMismatch(VerifierError):
    """The message shown is not the one that the record commits to (V-13)."""

    sentence = "message hashes to {actual}, not to {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class PayloadMismatch(VerifierError):
    """The payload shown is not the message's (V-14)."""

    sentence = "payload hashes to {actual}, not to {expected}"

    expected: Hash32
    actual: Hash32


@dataclass(eq=False)
class WitnessLengthMismatch(VerifierError):
    """The step reads more or fewer bytes than the witness has (V-3)."""

    sentence = "the step reads {expected} bytes of a witness that has {actual}"

    expected: int
    actual: int


@dataclass(eq=False)
class PostStateMismatch(VerifierError):
    """The step leads to another state than the one claimed (V-8)."""

    sentence = "the step leads to state {actual}, not to {expected}"

    expected: Hash32
    actual: Hash32
