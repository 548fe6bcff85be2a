"""Scripts: statements without parameters, carried out one after the other by the executor.

So genesis rows are made. Not here: named statements (`sqlstore.bind`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.bind import read_script
from sqlstore.errors import SqlError
from sqlstore.execute import execute
from sqlstore.planner import plan

if TYPE_CHECKING:
    from merkle import OrderedMap
    from sqlstore.schema import Schema


def run_script(text: str, schema: Schema, rows: OrderedMap, *, file: str) -> OrderedMap:
    """Return ``rows`` after the statements of ``text``, in order.

    Raises `SqlError` with a place: that of what is wrong, or of the statement that failed.
    """
    for statement in read_script(text, schema, file=file):
        try:
            rows = execute(plan(statement, schema), schema, rows, ()).rows
        except SqlError as error:
            error.place = error.place or statement.place
            raise
    return rows
