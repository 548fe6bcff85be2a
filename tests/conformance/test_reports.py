"""What a run leaves behind: folders that show a failure again, and a JUnit file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from conformance.child import ChildRunner
from conformance.library import Fixture
from conformance.reports import FILES, junit, remove_reproduction, write_reproduction
from conformance.results import Outcome, Result, summary, total
from conformance.runners import difference
from wasm_interp.errors import InputError

FAULTY = Path(__file__).parent / "implementations" / "faulty.py"


def test_a_reproduction_shows_the_failure_again(
    tmp_path: Path, smoke: list[Fixture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    fixture = next(f for f in smoke if f.id == "word_tree/depth/leaves_5")
    command = (sys.executable, str(FAULTY), "wrong", fixture.id)
    (result,) = ChildRunner(command, ("word_tree",)).run([fixture])
    folder = write_reproduction(result, tmp_path, asked=fixture.input, command=command)
    assert folder == tmp_path / "word_tree" / "depth" / "leaves_5"
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert json.loads((folder / "input.json").read_text()) == fixture.input
    assert json.loads((folder / "expected.json").read_text()) == fixture.expected
    assert json.loads((folder / "actual.json").read_text())["answer"] == {"output": "0x00"}
    shown = (folder / "command.txt").read_text()
    done = subprocess.run(
        shown, shell=True, cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout.splitlines()[1]) == {"id": fixture.id, "output": "0x00"}


def failure(**changes: object) -> Result:
    facts = {
        "id": "word_tree/depth/leaves_5",
        "outcome": Outcome.CRASHED,
        "expected": {"output": 3},
        "actual": "\ud800\x00",
        "detail": "killed \x1b[31m\x00",
        "stderr": "\x00\ufffe\x07 last words ]]>",
        "milliseconds": 12.5,
    }
    return Result(**(facts | changes))  # type: ignore[arg-type]


def test_what_passes_loses_its_folder_and_nothing_else(tmp_path: Path) -> None:
    at = write_reproduction(failure(), tmp_path, asked={}, command=["x"])
    remove_reproduction("word_tree/depth/leaves_5", tmp_path)
    assert not at.exists()
    at = write_reproduction(failure(), tmp_path, asked={}, command=["x"])
    (at / "mine.txt").write_text("mine")
    remove_reproduction("word_tree/depth/leaves_5", tmp_path)
    assert [path.name for path in at.iterdir()] == ["mine.txt"]
    remove_reproduction("word_tree/depth/never", tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "word_tree").write_text("a file")
    with pytest.raises(InputError, match="word_tree"):
        write_reproduction(failure(), tmp_path, asked={}, command=["x"])


def test_junit_counts_and_names() -> None:
    results = [
        failure(),
        failure(id="word_tree/depth/leaves_6", outcome=Outcome.PASSED, detail=""),
        failure(id="step/verify/x", outcome=Outcome.SKIPPED, detail="not here"),
    ]
    text = junit([("mine", results), ("other\x00", [])])
    suites = Xml.fromstring(text)
    first, second = suites
    assert (first.get("tests"), first.get("failures"), first.get("skipped")) == ("3", "1", "1")
    assert second.get("tests") == "0"
    case = first[0]
    assert (case.get("classname"), case.get("name")) == ("word_tree.depth", "leaves_5")
    assert case[0].get("type") == "crashed"
    assert (case[0].text or "").endswith("last words ]]>")
    assert first[2][0].get("message") == "not here"


def test_a_summary_counts_by_function() -> None:
    results = [failure(), failure(outcome=Outcome.PASSED), failure(id="a/b/c")]
    counts = summary(results)
    assert [(count.function, count.passed, count.failed) for count in counts] == [
        ("word_tree/depth", 1, 1),
        ("a/b", 0, 1),
    ]
    assert total(counts).cases == 3


@pytest.mark.parametrize(
    ("expected", "actual", "says"),
    [
        ({"output": 1}, {"output": 2}, "output: expected 1, not 2"),
        ({"output": 1}, {"error": "E.X"}, "error: not expected"),
        ({"output": {"a": [1, 2]}}, {"output": {"a": [1, 3]}}, "output: a: [1] expected 2, not 3"),
        ({"output": [1]}, {"output": [1, 2]}, "output: 1 values expected, 2 given"),
        ({"output": "0x" + "a" * 500}, {"output": "\x1b"}, "not '\\x1b'"),
    ],
)
def test_a_difference_in_one_line(expected: object, actual: object, says: str) -> None:
    text = difference(expected, actual)
    assert says in text
    assert len(text) < 400
    assert text.isprintable()
