"""Bindings: the statements of a project as functions of its reducer's language.

One file a language, made of the statements' names, parameters and columns alone. What crosses the
border is fixed by Q-70 to Q-74: rows are structs in natural alignment, so that every language
declares them as its own; nothing is decoded, copied or allocated, and there are no floats.

Not here: the statement functions themselves (`sqlstore.compile`), the host functions' bindings
(`cli/project/bindings`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlstore.bindings import assemblyscript, c, rust, zig

if TYPE_CHECKING:
    from sqlstore.plan.statements import Statement


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its bindings' file name, and what writes them."""

    file: str
    write: Callable[[Sequence[Statement]], str]


LANGUAGES: Final = {
    "assemblyscript": Language("sql.ts", assemblyscript.write),
    "c": Language("sql.h", c.write),
    "rust": Language("sql.rs", rust.write),
    "zig": Language("sql.zig", zig.write),
}
