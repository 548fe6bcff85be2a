"""Reading the files that commands take: modules, rows, messages. Every fault is an `InputError`.

Formats: docs/formats.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cli.hints import hint
from merkle import ChannelsError, OrderedMap
from wasm_interp.abi import Form, state_rows
from wasm_interp.binary import decode
from wasm_interp.errors import InputError, ModuleError, printable
from wasm_interp.link import load
from wasm_interp.message import PAYLOAD_MAX
from wasm_interp.module import Module
from wasm_interp.program import Program
from wasm_interp.turn import LogEntry

MODULE_BYTES_MAX: Final = 4 * 2**20
"""Loading takes up to 150 times a module's size in memory (P-13)."""

ROWS_FILE_BYTES_MAX: Final = 256 * 2**20
LINE_CHARACTERS_MAX: Final = 4 * PAYLOAD_MAX


def read_bytes(path: Path, *, limit: int) -> bytes:
    """Return the contents of a file of at most ``limit`` bytes."""
    try:
        with path.open("rb") as file:
            # The size of a device or a pipe says nothing: what counts is what comes out of it.
            data = file.read(limit + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except ValueError:
        # A file of cases may name any file: one with a null byte, or that is not Unicode.
        raise InputError(f"'{printable(str(path))}' cannot be a file's name") from None
    if len(data) > limit:
        raise InputError(f"{path}: more than {limit} bytes")
    return data


def read_program(
    path: Path,
    *,
    reducer: bool | None = None,
    state_bytes_max: int | None = None,
    fuel: int | None = None,
) -> Program:
    """Load the module at ``path``. Raises `ModuleError` if it is refused, with a hint as a note."""
    wasm = read_bytes(path, limit=MODULE_BYTES_MAX)
    with _told_where(path, wasm):
        if state_bytes_max is None:
            return load(wasm, reducer=reducer, fuel=fuel)
        return load(wasm, reducer=reducer, state_bytes_max=state_bytes_max, fuel=fuel)


def read_module(path: Path) -> Module:
    """Decode the module at ``path``, which may import what is no host function.

    Raises `ModuleError`, with a hint as a note.
    """
    wasm = read_bytes(path, limit=MODULE_BYTES_MAX)
    with _told_where(path, wasm):
        return decode(wasm)


@contextmanager
def _told_where(path: Path, wasm: bytes) -> Iterator[None]:
    """Add the file and a hint to the refusal of a module."""
    try:
        yield
    except ModuleError as error:
        error.add_note(f"in {path}")
        if advice := hint(error, wasm):
            error.add_note(f"hint: {advice}")
        raise


def hex_bytes(text: object, *, what: str) -> bytes:
    """Return the bytes that ``text`` spells, with or without ``0x``."""
    if not isinstance(text, str):
        raise InputError(f"{what} must be a string of hexadecimal digits")
    digits = text.removeprefix("0x")
    try:
        if any(character.isspace() for character in digits):
            raise ValueError
        return bytes.fromhex(digits)
    except ValueError:
        raise InputError(f"{what} is not an even number of hexadecimal digits") from None


def parse_json(text: str | bytes, *, what: str) -> Any:
    """Return parsed JSON; repeated names, NaN and deep nesting are refused."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{what}: not valid JSON: {reason}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name is repeated")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _fields(value: object, allowed: set[str], *, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{what} must be a JSON object")
    unknown = sorted(set(value) - allowed)
    if unknown:
        known = ", ".join(sorted(allowed))
        raise InputError(
            f"{what} has the unknown field '{printable(unknown[0])}'; known are: {known}"
        )
    return value


def read_rows(path: Path | None, program: Program) -> OrderedMap:
    """Return the genesis rows of a file, no rows if there is none.

    ``{"rows": [{"key": "0x…", "value": "0x…"}], "blob": "0x…"}``, both fields optional; ``blob`` is
    the state of a reducer of the blob form.
    """
    if path is None:
        return OrderedMap()
    contents = parse_json(read_bytes(path, limit=ROWS_FILE_BYTES_MAX), what=str(path))
    fields = _fields(contents, {"rows", "blob"}, what=str(path))
    rows = fields.get("rows", [])
    if not isinstance(rows, list):
        raise InputError(f"{path}: 'rows' must be a list")
    found: dict[bytes, bytes] = {}
    for index, row in enumerate(rows):
        what = f"{path}: row {index}"
        entry = _fields(row, {"key", "value"}, what=what)
        key = hex_bytes(entry.get("key"), what=f"{what}: key")
        if key in found:
            raise InputError(f"{what}: the key stands twice")
        found[key] = hex_bytes(entry.get("value"), what=f"{what}: value")
    if "blob" in fields:
        found |= _blob_rows(hex_bytes(fields["blob"], what=f"{path}: blob"), found, program, path)
    try:
        return OrderedMap.from_rows(found.items())
    except ChannelsError as error:
        raise InputError(f"{path}: {error}") from error


def _blob_rows(
    blob: bytes, found: dict[bytes, bytes], program: Program, path: Path
) -> dict[bytes, bytes]:
    if program.form is not Form.BLOB:
        raise InputError(f"{path}: 'blob' is for reducers of the blob form (T-23)")
    assert program.state_bytes_max is not None
    if len(blob) > program.state_bytes_max:
        raise InputError(
            f"{path}: the blob has {len(blob)} bytes, more than the {program.state_bytes_max} "
            "declared (T-23)"
        )
    rows = dict(state_rows(blob))
    if rows.keys() & found.keys():
        raise InputError(f"{path}: 'rows' and 'blob' hold the same key")
    return rows


def read_messages(path: Path) -> Iterator[LogEntry]:
    """Yield the entries of a log: JSON lines, or payloads in hex; blank lines are passed over."""
    try:
        with path.open(encoding="utf-8") as lines:
            number = 0
            while line := lines.readline(LINE_CHARACTERS_MAX + 1):
                number += 1
                if len(line) > LINE_CHARACTERS_MAX:
                    raise InputError(
                        f"{path}:{number}: more than {LINE_CHARACTERS_MAX} characters in a line"
                    )
                if line.strip():
                    yield parse_message(line.strip(), what=f"{path}:{number}")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8") from None


def parse_message(text: str, *, what: str) -> LogEntry:
    """Return the entry that a line spells: ``{"sender": 0, "payload": "0x0104"}`` or ``0104``."""
    if text.startswith("{"):
        fields = _fields(parse_json(text, what=what), {"sender", "payload"}, what=what)
        sender = fields.get("sender")
        if sender is not None and (type(sender) is not int or not 0 <= sender < 2**32):
            raise InputError(f"{what}: sender must be an integer from 0 to 4294967295")
        payload = hex_bytes(fields.get("payload"), what=f"{what}: payload")
    else:
        sender, payload = None, hex_bytes(text, what=f"{what}: payload")
    if len(payload) > PAYLOAD_MAX:
        raise InputError(f"{what}: payload has {len(payload)} bytes, more than {PAYLOAD_MAX} (P-1)")
    return LogEntry(sender, payload)
