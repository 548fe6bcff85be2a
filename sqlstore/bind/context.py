"""What binding one statement shares: its text, its schema, its parameters, its sources.

Not here: names that are visible somewhere (`sqlstore.bind.scope`).
Spec: docs/spec/sql.md, Q-31, Q-62.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlstore.bind.parameters import Parameters
from sqlstore.errors import ProgramLimitExceeded

if TYPE_CHECKING:
    from sqlstore.bind.parse.source import Source
    from sqlstore.schema import Table

SOURCES_MAX: Final = 100
"""FromBinder of one statement: tables, subqueries, groups, results to sort."""


@dataclass(slots=True)
class Context:
    """The state of binding one statement."""

    source: Source
    tables: dict[str, Table]
    parameters: Parameters
    sources: int = 0
    references: list[tuple[int, int, int]] = field(default_factory=list)
    """Source, column and offset of every column that was named, for the place of an error."""

    def new_source(self, at: int) -> int:
        """Return the number of a new source.

        Raises `ProgramLimitExceeded`.

        Spec: Q-35.
        """
        if self.sources >= SOURCES_MAX:
            raise self.source.error(
                ProgramLimitExceeded,
                f"a statement has at most {SOURCES_MAX} tables, subqueries, groups and results",
                at,
            )
        self.sources += 1
        return self.sources - 1

    def note_reference(self, source: int, column: int, at: int) -> None:
        """Take up that a column is named at ``at``."""
        self.references.append((source, column, at))

    def place_of(self, source: int, column: int, at: int) -> int:
        """Return where the column was named first from ``at`` on."""
        places = [place for *key, place in self.references if key == [source, column]]
        return min((place for place in places if place >= at), default=at)
