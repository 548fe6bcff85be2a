"""The official WebAssembly suite: everything of it that is in the profile passes.

The scripts are not part of this repository: WASM_SPEC_TESTSUITE names their folder, or it is
../shared/spec-testsuite.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.wasm_interp.tiers import enter_always
from wasm_interp.machine import Tier
from wasm_interp.script.report import Report, Verdict
from wasm_interp.script.runner import run_script

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(os.environ.get("WASM_SPEC_TESTSUITE", ROOT.parent / "shared" / "spec-testsuite"))
SCRIPTS = sorted(SUITE.glob("*.wast"))

SCRIPTS_COUNTED = 41
PASSED_MIN = 6_700
"""Of the 41 scripts that were there when this was written; 6,775 assertions passed."""

SKIPPED = re.compile(
    r"text format(: wat2wasm: .*)?"
    r"|limit: (call_depth_max|fuel|memory_pages_max) is \d+(, reached by .*)?"
)
REFUSED = re.compile(
    r"P-\d+: .*|text format: wat2wasm: .*|'.*' is not an? .*|'assert_exception': .*"
)

pytestmark = pytest.mark.skipif(
    not SCRIPTS, reason=f"no scripts in {SUITE}: set WASM_SPEC_TESTSUITE to the official suite"
)


@cache
def run(path: Path, tier: Tier = Tier.STEPPER) -> Report:
    pytest.importorskip("wasmtime", reason="the suite's text form needs wasmtime")
    return run_script(path.read_text(encoding="utf-8"), file=path.name, tier=tier)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_assertion_in_the_profile_passes(path: Path) -> None:
    report = run(path)
    assert report.error is None
    assert [entry for entry in report.details if entry.verdict is Verdict.FAILED] == []
    assert report.failed == 0


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_what_does_not_run_says_why(path: Path) -> None:
    for entry in run(path).details:
        allowed = SKIPPED if entry.verdict is Verdict.SKIPPED else REFUSED
        assert allowed.fullmatch(entry.reason), entry


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_errors_use_the_words_of_the_suite(path: Path) -> None:
    assert run(path).message_mismatches == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_compiled_tier_gives_the_same_verdicts(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_always(monkeypatch)
    assert run(path, Tier.COMPILED) == run(path)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_native_tier_gives_the_same_verdicts(path: Path) -> None:
    assert run(path, Tier.NATIVE) == run(path)


def test_the_suite_really_runs() -> None:
    reports = [run(path) for path in SCRIPTS]
    if len(reports) < SCRIPTS_COUNTED:
        pytest.skip(f"{len(reports)} scripts are not the whole folder")
    assert sum(report.passed for report in reports) >= PASSED_MIN
    assert sum(report.modules for report in reports) >= 200
