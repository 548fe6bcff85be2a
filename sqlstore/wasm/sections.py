"""The custom section in which a reducer carries its schema and its queries.

Spec: docs/spec/sql.md, Q-96. Not here: who puts it there (`sqlstore.wasm.link`).
"""

from __future__ import annotations

from typing import Final

from wasm_interp.encode import custom_section
from wasm_interp.errors import Malformed
from wasm_interp.source_lines import debug_sections

SECTION: Final = "channels.sql"
VERSION: Final = 1

_U32_BYTES: Final = 4


def sql_section(schema: str, queries: str) -> bytes:
    """Return the section for the two texts, to be put at the end of a module.

    Spec: Q-96.
    """
    texts = (text.encode() for text in (schema, queries))
    return custom_section(SECTION, _u32(VERSION) + b"".join(_u32(len(t)) + t for t in texts))


def has_sql(module: bytes) -> bool:
    """Return whether ``module``, which decodes, carries SQL, well-formed or not. Spec: Q-96."""
    return SECTION in debug_sections(module).custom


def read_sql(module: bytes) -> tuple[str, str] | None:
    """Return the schema and the queries that ``module`` carries; None if it has no such section.

    ``module`` decodes. Raises `Malformed` if the section is not as it should be.

    Spec: Q-96.
    """
    content = debug_sections(module).custom.get(SECTION)
    if content is None:
        return None
    version, rest = _take_u32(content)
    if version != VERSION:
        raise Malformed(f"Q-96: {SECTION} has version {version}, not {VERSION}")
    schema, rest = _take_text(rest)
    queries, rest = _take_text(rest)
    if rest:
        raise Malformed(f"Q-96: {SECTION} has {len(rest)} bytes too many")
    return schema, queries


def _u32(value: int) -> bytes:
    return value.to_bytes(_U32_BYTES, "little")


def _take_u32(data: bytes) -> tuple[int, bytes]:
    if len(data) < _U32_BYTES:
        raise Malformed(f"Q-96: {SECTION} ends too early")
    return int.from_bytes(data[:_U32_BYTES], "little"), data[_U32_BYTES:]


def _take_text(data: bytes) -> tuple[str, bytes]:
    size, rest = _take_u32(data)
    if len(rest) < size:
        raise Malformed(f"Q-96: {SECTION} ends too early")
    try:
        return rest[:size].decode(), rest[size:]
    except UnicodeDecodeError:
        raise Malformed(f"Q-96: {SECTION} is not UTF-8") from None
