"""What several tests of vectors share: the smoke set, read and filled once."""

from __future__ import annotations

from functools import cache

import pytest

from conformance.executors import InlineExecutor
from conformance.fill import fill, write_files
from conformance.format import VectorSet
from conformance.library import SMOKE, Fixture, read_vectors


@cache
def filled(kind: VectorSet) -> dict[str, str]:
    return fill(InlineExecutor(), kind)


@pytest.fixture(scope="session")
def smoke_texts() -> dict[str, str]:
    """The smoke set as the code fills it: files by name."""
    return filled(VectorSet.SMOKE)


@pytest.fixture(scope="session")
def full_texts() -> dict[str, str]:
    """The full set."""
    return filled(VectorSet.FULL)


@pytest.fixture(scope="session")
def smoke() -> list[Fixture]:
    """The committed smoke set."""
    return read_vectors(SMOKE)


@pytest.fixture(scope="session")
def full(full_texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Fixture]:
    """The full set, written and read."""
    folder = tmp_path_factory.mktemp("full")
    write_files(full_texts, folder)
    return read_vectors(folder)
