"""Run a bench as its users do, in a process of its own, and take the object of its last line."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.report.environment import Environment
from bench.report.errors import BenchFailed, LastLineNotJson
from bench.report.files import ROOT
from bench.report.page import Page, Run


def run_bench(page: Page) -> Run:
    """Run ``python -m bench.<name>``, showing what it prints; return its figures.

    Raises `BenchFailed`, `LastLineNotJson`.
    """
    last = ""
    with subprocess.Popen(
        [sys.executable, "-m", f"bench.{page.name}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            # The object itself is for programs: the report shows what is in it.
            if line.strip():
                if last:
                    print(last, flush=True)
                last = line.rstrip("\n")
    if process.returncode:
        raise BenchFailed(name=page.name, status=process.returncode)
    return Run(Environment.here(), figures_of(page.name, last))


def figures_of(name: str, line: str) -> dict[str, object]:
    """Return the JSON object that ``line`` is. Raises `LastLineNotJson`."""
    try:
        figures = json.loads(line)
    except ValueError:
        raise LastLineNotJson(name=name, line=line) from None
    if not isinstance(figures, dict):
        raise LastLineNotJson(name=name, line=line)
    return figures
