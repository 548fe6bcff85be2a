"""Folders of vectors: their files, their index, and reading them back with every check.

    smoke/index.json              files, their hashes, and one root hash over all
    smoke/word_tree/open.json     the cases of one function of one format

A file is an object: a case's id to its *fixture* (what is asked, and what is expected), and
``_info``. Whatever is wrong with a file or a case is one `MalformedVector` that names it.

Not here: where cases come from (`conformance.fill`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.errors import MalformedVector
from conformance.format import Answer, BugType, Format, Function, VectorSet
from conformance.formats import FORMATS
from conformance.json_text import file_text, json_hash, read_json
from conformance.shapes import (
    HASH,
    Choice,
    ListOf,
    Number,
    Record,
    Schema,
    Shape,
    Text,
)

INDEX: Final = "index.json"
INFO: Final = "_info"
SMOKE: Final = Path(__file__).parent / "vectors" / VectorSet.SMOKE.value
"""The smoke set that is part of this package."""

INDEX_VERSION: Final = "1.0.0"
NAME_PATTERN: Final = "[a-z][a-z0-9_]{0,40}"
_FILE_NAME: Final = re.compile(rf"({NAME_PATTERN})/({NAME_PATTERN})\.json")

VERSION: Final = Text(20, r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
NOTE: Final = Record(
    {
        "bugType": Choice(tuple(kind.name for kind in BugType)),
        "description": Text(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """One case as it stands in a file. ``input`` and ``expected`` are JSON values."""

    id: str
    format: Format
    function: Function
    input: Mapping[str, Any]
    expected: Answer
    flags: tuple[str, ...]
    comment: str

    def decoded(self) -> dict[str, Any]:
        """Return the input as Python values."""
        return self.function.input.decode(self.input, at=self.id)

    def __reduce__(self) -> tuple[Any, ...]:
        # Formats hold functions: another process looks them up by name.
        return _rebuilt, (self.id, self.input, self.expected, self.flags, self.comment)


def _rebuilt(id_: str, *facts: Any) -> Fixture:
    made, function = _names(id_)
    input_, expected, flags, comment = facts
    return Fixture(
        id=id_,
        format=made,
        function=function,
        input=input_,
        expected=expected,
        flags=flags,
        comment=comment,
    )


def _names(path: str) -> tuple[Format, Function]:
    """Return the format and the function that the first two parts of an id name."""
    first, second = path.split("/")[:2]
    function = FORMATS[first].function(second)
    assert function is not None
    return FORMATS[first], function


# -- what files look like --------------------------------------------------------------------------


def info_shape(made: Format, function: Function) -> dict[str, Shape]:
    """Return the fields of ``_info`` but ``notes``, whose names are the flags'."""
    return {
        "comment": Text(),
        "format": Choice((made.name,)),
        "function": Choice((function.name,)),
        "version": VERSION,
        "set": Choice(tuple(kind.value for kind in VectorSet)),
        "specification": ListOf(Text(20)),
        "cases": Number(2**20),
        "hash": HASH,
    }


def fixture_shape(function: Function) -> dict[str, Shape]:
    """Return the fields of a fixture but ``output`` and ``error``, of which there is one."""
    return {
        "comment": Text(),
        "flags": ListOf(Text(60, NAME_PATTERN), most=20),
        "input": function.input,
    }


def file_schema(made: Format) -> Schema:
    """Return the JSON Schema of the files of a format: one of its functions' each."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:channels:vectors:{made.name}:{made.version}",
        "title": made.title,
        "oneOf": [_function_schema(made, function) for function in made.functions],
    }


def _function_schema(made: Format, function: Function) -> Schema:
    info = Record(info_shape(made, function)).schema()
    info["properties"]["notes"] = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": NOTE.schema(),
    }
    info["required"] = sorted([*info["required"], "notes"])
    fixture = Record(fixture_shape(function)).schema()
    fixture["properties"]["output"] = function.output.schema()
    alternatives: list[Schema] = [{"required": ["output"]}]
    if function.codes:
        fixture["properties"]["error"] = {"enum": list(function.codes)}
        alternatives.append({"required": ["error"]})
    fixture["oneOf"] = alternatives
    return {
        "title": function.name,
        "description": function.comment,
        "type": "object",
        "properties": {INFO: info},
        "required": [INFO],
        "patternProperties": {f"^{made.name}/{function.name}/[a-z0-9_]{{1,80}}$": fixture},
        "additionalProperties": False,
    }


def index_schema() -> Schema:
    """Return the JSON Schema of an index."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:channels:vectors:index:{INDEX_VERSION}",
        "title": "Index of a set of vectors",
        "type": "object",
        "properties": {
            "comment": Text().schema(),
            "version": VERSION.schema(),
            "set": Choice(tuple(kind.value for kind in VectorSet)).schema(),
            "root": HASH.schema(),
            "files": {
                "type": "object",
                "propertyNames": {"pattern": f"^{NAME_PATTERN}/{NAME_PATTERN}\\.json$"},
                "additionalProperties": _ENTRY.schema(),
            },
        },
        "required": ["comment", "files", "root", "set", "version"],
        "additionalProperties": False,
    }


