"""The sessions of docs/reducers.md, run to the letter in a clean folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import languages
from tests.languages import ROOT

DOCUMENT = ROOT / "docs" / "reducers.md"
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


def sections() -> dict[str, list[Command]]:
    """Return the commands of each section that has a session."""
    found: dict[str, list[Command]] = {}
    heading, in_session = "", False
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        commands = found.setdefault(heading, [])
        body = line.removeprefix(INDENT)
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith(INDENT + PROMPT):
            in_session = True
            commands.append(Command(body.removeprefix(PROMPT)))
        elif line and not line.startswith(INDENT):
            in_session = False
        elif in_session and line.startswith(INDENT + CONTINUATION):
            commands[-1].text += "\n" + body.removeprefix(CONTINUATION)
        elif in_session:
            commands[-1].shown.append(body)
    return {name: commands for name, commands in found.items() if commands}


SECTIONS = sections()


def need_compilers(section: str) -> None:
    if "AssemblyScript" in section:
        languages.asc()
        if shutil.which("npm") is None:
            pytest.skip("no npm")
    elif "Rust" in section:
        if not Path("/usr/bin/rustc").exists() or shutil.which("wasm-ld-14") is None:
            pytest.skip("no Rust: apt-get install rustc libstd-rust-dev-wasm32 lld-14")
    else:
        languages.zig()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose `channels` and `python3` are those of the tests."""
    binaries = tmp_path / "bin"
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


@pytest.mark.parametrize("section", SECTIONS)
def test_a_session_does_what_it_shows(
    section: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    need_compilers(section)
    folder = tmp_path / "clean"
    folder.mkdir()
    if section == "When a module is refused":
        # The document goes on in the folder of an earlier session.
        for name in ("channels.h", "messages.jsonl"):
            sources = (languages.BINDINGS, ROOT / "cli" / "project" / "templates" / "common")
            shutil.copy(next(path / name for path in sources if (path / name).exists()), folder)
    for command in SECTIONS[section]:
        script = f"set -e\n{command.text}\npwd > {tmp_path}/pwd\n"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS_MAX,
        )
        assert done.returncode == 0, f"{command.text}\n{done.stdout}"
        folder = Path((tmp_path / "pwd").read_text().strip())
        found = re.fullmatch(command.pattern(), done.stdout.strip(), re.DOTALL)
        assert found, f"{command.text}\n{done.stdout}\n-- is not --\n{command.pattern()}"


def test_the_document_has_sessions() -> None:
    assert {"A new project", "AssemblyScript", "When a module is refused"} <= SECTIONS.keys()
