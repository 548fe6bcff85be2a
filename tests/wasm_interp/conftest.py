"""What the machine's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wasm_interp.both import compiled


@pytest.fixture(scope="module", autouse=True)
def _close_modules() -> Iterator[None]:
    """Let go of wasmtime's modules while it can still close them."""
    yield
    compiled.cache_clear()
