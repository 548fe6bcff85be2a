"""Names of files that a file of cases gives: whatever they are, a fault is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import languages


@pytest.mark.parametrize("field", ["reducer", "rows"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no\0such", "'no\ufffdsuch' cannot be a file's name"),
        ("\ud800", "'\ufffd' cannot be a file's name"),
        ("x" * 300, "File name too long"),
        (".", "Is a directory"),
        ("absent", "absent: No such file or directory"),
    ],
    ids=["null", "surrogate", "long", "folder", "absent"],
)
def test_a_name_that_cannot_be_read_is_one_line(
    field: str, name: str, words: str, tmp_path: Path
) -> None:
    reducer = languages.EXAMPLES / "dice" / "dice.wasm"
    fields = {"reducer": str(reducer), "case": [{"name": "a", "rows": {}}]} | {field: name}
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps(fields))
    done = languages.channels("test", "cases.json", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert words in line
