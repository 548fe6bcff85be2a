"""LIKE and SUBSTR, beside PostgreSQL's."""

from __future__ import annotations

from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlstore.errors import InvalidEscapeSequence, SubstringError
from sqlstore.execute.texts import Wildcard, like, lower, parsed_pattern, substring, upper
from sqlstore.types import BOOLEAN, BYTEA, INTEGER, TEXT, SqlType
from tests.sqlstore.execute.oracle import Oracle, literal, our_answer

SUBJECTS = ["", "a", "b", "aa", "ab", "ba", "aab", "aba", "é", "aé", "\\", "a\\", "%", "_a"]
PATTERNS = ["".join(parts) for n in range(5) for parts in product("a%_\\", repeat=n)]
ESCAPES = ["\\", "", "a", "%", "_", "é"]


@pytest.mark.parametrize("escape", ESCAPES)
def test_every_short_pattern_matches_as_in_postgresql(oracle: Oracle, escape: str) -> None:
    cases = list(product(SUBJECTS, PATTERNS))
    asked = [
        f"{literal(text, TEXT)} LIKE {literal(pattern, TEXT)} ESCAPE '{escape}'"
        for text, pattern in cases
    ]
    ours = [
        our_answer(partial(like, text, parsed_pattern(pattern, escape)), BOOLEAN)
        for text, pattern in cases
    ]
    assert ours == oracle.answers(asked)


@pytest.mark.parametrize(
    ("text", "pattern"), [("a", "\\"), ("ab", "a\\"), ("a", "%\\"), ("a", "%_\\")]
)
def test_a_dangling_escape_fails_when_the_match_gets_there(text: str, pattern: str) -> None:
    with pytest.raises(InvalidEscapeSequence):
        like(text, parsed_pattern(pattern, "\\"))


@pytest.mark.parametrize(
    ("text", "pattern"), [("", "\\"), ("b", "a\\"), ("a", "a\\"), ("a", "%__\\")]
)
def test_a_dangling_escape_that_is_not_reached_does_not_matter(text: str, pattern: str) -> None:
    assert not like(text, parsed_pattern(pattern, "\\"))


def test_a_pattern_of_thousands_of_wildcards_is_matched_in_time() -> None:
    pattern = parsed_pattern("%a" * 2_000 + "%b", "\\")
    assert not like("a" * 4_000, pattern)
    assert like("a" * 4_000 + "b", pattern)


def test_the_escape_character_takes_the_next_one_as_it_is() -> None:
    assert parsed_pattern("a!%!!_!", "!") == ["a", "%", "!", Wildcard.ONE, Wildcard.DANGLING]


STARTS = [-(2**31), -3, -1, 0, 1, 2, 4, 5, 2**31 - 1]
LENGTHS = [None, -1, 0, 1, 2, 5, 2**31 - 1]


@pytest.mark.parametrize(("text", "of"), [("aéb", TEXT), (b"\0a\xff", BYTEA), ("", TEXT)])
def test_substrings_are_cut_as_in_postgresql(oracle: Oracle, text: str, of: SqlType) -> None:
    asked, ours = [], []
    for start, length in product(STARTS, LENGTHS):
        behind = "" if length is None else f", {literal(length, INTEGER)}"
        asked.append(f"substr({literal(text, of)}, {literal(start, INTEGER)}{behind})")
        ours.append(our_answer(partial(substring, text, start, length), of))
    assert ours == oracle.answers(asked)


def test_a_substring_of_negative_length_fails() -> None:
    with pytest.raises(SubstringError):
        substring("abc", 1, -1)


@given(st.text(max_size=20))
def test_only_ascii_letters_change_case(text: str) -> None:
    assert lower(text).encode() == text.encode().lower()
    assert upper(text).encode() == text.encode().upper()
