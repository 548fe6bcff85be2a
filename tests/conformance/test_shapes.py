"""Shapes: what they read and write, what they refuse, and that their schemas say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import MalformedVector
from conformance.library import SMOKE
from conformance.publish import SCHEMAS
from conformance.shapes import (
    ACCEPTED,
    Boolean,
    Bytes,
    Choice,
    ListOf,
    Nullable,
    Number,
    Quantity,
    Record,
    Shape,
    Text,
)
from tests.languages import missing

SHAPES: dict[str, tuple[Shape, list[object]]] = {
    "bytes": (Bytes(1, 3), ["0x00", "0xffffff"]),
    "number": (Number(255), [0, 255]),
    "quantity": (Quantity(64), ["0x0", "0x1", "0xffffffffffffffff"]),
    "choice": (Choice(("a", "b")), ["a", "b"]),
    "text": (Text(5, "[a-z]*"), ["", "abc"]),
    "boolean": (Boolean(), [True, False]),
    "nullable": (Nullable(Number(1)), [None, 1]),
    "list": (ListOf(Number(1), most=2), [[], [0], [1, 0]]),
    "record": (Record({"a": Number(1), "b": Boolean()}), [{"a": 1, "b": False}]),
    "accepted": (ACCEPTED, [True]),
}
REFUSED: dict[str, list[object]] = {
    "bytes": ["0x", "0x0", "0xAA", "0X00", "00", "0x00000000", "0x0g", "0x00\n", 0, None, b""],
    "number": [-1, 256, "1", True, None, 10**30],
    "quantity": ["0x", "0x00", "0x01", "0xA", "1", "0x10000000000000000", 1, "-0x1", "0x1\n"],
    "choice": ["c", "", 0, None, ["a"]],
    "text": ["abcdef", "A", "a\n", 1, None],
    "boolean": [0, 1, None, "true"],
    "nullable": [2, "null", False],
    "list": [[2], [0, 0, 0], {}, None, "01"],
    "record": [{}, {"a": 1}, {"a": 1, "b": True, "c": 1}, {"a": 2, "b": True}, [], None],
    "accepted": [False, 1, None, "true"],
}


@pytest.mark.parametrize("name", SHAPES)
def test_values_are_read_and_written(name: str) -> None:
    shape, values = SHAPES[name]
    for value in values:
        assert shape.encode(shape.decode(value, at="here")) == value
    assert shape.describe()


@pytest.mark.parametrize("name", SHAPES)
def test_other_values_are_refused_in_one_line(name: str) -> None:
    shape, _ = SHAPES[name]
    for value in REFUSED[name]:
        with pytest.raises(MalformedVector) as caught:
            shape.decode(value, at="here")
        assert str(caught.value).startswith("here"), value
        assert str(caught.value).isprintable(), value


def schema_refuses(schema: dict[str, Any], value: object) -> bool:
    try:
        import jsonschema
    except ImportError:
        missing("no JSON Schema validator: pip install jsonschema")
    return not jsonschema.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("name", SHAPES)
def test_the_schema_says_what_the_check_says(name: str) -> None:
    shape, values = SHAPES[name]
    for value in values:
        assert not schema_refuses(shape.schema(), value), value
    for value in REFUSED[name]:
        # To Python's regular expressions a newline may stand behind the end; to a schema's not.
        if not (isinstance(value, str) and value.endswith("\n")) and not isinstance(value, bytes):
            assert schema_refuses(shape.schema(), value), value


def test_the_smoke_set_is_valid_by_the_published_schemas() -> None:
    schemas = {path.stem: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    for path in sorted(SMOKE.rglob("*.json")):
        name = "index" if path.name == "index.json" else path.parent.name
        assert not schema_refuses(schemas[name], json.loads(path.read_text())), path


def test_a_published_schema_refuses_what_the_tools_refuse() -> None:
    schema = json.loads((SCHEMAS / "word_tree.json").read_text())
    text = (SMOKE / "word_tree" / "open.json").read_text()
    id_ = "word_tree/open/odd_run_depth_5"
    changes: list[Callable[[dict[str, Any]], object]] = [
        lambda contents: contents[id_]["input"].pop("root"),
        lambda contents: contents[id_].update(error="ProofError.MapNotEmpty"),
        lambda contents: contents.update({"word_tree/root/x": contents[id_]}),
    ]
    for change in changes:
        contents = json.loads(text)
        change(contents)
        assert schema_refuses(schema, contents)


@given(st.binary(max_size=40))
def test_any_bytes_go_through_json(data: bytes) -> None:
    assert Bytes().decode(Bytes().encode(data), at="") == data


@given(st.integers(0, 2**72 - 1))
def test_any_quantity_goes_through_json(value: int) -> None:
    assert Quantity(72).decode(Quantity(72).encode(value), at="") == value
