"""The sessions of docs/reducers.md, run to the letter in a clean folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import languages
from tests.languages import ROOT
from tests.sessions import run_session, sections

SECTIONS = sections(ROOT / "docs" / "reducers.md")


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


@pytest.mark.parametrize("section", SECTIONS)
def test_a_session_does_what_it_shows(section: str, tmp_path: Path) -> None:
    need_compilers(section)
    folder = tmp_path / "clean"
    folder.mkdir()
    if section == "When a module is refused":
        # The document goes on in the folder of an earlier session.
        for name in ("channels.h", "messages.jsonl"):
            sources = (languages.BINDINGS, ROOT / "cli" / "project" / "templates" / "common")
            shutil.copy(next(path / name for path in sources if (path / name).exists()), folder)
    run_session(SECTIONS[section], folder=folder, scratch=tmp_path)


def test_the_document_has_sessions() -> None:
    assert {"A new project", "AssemblyScript", "When a module is refused"} <= SECTIONS.keys()
