"""What the tests of the runtime library share."""

from __future__ import annotations

import pytest

from tests.sqlstore.runtime.library import library


@pytest.fixture(scope="session", autouse=True)
def _library() -> None:
    """Load the library before a test is timed that would be the first to use it."""
    library()
