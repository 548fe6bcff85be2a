"""The contracts as an implementation: what they answer of the vectors, on any EVM.

That is the format ``step``, which is put before the one-step verifier, and the transcripts of the
format ``game`` (`conformance.evm_games`). Of an error only the name is compared, as everywhere in
vectors; fields are compared by the cross-check in ``tests/cross_check``.

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
GAMES: Final = ("game", "play")
"""The format, and the function of it, whose cases are transcripts of games."""

CONTRACT: Final = "OneStepVerifier"

_CODES_BY_NAME: Final = {cause.__name__: code for cause, code in CODES.items()}

Call = Callable[[bytes], Answer]
"""Calldata to an answer."""


def calldata_of(function: str, asked: Mapping[str, Any]) -> bytes:
    """Return the call that a case of the format ``step`` asks about."""
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


def is_answered(fixture: Fixture) -> bool:
    """Return whether the contracts answer a case: steps, and games that are played."""
    return fixture.format.name == FORMAT or _is_played(fixture)


def _is_played(fixture: Fixture) -> bool:
    return (fixture.format.name, fixture.function.name) == GAMES


@dataclass(frozen=True, slots=True)
class EvmRunner:
    """The contracts on one EVM. The verifier is deployed once a chunk, the game once a transcript.

    Cases must be such that `is_answered`.
    """

    name: str

    def run(self, fixtures: Sequence[Fixture]) -> list[Result]:
        """Return the result of each case. Raises `EvmError`, `ArtifactNotFound`."""
        with open_verifier(self.name) as call:
            return [self._run(call, fixture) for fixture in fixtures]

    def _run(self, call: Call, fixture: Fixture) -> Result:
        began = time.perf_counter()
        if _is_played(fixture):
            from conformance.evm_games import play_on_evm

            answer = play_on_evm(self.name, fixture.decoded())
        else:
            answer = call(calldata_of(fixture.function.name, fixture.decoded()))
        spent = 1_000 * (time.perf_counter() - began)
        return replace(compared(fixture, answer), milliseconds=spent)
