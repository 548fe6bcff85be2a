"""The command `channels wast`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.wast import wast

GOOD = '(assert_malformed (module binary "") "unexpected end")'
BAD = '(assert_malformed (module binary "\\00asm\\01\\00\\00\\00") "some words")'
QUOTED = '\n(assert_malformed (module quote "(") "x")'


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(wast, [str(argument) for argument in arguments])


def script(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_passing_scripts_exit_with_0_and_a_table(tmp_path: Path) -> None:
    one = script(tmp_path, "one.wast", GOOD + QUOTED)
    two = script(tmp_path, "two.wast", GOOD + "(thread)")
    result = invoke(one, two)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["file", "passed", "failed", "refused", "skipped"]
    assert lines[2:5] == [
        ["one.wast", "1", "0", "0", "1"],
        ["two.wast", "1", "0", "1", "0"],
        ["total", "2", "0", "1", "1"],
    ]
    assert result.stdout.splitlines()[-1] == "skipped: text format 1"
    assert "one.wast:2" not in result.stdout


def test_verbose_lists_what_did_not_run(tmp_path: Path) -> None:
    text = '(assert_malformed (module binary "") "other\\00words")' + QUOTED
    result = invoke("--verbose", script(tmp_path, "one.wast", text))
    assert "one.wast:2: assert_malformed skipped: text format\n" in result.stdout
    assert "one.wast:1: assert_malformed passed in other words: 'other\ufffdwords'" in result.stdout


def test_a_failure_exits_with_1_and_names_its_line(tmp_path: Path) -> None:
    path = script(tmp_path, "bad.wast", f"\n{BAD}")
    result = invoke(path)
    assert result.exit_code == 1
    expected = f"{path}:2: assert_malformed failed: expected 'some words': module is accepted"
    assert expected in result.stdout.splitlines()


def test_json_is_a_list_of_counts_and_details(tmp_path: Path) -> None:
    result = invoke("--json", script(tmp_path, "one.wast", GOOD + BAD + QUOTED))
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert [report[key] for key in ("passed", "failed", "refused", "skipped")] == [1, 1, 0, 1]
    assert [entry["verdict"] for entry in report["details"]] == ["failed", "skipped"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("(module", "line 1: '(' is not closed"), (b"\n\xff", "line 2: not UTF-8")],
)
def test_an_unreadable_script_exits_with_2_and_spares_the_others(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    broken, good = script(tmp_path, "broken.wast", text), script(tmp_path, "good.wast", GOOD)
    result = invoke("--json", broken, good)
    assert result.exit_code == 2
    assert result.stderr == f"error: {broken}: {complaint}\n"
    first, second = json.loads(result.stdout)
    assert (first["error"], first["passed"]) == (complaint, 0)
    assert (second["error"], second["passed"]) == (None, 1)


def test_a_missing_file_and_no_file_are_usage_errors(tmp_path: Path) -> None:
    assert invoke(tmp_path / "missing.wast").exit_code == 2
    assert invoke().exit_code == 2


def test_without_the_converter_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    path = script(tmp_path, "text.wast", f"(module (func))(module (func)){GOOD}")
    result = invoke(path, path)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "pip install 'event-sourced-channels[text]'" in result.stderr
    assert "text.wast  1" in result.stdout
