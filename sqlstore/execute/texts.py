"""LIKE and SUBSTR, as PostgreSQL computes them.

Spec: docs/spec/sql.md, Q-49, Q-50.
"""

from __future__ import annotations

from enum import Enum
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from sqlstore.errors import InvalidEscapeSequence, SubstringError

if TYPE_CHECKING:
    from collections.abc import Sequence

Text = TypeVar("Text", str, bytes)

LOWERED: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
RAISED: Final = str.maketrans(ascii_lowercase, ascii_uppercase)


class Wildcard(Enum):
    """What a pattern has besides characters."""

    ONE = "_"
    RUN = "%"
    DANGLING = "an escape character at the end"


Pattern: TypeAlias = "Sequence[str | Wildcard]"


def parsed_pattern(pattern: str, escape: str) -> Pattern:
    """Return the characters and wildcards of a LIKE pattern; an ``escape`` of "" is none.

    Spec: Q-50.
    """
    parts: list[str | Wildcard] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            parts.append(next(characters, Wildcard.DANGLING))
        elif character == "%":
            parts.append(Wildcard.RUN)
        elif character == "_":
            parts.append(Wildcard.ONE)
        else:
            parts.append(character)
    return parts


def like(text: str, pattern: Pattern) -> bool:
    """Return whether all of ``text`` matches ``pattern``.

    This is PostgreSQL's MatchText without its recursion: a mismatch goes back to the last ``%``
    alone, since one before it could only lead there again. An escape character at the end of the
    pattern matters only when the match gets there with text left, or right behind a ``%``.
    Raises `InvalidEscapeSequence` then.

    Spec: Q-50.
    """
    at = place = 0
    retry: tuple[int, int] | None = None
    while True:
        if at < len(text) and place < len(pattern):
            part = _not_dangling(pattern[place])
            if part is Wildcard.RUN:
                ones, place = _wildcards(pattern, place)
                at += ones
                if at > len(text):
                    return False
                if place == len(pattern):
                    return True
                _not_dangling(pattern[place])
                retry = at, place
                continue
            if part in (Wildcard.ONE, text[at]):
                at += 1
                place += 1
                continue
        elif at == len(text):
            return all(part is Wildcard.RUN for part in pattern[place:])
        if retry is None:
            return False
        at, place = retry = retry[0] + 1, retry[1]


def _wildcards(pattern: Pattern, place: int) -> tuple[int, int]:
    """Return how many ``_`` stand in the wildcards from ``place`` on, and the place behind them."""
    end = place
    while end < len(pattern) and pattern[end] in (Wildcard.RUN, Wildcard.ONE):
        end += 1
    return sum(part is Wildcard.ONE for part in pattern[place:end]), end


def _not_dangling(part: str | Wildcard) -> str | Wildcard:
    if part is Wildcard.DANGLING:
        raise InvalidEscapeSequence("a LIKE pattern ends with its escape character")
    return part


def substring(text: Text, start: int, length: int | None) -> Text:
    """Return the part of ``text`` from ``start``, counted from 1; None: up to the end.

    What would lie before the beginning counts, but is not there. Raises `SubstringError`.

    Spec: Q-49.
    """
    if length is None:
        return text[max(start, 1) - 1 :]
    if length < 0:
        raise SubstringError("negative substring length not allowed")
    return text[max(start, 1) - 1 : max(start + length, 1) - 1]


def lower(text: str) -> str:
    """Return ``text`` with its ASCII letters in lower case, as in the C locale. Spec: Q-49."""
    return text.translate(LOWERED)


def upper(text: str) -> str:
    """Return ``text`` with its ASCII letters in upper case, as in the C locale. Spec: Q-49."""
    return text.translate(RAISED)