_ENTRY: Final = Record({"hash": HASH, "cases": Number(2**20), "version": VERSION})


# -- writing ---------------------------------------------------------------------------------------


def index_of(files: Mapping[str, Mapping[str, Any]], kind: VectorSet) -> dict[str, Any]:
    """Return the index of ``files``, contents by name."""
    entries = {
        name: {
            "hash": contents[INFO]["hash"],
            "cases": contents[INFO]["cases"],
            "version": contents[INFO]["version"],
        }
        for name, contents in files.items()
    }
    return {
        "comment": "root is Keccak-256 of the canonical JSON of files; see docs/vectors.md",
        "version": INDEX_VERSION,
        "set": kind.value,
        "files": entries,
        "root": json_hash(entries),
    }


def contents_hash(contents: Mapping[str, Any]) -> str:
    """Return the hash of a file's contents, the field that holds it left out."""
    info = {name: value for name, value in contents[INFO].items() if name != "hash"}
    return json_hash({**contents, INFO: info})


def file_texts(files: Mapping[str, Mapping[str, Any]], kind: VectorSet) -> dict[str, str]:
    """Return every file of a folder of vectors, its index included, as text by name."""
    texts = {name: file_text(contents) for name, contents in sorted(files.items())}
    return {INDEX: file_text(index_of(files, kind)), **texts}


# -- reading ---------------------------------------------------------------------------------------


def read_vectors(path: Path) -> list[Fixture]:
    """Return the cases of a folder, or of one file, in the order of their ids.

    Raises `MalformedVector` if anything in it is not what it should be.
    """
    if path.is_dir():
        names, texts = _index(path)
        found = [path / name for name in names]
        places: Sequence[str | None] = tuple(names)
        strangers = {str(file.relative_to(path)) for file in path.rglob("*.json")} - names.keys()
        strangers.discard(INDEX)
        if strangers:
            raise MalformedVector(f"{path / min(strangers)}: is not in the index; fill anew")
        hashes: Sequence[str | None] = [texts[name]["hash"] for name in names]
    else:
        # Of a file by itself only its contents say what it is.
        found, places, hashes = [path], [None], [None]
    fixtures: list[Fixture] = []
    for file, place, expected in zip(found, places, hashes, strict=True):
        contents = read_json(file)
        fixtures += _fixtures(contents, what=str(file), place=place)
        if expected not in {None, contents[INFO]["hash"]}:
            raise MalformedVector(f"{file}: is not the file that the index names; fill anew")
    return fixtures


def _index(folder: Path) -> tuple[dict[str, None], dict[str, Any]]:
    """Return the names of a folder's files, in order, and the index's entries."""
    what = str(folder / INDEX)
    contents = read_json(folder / INDEX)
    fields = index_schema()["properties"]
    if not isinstance(contents, dict) or contents.keys() != fields.keys():
        raise MalformedVector(f"{what}: must be an object of {', '.join(sorted(fields))}")
    files = contents["files"]
    if not isinstance(files, dict) or not files:
        raise MalformedVector(f"{what}: 'files' must be an object of names and hashes")
    for name, entry in files.items():
        if not _FILE_NAME.fullmatch(name):
            raise MalformedVector(f"{what}: {name[:80]!a} cannot be a file of vectors")
        _ENTRY.decode(entry, at=f"{what}: {name}")
    if contents["version"].__class__ is not str or contents["root"] != json_hash(files):
        raise MalformedVector(f"{what}: 'root' is not the hash of 'files'")
    return dict.fromkeys(sorted(files)), files


