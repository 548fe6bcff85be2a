"""Proofs of single steps, and the dispute that ends in one.

- `bisection.witness`: the witness of any step, made from a machine that stands before it;
- `bisection.verifier`: the one-step verifier, the twin of the contracts in ``solidity/contracts``;
- `bisection.calldata`: a call of either, and its one canonical form.

No EVM here, and no keys.
"""

from bisection.calldata import StepProof
from bisection.verifier.one_step import verify_call, verify_step
from bisection.witness import prove_step, prove_steps

__all__ = ["StepProof", "prove_step", "prove_steps", "verify_call", "verify_step"]
