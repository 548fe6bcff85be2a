"""What tests of contracts share: the EVMs that are here, and the compiler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from solidity.artifacts import Artifact
from solidity.compile import compile_contracts, standard_input
from solidity.errors import CompilerUnavailable, EvmUnavailable
from solidity.evm import Address, Evm, open_evm
from tests.languages import missing

CONTRACTS = Path(__file__).parent / "contracts"

ALICE = Address(b"\xa1" * 20)
BOB = Address(b"\xb0" * 20)


@contextmanager
def evm_or_skip(name: str) -> Iterator[Evm]:
    """Open an EVM; where it is not installed, skip the test, in CI fail it."""
    opened = open_evm(name)
    try:
        evm = opened.__enter__()
    except EvmUnavailable as error:
        missing(str(error))
    try:
        yield evm
    finally:
        evm.close()


@cache
def compiled(folder: Path = CONTRACTS) -> dict[str, Artifact]:
    """Return the contracts of a folder, compiled now; without a compiler skip, in CI fail."""
    try:
        made = compile_contracts(standard_input(folder)).artifacts
    except CompilerUnavailable as error:
        missing(str(error))
    return {artifact.name: artifact for artifact in made}
