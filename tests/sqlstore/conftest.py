"""What the tests of SQL share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.languages import missing


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The conninfo of a PostgreSQL server that runs for the session."""
    if find_spec("psycopg") is None:
        missing("no client of PostgreSQL: pip install 'psycopg[binary]'")
    from tests.sqlstore.postgres import running

    with running() as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def pglite() -> Iterator[str]:
    """The conninfo of a PGlite that runs for the session."""
    if find_spec("psycopg") is None:
        missing("no client of PostgreSQL: pip install 'psycopg[binary]'")
    from tests.sqlstore.pglite import running

    with running() as conninfo:
        yield conninfo
