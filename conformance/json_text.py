"""JSON as vectors use it: one canonical text for hashing, one readable text for files.

The subset: objects, lists, ASCII strings, integers below 2^53, true, false, null. No fractions. On
this subset the canonical text is that of RFC 8785.

Not here: what the values mean (`conformance.shapes`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from conformance.errors import MalformedVector
from merkle import keccak256
from wasm_interp.errors import printable

FILE_BYTES_MAX: Final = 64 * 2**20


def canonical_json(value: object) -> str:
    """Return the canonical text: names sorted, no space, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def json_hash(value: object) -> str:
    """Return Keccak-256 of the canonical text, as ``0x…``."""
    return f"0x{keccak256(canonical_json(value).encode()).hex()}"


def file_text(value: object) -> str:
    """Return the text of a file: names sorted, indented by one space, ending in a newline."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True) + "\n"


def parse_json(text: str | bytes, *, what: str) -> Any:
    """Return parsed JSON. Raises `MalformedVector` for what is not in the subset."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refused,
            parse_float=_refused,
        )
    except RecursionError:
        raise MalformedVector(f"{what}: not valid JSON: nested too deeply") from None
    except ValueError as error:
        reason = printable(str(error))
        raise MalformedVector(f"{what}: not valid JSON: {reason}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _refused(text: str) -> Any:
    raise ValueError(f"{text[:40]} is no integer")


def read_json(path: Path) -> Any:
    """Return the contents of a file. Raises `MalformedVector`."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise MalformedVector(f"{path}: {error.strerror or error}") from None
    if len(data) > FILE_BYTES_MAX:
        raise MalformedVector(f"{path}: more than {FILE_BYTES_MAX} bytes")
    return parse_json(data, what=str(path))
