"""Commands in this process, for tests that run many: as a user meets them is `test_commands`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.main import run_command
from tests.cli.command_line import Channels


@pytest.fixture
def channels(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Channels:
    """Run a command line in the test's folder; return exit status, output and errors."""

    def run(*args: str) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["channels", *args])
        try:
            status = run_command()
        except SystemExit as done:
            status = done.code if isinstance(done.code, int) else 0 if done.code is None else 1
        output = capsys.readouterr()
        return status, output.out, output.err

    return run
