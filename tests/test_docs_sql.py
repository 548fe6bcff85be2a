"""The sessions of docs/sql.md, run to the letter, one after the other in one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import languages
from tests.languages import ROOT
from tests.sessions import run_session, sections

SECTIONS = sections(ROOT / "docs" / "sql.md")


def test_the_sessions_do_what_they_show(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="ad-hoc queries need DuckDB")
    languages.zig()
    folder = tmp_path / "clean"
    folder.mkdir()
    commands = [command for section in SECTIONS.values() for command in section]
    assert len(commands) > 25
    run_session(commands, folder=folder, scratch=tmp_path)
