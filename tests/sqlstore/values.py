"""Types, values and tables to test with, edges included.

Not here: schemas and statements as text (`tests.sqlstore.differential`).
"""

from __future__ import annotations

from hypothesis import strategies as st

from sqlstore.schema import Column, Index, Table
from sqlstore.types import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    INTEGER,
    SMALLINT,
    TEXT,
    Kind,
    SqlType,
    Value,
    numeric,
    varchar,
)

TYPES = (SMALLINT, INTEGER, BIGINT, BOOLEAN, TEXT, varchar(5), BYTEA, numeric(5, 2), numeric(18, 0))

# Bytes and characters at the edges of their encodings meet often.
CHARACTERS = st.sampled_from(
    "\x01\x7f ab\\%_\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"
)
OCTETS = st.sampled_from([0, 1, 2, 127, 128, 254, 255])


def texts(length_max: int = 4) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, max_size=length_max)


def values_of(kind: SqlType) -> st.SearchStrategy[Value]:
    """Values of a type, without NULL."""
    match kind.kind:
        case Kind.BOOLEAN:
            return st.booleans()
        case Kind.TEXT | Kind.VARCHAR:
            return texts()
        case Kind.BYTEA:
            return st.lists(OCTETS, max_size=4).map(bytes)
        case _:
            edges = [kind.least, kind.least + 1, -1, 0, 1, kind.greatest - 1, kind.greatest]
            return st.sampled_from(edges) | st.integers(kind.least, kind.greatest)


def column_values(column: Column) -> st.SearchStrategy[Value]:
    """Values of a column, NULL if it may be."""
    values = values_of(column.type)
    return st.none() | values if column.nullable else values


def rows_for(table: Table) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.tuples(*(column_values(column) for column in table.columns))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables of up to five columns, with up to two indexes."""
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=5))
    places = range(len(types))
    some = st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True).map(tuple)
    primary = draw(some)
    columns = tuple(
        Column(name=f"c{at}", type=kind, nullable=at not in primary and draw(st.booleans()))
        for at, kind in enumerate(types)
    )
    indexes = tuple(
        Index(name=f"i{number}", number=number, columns=columns_, unique=False, constraint=False)
        for number, columns_ in enumerate(draw(st.lists(some, max_size=2)), start=8)
    )
    return Table(
        name="t",
        number=7,
        columns=columns,
        primary=primary,
        primary_name="t_pkey",
        indexes=indexes,
    )
