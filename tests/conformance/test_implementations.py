"""The worked examples answer the smoke set: JavaScript, and the contract on an EVM."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.child import ChildRunner, try_implementation
from conformance.evm import EvmRunner, open_verifier
from conformance.executors import open_executor
from conformance.library import Fixture
from conformance.results import Outcome, Result
from conformance.runners import run_cases
from conformance.selection import select
from solidity.errors import ArtifactNotFound, ArtifactsStale, EvmUnavailable
from tests.languages import missing

ROOT = Path(__file__).parents[2]
JAVASCRIPT = ROOT / "conformance" / "implementations" / "javascript"
FORMATS = ("encodings", "word_tree", "ordered_map")


def failures(results: list[Result]) -> list[str]:
    return [f"{r.id}: {r.outcome.value}: {r.detail}" for r in results if r.outcome.failed]


def javascript() -> tuple[str, ...]:
    if shutil.which("node") is None or not (JAVASCRIPT / "node_modules" / "js-sha3").exists():
        missing(f"no JavaScript: run `npm ci` in {JAVASCRIPT.relative_to(ROOT)} (needs node)")
    return ("node", str(JAVASCRIPT / "main.js"))


def test_javascript_answers_the_smoke_set(smoke: list[Fixture]) -> None:
    command = javascript()
    assert try_implementation(command).formats == FORMATS
    with open_executor("threads:2") as executor:
        results = list(run_cases(executor, ChildRunner(command, FORMATS), smoke))
    assert failures(results) == []
    passed = {r.id.split("/")[0] for r in results if r.outcome is Outcome.PASSED}
    skipped = {r.id.split("/")[0] for r in results if r.outcome is Outcome.SKIPPED}
    assert passed == set(FORMATS)
    assert skipped == {fixture.format.name for fixture in smoke} - passed


def test_the_lock_of_the_javascript_pins_one_package_and_names_no_registry() -> None:
    lock = json.loads((JAVASCRIPT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert list(packages) == ["node_modules/js-sha3"]
    assert all("resolved" not in entry for entry in packages.values())


def verifier(name: str) -> None:
    """Skip the test where the contract or the EVM is not to be had."""
    try:
        with open_verifier(name):
            pass
    except (EvmUnavailable, ArtifactNotFound, ArtifactsStale) as error:
        missing(str(error))


def test_the_contract_answers_the_smoke_set(smoke: list[Fixture]) -> None:
    verifier("py-evm")
    assert failures(EvmRunner("py-evm").run(select(smoke, "step/", "1/1"))) == []


def test_the_contract_answers_the_protocol_through_anvil(smoke: list[Fixture]) -> None:
    verifier("anvil")
    command = (sys.executable, "-m", "conformance.implementations.solidity.main", "anvil")
    said = try_implementation(command)
    assert (said.implementation, said.formats) == ("OneStepVerifier", ("step",))
    cases = [*select(smoke, "step/call", "1/1"), *select(smoke, "step/verify", "1/8")]
    results = ChildRunner(command, said.formats, 60).run(cases)
    assert failures(results) == []


def test_the_adapter_names_an_evm_that_is_not_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.implementations.solidity.main", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: no EVM 'nonsense'")


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["py-evm", "anvil", "pyrevm"])
def test_the_contract_answers_the_full_set(name: str, full: list[Fixture]) -> None:
    verifier(name)
    assert failures(EvmRunner(name).run(select(full, "step/", "1/1"))) == []


@pytest.mark.nightly
def test_javascript_answers_the_full_set(full: list[Fixture]) -> None:
    command = javascript()
    with open_executor("threads:2") as executor:
        results = list(run_cases(executor, ChildRunner(command, FORMATS), full))
    assert failures(results) == []
