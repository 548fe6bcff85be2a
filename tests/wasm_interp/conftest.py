"""What the machine's tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _close_modules() -> Iterator[None]:
    """Let go of wasmtime's modules while it can still close them."""
    yield
    both = sys.modules.get("tests.wasm_interp.both")
    if both is not None:
        both.compiled.cache_clear()
