"""Words that begin what PostgreSQL has and this has not: refused before sqlglot reads them.

Spec: docs/spec/sql.md, Q-32. Not here: what words are to sqlglot (`sqlstore.bind.parse.grammar`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.bind.parse.keywords import PHRASES, RESERVED, UNSUPPORTED_WORDS
from sqlstore.bind.parse.lexer import Lexeme, LexemeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.parse.source import Source

_BEHIND_A_CALL: Final[dict[str, str]] = {
    "filter": "FILTER",
    "over": "a window function",
    "within": "WITHIN GROUP",
    "include": "INCLUDE",
}


def refuse_word(source: Source, lexemes: Sequence[Lexeme], at: int) -> None:
    """Refuse the word at ``at``, a keyword or a name, if what it begins here is not supported.

    Raises `FeatureNotSupported`.

    Spec: Q-32.
    """
    lexeme = lexemes[at]
    before = lexemes[at - 1] if at > 0 else None
    behind = lexemes[at + 1] if at + 1 < len(lexemes) else None
    word = lexeme.value
    if word in UNSUPPORTED_WORDS and not (behind is not None and behind.is_symbol(".")):
        what, hint = UNSUPPORTED_WORDS[word]
        raise source.unsupported(what, lexeme.start, hint)
    if word in PHRASES and reads(lexemes, at + 1, *PHRASES[word][0]):
        _, what, hint = PHRASES[word]
        raise source.unsupported(what, lexeme.start, hint)
    if word == "not" and reads(lexemes, at + 1, "valid") and _ends_operand(before):
        raise source.unsupported(
            "NOT VALID", lexeme.start, "constraints hold from the first row on"
        )
    if word == "into" and not (before is not None and before.is_word("insert")):
        raise source.unsupported("SELECT INTO", lexeme.start, "write INSERT … SELECT")
    if word == "using" and behind is not None and behind.kind is LexemeKind.OPERATOR:
        raise source.unsupported("ORDER BY … USING", lexeme.start, "write ASC or DESC")
    if word in ("distinct", "all") and at > 1 and reads(lexemes, at - 2, "group by"):
        raise source.unsupported(f"GROUP BY {word.upper()}", lexeme.start, "leave it out")
    if word in ("select", "values", "with"):
        _check_parentheses(source, lexemes, at)
    if word == "union" and _is_behind_values_in_from(lexemes, at):
        raise source.unsupported(
            "UNION behind VALUES in FROM",
            lexeme.start,
            "begin with SELECT: (SELECT … UNION VALUES …)",
        )
    if word == "all" and before is not None and before.kind is LexemeKind.OPERATOR:
        raise source.unsupported("ALL", lexeme.start, "write NOT EXISTS (SELECT …)")
    if word in _BEHIND_A_CALL and before is not None and before.is_symbol(")"):
        raise source.unsupported(_BEHIND_A_CALL[word], lexeme.start, "write a subquery")


def _check_parentheses(source: Source, lexemes: Sequence[Lexeme], at: int) -> None:
    """Refuse a query in as many parentheses as sqlglot does not read at this place."""
    first = at
    while first > 0 and lexemes[first - 1].is_symbol("("):
        first -= 1
    if first in (0, at):
        return
    word, count = lexemes[at].value, at - first
    opener = lexemes[first - 1]
    is_values = word == "values"
    if opener.is_word("exists") and (is_values or count > 1):
        raise source.unsupported(
            "VALUES, or a second pair of parentheses, under EXISTS",
            lexemes[at].start,
            "write EXISTS (SELECT …)",
        )
    if opener.is_word("in") and is_values and count == 1:
        raise source.unsupported(
            "VALUES directly under IN", lexemes[at].start, "write IN ((VALUES …))"
        )
    if opener.is_word("from", "join") and is_values and count > 1:
        raise source.unsupported(
            "VALUES in several pairs of parentheses in FROM",
            lexemes[at].start,
            "write (SELECT * FROM (VALUES …) AS v)",
        )


def _is_behind_values_in_from(lexemes: Sequence[Lexeme], at: int) -> bool:
    """Return whether the innermost parenthesis around ``at`` begins ``FROM (VALUES``."""
    depth = 0
    while at > 0 and depth >= 0:
        at -= 1
        depth += lexemes[at].is_symbol(")") - lexemes[at].is_symbol("(")
    return (
        depth < 0
        and at > 0
        and lexemes[at + 1].is_word("values")
        and lexemes[at - 1].is_word("from", "join")
    )


def reads(lexemes: Sequence[Lexeme], at: int, *phrases: str) -> bool:
    """Return whether one of ``phrases``, words and signs between spaces, begins at ``at``.

    Spec: Q-32.
    """
    return any(
        at + len(parts) <= len(lexemes)
        and all(
            lexeme.is_word(part) or lexeme.is_symbol(part)
            for lexeme, part in zip(lexemes[at:], parts, strict=False)
        )
        for parts in map(str.split, phrases)
    )


def _ends_operand(lexeme: Lexeme | None) -> bool:
    """Return whether what follows ``lexeme`` cannot begin an expression, as NOT otherwise does."""
    if lexeme is None:
        return False
    return (
        lexeme.is_symbol(")")
        or lexeme.kind is LexemeKind.QUOTED
        or (lexeme.kind is LexemeKind.WORD and lexeme.value not in RESERVED | {"by", "between"})
    )
