"""Filling vectors: every case is asked of the reference, and becomes a fixture in a file.

The same version of this package gives the same bytes, on any machine and any executor.

Not here: the cases (`conformance.formats`), what files look like (`conformance.library`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import MalformedVector, code_of
from conformance.executors import in_order
from conformance.format import Case, Flag, Format, Function, VectorSet
from conformance.formats import FORMATS
from conformance.json_text import file_text, parse_json
from conformance.library import INDEX, INFO, contents_hash, file_texts
from merkle.errors import ChannelsError
from wasm_interp.errors import InputError


@dataclass(frozen=True, slots=True)
class FillTask:
    """One generator of one format: what a worker fills at a time."""

    format: str
    generator: int
    set: VectorSet


@dataclass(frozen=True, slots=True)
class Filled:
    """Fixtures of one function by name, and the flags that they carry."""

    function: str
    name: str
    fixture: Mapping[str, Any]
    flags: tuple[Flag, ...]


def fill(executor: Executor, kind: VectorSet, formats: Iterable[str] = ()) -> dict[str, str]:
    """Return the files of a set by name, as text; of all formats if none is named."""
    chosen = [FORMATS[name] for name in formats or FORMATS]
    tasks = [
        FillTask(made.name, number, kind)
        for made in chosen
        for number in range(len(made.generators))
    ]
    filled: dict[str, list[Filled]] = {made.name: [] for made in chosen}
    for task, entries in zip(tasks, in_order(executor, fill_task, tasks), strict=True):
        filled[task.format] += entries
    files: dict[str, dict[str, Any]] = {}
    for made in chosen:
        for function in made.functions:
            entries = [entry for entry in filled[made.name] if entry.function == function.name]
            files[f"{made.name}/{function.name}.json"] = _contents(made, function, kind, entries)
    return file_texts(files, kind)


def fill_task(task: FillTask) -> list[Filled]:
    """Return what one generator's cases come to."""
    made = FORMATS[task.format]
    return [_filled(made, case) for case in made.generators[task.generator](task.set)]


def file_of(made: Format, case: Case) -> str:
    """Return a file with this case alone, as text."""
    function = made.function(case.function)
    assert function is not None
    return file_text(_contents(made, function, VectorSet.FULL, [_filled(made, case)]))


def _filled(made: Format, case: Case) -> Filled:
    function = made.function(case.function)
    assert function is not None, f"{made.name} has no function '{case.function}'"
    asked = function.input.encode(case.input)
    at = f"{made.name}/{case.function}/{case.name}"
    # Asked of the reference as an implementation gets it: through JSON.
    answer = function.answer(function.input.decode(asked, at=at))
    if case.error is ChannelsError:
        assert "error" in answer, f"{at}: is accepted"
    else:
        expected = None if case.error is None else code_of(case.error)
        assert answer.get("error") == expected, f"{at}: {expected} expected, {answer} found"
    if "output" in answer:
        function.output.decode(answer["output"], at=at)
    flags = sorted({flag.name for flag in case.flags})
    fixture = {"comment": case.comment, "flags": flags, "input": asked, **answer}
    return Filled(case.function, case.name, fixture, case.flags)


def _contents(
    made: Format, function: Function, kind: VectorSet, entries: list[Filled]
) -> dict[str, Any]:
    """Return the contents of a file."""
    prefix = f"{made.name}/{function.name}"
    assert entries, f"{prefix} has no case"
    names = [entry.name for entry in entries]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"{prefix} has cases of one name: {sorted(twice)}"
    flags = {flag.name: flag for entry in entries for flag in entry.flags}
    contents: dict[str, Any] = {f"{prefix}/{entry.name}": entry.fixture for entry in entries}
    contents[INFO] = {
        "comment": function.comment,
        "format": made.name,
        "function": function.name,
        "version": made.version,
        "set": kind.value,
        "specification": list(function.rules),
        "notes": {
            name: {"bugType": flag.bug_type.name, "description": flag.description}
            for name, flag in flags.items()
        },
        "cases": len(entries),
    }
    contents[INFO]["hash"] = contents_hash(contents)
    return contents


def write_files(texts: Mapping[str, str], folder: Path) -> list[str]:
    """Write files into ``folder``, and remove those of an older index; return what changed.

    Raises `InputError` for a folder that cannot be written, or that holds something else.
    """
    old = _indexed(folder)
    changed = []
    try:
        for name, text in texts.items():
            path = folder / name
            data = text.encode("ascii")
            if not path.is_file() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                changed.append(name)
        for name in sorted(old - texts.keys()):
            (folder / name).unlink(missing_ok=True)
            changed.append(name)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror or error}") from None
    return changed


def stale_files(texts: Mapping[str, str], folder: Path) -> list[str]:
    """Return the names of files that `write_files` would change."""
    changed = []
    for name, text in texts.items():
        path = folder / name
        try:
            same = path.read_bytes() == text.encode("ascii")
        except OSError:
            same = False
        if not same:
            changed.append(name)
    return changed + sorted(_indexed(folder) - texts.keys())


def _indexed(folder: Path) -> set[str]:
    """Return the files that an index in ``folder`` names; only plain names count."""
    path = folder / INDEX
    if not path.is_file():
        return set()
    try:
        files = parse_json(path.read_bytes(), what=str(path))["files"]
        names = {name for name in files if name.count("/") == 1 and name.endswith(".json")}
    except (MalformedVector, OSError, KeyError, TypeError, AttributeError):
        # A broken index is written anew; what it named stays.
        return set()
    return {name for name in names if ".." not in name and not name.startswith("/")}
