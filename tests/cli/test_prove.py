"""`channels prove` and `channels verify`: a step of a log becomes a vector, and is verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.library import SMOKE
from tests.cli.command_line import Channels

CASE = Path(__file__).parents[2] / "examples" / "tic_tac_toe"
LOG = [
    str(CASE / "tic_tac_toe.wasm"),
    str(CASE / "x_wins.jsonl"),
    "--rows",
    str(CASE / "rows.json"),
]
UNUSED_PORT_URL = "http://127.0.0.1:9"


@pytest.fixture
def vector(channels: Channels, tmp_path: Path) -> Path:
    path = tmp_path / "step.json"
    status, out, _ = channels("prove", *LOG, "--turn", "2", "--step", "100", "--out", str(path))
    assert (status, out) == (0, "")
    return path


def test_a_proven_step_is_verified_in_python_and_on_an_evm(
    channels: Channels, vector: Path
) -> None:
    status, out, err = channels("verify", str(vector), "--json")
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert (report["Python"], report["py-evm"], report["as_expected"]) == (
        "accepted",
        "accepted",
        True,
    )
    assert report["calldata_bytes"] == 580 + report["witness_bytes"]
    assert report["charged_gas"] > report["total_gas"] > 21_000 + report["exec_gas"]


def test_without_out_the_vector_is_printed_and_the_step_told_apart(
    channels: Channels, vector: Path
) -> None:
    status, out, err = channels("prove", *LOG, "--turn", "2", "--step", "100")
    assert (status, out) == (0, vector.read_text())
    assert err == "turn 2, step 100: i32.add at pc 434 in channels:entry; witness of 352 bytes\n"


def test_a_machine_that_has_stopped_steps_to_itself(channels: Channels, tmp_path: Path) -> None:
    path = str(tmp_path / "last.json")
    status, _, err = channels("prove", *LOG, "--turn", "1", "--step", "16777215", "--out", path)
    assert (status, err.count("steps to itself")) == (0, 1)
    assert channels("verify", path)[0] == 0


def test_a_turn_that_was_refused_can_be_proven(channels: Channels, tmp_path: Path) -> None:
    log = [*LOG]
    log[1] = str(CASE / "refused.jsonl")
    path = str(tmp_path / "refused.json")
    status, _, _ = channels("prove", *log, "--turn", "1", "--step", "7", "--out", path)
    assert status == 0
    assert channels("verify", path)[0] == 0


def test_a_turn_that_no_message_is_for(channels: Channels) -> None:
    status, out, err = channels("prove", *LOG, "--turn", "77", "--step", "0")
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert "there is no message for turn 77" in err


def test_negatives_are_verified_too(channels: Channels) -> None:
    status, out, err = channels("verify", str(SMOKE / "step" / "call.json"), "--json")
    assert (status, err) == (0, "")
    expected = [json.loads(line)["expected"] for line in out.splitlines()]
    assert "accepted" in expected
    assert "refused: VerifierError.CalldataNotCanonical" in expected


def test_a_verdict_that_is_not_the_expected_one(channels: Channels, vector: Path) -> None:
    from conformance.json_text import file_text
    from conformance.library import INFO, contents_hash

    contents = json.loads(vector.read_text())
    (name,) = contents.keys() - {INFO}
    contents[name]["input"]["post_state"] = "0x" + "00" * 32
    contents[INFO]["hash"] = contents_hash(contents)
    vector.write_text(file_text(contents))
    status, out, err = channels("verify", str(vector))
    assert (status, err) == (1, "error: 1 of 1 not as expected\n")
    assert "refused: VerifierError.PostStateMismatch" in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--evm", "anvil", "--url", UNUSED_PORT_URL], UNUSED_PORT_URL),
        (["--url", UNUSED_PORT_URL], "--url and --address are for --evm anvil"),
        (["--address", "0x00"], "--url and --address are for --evm anvil"),
    ],
)
def test_bad_options_are_one_clear_line(
    channels: Channels, vector: Path, options: list[str], says: str
) -> None:
    status, out, err = channels("verify", str(vector), *options)
    assert (status != 0, out, len(err.splitlines())) == (True, "", 1)
    assert says in err


def test_a_malformed_vector_is_one_clear_line(channels: Channels, vector: Path) -> None:
    vector.write_text(vector.read_text().replace('"op": "0x', '"op": "zz', 1))
    status, out, err = channels("verify", str(vector))
    assert (status != 0, out, len(err.splitlines())) == (True, "", 1)
    assert "op" in err


def test_a_file_without_steps(channels: Channels) -> None:
    status, _, err = channels("verify", str(SMOKE / "word_tree" / "open.json"))
    assert status == 2
    assert "has no steps" in err
