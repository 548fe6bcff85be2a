"""Which cases are run: an expression over their ids and flags, and a share of what is left.

    word_tree                       ids that contain the text
    open and not depth_32           words joined by and, or, not, with parentheses
    flag:order                      cases with a flag

Shard ``2/5`` is the second of five shares: every fifth case from the second on, after ``-k``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from conformance.library import Fixture
from wasm_interp.errors import InputError, printable

EXPRESSION_CHARACTERS_MAX: Final = 1_000
SHARDS_MAX: Final = 10_000

_TOKEN: Final = re.compile(r"\s*(?:([()])|([A-Za-z0-9_/.:-]+))")

Predicate = Callable[[Fixture], bool]


def select(fixtures: Sequence[Fixture], expression: str, shard: str) -> list[Fixture]:
    """Return the cases that are asked for. Raises `InputError`, also if none is left."""
    number, shards = parse_shard(shard)
    chosen = list(fixtures)
    if expression.strip():
        predicate = parse_expression(expression)
        chosen = [fixture for fixture in fixtures if predicate(fixture)]
        if not chosen:
            raise InputError(f"no case is meant by '{printable(expression)}'")
    return chosen[number - 1 :: shards]


def parse_shard(text: str) -> tuple[int, int]:
    """Return share and number of shares of ``2/5``."""
    parts = text.split("/")
    if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
        number, shards = (int(part[:9]) for part in parts)
        if 1 <= number <= shards <= SHARDS_MAX:
            return number, shards
    raise InputError(f"'{printable(text)}' is no share: write 2/5 for the second of five")


def parse_expression(text: str) -> Predicate:
    """Return what tells whether a case is meant."""
    if len(text) > EXPRESSION_CHARACTERS_MAX:
        raise InputError(f"an expression has at most {EXPRESSION_CHARACTERS_MAX} characters")
    parser = _Parser(text)
    try:
        predicate = parser.either()
    except RecursionError:
        raise InputError("the expression is nested too deeply") from None
    if parser.words:
        raise parser.fault(parser.words[0])
    return predicate


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.fault(text[at:].strip()[0])
            self.words.append(found[1] or found[2])
            at = found.end()

    def fault(self, word: str) -> InputError:
        where = f"'{printable(word)}' is out of place" if word else "something is missing"
        return InputError(f"{where} in '{printable(self.text)}'")

    def take(self) -> str:
        if not self.words:
            raise self.fault("")
        return self.words.pop(0)

    def either(self) -> Predicate:
        parts = [self.both()]
        while self.words and self.words[0] == "or":
            self.take()
            parts.append(self.both())
        return lambda fixture: any(part(fixture) for part in parts)

    def both(self) -> Predicate:
        parts = [self.one()]
        while self.words and self.words[0] == "and":
            self.take()
            parts.append(self.one())
        return lambda fixture: all(part(fixture) for part in parts)

    def one(self) -> Predicate:
        word = self.take()
        if word == "not":
            inner = self.one()
            return lambda fixture: not inner(fixture)
        if word == "(":
            inner = self.either()
            if self.take() != ")":
                raise self.fault("(")
            return inner
        if word in {")", "and", "or"}:
            raise self.fault(word)
        if word.startswith("flag:"):
            flag = word.removeprefix("flag:")
            return lambda fixture: flag in fixture.flags
        return lambda fixture: word in fixture.id
