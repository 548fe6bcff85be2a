"""A file of vectors that is not what it should be: one line that names file and case."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import MalformedVector
from conformance.format import VectorSet
from conformance.json_text import file_text
from conformance.library import (
    INDEX,
    INFO,
    SMOKE,
    Fixture,
    contents_hash,
    index_of,
    read_vectors,
)

FILE = "word_tree/open.json"
CASE = "word_tree/open/odd_run_depth_5"

Change = Callable[[dict[str, Any]], None]


def folder_with(tmp_path: Path, change: Change, *, sealed: bool = True) -> Path:
    """Return a folder whose one file is changed; ``sealed`` gives it the right hashes again."""
    contents = json.loads((SMOKE / FILE).read_text())
    change(contents)
    if sealed:
        contents[INFO]["hash"] = contents_hash(contents)
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(file_text(contents))
    (tmp_path / INDEX).write_text(file_text(index_of({FILE: contents}, VectorSet.SMOKE)))
    return tmp_path


def refusal(path: Path) -> str:
    with pytest.raises(MalformedVector) as caught:
        read_vectors(path)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


def test_the_smoke_set_is_read(smoke: list[Fixture]) -> None:
    ids = [fixture.id for fixture in smoke]
    assert len(ids) == len(set(ids)) > 900
    assert ids == sorted(ids)


def test_one_file_is_read(smoke: list[Fixture]) -> None:
    found = read_vectors(SMOKE / FILE)
    assert [f.id for f in found] == [f.id for f in smoke if f.id.startswith("word_tree/open/")]


def test_a_fixture_goes_to_another_process_and_back(smoke: list[Fixture]) -> None:
    for fixture in smoke[::50]:
        assert pickle.loads(pickle.dumps(fixture)) == fixture


def on_case(change: Change) -> Change:
    return lambda contents: change(contents[CASE])


def setting(*path: str | int, to: Any) -> Change:
    def change(contents: Any) -> None:
        for name in path[:-1]:
            contents = contents[name]
        contents[path[-1]] = to

    return change


def removing(name: str) -> Change:
    return lambda contents: contents.pop(name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (setting("input", to=[]), "input: must be an object, not a list"),
        (setting("input", "root", to="0x12"), "input.root: must be 32 bytes"),
        (setting("input", "root", to="0x" + "A" * 64), "input.root: must be 32 bytes"),
        (setting("input", "root", to="0x" + "1" * 63), "input.root: must be 32 bytes"),
        (setting("input", "root", to=None), "input.root: must be 32 bytes"),
        (setting("input", "depth", to="5"), "input.depth: must be an integer from 0 to 255"),
        (setting("input", "depth", to=True), "input.depth: must be an integer from 0 to 255"),
        (setting("input", "depth", to=-1), "input.depth: must be an integer from 0 to 255"),
        (setting("input", "depth", to=10**400), "input.depth: must be an integer from 0 to 255"),
        (setting("input", "leaves", 1, to="0xabc"), "input.leaves[1]: must be"),
        (setting("input", "leaves", 1, to="0x\x1b[31m"), "input.leaves[1]: must be"),
        (setting("input", "leaves", to={}), "input.leaves: must be a list"),
        (setting("input", "more", to=1), "input: there is no field 'more'"),
        (lambda case: case["input"].pop("root"), "input: the field 'root' is missing"),
        (removing("flags"), "the field 'flags' is missing"),
        (removing("output"), "must have one of 'output' and 'error'"),
        (setting("error", to="ProofError.RootMismatch"), "must have one of 'output' and 'error'"),
        (setting("output", to=False), "output: must be true"),
        (setting("flags", to=["unheard_of"]), "'notes' do not explain 'unheard_of'"),
        (setting("flags", to="normal"), "flags: must be a list"),
        (setting("surprise", to=1), "there is no field 'surprise'"),
        (setting("comment", to="\x00"), "comment: must be a text"),
    ],
)
def test_a_malformed_case_is_named(tmp_path: Path, change: Change, says: str) -> None:
    text = refusal(folder_with(tmp_path, on_case(change)))
    assert text.startswith(f"{tmp_path / FILE}: {CASE}")
    assert says in text
    assert text.isprintable()


def test_an_error_that_the_function_has_not_is_refused(tmp_path: Path) -> None:
    def change(case: dict[str, Any]) -> None:
        del case["output"]
        case["error"] = "ProofError.MapNotEmpty"

    assert "error: must be one of ProofError.DepthOutOfRange" in refusal(
        folder_with(tmp_path, on_case(change))
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update({"word_tree/open/Bad": c[CASE]}), "cannot be a case of this file"),
        (lambda c: c.update({"word_tree/open/../x": c[CASE]}), "cannot be a case of this file"),
        (lambda c: c.update({"word_tree/root/x": c[CASE]}), "cannot be a case of this file"),
        (lambda c: c.update({"\x1b[31m": c[CASE]}), "cannot be a case of this file"),
        (removing(CASE), "by its '_info'"),
        (setting(INFO, "format", to="nothing"), "_info.format: must be one of"),
        (setting(INFO, "format", to=[]), "_info.format: must be one of"),
        (setting(INFO, "function", to="nothing"), "_info.function: must be one of"),
        (setting(INFO, "version", to="2.0.0"), "version 2.0.0 is not read, only 1.*"),
        (setting(INFO, "set", to="some"), "_info.set: must be one of"),
        (setting(INFO, "notes", to=[]), "'notes' must be an object"),
        (setting(INFO, "notes", "normal", "bugType", to="X"), "bugType: must be one of"),
        (setting(CASE, to=[]), "must be an object"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, change: Change, says: str) -> None:
    def counted(contents: dict[str, Any]) -> None:
        change(contents)
        if "by its" not in says:
            contents[INFO]["cases"] = len(contents) - 1

    text = refusal(folder_with(tmp_path, counted))
    assert text.startswith(str(tmp_path / FILE))
    assert says in text
    assert text.isprintable()


def test_a_file_changed_by_hand_is_refused_with_the_hash_it_would_have(tmp_path: Path) -> None:
    def change(contents: dict[str, Any]) -> None:
        contents[CASE]["comment"] = "another comment"

    folder = folder_with(tmp_path, change, sealed=False)
    contents = json.loads((folder / FILE).read_text())
    assert contents_hash(contents) in refusal(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"a": 1, "a": 2}', "a name is repeated"),
        (b'{"a": 1.5}', "1.5 is no integer"),
        (b'{"a": NaN}', "NaN is no integer"),
        (b"1" * 5_000, "not valid JSON"),
        (b"[]", "must be an object with '_info'"),
        (b"{}", "must be an object with '_info'"),
        (b'{"_info": []}', "must be an object with '_info'"),
        (b'{"_info": {}}', "_info.format: must be one of"),
    ],
)
def test_what_is_no_file_of_vectors(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "open.json"
    path.write_bytes(text)
    assert says in refusal(path)


def test_a_file_by_itself_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    shutil.copy(SMOKE / FILE, path)
    assert read_vectors(path) == read_vectors(SMOKE / FILE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda index: index["files"].pop("word_tree/open.json"), "'root' is not the hash"),
        (lambda index: index.update(root="0x" + "0" * 64), "'root' is not the hash"),
        (lambda index: index.update(more=1), "must be an object of"),
        (lambda index: index.update(files=[]), "'files' must be an object"),
        (lambda index: index.update(files={}), "'files' must be an object"),
        (lambda index: index["files"].update({"../x/y.json": {}}), "cannot be a file of vectors"),
        (lambda index: index["files"].update({"/etc/x.json": {}}), "cannot be a file of vectors"),
        (lambda index: index["files"].update({"word_tree/open.json": 1}), "must be an object"),
    ],
)
def test_a_malformed_index(tmp_path: Path, change: Change, says: str) -> None:
    folder = tmp_path / "smoke"
    shutil.copytree(SMOKE, folder)
    index = json.loads((folder / INDEX).read_text())
    change(index)
    (folder / INDEX).write_text(json.dumps(index))
    text = refusal(folder)
    assert text.startswith(str(folder / INDEX))
    assert says in text


def test_a_folder_that_is_not_what_its_index_says(tmp_path: Path) -> None:
    folder = tmp_path / "smoke"
    shutil.copytree(SMOKE, folder)
    (folder / "word_tree" / "mine.json").write_text("{}")
    assert "mine.json: is not in the index" in refusal(folder)
    (folder / "word_tree" / "mine.json").unlink()
    (folder / FILE).unlink()
    assert "open.json: No such file" in refusal(folder)
    assert "index.json: No such file" in refusal(tmp_path)


def test_a_file_of_another_fill_is_not_the_index_s(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, on_case(setting("comment", to="another comment")))
    shutil.copy(SMOKE / FILE, folder / FILE)
    assert "is not the file that the index names" in refusal(folder)
