"""Lexical analysis, by PostgreSQL's rules: characters to lexemes with their places.

sqlglot's own tokenizer takes more than PostgreSQL does (``1_000``, ``'a' 'b'`` on one line) and
knows no limit, so it is not used: `sqlstore.bind.parse.grammar` makes its tokens of these lexemes.

Spec: docs/spec/sql.md, Q-10 (names), Q-41 (literals). Not here: which words are keywords
(`sqlstore.bind.parse.keywords`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlstore.errors import InvalidSyntax, ProgramLimitExceeded, UndefinedFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlstore.bind.parse.source import Source

NAME_BYTES_MAX: Final = 63
"""PostgreSQL cuts longer names off, with a notice."""

NESTING_MAX: Final = 24
"""How deep parentheses, CASE and prefix operators may nest: sqlglot and what follows recurse."""

LEXEMES_MAX: Final = 5_000
"""Lexemes of one statement."""

BRANCHES_MAX: Final = 100
"""WHENs of a CASE, and those before it of the CASEs around: compiled, each is in the one before."""

NUMBER_CHARACTERS_MAX: Final = 1_000
"""A longer number is none of ours, and of more than 4,300 digits Python makes none."""


class LexemeKind(Enum):
    """What a lexeme is."""

    WORD = "word"
    QUOTED = "quoted name"
    NUMBER = "number"
    STRING = "string"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexeme:
    """A lexeme and where it is: ``end`` is the offset behind it.

    ``value`` is a word in lower case; a quoted name or string without its quotes; a number,
    operator or punctuation as written; of a parameter its digits.
    """

    kind: LexemeKind
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of ``words``, not quoted.

        Spec: Q-10.
        """
        return self.kind is LexemeKind.WORD and self.value in words

    def is_symbol(self, *symbols: str) -> bool:
        """Return whether this is one of the operators or punctuation marks ``symbols``.

        Spec: Q-10.
        """
        return self.kind in (LexemeKind.OPERATOR, LexemeKind.PUNCTUATION) and self.value in symbols


_SPACE: Final = re.compile(r"[ \t\n\r\f\v]+")
_COMMENT: Final = re.compile(r"--[^\n\r]*")
_WORD: Final = re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_STRING: Final = re.compile(r"'((?:[^']|'')*)'")
# A comment is taken with the end of its line: else a row of dashes could be read in many ways.
_CONTINUATION: Final = re.compile(
    r"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*(?=')"
)
_NUMBER: Final = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PARAMETER: Final = re.compile(r"\$([0-9]+)")
_DOLLAR_QUOTE: Final = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
_OPERATOR: Final = re.compile(r"[-~!@#^&|`?+*/%<>=]+")
_PUNCTUATION: Final = re.compile(r"::|:=|[(),;.\[\]:]")
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")
_MAY_END_IN_SIGN: Final = frozenset("~!@#^&|`?%")
"""An operator that ends in + or - has one of these, else the sign is the next lexeme."""

OPERATORS: Final = frozenset(("+", "-", "*", "/", "%", "||", "=", "<>", "!=", "<", "<=", ">", ">="))

_STRING_PREFIXES: Final = {
    "e": "a string with backslash escapes",
    "b": "a bit string",
    "x": "a bit string",
    "n": "a national string",
}


@dataclass(frozen=True, slots=True)
class Lexed:
    """The lexemes of a text, and the lines that are a comment, with their offsets."""

    lexemes: tuple[Lexeme, ...]
    comments: tuple[tuple[int, str], ...]


def lex(source: Source) -> Lexed:
    """Return the lexemes and comments of a text.

    Raises `InvalidSyntax`, `FeatureNotSupported`, `UndefinedFunction` (an operator that no type
    has), `ProgramLimitExceeded`.

    Spec: Q-10, Q-41.
    """
    stop = len(source.text)
    null = source.text.find("\0")
    if null >= 0:
        raise source.syntax_error(null, "the text contains U+0000")
    lexemes: list[Lexeme] = []
    comments: list[tuple[int, str]] = []
    at = _skip_space(source, 0, stop, comments)
    while at < stop:
        lexeme = _next(source, at, stop)
        lexemes.append(lexeme)
        at = _skip_space(source, lexeme.end, stop, comments)
    return Lexed(tuple(lexemes), tuple(comments))


