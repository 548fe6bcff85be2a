"""A real PostgreSQL for the tests that take it for their measure.

One server for a test session, in a folder of its own, heard on a socket there only, as an
unprivileged user; C collation, UTF-8, nothing synced to the disk.

`running` starts and stops it; tests use the fixture ``postgres`` (its conninfo), made in conftest.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.languages import missing

SECONDS_MAX = 60
VERSION = 15
"""The release that the specification names; of several, the nearest one is taken."""

USERS = ("postgres", "nobody")
"""Who runs the server, where the tests are run by root."""

INITDB = (
    *("--username", "postgres", "--auth", "trust"),
    *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
)
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "16MB",
}


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = [one.parent for one in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return min(folders, key=lambda one: abs(int(one.parent.name) - VERSION), default=None)


@contextmanager
def running() -> Iterator[str]:
    """Run a server; the value is what `psycopg.connect` takes. Without PostgreSQL, skip."""
    folder = programs()
    if folder is None:
        missing("no PostgreSQL: apt-get install postgresql")
    identity = _unprivileged()
    # The path of a socket has 107 bytes at most: pytest's own folders may be too deep.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as home:
        if identity:
            shutil.chown(home, identity["user"], identity["group"])
        data = f"{home}/data"
        subprocess.run(
            [str(folder / "initdb"), "--pgdata", data, *INITDB],
            cwd=home,
            check=True,
            capture_output=True,
            timeout=SECONDS_MAX,
            **identity,
        )
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with open(f"{home}/log", "wb") as log:
            server = subprocess.Popen(
                [str(folder / "postgres"), "-D", data, "-k", home, *options],
                cwd=home,
                stdout=log,
                stderr=log,
                **identity,
            )
        try:
            conninfo = f"host={home} user=postgres dbname=postgres"
            _wait(server, conninfo)
            yield conninfo
        finally:
            # What PostgreSQL calls a fast shutdown: clients are sent away.
            server.send_signal(signal.SIGINT)
            server.wait(SECONDS_MAX)


def _unprivileged() -> dict[str, Any]:
    """Return the user to run PostgreSQL as, which refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    known = {one.pw_name: one for one in pwd.getpwall()}
    user = next((known[name] for name in USERS if name in known), None)
    if user is None:
        missing(f"no unprivileged user for PostgreSQL: none of {', '.join(USERS)}")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(server: subprocess.Popen[bytes], conninfo: str) -> None:
    """Return when the server answers."""
    end = time.monotonic() + SECONDS_MAX
    while True:
        try:
            psycopg.connect(conninfo).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
