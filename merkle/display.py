"""How values show themselves: one short line in a REPL, a table in a notebook.

Not here: tables on a terminal (`cli.output`). Nothing here is consensus.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from html import escape
from typing import Any, Final

from merkle.hashing import HASH_BYTES, short_hex

TEXT_MAX: Final = 24
"""Bytes shown of a key or value in one line."""


class Shown:
    """A frozen dataclass that shows itself. Give the class ``repr=False``."""

    __slots__ = ()

    def __repr__(self) -> str:
        named = (f"{name}={short(value, name)}" for name, value in _facts(self))
        return f"{type(self).__name__}({', '.join(named)})"

    def _repr_html_(self) -> str:
        return html_table(
            ["field", "value"],
            [[name, full(value)] for name, value in _facts(self)],
            caption=type(self).__name__,
        )


def _facts(value: Any) -> list[tuple[str, Any]]:
    return [(field.name, getattr(value, field.name)) for field in fields(value)]


def short(value: object, name: str = "items") -> str:
    """Return ``value`` in a few characters; a sequence is counted in ``name``."""
    if isinstance(value, bytes):
        if len(value) == HASH_BYTES:
            return short_hex(value)
        return repr(value if len(value) <= TEXT_MAX else value[:TEXT_MAX] + b"...")
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return f"<{len(value)} {name}>"
    return repr(value)


def full(value: object) -> str:
    """Return ``value`` whole, for a table's cell: bytes in hexadecimal, sequences line by line."""
    if isinstance(value, bytes):
        text = f"  {value!r}" if value.isascii() and 0 < len(value) != HASH_BYTES else ""
        return f"0x{value.hex()}{text}"
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ", ".join(full(part) for part in value)
    if isinstance(value, tuple | list):
        return "\n".join(full(part) for part in value)
    return str(value)


def html_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = ""
) -> str:
    """Return an HTML table; every text in it is escaped, since symbols and rows are hostile."""
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    style = "text-align:left;font-family:monospace;white-space:pre"
    return f'<td style="{style}">{escape(str(value))}</td>'
