"""A file of SQL: its text, and places in it.

Offsets count characters from 0; they are what tokens and syntax trees carry. Not here: tokens
(`sqlstore.bind.parse.lexer`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlstore.errors import (
    FeatureNotSupported,
    InvalidSyntax,
    Place,
    SqlError,
    UndefinedTable,
    excerpt,
)

if TYPE_CHECKING:
    from typing import TypeVar

    Error = TypeVar("Error", bound=SqlError)


_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name and text."""

    file: str
    text: str

    def place(self, at: int) -> Place:
        """Return line and column of the offset ``at``, both from 1."""
        starts = _line_starts(self.text)
        line = bisect_right(starts, at)
        return Place(file=self.file, line=line, column=at - starts[line - 1] + 1)

    def error(self, kind: type[Error], reason: str, at: int, hint: str | None = None) -> Error:
        """Return an error of class ``kind`` that stands at the offset ``at``."""
        return kind(reason=reason, place=self.place(at), hint=hint)

    def unsupported(self, what: str, at: int, hint: str | None = None) -> FeatureNotSupported:
        """Return the error for ``what``, which PostgreSQL has and this has not.

        Spec: Q-32.
        """
        return self.error(FeatureNotSupported, f"{what} is not supported", at, hint)

    def undefined_table(self, name: str, at: int, hint: str | None = None) -> UndefinedTable:
        """Return the error for the table ``name``, of which there is none."""
        return self.error(UndefinedTable, f'there is no table "{name}"', at, hint)

    def syntax_error(self, at: int, reason: str | None = None) -> InvalidSyntax:
        """Return the error for text at ``at`` that is not SQL."""
        if reason is None:
            found = _WORD.search(self.text, at)
            near = "" if found is None else excerpt(found.group())
            reason = f'syntax error at or near "{near}"' if near else "syntax error at the end"
        return self.error(InvalidSyntax, reason, at)


@lru_cache(maxsize=4)
def _line_starts(text: str) -> list[int]:
    """Return the offset of each line: a file of many statements asks for a place of each."""
    return [0, *(found.end() for found in re.finditer("\n", text))]
