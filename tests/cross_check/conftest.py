"""The contract on each EVM, deployed once for each process of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cross_check.both import Both, opened


@pytest.fixture(scope="session")
def both() -> Iterator[Both]:
    """The contract on pyrevm, the fastest: nearly all that is here asks it."""
    with opened("pyrevm") as contract:
        yield contract


@pytest.fixture(scope="session", params=["py-evm", "anvil"])
def slower(request: pytest.FixtureRequest) -> Iterator[Both]:
    """The contract on the EVMs that see a sample."""
    with opened(request.param) as contract:
        yield contract