def _fixtures(contents: object, *, what: str, place: str | None) -> list[Fixture]:
    """Return the cases of a file, all of it checked.

    ``place`` is its name in a folder, if it is in one: it must be ``format/function.json``.
    """
    if not isinstance(contents, dict) or not isinstance(contents.get(INFO), dict):
        raise MalformedVector(f"{what}: must be an object with '{INFO}'")
    made, function = _kind_of(contents[INFO], what=what)
    if place not in {None, f"{made.name}/{function.name}.json"}:
        raise MalformedVector(f"{what}: is {made.name}/{function.name}.json by its '{INFO}'")
    notes = _check_info(contents[INFO], made, function, what=what)
    if len(contents) - 1 != contents[INFO]["cases"]:
        raise MalformedVector(
            f"{what}: has {len(contents) - 1} cases, {contents[INFO]['cases']} by its '{INFO}'"
        )
    pattern = re.compile(rf"{made.name}/{function.name}/[a-z0-9_]{{1,80}}")
    fixtures = []
    for id_ in sorted(contents.keys() - {INFO}):
        if not pattern.fullmatch(id_):
            raise MalformedVector(f"{what}: {id_[:80]!a} cannot be a case of this file")
        fixture = _fixture(contents[id_], id_, made, function, what=f"{what}: {id_}")
        if unknown := set(fixture.flags) - notes:
            raise MalformedVector(f"{what}: {id_}: 'notes' do not explain '{min(unknown)}'")
        fixtures.append(fixture)
    # Last, so that a hand-written case hears what is wrong with it first.
    if contents[INFO]["hash"] != contents_hash(contents):
        raise MalformedVector(
            f"{what}: is not what its hash says: changed by hand, or cut; "
            f"its hash is {contents_hash(contents)}"
        )
    return fixtures


def _kind_of(info: Mapping[str, Any], *, what: str) -> tuple[Format, Function]:
    at = f"{what}: {INFO}"
    made = FORMATS[Choice(tuple(FORMATS)).decode(info.get("format"), at=f"{at}.format")]
    names = tuple(function.name for function in made.functions)
    name = Choice(names).decode(info.get("function"), at=f"{at}.function")
    function = made.function(name)
    assert function is not None
    return made, function


def _check_info(
    info: Mapping[str, Any], made: Format, function: Function, *, what: str
) -> set[str]:
    """Check ``_info`` and return the flags that its notes explain."""
    at = f"{what}: {INFO}"
    rest = {name: value for name, value in info.items() if name != "notes"}
    Record(info_shape(made, function)).decode(rest, at=at)
    major = made.version.split(".", maxsplit=1)[0]
    if info["version"].split(".")[0] != major:
        raise MalformedVector(f"{at}: version {info['version']} is not read, only {major}.*")
    notes = info.get("notes")
    if not isinstance(notes, dict):
        raise MalformedVector(f"{at}: 'notes' must be an object of flags")
    for flag, note in notes.items():
        NOTE.decode(note, at=f"{at}.notes.{flag[:60]!a}")
    return set(notes)


def _fixture(value: object, id_: str, made: Format, function: Function, *, what: str) -> Fixture:
    if not isinstance(value, dict):
        raise MalformedVector(f"{what}: must be an object")
    expected = {name: value[name] for name in ("output", "error") if name in value}
    if len(expected) != 1:
        raise MalformedVector(f"{what}: must have one of 'output' and 'error'")
    rest = {name: field for name, field in value.items() if name not in expected}
    Record(fixture_shape(function)).decode(rest, at=what)
    check_answer(expected, function, at=what)
    return Fixture(
        id=id_,
        format=made,
        function=function,
        input=value["input"],
        expected=expected,
        flags=tuple(value["flags"]),
        comment=value["comment"],
    )


def check_answer(answer: Mapping[str, Any], function: Function, *, at: str) -> None:
    """Raise `MalformedVector` unless ``answer`` has the shape of an answer to ``function``."""
    if "error" in answer:
        Choice(function.codes or ("(none)",)).decode(answer["error"], at=f"{at}.error")
    else:
        function.output.decode(answer["output"], at=f"{at}.output")
