"""What shows that a syntax tree is what its text says: the two compared, lexeme by lexeme.

sqlglot passes over words that it expects and does not find, and over others that it finds where
PostgreSQL has none (``CASE WHEN a b END``, ``VALUES (1,)``, clauses in any order). So every tree is
written out by PostgreSQL's grammar and compared with the lexemes it came from: names, literals and
parameters by their places, all else by what they are.

A pattern is a string, which has to be the next lexeme; a `Spot`, the place at which it has to
begin; or `Optionally`, words that may be missing.

Spec: docs/spec/sql.md, Q-32. Not here: trees as patterns (`sqlstore.bind.parse.render`,
`sqlstore.bind.parse.render_schema`), precedence (`sqlstore.bind.parse.expression_reader`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from sqlstore.bind.parse.lexer import LexemeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    from sqlstore.bind.parse.lexer import Lexeme
    from sqlstore.bind.parse.source import Source
    from sqlstore.bind.parse.syntax import Name

    T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spot:
    """A lexeme that begins at ``start``; with ``end``, all lexemes before that offset."""

    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Optionally:
    """Words that change nothing: all of them, or none."""

    words: tuple[str, ...]


Pattern: TypeAlias = str | Spot | Optionally


def check_faithful(source: Source, lexemes: Sequence[Lexeme], patterns: Iterable[Pattern]) -> None:
    """Refuse a text whose lexemes are not those of the tree that was read from it.

    Raises `InvalidSyntax` at the first lexeme that is not in the tree.

    Spec: Q-32.
    """
    at = 0
    for pattern in patterns:
        taken = _match(lexemes, at, pattern)
        if taken is None:
            raise source.syntax_error(lexemes[at].start if at < len(lexemes) else lexemes[-1].end)
        at += taken
    if at < len(lexemes):
        raise source.syntax_error(lexemes[at].start)


def _match(lexemes: Sequence[Lexeme], at: int, pattern: Pattern) -> int | None:
    """Return how many lexemes from ``at`` on ``pattern`` takes, None if it does not fit."""
    match pattern:
        case str():
            return 1 if _is(lexemes, at, pattern) else None
        case Spot(start, end):
            if at >= len(lexemes) or lexemes[at].start != start:
                return None
            return 1 if end is None else sum(one.start < end for one in lexemes[at:])
        case Optionally(words):
            fits = all(_is(lexemes, at + n, word) for n, word in enumerate(words))
            return len(words) if fits else 0
        case _:
            assert_never(pattern)


def _is(lexemes: Sequence[Lexeme], at: int, text: str) -> bool:
    if at >= len(lexemes) or lexemes[at].value != text:
        return False
    return lexemes[at].kind in (LexemeKind.WORD, LexemeKind.OPERATOR, LexemeKind.PUNCTUATION)


def listed(items: Iterable[T], render: Callable[[T], Iterator[Pattern]]) -> Iterator[Pattern]:
    """Yield ``items`` with commas between them."""
    for number, item in enumerate(items):
        if number > 0:
            yield ","
        yield from render(item)


def wrapped(inside: Iterable[Pattern]) -> Iterator[Pattern]:
    """Yield ``inside`` in parentheses."""
    yield "("
    yield from inside
    yield ")"


def spot(name: Name) -> Iterator[Pattern]:
    """Yield the place of a name."""
    yield Spot(name.at)
