"""The contract and its Python twin, side by side: what each says of a call.

Two answers are one when both accept, or when the contract reverts with the very bytes that encode
the twin's error: its name, and every field. A revert without data, as running out of gas gives, is
never an answer (V-19).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bisection.calldata import StepProof
from bisection.errors import PostStateMismatch
from bisection.verifier.one_step import verify_call
from merkle import ChannelsError, Hash32
from solidity.abi import CODEC, decode_revert, selector, signature
from solidity.artifacts import artifact
from solidity.evm import Address, CallResult, Evm
from tests.solidity.evms import evm_or_skip
from tools.solidity import camel_case
from wasm_interp import State

CONTRACT = "OneStepVerifier"


@dataclass(frozen=True)
class ErrorForm:
    """How the contract's interface says that an error is encoded."""

    selector: bytes
    types: tuple[str, ...]
    names: tuple[str, ...]


@cache
def error_forms() -> dict[str, ErrorForm]:
    """Return the errors of the contract's interface by name."""
    return {
        entry["name"]: ErrorForm(
            selector=selector(signature(entry)),
            types=tuple(item["type"] for item in entry["inputs"]),
            names=tuple(item["name"] for item in entry["inputs"]),
        )
        for entry in artifact(CONTRACT).abi
        if entry["type"] == "error"
    }


def revert_data(error: ChannelsError) -> bytes:
    """Return what the contract reverts with where the twin raises ``error``."""
    name = type(error).__name__
    form = error_forms().get(name)
    assert form is not None, f"the contract has no error for: {name}: {error}"
    held = {camel_case(field): value for field, value in vars(error).items()}
    assert form.names == tuple(held), f"fields of {name}"
    return form.selector + CODEC.encode(form.types, list(held.values()))


def twin(calldata: bytes) -> State | ChannelsError:
    """Return the state that the twin agrees to, or why it refuses. Nothing else may be raised."""
    try:
        return verify_call(calldata)
    except ChannelsError as refusal:
        return refusal


class Both:
    """The contract on one EVM, and the twin."""

    def __init__(self, evm: Evm) -> None:
        self.evm = evm
        self.address: Address = evm.deploy(artifact(CONTRACT).creation_code)

    def contract(self, calldata: bytes, **options: Any) -> CallResult:
        """Return what the contract says."""
        return self.evm.call(self.address, calldata, **options)

    def agreed(self, calldata: bytes, what: str = "") -> State | ChannelsError:
        """Return what the twin says of a call, having found that the contract says the same."""
        said = twin(calldata)
        result = self.contract(calldata)
        if isinstance(said, State):
            same = not result.reverted and result.output == b""
        else:
            same = result.reverted and result.output == revert_data(said)
        assert same, difference(said, result, calldata, what)
        return said

    def accepted(self, proof: StepProof) -> State:
        """Return the state after the step of ``proof``, to which both agree, and to no other.

        A wrong post-state is one bit away: of all checks, only the last one sees it.
        """
        calldata = proof.calldata()
        after = twin(calldata)
        result = self.contract(calldata)
        assert isinstance(after, State), f"the twin refuses {proof}: {after!r}"
        assert not result.reverted, difference(after, result, calldata, repr(proof))
        assert after.hash() == proof.post_state
        claim = Hash32(bytes((proof.post_state[0] ^ 0x80,)) + proof.post_state[1:])
        wrong = self.contract(replace(proof, post_state=claim).calldata())
        refusal = PostStateMismatch(expected=claim, actual=proof.post_state)
        assert wrong.output == revert_data(refusal), difference(refusal, wrong, calldata, "a claim")
        return after


def difference(said: State | ChannelsError, result: CallResult, calldata: bytes, what: str) -> str:
    """Return two answers as people read them, and the call that has them."""
    twin_says = "accepts" if isinstance(said, State) else f"{type(said).__name__}{vars(said)}"
    abi = artifact(CONTRACT).abi
    contract_says = str(decode_revert(abi, result.output)) if result.reverted else "accepts"
    return (
        f"{what}\ntwin: {twin_says}\ncontract: {contract_says} (gas {result.exec_gas})"
        f"\n0x{calldata.hex()}"
    )


@contextmanager
def opened(name: str) -> Iterator[Both]:
    """Deploy the contract on the EVM ``name``; where that is missing skip, in CI fail."""
    with evm_or_skip(name) as evm:
        yield Both(evm)
