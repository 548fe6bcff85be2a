"""Names, as expressions, queries and definitions have them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """An identifier, folded or unquoted."""

    at: int
    text: str
