"""`channels contracts`: what is listed, and what verifying says in each case."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from solidity.artifacts import artifact, index
from solidity.compile import artifact_files, compile_contracts, standard_input, write_artifacts
from solidity.errors import CompilerUnavailable
from solidity.verify import verify
from tests.cli.command_line import Channels
from tests.languages import missing

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
contract First { fallback() external {} }
contract Second { fallback() external payable {} }
"""


@pytest.fixture
def artifacts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the command look at two small contracts; return their artifacts, which tests change."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "Both.sol").write_text(SOURCE)
    text = standard_input(sources)
    folder = tmp_path / "artifacts"
    try:
        write_artifacts(artifact_files(text, compile_contracts(text)), folder)
    except CompilerUnavailable as error:
        missing(str(error))
    monkeypatch.setattr(
        "solidity.verify.verify", partial(verify, contracts=sources, artifacts=folder)
    )
    return folder


def test_list_shows_every_contract_with_its_sizes(channels: Channels) -> None:
    status, out, err = channels("contracts", "list")
    assert (status, err) == (0, "")
    head, _, *rows, solc = out.splitlines()
    assert head.split() == ["contract", "runtime", "creation", "sha256"]
    assert solc == f"solc {index()['solc']}"
    assert [row.split()[0] for row in rows] == sorted(index()["contracts"])
    for row in rows:
        name, runtime, creation, sha256 = row.split()
        one = artifact(name)
        assert (int(runtime), int(creation)) == (len(one.runtime_code), len(one.creation_code))
        assert sha256 == index()["contracts"][name]["runtimeCode"]["sha256"]


def test_list_as_json_is_the_index(channels: Channels) -> None:
    status, out, err = channels("contracts", "list", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == index()


def test_verify_says_ok_of_each_contract(channels: Channels, artifacts: Path) -> None:
    status, out, err = channels("contracts", "verify")
    assert (status, out, err) == (0, "First   OK\nSecond  OK\n", "")
    status, out, err = channels("contracts", "verify", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "status": "verified",
        "contracts": [{"name": name, "difference": None} for name in ("First", "Second")],
    }


def test_verify_names_what_differs_in_one_line(channels: Channels, artifacts: Path) -> None:
    path = artifacts / "Second.json"
    path.write_text(path.read_text().replace('"runtimeCode": "0x', '"runtimeCode": "0x00'))
    said = "error: Second is not what its source compiles to: run `make contracts`\n"
    status, out, err = channels("contracts", "verify")
    assert (status, out, err) == (1, "First   OK\nSecond  runtimeCode differs\n", said)
    status, out, err = channels("contracts", "verify", "--json")
    assert (status, err) == (1, said)
    assert json.loads(out) == {
        "status": "different",
        "contracts": [
            {"name": "First", "difference": None},
            {"name": "Second", "difference": "runtimeCode differs"},
        ],
    }


def test_verify_finds_stale_sources_without_a_compiler(
    channels: Channels, artifacts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (artifacts / "input.json").write_text("{}\n")
    status, out, err = channels("contracts", "verify")
    assert (status, out) == (1, "")
    assert err == (
        "error: the sources or settings are not those of the artifacts: run `make contracts`\n"
    )


def test_verify_says_that_it_skipped_what_it_could_not_do(
    channels: Channels, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = channels("contracts", "verify")
    assert (status, err) == (0, "")
    assert out.startswith("skipped, not verified: no Solidity compiler: Node is not here: ")
    assert len(out.splitlines()) == 1
    status, out, err = channels("contracts", "verify", "--json")
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert (report["status"], report["contracts"]) == ("skipped", [])
    assert report["reason"].startswith("no Solidity compiler")
