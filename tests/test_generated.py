"""What is generated is up to date, and the same in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.generate import ROOT, stale

PRINT_HASHES = """
from tools.golden import GOLDEN
from merkle import keccak256
print(*(keccak256(make().encode()).hex() for make in GOLDEN.values()))
"""


def test_generated_parts_are_up_to_date() -> None:
    names = [str(path.relative_to(ROOT)) for path in stale()]
    assert names == [], "run `make generate`, and read what changes: it may be consensus"


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("environment", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "4242"}])
def test_ids_roots_and_state_hashes_do_not_depend_on_the_process(
    environment: dict[str, str],
) -> None:
    here = run_python(PRINT_HASHES, PYTHONHASHSEED="0")
    assert run_python(PRINT_HASHES, **environment) == here
    assert len(here.split()) == 3


@pytest.mark.parametrize("backend", ["pysha3", "pycryptodome"])
def test_ids_roots_and_state_hashes_do_not_depend_on_the_hash_backend(backend: str) -> None:
    assert run_python(PRINT_HASHES, CHANNELS_KECCAK=backend) == run_python(PRINT_HASHES)


def test_every_rule_that_code_and_tests_cite_is_in_the_specification() -> None:
    import re

    spec = "".join(path.read_text() for path in (ROOT / "docs" / "spec").glob("*.md"))
    defined = set(re.findall(r"\*\*([A-Z]-\d+)\*\*", spec))
    cited: dict[str, Path] = {}
    for folder in ("merkle", "wasm_interp", "cli", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for rule in re.findall(r"\b([IMPLST]-\d+)\b", path.read_text()):
                cited[rule] = path
    assert len(cited) > 40
    assert {rule: path for rule, path in cited.items() if rule not in defined} == {}
