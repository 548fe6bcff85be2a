"""`channels vectors` as a user meets it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from conformance.library import SMOKE
from tests.cli.command_line import Channels

ROOT = Path(__file__).parents[2]
FAULTY = ROOT / "tests" / "conformance" / "implementations" / "faulty.py"
DEPTH = ["-k", "word_tree/depth", "--executor", "inline"]


def implementation(fault: str, at: str) -> str:
    return f"{sys.executable} -S -E {FAULTY} {fault} {at}"


def one_line(errors: str) -> str:
    (line,) = errors.splitlines()
    assert line.startswith("error: ")
    return line


def test_fill_writes_the_smoke_set(channels: Channels, tmp_path: Path) -> None:
    status, output, errors = channels("vectors", "fill", "--executor", "inline")
    assert (status, errors) == (0, "")
    root = json.loads((SMOKE / "index.json").read_text())["root"]
    assert root in output
    for path in SMOKE.rglob("*.json"):
        name = path.relative_to(SMOKE)
        assert (tmp_path / "vectors" / "smoke" / name).read_bytes() == path.read_bytes()


def test_fill_one_format_and_check_it(channels: Channels, tmp_path: Path) -> None:
    fill = ["vectors", "fill", "--format", "word_tree", "--out", "trees", "--executor", "inline"]
    status, output, _ = channels(*fill, "--json")
    facts = json.loads(output)
    assert status == 0
    assert facts["files"] == len(facts["changed"]) == 9
    status, output, _ = channels(*fill, "--check")
    assert (status, output.count("\n")) == (0, 1)
    (tmp_path / "trees" / "word_tree" / "depth.json").unlink()
    status, output, _ = channels(*fill, "--check")
    assert status == 1
    assert "would change  trees/word_tree/depth.json" in output
    assert not (tmp_path / "trees" / "word_tree" / "depth.json").exists()


def test_fill_of_an_unknown_format(channels: Channels) -> None:
    status, _, errors = channels("vectors", "fill", "--format", "nothing")
    assert status == 2
    assert "'nothing' is no format; there is: encodings" in one_line(errors)


def test_schemas_are_written(channels: Channels, tmp_path: Path) -> None:
    status, output, _ = channels("vectors", "schemas", "--out", "s")
    assert status == 0
    assert "wrote  s/errors.json" in output
    committed = ROOT / "conformance" / "schemas"
    for path in committed.glob("*.json"):
        assert (tmp_path / "s" / path.name).read_bytes() == path.read_bytes()


def test_check_of_the_smoke_set(channels: Channels) -> None:
    status, output, errors = channels("vectors", "check", "--executor", "threads:2")
    assert (status, errors) == (0, "")
    total = output.splitlines()[-1].split()
    cases = json.loads((SMOKE / "index.json").read_text())["files"].values()
    expected = sum(entry["cases"] for entry in cases)
    assert total == ["python", "total", str(expected), str(expected), "0", "0"]


def test_check_asks_the_contracts_what_they_answer(channels: Channels) -> None:
    chosen = ["-k", "word_tree/depth or step/call or game/", "--executor", "inline"]
    status, output, errors = channels("vectors", "check", *chosen, "--evm", "py-evm")
    assert (status, errors) == (0, "")
    rows = [line.split() for line in output.splitlines()[2:]]
    asked = {by: {row[1] for row in rows if row[0] == by} for by in ("python", "py-evm")}
    assert asked["python"] == asked["py-evm"] | {"game/expansion", "word_tree/depth"}
    assert asked["py-evm"] == {"game/play", "step/call", "total"}


def test_check_finds_an_answer_that_is_not_the_reference_s(
    channels: Channels, tmp_path: Path
) -> None:
    from conformance.json_text import file_text
    from conformance.library import contents_hash

    path = tmp_path / "word_tree" / "depth.json"
    path.parent.mkdir()
    contents = json.loads((SMOKE / "word_tree" / "depth.json").read_text())
    contents["word_tree/depth/leaves_5"]["output"] = 4
    path.write_text(file_text(contents))
    status, _, errors = channels("vectors", "check", str(path))
    assert status == 2
    assert "is not what its hash says" in one_line(errors)
    contents["_info"]["hash"] = contents_hash(contents)
    path.write_text(file_text(contents))
    status, output, _ = channels("vectors", "check", str(path), "--executor", "inline")
    assert status == 1
    where = "FAIL  word_tree/depth/leaves_5  (python)  differs: "
    assert f"{where}output: expected 4, not 3" in output


def test_check_of_a_question_that_cannot_be_asked(channels: Channels, tmp_path: Path) -> None:
    from conformance.json_text import file_text
    from conformance.library import contents_hash

    path = tmp_path / "state_hash" / "call.json"
    path.parent.mkdir()
    contents = json.loads((SMOKE / "state_hash" / "call.json").read_text())
    contents["state_hash/call/loop"]["input"]["export"] = "walk"
    contents["_info"]["hash"] = contents_hash(contents)
    path.write_text(file_text(contents))
    status, _, errors = channels("vectors", "check", str(path), "--executor", "threads:1")
    assert status == 2
    line = one_line(errors)
    assert "state_hash/call/loop" in line
    assert "no function is exported as 'walk'" in line


def test_check_of_a_malformed_file_is_one_line(channels: Channels, tmp_path: Path) -> None:
    path = tmp_path / "open.json"
    path.write_text("[" * 100_000)
    status, output, errors = channels("vectors", "check", str(path))
    assert (status, output) == (2, "")
    assert one_line(errors) == f"error: {path}: not valid JSON: nested too deeply"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-k", "nonsense"], "no case is meant by 'nonsense'"),
        (["-k", "a b"], "'b' is out of place"),
        (["--shard", "3/2"], "is no share"),
        (["--executor", "cloud"], "is no executor"),
        (["--evm", "nonsense"], "no EVM 'nonsense'"),
    ],
)
def test_usage_of_check(channels: Channels, arguments: list[str], says: str) -> None:
    status, _, errors = channels("vectors", "check", *arguments)
    assert status in {1, 2}
    assert says in one_line(errors)


def test_shares_make_the_whole(channels: Channels) -> None:
    found = []
    for shard in ("1/2", "2/2"):
        status, output, _ = channels("vectors", "check", *DEPTH, "--shard", shard, "--json")
        assert status == 0
        found += [json.loads(line)["case"] for line in output.splitlines()]
    depths = json.loads((SMOKE / "word_tree" / "depth.json").read_text())
    assert sorted(found) == sorted(depths.keys() - {"_info"})


def test_consume_an_implementation_that_is_right(channels: Channels, tmp_path: Path) -> None:
    command = implementation("wrong", "nothing")
    status, output, errors = channels("vectors", "consume", *DEPTH, "--bin", command)
    assert (status, errors) == (0, "")
    assert output.startswith("faulty 1\n")
    assert "word_tree/depth" in output
    assert not (tmp_path / "vector-failures").exists()


def test_consume_an_implementation_that_fails_once(channels: Channels, tmp_path: Path) -> None:
    consume = ["vectors", "consume", *DEPTH, "--junit", "junit.xml", "--failures", "failed"]
    command = implementation("die", "leaves_5")
    status, output, errors = channels(*consume, "--bin", command)
    assert status == 1
    assert "FAIL  word_tree/depth/leaves_5  (faulty)  crashed: ended with exit status 3" in output
    assert errors == "failures are in failed\n"
    folder = tmp_path / "failed" / "word_tree" / "depth" / "leaves_5"
    assert (folder / "stderr.txt").read_text() == "something went wrong\n"
    suites = Xml.parse(tmp_path / "junit.xml").getroot()
    assert suites[0].get("failures") == "1"

    status, _, _ = channels(*consume, "--bin", implementation("die", "nothing"))
    assert status == 0
    assert not folder.exists()


def test_consume_as_json(channels: Channels) -> None:
    command = implementation("wrong", "leaves_5")
    status, output, _ = channels("vectors", "consume", *DEPTH, "--json", "--bin", command)
    assert status == 1
    reports = {report["case"]: report for report in map(json.loads, output.splitlines())}
    report = reports["word_tree/depth/leaves_5"]
    assert report["by"] == "faulty"
    assert report["outcome"] == "differs"
    assert report["expected"] == {"output": 3}
    assert report["actual"] == {"output": "0x00"}


def test_consume_in_processes(channels: Channels) -> None:
    command = implementation("die", "leaves_5")
    arguments = ["-k", "word_tree/depth", "--jobs", "2", "--json", "--bin", command]
    status, output, _ = channels("vectors", "consume", *arguments)
    assert status == 1
    failed = [line for line in map(json.loads, output.splitlines()) if line["outcome"] != "passed"]
    assert [line["case"] for line in failed] == ["word_tree/depth/leaves_5"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("", "--bin names no program"),
        ("'", "--bin: No closing quotation"),
        ("/nonexistent", "'/nonexistent' cannot be started: No such file or directory"),
        ("true", "'true' does not answer the handshake: ended with exit status 0"),
        ("echo \x1b[31mhello", "does not answer the handshake: "),
    ],
)
def test_consume_what_is_no_implementation(channels: Channels, command: str, says: str) -> None:
    status, _, errors = channels("vectors", "consume", "--bin", command)
    assert status == 2
    assert says in one_line(errors)
    assert one_line(errors).isprintable()


def test_consume_a_folder_of_ones_own(channels: Channels, tmp_path: Path) -> None:
    shutil.copytree(SMOKE, tmp_path / "mine")
    command = implementation("die", "nothing")
    status, _, _ = channels("vectors", "consume", "mine", *DEPTH, "--bin", command)
    assert status == 0


def test_a_junit_file_that_cannot_be_written(channels: Channels) -> None:
    status, _, errors = channels("vectors", "check", *DEPTH, "--junit", "no/such/folder.xml")
    assert status == 2
    assert "No such file or directory" in one_line(errors)


def test_help_lists_the_commands(channels: Channels) -> None:
    status, output, _ = channels("vectors", "--help")
    assert status == 0
    for name in ("fill", "check", "consume", "schemas"):
        assert f"  {name} " in output
