"""PGlite, PostgreSQL compiled to WebAssembly, as a second measure: another release, another build.

`running` starts bench/sql/pglite/serve.mjs in Node and stops it; tests use the fixture ``pglite``
(its conninfo), made in conftest.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.languages import ROOT, missing

FOLDER = ROOT / "bench" / "sql" / "pglite"
SECONDS_MAX = 120


@contextmanager
def running() -> Iterator[str]:
    """Run PGlite behind a socket; the value is what `psycopg.connect` takes. Without it, skip."""
    if shutil.which("node") is None:
        missing("no Node: apt-get install nodejs npm")
    if not (FOLDER / "node_modules").is_dir():
        missing(f"no PGlite: npm ci --prefix {FOLDER.relative_to(ROOT)}")
    with subprocess.Popen(
        ["node", "serve.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            # Nobody else can have this port; what the line waits for is bounded by pytest's caller.
            port = int(server.stdout.readline())
            yield (
                f"host=127.0.0.1 port={port} user=postgres dbname=postgres "
                "sslmode=disable gssencmode=disable"
            )
        finally:
            server.stdin.close()
            server.wait(SECONDS_MAX)
