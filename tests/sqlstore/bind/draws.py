"""Random SQL: expressions without the parentheses that would settle how they are read, and
statements whose words were moved, doubled, dropped and exchanged.
"""

from __future__ import annotations

from random import Random

from sqlstore.bind.parse.lexer import lex
from sqlstore.bind.parse.source import Source

_ATOMS = """1 2 3 0 -1 7 1.5 0.25 true false null 'a' 'b' '2' 't' 100000 3000000000
'\\x61'::bytea 'ab'::text 5::smallint 1.50::numeric(5,2)"""
_WORDS = """as , ( ) * . from where group by having order limit offset union all distinct on using
inner outer left cross join is not null true in between symmetric like escape case when then else
end cast exists with values insert into default conflict do nothing update set returning delete ::
= <> < + - % / || asc desc nulls first last for select int text numeric row rows natural lateral
filter over interval array any"""

ATOMS = _ATOMS.split()
WORDS = _WORDS.split()
BINARY = ("+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", *("and", "or") * 2)
TYPES = ("int", "smallint", "bigint", "text", "bool", "numeric(6,2)", "varchar(2)")
TESTS = ("null", "not null", "true", "not true", "false", "unknown", "not unknown")
CALLS = ("abs", "length", "upper", "nullif", "greatest", "mod", "substr")


def expression(random: Random, depth: int) -> str:
    """Return an expression of at most ``depth`` levels."""
    if depth == 0:
        return random.choice(ATOMS)

    def part() -> str:
        return expression(random, depth - 1)

    negation = random.choice(("", "not "))
    forms = (
        *(lambda: f"{part()} {random.choice(BINARY)} {part()}",) * 7,
        lambda: f"not {part()}",
        lambda: f"- {part()}",
        lambda: f"{part()} is {random.choice(TESTS)}",
        lambda: f"{part()} is {negation}distinct from {part()}",
        lambda: f"{part()} {negation}between {part()} and {part()}",
        lambda: f"{part()} {negation}in ({part()}, {part()})",
        lambda: f"{part()} {negation}like {part()}",
        lambda: f"({part()})",
        lambda: f"{part()}::{random.choice(TYPES)}",
        lambda: f"case when {part()} then {part()} else {part()} end",
        lambda: f"coalesce({part()}, {part()})",
        lambda: f"{random.choice(CALLS)}({part()}{random.choice(('', ', ' + part()))})",
        part,
    )
    return random.choice(forms)()


def words_of(sql: str) -> list[str]:
    """Return the lexemes of a statement as written."""
    return [sql[one.start : one.end] for one in lex(Source("", sql)).lexemes]


def mutated(random: Random, statements: list[list[str]]) -> str:
    """Return one of ``statements`` with up to three changes."""
    words = list(random.choice(statements))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        at = random.randrange(len(words))
        other = random.choice((random.choice(WORDS), random.choice(random.choice(statements))))
        match random.randrange(5):
            case 0:
                del words[at]
            case 1:
                words.insert(at, words[at])
            case 2:
                words.insert(at, other)
            case 3:
                words[at] = other
            case _:
                to = random.randrange(len(words))
                words[at], words[to] = words[to], words[at]
        words = words or ["select"]
    return " ".join(words)
