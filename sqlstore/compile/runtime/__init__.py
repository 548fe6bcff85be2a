"""The runtime library: functions that statements call, in the language of `sqlstore.wasm`.

Every module here but `sort` is a source of that language: pure functions on memory, which read what
they are given, write where they are told, and know no schema. Texts and byte strings are an
address and a length. `sort` is a template, because a function cannot be passed to another.

What cannot be done is a result: an SQLSTATE's number (`sqlstore.errors.sqlstate_number`), or a
negative number where the docstring says so.

Spec: docs/spec/sql.md, Q-95. Not here: statements (`sqlstore.compile`).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from sqlstore.wasm import Source

MODULES: Final = (
    "sqlstates",
    "lanes",
    "bytestrings",
    "texts",
    "like",
    "parsing",
    "formatting",
    "keys",
    "arithmetic",
    "division",
    "sums",
)
"""The sources, in the order in which their functions come in a reducer."""


@cache
def runtime_sources() -> tuple[Source, ...]:
    """Return the library, to compile statements with.

    Spec: Q-95.
    """
    here = files(__name__)
    return tuple(
        Source(name=f"runtime/{name}.py", text=(here / f"{name}.py").read_text("utf-8"))
        for name in MODULES
    )