def check_limits(source: Source, lexemes: tuple[Lexeme, ...]) -> None:
    """Refuse a statement that is too long or nests too deep for what reads it recursively.

    Raises `ProgramLimitExceeded`.

    Spec: Q-35.
    """
    if len(lexemes) > LEXEMES_MAX:
        raise source.error(
            ProgramLimitExceeded,
            f"a statement has at most {LEXEMES_MAX} words and signs",
            lexemes[LEXEMES_MAX].start,
        )
    depth = prefixes = 0
    for lexeme in lexemes:
        if lexeme.is_symbol("(", "[") or lexeme.is_word("case"):
            depth += 1
        elif lexeme.is_symbol(")", "]") or lexeme.is_word("end"):
            depth -= 1
        prefixes = prefixes + 1 if lexeme.is_word("not") or lexeme.is_symbol("-", "+") else 0
        if depth + prefixes > NESTING_MAX:
            raise source.error(
                ProgramLimitExceeded,
                f"this nests deeper than {NESTING_MAX} levels",
                lexeme.start,
                "compute parts of it in WITH queries",
            )
    _check_branches(source, lexemes)


def _check_branches(source: Source, lexemes: tuple[Lexeme, ...]) -> None:
    """Refuse a WHEN that has too many before it, in its own CASE and in those around."""
    branches: list[int] = []
    for before, lexeme in zip((None, *lexemes), lexemes, strict=False):
        if before is not None and (before.is_word("as") or before.is_symbol(".")):
            continue  # A name, whichever word it is.
        if lexeme.is_word("case"):
            branches.append(0)
        elif branches and lexeme.is_word("end"):
            branches.pop()
        elif branches and lexeme.is_word("when"):
            branches[-1] += 1
            if sum(branches) > BRANCHES_MAX:
                raise source.error(
                    ProgramLimitExceeded,
                    f"a CASE has at most {BRANCHES_MAX} branches, those before it of others around "
                    "it counted",
                    lexeme.start,
                    "keep what it says in a table, and join that",
                )


def _next(source: Source, at: int, stop: int) -> Lexeme:
    special = _SPECIAL.get(source.text[at])
    if special is not None:
        return special(source, at, stop)
    if (found := _NUMBER.match(source.text, at, stop)) is not None:
        return _number(source, at, found.end())
    if (found := _WORD.match(source.text, at, stop)) is not None:
        return _word(source, at, found.end())
    if (found := _PUNCTUATION.match(source.text, at, stop)) is not None:
        return Lexeme(kind=LexemeKind.PUNCTUATION, value=found.group(), start=at, end=found.end())
    if (found := _OPERATOR.match(source.text, at, stop)) is not None:
        return _operator(source, at, found.group())
    raise source.syntax_error(at)


def _skip_space(source: Source, at: int, stop: int, comments: list[tuple[int, str]]) -> int:
    """Return the offset of the first character from ``at`` on that is not space or comment.

    ``comments`` takes up the lines that are one.
    """
    is_line_start = at == 0
    while True:
        found = _SPACE.match(source.text, at, stop)
        if found is not None:
            is_line_start |= "\n" in found.group()
            at = found.end()
        if source.text.startswith("/*", at, stop):
            at = _skip_comment(source, at, stop)
            is_line_start = False
        elif (line := _COMMENT.match(source.text, at, stop)) is not None:
            if is_line_start:
                comments.append((at, line.group()))
            at = line.end()
            is_line_start = False
        else:
            return at


def _skip_comment(source: Source, start: int, stop: int) -> int:
    """Return the offset behind the comment at ``start``; comments nest."""
    depth, at = 0, start
    while (edge := _COMMENT_EDGE.search(source.text, at, stop)) is not None:
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
        if depth == 0:
            return at
    raise source.syntax_error(start, "unterminated comment")


def _string(source: Source, start: int, stop: int) -> Lexeme:
    """Read a string, and what continues it on further lines."""
    parts, at = [], start
    while True:
        found = _STRING.match(source.text, at, stop)
        if found is None:
            raise source.syntax_error(at, "unterminated quoted string")
        parts.append(found.group(1).replace("''", "'"))
        more = _CONTINUATION.match(source.text, found.end(), stop)
        if more is None:
            break
        at = more.end()
    value = "".join(parts)
    return Lexeme(kind=LexemeKind.STRING, value=value, start=start, end=found.end())


