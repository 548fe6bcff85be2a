"""queries.sql, cut into its statements: names, commands and directives, and the lexemes of each.

Spec: docs/spec/sql.md, Q-30, Q-84. Not here: what the statements say (`sqlstore.bind.statements`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlstore.bind.parse.lexer import Lexeme, lex
from sqlstore.errors import ProgramLimitExceeded
from sqlstore.plan.statements import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.parse.source import Source

SCAN_MAX: Final = 65_535

_NAME: Final = re.compile(r"--[ \t]*name:(.*)", re.DOTALL)
_SCAN: Final = re.compile(r"--[ \t]*scan:(.*)", re.DOTALL)
_BLANKS: Final = " \t\r"
_NUMBER: Final = re.compile(r"0*([1-9][0-9]*)")
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_COMMANDS: Final = {one.value: one for one in Command}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedText:
    """A statement of queries.sql before it is read; ``at`` is the place of its name line."""

    name: str
    command: Command
    scan_max: int | None
    lexemes: tuple[Lexeme, ...]
    at: int


def split(lexemes: Sequence[Lexeme]) -> list[tuple[Lexeme, ...]]:
    """Return the statements between semicolons, those that are not empty."""
    parts: list[list[Lexeme]] = [[]]
    for lexeme in lexemes:
        if lexeme.is_symbol(";"):
            parts.append([])
        else:
            parts[-1].append(lexeme)
    return [tuple(part) for part in parts if part]


def named_texts(source: Source) -> list[NamedText]:
    """Return the statements of a file with their names, by the lines ``-- name:`` and ``-- scan:``.

    Raises `InvalidSyntax`, `ProgramLimitExceeded`.

    Spec: Q-30.
    """
    lexed = lex(source)
    marks = [(at, found[1]) for at, text in lexed.comments if (found := _NAME.fullmatch(text))]
    scans = [(at, found[1]) for at, text in lexed.comments if (found := _SCAN.fullmatch(text))]
    first = marks[0][0] if marks else len(source.text)
    for start in (*(one.start for one in lexed.lexemes), *(at for at, _ in scans)):
        if start < first:
            raise source.syntax_error(
                start, "a statement needs a line `-- name: Name :one` before it"
            )
    ends = [*(at for at, _ in marks[1:]), len(source.text)][: len(marks)]
    lexeme_places = [one.start for one in lexed.lexemes]
    scan_places = [at for at, _ in scans]
    return [
        _named_text(
            source,
            mark,
            lexed.lexemes[bisect_left(lexeme_places, mark[0]) : bisect_left(lexeme_places, end)],
            scans[bisect_left(scan_places, mark[0]) : bisect_left(scan_places, end)],
        )
        for mark, end in zip(marks, ends, strict=True)
    ]


def _named_text(
    source: Source,
    mark: tuple[int, str],
    lexemes: tuple[Lexeme, ...],
    scans: list[tuple[int, str]],
) -> NamedText:
    at, text = mark
    name, *behind = re.split(r"[ \t]+", text.strip(_BLANKS), maxsplit=1)
    command = "".join(behind)
    if _IDENTIFIER.fullmatch(name) is None or command not in _COMMANDS:
        raise source.syntax_error(
            at, "a statement's name line is `-- name: Name :one`, :many, :exec or :execrows"
        )
    parts = split(lexemes)
    if len(parts) != 1:
        raise source.syntax_error(
            parts[1][0].start if parts else at, f"{name} has to be one statement"
        )
    return NamedText(
        name=name,
        command=_COMMANDS[command],
        scan_max=_scan_max(source, scans, parts[0][0].start),
        lexemes=parts[0],
        at=at,
    )


def _scan_max(source: Source, scans: list[tuple[int, str]], start: int) -> int | None:
    if not scans:
        return None
    at, text = scans[-1]
    number = _NUMBER.fullmatch(text.strip(_BLANKS))
    if len(scans) > 1 or at > start or number is None:
        raise source.syntax_error(
            at, "`-- scan: N` stands once, between the name line and the statement"
        )
    digits = number[1]
    if len(digits) > len(str(SCAN_MAX)) or int(digits) > SCAN_MAX:
        raise source.error(ProgramLimitExceeded, f"a scan has at most {SCAN_MAX} rows", at)
    return int(digits)
