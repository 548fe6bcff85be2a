"""Keywords: PostgreSQL 15's reserved words, and those that begin what is not supported.

Spec: docs/spec/sql.md, Q-10, Q-32. Not here: how a keyword is read (`sqlstore.bind.parse.grammar`).
"""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """Return the words of ``text``.

    Spec: Q-10.
    """
    return frozenset(text.split())


RESERVED: Final = words(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column
    constraint create current_catalog current_date current_role current_time current_timestamp
    current_user default deferrable desc distinct do else end except false fetch for foreign from
    grant group having in initially intersect into lateral leading limit localtime localtimestamp
    not null offset on only or order placing primary references returning select session_user some
    symmetric table then to trailing true union unique user using variadic when where window with
    """
)
"""Words that are no names unless quoted (`pg_get_keywords()`, category R)."""

RESERVED_BUT_FUNCTIONS: Final = words(
    """
    authorization binary collation concurrently cross current_schema freeze full ilike inner is
    isnull join left like natural notnull outer overlaps right similar tablesample verbose
    """
)
"""Words that may name functions and types only (category T)."""

NOT_FUNCTIONS: Final = words(
    """
    between bigint bit boolean char character coalesce dec decimal exists extract float greatest
    grouping inout int integer interval least national nchar none normalize nullif numeric out
    overlay position precision real row setof smallint substring time timestamp treat trim values
    varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
    xmlroot xmlserialize xmltable
    """
)
"""Words that may name columns and tables, not functions (category C)."""

NEED_AS: Final = words(
    """
    array as char character create day except fetch filter for from grant group having hour
    intersect into isnull limit minute month notnull offset on order over overlaps precision
    returning second to union varying where window with within without year
    """
)
"""Words that name an output column only behind AS."""

STATEMENTS: Final = words(
    """
    abort alter analyze analyse begin call checkpoint close cluster comment commit copy create
    deallocate declare delete discard do drop end execute explain fetch grant import insert listen
    load lock merge move notify prepare reassign refresh reindex release reset revoke rollback
    savepoint security select set show start table truncate unlisten update vacuum values with
    """
)
"""Words that statements of PostgreSQL begin with."""

CREATE_CLAUSES: Final = words(
    "inherits partition with without using tablespace on where include nulls storage"
)
"""Words behind the columns of CREATE TABLE or CREATE INDEX."""

_CLOCK: Final = "a reducer has no clock: pass the time as a parameter"
_NO_USER: Final = "a reducer has no users: pass the sender as a parameter"
_JOIN: Final = "write an inner or a left join with ON or USING"

_LOCKS: Final = ("update", "share", "no key update", "key share")

PHRASES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "for": (_LOCKS, "FOR UPDATE or FOR SHARE", "there is one writer"),
    "no": (("inherit",), "NO INHERIT", "there is no inheritance"),
    "if": (("not exists",), "IF NOT EXISTS", "a schema is read once, from nothing"),
    "nulls": (("not distinct",), "NULLS NOT DISTINCT", "NULLs are distinct in a key"),
    "grouping": (("sets", "("), "GROUPING SETS", "write several queries"),
    "rollup": (("(",), "ROLLUP", "write several queries"),
    "cube": (("(",), "CUBE", "write several queries"),
    "with": (("recursive",), "WITH RECURSIVE", "read level by level"),
    "at": (("time zone",), "AT TIME ZONE", _CLOCK),
    "current": (("of",), "WHERE CURRENT OF", "there are no cursors"),
    "row": (("(",), "a row value", "compare the columns one by one, with AND"),
    "is": (("json", "document", "normalized"), "IS JSON and the like", "use columns"),
}
"""Words that stand for what is out before others: those, what it is called, and a hint."""

UNSUPPORTED_WORDS: Final[dict[str, tuple[str, str]]] = {
    "array": ("an array", "use a table of rows"),
    "lateral": ("LATERAL", "use a subquery in the SELECT list, or a join"),
    "natural": ("NATURAL JOIN", "write the columns: JOIN … USING (…)"),
    "full": ("FULL JOIN", _JOIN),
    "right": ("RIGHT JOIN", "swap the tables and write LEFT JOIN"),
    "intersect": ("INTERSECT", "write WHERE … IN (SELECT …)"),
    "except": ("EXCEPT", "write WHERE NOT EXISTS (SELECT …)"),
    "fetch": ("FETCH", "write LIMIT"),
    "window": ("WINDOW", "window functions belong into the reducer"),
    "any": ("ANY", "write IN (…)"),
    "some": ("SOME", "write IN (…)"),
    "ilike": ("ILIKE", "write lower(a) LIKE b"),
    "similar": ("SIMILAR TO", "write LIKE"),
    "concurrently": ("CONCURRENTLY", "a schema is read once, from nothing"),
    "isnull": ("ISNULL", "write IS NULL"),
    "notnull": ("NOTNULL", "write IS NOT NULL"),
    "overlaps": ("OVERLAPS", "compare the bounds"),
    "collate": ("COLLATE", "texts are ordered by their bytes"),
    "tablesample": ("TABLESAMPLE", "a reducer has no randomness"),
    "variadic": ("VARIADIC", "write the arguments"),
    "only": ("ONLY", "there is no inheritance"),
    "deferrable": ("DEFERRABLE", "constraints are checked at the end of each statement"),
    "initially": ("INITIALLY", "constraints are checked at the end of each statement"),
    "current_date": ("CURRENT_DATE", _CLOCK),
    "current_time": ("CURRENT_TIME", _CLOCK),
    "current_timestamp": ("CURRENT_TIMESTAMP", _CLOCK),
    "localtime": ("LOCALTIME", _CLOCK),
    "localtimestamp": ("LOCALTIMESTAMP", _CLOCK),
    "current_user": ("CURRENT_USER", _NO_USER),
    "session_user": ("SESSION_USER", _NO_USER),
    "user": ("USER", _NO_USER),
    "current_role": ("CURRENT_ROLE", _NO_USER),
    "current_catalog": ("CURRENT_CATALOG", _NO_USER),
    "current_schema": ("CURRENT_SCHEMA", "there is one schema"),
}
"""Reserved words that stand for what is out, with what it is called and a hint."""