def _quoted(source: Source, start: int, stop: int) -> Lexeme:
    found = _QUOTED.match(source.text, start, stop)
    if found is None:
        raise source.syntax_error(start, "unterminated quoted name")
    name = found.group(1).replace('""', '"')
    if not name:
        raise source.syntax_error(start, "a quoted name is empty")
    _check_name(source, name, start)
    return Lexeme(kind=LexemeKind.QUOTED, value=name, start=start, end=found.end())


def _word(source: Source, start: int, end: int) -> Lexeme:
    word = source.text[start:end]
    after = source.text[end : end + 2]
    prefix = word.lower()
    if after.startswith("'") and prefix in _STRING_PREFIXES:
        raise source.unsupported(
            _STRING_PREFIXES[prefix], start, "write a plain string, 'text' or '\\x00ff'::bytea"
        )
    if prefix == "u" and after in ("&'", '&"'):
        raise source.unsupported("a string or name with Unicode escapes", start)
    _check_name(source, word, start)
    return Lexeme(kind=LexemeKind.WORD, value=prefix, start=start, end=end)


def _check_name(source: Source, name: str, at: int) -> None:
    if not (name.isascii() and name.isprintable()):
        raise source.unsupported("a name that is not printable ASCII", at)
    if len(name) > NAME_BYTES_MAX:
        raise source.unsupported(f"a name of more than {NAME_BYTES_MAX} bytes", at)


def _number(source: Source, start: int, end: int) -> Lexeme:
    if _WORD.match(source.text, end) is not None:
        raise source.syntax_error(start, "trailing junk after a number")
    _check_number(source, start, end)
    return Lexeme(
        kind=LexemeKind.NUMBER, value=source.text[start:end].lower(), start=start, end=end
    )


def _check_number(source: Source, start: int, end: int) -> None:
    if end - start > NUMBER_CHARACTERS_MAX:
        raise source.unsupported(f"a number of more than {NUMBER_CHARACTERS_MAX} characters", start)


def _parameter(source: Source, start: int, stop: int) -> Lexeme:
    if _DOLLAR_QUOTE.match(source.text, start, stop) is not None:
        raise source.unsupported("a dollar-quoted string", start, "write it as 'text'")
    found = _PARAMETER.match(source.text, start, stop)
    if found is None or _WORD.match(source.text, found.end()) is not None:
        raise source.syntax_error(start)
    _check_number(source, start, found.end())
    return Lexeme(kind=LexemeKind.PARAMETER, value=found.group(1), start=start, end=found.end())


def _operator(source: Source, start: int, run: str) -> Lexeme:
    """Cut the operator out of a run of operator characters, as PostgreSQL's lexer does."""
    for comment in ("--", "/*"):
        cut = run.find(comment)
        run = run if cut < 0 else run[:cut]
    while len(run) > 1 and run[-1] in "+-" and not _MAY_END_IN_SIGN & set(run):
        run = run[:-1]
    if run in OPERATORS:
        value = "<>" if run == "!=" else run
        return Lexeme(kind=LexemeKind.OPERATOR, value=value, start=start, end=start + len(run))
    if run == "=>":
        raise source.error(InvalidSyntax, "named arguments are not supported", start)
    if run in UNSUPPORTED_OPERATORS:
        raise source.unsupported(f"the operator {run}", start, UNSUPPORTED_OPERATORS[run])
    raise source.error(UndefinedFunction, f"there is no operator {run}", start)


_SPECIAL: Final[dict[str, Callable[[Source, int, int], Lexeme]]] = {
    "'": _string,
    '"': _quoted,
    "$": _parameter,
}
"""What begins with one character."""

_BITS: Final = "bit operations belong into the reducer"
_PATTERNS: Final = "write LIKE, or lower(a) LIKE b"
_NO_JSON: Final = "there is no JSON, and there are no arrays: use columns"

UNSUPPORTED_OPERATORS: Final[dict[str, str]] = {
    "^": "write products",
    "|/": "compute roots in the reducer",
    "||/": "compute roots in the reducer",
    "@": "write abs(a)",
    **dict.fromkeys(("&", "|", "#", "~", "<<", ">>"), _BITS),
    **dict.fromkeys(("~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*", "^@"), _PATTERNS),
    **dict.fromkeys(("->", "->>", "#>", "#>>", "@>", "<@", "?", "?|", "?&", "&&", "#-"), _NO_JSON),
}
"""Operators that PostgreSQL has, with what to write instead."""
