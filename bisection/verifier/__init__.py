"""The one-step verifier: the twin of the contracts in ``solidity/contracts``.

- `bisection.verifier.one_step`: a call, its checks, and the step; the table of rules;
- `bisection.verifier.control`, ``variable``, ``numeric``, ``memory``, ``rows``, ``message_access``:
  one function an instruction, named as in `wasm_interp.rules`, from state and witness to state;
- `bisection.verifier.parts`: the parts of a witness, checked against the state;
- `bisection.verifier.source`: where parts come from, and the reader of a witness's bytes;
- `bisection.verifier.transition`: what every rule does to a state.

Two things run these rules: the verifier, which reads the parts from a witness, and the prover
(`bisection.witness`), which takes them from a machine and so writes what the verifier will read.

Spec: docs/spec/verifier.md.
"""
