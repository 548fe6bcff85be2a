"""Sessions in documents, run to the letter: indented commands behind ``$``, and what they print.

A line behind ``>`` goes on with a command; ``…`` stands for anything. Each section's session is run
in a clean folder of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.languages import ROOT

PROMPT, CONTINUATION, INDENT = "$ ", "> ", "    "
SECONDS_MAX = 300


@dataclass
class Command:
    """A command of a session, and what the document shows of its output; ``…`` is anything."""

    text: str
    shown: list[str] = field(default_factory=list)

    def pattern(self) -> str:
        lines = [re.escape(line).replace("…", ".*") for line in self.shown]
        text = "\n".join(".*" if line == ".*" else line for line in lines)
        return text.strip() + r"\s*"


def sections(document: Path) -> dict[str, list[Command]]:
    """Return the commands of each section that has a session."""
    found: dict[str, list[Command]] = {}
    heading, in_session = "", False
    for line in document.read_text(encoding="utf-8").splitlines():
        commands = found.setdefault(heading, [])
        body = line.removeprefix(INDENT)
        if line.startswith("## "):
            heading, in_session = line.removeprefix("## "), False
        elif line.startswith(INDENT + PROMPT):
            in_session = True
            commands.append(Command(body.removeprefix(PROMPT)))
        elif line and not line.startswith(INDENT):
            in_session = False
        elif in_session and f"{line} ".startswith(INDENT + CONTINUATION):
            commands[-1].text += "\n" + f"{body} ".removeprefix(CONTINUATION).rstrip()
        elif in_session:
            commands[-1].shown.append(body)
    return {name: commands for name, commands in found.items() if commands}


def environment(folder: Path) -> dict[str, str]:
    """Return an environment whose `channels` and `python3`, in ``folder``, are those of tests."""
    binaries = folder / "bin"
    binaries.mkdir()
    for name, arguments in (("channels", "-m cli.main"), ("python3", "")):
        script = binaries / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
        script.chmod(0o755)
    # Under `make test`, an inner make would print which folder it enters.
    outer = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return outer | {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "npm_config_prefer_offline": "true",  # what `npm ci` in examples/ fetched is in its cache
    }


def run_session(commands: list[Command], *, folder: Path, scratch: Path) -> None:
    """Run a session, which begins in ``folder``; assert that it does what the document shows."""
    variables = environment(scratch)
    for command in commands:
        script = f"set -e\n{command.text}\npwd > {scratch}/pwd\n"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS_MAX,
        )
        assert done.returncode == 0, f"{command.text}\n{done.stdout}"
        folder = Path((scratch / "pwd").read_text().strip())
        found = re.fullmatch(command.pattern(), done.stdout.strip(), re.DOTALL)
        assert found, f"{command.text}\n{done.stdout}\n-- is not --\n{command.pattern()}"
