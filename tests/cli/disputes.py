"""Disputes for tests: the log of the example, a hostile reducer, and a strict reader of pages."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import Channels

CASE = Path(__file__).parents[2] / "examples" / "tic_tac_toe"
REDUCER = str(CASE / "tic_tac_toe.wasm")
ROWS = ["--rows", str(CASE / "rows.json")]
LOG = [REDUCER, str(CASE / "x_wins.jsonl"), *ROWS]
WRITES_THE_CELL = ["--step", "155"]


def told(channels: Channels, *options: str) -> dict[str, Any]:
    status, out, err = channels("dispute", *LOG, *options, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


HOSTILE = "<script>document.title='owned'</script>"
PAYLOAD = '<img src=x onerror="document.title=1">'


def hostile_module() -> bytes:
    """Return a reducer that stores the message, in a function with a hostile name."""
    wasmtime = pytest.importorskip("wasmtime", reason="wasmtime (extra `text`) is not installed")
    stand_in = "x" * len(HOSTILE)
    wasm: bytes = wasmtime.wat2wasm(
        f"""
        (module
          (import "channel" "message_read" (func $read (param i32 i32 i32)))
          (import "channel" "message_size" (func $size (result i32)))
          (memory 1)
          (func ${stand_in} (param i32)
            (call $read (i32.const 100) (i32.const 0) (call $size))
            (i32.store (i32.const 7) (local.get 0)))
          (func (export "reduce") (result i32)
            (call ${stand_in} (i32.const 77))
            (i32.const 0)))
        """
    )
    assert wasm.count(stand_in.encode()) == 1
    return wasm.replace(stand_in.encode(), HOSTILE.encode())


class Reader(HTMLParser):
    """Reads a page strictly: elements close in order, nothing is fetched, no handler is there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}

    def read(self, page: str) -> Reader:
        self.feed(page)
        self.close()
        assert self.open == []
        for name, attributes in self.elements:
            assert not any(key.startswith("on") for key in attributes), name
            assert "src" not in attributes
            assert "style" not in attributes
            assert attributes.get("href", "#").startswith("#")
            assert name not in {"img", "iframe", "object", "link", "base", "form"}
        assert len(self.raw["script"]) == len(self.raw["style"]) == 1
        assert "url(" not in self.raw["style"][0]
        return self

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        self.raw.get(inside, self.words).append(data)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]
