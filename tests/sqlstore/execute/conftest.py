"""What the tests of the executor share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sqlstore.execute.oracle import Oracle


@pytest.fixture(scope="session")
def oracle(postgres: str) -> Iterator[Oracle]:
    """A connection to PostgreSQL that answers expressions."""
    from tests.sqlstore.execute.oracle import Oracle

    one = Oracle(postgres)
    yield one
    one.close()
