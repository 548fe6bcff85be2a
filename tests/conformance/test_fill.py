"""Filling gives the committed bytes, on any executor; every mistake has a case."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import CODES
from conformance.executors import open_executor
from conformance.fill import fill, stale_files, write_files
from conformance.format import Flag, VectorSet
from conformance.formats import FORMATS
from conformance.library import INDEX, INFO, SMOKE, Fixture
from conformance.publish import PACKAGE, readme_path, readme_text, schema_texts, stale
from merkle.errors import ProofError
from wasm_interp.errors import InputError

SMOKE_BYTES_MAX = 1_000_000


def test_the_smoke_set_is_what_the_code_fills(smoke_texts: dict[str, str]) -> None:
    assert stale_files(smoke_texts, SMOKE) == []
    on_disk = {str(path.relative_to(SMOKE)) for path in SMOKE.rglob("*") if path.is_file()}
    assert on_disk == smoke_texts.keys()


def test_schemas_and_readmes_are_what_the_code_says() -> None:
    assert stale() == []


def test_the_smoke_set_is_small(smoke_texts: dict[str, str]) -> None:
    assert sum(map(len, smoke_texts.values())) < SMOKE_BYTES_MAX


@pytest.mark.parametrize("name", ["threads:3", "processes:2"])
def test_every_executor_fills_the_same_bytes(name: str, smoke_texts: dict[str, str]) -> None:
    with open_executor(name) as executor:
        assert fill(executor, VectorSet.SMOKE) == smoke_texts


def test_files_are_ascii_sorted_and_end_in_a_newline(smoke_texts: dict[str, str]) -> None:
    for name, text in smoke_texts.items():
        assert text.isascii(), name
        assert text.endswith("}\n"), name
        assert json.dumps(json.loads(text), sort_keys=True, indent=1) + "\n" == text, name
        assert "." not in {type(value).__name__ for value in numbers(json.loads(text))}


def numbers(value: Any) -> list[object]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in numbers(item)]
    if isinstance(value, list):
        return [found for item in value for found in numbers(item)]
    return [value] if isinstance(value, int | float) else []


def test_numbers_fit_every_reader_of_json(smoke_texts: dict[str, str]) -> None:
    for name, text in smoke_texts.items():
        for number in numbers(json.loads(text)):
            assert isinstance(number, int), name
            assert 0 <= number < 2**53, name


def test_the_full_set_holds_the_smoke_set(
    smoke_texts: dict[str, str], full_texts: dict[str, str]
) -> None:
    assert smoke_texts.keys() == full_texts.keys()
    for name in smoke_texts.keys() - {INDEX}:
        smoke, full = (json.loads(texts[name]) for texts in (smoke_texts, full_texts))
        for id_ in smoke.keys() - {INFO}:
            assert smoke[id_] == full.get(id_), id_


def test_every_error_of_every_function_has_a_case(smoke: list[Fixture]) -> None:
    missing = {
        (made.name, function.name, code)
        for made in FORMATS.values()
        for function in made.functions
        for code in function.codes
    }
    missing -= {(f.format.name, f.function.name, f.expected.get("error")) for f in smoke}
    assert missing == set()


def test_every_function_has_a_case_that_is_answered(smoke: list[Fixture]) -> None:
    answered = {f.id.rpartition("/")[0] for f in smoke if "output" in f.expected}
    functions = {
        f"{made.name}/{function.name}" for made in FORMATS.values() for function in made.functions
    }
    assert answered == functions


def test_a_flag_means_one_thing_in_a_format() -> None:
    for made in FORMATS.values():
        found: dict[str, Flag] = {}
        for generator in made.generators:
            for case in generator(VectorSet.FULL):
                for flag in case.flags:
                    assert found.setdefault(flag.name, flag) == flag, (made.name, case.name)
        assert found


def test_every_case_has_a_flag(smoke: list[Fixture]) -> None:
    assert [fixture.id for fixture in smoke if not fixture.flags] == []


def test_codes_are_namespaced_and_one_to_one() -> None:
    assert len(set(CODES.values())) == len(CODES)
    classes = [code.split(".")[1] for code in CODES.values()]
    # The contract has the last part only.
    assert len(set(classes)) == len(classes)
    assert all(cause.__name__ == code.split(".")[1] for cause, code in CODES.items())
    assert (
        CODES[next(c for c in CODES if c.__name__ == "RootMismatch")] == "ProofError.RootMismatch"
    )
    assert ProofError not in CODES


def test_every_code_is_in_the_schema_of_errors() -> None:
    schema = json.loads(schema_texts()["errors.json"])
    assert [entry["const"] for entry in schema["oneOf"]] == sorted(CODES.values())


@pytest.mark.parametrize("name", FORMATS)
def test_a_readme_tells_every_function(name: str) -> None:
    text = readme_text(FORMATS[name])
    assert text == readme_path(FORMATS[name]).read_text(encoding="utf-8")
    for function in FORMATS[name].functions:
        assert f"### `{function.name}`" in text


def test_links_of_the_readmes_lead_somewhere() -> None:
    for path in sorted(PACKAGE.glob("**/*.md")):
        if "node_modules" not in path.parts:
            targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
            missing = [target for target in targets if not (path.parent / target).exists()]
            assert missing == [], path


def test_filling_twice_changes_nothing_and_removes_what_has_gone(
    tmp_path: Path, smoke_texts: dict[str, str]
) -> None:
    assert sorted(write_files(smoke_texts, tmp_path)) == sorted(smoke_texts)
    assert write_files(smoke_texts, tmp_path) == []
    (tmp_path / "mine.txt").write_text("mine")
    fewer = {INDEX: smoke_texts[INDEX], "turn/replay.json": smoke_texts["turn/replay.json"]}
    assert "word_tree/open.json" in write_files(fewer, tmp_path)
    assert not (tmp_path / "word_tree" / "open.json").exists()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "turn").write_text("a file")
    with pytest.raises(InputError, match="turn"):
        write_files({"turn/replay.json": "{}\n"}, tmp_path)


def test_an_index_from_elsewhere_removes_nothing_outside(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    folder.mkdir()
    precious = tmp_path / "precious.json"
    precious.write_text("{}")
    files = {"../precious.json": {}, f"{tmp_path}/precious.json": {}}
    (folder / INDEX).write_text(json.dumps({"files": files}))
    write_files({INDEX: "{}\n"}, folder)
    assert precious.exists()
