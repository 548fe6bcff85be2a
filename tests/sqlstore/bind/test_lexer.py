"""Lexemes: PostgreSQL's rules, where sqlglot's tokenizer has others."""

from __future__ import annotations

import pytest

from sqlstore.bind.parse.lexer import LexemeKind, lex
from sqlstore.bind.parse.source import Source
from sqlstore.errors import SqlError


def values(text: str) -> list[str]:
    return [one.value for one in lex(Source("a.sql", text)).lexemes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=-1", ["a", "=", "-", "1"]),
        ("a<-1", ["a", "<", "-", "1"]),
        ("a*-1", ["a", "*", "-", "1"]),
        ("a<>-1", ["a", "<>", "-", "1"]),
        ("a!=b", ["a", "<>", "b"]),
        ("1.5e3 .5 5. 1e-2", ["1.5e3", ".5", "5.", "1e-2"]),
        ("'it''s' 'a'\n  'b'", ["it's", "ab"]),
        ("'a' -- one\n 'b'", ["ab"]),
        ("'a' 'b'", ["a", "b"]),
        ("ABC aBc$1 _x", ["abc", "abc$1", "_x"]),
        ('"A""b" "select"', ['A"b', "select"]),
        ("a/* b /* c */ d */e", ["a", "e"]),
        ("a--b\nc", ["a", "c"]),
        ("$12,$3", ["12", ",", "3"]),
        ("a::int", ["a", "::", "int"]),
        ("a||-b", None),
        ("a%-1", None),
        ("1_000", None),
        ("12ab", None),
        ("$1a", None),
        ('""', None),
        ("'a\0b'", None),
        ("/* a", None),
        ("{", None),
        ("x" * 64, None),
        ('"ä"', None),
    ],
)
def test_lexemes(text: str, expected: list[str] | None) -> None:
    if expected is not None:
        assert values(text) == expected
        return
    with pytest.raises(SqlError) as caught:
        lex(Source("a.sql", text))
    assert caught.value.place is not None


def test_lexemes_say_where_they_are() -> None:
    text = "select\n  'a', $2"
    lexemes = lex(Source("a.sql", text)).lexemes
    assert [text[one.start : one.end] for one in lexemes] == ["select", "'a'", ",", "$2"]
    assert [one.kind for one in lexemes] == [
        LexemeKind.WORD,
        LexemeKind.STRING,
        LexemeKind.PUNCTUATION,
        LexemeKind.PARAMETER,
    ]
    place = Source("a.sql", text).place(lexemes[-1].start)
    assert (place.line, place.column) == (2, 8)


def test_only_whole_lines_are_comments_of_a_file() -> None:
    lexed = lex(Source("a.sql", "-- one\nselect 1 -- two\n  -- three\n/* -- four\n*/"))
    assert lexed.comments == ((0, "-- one"), (25, "-- three"))
