"""The one-step verifier's contract as an implementation: the format ``step``, on any EVM.

Of what the contract says only this is compared: that it returns, or the name of its error. Fields
are compared by the cross-check in ``tests/bisection``.

Not here: EVMs (`solidity.evm`), the contracts (`solidity.artifacts`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from bisection.calldata import StepProof, encode_call
from conformance.errors import CODES
from conformance.format import Answer
from conformance.library import Fixture
from conformance.results import Result
from conformance.runners import compared
from merkle.hashing import Hash32

if TYPE_CHECKING:
    from solidity.evm import CallResult

FORMAT: Final = "step"
CONTRACT: Final = "OneStepVerifier"

_CODES_BY_NAME: Final = {cause.__name__: code for cause, code in CODES.items()}

Call = Callable[[bytes], Answer]
"""Calldata to an answer."""


def calldata_of(function: str, asked: Mapping[str, Any]) -> bytes:
    """Return the call that a case of the format asks about."""
    if function == "call":
        data: bytes = asked["calldata"]
        return data
    return encode_call(
        StepProof(
            pre_state=asked["pre_state"],
            op=asked["op"],
            witness=asked["witness"],
            post_state=Hash32(asked["post_state"]),
        )
    )


@contextmanager
def open_verifier(name: str) -> Iterator[Call]:
    """Deploy the contract on the EVM ``name`` and yield what calls it.

    Raises `EvmError`, `ArtifactNotFound`.
    """
    from solidity.artifacts import artifact
    from solidity.evm import open_evm

    contract = artifact(CONTRACT)
    with open_evm(name) as evm:
        address = evm.deploy(contract.creation_code)
        yield lambda calldata: answer_of(evm.call(address, calldata))


def answer_of(result: CallResult) -> Answer:
    """Return what the contract's answer is in the terms of the vectors."""
    from solidity.abi import decode_revert
    from solidity.artifacts import artifact

    if not result.reverted:
        return {"output": True}
    error = decode_revert(artifact(CONTRACT).abi, result.output).name
    # What is no error of ours (out of gas, a panic) is shown as it is.
    return {"error": _CODES_BY_NAME.get(error, error)}


@dataclass(frozen=True, slots=True)
class EvmRunner:
    """The contract on one EVM, opened once for each chunk."""

    name: str

    def run(self, fixtures: Sequence[Fixture]) -> list[Result]:
        """Return the result of each case, all of the format ``step``."""
        with open_verifier(self.name) as call:
            return [_run(call, fixture) for fixture in fixtures]


def _run(call: Call, fixture: Fixture) -> Result:
    began = time.perf_counter()
    answer = call(calldata_of(fixture.function.name, fixture.decoded()))
    spent = 1_000 * (time.perf_counter() - began)
    return replace(compared(fixture, answer), milliseconds=spent)
