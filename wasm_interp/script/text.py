"""The text form of a module, turned into the binary by wasmtime's ``wat2wasm``.

wasmtime is an optional dependency: what needs no text form works without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from merkle.errors import ChannelsError

INSTALL_HINT: Final = (
    "the text form of modules needs wasmtime: pip install 'event-sourced-channels[text]'"
)

_MODULE_START: Final = re.compile(r"\s*\(\s*module\b")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


@dataclass(eq=False)
class TextConverterMissing(ChannelsError):
    """wasmtime, which reads the text form, is not installed."""

    sentence = INSTALL_HINT


@dataclass(eq=False)
class TextRefused(ChannelsError):
    """``wat2wasm`` refuses the text of a module."""

    sentence = "wat2wasm: {message}"

    message: str


def binary_of(text: str) -> bytes:
    """Return the binary of a module in text form, the parentheses around it present or not.

    Raises `TextConverterMissing`, `TextRefused`.
    """
    try:
        from wasmtime import WasmtimeError, wat2wasm
    except ImportError:
        raise TextConverterMissing from None
    if not _MODULE_START.match(text):
        text = f"(module {text}\n)"
    try:
        # The converter refuses characters that could confuse a reader, such as those that turn the
        # direction of writing, but not their escapes. Outside strings only comments can hold them.
        return bytes(wat2wasm(_BEYOND_ASCII.sub(_escaped, text)))
    except WasmtimeError as error:
        raise TextRefused(str(error).split("\n", 1)[0]) from None


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):x}}}"
