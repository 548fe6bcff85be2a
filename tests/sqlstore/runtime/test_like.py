"""LIKE matches as PostgreSQL's like_match.c does, the moment of its error included."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sqlstore.runtime.library import run
from tests.sqlstore.runtime.samples import sample

LETTERS = "ab%_\\é€😀"
TEXTS = st.text("abab%_\\é€😀", max_size=9)
PATTERNS = st.text("aabb%%__\\é€😀", max_size=7)
ESCAPES = st.sampled_from(["\\", "\\", "\\", "", "a", "%", "_", "é", "€", "😀"])
WRONG = -1


class BadEscapeError(Exception):
    """The pattern ends with the escape character."""


def tokens(pattern: str, escape: str) -> list[str]:
    """Return the parts of a pattern: ``%``, ``_``, a literal ``=x``, an escape at the end ``!``."""
    parts = []
    rest = iter(pattern)
    for char in rest:
        if char == escape:
            literal = next(rest, None)
            parts.append("!" if literal is None else f"={literal}")
        else:
            parts.append(char if char in "%_" else f"={char}")
    return parts


def matches(text: str, parts: list[str]) -> bool | None:
    """Return whether they match; None: nor can any later text, as in like_match.c."""
    while text and parts:
        head, parts = parts[0], parts[1:]
        if head == "%":
            return after_any(text, parts)
        if head == "!":
            raise BadEscapeError
        if head != "_" and head[1:] != text[0]:
            return False
        text = text[1:]
    if text:
        return False
    return True if all(part == "%" for part in parts) else None


def after_any(text: str, parts: list[str]) -> bool | None:
    while parts and parts[0] in "%_":
        if parts[0] == "_":
            if not text:
                return None
            text = text[1:]
        parts = parts[1:]
    if not parts:
        return True
    if parts[0] == "!":
        raise BadEscapeError
    for at in range(len(text)):
        if text[at].encode()[0] == parts[0][1:].encode()[0]:
            found = matches(text[at:], parts)
            if found is not False:
                return found
    return None


def meaning(text: str, pattern: str, escape: str) -> int:
    try:
        return 1 if matches(text, tokens(pattern, escape)) else 0
    except BadEscapeError:
        return WRONG


def like(text: str, pattern: str, escape: str) -> int:
    return run("like", text.encode(), pattern.encode(), ord(escape) if escape else -1)


@settings(deadline=None, max_examples=400)
@given(TEXTS, PATTERNS, ESCAPES)
@example("ab", "%a\\", "\\")
@example("b", "a\\", "\\")
@example("", "\\", "\\")
@example("a", "%\\", "\\")
@example("aab", "%ab%", "\\")
@example("é", "_", "\\")
@example("😀a", "%_a", "")
@example("a", "%__", "")
@example("ab", "_%_%_", "")
@example("abb", "%_b", "")
@example("a%b", "aé%b", "é")
@example("aaaaab", "%aab", "")
@example("%", "\U00010000%", "\U00010000")
@example("%", "\u0800%", "\u0800")
@example("%", "\u0080%", "\u0080")
@example("%", "\U0010f0c5%", "\U0010f0c5")
@example("%", "\ufbc5%", "\ufbc5")
@example("%", "\u07c5%", "\u07c5")
def test_it_matches(text: str, pattern: str, escape: str) -> None:
    assert like(text, pattern, escape) == meaning(text, pattern, escape)


def test_the_work_is_bounded_where_many_wildcards_could_try_again() -> None:
    assert like("a" * 500, "%a" * 30 + "%b", "") == 0


def test_postgresql_matches_the_same(postgres: str) -> None:
    import psycopg

    cases = sample(st.tuples(TEXTS, PATTERNS, ESCAPES), 5_000)
    with psycopg.connect(postgres) as connection:
        connection.execute(
            """CREATE FUNCTION pg_temp.likes(t text, p text, e text) RETURNS int
            LANGUAGE plpgsql AS $$ BEGIN RETURN (t LIKE p ESCAPE e)::int;
            EXCEPTION WHEN SQLSTATE '22025' THEN RETURN -1; END $$"""
        )
        rows = connection.execute(
            "SELECT pg_temp.likes(t, p, e) FROM unnest(%s::text[], %s::text[], %s::text[]) "
            "WITH ORDINALITY AS x (t, p, e, n) ORDER BY n",
            [list(each) for each in zip(*cases, strict=True)],
        ).fetchall()
    results = [like(*case) for case in cases]
    assert results == [each for (each,) in rows]
    assert {-1, 0, 1} == set(results)
