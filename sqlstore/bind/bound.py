"""Bound queries: a relation, and what its rows have to say.

Not here: how a query is bound (`sqlstore.bind.queries`, `sqlstore.bind.selects`).
Spec: docs/spec/sql.md, Q-40.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.bind.terms import Term, first_failure
from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.nullability import is_nullable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.terms import AnyTerm
    from sqlstore.errors import SqlError
    from sqlstore.plan.relations import Relation


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of a query: its name, and its value over the query's sources."""

    name: str
    term: AnyTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundQuery:
    """A query as a relation.

    ``source`` is the one that the relation binds if ``columns`` are its first columns; ``exact``
    says that it has no others. ``failure`` is the error of a constant in the relation, and
    ``list_failure`` of one in what is computed of its rows.
    """

    relation: Relation
    columns: tuple[OutputColumn, ...]
    source: int | None = None
    exact: bool = False
    failure: SqlError | None = None
    list_failure: SqlError | None = None

    @property
    def all_failure(self) -> SqlError | None:
        """The first error of a constant, wherever it stands."""
        if self.failure is not None or self.list_failure is not None:
            return self.failure or self.list_failure
        return first_failure(column.term for column in self.columns)


def result_column(source: int, at: int, terms: Sequence[Term], place: int) -> Term:
    """Return column ``at`` of ``source``, which may be NULL if one of ``terms`` may be.

    Spec: Q-40.
    """
    nullable = any(is_nullable(term.expr) for term in terms)
    ref = ColumnRef(source=source, column=at, type=terms[0].type, nullable=nullable)
    return Term(expr=ref, at=place, rescaled=any(term.rescaled for term in terms))
